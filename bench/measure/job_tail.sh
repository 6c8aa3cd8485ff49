# What a step left behind is ended before the result is written: TERM, two seconds, KILL.
left=$(members "$$" "$$"); swept=0
if [ -n "$left" ]; then
    set -- $left; swept=$#
    kill -TERM $left 2>/dev/null
    tries=0
    while left=$(members "$$" "$$") && [ -n "$left" ] && [ "$tries" -lt 20 ]; do sleep 0.1; tries=$((tries + 1)); done
    if [ -n "$left" ]; then
        kill -KILL $left 2>/dev/null
        sleep 0.2; left=$(members "$$" "$$")
    fi
fi
set -- $left
late=false
case $code in 124 | 137) [ $((after - before)) -ge "$limit" ] && late=true ;; esac
stopped=false; [ -e claim/stop ] && stopped=true
free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print $4 }')
# done.new was reserved when the job was staged and keeps its size, so that a full disk does not cost the result.
printf '%-1022s\n' "$(printf '{"exit_code":%s,"step":%s,"timeout":%s,"stopped":%s,"swept":%s,"survivors":%s,"free_kib":%s,%s}' \
    "$code" "$step" "$late" "$stopped" "$swept" "$#" "${free:-null}" "$(clock)")" 1<>done.new && mv -f done.new done.json
