# Detach: systemd ends everything a unit left behind and survives logout rules; else a session of its own.
if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && systemd-run --quiet --collect --unit="vmbench-$id" \
    --property=KillMode=control-group --setenv=HOME="$HOME" --setenv=PATH="$PATH" \
    sh "$job/job.sh" </dev/null >/dev/null 2>&1; then :
else
    setsid sh "$job/job.sh" </dev/null >/dev/null 2>&1 &
fi
tries=0
while [ ! -f "$job/started.json" ] && [ "$tries" -lt 50 ]; do sleep 0.02; tries=$((tries + 1)); done
