#!/bin/sh
# Prepares .venv from a lock file: every package pinned and checked by hash. Usage: PYTHON=python3 sh deploy/setup.sh LOCKFILE
set -eu
lock=$1
say() { printf '%s\n' "$*" >&2; }

[ -n "${PYTHON:-}" ] || { say "setup: no Python found. Install Python 3.11 to 3.13 and run make again."; exit 2; }
"$PYTHON" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    say "setup: $PYTHON is $("$PYTHON" --version 2>&1); Python 3.11 to 3.13 is needed. Name one: make setup PYTHON=python3.12"
    exit 2
}
if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
    if command -v apt-get >/dev/null; then
        sudo=$([ "$(id -u)" = 0 ] || echo sudo)
        $sudo apt-get update -q && $sudo apt-get install -y -q --no-install-recommends python3-venv
    else
        say "setup: $PYTHON has no venv module. Install it (on Debian: python3-venv) and run make again."
        exit 2
    fi
fi
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
