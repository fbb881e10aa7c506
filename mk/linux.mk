# SPDX-License-Identifier: GPL-2.0-or-later
# Two kernels of one tree: the normal one, and one that checks itself (KASAN,
# lockdep ...). Each is fragments on top of allnoconfig, built with O=, so that
# the tree may be the user's own. A recipe is written once, for both: its stem
# is the folder that the kernel is built in.
#
## linux               the kernel alone
## linux-debug         the kernel that checks itself, with its modules and root filesystem
## linux-menuconfig    edit their configuration
## linux-saveconfig    save what was edited as guest/kernel/NAME.config (NAME=local)
## MODULES_HELLO=y     with any of these: modules/hello built into the kernel

.PHONY: linux linux-debug linux-menuconfig linux-saveconfig

ifdef LINUX_SRC
LINUX_TREE := $(abspath $(LINUX_SRC))
# Each tree has a build folder of its own: objects of two never mix.
LINUX_BUILD := $(CURDIR)/$(BUILD)/linux-$(shell printf %s '$(LINUX_TREE)' | cksum | cut -d' ' -f1)
LINUX_READY := linux-tree
else
LINUX_TREE := $(SRC)/linux
LINUX_BUILD := $(CURDIR)/$(BUILD)/linux
LINUX_READY := $(SRC)/linux.version
endif

LINUX_DEBUG := $(LINUX_BUILD)-debug
KERNELS := $(LINUX_BUILD) $(LINUX_DEBUG)

# In a recipe: where its kernel's results go, and the name of its step
kernel_lab = $(LAB)$(if $(filter $(LINUX_DEBUG)%,$@),/debug)
kernel_step = $1$(if $(filter $(LINUX_DEBUG)%,$@),-debug)

# Saved ones come behind ours: where two name a symbol, the later is right.
LINUX_FRAGMENTS := $(patsubst %,guest/kernel/%.config,base fs virtio trace faults)
LINUX_FRAGMENTS += $(filter-out $(LINUX_FRAGMENTS),$(sort $(wildcard guest/kernel/*.config)))
DEBUG_FRAGMENTS := $(sort $(wildcard guest/kernel/debug/*.config))
LINUX_HEADERS := $(LINUX_BUILD)/usr/include
# The switch builds modules/hello into the kernel without touching its tree:
# drivers-m is a list of folders that kbuild reads and leaves to others to
# fill. Paths in it are relative to two places, the tree and the build folder;
# enough of ../ leads to / from both. Objects land beside the links.
MODULES_HELLO ?= m
ifeq ($(MODULES_HELLO),y)
LINUX_BUILTIN = MODULES_HELLO=y drivers-m=$(shell printf '../%.0s' $$(seq 32))$*-builtin/hello/
endif

LINUX_VARS := $(if $(CCACHE),CC="ccache gcc") KBUILD_BUILD_USER=kernelcraft \
	KBUILD_BUILD_HOST=lab
# Before init starts the kernel overwrites its own startup code. For -Os that
# is a byte at a time, and QEMU's emulation then looks up what it translated of
# the page each time: a fifth of the whole boot.
LINUX_VARS += CFLAGS_page_alloc.o=-O2
# The entry from PVH compares strings before KASAN's shadow is there, so inline;
# at -Os that is a call of memcmp(), which is checked.
LINUX_VARS += CFLAGS_enlighten.o=-O2
linux_make = $(MAKE) -C $(LINUX_TREE) O=$1 $(LINUX_VARS)

.PHONY: linux-tree
linux-tree: | preflight
	@scripts/check-tree.sh linux $(LINUX_TREE)

$(LINUX_DEBUG)/.config: $(DEBUG_FRAGMENTS)
$(KERNELS:%=%/.config): %/.config: $(LINUX_FRAGMENTS) | $(LINUX_READY)
	@mkdir -p $*
	@scripts/config-fragment.sh merge $^ >$*/fragments.config
	@$(call linux_make,$*) -s KCONFIG_ALLCONFIG=$*/fragments.config allnoconfig
	@scripts/config-fragment.sh check $*/fragments.config $@ || { rm $@; exit 1; }

$(KERNELS:%=%/.builtin): FORCE
	@mkdir -p $(@D)
	@echo '$(MODULES_HELLO)' | cmp -s - $@ || echo '$(MODULES_HELLO)' >$@

$(KERNELS:%=%-builtin/hello): $(wildcard modules/hello/*)
	@mkdir -p $@
	@ln -sf $(CURDIR)/modules/hello/* $@/
	@touch $@

# What is compiled decides, not a stamp, where the tree is the user's.
$(KERNELS:%=%/.built): %/.built: %/.config %/.builtin $(if $(LINUX_SRC),FORCE) \
		$(if $(LINUX_BUILTIN),%-builtin/hello) | $(LINUX_READY)
	$(STEP) $(call kernel_step,linux) $(call linux_make,$*) $(LINUX_BUILTIN) -j$(JOBS) bzImage modules
	@touch $@

# What user space sees of a kernel does not depend on its configuration.
$(LINUX_HEADERS)/linux/virtio_ids.h: | $(LINUX_BUILD)/.config
	$(STEP) linux-headers $(call linux_make,$(LINUX_BUILD)) -j$(JOBS) headers
	@touch $@

# The lab has what kc boots, whichever tree it came from. QEMU is given the
# copy without symbols that bzImage is made of; gdb and who decodes a stack
# trace take the one with them.
.PHONY: $(KERNELS:%=%/.lab)
$(KERNELS:%=%/.lab): %/.lab: %/.built
	@mkdir -p $(kernel_lab)
	@ln -sfn $*/arch/x86/boot/bzImage $(kernel_lab)/bzImage
	@ln -sfn $*/arch/x86/boot/compressed/vmlinux.bin $(kernel_lab)/vmlinux
	@ln -sfn $*/vmlinux $(kernel_lab)/vmlinux.debug
	@ln -sfn $*/include/config/kernel.release $(kernel_lab)/kernel.release

# What else the lab holds of a kernel is made anew once it came from another.
$(LAB)/.linux: FORCE | $(LAB)
	@echo '$(LINUX_BUILD)' | cmp -s - $@ || echo '$(LINUX_BUILD)' >$@

linux: $(LINUX_BUILD)/.lab
linux-debug: $(LINUX_DEBUG)/.lab $(LINUX_DEBUG)-modules/.built $(LINUX_DEBUG)-rootfs/.made

linux-menuconfig: $(LINUX_BUILD)/.config
	@scripts/preflight.sh menuconfig
	@$(call linux_make,$(LINUX_BUILD)) menuconfig
	@echo 'make linux builds it; make linux-saveconfig keeps it as a fragment.'

NAME ?= local
linux-saveconfig: $(LINUX_BUILD)/.config
	@scripts/config-fragment.sh save $(LINUX_TREE) $(LINUX_BUILD) guest/kernel/$(NAME).config

$(LAB):
	@mkdir -p $@

FORCE:
