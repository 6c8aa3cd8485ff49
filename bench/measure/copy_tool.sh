# copy_tool NAME: the installed command NAME, $found, into $DEST/bin, and every library outside glibc that it needs into
# $DEST/lib, so that a package update cannot swap the tool between two phases. $DEST/MANIFEST lists their digests.
# copy_plugin FILE NAME: a library that the tool loads by itself, with what that needs, as $DEST/lib/NAME.
copy_tool() {
    found=$(command -v "$1") || { echo "$1 is not installed" >&2; return 1; }
    mkdir -p "$DEST/bin" "$DEST/lib" || return 1
    cp -L "$found" "$DEST/bin/$1" || return 1
    copy_libraries "$found" && list_copies
}
copy_plugin() {
    cp -L "$1" "$DEST/lib/$2" && copy_libraries "$1" && list_copies
}
copy_libraries() {
    ldd "$1" | while read -r name arrow path rest; do
        [ "$arrow" = "=>" ] && [ -f "$path" ] || continue
        case $name in
            ld-*|linux-*|libc.so.*|libm.so.*|libmvec.so.*|libpthread.so.*|libdl.so.*|librt.so.*|libresolv.so.*|\
            libutil.so.*|libanl.so.*|libnsl.so.*) ;;
            *) cp -L "$path" "$DEST/lib/$name" || exit 1 ;;
        esac
    done
}
list_copies() { (cd "$DEST" && find bin lib -type f | sort | xargs sha256sum >MANIFEST); }
