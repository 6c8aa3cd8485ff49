# What a step left behind is ended before the result is written: TERM, two seconds, then KILL until nothing is left.
left=$(members "$$" "$$"); swept=0
if [ -n "$left" ]; then
    set -- $left; swept=$#
    kill -TERM $left 2>/dev/null
    tries=0
    while left=$(members "$$" "$$") && [ -n "$left" ] && [ "$tries" -lt 20 ]; do sleep 0.1; tries=$((tries + 1)); done
    tries=0
    while [ -n "$left" ] && [ "$tries" -lt 20 ]; do
        kill -KILL $left 2>/dev/null
        sleep 0.1; left=$(members "$$" "$$"); tries=$((tries + 1))
    done
fi
set -- $left
late=false
case $code in 124 | 137) [ $((after - before)) -ge "$limit" ] && late=true ;; esac
stopped=false; [ -e claim/stop ] && stopped=true
ended=$(clock)
# Whatever the tool did to the folder, it can be read again, and by nobody else.
chmod 700 "$job" && chmod -R go-rwx "$job"
plain done.new; rm -rf done.json
# The kernel cuts a file at the cap exactly: what was cut is in the last block below it.
capped=
for file in stdout stderr; do [ -n "$(find "./$file" -type f -size "+$((cap - 1))")" ] && capped="$capped $file"; done
[ -n "$(find . -type f ! -path ./stdout ! -path ./stderr -size "+$((cap - 1))" | head -n 1)" ] && capped="$capped out"
ooms=$(($(oom_kills) - ${ooms:-0}))
free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print $4 }')
files=$(df -Pi . 2>/dev/null | awk 'NR == 2 && $2 + 0 > 0 { print $4 }')
# done.new was reserved when the job was staged and keeps its size, so that a full disk does not cost the result.
printf '%-1022s\n' "$(printf '{"exit_code":%s,"step":%s,"timeout":%s,"stopped":%s,"swept":%s,"survivors":%s,"capped":"%s","cap_bytes":%s,"oom_kills":%s,"free_kib":%s,"free_files":%s,%s}' \
    "$code" "$step" "$late" "$stopped" "$swept" "$#" "${capped# }" "$((cap * 512))" "$ooms" "${free:-null}" "${files:-null}" "$ended")" 1<>done.new && mv -f done.new done.json
