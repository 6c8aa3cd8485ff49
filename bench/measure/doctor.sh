# What a campaign may need of this machine beyond a login; prints key=value lines.
if [ "$(id -u)" = 0 ]; then echo "root=root"
elif ! command -v sudo >/dev/null; then echo "root=no"
elif said=$(sudo -n true 2>&1); then echo "root=sudo"
else
    case $said in
        *' tty '*) echo "root=tty" ;;
        *) echo "root=password" ;;
    esac
fi
if [ -e /run/reboot-required ] || [ -e /var/run/reboot-required ]; then echo "reboot=yes"; fi
if command -v apt-get >/dev/null; then
    echo "updates=$(apt-get -s -o Debug::NoLocking=1 upgrade 2>/dev/null </dev/null | grep -c '^Inst ')"
fi
