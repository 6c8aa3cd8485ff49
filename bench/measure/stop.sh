if [ "$(state)" = running ]; then
    : >"$job/claim/stop"
    read -r shell <"$job/claim/pid"
    members() {
        for entry in /proc/[0-9]*; do
            read -r line <"$entry/stat" || continue
            set -- ${line##*) }
            [ "$4" = "$shell" ] && [ "${entry#/proc/}" != "$shell" ] && echo "${entry#/proc/}"
        done 2>/dev/null
    }
    kill -TERM $(members) 2>/dev/null
    tries=0
    while [ ! -f "$job/done.json" ] && [ "$tries" -lt 50 ]; do
        sleep 0.1; tries=$((tries + 1))
        [ "$tries" = 30 ] && kill -KILL $(members) 2>/dev/null
    done
fi
