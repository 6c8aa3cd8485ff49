cd "$job" || exit 1
umask 077
LC_ALL=C; export LC_ALL
mkdir claim 2>/dev/null || exit 0
seconds() { read -r up rest </proc/uptime; echo "${up%%.*}"; }
clock() {
    read -r up rest </proc/uptime
    printf '"realtime":"%s","uptime_s":%s,"boot_id":"%s"' \
        "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$up" "$(cat /proc/sys/kernel/random/boot_id)"
}
# Processes of this session except this shell: what a step started and did not end.
others() {
    for entry in /proc/[0-9]*; do
        read -r line <"$entry/stat" || continue
        set -- ${line##*) }
        # $4 is the session; the subshell that asks is a child ($2) of this shell, an orphan is not.
        [ "$4" = "$$" ] && [ "$2" != "$$" ] && [ "${entry#/proc/}" != "$$" ] && echo "${entry#/proc/}"
    done 2>/dev/null
}
printf '{"pid":%s,%s}\n' "$$" "$(clock)" >started.new && mv -f started.new started.json
cat /proc/sys/kernel/random/boot_id >claim/boot
echo "$$" >claim/pid.new && mv -f claim/pid.new claim/pid
code=0; step=0; limit=0; before=0; after=0
