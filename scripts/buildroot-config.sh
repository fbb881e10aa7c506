#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Between our defconfig and Buildroot's .config: what depends on the host and on
# the lab's kernel, the toolchain above all, is worked out here and is in no
# defconfig.
#
# usage: buildroot-config.sh configure DEFCONFIG TREE OUT LINUX_TREE [TOOLCHAIN]
#	OUT/.config from the defconfig and what was worked out; BUILDROOT_CCACHE=n
#	in the environment does without ccache, which Buildroot builds first
# usage: buildroot-config.sh keep DEFCONFIG TREE OUT
#	OUT/.config as OUT/.config.edited, if it was edited and is about to be replaced
# usage: buildroot-config.sh save DEFCONFIG TREE OUT
#	the defconfig from OUT/.config, less what was worked out
# usage: buildroot-config.sh refill DEFCONFIG TREE OUT
#	the next build fills OUT/target anew

set -eu
. "$(dirname -- "$0")/common.sh"
verb=$1
defconfig=$2
tree=$3
out=$4

# The release of a kernel tree as 6.12
kernel_series() {
	awk '/^VERSION =/ { v = $3 } /^PATCHLEVEL =/ { print v "." $3; exit }' "$1/Makefile"
}

# The release that the headers of a compiler are of, as 6.12
headers_series() {
	printf '#include <linux/version.h>\nLINUX_VERSION_CODE\n' | "$1" -E -P -x c - |
		awk 'END { print int($1 / 65536) "." int($1 / 256) % 256 }'
}

# known_series PREFIX FILE SERIES: the symbol PREFIX_x_y for it. One that is
# newer than this Buildroot goes by the newest that it knows, as its own help
# says.
known_series() {
	wanted=$(echo "$3" | tr . _)
	if grep -q "^config $1_$wanted\$" "$2"; then
		echo "$1_$wanted"
	else
		sed -n "s/^config \($1_[0-9]*_[0-9]*\)\$/\1/p" "$2" | sort -V | tail -n 1
	fi
}

# Buildroot builds the toolchain: with the headers of our kernel, whose tree
# stands in for the download (LINUX_HEADERS_OVERRIDE_SRCDIR).
built_toolchain() {
	series=$(kernel_series "$1")
	echo "BR2_KERNEL_HEADERS_VERSION=y"
	echo "BR2_DEFAULT_KERNEL_VERSION=\"$series\""
	echo "$(known_series BR2_PACKAGE_HOST_LINUX_HEADERS_CUSTOM \
		"$tree/package/linux-headers/Config.in.host" "$series")=y"
}

# The compiler of a toolchain: the one that is called after its machine where
# there are several names for it.
toolchain_gcc() {
	for gcc in "$1"/bin/*-gcc; do
		[ -x "$gcc" ] || continue
		[ "${gcc##*/}" != "$("$gcc" -dumpmachine)-gcc" ] || break
	done
	[ -x "$gcc" ] || die "BR2_EXTERNAL_TOOLCHAIN=$1 has no bin/*-gcc." \
		"Give the top folder of a cross toolchain for x86-64 and musl."
	echo "$gcc"
}

check_toolchain() {
	machine=$("$1" -dumpmachine)
	case $machine in
	x86_64*) ;;
	*) die "$1 compiles for $machine; the lab's guest is x86-64." ;;
	esac
	libc=$("$1" -print-file-name=libc.a)
	[ -e "$libc" ] || die "$1 has no libc.a, by which Buildroot finds its C library."
	grep -q MUSL_LOCPATH "$libc" ||
		die "the C library of $1 ($libc) is not musl." \
			"A toolchain for musl, or another C library in the defconfig, will do."
}

# feature SYMBOL COMMAND...: what the toolchain can, Buildroot must be told.
feature() {
	symbol=$1
	shift
	! "$@" >/dev/null 2>&1 || echo "$symbol=y"
}

external_toolchain() {
	gcc=$(toolchain_gcc "$1")
	check_toolchain "$gcc"
	cross=${gcc%-gcc}
	options=$tree/toolchain/toolchain-external/toolchain-external-custom/Config.in.options
	headers=$(headers_series "$gcc")
	cat <<-END
		BR2_TOOLCHAIN_EXTERNAL=y
		BR2_TOOLCHAIN_EXTERNAL_CUSTOM=y
		BR2_TOOLCHAIN_EXTERNAL_PATH="$1"
		BR2_TOOLCHAIN_EXTERNAL_CUSTOM_PREFIX="${cross##*/}"
		BR2_TOOLCHAIN_EXTERNAL_CUSTOM_MUSL=y
		BR2_TOOLCHAIN_EXTERNAL_GCC_$("$gcc" -dumpversion | cut -d. -f1)=y
		$(known_series BR2_TOOLCHAIN_EXTERNAL_HEADERS "$options" "$headers")=y
	END
	feature BR2_TOOLCHAIN_EXTERNAL_CXX "$cross-g++" -v
	feature BR2_TOOLCHAIN_EXTERNAL_FORTRAN "$cross-gfortran" -v
	feature BR2_TOOLCHAIN_EXTERNAL_DLANG "$cross-gdc" -v
	echo '#include <omp.h>' >"$out/openmp.c"
	feature BR2_TOOLCHAIN_EXTERNAL_OPENMP "$gcc" -fopenmp -c "$out/openmp.c" -o "$out/openmp.o"
	rm -f "$out/openmp.c" "$out/openmp.o"
}

# Kconfig drops a line that it does not know or whose dependencies are not met
# without a word.
check_lost() {
	grep -vxFf "$out/.config" "$out/kernelcraft_defconfig" | grep -v '^#' >"$out/lost" || return 0
	printf 'kernelcraft: the Buildroot in %s lost these lines:\n' "$tree" >&2
	sed 's/^/  /' "$out/lost" >&2
	die "They are in $defconfig or in $out/kernelcraft.host." \
		"What they depend on is missing: a toolchain with C++, for one, or it goes by" \
		"another name in this version. Mend that, or take them out of the defconfig."
}

keep() {
	[ -e "$out/.config" ] || return 0
	cmp -s "$out/.config" "$out/.config.made" || {
		cp "$out/.config" "$out/.config.edited"
		echo "$defconfig has changed; what was edited is now $out/.config.edited"
	}
}

configure() {
	linux=$5
	toolchain=${6:-}
	mkdir -p "$out"
	# Half a configuration is none.
	trap 'rm -f "$out/.config"' EXIT
	echo "BR2_CCACHE=${BUILDROOT_CCACHE:-y}" | grep -v '=n$' >"$out/kernelcraft.host" || true
	if [ -n "$toolchain" ]; then
		external_toolchain "$toolchain" >>"$out/kernelcraft.host"
		grep -v '^BR2_TOOLCHAIN_BUILDROOT' "$defconfig" >"$out/kernelcraft_defconfig"
	else
		built_toolchain "$linux" >>"$out/kernelcraft.host"
		cp "$defconfig" "$out/kernelcraft_defconfig"
	fi
	cat "$out/kernelcraft.host" >>"$out/kernelcraft_defconfig"
	make -s -C "$tree" O="$out" BR2_DEFCONFIG="$out/kernelcraft_defconfig" defconfig
	check_lost
	cp "$out/.config" "$out/.config.made"
	trap - EXIT
}

# with_hidden OLD: an external toolchain hides the lines on one that Buildroot
# builds. They stay, behind the line that they stood behind in OLD.
with_hidden() {
	awk 'NR != FNR { print; printf "%s", hidden[$0]; delete hidden[$0]; next }
	     !/^BR2_TOOLCHAIN_BUILDROOT/ { last = $0; next }
	     { hidden[last] = hidden[last] $0 "\n" }
	     END { for (last in hidden) printf "%s", hidden[last] }' "$1" -
}

save() {
	make -C "$tree" O="$out" BR2_DEFCONFIG="$out/saved" savedefconfig >/dev/null
	if grep -q '^BR2_TOOLCHAIN_EXTERNAL=y' "$out/kernelcraft.host"; then
		with_hidden "$defconfig" <"$out/saved" >"$out/saved.all"
	else
		cp "$out/saved" "$out/saved.all"
	fi
	grep -vxFf "$out/kernelcraft.host" "$out/saved.all" >"$out/saved.ours"
	cmp -s "$out/saved.ours" "$defconfig" || cp "$out/saved.ours" "$defconfig"
	# Both say the same: nothing is to be configured anew.
	touch "$out/.config"
	cp "$out/.config" "$out/.config.made"
	echo "$defconfig: $(wc -l <"$defconfig") lines"
}

# Buildroot only ever adds to target/. A package, an applet of BusyBox or a file
# of the overlay that is no longer wanted goes by installing all of them anew,
# which compiles nothing; BusyBox alone also takes its own configuration anew.
refill() {
	[ -d "$out/build" ] || return 0
	ours "$out/build/."
	remove "$out/target"
	find "$out/build" -mindepth 2 -maxdepth 2 \( -name .stamp_target_installed \
		-o -path '*/host-gcc-final-*/.stamp_host_installed' \
		-o -path '*/busybox-*/.stamp_dotconfig' \) -delete
}

"$verb" "$@"
