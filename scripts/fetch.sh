#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetches one source from Debian 13 with apt, which checks its signature, and
# unpacks it under DIR. A private apt configuration in DIR/apt, whose mirror is
# the machine's own, leaves the system's alone and needs no root.
#
# usage: fetch.sh linux|qemu|busybox|meson PACKAGE DIR [SERIES]
#
# DIR/NAME is the tree, DIR/NAME.version says which version it is and is
# written last: a tree without it is not whole.

set -eu
name=$1
package=$2
dir=$3
series=${4:-}
suite=trixie

die() {
	printf 'kernelcraft: %s\n' "$@" >&2
	exit 1
}

# The Debian mirror of the machine, in either format of sources.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources 2>/dev/null |
		grep -v '^ *#' | grep -oE '[a-z+]+://[^ ]+/debian/?( |$)' |
		sed 's, *$,,; s,/$,,' | head -n 1
}

configure_apt() {
	uri=$(mirror)
	[ -n "$uri" ] || die "no Debian mirror in /etc/apt/sources.list*, so $name cannot be fetched." \
		"Add one, or give your own tree with $(echo "$name" | tr '[:lower:]' '[:upper:]')_SRC=DIR."
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e $keyring ] || die "$keyring is missing: install debian-archive-keyring."
	mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial"
	: >"$apt/status"
	cat >"$apt/parts/kernelcraft.sources" <<-END
		Types: deb deb-src
		URIs: $uri
		Suites: $suite $suite-updates
		Components: main
		Signed-By: $keyring
	END
	cat >"$apt/apt.conf" <<-END
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$apt/parts";
		Dir::State::Lists "$apt/lists";
		Dir::State::Status "$apt/status";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "";
		Acquire::Retries "3";
		Acquire::Languages "none";
	END
}

# Fresh lists for each session of fetching: an old one names files that the
# mirror has replaced.
update_apt() {
	[ -n "$(find "$apt/updated" -mmin -60 2>/dev/null)" ] && return
	configure_apt
	apt-get update --error-on=any ||
		die "the Debian mirror $(mirror) did not answer." \
			"Is there a network? What is already under build/ needs none."
	touch "$apt/updated"
}

# Versions of a package of a kind (Sources or Packages), newest first, within
# the series.
versions() {
	apt-cache madison "$package" | awk -F ' *[|] *' -v kind="$1" \
		'$3 ~ kind "$" { print $2 }' |
		grep -E "^([0-9]+:)?${series:-[0-9]}" | sort -Vru
}

# An indexed version may be gone from the mirror: take the newest that comes.
# fetch_newest Sources|Packages APT-GET-COMMAND...
fetch_newest() {
	kind=$1
	shift
	for version in $(versions "$kind"); do
		"$@" "$package=$version" && return
		rm -f ./*
		echo "$package $version is indexed but could not be downloaded"
	done
	die "no version of $package${series:+ $series} could be downloaded."
}

fetch_source() {
	fetch_newest Sources apt-get source --download-only
}

fetch_deb() {
	fetch_newest Packages apt-get download
	dpkg-deb -x ./*.deb deb
}

apt=$dir/apt
export APT_CONFIG="$apt/apt.conf"
mkdir -p "$dir" "$apt"
rm -rf "${dir:?}/$name" "$dir/$name.tmp"
mkdir "$dir/$name.tmp"
trap 'rm -rf "$dir/$name.tmp"' EXIT
update_apt
cd "$dir/$name.tmp"

case $name in
linux)
	fetch_deb
	mkdir tree
	tar -xf deb/usr/src/"$package".tar.xz -C tree --strip-components=1
	;;
qemu)
	fetch_source
	# Debian's patches make it build without the firmware it removed.
	dpkg-source --no-copy -x ./*.dsc tree
	;;
busybox)
	fetch_source
	# Upstream's own tarball, unpatched.
	mkdir tree
	tar -xf ./*.orig.tar.bz2 -C tree --strip-components=1
	;;
meson)
	fetch_deb
	mv deb/usr/lib/python3/dist-packages tree
	;;
*)
	die "fetch.sh: unknown source '$name'"
	;;
esac

mv tree "$dir/$name"
cd "$dir"
echo "$version" >"$name.version"
