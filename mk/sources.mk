# SPDX-License-Identifier: GPL-2.0-or-later
# Where the sources come from. By default Debian 13's packages, which apt
# verifies; a private apt configuration under build/ reaches them from any
# Debian without touching the system's. Where there is no apt, or one without
# Debian's keys, upstream's release archives, by their SHA-256.
# Or the user's own trees, by LINUX_SRC= and QEMU_SRC=, which are never written to.
#
## SOURCES=upstream    with any of these: upstream's archives, not Debian's packages
## DEBIAN_MIRROR=URL   with any of these: another mirror than Debian's own

# Of Debian's series, not versions: the newest of each that the mirror has. Which
# it was stands in build/src/NAME.version.
LINUX_PACKAGE   := linux-source-6.12
QEMU_PACKAGE    := qemu
QEMU_SERIES     := 10.0
BUSYBOX_PACKAGE := busybox
# QEMU 10 wants meson 1.5; Debian 12 has 1.0. The host's is taken where it is newer.
MESON_PACKAGE   := meson

# Linux', BusyBox's and meson's are of the series above. QEMU's is of 10.2: the
# patches for 10.0 stand on what its stable releases mended late.
#
# The hashes: Linux' is of kernel.org's signed sha256sums.asc, QEMU's the one that
# other projects build from; BusyBox's and meson's are those of
# Debian's .orig archives, too. They are checked, not trusted: a wrong one stops.
LINUX_UPSTREAM   := https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.12.111.tar.xz \
	9e59dc67624188fa12a6601f9598499cd6662a9066be572b59f935e3d7849810
QEMU_UPSTREAM    := https://download.qemu.org/qemu-10.2.2.tar.xz \
	784b296ff29c1417aa72323abcb2d2ea9ab9771724f577dcd785c3b04f21e176
BUSYBOX_UPSTREAM := https://busybox.net/downloads/busybox-1.37.0.tar.bz2 \
	3311dff32e746499f4df0d5df04d7eb396382d7e108bb9250e7b519b837043a4
MESON_UPSTREAM   := https://github.com/mesonbuild/meson/releases/download/1.7.0/meson-1.7.0.tar.gz \
	08efbe84803eed07f863b05092d653a9d348f7038761d900412fddf56deb0284

SRC := $(CURDIR)/$(BUILD)/src

# NAME.version is written last, so a tree that it vouches for is whole.
$(SRC)/linux.version: | preflight
	$(STEP) linux-source scripts/fetch.sh linux $(LINUX_PACKAGE) $(SRC) '' $(LINUX_UPSTREAM)

$(SRC)/qemu.version: | preflight
	$(STEP) qemu-source scripts/fetch.sh qemu $(QEMU_PACKAGE) $(SRC) $(QEMU_SERIES) $(QEMU_UPSTREAM)

$(SRC)/busybox.version: | preflight
	$(STEP) busybox-source scripts/fetch.sh busybox $(BUSYBOX_PACKAGE) $(SRC) '' $(BUSYBOX_UPSTREAM)

$(SRC)/meson.version: | preflight
	$(STEP) meson scripts/fetch.sh meson $(MESON_PACKAGE) $(SRC) '' $(MESON_UPSTREAM)
