#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Is the host ready? Installs what is missing with apt, dnf or pacman, after
# saying what and why. Runs before each make verb, so it asks for files only and
# is quick.
#
# usage: preflight.sh build|VERB

set -eu
. "$(dirname -- "$0")/common.sh"
want=${1:-build}

# shellcheck disable=SC2086 # a file may be given as a pattern
there() {
	case $1 in
	/*) ls -d $1 >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# The host's package manager, and its column of the table
manager=
for column in apt-get dnf pacman; do
	! command -v $column >/dev/null || { manager=$column && break; }
done

# Lines "PACKAGE PURPOSE" for all that is not there.
missing() {
	while read -r probe debian fedora arch purpose; do
		case $probe in '' | '#'*) continue ;; esac
		case $manager in
		dnf) package=$fedora ;;
		pacman) package=$arch ;;
		*) package=$debian ;;
		esac
		[ "$package" != - ] || continue
		case $purpose in
		'make '*) [ "$purpose" = "make $want" ] || continue ;;
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
	names=$(printf '%s\n' "$list" | awk '{ print $1 }' | tr ',' '\n' | sort -u | tr '\n' ' ')
	[ "$manager" ] ||
		die "this host lacks, by their Debian names: $names" \
			"It has no apt, dnf or pacman: install them with its own package manager."
	echo "kernelcraft: installing missing packages (package: what it is for):"
	printf '%s\n' "$list" | sort -u | awk '{ printf "  %s: %s\n", $1, $2 }'
	mkdir -p "$root/build/log"
	log=$root/build/log/packages.log
	case $manager in
	dnf) install='dnf install -y --setopt=install_weak_deps=False "$@"' ;;
	pacman) install='pacman -S --needed --noconfirm "$@"' ;;
	*) install='apt-get update && apt-get install -y --no-install-recommends "$@"' ;;
	esac
	# shellcheck disable=SC2086 # a list of names
	as_root env DEBIAN_FRONTEND=noninteractive sh -c "{ $install; } </dev/null" \
		sh $names >"$log" 2>&1 || {
		tail -n 15 "$log" >&2
		die "$manager could not install: $names" \
			"The whole log is $log. Is the network reachable, and is $manager's mirror right?"
	}
}

[ "$(uname -m)" = x86_64 ] ||
	die "the lab is x86-64 only, this host is $(uname -m)."
mkdir -p "$root/build" 2>/dev/null || true
[ -w "$root/build" ] ||
	die "cannot write to $root/build: everything generated goes there." \
		"Clone to a folder that you may write to."
# By it guard.sh and kc know a copy, which holds paths of the original.
[ -e "$root/build/.clone" ] || echo "$root" >"$root/build/.clone"

list=$(missing)
# One at a time: verbs ask for their own packages, and make runs several at once.
[ -z "$list" ] || {
	exec 9>>"$root/build/.packages"
	flock -w 1800 9 || die "another make has been installing packages for half an hour; see build/log/packages.log."
	list=$(missing)
	[ -z "$list" ] || install_packages "$list"
	exec 9>&-
}
list=$(missing)
[ -z "$list" ] ||
	die "packages are installed, yet these are still not found:" "$list"

# Both kernels take about 5 GB, saved machines up to 2; a built lab needs room to run in.
free=$(df -Pk "$root/build" | awk 'NR == 2 { print int($4 / 1024) }')
need=$([ -e "$root/build/lab/vmlinux" ] && echo 500 || echo 7000)
[ "$free" -ge "$need" ] ||
	die "$root/build has $free MB free, $need MB are needed. Free some, or clone elsewhere."
