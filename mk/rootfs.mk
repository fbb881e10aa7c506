# SPDX-License-Identifier: GPL-2.0-or-later
# The root filesystem: BusyBox and our agent, static against musl, and the
# modules of a kernel; once as an initramfs, once as an ext4 image. fakeroot
# makes both belong to root without being root. Planted faults and the tracer's
# probes stay outside.
#
## rootfs              initramfs.cpio and disk.ext4

.PHONY: rootfs

ROOTFS := $(CURDIR)/$(BUILD)/rootfs
BUSYBOX_TREE := $(SRC)/busybox
BUSYBOX_BUILD := $(CURDIR)/$(BUILD)/busybox
GUEST_CC = $(CCACHE) musl-gcc -isystem $(LINUX_HEADERS)
GUEST_CFLAGS := -static -O2 -Wall -Wextra -Werror
GUEST_TEST_CC = $(GUEST_CC) $(GUEST_CFLAGS) -Iguest/test -pthread
AGENT_SOURCES := $(wildcard guest/agent/*.[ch])
ROOTFS_FILES := $(shell find guest/rootfs -type f)
GUEST_TESTS := $(notdir $(patsubst %/test.c,%,$(call device_files,*/test.c)))
GUEST_TEST_PROGRAMS := $(GUEST_TESTS:%=$(ROOTFS)/tests/%_test)
# Of the disk image; it is sparse on the host.
DISK_SIZE ?= 256M

$(BUSYBOX_BUILD)/busybox: guest/busybox.config $(LINUX_HEADERS)/linux/virtio_ids.h \
		| $(SRC)/busybox.version
	$(STEP) busybox scripts/build-busybox.sh $(BUSYBOX_TREE) $(BUSYBOX_BUILD) \
		$< "$(GUEST_CC)" $(JOBS)

$(ROOTFS)/kc-agent: $(AGENT_SOURCES) $(LINUX_HEADERS)/linux/virtio_ids.h
	@mkdir -p $(@D)
	@$(GUEST_CC) $(GUEST_CFLAGS) $(filter %.c,$^) -o $@

# A device's test is test.c and, where it is long, test-TOPIC.c beside it.
.SECONDEXPANSION:
$(ROOTFS)/tests/%_test: $$(call device_files,$$*/test*.[ch] $$*/abi.h) \
		$(wildcard guest/test/*.h) $(LINUX_HEADERS)/linux/virtio_ids.h
	@mkdir -p $(@D)
	@$(GUEST_TEST_CC) $(filter %.c,$^) -o $@

ROOTFS_MODULES := $(filter-out guest/% tests/%,$(MODULE_DIRS))

$(KERNELS:%=%-rootfs/.made): %-rootfs/.made: $(BUSYBOX_BUILD)/busybox $(ROOTFS)/kc-agent \
		$(ROOTFS_FILES) $(GUEST_TEST_PROGRAMS) %-modules/.built %/.drivers \
		scripts/make-rootfs.sh scripts/install-modules.sh mk/rootfs.mk
	$(STEP) $(call kernel_step,rootfs) fakeroot scripts/make-rootfs.sh $(@D) $(ROOTFS) \
		$(BUSYBOX_BUILD)/busybox $* '$(ROOTFS_MODULES)' $(kernel_lab) $(DISK_SIZE)
	@touch $@

# Not in the image: kc carries it into any guest that it traces.
$(LAB)/tracer: $(wildcard guest/tracer/*.[ch]) guest/agent/protocol.h | $(LAB) preflight
	@$(GUEST_CC) $(GUEST_CFLAGS) $(filter %.c,$^) -o $@

# The first program of an initramfs: it inserts the stock drivers.
$(LAB)/kc-init: $(wildcard guest/early/*.[ch]) $(LINUX_HEADERS)/linux/virtio_ids.h | $(LAB) preflight
	@$(GUEST_CC) $(GUEST_CFLAGS) -s $(filter %.c,$^) -o $@

rootfs: $(LINUX_BUILD)-rootfs/.made $(LAB)/tracer
