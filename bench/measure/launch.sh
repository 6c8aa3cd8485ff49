# Two controllers, or one whose first reply was lost, launch one after the other: `busy` and staging are safe under a
# lock. Without flock (or where it does not work) the claim alone decides, which is enough for one controller.
room() {
    free=$(df -Pk "$base" 2>/dev/null | awk 'NR == 2 { print $4 }')
    set -- $(df -Pi "$base" 2>/dev/null | awk 'NR == 2 && $2 + 0 > 0 { print $4 }')
    if [ "${free:-1024}" -lt 1024 ]; then echo "its disk is full: $free KiB free"
    elif [ "${1:-16}" -lt 16 ]; then echo "its disk is full: room for $1 more files"
    else echo "${free:-unknown} KiB free"; fi
}
launch() {
    if [ -d "$job/claim" ]; then state; return; fi
    busy && return
    # Asked before every start: what was made on the device since the last job is somebody's data.
    said=$(guard </dev/null 2>/dev/null)
    number=${said#number }; number=${number%
free}
    if [ "$said" != "number $number
free" ]; then
        # printf: what a disk is called must not become a line of its own, as echo's \\n would.
        printf 'refused will not write to the device:%s\n' \
            "$(printf '%s' "${said:-refused it gave no answer}" | sed 's/^refused//; s/$/;/' | tr -d '\n')"
        return
    fi
    if { mkdir -p "$job/out" ${data:+"$data"} && stage && { [ "$number" = none ] || echo "$number" >"$job/device"; }; } 2>/dev/null
    then
        (probe) </dev/null >"$job/facts-before.txt" 2>/dev/null
        echo fresh
        tries=250; start
        found=$(state)
        # $tries is what start.sh counted to: below its limit, the job did begin, and has deleted its folder since.
        case $found in staged | absent)
            if [ "$tries" -lt 250 ] || [ ! -d "$job" ]; then found=absent
            else found="staged the job did not start ($(room); is setsid installed?)"; fi ;;
        esac
        echo "$found"
    else
        printf 'refused cannot write into %s (%s)\n' "$job" "$(room)"
    fi
}
base=${job%/*}; base=${base%/*}
mkdir -p "${job%/*}" 2>/dev/null
{
    held=0; tries=200
    if command -v flock >/dev/null; then
        # Asked again and again: busybox's flock cannot wait. 1 is "held by somebody else", all other failures pass.
        while flock -n 9; held=$?; [ "$held" -eq 1 ] && [ "$tries" -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
    fi
    if [ "$held" -eq 1 ]; then echo "busy another controller that is launching a job"; else launch; fi
} 9>>"${job%/*}.lock" || [ -e "${job%/*}.lock" ] || printf 'refused cannot write into %s (%s)\n' "${job%/*}" "$(room)"
