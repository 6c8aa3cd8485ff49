# Prints `free`, or `refused REASON` lines, for the block device $device. Whatever cannot be checked is a refusal.
# All of it as the login user: that is who the job runs as, and who must be able to read and write the device.
PATH=$PATH:/usr/sbin:/sbin
reasons=
refuse() { echo "refused $1"; reasons=yes; }
real=$(readlink -f "$device")
name=${real##*/}
if [ ! -b "$real" ]; then refuse "it is not a block device"
else
    { [ -r "$real" ] && [ -w "$real" ]; } || refuse "the account cannot read and write it: add the account to group disk"
    case $device in /dev/disk/?*/?*) : ;; *) refuse "its name is not a stable id (/dev/disk/by-id/…)" ;; esac
    number=$(cat "/sys/class/block/$name/dev" 2>/dev/null)
    [ -n "$number" ] || refuse "it has no number in /sys"
    grep -q " $number " /proc/self/mountinfo && refuse "it is mounted"
    for part in "/sys/class/block/$name/$name"*; do
        [ -e "$part" ] && refuse "it has partitions" && break
    done
    for holder in "/sys/class/block/$name/holders/"*; do
        [ -e "$holder" ] && refuse "${holder##*/} is built on it" && break
    done
    grep -q "^$real " /proc/swaps && refuse "it is used as swap"
    if command -v wipefs >/dev/null; then
        found=$(wipefs --no-act --noheadings "$real" 2>&1) || refuse "its signatures cannot be read: $found"
        [ -n "$found" ] && refuse "it carries a signature: $(echo "$found" | head -n 1)"
    else refuse "wipefs is missing, so signatures cannot be checked"; fi
    # O_EXCL fails while a filesystem, RAID, LVM or another exclusive user holds the device.
    dd if="$real" of=/dev/null bs=512 count=1 iflag=direct 2>/dev/null || refuse "it cannot be read"
    python3 -c 'import os, sys; os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL)' "$real" 2>/dev/null \
        || { command -v python3 >/dev/null && refuse "something holds it open"; }
fi
[ -z "$reasons" ] && echo free
