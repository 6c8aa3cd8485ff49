# state: prints where the job in $job (called $id) is. alive DIR: is the shell of the job in DIR still there?
# What a tool may have put into its folder (a fifo, a link, words that are no number) never misleads or blocks.
alive() {
    [ -f "$1/claim/pid" ] && read -r pid <"$1/claim/pid" || return 1
    case $pid in "" | *[!0-9]*) return 1 ;; esac
    grep -q "${1##*/}" "/proc/$pid/cmdline"
} 2>/dev/null
ended() { [ -f "$job/done.json" ] && [ ! -L "$job/done.json" ]; }
running() {
    read -r up rest </proc/uptime
    for_s=$((${up%%.*} - ${since:-${up%%.*}}))
    [ "$for_s" -ge 0 ] || for_s=0
    echo "running $for_s"
}
state() {
    [ -d "$job" ] && [ ! -x "$job" ] && chmod 700 "$job" 2>/dev/null
    if [ ! -d "$job/claim" ]; then
        if ended; then echo done; elif [ -d "$job" ]; then echo staged; else echo absent; fi
        return
    fi
    read -r now </proc/sys/kernel/random/boot_id
    was=; since=; [ -f "$job/claim/boot" ] && read -r was since <"$job/claim/boot"
    case $since in *[!0-9]*) since= ;; esac
    # The shell of the job writes done.json as its last act: one that is there while it lives was made by the tool.
    if [ "${was:-$now}" = "$now" ] && alive "$job"; then running
    elif ended; then echo done
    elif [ -n "$was" ] && [ "$was" != "$now" ]; then echo "dead rebooted $was $now"
    else
        # The claim is made before the pid is written.
        [ -f "$job/claim/pid" ] || sleep 1
        if alive "$job"; then running
        elif ended; then echo done
        else echo "dead gone"; fi
    fi
}
# busy: prints and succeeds when another job runs from the same folder: which, for how many seconds, and whose it is.
busy() {
    for other in "${job%/*}"/*; do
        [ "$other" != "$job" ] && [ -d "$other/claim" ] && alive "$other" || continue
        since=; [ -f "$other/claim/boot" ] && read -r was since <"$other/claim/boot"
        case $since in *[!0-9]*) since= ;; esac
        read -r up rest </proc/uptime
        whose=; [ -f "$other/owner" ] && read -r whose <"$other/owner"
        echo "busy ${other##*/} $((${up%%.*} - ${since:-${up%%.*}})) $whose"
        return 0
    done 2>/dev/null
    return 1
}
