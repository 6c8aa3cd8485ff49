# layout.sh FIO FILE MIB: leave FILE with MIB mebibytes of written blocks, whole or not at all.
# A file of the right size can be sparse when its writing was interrupted, and holes read faster than any disk;
# so it is written beside, synced and renamed, and FILE.vmbench says that it is whole and ours.
set -eu
fio=$1 file=$2 mib=$3
# In a folder that others can write to, a file or link of theirs would be overwritten, or read as the mark.
ours() { [ -f "$1" ] && [ ! -L "$1" ] && [ -n "$(find "$1" -prune -user "$(id -u)")" ]; }
if [ -e "$file" ] || [ -L "$file" ]; then
    if ! ours "$file" || ! ours "$file.vmbench"; then
        echo "$file exists and is not a test file of vmbench: remove it or name another file" >&2
        exit 1
    fi
    if [ "$(cat "$file.vmbench")" -ge "$mib" ]; then exit 0; fi
fi
mkdir -p "$(dirname "$file")"
part=$file.part/data
trap 'rm -rf "$file.part"' EXIT
trap 'exit 1' HUP INT TERM
rm -rf "$file.part" "$file.vmbench" "$file"
mkdir -m 700 "$file.part"
free=$(df -Pk "$(dirname "$file")" | awk 'NR == 2 { print int($4 / 1024) }')
if [ "$free" -lt $((mib + mib / 20)) ]; then
    echo "no space for $file: it takes $mib MiB and $free MiB are free; make room or lower size_mib" >&2
    exit 1
fi
"$fio" --name=layout --filename="$(printf %s "$part" | sed 's/:/\\:/g')" --size="${mib}M" --rw=write --bs=1M \
    --ioengine=psync --refill_buffers=1 --end_fsync=1 --eta=never || {
    echo "cannot write the test file $file ($mib MiB)" >&2
    exit 1
}
mv "$part" "$file"
(set -C && echo "$mib" >"$file.vmbench")
