case $(state) in running*)
    : >"$job/claim/stop"
    read -r leader <"$job/claim/pid"
    kill -TERM $(members "$leader" none) 2>/dev/null
    tries=0
    while alive "$job" && [ "$tries" -lt 80 ]; do
        sleep 0.1; tries=$((tries + 1))
        [ "$tries" = 30 ] && kill -KILL $(members "$leader" none) 2>/dev/null
    done ;;
*) sweep ;;
esac
