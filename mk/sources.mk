# SPDX-License-Identifier: GPL-2.0-or-later
# Where the sources come from. By default Debian 13's packages, which apt
# verifies; a private apt configuration under build/ reaches them from any
# Debian without touching the system's. Or the user's own trees, by LINUX_SRC=
# and QEMU_SRC=, which are never written to.

# Series, not versions: the newest of each that the mirror has. Which it was
# stands in build/src/NAME.version.
LINUX_PACKAGE   := linux-source-6.12
QEMU_PACKAGE    := qemu
QEMU_SERIES     := 10.0
BUSYBOX_PACKAGE := busybox
# QEMU 10 wants meson 1.5; Debian 12 has 1.0.
MESON_PACKAGE   := meson

SRC := $(CURDIR)/$(BUILD)/src

# NAME.version is written last, so a tree that it vouches for is whole.
$(SRC)/linux.version: | preflight
	$(STEP) linux-source scripts/fetch.sh linux $(LINUX_PACKAGE) $(SRC)

$(SRC)/qemu.version: | preflight
	$(STEP) qemu-source scripts/fetch.sh qemu $(QEMU_PACKAGE) $(SRC) $(QEMU_SERIES)

$(SRC)/busybox.version: | preflight
	$(STEP) busybox-source scripts/fetch.sh busybox $(BUSYBOX_PACKAGE) $(SRC)

$(SRC)/meson.version: | preflight
	$(STEP) meson scripts/fetch.sh meson $(MESON_PACKAGE) $(SRC)
