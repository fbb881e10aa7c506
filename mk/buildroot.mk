# SPDX-License-Identifier: GPL-2.0-or-later
# The root filesystem by Buildroot, in place of the default's BusyBox alone:
# guest/buildroot is a BR2_EXTERNAL tree, BUILDROOT_SRC a Buildroot of the
# user's. It is built with O=, kernel and QEMU stay ours.
#
## rootfs-buildroot    lab/buildroot/{initramfs.cpio,disk.ext4}; BUILDROOT_SRC=DIR
##                     is Buildroot, BR2_EXTERNAL_TOOLCHAIN=DIR saves building one,
##                     BUILDROOT_DEFCONFIG=kernelcraft_tools has fio, strace, gdbserver ...
## buildroot-menuconfig     edit its configuration
## buildroot-savedefconfig  save what was edited as its defconfig

.PHONY: rootfs-buildroot buildroot-menuconfig buildroot-savedefconfig

BUILDROOT_DEFCONFIG ?= kernelcraft

ifndef BUILDROOT_SRC

rootfs-buildroot buildroot-menuconfig buildroot-savedefconfig:
	@scripts/check-tree.sh buildroot ''

else

BUILDROOT_TREE := $(call own_tree,$(BUILDROOT_SRC))
BUILDROOT_VERSION := $(shell sed -n 's/^export BR2_VERSION := *//p' $(BUILDROOT_TREE)/Makefile 2>/dev/null)
BUILDROOT_EXTERNAL := $(CURDIR)/guest/buildroot
BUILDROOT_LINES := $(BUILDROOT_EXTERNAL)/configs/$(BUILDROOT_DEFCONFIG)_defconfig
BUILDROOT := $(CURDIR)/$(BUILD)/buildroot
ifdef BR2_EXTERNAL_TOOLCHAIN
BUILDROOT_TOOLCHAIN := $(abspath $(BR2_EXTERNAL_TOOLCHAIN))
BUILDROOT_SUFFIX := -$(shell printf %s '$(BUILDROOT_TOOLCHAIN)' | cksum | cut -d' ' -f1)
endif
# Buildroot cannot change its version or its toolchain in a folder.
BUILDROOT_OUT := $(BUILDROOT)/$(BUILDROOT_DEFCONFIG)-$(BUILDROOT_VERSION)$(BUILDROOT_SUFFIX)

# Archives and ccache are shared by all of them, and where the user has such
# folders already, by theirs.
export BR2_DL_DIR ?= $(BUILDROOT)/dl
export BR2_CCACHE_DIR ?= $(BUILDROOT)/ccache

# For the headers alone; what they do not need is most of the tree.
BUILDROOT_HEADERS := LINUX_HEADERS_OVERRIDE_SRCDIR=$(LINUX_TREE) \
	LINUX_HEADERS_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS="$(patsubst %,--exclude=/%, \
		Documentation drivers fs net sound tools/perf tools/testing)"

# Flags and variables of this make are not for the makes of many packages. GNU
# tar, for one, will not be configured by root unless told that it is meant so.
BUILDROOT_ENV := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL PYTHONDONTWRITEBYTECODE=1 \
	FORCE_UNSAFE_CONFIGURE=1 \
	BUILDROOT_CCACHE=$(BUILDROOT_CCACHE) BR2_EXTERNAL=$(BUILDROOT_EXTERNAL) \
	KERNELCRAFT_LINUX=$(LINUX_BUILD) $(if $(BUILDROOT_TOOLCHAIN),,$(BUILDROOT_HEADERS))
BUILDROOT_ALONE := scripts/alone.sh $(BUILDROOT_OUT)
BUILDROOT_MAKE := $(BUILDROOT_ENV) make -C $(BUILDROOT_TREE) O=$(BUILDROOT_OUT) BR2_JLEVEL=$(JOBS)

.PHONY: buildroot-tree
buildroot-tree:
	@scripts/check-tree.sh buildroot $(BUILDROOT_TREE)
	@scripts/preflight.sh rootfs-buildroot
	@[ -e $(BUILDROOT_LINES) ] || { echo "kernelcraft: no such file: $(BUILDROOT_LINES)" \
		"(BUILDROOT_DEFCONFIG=$(BUILDROOT_DEFCONFIG))" >&2; exit 1; }

# config VERB ARGUMENT...
buildroot_config = $(BUILDROOT_ALONE) $(BUILDROOT_ENV) scripts/buildroot-config.sh $1 \
	$(BUILDROOT_LINES) $(BUILDROOT_TREE) $(BUILDROOT_OUT) $2

$(BUILDROOT_OUT)/.config: $(BUILDROOT_LINES) | buildroot-tree $(LINUX_READY)
	@$(call buildroot_config,keep)
	$(STEP) buildroot-config $(call buildroot_config,configure,$(LINUX_TREE) $(BUILDROOT_TOOLCHAIN))

# Folders, too: their times tell that something in them is gone.
$(BUILDROOT_OUT)/.filled: $(BUILDROOT_OUT)/.config guest/busybox.config \
		$(BUILDROOT_EXTERNAL)/busybox.fragment $(shell find guest/rootfs) devices
	@$(call buildroot_config,refill)
	@touch $@

# Our own programs may have changed, which Buildroot does not look at: they are
# quickly built anew.
rootfs-buildroot: buildroot-tree $(BUILDROOT_OUT)/.filled linux modules \
		$(LINUX_HEADERS)/linux/virtio_ids.h
	$(STEP) buildroot $(BUILDROOT_ALONE) sh -c '$(BUILDROOT_MAKE) kc-agent-dirclean kc-tests-dirclean && \
		$(BUILDROOT_MAKE) all'
	@scripts/install-images.sh $(BUILDROOT_OUT)/images/rootfs.cpio \
		$(BUILDROOT_OUT)/images/rootfs.ext2 $(LAB)/buildroot

buildroot-menuconfig: buildroot-tree $(BUILDROOT_OUT)/.config
	@scripts/preflight.sh linux-menuconfig
	@$(BUILDROOT_ALONE) $(BUILDROOT_MAKE) menuconfig
	@echo 'make rootfs-buildroot builds it; make buildroot-savedefconfig keeps it.'

buildroot-savedefconfig: buildroot-tree $(BUILDROOT_OUT)/.config
	@$(call buildroot_config,save)

endif
