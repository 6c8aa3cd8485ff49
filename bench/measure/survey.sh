# What this machine is and whether its base folder can be used; prints key=value lines.
# A path may hold backslashes, which echo takes for escapes in some shells.
say() { printf '%s\n' "$1"; }
case $base in "~") base=$HOME ;; "~/"*) base=$HOME/${base#"~/"} ;; esac
# Asked before anything is made there, and once more, since somebody else may have been quicker.
problem=$(others_may "$base")
if [ -z "$problem" ]; then
    mkdir -p "$base/jobs" "$base/tools" 2>/dev/null && [ -w "$base/jobs" ] && [ -w "$base/tools" ] ||
        problem="cannot write to $base"
    for folder in "$base" "$base/jobs" "$base/tools" "$base/data"; do
        [ -n "$problem" ] || problem=$(others_may "$folder")
    done
fi
[ -z "$problem" ] || say "error=$problem"
manager=none
for candidate in apt-get dnf yum zypper; do
    command -v "$candidate" >/dev/null 2>&1 && manager=$candidate && break
done
case $manager in apt-get) manager=apt ;; yum) manager=dnf ;; esac
jobs=
for job in "$base"/jobs/*; do
    [ -d "$job/claim" ] && alive "$job" && jobs="$jobs ${job##*/}"
done
read -r load rest </proc/loadavg
read -r boot </proc/sys/kernel/random/boot_id
say "home=$HOME"
say "base=$base"
echo "cpus=$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
echo "uid=$(id -u)"
echo "manager=$manager"
echo "free_kib=$(df -Pk "$base" 2>/dev/null | awk 'NR == 2 { print $4 }')"
echo "load=$load"
clock=$(date +%s.%N)
echo "clock=${clock%.%N}"
echo "boot_id=$boot"
echo "machine_id=$(cat /etc/machine-id 2>/dev/null)"
echo "jobs=$jobs"
