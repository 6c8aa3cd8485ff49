# Detach: systemd ends everything a unit left behind and survives logout rules; else a session of its own. Descriptor 9
# is the launch lock and must not live on in the job. Either way the job keeps the CPUs of the login, dies of a broken
# pipe as usual, and has the same small environment: its size moves the stack, and the addresses in a login's have many.
set -- env -i HOME="$HOME" PATH="$PATH" sh "$job/job.sh"
if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && systemd-run --quiet --collect --unit="vmbench-$id" \
    --property=KillMode=control-group --property=IgnoreSIGPIPE=no \
    --property="CPUAffinity=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)" \
    "$@" </dev/null >/dev/null 2>&1 9>&-; then :
else
    setsid "$@" </dev/null >/dev/null 2>&1 9>&- &
fi
tries=0
while [ ! -f "$job/started.json" ] && [ ! -f "$job/done.json" ] && [ "$tries" -lt 250 ]; do
    sleep 0.02; tries=$((tries + 1))
done
