# device_number NAME: the kernel's number (major:minor) of the block device that a name leads to.
device_number() {
    numbers=$(stat -L -c '%t %T' "$1" 2>/dev/null) && [ -b "$1" ] && printf '%d:%d\n' "0x${numbers% *}" "0x${numbers#* }"
}
