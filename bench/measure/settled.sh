# Has this machine come to rest after a boot? Prints key=value lines: boot id, load, CPUs; and where the load is at most
# $bound hundredths for each CPU, what systemd says of it (`none` without one), and which package managers are at work: they
# start by themselves after a boot, and change the machine. While it is loaded nothing more is asked, and no process is
# started: asking would be the load of a small machine. Needs as_root.sh.
PATH=$PATH:/usr/sbin:/sbin
read -r boot </proc/sys/kernel/random/boot_id
read -r load rest </proc/loadavg
cpus=0
while read -r name rest; do case $name in cpu[0-9]*) cpus=$((cpus + 1)) ;; cpu) ;; *) break ;; esac; done </proc/stat
printf 'boot_id=%s\nload=%s\ncpus=%s\n' "$boot" "$load" "$cpus"
if [ $((${load%.*} * 100 + 1${load#*.} - 100)) -le $((bound * cpus)) ]; then
    state=none
    if [ -d /run/systemd/system ]; then
        state=$(systemctl is-system-running 2>/dev/null)
        # Without a system bus it answers nobody but root.
        case $state in "" | unknown | offline) state=$(as_root systemctl is-system-running 2>/dev/null) ;; esac
    fi
    managers=$(for entry in /proc/[0-9]*; do
        read -r name <"$entry/comm" || continue
        case $name in
            apt | apt-get | aptitude | dpkg | dnf | dnf5 | yum | rpm | zypper | apk | cloud-init) echo "$name" ;;
            # Ubuntu keeps one waiting for the shutdown; the one that upgrades does not.
            unattended-upgr) grep -qs shutdown "$entry/cmdline" || echo "$name" ;;
        esac
    done 2>/dev/null)
    echo "state=${state:-unknown}"
    echo "managers="$managers
fi
