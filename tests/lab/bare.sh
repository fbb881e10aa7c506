#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The README's first command on a bare Debian, which has git and make and
# nothing else: as far as the kernel's compiler, with this clone's sources; or,
# by --whole, from the download to an echo through /dev/hello0.
#
# usage: bare.sh [--whole] [SUITE...]
. "$(dirname "$0")/../lib.sh"

whole=
[ "${1-}" != --whole ] || { whole=1 && shift; }
# Of the two one that this host is not, unless all is asked for
other=bookworm
! grep -q 'VERSION_CODENAME=bookworm' /etc/os-release || other=trixie
if [ $# = 0 ]; then
	set -- $other
	[ -z "$whole${SOAK:-}" ] || set -- bookworm trixie
fi
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
bare=$root/build/bare
tree=$bare/tree.$$
trap 'rm -rf --one-file-system "$work" "$tree"' EXIT

# Why no such tree can be made here; nothing if it can.
obstacle() {
	if [ "$(id -u)" != 0 ]; then
		echo "debootstrap and chroot need root"
	elif ! command -v debootstrap >/dev/null; then
		echo "debootstrap is not installed"
	elif ! unshare --mount --pid --fork true 2>"$err"; then
		echo "no namespace for mounts and processes: $(tail -n 1 "$err")"
	elif ! /usr/lib/apt/apt-helper download-file "$mirror/dists/$1/InRelease" "$work/release" \
		>"$out" 2>&1; then
		echo "$mirror: $(grep '^E:' "$out" | tail -n 1)"
	fi
}

# plant SUITE: a bare tree with this clone's files in it. What debootstrap makes
# is kept for a week, and packages are, as they do not differ from run to run.
plant() {
	base=$bare/$1.tar
	mkdir -p "$bare/$1-packages"
	rm -rf --one-file-system "$tree"
	if [ -z "$(find "$base" -mtime -7 2>/dev/null)" ]; then
		debootstrap --variant=minbase --include=git,make "$1" "$tree" "$mirror" || return
		tar -C "$tree" -cf "$base.new" . && mv "$base.new" "$base" || return
	else
		mkdir "$tree" && tar -C "$tree" -xf "$base" || return
	fi
	# dpkg need not wait for the disk here.
	echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/bare"
	mkdir -p "$tree/root/kernelcraft/build/src"
	tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree/root/kernelcraft" -xf -
}

# in_tree SUITE COMMAND: with what a machine has; all of it ends with it.
in_tree() {
	# shellcheck disable=SC2016 # what the inner shell is to expand
	exec unshare --mount --pid --fork --kill-child sh -c '
		mount -t proc proc "$1/proc" &&
		mount --bind "$2" "$1/var/cache/apt/archives" || exit
		[ -z "$3" ] || mount --bind -o ro "$3" "$1/root/kernelcraft/build/src" || exit
		exec chroot "$1" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
			http_proxy="$5" DEBIAN_MIRROR="$6" sh -c "cd /root/kernelcraft && $4"' \
		sh "$tree" "$bare/$1-packages" "$sources" "$2" "${http_proxy-}" "$mirror"
}

compiles() {
	grep -qE '^ +(HOST)?CC ' "$tree/root/kernelcraft/build/log/linux.log" 2>/dev/null
}

compiles_or_ended() {
	compiles || ! kill -0 "$maker" 2>/dev/null
}

# begins SUITE: make run reaches the kernel's compiler.
begins() {
	(in_tree "$1" "make -s -j$(nproc) kc && make run") >"$out" 2>"$err" </dev/null &
	maker=$!
	await 900 compiles_or_ended
	kill -KILL "$maker" 2>/dev/null
	wait "$maker" 2>/dev/null
	status=$?
	compiles
	result $? "$1: make run installs what it needs and compiles"
	for package in gcc flex ninja-build libglib2.0-dev; do
		grep -q "^  $package: " "$out" || break
	done && ! grep -qE '^  [^ ]+: (make|test|check|buildroot)' "$out"
	result $? "$1: ... which is named with its purpose, and is of a build alone"
}

# all_the_way SUITE: a build from nothing, and then the guest's prompt.
all_the_way() {
	(in_tree "$1" 'make all check') >"$out" 2>"$err" </dev/null
	status=$?
	[ $status = 0 ]
	result $? "$1: make all builds the lab from nothing, and make check is clean"
	command expect -f "$root/tests/lab/type.exp" \
		'insmod hello_virtio.ko; echo bare >/dev/hello0; head -n 1 /dev/hello0; poweroff' \
		"$0" --in-tree "$tree" "$1" 'make run' >"$out" 2>"$err" </dev/null
	status=$?
	[ $status = 0 ] && grep -q '^bare' "$out"
	result $? "$1: make run reaches the prompt, and an echo comes back through /dev/hello0"
}

# For expect, which starts a program
if [ "$1" = --in-tree ]; then
	tree=$2
	trap - EXIT
	rm -rf "$work"
	sources=
	in_tree "$3" "$4"
fi

for suite in "$@"; do
	why=$(obstacle "$suite")
	if [ "$why" ]; then
		skip "a bare $suite" "$why"
		continue
	fi
	sources=$(readlink -f "$root/build/src")
	if [ "$whole" ]; then
		sources=
	elif [ ! -e "$sources/linux.version" ]; then
		skip "a bare $suite" "no sources in build/src to begin with"
		continue
	fi
	plant "$suite" >"$out" 2>"$err" || {
		result 1 "$suite: a bare tree of it"
		continue
	}
	if [ "$whole" ]; then all_the_way "$suite"; else begins "$suite"; fi
done
done_testing
