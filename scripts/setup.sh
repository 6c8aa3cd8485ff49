#!/bin/sh
# Makes .venv from requirements.lock, and installs the Debian packages that are missing. Calling it again costs nothing.
#
#   sh scripts/setup.sh [demo|test|vm]  test: what the tests need beyond the demo: a browser and what judges
#                                       pages in it, disk tools, faketime
#                                       vm: QEMU, and what makes an image for it
#   PYTHON=python3.12                   which Python (3.11 or newer)
#   SKIP_PACKAGES=1                     install no Debian packages, go on with what is there
set -eu

mode=${1:-demo}
python=${PYTHON:-python3}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
# sshd, and on some systems chromium, are not on every user's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# need PACKAGE COMMAND: the package, when the command is not there.
missing=''
need() { has "$2" || missing="$missing $1"; }

find_missing() {
    missing=''
    need openssh-server sshd
    need openssh-client ssh-keygen
    need fio fio
    need iperf3 iperf3
    need iperf iperf
    need gcc gcc
    need make make
    need perl perl
    [ -e /usr/include/stdio.h ] || missing="$missing libc6-dev"
    if ! has "$python"; then
        missing="$missing python3 python3-venv"
    elif [ ! -x .venv/bin/python ] && ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        missing="$missing python3-venv"
    fi
    if [ "$mode" = test ]; then
        need sudo sudo
        # Shells that a login may have, and what a script may find to fetch with.
        need busybox busybox
        need fish fish
        need ksh ksh
        need mksh mksh
        need tcsh tcsh
        need zsh zsh
        need curl curl
        need wget wget
        # Small disks and networks of their own.
        need mount mount
        need iproute2 ip
        has chromium || has chromium-browser || has google-chrome || missing="$missing chromium"
        # What the tests of the device guard sign real loop devices with.
        need lvm2 pvcreate
        need cryptsetup-bin cryptsetup
        need fdisk sfdisk
        need btrfs-progs mkfs.btrfs
        need faketime faketime
        # For axe-core and html-validate, which judge the page in tests/browser.
        need nodejs node
        need npm npm
    fi
    if [ "$mode" = vm ]; then
        need debootstrap debootstrap
        need dosfstools mkfs.vfat
        need e2fsprogs mke2fs
        need mtools mcopy
        need qemu-system-x86 qemu-system-x86_64
        need syslinux syslinux
        need util-linux setpriv
    fi
    missing=${missing# }
}

# as_root COMMAND…: run it as root, asking for a password only where somebody can answer.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" -eq 0 ] && return 0
    has sudo || return 1
    [ -t 0 ] || sudo -n true 2>/dev/null
}

by_hand() {
    fail "$1" \
        "Have somebody install:  apt-get install $missing" \
        "or go on without:       SKIP_PACKAGES=1 make $mode   (suites whose tools are missing are left out, tests fail)"
}

install_missing() {
    has apt-get || by_hand "these are missing and there is no apt-get to install them: $missing"
    can_be_root || by_hand "these are missing, this is not root and sudo does not work: $missing"
    say "installing $missing"
    # shellcheck disable=SC2086  # a list of words
    apt_install $missing && return
    as_root apt-get -q update || true
    # shellcheck disable=SC2086  # a list of words
    apt_install $missing || by_hand "apt-get could not install: $missing"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" >/dev/null
}

# What judges the page, as tests/browser/package-lock.json pins it (20 MB); nothing to do while that has not changed.
install_judges() {
    judges=$(cksum <tests/browser/package-lock.json)
    kept=tests/browser/node_modules/.setup.stamp
    [ "$(cat "$kept" 2>/dev/null || true)" != "$judges" ] || return 0
    if ! has npm; then
        say "there is no npm: what judges the page is not installed, tests in tests/browser fail"
        return 0
    fi
    say "installing what judges the page, tests/browser/package-lock.json"
    (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null) ||
        fail "npm could not install what tests/browser/package-lock.json names (see above)" \
            "It needs a package registry: check the network, or the proxy and registry that npm is configured for"
    printf '%s\n' "$judges" >"$kept"
}

case $mode in demo | test | vm) ;; *) fail "usage: sh scripts/setup.sh [demo|test|vm]" ;; esac
find_missing
if [ -n "$missing" ] && [ -z "${SKIP_PACKAGES:-}" ]; then
    install_missing
fi
[ "$mode" != test ] || install_judges

# What the environment was made from: when none of it changed, there is nothing to do.
has "$python" || fail "there is no $python" "Install Python 3.11 or newer, or name it: PYTHON=/path/to/python3"
stamp="$(cat requirements.lock pyproject.toml scripts/setup.sh | cksum) $root $(command -v "$python")"
if [ -x .venv/bin/python ] && [ "$(cat .venv/setup.stamp 2>/dev/null || true)" = "$stamp" ]; then
    exit 0
fi

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version 2>&1) is too old" "Install Python 3.11 or newer, or name it: PYTHON=/path/to/python3"
made_with=$(cat .venv/setup.python 2>/dev/null || true)
if ! .venv/bin/python -m pip --version >/dev/null 2>&1 || [ "${made_with:-$python}" != "$python" ]; then
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv ||
        fail "$python cannot make a virtual environment" "Have somebody install:  apt-get install python3-venv"
    printf '%s\n' "$python" >.venv/setup.python
fi
rm -f .venv/setup.stamp
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
say "installing what requirements.lock names (about 200 MB the first time)"
# The lock is complete, so nothing is left to resolve: with the resolver on, pip 23 looks at the newest `coverage` for
# pytest-cov's `coverage[toml]`, and fails on the day one is released.
pip install --quiet --no-deps --require-hashes -r requirements.lock ||
    fail "pip could not install what requirements.lock names (see above)" \
        "It needs a package index: check the network, or the proxy and index that pip is configured for"
pip install --quiet --no-deps --no-build-isolation --editable .
pip check >/dev/null || fail "$(pip check 2>&1)" "requirements.lock does not fit pyproject.toml: run make lock"
printf '%s\n' "$stamp" >.venv/setup.stamp
say "done"
