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
