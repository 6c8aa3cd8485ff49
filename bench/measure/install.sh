# Install one tool into $base/tools/$digest by rename; prints its tool.json, or "refused …". After as_root.sh.
final=$base/tools/$digest
work=$base/build.$$
missing() {
    for package in $packages; do
        case $1 in
            dpkg) [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package" ;;
            rpm) rpm -q "$package" >/dev/null 2>&1 || printf '%s ' "$package" ;;
        esac
    done
}
add_packages() {
    if command -v apt-get >/dev/null; then
        set -- $(missing dpkg); [ $# -eq 0 ] && return 0
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" && return 0
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
    else
        set -- $(missing rpm); [ $# -eq 0 ] && return 0
        if command -v dnf >/dev/null; then as_root dnf -y install "$@"
        elif command -v yum >/dev/null; then as_root yum -y install "$@"
        else as_root zypper --non-interactive install "$@"; fi
    fi || { echo "refused packages are missing and could not be installed$(why_not): $*"; return 1; }
}
describe() {
    text=$(cd "$1" && version 2>&1 | head -n 3 | tr -c '[:print:]' ' ' | tr '"\\' "''")
    digests=$(cd "$1" && sha256sum $binaries | while read -r sum path; do printf '%s=%s ' "$path" "$sum"; done)
    compiler=$(gcc --version 2>/dev/null | head -n 1 | tr -c '[:print:]' ' ' | tr '"\\' "''")
    printf '{"digest":"%s","name":"%s","version":"%s","binaries":"%s","compiler":"%s","installed_at":"%s"}\n' \
        "$digest" "$name" "$text" "${digests% }" "$compiler" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
attempt() {
    [ -f "$final/tool.json" ] && return 0
    add_packages || return 1
    mkdir -p "$work/src" "$work/dest" "$base/tools" || return 1
    { printf '#!/bin/sh\n' >"$work/try" && chmod 700 "$work/try" && "$work/try"; } 2>/dev/null ||
        { echo "refused no program can be started from $base (mounted noexec?): set \`base:\` to another folder"; return 1; }
    DEST=$work/dest; export DEST
    (cd "$work/src" && unpack) || { echo "refused the source archive could not be unpacked"; return 1; }
    # A shell of its own: `set -e` has no effect inside a command whose failure is tested.
    write_recipe >"$work/recipe.sh" && (cd "$work/src" && sh -e "$work/recipe.sh") </dev/null || return 1
    for file in $binaries; do
        [ -e "$DEST/$file" ] || { echo "refused the install step left no $file"; return 1; }
    done
    describe "$DEST" >"$DEST/tool.json" || return 1
    # Two controllers may install at the same time: the first rename wins, and -T never moves into a folder.
    mv -T "$DEST" "$final" 2>/dev/null || [ -f "$final/tool.json" ]
}
exec 2>&1
# Into a file, not to the controller: a connection that breaks must not end a package manager halfway (SIGPIPE).
attempt >"$work.log" 2>&1; failed=$?
{ rm -rf "$work" "$work.log"; cat; } <"$work.log"
[ "$failed" -eq 0 ] && cat "$final/tool.json"
