# The job's files as a tar archive, without those larger than $most KiB; what is still too much is cut off and so found
# to be damaged. Names are matched as patterns: a name that is one may exclude more than itself, which is then said.
(
    cd "$job" || exit 1
    IFS='
'
    set -f
    set -- --exclude=./claim --exclude=./done.new
    for name in $(find . -type f -size "+${most}k"); do set -- "$@" "--exclude=$name"; done
    tar cf - "$@" . 2>/dev/null | head -c "$total"
)
