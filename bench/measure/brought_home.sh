# files FIND-WORDS: applies them to every file that is brought home of the job in this folder, none over $most KiB.
# A tool that left a flood of files, more than $many, loses them, and not the words of the job.
all_files() { find . -type f ! -path './claim/*' ! -path ./done.new ! -path ./owner "$@"; }
own_files() { find stdout stderr job.sh started.json done.json facts-before.txt -prune -type f "$@"; }
is_flood() { [ "$(all_files | head -n "$((many + 1))" | wc -l)" -gt "$many" ]; }
files() { if is_flood; then own_files ! -size "+${most}k" "$@"; else all_files ! -size "+${most}k" "$@"; fi 2>/dev/null; }
# list: SHA-256 and path as sha256sum prints them; `large`, `other` and `flood` lines for what stays.
list() {
    files -exec sha256sum {} +
    find . -type f -size "+${most}k" -exec sh -c 'for f; do echo "large $(wc -c <"$f") $f"; done' sh {} +
    if is_flood; then echo "flood $(find . -type f | wc -l)"
    else find . ! -type f ! -type d -exec sh -c 'for f; do echo "other $f"; done' sh {} +; fi
}
