# What the scripts in this folder share. They source it from the project's root folder.
# shellcheck shell=sh

export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# Prints the newest usable Python. Each candidate is run: a name on the PATH may be an empty shim.
find_python() {
    too_bare=
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            echo "$python"
            return
        fi
        too_bare=${too_bare:-$python}
    done
    [ -z "$too_bare" ] || die "$too_bare cannot make virtual environments;" \
        "on Debian or Ubuntu: apt-get install $too_bare-venv"
    found=$(python3 --version 2>/dev/null) || found="no python3"
    die "needs Python 3.11 or newer, found $found;" \
        "on Debian 12+ or Ubuntu 24.04+: apt-get install python3-venv"
}

# What .venv/.ready says once a set is installed: the set, what it was made from, and where.
stamp() { printf '%s %s %s\n' "$1" "$(cat "requirements/$1.txt" pyproject.toml | cksum)" "$PWD"; }

# ensure_venv run|test: .venv holds what requirements/$1.txt locks, and the project itself. The test
# set includes the run set. Takes no time when .venv is up to date.
ensure_venv() {
    wait_for_other_setup
    if [ -x .venv/bin/python ] && [ -f .venv/.ready ]; then
        ready=$(cat .venv/.ready)
        [ "$ready" != "$(stamp test)" ] || return 0
        [ "$ready" != "$(stamp "$1")" ] || return 0
    fi

    # .venv/.setup names the process that is setting up .venv, or one that was interrupted at it.
    trap 'exit 130' INT TERM
    if [ -e .venv/.setup ] || ! venv_is_usable; then
        python=$(find_python)
        say "Making .venv with $("$python" --version) ..."
        rm -rf .venv
        mkdir .venv
        echo $$ >.venv/.setup
        "$python" -m venv .venv || die "could not make .venv, see above"
    fi

    rm -f .venv/.ready
    echo $$ >.venv/.setup
    say "Installing requirements/$1.txt into .venv (a minute or so the first time) ..."
    if ! install_into_venv "$1"; then
        rm -f .venv/.setup
        die "the installation failed, see above; the next run tries it again"
    fi
    stamp "$1" >.venv/.ready
    rm -f .venv/.setup
    trap - INT TERM
}

install_into_venv() {
    .venv/bin/python -m pip install -qq --require-hashes -r "requirements/$1.txt" &&
        .venv/bin/python -m pip install -qq --no-deps --no-build-isolation -e .
}

# Not when its Python is gone or too old, or when the folder was copied or moved from elsewhere.
venv_is_usable() {
    .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null &&
        { [ ! -f .venv/.ready ] || [ "$(cut -d' ' -f4- .venv/.ready)" = "$PWD" ]; }
}

wait_for_other_setup() {
    waited=0
    while other=$(cat .venv/.setup 2>/dev/null) && [ "$other" != $$ ] &&
        kill -0 "$other" 2>/dev/null; do
        [ $waited -gt 0 ] || say "Waiting for process $other, which is setting up .venv ..."
        [ $waited -lt 600 ] || die "process $other does not finish; remove .venv and try again"
        waited=$((waited + 1))
        sleep 1
    done
}

# apt_install PACKAGE: on Debian and its kin, as root or with a sudo that asks nothing.
apt_install() {
    command -v apt-get >/dev/null || return 1
    sudo=
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        sudo=sudo
    fi
    say "Installing the package $1 with apt-get ..."
    $sudo apt-get update -qq </dev/null >&2 || return 1
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --no-install-recommends "$1" </dev/null >/dev/null
}
