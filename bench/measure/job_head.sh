cd "$job" || exit 1
umask 077
LC_ALL=C; export LC_ALL
mkdir claim 2>/dev/null || exit 0
# Everything that a step starts inherits these marks, also what makes a session of its own (see members.sh). All ids are
# of one length: the size of the environment moves the stack, and so results, and must not differ between two phases.
VMBENCH_JOB=$id; export VMBENCH_JOB
{ ulimit -w "$mark" || ulimit -x "$mark" || prlimit --pid "$$" "--locks=$mark:$mark"; } 2>/dev/null
seconds() { read -r up rest </proc/uptime; echo "${up%%.*}"; }
clock() {
    read -r up rest </proc/uptime
    printf '"realtime":"%s","uptime_s":%s,"boot_id":"%s"' \
        "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$up" "$(cat /proc/sys/kernel/random/boot_id)"
}
# How many processes the kernel has killed for lack of memory since it was booted.
oom_kills() { sed -n 's/^oom_kill //p' /proc/vmstat 2>/dev/null; }
# What a tool put in the place of our files: a link would lead our words elsewhere, a fifo would never open.
plain() { for file; do if [ -L "$file" ] || { [ -e "$file" ] && [ ! -f "$file" ]; }; then rm -rf "$file"; fi; done; }
# A job whose pid cannot be written could not be found again: it gives its claim back and does not start. What it wrote is
# put onto the disk before it counts as started: a machine that is reset in mid-job must know under which boot it ran.
if { echo "$(cat /proc/sys/kernel/random/boot_id) $(seconds)" >claim/boot && echo "$$" >claim/pid.new &&
    mv -f claim/pid.new claim/pid && { sync claim/boot claim/pid claim . || :; } &&
    printf '{"pid":%s,%s}\n' "$$" "$(clock)" >started.new && mv -f started.new started.json; } 2>/dev/null; then :
else rm -rf claim; exit 1; fi
code=0; step=0; limit=0; before=0; after=0; ooms=$(oom_kills)
# The device is the one that was checked, and no other that its name leads to by now.
if [ -n "$device" ]; then
    read -r checked <device; now=$(device_number "$device")
    if [ "$now" != "$checked" ]; then
        echo "$device led to $checked when it was checked and to ${now:-nothing} now: nothing was written" >>stderr
        code=125
    fi
fi
