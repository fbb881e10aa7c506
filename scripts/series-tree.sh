#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A checkout of a user's repository under build/series, which the user's .git knows nothing of:
# a repository of its own that reads the objects of the other. git worktree would write into it.
#
# usage: series-tree.sh open USER SHOP       SHOP/tree, with nothing checked out
# usage: series-tree.sh checkout USER SHOP COMMIT
# usage: series-tree.sh built USER SHOP COMMIT     the objects are all of COMMIT now
# usage: series-tree.sh close USER SHOP

set -eu
. "$(dirname -- "$0")/common.sh"
verb=$1
user=$2
shop=$3
commit=${4:-}
tree=$shop/tree
# Which commits' files the objects may have been made of
mixed=$shop/mixed

# Settings and hooks of the user's are for the user's own repositories.
ours_git() {
	git -c core.hooksPath=/dev/null -c advice.detachedHead=false -c gc.auto=0 \
		-c core.fsmonitor=false -c core.untrackedCache=false -C "$tree" "$@"
}

users() {
	git -C "$user" rev-parse --path-format=absolute --git-path "$1"
}

open() {
	remove "$tree"
	mkdir -p "$tree"
	ours_git init -q --template= --object-format="$(git -C "$user" rev-parse --show-object-format)"
	mkdir -p "$tree/.git/objects/info"
	users objects >"$tree/.git/objects/info/alternates"
	# What a shallow clone lacks is not missed here either.
	[ ! -e "$(users shallow)" ] || cp "$(users shallow)" "$tree/.git/shallow"
}

# seed: a kernel that was never built begins with the objects of the lab's. They know the
# sources by their paths; which of these are the same there is seen by age.
seed() {
	to=$root/build/linux-$(printf %s "$tree" | cksum | cut -d ' ' -f 1) # as mk/linux.mk names it
	from=$(cat "$root/build/lab/.linux" 2>/dev/null) || return 0
	old=$(sed -n 's|^include \(/.*\)/Makefile$|\1|p' "$from/Makefile" 2>/dev/null) || return 0
	if [ -e "$to" ] || [ ! -e "$old/Kbuild" ] || [ ! -e "$from/.built" ]; then
		return 0
	fi
	from=$(realpath -- "$from")
	remove "$to.new"
	cp -a --reflink=auto "$from" "$to.new"
	rm -f "$to.new/.built" "$to.new/source"
	compiler=$("$root/scripts/find-ccache.sh")
	{
		find "$to.new" -name '.*.cmd' -print0
		printf '%s\0' "$to.new/Makefile" "$to.new/include/config/auto.conf.cmd"
	} | xargs -0 sed -i -e "s|$old|$tree|g" -e "s|$from|$to|g" \
		-e "s|^\(savedcmd_[^ ]* := \)\(ccache \)*gcc |\1${compiler:+ccache }gcc |"
	mv "$to.new" "$to"
	cp -p "$from/.built" "$shop/seeded"
	echo "seed $old" >"$mixed"
}

# changed SINCE: the files of the checkout that are others than they were there
changed() {
	case $1 in
	'seed '*)
		old=${1#seed }
		rsync -rcn --existing --exclude=/.git --out-format=%n "$old/" "$tree/" | tr '\n' '\0'
		# Edited since, they are not what the objects were made of.
		(cd "$old" && find . -path ./.git -prune -o -type f -newer "$shop/seeded" -print0)
		;;
	*)
		ours_git cat-file -e "$1^{commit}" || return 1
		ours_git diff --name-only -z --diff-filter=d "$1" "$commit"
		;;
	esac
}

# git gives each file that it writes the time of now. In a checkout that is new, those which
# the objects were made of are older than these.
age() {
	find "$tree" -path "$tree/.git" -prune -o ! -type d -exec touch -h -d @1000000000 {} +
	while read -r seen; do
		changed "$seen" >"$shop/changed" || return 1
		(cd "$tree" && xargs -0 -r touch -h -c) <"$shop/changed"
	done <"$mixed"
	# By the times of before the next checkout would write each file anew.
	ours_git update-index -q --refresh
}

# What git does not hold of a QEMU: meson's subprojects, of the user's tree or of the lab's
bring_subprojects() {
	for from in "$user" "$root/build/src/qemu"; do
		for part in "$from"/subprojects/*/; do
			to=$tree/subprojects/$(basename "$part")
			[ ! -d "$part" ] || [ -e "$to" ] || cp -a "$part" "$to"
		done
	done
}

checkout() {
	fresh=
	[ -e "$tree/.git/index" ] || fresh=1
	ours_git checkout -q -f --detach "$commit"
	ours_git clean -q -f -d -e /subprojects/
	[ ! -e "$tree/hw/virtio/virtio.c" ] || bring_subprojects
	case ${shop##*/} in linux-*) [ -s "$mixed" ] || seed ;; esac
	# A commit that the objects are of may be gone, and with it what tells which are old.
	[ -z "$fresh" ] || [ ! -s "$mixed" ] || age ||
		find "$tree" -path "$tree/.git" -prune -o ! -type d -exec touch -h {} +
	echo "$commit" >>"$mixed"
}

case $verb in
open) open ;;
checkout) checkout ;;
built) echo "$commit" >"$mixed" ;;
close) remove "$tree" ;;
*) die "series-tree.sh: unknown verb '$verb'" ;;
esac
