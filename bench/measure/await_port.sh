# 0A is LISTEN; the local address ends in :PORT. A job that has ended will not listen any more.
said=silent
while [ "$tries" -gt 0 ]; do
    if grep -qi ":$port [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; then said=listening; break; fi
    if [ -f "$job/done.json" ]; then said=ended; break; fi
    sleep 0.1; tries=$((tries - 1))
done
echo "$said"
