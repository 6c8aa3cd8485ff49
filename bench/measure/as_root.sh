# as_root COMMAND…: run it as root, with sudo where the login is not. $sudo: whether sudo may be used (yes, no).
# $secret: sudo's password, when the controller sent one. It is no argument and in no file: printf must be a builtin.
# Call it in the script's own shell: what is found out about the password is remembered there.
unlocked=
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif [ "$sudo" != yes ] || ! command -v sudo >/dev/null; then return 126
    elif [ -z "${secret-}" ]; then sudo -n "$@"
    elif ! unlock; then return 126
    # With its ticket sudo reads no password, and no command finds one on its standard input.
    elif sudo -n true 2>/dev/null; then sudo -n "$@"
    else printf '%s\n' "$secret" | sudo -S -p '' "$@"; fi
}
# The password is tried once, however often it is needed: too many wrong ones lock an account.
unlock() {
    if [ -z "$unlocked" ]; then
        unlocked=no
        case $(command -v printf) in
            */*) unlocked=external ;;
            *) printf '%s\n' "$secret" | sudo -S -p '' -v >/dev/null 2>&1 && unlocked=yes ;;
        esac
    fi
    [ "$unlocked" = yes ]
}
relock() { if [ "$unlocked" = yes ]; then sudo -k; fi; }
why_not() {
    if [ "$(id -u)" = 0 ]; then return
    elif [ "$sudo" != yes ]; then echo ' (the login is not root, and the inventory says `sudo: no`)'
    elif ! command -v sudo >/dev/null; then echo ' (the login is not root, and there is no sudo)'
    elif [ "$unlocked" = external ]; then echo ' (the login is not root, and its sh has no printf of its own to pass a password with)'
    elif said=$(sudo -n true 2>&1); then return
    else
        case $said in
            *' tty '*) echo ' (the login is not root, and sudo insists on a terminal: `requiretty`)' ;;
            *) if [ "$unlocked" = no ]; then echo ' (the login is not root, and sudo refused the password)'
                elif [ -z "$unlocked" ]; then echo ' (the login is not root, and sudo asks for a password)'; fi ;;
        esac
    fi
}
