# May this machine be rebooted? Prints key=value lines; with go=yes it is, unless one of them speaks against it. $base: the
# inventory's base folder; $was: the boot id that was seen before, nothing is done under another one.
case $base in "~") base=$HOME ;; "~/"*) base=$HOME/${base#"~/"} ;; esac
PATH=$PATH:/usr/sbin:/sbin
read -r boot </proc/sys/kernel/random/boot_id
# Every process of a job carries its mark, whatever base folder and account it has; a claim shows a job that hides it.
jobs() {
    as_root grep -hsaoE 'VMBENCH_JOB=[0-9A-Za-z-]+' /proc/[0-9]*/environ | sed 's/^[^=]*=//'
    for job in "$base"/jobs/*; do
        [ -d "$job/claim" ] && [ ! -f "$job/done.json" ] && alive "$job" && echo "${job##*/}"
    done
}
# In the script's own shell, first of all: as_root remembers here what it finds out about a password.
root=yes
as_root true >/dev/null 2>&1 || { root=no; echo "refused rebooting needs root$(why_not)"; }
found=$(jobs 2>/dev/null | sort -u | tr '\n' ' ')
echo "boot_id=$boot"
echo "machine_id=$(cat /etc/machine-id 2>/dev/null)"
printf 'jobs=%s\n' "$found"
ask() {
    # A controller that is launching holds this lock; held on while the machine goes down, it keeps others from starting.
    if [ -d "$base/jobs" ] && command -v flock >/dev/null; then
        exec 9>>"$base/jobs.lock"
        tries=50
        while flock -n 9; held=$?; [ "$held" -eq 1 ] && [ "$tries" -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
        [ "$held" -eq 1 ] && { echo "asked=no another controller is launching a job"; return; }
        found=$(jobs 2>/dev/null | sort -u | tr '\n' ' ')
    fi
    [ -z "${found# }" ] || { printf 'jobs=%s\n' "$found"; return; }
    if [ -d /run/systemd/system ]; then set -- systemctl reboot
    elif command -v reboot >/dev/null; then set -- reboot
    else set -- shutdown -r now; fi
    if said=$(as_root "$@" 2>&1 9>&-); then
        echo "asked=yes"
        sleep 60 </dev/null >/dev/null 2>&1 &
    else printf 'asked=no %s said: %s\n' "$1" "$(printf '%s\n' "$said" | tail -n 3 | tr '\n' ' ')"; fi
}
if [ "$go" = yes ] && [ "$root" = yes ] && [ "$boot" = "$was" ]; then ask; fi
