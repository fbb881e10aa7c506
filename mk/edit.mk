# SPDX-License-Identifier: GPL-2.0-or-later
# After an edit: what has changed of one folder and nothing else. A lab that is
# built is taken for granted, so neither the host's packages nor the kernel nor
# the root filesystem are looked at. kc watch calls these.
#
## driver DIR=devices/hello    its module alone
## device DIR=devices/hello    QEMU, where the device changed
## guest-test DIR=devices/hello    its test program alone

## edited-linux FILES='drivers/block/virtio_blk.c'   what these files of the kernel's tree need
## edited-qemu FILES='hw/block/virtio-blk.c'         ... and these of QEMU's

.PHONY: driver device guest-test edited-linux edited-qemu

EDITED := $(notdir $(DIR))
# The kernel that the lab has, also where LINUX_SRC said which and is not said again.
LAB_LINUX = $(or $(shell cat $(LAB)/.linux 2>/dev/null),$(LINUX_BUILD))

driver:
	@scripts/build-modules.sh $(LAB_LINUX)-modules $(LAB) --alone $(DIR) \
		env MAKEFLAGS= MFLAGS= $(MAKE) -C $(LAB_LINUX) $(LINUX_VARS) -s -j$(JOBS)

device:
	@scripts/link-devices.sh $(QEMU_DEVICES) $(DEVICE_HOMES)
	@scripts/build-device.sh $(DIR) $(QEMU_BUILD) \
		env $(export_meson) ninja --quiet -C $(QEMU_BUILD)

guest-test:
	@$(GUEST_TEST_CC) -isystem $(LAB_LINUX)/usr/include $(wildcard $(DIR)/test*.c) -o $(ROOTFS)/tests/.$(EDITED)_test
	@mv $(ROOTFS)/tests/.$(EDITED)_test $(ROOTFS)/tests/$(EDITED)_test

# Options that the kernel was built with have to be said again, or else it is built anew. Its
# release is to stay, too, by which modules know it: a commit in the tree would change it.
LAB_BUILTIN = $(if $(filter y,$(shell cat $(LAB_LINUX)/.builtin 2>/dev/null)),$(call linux_builtin,$(LAB_LINUX)))
# Which of them the lab has, also where PATCHES=no is not said again
LAB_QEMU = $(abspath $(dir $(realpath $(LAB)/qemu-system-x86_64))/..)
LAB_TREE = $(shell realpath $(LAB_LINUX)/source)
LAB_WHOLE = env MAKEFLAGS= MFLAGS= $(MAKE) -s -C $(CURDIR) linux modules rootfs \
	$(if $(filter $(shell realpath -m $(SRC)/linux),$(LAB_TREE)),,LINUX_SRC=$(LAB_TREE))

# Nor is the compiler to be another, as it would be if ccache came or went since.
edited-linux: CCACHE = $(shell sed -n '1s/^savedcmd_[^ ]* := \(ccache\) .*/\1/p' $(LAB_LINUX)/init/.main.o.cmd)
edited-linux:
	@scripts/edit-linux.sh $(LAB_LINUX) $(LAB) '$(LAB_WHOLE)' $(FILES) -- \
		env MAKEFLAGS= MFLAGS= $(MAKE) -C $(LAB_LINUX) $(LINUX_VARS) $(LAB_BUILTIN) $(NO_KVM) \
		KERNELRELEASE=$$(cat $(LAB_LINUX)/include/config/kernel.release) -s -j$(JOBS)

edited-qemu:
	@scripts/edit-qemu.sh $$(cat $(LAB_QEMU)/src/.tree) $(LAB_QEMU)/src $(LAB_QEMU)/obj \
		$(if $(wildcard $(LAB)/qemu-stock),no,qemu/patches) qemu/devices.mak qemu/compat.h $(FILES) \
		-- env $(export_meson) ninja -C $(LAB_QEMU)/obj
