# members SHELL PARENT: pids of the processes of job $id, whose own shell is SHELL: those of its session, and those that
# carry its mark wherever they went. Children of PARENT are spared. What is not found: a process that both left the
# session and emptied its environment, or that runs as another user.
members() {
    marked=" $(grep -lsaF "VMBENCH_JOB=$id" /proc/[0-9]*/environ | tr '\n' ' ')"
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
        case $marked in *" $entry/environ "*) echo "${entry#/proc/}"; continue ;; esac
        [ "$session" = "$shell" ] && echo "${entry#/proc/}"
    done 2>/dev/null
}
