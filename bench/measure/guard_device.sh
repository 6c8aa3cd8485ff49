# Prints `number MAJOR:MINOR` and `free`, or `refused REASON` lines, for the block device $device. Whatever cannot be
# checked is a refusal. All of it as the login user: that is who the job runs as, and who must be able to write to it.
PATH=$PATH:/usr/sbin:/sbin
reasons=
refuse() { printf 'refused %s\n' "$1"; reasons=yes; }
# Mounted by number; by name where a file system has a number of its own (btrfs).
mounted() {
    grep -q "^[0-9]* [0-9]* $1 " /proc/self/mountinfo || leads_to "$1" $(awk '$1 ~ /^\/dev\// { print $1 }' /proc/mounts)
}
swapped() { leads_to "$1" $(awk 'NR > 1 { print $1 }' /proc/swaps); }
leads_to() {
    wanted=$1; shift
    for other; do [ "$(device_number "$other")" = "$wanted" ] && return 0; done
    return 1
}
# opener: who has the device open, were it only to read. A look of udev at what was just written is over in a moment.
opener() {
    tries=0
    while [ "$tries" -lt 5 ]; do
        pid=$(ls -l /proc/[0-9]*/fd 2>/dev/null | awk -v real="$real" '
            /^\/proc\// { split($0, part, "/"); pid = part[3] }
            $NF == real && $(NF - 1) == "->" { print pid; exit }')
        [ -n "$pid" ] || return 1
        sleep 0.2; tries=$((tries + 1))
    done
    echo "process $pid ($(tr -c '[:print:]' ' ' <"/proc/$pid/comm" 2>/dev/null))"
}
exclusive() {
    if command -v python3 >/dev/null; then python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)' "$real"
    else perl -MFcntl -e 'sysopen(my $f, $ARGV[0], O_RDONLY | O_EXCL) or exit 1' "$real"; fi 2>/dev/null
}
in_use() {
    for part in "$sys"/*/partition; do [ -e "$part" ] && refuse "it has partitions" && break; done
    mounted "$number" && refuse "it is mounted"
    swapped "$number" && refuse "it is used as swap"
    for holder in "$sys"/holders/*; do [ -e "$holder" ] && refuse "${holder##*/} is built on it"; done
    for loop in /sys/block/*/loop/backing_file; do
        [ "$(cat "$loop" 2>/dev/null)" = "$real" ] && loop=${loop%/loop/*} && refuse "${loop##*/} is built on it"
    done
    # Its neighbours: a partition of a disk that is in use, or that is used as a whole.
    [ -e "$sys/partition" ] || set --
    for other; do
        other=${other%/dev}; read -r used <"$other/dev" || continue
        [ "$used" = "$number" ] && continue
        mounted "$used" && refuse "${other##*/} of the same disk is mounted"
        swapped "$used" && refuse "${other##*/} of the same disk is used as swap"
        for holder in "$other"/holders/*; do
            [ -e "$holder" ] && refuse "${holder##*/} is built on ${other##*/} of the same disk"
        done
    done
}
real=$(readlink -f "$device")
number=$(device_number "$real")
if [ -z "$number" ]; then refuse "it is not a block device"
elif ! sys=$(readlink -f "/sys/dev/block/$number") || [ ! -e "$sys/size" ]; then refuse "the kernel does not know it"
else
    case $device in
        */../* | */./*) refuse "its name is not a stable id (/dev/disk/by-id/…)" ;;
        /dev/disk/?*/?*) : ;;
        *) refuse "its name is not a stable id (/dev/disk/by-id/…)" ;;
    esac
    { [ -r "$real" ] && [ -w "$real" ]; } || refuse "the account cannot read and write it: add the account to group disk"
    [ "$(cat "$sys/size")" != 0 ] || refuse "it has no size: nothing is behind it"
    [ "$(cat "$sys/ro")" = 0 ] || refuse "it is read-only"
    in_use "${sys%/*}/dev" "${sys%/*}"/*/dev
    if command -v wipefs >/dev/null; then
        found=$(wipefs --no-act --noheadings "$real" 2>&1) || refuse "its signatures cannot be read: $found"
        [ -n "$found" ] && refuse "it carries a signature: $(printf '%s\n' "$found" | head -n 1)"
    else refuse "wipefs is missing, so signatures cannot be checked"; fi
    dd if="$real" of=/dev/null bs=512 count=1 iflag=direct 2>/dev/null || refuse "it cannot be read"
    # O_EXCL fails while a file system, RAID, LVM or another exclusive user holds the device, in a container as well.
    if ! command -v python3 >/dev/null && ! command -v perl >/dev/null; then
        refuse "neither python3 nor perl is there, so whether something holds it cannot be checked"
    elif ! exclusive; then refuse "something holds it exclusively"
    elif who=$(opener); then refuse "$who has it open"; fi
fi
[ -z "$reasons" ] && echo "number $number" && echo free
