# 0A is LISTEN; the local address ends in :PORT.
while [ "$tries" -gt 0 ]; do
    if grep -qi ":$port [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null; then echo listening; break; fi
    sleep 0.1; tries=$((tries - 1))
done
[ "$tries" -gt 0 ] || echo silent
