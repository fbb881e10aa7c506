#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Kernels that others built, by Debian's: their drivers are modules, which the initramfs
# inserts; what is missing is told by its option.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
lab=$root/build/lab

# fetch: Debian's cloud kernel, unpacked once under build/debian, which needs no root
debian=$root/build/debian
fetch() {
	[ -z "$(ls "$debian"/boot/vmlinuz-*-cloud-amd64 2>/dev/null)" ] || return 0
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p' | head -n 1)
	[ -n "$package" ] && (cd "$work" && timeout 300 apt-get -q download "$package") &&
		mkdir -p "$debian" && dpkg-deb -x "$work"/linux-image-*.deb "$debian"
}

# plan OPTION...: what kc run would start, of the kernel in $work/own, in $out or $err
own=$work/own/boot/vmlinuz
plan() {
	try 20 "$kc" run --dry-run --kernel "$own" "$@" -- true
}

mkdir -p "$work/own/boot"
cp "$lab/bzImage" "$own"
config=$work/own/boot/config-$(cat "$lab/kernel.release")
cp build/linux/.config "$config"
plan
[ $status = 0 ] && grep -q -- "-initrd $lab/initramfs.cpio" "$out" && ! grep -q rdinit "$out"
result $? "a kernel that has all it needs gets the lab's root as it is"
sed -i 's/^CONFIG_VIRTIO_CONSOLE=y/# CONFIG_VIRTIO_CONSOLE is not set/; /^CONFIG_DEVTMPFS=y/d' "$config"
plan
refused "an option that is missing is told, with what would do" 240 \
	"CONFIG_VIRTIO_CONSOLE is not set ($config): it has to be =y, or =m with its modules"
grep -q "CONFIG_DEVTMPFS is not set ($config): it has to be =y;" "$err"
result $? "and so is one that cannot be a module"
sed 's/^CONFIG_VIRTIO_CONSOLE=y/CONFIG_VIRTIO_CONSOLE=m/' build/linux/.config >"$config"
plan
refused "modules that are not there are told" 240 \
	"CONFIG_VIRTIO_CONSOLE=m, and $lab/modules has no virtio_console.ko"
plan --modules "$lab/modules"
refused "and a folder without the one that is needed" 240 "has no virtio_console.ko"
plan --modules "$work/own"
refused "and one without any" 240 "--modules: no kernel module"
plan --root "$lab/initramfs.cpio" --modules "$lab/modules"
refused "a root of one's own sees to its modules" 240 "inserts its modules itself"
try 10 "$kc" run --modules "$lab/modules" -- true
refused "--modules without --kernel is refused" 240 "for a --kernel of your own"
try 10 "$kc" test --kernel "$work/absent" hello
refused "kc test: a kernel that is not there" 240 "$work/absent"

if ! fetch >"$out" 2>&1; then
	skip "Debian's kernel" "apt has no linux-image-cloud-amd64 to download"
	done_testing
	exit
fi
kernel=$(find "$debian/boot" -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
release=${kernel##*/vmlinuz-}

# A distribution's kernel boots several times as long as the lab's.
# Some packed by one, some by another, in a folder of another name; Debian 13's are packed
mkdir "$work/packed"
modules=$(find "$debian/lib/modules/$release" "$debian/usr/lib/modules/$release" -maxdepth 0 2>/dev/null)
find "$modules" -name '*.ko*' \( -path '*virtio*' -o -path '*net_failover*' \
	-o -path '*/failover*' -o -path '*pvpanic*' \) -exec cp {} "$work/packed/" \;
find "$work/packed" -name '*.xz' -exec xz -d {} +
count=0
for module in "$work/packed"/*.ko; do
	case $((count % 3)) in
	0) xz --check=crc32 "$module" ;;
	1) zstd -q --rm "$module" ;;
	2) gzip "$module" ;;
	esac
	count=$((count + 1))
done
try 240 "$kc" run --boot-timeout 200 --kernel "$kernel" --modules "$work/packed" -- sh -c 'uname -r; lsmod'
[ $status = 0 ] && grep -qx "$release" "$out" && grep -q '^virtio_net ' "$out"
result $? "Debian's kernel runs with packed modules"
try 240 "$kc" run --boot-timeout 200 --kernel "$kernel" --root disk -- sh -c 'uname -r; grep " / " /proc/mounts; ls /kc-modules'
[ $status = 1 ] && grep -qx "$release" "$out" && grep -q '^/dev/vda / ext4 rw' "$out"
result $? "and with a root on disk"
cat >"$work/tests.ini" <<'END'
[finds]
boot-timeout = 200
command = sh -c 'echo 1..1; [ -e /sys/bus/virtio/drivers/virtio_rng/virtio1 ] && echo ok 1 rng'
END
try 240 "$kc" test --kernel "$kernel" "$work/tests.ini"
[ $status = 0 ] && [ "$(tail -n 1 "$out")" = "1 passed, 0 failed, 0 skipped" ]
result $? "kc test tests on it"
try 240 "$kc" trace --boot-timeout 200 --kernel "$kernel" -- head -c 64 /dev/hwrng
[ $status = 0 ] && grep -q 'No event was lost' "$out"
result $? "kc trace follows its buffers"
sed -i 's/^CONFIG_VIRTIO_NET=y/CONFIG_VIRTIO_NET=m/' "$config"
plan --modules "$debian"
refused "modules of another kernel are refused" 240 "is a module of Linux $release, the kernel is"
if grep -q '^CONFIG_VIRTIO_PCI=y' "$debian/boot/config-$release"; then
	skip "where nothing tells of the kernel, its own console does" "this one has its drivers built in"
	done_testing
	exit
fi
cp "$kernel" "$own"
cp "$debian/boot/config-$release" "$work/own/boot/"
plan
refused "modules that are nowhere are told" 240 "and there are no modules at $work/own/lib/modules/$release"
rm "$config" "$work/own/boot/config-$release"
try 240 "$kc" run --boot-timeout 200 --kernel "$own" -- true
refused "where nothing tells of the kernel, its own console does" 243 \
	"its kernel has no driver for kc's port: CONFIG_VIRTIO_PCI is missing"
grep -q "nothing tells whether '$own' has these" "$err"
result $? "with what it takes"

done_testing
