#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel of Debian's by its version, with its modules and headers, unpacked under build/debian:
# nothing is installed. apt fetches and verifies them with a configuration of its own, as for
# the lab's sources.
#
# usage: series-debian.sh VERSION
#	VERSION is the beginning of a release ("6.1", "6.12.90+deb12"), or "newest". Of several
#	the newest is taken; of the flavours the one for virtual machines, unless it is named.
#	The folder is the last line that is printed: boot/vmlinuz-RELEASE and headers in it.

set -eu
. "$(dirname -- "$0")/common.sh"
wanted=$1
home=$root/build/debian
apt=$home/apt
find_mirror
export APT_CONFIG="$apt/apt.conf"

case $wanted in
newest) pattern='[0-9].*' ;;
[0-9]*) pattern=$(printf %s "$wanted" | sed 's/[.+]/\\&/g')'([-+.].*)?' ;;
*) die "debian:$wanted: a version is expected, as in debian:6.12, or debian:newest" ;;
esac
case $wanted in
*[!0-9a-zA-Z.+-]*) die "debian:$wanted: no version of Debian's has such characters" ;;
*amd64) pattern=$(printf %s "$wanted" | sed 's/[.+]/\\&/g') ;;
*) pattern=$pattern-cloud-amd64 ;;
esac

configure() {
	command -v apt-get >/dev/null || die "debian:$wanted: this host has no apt-get"
	[ -e $keyring ] || die "debian:$wanted: $keyring is missing: install debian-archive-keyring"
	configure_apt "$apt" deb 'bookworm bookworm-backports trixie trixie-backports sid'
}

# Lists of a day are new enough: kernels come weekly.
update() {
	[ "$(cat "$apt/updated" 2>/dev/null)" = "$mirror" ] &&
		[ -n "$(find "$apt/updated" -mmin -1440)" ] && return
	configure
	apt-get -q update --error-on=any || die "debian:$wanted: apt-get update fails, see above"
	echo "$mirror" >"$apt/updated"
}

# Releases that fit, the newest first. One that is not signed is another's input.
releases() {
	apt-cache pkgnames linux-image- | sed 's/^linux-image-//' | grep -v unsigned |
		grep -xE "$pattern" | sort -Vr
}

# What the image and the headers of a release are made of; the compiler is the host's.
packages() {
	apt-cache depends --recurse --important "linux-image-$1" "linux-headers-$1" |
		grep -E '^linux-(image|binary|modules|headers|kbuild)-[0-9]' | sort -u
}

# The tools of a newer Debian's headers do not start with an older host's C library: they get
# their own beside them.
bring_libraries() {
	mkdir -p libraries/debs
	(cd libraries/debs && apt-get -q download libc6 libelf1t64 zlib1g libzstd1 libxxhash0) || return 1
	for deb in libraries/debs/*.deb; do
		dpkg-deb -x "$deb" libraries || return 1
	done
	remove "$PWD/libraries/debs"
}

wrap_tools() {
	find usr/lib -path '*linux-kbuild*' -type f -perm -100 | while read -r tool; do
		ldd "$tool" 2>&1 | grep -q 'not found' || continue
		[ -d libraries ] || bring_libraries || exit 1
		mv "$tool" "$tool.real"
		libraries=$home/$1/libraries/usr
		cat >"$tool" <<-END
			#!/bin/sh
			exec "$libraries/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" --library-path "$libraries/lib/x86_64-linux-gnu" \\
				"$home/$1/$tool.real" "\$@"
		END
		chmod +x "$tool"
	done
}

unpack() {
	remove "$home/$1.new"
	mkdir -p "$home/$1.new/debs"
	cd "$home/$1.new/debs"
	# shellcheck disable=SC2046 # a list of names
	apt-get -q download $(packages "$1") || return 1
	for deb in *.deb; do
		dpkg-deb -x "$deb" .. || return 1
	done
	cd ..
	remove "$home/$1.new/debs"
	# From 7.0 on the image is among its modules.
	mkdir -p boot
	for part in vmlinuz config; do
		[ ! -e "usr/lib/modules/$1/$part" ] || ln -sf "../usr/lib/modules/$1/$part" "boot/$part-$1"
	done
	[ -e "boot/config-$1" ] || ln -s "../usr/src/linux-headers-$1/.config" "boot/config-$1"
	[ -e "boot/vmlinuz-$1" ] && [ -e "usr/src/linux-headers-$1/Makefile" ] || return 1
	# They name the place that they are installed in.
	sed -i "s|/usr/src/|$home/$1/usr/src/|" "usr/src/linux-headers-$1/Makefile"
	ln -s "usr/src/linux-headers-$1" headers
	wrap_tools "$1" || return 1
	cd "$home"
	mv "$1.new" "$1"
}

# One that was fetched before needs no network, unless the newest is asked for.
had() {
	[ "$wanted" != newest ] || return 1
	find "$home" -mindepth 1 -maxdepth 1 -name '[0-9]*amd64' -printf '%f\n' 2>/dev/null |
		grep -xE "$pattern" | sort -V | tail -n 1 | grep .
}

mkdir -p "$home"
exec 9>"$home/.lock"
flock -w 900 9 || die "debian:$wanted: another fetch has been at work in $home for 15 minutes"
if ! release=$(had); then
	update
	found=$(releases)
	[ "$found" ] || die "debian:$wanted: $mirror has no linux-image of that version"
	release=
	# An indexed one may be gone from the mirror.
	for one in $(echo "$found" | head -n 4); do
		[ -d "$home/$one" ] || (unpack "$one") || {
			remove "$home/$one.new"
			continue
		}
		release=$one
		break
	done
	[ "$release" ] || die "debian:$wanted: none of $(echo "$found" | head -n 4 | tr '\n' ' ')can be fetched"
fi
echo "$home/$release"
