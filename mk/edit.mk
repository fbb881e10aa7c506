# SPDX-License-Identifier: GPL-2.0-or-later
# After an edit: what has changed of one folder and nothing else. A lab that is
# built is taken for granted, so neither the host's packages nor the kernel nor
# the root filesystem are looked at. kc watch calls these.
#
## driver DIR=devices/hello    its module alone
## device DIR=devices/hello    QEMU, where the device changed
## guest-test DIR=devices/hello    its test program alone

.PHONY: driver device guest-test

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
