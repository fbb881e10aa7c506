#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a clone lies and what its paths lead to: it builds there, or says in its
# first line why not; and nothing that is not its own is ever removed.
# shellcheck disable=SC2016 # paths are what they are
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

# Who wants to install or fetch comes by here.
mkdir "$work/bin"
for program in apt-get sudo; do
	printf '#!/bin/sh\necho "$0 $*" >>"%s"\nexit 1\n' "$work/called" >"$work/bin/$program"
	chmod +x "$work/bin/$program"
done
PATH=$work/bin:$PATH

all_files() {
	find "$work/here" | LC_ALL=C sort
}

# decoys: what a path that is cut somewhere names
decoys() {
	mkdir -p "$work/here"
	for part in a b build src linux qemu obj kernelcraft; do
		for dir in "$work/here/$part" "$work/here/a/$part" "$work/here/a/kernelcraft/build/$part"; do
			mkdir -p "$dir/src/linux"
			: >"$dir/src/linux/mine"
		done
	done
}

scratch_clone "$work/clean"
line='a
b'
for name in 'a b' ' a' 'a ' 'a:b' 'a,b' 'a;b' 'a|b' 'a&b' 'a=b' 'a%b' 'a#b' 'a$b' 'a$$b' 'a\b' 'a*b' \
	'a?b' 'a(b' 'a[b' 'a{b' 'a!b' 'a^b' 'a<b' "a'b" 'a"b' 'a`b' 'a	b' "$line"; do
	rm -rf "$work/here" "$work/called"
	decoys
	mkdir -p "$work/here/$name"
	cp -a "$work/clean" "$work/here/$name/kernelcraft"
	all_files >"$work/before"
	for verb in run clean; do
		try 60 make -C "$work/here/$name/kernelcraft" $verb
		[ "$status" = 2 ] || break
	done
	all_files >"$work/after"
	[ "$status" = 2 ] && grep -v 'make.*: Entering' "$err" | head -n 1 | grep -q 'kernelcraft: this clone is' &&
		cmp "$work/before" "$work/after" && [ ! -e "$work/called" ]
	result $? "refused in the first line, nothing touched: '$(printf %s "$name" | sed 's,\\,?,g' | tr '\n' '?')'"
done

# One object is enough to show that recipes work in a place.
object=build/kc/base/quote.o
builds() {
	try 120 make -C "$1" $object
	[ "$status" = 0 ] && [ -s "$1/$object" ]
	result $? "$2"
}
for name in 'ä.1+2@x~y_z' -dash; do
	cp -a "$work/clean" "$work/$name"
	builds "$work/$name" "built in a folder '$name'"
done
ln -s "$work/-dash" "$work/a link"
(cd "$work/a link" && rm $object && make $object) >"$out" 2>"$err"
status=$?
[ "$status" = 0 ]
result $? "built behind a link whose name could not be taken"

clone=$work/clean
for argument in BUILD="$work/other" SRC="$work/other" LAB=x CURDIR=/ ARCH=arm64 LINUX_SCR=x; do
	try 10 make -C "$clone" clean "$argument"
	refused "refused by name: ${argument%%=*}=" 2 "make takes no ${argument%%=*}= here"
done
for argument in LINUX_SRC='/a b' QEMU_SRC="/a'b" BUILDROOT_SRC='/a$(b)' NAME='x;y' PREFIX='/a#b' \
	JOBS=0 JOBS=many MODULES_HELLO=yes; do
	try 10 make -C "$clone" help "$argument"
	refused "refused for its value: $argument" 2 "${argument%%=*}"
done
for flag in -e -i -t; do
	try 10 make $flag -C "$clone" help
	refused "make $flag is refused" 2 'make -e, -i and -t'
	try 10 env MAKEFLAGS="k${flag#-}" make -C "$clone" help
	refused "... in MAKEFLAGS, too" 2 'make -e, -i and -t'
done

# What lies elsewhere, reached by links in build/
precious=$work/precious
mkdir -p "$precious/linux" "$precious/tree"
touch "$precious/linux/mine" "$precious/tree/mine"
survives() {
	[ -e "$precious/linux/mine" ] && [ -e "$precious/tree/mine" ]
}
mkdir -p "$clone/build"
ln -s "$precious" "$clone/build/src"
try 60 "$clone/scripts/fetch.sh" linux linux-source-6.12 "$clone/build/src"
survives && [ "$status" = 1 ] && grep -q 'does not lie in' "$err"
result $? "fetch.sh removes nothing behind a link"
try 60 "$clone/scripts/fetch.sh" linux linux-source-6.12 "$precious"
survives && [ "$status" = 1 ]
result $? "... nor elsewhere"
for script in 'overlay.sh /usr/include' 'build-device.sh devices/hello' 'build-modules.sh'; do
	# shellcheck disable=SC2086 # a script and its first words
	try 60 env -C "$clone" scripts/$script "$clone/build/src" qemu/patches qemu/devices.mak devices true
	survives && [ "$status" != 0 ] && grep -q 'does not lie in' "$err"
	result $? "${script%% *} removes nothing behind a link"
done
for path in "$clone/build/src/linux" "$clone/build/../devices" / "$clone/build/src/.." "$clone"; do
	try 60 "$clone/scripts/clean.sh" "$path"
	survives && [ "$status" = 1 ] && [ -e "$clone/devices/hello" ]
	result $? "clean.sh leaves ${path#"$work"}"
done
rm "$clone/build/src"

# What clean leaves is what would be fetched.
mkdir -p "$clone/build/src/linux" "$clone/build/src/qemu.tmp" "$clone/build/src/apt" \
	"$clone/build/buildroot/dl/musl" "$clone/build/buildroot/out" "$clone/build/lab"
touch "$clone/build/src/linux/Makefile" "$clone/build/src/linux.version" "$clone/build/.clone" \
	"$clone/build/buildroot/dl/musl/archive"
try 60 make -C "$clone" clean
(cd "$clone/build" && find . -type f | sort) >"$work/left"
[ "$status" = 0 ] && printf './%s\n' buildroot/dl/musl/archive src/linux.version src/linux/Makefile | cmp - "$work/left" &&
	[ "$(ls -A "$clone/build")" = "$(printf 'buildroot\nsrc')" ] && [ "$(ls "$clone/build/buildroot")" = dl ]
result $? "make clean leaves the sources and nothing else"
rm -r "$clone/build/buildroot"
ln -s "$precious" "$clone/build/buildroot"
try 60 make -C "$clone" clean
survives
result $? "... and what a link leads to"
try 60 make -C "$clone" distclean
survives && [ "$status" = 0 ] && [ ! -e "$clone/build" ]
result $? "make distclean leaves nothing"

ln -s "$precious" "$clone/build"
try 60 make -C "$clone" preflight
refused "build/ that leads to what is another's is refused" 2 'which holds what was not made here'
try 60 make -C "$clone" clean
survives && [ "$status" = 0 ] && [ ! -L "$clone/build" ]
result $? "... and clean removes the link alone"
mkdir "$work/fast"
ln -s "$work/fast" "$clone/build"
builds "$clone" "build/ may be a link to an empty folder"
builds "$clone" "... and is then our own"
rm "$clone/build"

# The tests above can fail: with a remove() that does not look, it is lost.
cp -a "$clone" "$work/planted"
sed -i 's/^\tours "\$@"$//; s/^ours .*//' "$work/planted/scripts/common.sh" "$work/planted/scripts/fetch.sh"
mkdir "$work/planted/build"
ln -s "$precious" "$work/planted/build/src"
try 60 env DEBIAN_MIRROR=file:///none "$work/planted/scripts/fetch.sh" linux linux-source-6.12 \
	"$work/planted/build/src"
! survives
result $? "... and a remove() that does not look is found"
done_testing
