# Detach: systemd ends everything a unit left behind and survives logout rules; else a session of its own. Descriptor 9
# is the launch lock and must not live on in the job.
if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && systemd-run --quiet --collect --unit="vmbench-$id" \
    --property=KillMode=control-group --setenv=HOME="$HOME" --setenv=PATH="$PATH" \
    sh "$job/job.sh" </dev/null >/dev/null 2>&1 9>&-; then :
else
    setsid sh "$job/job.sh" </dev/null >/dev/null 2>&1 9>&- &
fi
tries=0
while [ ! -f "$job/started.json" ] && [ ! -f "$job/done.json" ] && [ "$tries" -lt 250 ]; do
    sleep 0.02; tries=$((tries + 1))
done
