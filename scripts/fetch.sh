#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Fetches one source and unpacks it under DIR: from Debian 13 with apt, which
# checks its signature, or upstream's archive, whose SHA-256 is given. SOURCES
# says which; without it, apt it is where there is one that has Debian's keys.
#
# apt's configuration is a private one in DIR/apt, which leaves the system's alone
# and needs no root. The mirror is Debian's own or the one of DEBIAN_MIRROR.
#
# usage: fetch.sh linux|qemu|busybox|meson PACKAGE DIR [SERIES [URL SHA256]]
#
# DIR/NAME is the tree, DIR/NAME.version says which version it is and is
# written last: a tree without it is not whole.

set -eu
. "$(dirname -- "$0")/common.sh"
name=$1
package=$2
dir=$3
series=${4:-}
upstream=${5:-}
sha256=${6:-}
suite=trixie
find_mirror

sources=${SOURCES:-}
if [ -z "$sources" ]; then
	sources=upstream
	! command -v apt-get >/dev/null || ! command -v dpkg-source >/dev/null || [ ! -e $keyring ] ||
		sources=debian
	[ -z "${DEBIAN_MIRROR:-}" ] || sources=debian
fi

configure() {
	[ -e $keyring ] ||
		die "$keyring is missing: install debian-archive-keyring, or take upstream's archives by SOURCES=upstream."
	configure_apt "$apt" 'deb deb-src' $suite
}

# tell COMMAND...: what it says is kept as well.
tell() {
	{
		"$@" 2>&1 && echo 0 >"$apt/ended.$name" || echo 1 >"$apt/ended.$name"
	} | tee "$apt/said.$name"
	return "$(cat "$apt/ended.$name")"
}

# The last thing that it gave as a reason; that some files are missing is none.
reason() {
	sed -n 's/^download.py: //p; /^E: Some index files/d; /^[EW]: /p' "$apt/said.$name" | tail -n 1
}

# advice: what can be done where neither the mirror nor upstream is of help
advice() {
	other="make DEBIAN_MIRROR=URL takes another mirror, SOURCES=upstream upstream's archives"
	[ "$sources" = debian ] || other="make SOURCES=debian takes Debian's packages by apt"
	case $name in
	linux | qemu) echo "$other, $(echo "$name" | tr '[:lower:]' '[:upper:]')_SRC=DIR your own tree." ;;
	*) echo "$other." ;;
	esac
}

# Fresh lists for each session of fetching: an old one names files that the
# mirror has replaced.
fresh() {
	[ "$(cat "$apt/updated" 2>/dev/null)" = "$mirror" ] && [ -n "$(find "$apt/updated" -mmin -60)" ]
}

# Of several fetches one brings them; if it cannot, the others need not try.
update_apt() {
	: >"$apt/asked.$name"
	exec 9>"$apt/.lock"
	flock -w 600 9 || die "another fetch has been bringing apt's lists into $apt for ten minutes."
	[ -z "$(find "$apt/failed" -newer "$apt/asked.$name" 2>/dev/null)" ] ||
		die "$name is not fetched, as apt-get update has just failed: see above."
	fresh || {
		configure
		tell apt-get update --error-on=any || {
			: >"$apt/failed"
			die "$name cannot be fetched from $mirror; apt-get update says:" "    $(reason)" "$(advice)"
		}
		echo "$mirror" >"$apt/updated"
	}
	exec 9>&-
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
		tell "$@" "$package=$version" && return
		remove "$PWD"/*
		echo "$package $version is indexed but could not be downloaded"
	done
	[ "${version-}" ] || die "$mirror has no $package${series:+ $series} in $suite." "$(advice)"
	die "no version of $package${series:+ $series} could be downloaded from $mirror; apt-get says:" \
		"    $(reason)" "$(advice)"
}

fetch_source() {
	fetch_newest Sources apt-get source --download-only
}

fetch_deb() {
	fetch_newest Packages apt-get download
	dpkg-deb -x ./*.deb deb
}

# unpack ARCHIVE: what it has in its one folder
unpack() {
	mkdir tree
	tar -xf "$1" -C tree --strip-components=1
}

from_debian() {
	update_apt
	cd "$dir/$name.tmp"
	case $name in
	linux)
		fetch_deb
		unpack deb/usr/src/"$package".tar.xz
		;;
	qemu)
		fetch_source
		# Debian's patches make it build without the firmware it removed.
		dpkg-source --no-copy -x ./*.dsc tree
		;;
	busybox)
		fetch_source
		# Upstream's own tarball, unpatched.
		unpack ./*.orig.tar.bz2
		;;
	meson)
		fetch_deb
		mv deb/usr/lib/python3/dist-packages tree
		;;
	esac
}

from_upstream() {
	[ "$sha256" ] || die "fetch.sh: no archive of upstream's is given for $name"
	cd "$dir/$name.tmp"
	archive=${upstream##*/}
	version=${archive#"$name-"}
	version=${version%.tar.*}
	echo "$name $version, upstream's"
	tell python3 "$root/scripts/download.py" "$upstream" "$sha256" "$archive" ||
		die "$name cannot be fetched:" "    $(reason)" "$(advice)"
	unpack "$archive"
	[ "$name" != meson ] || as_distribution
}

# meson's modules and what Python's tools know an installed one by; QEMU asks
# them for its version.
as_distribution() {
	mkdir -p packages/"meson-$version.egg-info"
	mv tree/mesonbuild packages/
	printf 'Metadata-Version: 2.1\nName: meson\nVersion: %s\n' "$version" \
		>packages/"meson-$version.egg-info"/PKG-INFO
	printf '[console_scripts]\nmeson = mesonbuild.mesonmain:main\n' \
		>packages/"meson-$version.egg-info"/entry_points.txt
	remove "$PWD/tree"
	mv packages tree
}

# The host's meson, where QEMU 10 can be configured by it: 1.5 and newer
host_meson() {
	version=$(/usr/bin/python3 -c 'import mesonbuild.coredata as core; print(core.version)' 2>/dev/null) &&
		[ "$(printf '%s\n' 1.5 "$version" | sort -V | head -n 1)" = 1.5 ]
}

case $name in
linux | qemu | busybox | meson) ;;
*) die "fetch.sh: unknown source '$name'" ;;
esac
case $sources in
debian | upstream) ;;
*) die "SOURCES is debian or upstream, not '$sources'" ;;
esac
apt=$dir/apt
export APT_CONFIG="$apt/apt.conf"
ours "$dir/$name"
mkdir -p "$apt"
remove "$dir/$name" "$dir/$name.version" "$dir/$name.tmp"
mkdir "$dir/$name.tmp"
trap 'remove "$dir/$name.tmp"' EXIT
if [ "$name" = meson ] && host_meson; then
	cd "$dir/$name.tmp"
	mkdir tree
	version="$version, the host's"
else
	from_"$sources"
fi
mv tree "$dir/$name"
cd "$dir"
echo "$version" >"$name.version"
