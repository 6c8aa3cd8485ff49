# members SHELL PARENT: pids of the processes of job $id, whose own shell is SHELL: those of its session, and those that
# carry one of its two marks wherever they went: VMBENCH_JOB in the environment they were started with, and $mark as
# their limit of file locks, which Linux ignores since 2.4.25, which children inherit, and which survives setsid, a
# second fork and an emptied environment. Children of PARENT are spared.
# What is not found: a process that left the session, emptied its environment and changed that limit itself.
members() {
    marked=" $(grep -lsaF "VMBENCH_JOB=$id" /proc/[0-9]*/environ | tr '\n' ' ')"
    limited=" $(grep -lsE "^Max file locks +$mark " /proc/[0-9]*/limits | tr '\n' ' ')"
    for entry in /proc/[0-9]*; do
        read -r line <"$entry/stat" || continue
        shell=$1; parent=$2
        # After the name in parentheses: state, parent, process group, session.
        set -- ${line##*) }
        state=$1; ppid=$2; session=$4
        set -- "$shell" "$parent"
        case $state in Z | X) continue ;; esac
        [ "${entry#/proc/}" = "$shell" ] && continue
        [ "$ppid" = "$parent" ] && continue
        case $marked$limited in *" $entry/environ "* | *" $entry/limits "*) echo "${entry#/proc/}"; continue ;; esac
        [ "$session" = "$shell" ] && echo "${entry#/proc/}"
    done 2>/dev/null
    return 0
}
