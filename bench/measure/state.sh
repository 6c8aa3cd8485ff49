# state: prints where the job in $job (called $id) is. alive DIR: is the shell of the job in DIR still there?
alive() {
    read -r pid <"$1/claim/pid" || return 1
    grep -q "${1##*/}" "/proc/$pid/cmdline"
} 2>/dev/null
running() {
    read -r up rest </proc/uptime
    echo "running $((${up%%.*} - ${since:-${up%%.*}}))"
}
state() {
    if [ -f "$job/done.json" ]; then echo done; return; fi
    if [ ! -d "$job/claim" ]; then
        if [ -d "$job" ]; then echo staged; else echo absent; fi
        return
    fi
    read -r now </proc/sys/kernel/random/boot_id
    was=; since=; [ -f "$job/claim/boot" ] && read -r was since <"$job/claim/boot"
    if [ -n "$was" ] && [ "$was" != "$now" ]; then echo "dead rebooted $was $now"; return; fi
    if alive "$job"; then running; return; fi
    # The claim is made before pid and boot are written, and done.json is written just before the shell ends.
    sleep 1
    if [ -f "$job/done.json" ]; then echo done
    elif alive "$job"; then running
    else echo "dead gone"; fi
}
# busy: prints and succeeds when another job runs from the same folder: which, for how many seconds, and whose it is.
busy() {
    for other in "${job%/*}"/*; do
        [ "$other" != "$job" ] && [ -d "$other/claim" ] && [ ! -f "$other/done.json" ] || continue
        alive "$other" || continue
        since=; read -r was since <"$other/claim/boot"
        read -r up rest </proc/uptime
        whose=; [ -f "$other/owner" ] && read -r whose <"$other/owner"
        echo "busy ${other##*/} $((${up%%.*} - ${since:-${up%%.*}})) $whose"
        return 0
    done 2>/dev/null
    return 1
}
