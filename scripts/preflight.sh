#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Is the host ready? Installs what is missing with apt, after saying what and
# why. Runs before each make verb, so it asks for files only and is quick.
#
# usage: preflight.sh build|test|check|menuconfig|buildroot

set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
want=${1:-build}

die() {
	printf 'kernelcraft: %s\n' "$@" >&2
	exit 1
}

# shellcheck disable=SC2086 # a file may be given as a pattern
there() {
	case $1 in
	/*) ls -d $1 >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# Lines "PACKAGE PURPOSE" for all that is not there.
missing() {
	while read -r probe package purpose; do
		case $probe in '' | '#'*) continue ;; esac
		case $purpose in
		test | check | menuconfig | buildroot) [ "$want" = "$purpose" ] || continue ;;
		esac
		there "$probe" || echo "$package $purpose"
	done <"$root/mk/packages.txt"
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "installing packages needs root and sudo is not here. As root, run:" \
			"    $*" "then the same make command again."
	fi
}

install_packages() {
	list=$1
	names=$(printf '%s\n' "$list" | awk '{ print $1 }' | sort -u | tr '\n' ' ')
	if ! command -v apt-get >/dev/null; then
		die "this host lacks, by their Debian names: $names" \
			"It has no apt: install them with its own package manager."
	fi
	echo "kernelcraft: installing missing packages (package: what it is for):"
	printf '%s\n' "$list" | sort -u | awk '{ printf "  %s: %s\n", $1, $2 }'
	mkdir -p "$root/build/log"
	log=$root/build/log/packages.log
	# shellcheck disable=SC2086 # a list of names
	as_root env DEBIAN_FRONTEND=noninteractive sh -c \
		'{ apt-get update && apt-get install -y --no-install-recommends "$@"; } </dev/null' \
		sh $names >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		die "apt could not install: $names" \
			"The whole log is $log. Is the network reachable, and is the Debian mirror right?"
	}
}

[ "$(uname -m)" = x86_64 ] ||
	die "the lab is x86-64 only, this host is $(uname -m)."
mkdir -p "$root/build" 2>/dev/null || true
[ -w "$root/build" ] ||
	die "cannot write to $root/build: everything generated goes there." \
		"Clone to a folder that you may write to."

list=$(missing)
[ -z "$list" ] || install_packages "$list"
list=$(missing)
[ -z "$list" ] ||
	die "packages are installed, yet these are still not found:" "$list"

# Both kernels take about 5 GB, saved machines up to 2; a built lab needs room to run in.
free=$(df -Pk "$root/build" | awk 'NR == 2 { print int($4 / 1024) }')
need=$([ -e "$root/build/lab/vmlinux" ] && echo 500 || echo 7000)
[ "$free" -ge "$need" ] ||
	die "$root/build has $free MB free, $need MB are needed. Free some, or clone elsewhere."
