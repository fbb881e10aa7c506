#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The Buildroot tree and its verbs where there is no Buildroot: what a user is
# told, the syntax of Config.in and .mk, and that each name leads somewhere. The
# packages are built, by the recipes that Buildroot runs.
. "$(dirname "$0")/../lib.sh"

tree=$root/guest/buildroot
config=$root/scripts/buildroot-config.sh
kconfig=$root/build/linux/scripts/kconfig/conf
cd "$root" || exit 1

# A Buildroot that knows all but the lines that match LOST.
fake_buildroot() {
	fake=$work/fake
	mkdir -p "$fake/package/linux-headers"
	: >"$fake/package/pkg-generic.mk"
	printf 'config BR2_PACKAGE_HOST_LINUX_HEADERS_CUSTOM_%s\n' 6_1 6_9 6_11 \
		>"$fake/package/linux-headers/Config.in.host"
	cat >"$fake/Makefile" <<-END
		export BR2_VERSION := $1
		defconfig: ; grep -v '^\$(LOST)=' \$(BR2_DEFCONFIG) >\$(O)/.config
		savedefconfig: ; cp \$(O)/.config \$(BR2_DEFCONFIG)
	END
}

# shellcheck disable=SC2016 # a name in Buildroot's files
# Each name in the tree $1 that leads nowhere, one a line.
loose_ends() {
	grep -q '^name: KERNELCRAFT$' "$1/external.desc" || echo external.desc
	for package in "$1"/package/*; do
		name=${package##*/}
		grep -q "package/$name/Config.in" "$1/Config.in" || echo "$name in Config.in"
		[ -e "$package/$name.mk" ] || echo "$package/$name.mk"
	done
	sed -n 's/^source "\$BR2_EXTERNAL_KERNELCRAFT_PATH\/\(.*\)"/\1/p' "$1/Config.in" |
		while read -r file; do [ -e "$1/$file" ] || echo "$file"; done
	for defconfig in "$1"/configs/*_defconfig; do
		grep -oE '\$\(BR2_EXTERNAL_KERNELCRAFT_PATH\)[^ "]*' "$defconfig" |
			while read -r file; do [ -e "$1/${file#*)}" ] || echo "$file"; done
		sed -n 's/^\(BR2_PACKAGE_KC_[A-Z_]*\)=y/\1/p' "$defconfig" |
			while read -r name; do grep -qx "config $name" "$1"/package/*/Config.in || echo "$name"; done
		for name in BR2_PACKAGE_KC_AGENT BR2_PACKAGE_KC_TESTS; do
			grep -qx "$name=y" "$defconfig" || echo "$name in $defconfig"
		done
	done
}

no_loose_ends() {
	[ -z "$(loose_ends "$1")" ]
}

# Buildroot's kconfig takes $NAME, the kernel's $(NAME).
write_kconfig() {
	printf 'config BR2_TOOLCHAIN_HAS_THREADS\n\tdef_bool y\n'
	sed "s,\$BR2_EXTERNAL_KERNELCRAFT_PATH,$tree," "$tree/Config.in"
}

for verb in rootfs-buildroot buildroot-menuconfig buildroot-savedefconfig; do
	try 30 make $verb
	refused "$verb says where Buildroot comes from" 2 'https://buildroot.org/download.html'
done
try 30 make rootfs-buildroot BUILDROOT_SRC="$work/none"
refused "a folder that is not there" 2 "no such folder: $work/none"
try 30 make rootfs-buildroot BUILDROOT_SRC="$root/kc"
refused "a folder that is no Buildroot" 2 'is not a Buildroot tree'
try 30 make rootfs-buildroot BUILDROOT_SRC="$root/Makefile"
refused "an archive, or any other file" 2 "$root/Makefile is a file. Unpack it"
mkdir "$work/a blank"
try 30 make rootfs-buildroot BUILDROOT_SRC="$work/a blank"
refused "a path that Buildroot cannot take" 2 "BUILDROOT_SRC='$work/a blank' has a blank in it"
fake_buildroot 2024.11.1
try 30 make rootfs-buildroot BUILDROOT_SRC="$fake"
refused "a Buildroot that is too old" 2 'is Buildroot 2024.11.1; 2025.02 is the oldest'
fake_buildroot 2026.08
try 60 make rootfs-buildroot BUILDROOT_SRC="$fake" BUILDROOT_DEFCONFIG=none
refused "a defconfig that is not there" 2 'no such file'

expect "each name in the tree leads somewhere" no_loose_ends "$tree"
cp -R "$root/guest" "$work/guest"
echo 'BR2_PACKAGE_KC_NONE=y' >>"$work/guest/buildroot/configs/kernelcraft_defconfig"
mkdir "$work/guest/buildroot/package/kc-lost"
loose_ends "$work/guest/buildroot" >"$out" 2>"$err"
[ "$(grep -c 'KC_NONE\|kc-lost' "$out")" = 3 ]
result $? "... and one that does not is found"

if [ -x "$kconfig" ]; then
	write_kconfig >"$work/Kconfig"
	try 30 env -C "$work" KCONFIG_CONFIG="$work/kconfig.out" "$kconfig" --allyesconfig Kconfig
	[ "$status" = 0 ] && grep -qx 'CONFIG_BR2_PACKAGE_KC_AGENT=y' "$work/kconfig.out" &&
		grep -qx 'CONFIG_BR2_PACKAGE_KC_TESTS=y' "$work/kconfig.out"
	result $? "Config.in is kconfig, and offers both packages"
else
	skip "Config.in is kconfig" "the lab's kernel was not built here"
fi

try 120 make -f tests/lab/buildroot.mk TREE="$tree" OUT="$work/built"
programs=sbin/kc-agent
for test in devices/*/test.c; do
	programs="$programs usr/bin/$(basename "$(dirname "$test")")_test"
done
for program in $programs; do
	[ "$status" = 0 ] && [ -x "$work/built/target/$program" ]
	result $? "the packages' recipes build and install $program"
done

mkdir -p "$work/target/root" "$work/target/etc/init.d"
: >"$work/target/etc/init.d/S02sysctl"
try 30 "$tree/post-build.sh" "$work/target"
[ "$status" = 0 ] && [ -L "$work/target/root/hello_virtio.ko" ] &&
	grep -q hello_virtio "$work/target/lib/modules/$(cat build/lab/kernel.release)/modules.dep" &&
	[ ! -e "$work/target/etc/init.d/S02sysctl" ]
result $? "post-build.sh brings the lab's modules, ready for modprobe"
if [ -d build/linux-debug-modules ]; then
	debug=$work/target/lib/modules/$(cat build/lab/debug/kernel.release)
	grep -q hello_virtio "$debug/modules.dep" &&
		cmp -s "$debug/extra/hello_virtio.ko" build/lab/debug/modules/hello_virtio.ko
	result $? "... those of the debug kernel beside them"
else
	skip "... those of the debug kernel beside them" "that kernel was not built here"
fi

configure() {
	try 30 "$config" configure "$tree/configs/kernelcraft_defconfig" "$fake" "$work/o" "$@"
}
mkdir -p "$work/linux" "$work/empty" "$work/glibc/bin"
printf 'VERSION = 6\nPATCHLEVEL = 12\n' >"$work/linux/Makefile"
configure "$work/linux"
[ "$status" = 0 ] && grep -qx 'BR2_DEFAULT_KERNEL_VERSION="6.12"' "$work/o/.config" &&
	grep -qx 'BR2_PACKAGE_HOST_LINUX_HEADERS_CUSTOM_6_11=y' "$work/o/.config"
result $? "headers are our kernel's; a newer one goes by the newest known series"
cp "$tree/configs/kernelcraft_defconfig" "$work/mine_defconfig"
echo 'BR2_PACKAGE_FIO=y' >>"$work/o/.config"
try 30 "$config" save "$work/mine_defconfig" "$fake" "$work/o"
[ "$status" = 0 ] && grep -qx BR2_PACKAGE_FIO=y "$work/mine_defconfig" &&
	[ "$(grep -vcxFf "$tree/configs/kernelcraft_defconfig" "$work/mine_defconfig")" = 1 ]
result $? "saving keeps what was edited, not what was worked out"
try 30 env LOST=BR2_PACKAGE_KC_AGENT "$config" configure \
	"$tree/configs/kernelcraft_defconfig" "$fake" "$work/o" "$work/linux"
refused "a line that Buildroot drops is named" 1 'BR2_PACKAGE_KC_AGENT=y'

printf '%s\n' BR2_ONE=y BR2_TOOLCHAIN_BUILDROOT_CXX=y BR2_TWO=y >"$work/mine_defconfig"
printf '%s\n' BR2_ONE=y BR2_NEW=y BR2_TWO=y BR2_TOOLCHAIN_EXTERNAL=y >"$work/o/.config"
echo BR2_TOOLCHAIN_EXTERNAL=y >"$work/o/kernelcraft.host"
try 30 "$config" save "$work/mine_defconfig" "$fake" "$work/o"
[ "$status" = 0 ] && [ "$(tr '\n' ' ' <"$work/mine_defconfig")" = \
	'BR2_ONE=y BR2_TOOLCHAIN_BUILDROOT_CXX=y BR2_NEW=y BR2_TWO=y ' ]
result $? "... and what an external toolchain hides stays where it was"

# A folder that was built, and target/ with what is no longer wanted
fake_buildroot 2099.01
built=$root/build/buildroot/kernelcraft-2099.01
trap 'rm -rf "$work" "$built"' EXIT
fill() {
	mkdir -p "$built/target" "$built/build/busybox-1" "$built/build/host-gcc-final-1" "$built/build/one-1"
	for stamp in busybox-1/.stamp_dotconfig host-gcc-final-1/.stamp_host_installed \
		one-1/.stamp_target_installed one-1/.stamp_host_installed one-1/.stamp_built; do
		: >"$built/build/$stamp"
	done
	: >"$built/target/S50crond"
	try 60 make "$built/.filled" BUILDROOT_SRC="$fake" "$@"
}
rm -rf "$built"
fill
fill
[ "$status" = 0 ] && [ -e "$built/target/S50crond" ]
result $? "what was installed stays when nothing changed"
for input in guest/busybox.config "$tree/busybox.fragment" guest/rootfs/etc \
	"$tree/configs/kernelcraft_defconfig"; do
	fill -W "$input"
	[ "$status" = 0 ] && [ ! -e "$built/target" ] &&
		[ "$(find "$built/build" -name '.stamp_*' -printf '%P ')" = \
			'one-1/.stamp_host_installed one-1/.stamp_built ' ]
	result $? "all of it is installed anew, and nothing built, when ${input#"$root/"} changed"
done
echo BR2_EDITED=y >>"$built/.config"
fill -W "$tree/configs/kernelcraft_defconfig"
[ "$status" = 0 ] && grep -q "what was edited is now $built/.config.edited" "$out" &&
	grep -qx BR2_EDITED=y "$built/.config.edited" && ! grep -q BR2_EDITED "$built/.config"
result $? "what was edited gives way to a newer defconfig, and is kept"
flock "$built/.lock" sleep 60 &
holder=$!
sleep 1
fill -W "$tree/configs/kernelcraft_defconfig"
kill $holder
refused "two at once in one folder" 2 "another make is at work in $built"
[ -e "$built/.config" ]
result $? "... and the first one's configuration stays"

configure "$work/linux" "$work/empty"
refused "a toolchain without a compiler" 1 'has no bin/*-gcc'
ln -s "$(command -v gcc)" "$work/glibc/bin/x86_64-linux-gnu-gcc"
configure "$work/linux" "$work/glibc"
refused "a toolchain that is not musl's" 1 'is not musl'
printf '#!/bin/sh\necho aarch64-linux-musl\n' >"$work/empty/aarch64-linux-musl-gcc"
chmod +x "$work/empty/aarch64-linux-musl-gcc"
ln -s . "$work/empty/bin"
configure "$work/linux" "$work/empty"
refused "a toolchain for another machine" 1 "compiles for aarch64-linux-musl"

# kc: a lab with a Buildroot system in it, here the default's under its name
mkdir -p "$work/project/build/lab"
ln -s "$root"/build/lab/* "$work/project/build/lab/"
rm -f "$work/project/build/lab/buildroot"
export KC_ROOT="$work/project"
try 30 "$kc" boot --dry-run --rootfs buildroot
refused "kc says how a Buildroot system is made" 241 \
	"'make rootfs-buildroot BUILDROOT_SRC=DIR' in $work/project makes it"
mkdir "$work/project/build/lab/buildroot"
cp --sparse=always build/lab/initramfs.cpio build/lab/disk.ext4 "$work/project/build/lab/buildroot/"
for place in initramfs disk; do
	try 120 "$kc" run --rootfs buildroot --root $place -- cat /etc/hostname
	[ "$status" = 0 ] && [ "$(cat "$out")" = kernelcraft ]
	result $? "kc runs a Buildroot system from $place"
done
ln -s "$root/devices" "$root/modules" "$work/project/"
try 240 "$kc" test --rootfs buildroot --kernel normal hello/split
[ "$status" = 0 ] && tail -n 1 "$out" | grep -qx '1 passed, 0 failed, 0 skipped'
result $? "kc tests a device on a Buildroot system"
mv "$work/project/build/lab/buildroot/initramfs.cpio" "$work/kept.cpio"
try 60 "$kc" test --rootfs buildroot --kernel normal hello/split
[ "$status" = 241 ] && grep -q 'kc test hello/split --kernel normal --rootfs buildroot' "$out"
result $? "... and says which line does so again"
mv "$work/kept.cpio" "$work/project/build/lab/buildroot/initramfs.cpio"
try 120 "$kc" run --rootfs build/lab/buildroot/none -- true
refused "an image that is not there" 240 "cannot read 'build/lab/buildroot/none'"
try 120 "$kc" run --rootfs build/lab/initramfs.cpio --root build/lab/disk.ext4 -- true
refused "two images" 240 "are two images; take one"
try 120 "$kc" run --rootfs build/lab/initramfs.cpio -- cat /etc/hostname
[ "$status" = 0 ] && [ "$(cat "$out")" = kernelcraft ]
result $? "kc runs an image by its path"

done_testing
