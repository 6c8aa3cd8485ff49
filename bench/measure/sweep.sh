# sweep: ends what is left of job $id when its own shell is gone. Its session is not asked for: the number of a pid that
# is gone may be somebody else's by now.
sweep() {
    tries=0
    while left=$(members none none) && [ -n "$left" ] && [ "$tries" -lt 20 ]; do
        kill -KILL $left 2>/dev/null
        sleep 0.1; tries=$((tries + 1))
    done
}
