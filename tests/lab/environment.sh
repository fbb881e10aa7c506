#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a user's environment is set to for other things steers nothing here, and
# what cannot be worked with is named before anything is built.
# shellcheck disable=SC2016 # what make is to expand
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../scratch.sh"

clone=$work/clone
scratch_clone "$clone"
object=build/kc/base/quote.o
mkdir -p "$work/elsewhere/scripts" "$work/home"
echo 'include Makefile
probe:
	@env | grep -v "^MAKELEVEL=" | sort
	@echo JOBS=$(JOBS) NAME=$(NAME) CFLAGS=$(KC_CFLAGS)' >"$work/probe.mk"

# An environment of many trades: Kbuild's, the compilers', make's, Python's,
# git's, pkg-config's and the shells' variables, by those who have them.
hostile=$work/hostile
cat >"$hostile" <<END
#!/bin/sh
exec env CDPATH="$work/elsewhere:." ARCH=arm64 SUBARCH=arm64 CROSS_COMPILE=aarch64-none- \
	KBUILD_OUTPUT="$work/elsewhere" KCONFIG_CONFIG="$work/elsewhere/config" \
	KCONFIG_ALLCONFIG="$work/elsewhere/none" KBUILD_EXTMOD="$work/elsewhere" LLVM=1 LLVM_IAS=0 \
	LOCALVERSION=-mine KCFLAGS=-Wrong KCPPFLAGS=-Wrong HOSTCFLAGS=-Wrong INSTALL_MOD_PATH=/none \
	W=123 V=1 C=2 O="$work/elsewhere" M=none KBUILD_VERBOSE=1 CC=false CXX=false LD=false AR=false \
	CFLAGS=-Wrong CPPFLAGS=-Wrong LDFLAGS=-Wrong CPATH=/none C_INCLUDE_PATH=/none \
	LIBRARY_PATH=/none GCC_EXEC_PREFIX=/none/ SRC=/none BUILD=/none LAB=/none NAME=host DIR=/none \
	PREFIX=/none JOBS=7 MAKELEVEL=3 PYTHONPATH=/none PYTHONHOME=/none \
	PERL5LIB=/none PERL5OPT=-Mnone NINJA_STATUS=x DESTDIR=/none GREP_OPTIONS=-v GREP_COLOR=x \
	POSIXLY_CORRECT=1 BASH_ENV=/none ENV=/none IFS=/ GIT_DIR=/none GIT_WORK_TREE=/none \
	PKG_CONFIG=false PKG_CONFIG_PATH=/none PKG_CONFIG_LIBDIR=/none PKG_CONFIG_SYSROOT_DIR=/none \
	OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1 TAR_OPTIONS=--none XZ_OPT=--none GZIP=-none RSYNC_RSH=false \
	LANG=de_DE.UTF-8 LANGUAGE=de LC_ALL=tr_TR.UTF-8 'BASH_FUNC_make%%=() { false; }' \
	'ODD(x86)=1' "\$@"
END
chmod +x "$hostile"

try 60 make -s -C "$clone" -f "$work/probe.mk" probe
cp "$out" "$work/plain"
[ "$status" = 0 ] && grep -q '^PATH=' "$work/plain" && grep -q '^LC_ALL=C' "$work/plain"
result $? "recipes see an environment"
try 60 "$hostile" make -s -C "$clone" -f "$work/probe.mk" probe
[ "$status" = 0 ] && cmp "$work/plain" "$out" >"$err"
result $? "... and the same one, whatever a user's is set to"
cp -a "$clone" "$work/planted"
sed -i 's/\$(eval undefine .*/)/' "$work/planted/mk/guard.mk"
try 60 "$hostile" make -s -C "$work/planted" -f "$work/probe.mk" probe
[ "$status" = 0 ] && ! cmp -s "$work/plain" "$out"
result $? "... which this finds where it is not so"
# In make's database a rule's first line names the target and what it needs. The
# kernel's headers, which programs of the guest need, need the packages.
try 60 make -C "$clone" -npq all
awk '/^[^#\t .][^=]*:([^=]|$)/ { target = $1; needs = $0 }
	/^\t.*\$\(GUEST_(TEST_)?CC\)|^\t.*gcc .* -c / {
		seen++
		if (needs !~ /preflight|virtio_ids/ && target != "guest-test:") { print target; bad = 1 }
	}
	END { exit bad || seen < 20 }' "$out" >"$err"
result $? "what compiles asks for the packages first"
try 60 "$hostile" make -C "$clone" $object
[ "$status" = 0 ] && [ -s "$clone/$object" ]
result $? "kc compiles in such an environment"

# The kernel's own configuration, of the tree that the lab has
tree=$(readlink -f "$root/build/src/linux")
number=$(printf %s "$tree" | cksum | cut -d' ' -f1)
configured() {
	rm -rf "$clone/build/linux-$number"
	try 300 "$@" make -C "$clone" "$clone/build/linux-$number/.config" LINUX_SRC="$tree"
	[ "$status" = 0 ] && cp "$clone/build/linux-$number/.config" "$work/config.${1##*/}"
}
if [ -e "$tree/Kbuild" ]; then
	touch "$work/before"
	configured env && configured "$hostile" && cmp "$work/config.env" "$work/config.hostile" >"$err"
	result $? "the kernel of LINUX_SRC is configured alike in such an environment"
	[ -z "$(find "$tree" -newer "$work/before" -print -quit)" ] && [ -z "$(ls -A "$work/elsewhere/scripts")" ]
	result $? "... and nothing is written into its tree, nor elsewhere"
else
	skip "the kernel of LINUX_SRC is configured alike in such an environment" "no build/src/linux"
fi

# compiles NAME COMMAND...: with a file that is new to ccache
compiles() {
	name=$1
	shift
	rm -f "$clone/$object"
	echo "/* $(date +%s%N) */" >>"$clone/kc/base/quote.c"
	try 60 "$@"
	[ "$status" = 0 ] && [ -s "$clone/$object" ]
	result $? "$name"
}

# names WORDS: the last one said so.
names() {
	grep -qF -- "$1" "$err"
	result $? "... and says: $1"
}

build="make -C $clone $object"
# shellcheck disable=SC2086 # words
{
	compiles "without HOME" env -u HOME $build
	compiles "with a HOME that is not there" env HOME=/nonexistent/home $build
	compiles "with stdin closed" sh -c "exec <&-; $build"
	compiles "with a umask of 077" sh -c "umask 077; $build"
	compiles "with a TMPDIR that is not there" env TMPDIR="$work/none" $build
	names "no use of TMPDIR='$work/none'"
	long=$work/$(printf '%0100d' 0)
	mkdir "$long"
	compiles "with a TMPDIR too long for a socket" env TMPDIR="$long" $build
	names "no use of TMPDIR='$long'"
	if command -v ccache >/dev/null; then
		compiles "with a ccache that cannot write" env CCACHE_DIR=/proc/none $build
		names "building without ccache, which fails"
		compiles "with one that can" env CCACHE_DIR="$work/cache" $build
		[ ! -s "$err" ]
		result $? "... and says nothing"
	fi
	if unshare --mount true 2>"$err"; then
		for options in noexec ro size=64k; do
			compiles "with a TMPDIR that is mounted $options" unshare --mount sh -c \
				"mount -t tmpfs -o $options none $work/home && TMPDIR=$work/home $build"
			names "no use of TMPDIR='$work/home'"
		done
	else
		skip "with a TMPDIR that is read-only, full or noexec" "$(tail -n 1 "$err")"
	fi
}

# Scripts by hand, with no make before them
for dir in "$clone" "$clone/scripts"; do
	try 60 env -C "$dir" CDPATH="$work/elsewhere:$clone" POSIXLY_CORRECT=1 \
		sh "$([ "$dir" = "$clone" ] && echo scripts/)step.sh" probe true
	[ "$status" = 0 ] && [ -e "$clone/build/log/probe.log" ] &&
		[ "$(find "$work" -maxdepth 1 -name '*
*')" = '' ]
	result $? "a script with CDPATH, called in ${dir##*/}"
	rm "$clone/build/log/probe.log"
done

try 10 env TMPDIR="$work/none" "$kc" help
[ "$status" = 0 ] && grep -qF "TMPDIR='$work/none' is not used" "$err"
result $? "kc goes on without a TMPDIR that is not there"
try 10 env TMPDIR="$long" "$kc" help
[ "$status" = 0 ] && grep -qF "TMPDIR='$long' is not used" "$err"
result $? "... or that is too long"
try 10 env TMPDIR="$work" "$kc" help
[ "$status" = 0 ] && [ ! -s "$err" ]
result $? "... and says nothing of one that will do"

try 10 env -C "$root" CDPATH="$root" scripts/boot.sh --dry-run
[ "$status" = 0 ] || grep -q "cannot read $root/build/lab" "$err"
result $? "boot.sh with CDPATH"
done_testing
