#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kc export: two series of patches that git am takes on clean trees, that build
# there and of which both checkpatches have nothing to say; and what cannot be
# exported leaves nothing.
. "$(dirname "$0")/../lib.sh"

linux=$(readlink -f "$root/build/src/linux")
qemu=$(readlink -f "$root/build/src/qemu")
export KC_ROOT="$root" GIT_CONFIG_GLOBAL="$work/gitconfig" GIT_CONFIG_SYSTEM=/dev/null
git config --global user.name 'Test of export'
git config --global user.email 'export@test.invalid'
# A user's own settings make no other patches.
git config --global format.signOff true
git config --global format.attach true
git config --global commit.gpgSign true
cd "$work" || exit

# tree DIR FROM PATCH...: a repository of the files that the patches change
tree() {
	to=$1
	from=$2
	shift 2
	git init -q "$to"
	git -C "$to" config commit.gpgSign false
	sed -n 's|^--- a/||p' "$@" | sort -u | while read -r file; do
		mkdir -p "$to/$(dirname "$file")"
		rm -f "$to/$file"
		cp "$from/$file" "$to/$file"
		git -C "$to" add -f "$file"
	done
	git -C "$to" commit -q -m base
}

# exported NAME OBJECT: its series apply, and the driver builds as OBJECT
exported() {
	name=$1
	tree "$name.linux" "$linux" "$name-patches"/linux/*.patch >/dev/null 2>&1
	tree "$name.qemu" "$qemu" "$name-patches"/qemu/*.patch >/dev/null 2>&1
	try 60 git -C "$name.linux" am "$work/$name-patches"/linux/*.patch
	result "$status" "$name: git am takes the series for Linux"
	try 60 git -C "$name.qemu" am "$work/$name-patches"/qemu/*.patch
	result "$status" "$name: and the one for QEMU"
	# A module of the lab's kernel, of which other drivers are not here; the ids are the patched tree's.
	sed -i "/CONFIG_VIRTIO_$(echo "$name" | tr '[:lower:]' '[:upper:]'))/!d" "$name.linux/drivers/virtio/Makefile"
	try 120 make -s -C "$(readlink -f "$root/build/linux")" M="$work/$name.linux/drivers/virtio" \
		"CONFIG_VIRTIO_$(echo "$name" | tr '[:lower:]' '[:upper:]')=m" \
		"KCPPFLAGS=-include $work/$name.linux/include/uapi/linux/virtio_ids.h -idirafter $work/$name.linux/include/uapi" \
		modules
	[ "$status" = 0 ] && [ ! -s "$err" ] && [ -s "$name.linux/drivers/virtio/$2" ]
	result $? "$name: the driver builds"
}

# clean NAME WHAT OPTIONS...: QEMU's warns of each import of Linux' headers, whoever makes it.
clean() {
	name=$1
	what=$2
	shift 2
	for patch in "$name-patches"/linux/*.patch; do
		perl "$linux/scripts/checkpatch.pl" --strict --no-tree --no-summary --terse "$@" "$patch"
	done >"$out" 2>&1
	(cd "$qemu" && perl scripts/checkpatch.pl --no-summary --terse "$@" \
		"$work/$name-patches"/qemu/*.patch) 2>&1 |
		grep -v '/0001-standard-headers-import-.*: WARNING: added, moved or deleted' >>"$out"
	[ ! -s "$out" ]
	result $? "$name: both checkpatches are clean$what"
}

# A device of one queue, one with all there is, a disk, one without PCI, and one in several files
"$kc" new --out devices rich --queues requests,more,events --config speed:u32,label:char[12] --feature fast,quiet --author 'A. U. Thor' >/dev/null
export KC_DEVICES="$work/devices"
"$kc" new --out devices disc --class block >/dev/null
"$kc" new --out devices flat --class char --transport mmio >/dev/null
"$kc" new --out devices parts >/dev/null
cd devices/parts || exit
sed -i 's/"abi.h"/"driver.h"/' driver.c
printf '/* SPDX-License-Identifier: GPL-2.0-only */\n#include "abi.h"\n\nvoid parts_more(void);\n' >driver.h
printf '// SPDX-License-Identifier: GPL-2.0-only\n#include "driver.h"\n\nvoid parts_more(void)\n{\n}\n' >driver-more.c
sed -i 's/"abi.h"/"device.h"/' device.c
{
	printf '/* SPDX-License-Identifier: GPL-2.0-or-later */\n#include "hw/virtio/virtio.h"\n#include "abi.h"\n\n'
	sed -n '/^#define TYPE_/,/^};/p' device.c
	printf '\nvoid parts_more(void);\n'
} >device.h
cp device.c "$work/whole.c"
sed -i '/^#define TYPE_/,/^};/d' device.c
printf 'virtio_parts_more(int x) "x %%d"\n' >trace-events
printf '/* SPDX-License-Identifier: GPL-2.0-or-later */\n#include "qemu/osdep.h"\n#include "device.h"\n#include "trace/trace-hw_virtio_kernelcraft_parts.h"\n\nvoid parts_more(void)\n{\n    trace_virtio_parts_more(VIRTIO_PARTS_MAX);\n}\n' >device-more.c
cd "$work" || exit

for name in hello rich disc flat parts; do
	try 60 "$kc" export "$name" --linux "$linux" --qemu "$qemu"
	[ "$status" = 0 ] && grep -q 'None is signed off' "$out" && [ ! -s "$err" ] &&
		! grep -rq 'Signed-off-by' "$name-patches"
	result $? "$name: exported, with no sign-off that nobody gave"
	case $name in
	parts) exported parts parts/virtio_parts.ko ;;
	*) exported "$name" "virtio_$name.ko" ;;
	esac
	clean "$name" '' --no-signoff
done
[ -e hello.qemu/hw/virtio/virtio-hello-pci.c ] && [ -e hello.qemu/include/hw/virtio/virtio-hello.h ] &&
	! grep -q virtio_register_id hello.qemu/hw/virtio/*.c && [ ! -e flat.qemu/hw/virtio/virtio-flat-pci.c ]
result $? "the PCI half of device.c has a file of its own"

# One of many files, whose other half calls what the lab's QEMU alone has
try 60 "$kc" export echo --linux "$linux"
for patch in echo-patches/linux/*.patch; do
	perl "$linux/scripts/checkpatch.pl" --strict --no-tree --no-signoff --no-summary --terse "$patch"
done >>"$err" 2>&1
[ "$status" = 0 ] && [ ! -s "$err" ] && grep -q 'virtio_echo-y += driver-events.o' echo-patches/linux/0002*
result $? "echo: its driver alone, and checkpatch is clean"

# One after the other into one QEMU of upstream's: each is made from what git am
# made of the one before.
stock=$work/stock
cp -as "$qemu" "$stock"
find "$stock" -name '.git*' -type l -delete
tree "$stock" "$qemu" hello-patches/qemu/*.patch parts-patches/qemu/*.patch
echo '*' >"$stock/.git/info/exclude"
for name in hello rich disc flat parts; do
	try 60 "$kc" export "$name" --qemu "$stock" --out "$name-next"
	[ "$status" = 0 ] || break
	git -C "$stock" am -q "$work/$name-next"/qemu/*.patch >>"$out" 2>>"$err" || break
done
[ "$status" = 0 ] && [ -e "$stock/hw/virtio/virtio-parts.c" ]
result $? "five devices, one after the other, from a tree of git's"
cp "$root/qemu/devices.mak" "$stock/configs/devices/x86_64-softmmu/kernelcraft.mak"
printf 'CONFIG_VIRTIO_%s=y\n' HELLO RICH DISC FLAT PARTS >>"$stock/configs/devices/x86_64-softmmu/kernelcraft.mak"
mkdir obj
# Wherever this lies, ccache knows its objects again.
export CCACHE_BASEDIR="$work" CCACHE_NOHASHDIR=1
try 300 env -C obj PYTHONPATH="$(readlink -f "$root/build/src/meson")" PYTHONDONTWRITEBYTECODE=1 "$stock/configure" \
	--cc="$("$root/scripts/find-ccache.sh") gcc" --target-list=x86_64-softmmu --without-default-features --without-default-devices \
	--with-devices-x86_64=kernelcraft --enable-tcg --enable-fdt=system --enable-attr --enable-virtfs --enable-trace-backends=simple \
	--disable-docs --disable-tools --disable-install-blobs --disable-download --disable-debug-info --python=/usr/bin/python3 --enable-werror
meson=$(readlink -f "$root/build/src/meson")
# All of QEMU takes minutes: in make test what the patches add or touch, no more.
objects=$(ninja -C obj -t targets all | sed -n 's/^\([^:]*hw_virtio_virtio\(-qmp\|-\(hello\|rich\|disc\|flat\|parts\)[a-z-]*\)\?\.c\.o\): .*/\1/p')
# shellcheck disable=SC2086 # a list of targets
[ "$status" = 0 ] && try 900 env PYTHONPATH="$meson" ninja -C obj $objects
[ "$status" = 0 ] && [ "$(echo "$objects" | wc -l)" -ge 7 ]
result $? "and QEMU's part of each compiles"
if [ "${SOAK:-}" ]; then
	try 1800 env PYTHONPATH="$meson" ninja -C obj qemu-system-x86_64
	[ "$status" = 0 ] && obj/qemu-system-x86_64 -device help >"$out" 2>&1
	known=0
	for device in hello-pci rich-pci disc-pci flat-device parts-pci; do
		! grep -q "\"virtio-$device\"" "$out" || known=$((known + 1))
	done
	[ $known = 5 ]
	result $? "and QEMU links, with each of them"
else
	skip "QEMU links, with each of them" "make soak compiles all of it"
fi

# Since 10.2 virtio's pages have a folder, and an index that names them.
pages=docs/system/devices/virtio
mkdir "$stock/$pages"
printf '.. toctree::\n\n   virtio-gpu.rst\n   virtio-snd.rst\n   vhost-user.rst\n' >"$stock/$pages/index.rst"
git -C "$stock" add -f $pages && git -C "$stock" commit -q -m pages
"$kc" new --out devices late >/dev/null
try 60 "$kc" export late --qemu "$stock"
[ "$status" = 0 ] && git -C "$stock" am -q "$work"/late-patches/qemu/*.patch >>"$out" 2>>"$err" &&
	[ -e "$stock/$pages/virtio-late.rst" ] && grep -qx "F: $pages/virtio-late.rst" "$stock/MAINTAINERS" &&
	[ "$(grep -A 1 virtio-snd "$stock/$pages/index.rst" | tail -n 1)" = '   virtio-late.rst' ]
result $? "late: its page goes where 10.2 has those of virtio"

# 11.0 moved qdev's headers.
rm "$stock/VERSION"
echo 11.0.0 >"$stock/VERSION"
"$kc" new --out devices later >/dev/null
try 60 "$kc" export later --qemu "$stock"
[ "$status" = 0 ] && grep -q '^+#include "hw/core/qdev-properties.h"$' later-patches/qemu/*.patch &&
	! grep -q '^+#include "hw/qdev' later-patches/qemu/*.patch && grep -q "^+system_virtio_ss.add(when: 'CONFIG_VIRTIO_LATER'" later-patches/qemu/*.patch &&
	grep -q '^+#include "hw/qdev-properties.h"$' late-patches/qemu/*.patch
result $? "later: it includes, and is built, as 11.0 has it"

# With a sign-off that a person gave
try 60 "$kc" export rich --linux "$linux" --qemu "$qemu" --out signed-patches --signoff 'A. U. Thor <author@test.invalid>'
[ "$status" = 0 ] && [ "$(grep -l '^Signed-off-by: A. U. Thor <author@test.invalid>$' signed-patches/*/*.patch | wc -l)" = 4 ]
result $? "--signoff signs off each patch"
clean signed ', with the sign-off looked at'

# A clean bill is worth what the checks find: a driver with a fault in its style
sed 's/^+struct rich {$/+struct rich{/' rich-patches/linux/0002* >planted.patch
! perl "$linux/scripts/checkpatch.pl" --strict --no-tree --no-signoff -q planted.patch >"$out" 2>&1
result $? "(checkpatch finds a fault that is planted)"

# wrong NAME STATUS WORDS ARGUMENT...: is refused with the words, and nothing is left
wrong() {
	name=$1
	want=$2
	words=$3
	shift 3
	before=$(find . -maxdepth 1 | sort)
	try 60 "$kc" export "$@"
	[ "$status" = "$want" ] && grep -qF -- "$words" "$err" && [ "$before" = "$(find . -maxdepth 1 | sort)" ]
	result $? "refused: $name"
}

rm -rf ./*-patches
wrong "no name" 240 "a device's name is needed" --linux "$linux"
wrong "no tree" 240 "a tree is needed" hello
wrong "no such device" 240 "no such device: 'nothing'" nothing --linux "$linux"
wrong "a folder that is no tree of Linux" 240 "is not a source tree of Linux" hello --linux "$work"
wrong "a tree of the other" 240 "is not a source tree of QEMU" hello --linux "$linux" --qemu "$linux"
wrong "a tree that is not there" 240 "is not a source tree of QEMU" hello --qemu /nonexistent
wrong "a device of the specification" 240 "virtio id 2 is the specification's" blk --linux "$linux" --qemu "$qemu"
wrong "a name that the tree has" 240 "already" hello --qemu "$stock"
wrong "what only the lab's QEMU has" 240 "it calls virtio_queue_set_max_num()" echo --qemu "$qemu"
wrong "another folder's header" 240 "it includes '../" fault --qemu "$qemu"
wrong "no address" 240 "expected 'NAME <ADDRESS>'" hello --linux "$linux" --signoff 'Somebody'
wrong "two lines of sign-off" 240 "expected 'NAME <ADDRESS>'" hello --linux "$linux" --signoff "A <a@b>
Signed-off-by: B <b@b>"
GIT_CONFIG_GLOBAL=/dev/null wrong "no author" 240 "git knows no author" hello --linux "$linux"
echo more >>hello.linux/MAINTAINERS
wrong "a tree with changes" 240 "not committed" flat --linux hello.linux
mkdir taken
wrong "an --out that is there" 240 "is there already" hello --linux "$linux" --out taken
if [ "$(id -u)" = 0 ]; then
	wrong "an --out that cannot be" 248 "cannot make a folder" hello --linux "$linux" --out /proc/x/y
else
	wrong "an --out that cannot be" 248 "cannot make a folder" hello --linux "$linux" --out /x/y
fi
sed -i 's/VIRTIO_ID_FLAT/VIRTIO_ID_OTHER/' devices/flat/abi.h
wrong "an id of another name" 240 "no '#define VIRTIO_ID_FLAT'" flat --linux "$linux"
cp whole.c devices/parts/device.c
sed -i '/^#define TYPE_/,/^};/d' devices/parts/device.h
wrong "a structure that the PCI half cannot see" 240 "does not have the structure" parts --qemu "$qemu"
sed -i 's/^    .device = TYPE_VIRTIO_RICH,/&\n    .class_init = NULL,/' devices/rich/device.c
wrong "a PCI half with more to it" 240 "stand alone in it" rich --qemu "$qemu"

done_testing
