# SPDX-License-Identifier: GPL-2.0-or-later
# What kc bisect, each and matrix build: another kernel or QEMU in a lab of its own, which
# LAB names, with the programs of this lab's root file system as they are. scripts/series-build.sh
# calls these.

.PHONY: series-linux series-qemu

series-linux: linux modules
	$(STEP) rootfs fakeroot scripts/make-rootfs.sh $(LINUX_BUILD)-rootfs $(ROOTFS) \
		$(BUSYBOX_BUILD)/busybox $(LINUX_BUILD) '$(ROOTFS_MODULES)' $(LAB) $(DISK_SIZE)

series-qemu: qemu
