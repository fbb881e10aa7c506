#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Containerfile: what a builder of images would refuse, and whether it says
# what the README and the Makefile do. No image is built: that takes a builder
# and a registry.
. "$(dirname "$0")/../lib.sh"

# instructions FILE: one a line, continued lines joined, no comments
instructions() {
	sed '/^[[:blank:]]*#/d; /^[[:blank:]]*$/d' "$1" | sed -e ':more' -e '/\\$/{N; s/\\\n[[:blank:]]*//; b more' -e '}'
}

# faults FILE: what is wrong with it, a line each
faults() {
	instructions "$1" | awk '
		NR == 1 && $1 != "FROM" { print "begins with " $1 }
		!/^(FROM|RUN|WORKDIR|COPY|ENV|ARG|LABEL|USER|CMD|ENTRYPOINT|VOLUME|EXPOSE) / { print "no instruction: " $0 }
		$1 == "FROM" && $2 !~ /^[a-z0-9.\/-]+:[A-Za-z0-9.-]+$/ { print "no image with a tag: " $2 }
		$1 == "CMD" && !/^CMD \["[^"]*"(, "[^"]*")*\]$/ { print "no list of words: " $0 }
		$1 == "WORKDIR" && !/^WORKDIR \/[A-Za-z0-9\/._+@~-]+$/ { print "no folder that make can handle: " $2 }
		/apt-get install/ && !/apt-get update &&.*install -y / { print "installs from lists of another day, or asks: " $0 }
		{ count[$1]++ }
		END { if (count["FROM"] != 1 || count["CMD"] > 1) print "one FROM and one CMD are needed" }'
}

# verbs FILE: those of make that it uses, also in its list of words
verbs() {
	instructions "$1" | tr -d '",[]' | grep -oE '(^| )make [a-z-]+' | awk '{ print $2 }'
}

recipe=$root/Containerfile
faults "$recipe" >"$out"
[ ! -s "$out" ]
result $? "each line is an instruction that a builder takes"
for line in 'BOOT now' 'RUN apt-get install -y vim' 'CMD make run' 'WORKDIR /kernel craft' 'FROM debian'; do
	{ cat "$recipe" && echo "$line"; } >"$work/Containerfile"
	[ "$(faults "$work/Containerfile")" ]
	result $? "... which would find '$line'"
done
[ "$(instructions "$recipe" | sed -n 's/^RUN .*apt-get install -y --no-install-recommends //p')" = 'git make' ] &&
	grep -q '^On a fresh Debian 12 or 13 (x86-64) with git and make:' "$root/README.md"
result $? "it begins as the README does: with git and make"
make -C "$root" -npq help >"$out" 2>/dev/null
[ "$(verbs "$recipe" | wc -l)" = 2 ]
result $? "it builds and then runs"
for verb in $(verbs "$recipe"); do
	grep -q "^$verb:" "$out"
	result $? "make $verb is a verb"
done
sed -n 's/^#.* build\/bin\/kc \([a-z]*\).*/\1/p' "$recipe" | while read -r command; do
	"$kc" help "$command" >/dev/null 2>&1 || echo "$command"
done >"$out"
[ ! -s "$out" ]
result $? "the commands of kc that it names are there"
grep -qx build "$root/.dockerignore" && grep -qx .git "$root/.dockerignore" && ! grep -q '^devices$' "$root/.dockerignore"
result $? "what was built here stays out of the image"
done_testing
