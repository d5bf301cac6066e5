#!/bin/sh
# Installs the Debian packages that the tests run against: promtool and amtool, Node with npm and a compiler for Directus,
# WordPress with PHP and MariaDB, PostgreSQL, Chromium and nginx for the pages, git, sshd.
# On another system it says what is missing; the tests that need it then skip by name, except in CI, where they fail.
set -eu
PATH=$PATH:/usr/sbin  # where Debian keeps servers, and only root looks by itself
missing=
need() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
need git git
need promtool prometheus
need amtool prometheus-alertmanager
need node nodejs
need npm npm
need g++ g++
[ -f /usr/include/sqlite3.h ] || missing="$missing libsqlite3-dev"
need php "php-cli php-mysql php-curl php-xml php-mbstring"
need mariadbd mariadb-server
[ -d /usr/share/wordpress/wp-includes ] || missing="$missing wordpress"
need chromium chromium
need nginx nginx-light
need pngquant pngquant
need ssh-keygen openssh-client
need sshd openssh-server
[ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] || need initdb postgresql
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
    printf 'tests need%s: install them with your package manager; without them the tests that use them skip.\n' "$missing" >&2
    exit 0
fi
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
