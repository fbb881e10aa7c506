# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the scripts share: where the clone is, how one gives up, and the only
# way to remove anything. A shell's settings of the user's are not for them.

unset CDPATH GREP_OPTIONS POSIXLY_CORRECT
export LC_ALL=C.UTF-8
umask 022
# Links above the clone are followed: a path has one name everywhere.
root=$(cd -- "$(dirname -- "$0")/.." && pwd -P)

# die LINE...
die() {
	printf 'kernelcraft: %s\n' "$@" >&2
	exit 1
}

# ours PATH...: each lies in this clone's build/, wherever links lead. A link
# itself is ours, what it leads to need not be.
ours() {
	for path in "$@"; do
		case $(realpath -m -- "$(dirname -- "$path")")/ in
		"$(realpath -m -- "$root/build")"/*) ;;
		*)
			die "$path is not removed, as it does not lie in $root/build." \
				"Is a folder on its way there a link to somewhere else?"
			;;
		esac
	done
}

# remove PATH...: folders and all that is in them
remove() {
	ours "$@"
	rm -rf -- "$@"
}

# Debian's own mirror, or the user's
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
find_mirror() {
	mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
	mirror=${mirror%/}
	case $mirror in
	*[!!-~]* | [!a-z]*) ;;
	*:/*) return ;;
	esac
	die "DEBIAN_MIRROR='$mirror' is not a URL, as http://deb.debian.org/debian is."
}

# configure_apt DIR TYPES SUITES: apt.conf in DIR, by which apt takes these of $mirror; nothing of
# the system's own apt is read or written, and nothing needs root.
configure_apt() {
	mkdir -p "$1/parts" "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	cat >"$1/parts/kernelcraft.sources" <<-END
		Types: $2
		URIs: $mirror
		Suites: $3
		Components: main
		Architectures: amd64
		Signed-By: $keyring
	END
	cat >"$1/apt.conf" <<-END
		Dir::Etc::SourceList "/dev/null";
		Dir::Etc::SourceParts "$1/parts";
		Dir::State::Lists "$1/lists";
		Dir::State::Status "$1/status";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "";
		APT::Architecture "amd64";
		Acquire::Retries "3";
		Acquire::Languages "none";
	END
}
