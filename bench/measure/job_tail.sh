left=$(others)
if [ -n "$left" ]; then
    kill -TERM $left 2>/dev/null
    sleep 1
    left=$(others); [ -n "$left" ] && kill -KILL $left 2>/dev/null
fi
late=false
case $code in 124 | 137) [ $((after - before)) -ge "$limit" ] && late=true ;; esac
stopped=false; [ -e claim/stop ] && stopped=true
printf '{"exit_code":%s,"step":%s,"timeout":%s,"stopped":%s,%s}\n' \
    "$code" "$step" "$late" "$stopped" "$(clock)" >done.new && mv -f done.new done.json
