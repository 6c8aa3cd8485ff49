# others_may FOLDER: prints why another account could change what lies in FOLDER, or put another folder in its place;
# nothing when none could. Every folder on the way is looked at, and every link: who owns those leads us where he likes.
others_may() {
    # Where ids are mapped (a container of an ordinary user), what nobody is mapped to is shown as nobody's.
    read -r inside outside count </proc/self/uid_map; foreign=
    [ "$count" = 4294967295 ] || foreign=65534
    case $1 in /*) ;; *) printf '%s is not an absolute path\n' "$1"; return ;; esac
    walk "$1" && walk "$(cd "$1" 2>/dev/null && pwd -P)"
}
# walk PATH: says what is wrong, and fails, at the first part of PATH that is not ours alone.
walk() {
    rest=${1#/}; rest=${rest%/}; here=
    while [ -n "$rest" ]; do
        here=$here/${rest%%/*}
        case $rest in */*) rest=${rest#*/} ;; *) rest= ;; esac
        set -- $(stat -c '%u %a' "$here" 2>/dev/null)
        [ $# -eq 2 ] || return 0
        if [ "$1" != 0 ] && [ "$1" != "$(id -u)" ] && { [ -z "$rest" ] || [ "$1" != "$foreign" ]; }; then
            printf '%s belongs to another account (uid %s)\n' "$here" "$1"; return 1
        fi
        [ ! -L "$here" ] || continue
        case $2 in *[2367])
            # In a sticky folder such as /tmp nobody can replace what is ours.
            case ${rest:+x}$2 in x[1357]???) ;; *) printf '%s can be written by every account\n' "$here"; return 1 ;; esac
        esac
    done
}
