# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2154 # work is lib.sh's
# Repositories with a planted history, for the tests of this room.

export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b

# repository DIR: an empty one
repository() {
	git -c init.defaultBranch=main init -q "$1"
	git -C "$1" config gc.auto 0
}

# state DIR: all of a repository and its tree, down to times, which kc must leave as it is
state() {
	(cd "$1" && find . -printf '%p %s %T@ %i\n' | sort && git for-each-ref && git worktree list) | sha256sum
}
