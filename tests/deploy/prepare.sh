#!/bin/sh
# Installs what building and running the image takes, for `make proofs`: a builder and a runtime that need no service,
# and the program that makes a Debian base. On another system the proof skips by name, except in CI, where it fails.
set -eu
PATH=$PATH:/usr/sbin
missing=
for name in buildah runc debootstrap; do
    command -v "$name" >/dev/null 2>&1 || missing="$missing $name"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    printf 'the proof of the image needs%s on Debian; without them it skips.\n' "$missing" >&2
    exit 0
fi
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
