#!/bin/sh
# Prepares this checkout and does nothing when it is prepared:
#   bootstrap.sh run    what the desk and its demo need
#   bootstrap.sh test   that, and what the tests need (Dovecot, PostgreSQL, Xvfb, accessibility, the linters)
# As root, or with sudo that asks nothing, missing system packages are installed through apt; otherwise the one command
# to run is printed.
set -eu
cd "$(dirname "$0")/.."
level=${1:-run}
venv=.venv

say() { printf '%s\n' "$*" >&2; }
has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || ls /usr/lib/*/"$1"* >/dev/null 2>&1; }

# 1. a Python that can make a virtual environment ------------------------------------------------------------------
find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

packages=""
if [ "$(uname -s)" = Linux ]; then
    has_library libGL.so.1 || packages="$packages libgl1"
    has_library libEGL.so.1 || packages="$packages libegl1"
    has_library libxkbcommon.so.0 || packages="$packages libxkbcommon0"
    has_library libglib-2.0.so.0 || packages="$packages libglib2.0-0"
    has_library libfreetype.so.6 || packages="$packages libfreetype6"
    has_library libfontconfig.so.1 || packages="$packages libfontconfig1"
    has_library libdbus-1.so.3 || packages="$packages libdbus-1-3"
    for pair in libxcb-cursor.so.0:libxcb-cursor0 libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 \
        libxcb-keysyms.so.1:libxcb-keysyms1 libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0 \
        libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0; do
        has_library "${pair%%:*}" || packages="$packages ${pair##*:}"
    done
    python=$(find_python || true)
    if [ -z "$python" ]; then
        packages="$packages python3 python3-venv"
    elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        packages="$packages python3-venv $(basename "$(readlink -f "$python")")-venv"
    fi
    if [ "$level" = test ]; then
        command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ] || packages="$packages dovecot-imapd"
        ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages="$packages postgresql"
        command -v Xvfb >/dev/null 2>&1 || packages="$packages xvfb"
        command -v xdotool >/dev/null 2>&1 || packages="$packages xdotool"
        command -v dbus-daemon >/dev/null 2>&1 || packages="$packages dbus"
        [ -x /usr/libexec/at-spi-bus-launcher ] || [ -x /usr/lib/at-spi2-core/at-spi-bus-launcher ] || packages="$packages at-spi2-core"
    fi
fi

if [ -n "$packages" ]; then
    if command -v apt-get >/dev/null 2>&1 && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
        sudo=""
        [ "$(id -u)" = 0 ] || sudo="sudo -n"
        say "Installing system packages:$packages"
        $sudo apt-get update -qq >/dev/null
        # shellcheck disable=SC2086 # a list of words
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
    else
        say "Some system packages are missing. Please run this once, then repeat:"
        say "    sudo apt-get install -y --no-install-recommends$packages"
        exit 1
    fi
fi

python=$(find_python) || { say "Python 3.11 to 3.14 is needed and was not found."; exit 1; }

# 2. the virtual environment and the locked dependencies --------------------------------------------------------------
lock=requirements/runtime.txt
[ "$level" = test ] && lock=requirements/dev.txt
stamp="$venv/.$level-$(cat "$lock" pyproject.toml | cksum | tr ' ' '-')"
if [ "$level" = run ]; then # what the tests need includes what the desk needs
    ready="$venv/.test-$(cat requirements/dev.txt pyproject.toml | cksum | tr ' ' '-')"
    [ -e "$ready" ] && exit 0
fi
[ -e "$stamp" ] && exit 0

[ -x "$venv/bin/python" ] || { say "Making a virtual environment with $python"; "$python" -m venv "$venv"; }
say "Installing locked dependencies (once; about a minute) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch "$stamp"
