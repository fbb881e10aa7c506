# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel: fragments on top of allnoconfig, built with O=, so that the tree
# may be the user's own.
#
## linux               the kernel alone
## linux-menuconfig    edit its configuration
## linux-saveconfig    save what was edited as guest/kernel/NAME.config (NAME=local)
## MODULES_HELLO=y     with any of these: modules/hello built into the kernel

.PHONY: linux linux-menuconfig linux-saveconfig

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

# Saved ones come last: where two name a symbol, the later is right.
LINUX_FRAGMENTS := $(patsubst %,guest/kernel/%.config,base fs virtio trace)
LINUX_FRAGMENTS += $(filter-out $(LINUX_FRAGMENTS),$(sort $(wildcard guest/kernel/*.config)))
LINUX_HEADERS := $(LINUX_BUILD)/usr/include
# The switch builds modules/hello into the kernel without touching its tree:
# drivers-m is a list of folders that kbuild reads and leaves to others to
# fill. Paths in it are relative to two places, the tree and the build folder;
# enough of ../ leads to / from both. Objects land beside the links.
MODULES_HELLO ?= m
BUILTIN := $(LINUX_BUILD)-builtin/hello
ifeq ($(MODULES_HELLO),y)
LINUX_BUILTIN = MODULES_HELLO=y drivers-m=$(shell printf '../%.0s' $$(seq 32))$(BUILTIN)/
endif

LINUX_VARS := $(if $(CCACHE),CC="ccache gcc") KBUILD_BUILD_USER=kernelcraft \
	KBUILD_BUILD_HOST=lab
LINUX_MAKE = $(MAKE) -C $(LINUX_TREE) O=$(LINUX_BUILD) $(LINUX_VARS)


.PHONY: linux-tree
linux-tree: | preflight
	@scripts/check-tree.sh linux $(LINUX_TREE)

$(LINUX_BUILD)/.config: $(LINUX_FRAGMENTS) | $(LINUX_READY)
	@mkdir -p $(@D)
	@cat $(LINUX_FRAGMENTS) >$(@D)/fragments.config
	@$(LINUX_MAKE) -s KCONFIG_ALLCONFIG=$(@D)/fragments.config allnoconfig
	@scripts/config-fragment.sh check $(@D)/fragments.config $@ || { rm $@; exit 1; }

$(LINUX_BUILD)/.builtin: FORCE
	@mkdir -p $(@D)
	@echo '$(MODULES_HELLO)' | cmp -s - $@ || echo '$(MODULES_HELLO)' >$@

$(BUILTIN): $(wildcard modules/hello/*)
	@mkdir -p $@
	@ln -sf $(CURDIR)/modules/hello/* $@/
	@touch $@

# What is compiled decides, not a stamp, where the tree is the user's.
$(LINUX_BUILD)/.built: $(LINUX_BUILD)/.config $(LINUX_BUILD)/.builtin $(if $(LINUX_SRC),FORCE) \
		$(if $(LINUX_BUILTIN),$(BUILTIN)) | $(LINUX_READY)
	$(STEP) linux $(LINUX_MAKE) $(LINUX_BUILTIN) -j$(JOBS) bzImage modules
	@touch $@

# What user space sees of a kernel does not depend on its configuration.
$(LINUX_HEADERS)/linux/virtio_ids.h: | $(LINUX_BUILD)/.config
	$(STEP) linux-headers $(LINUX_MAKE) -j$(JOBS) headers
	@touch $@

# The lab has what kc boots, whichever tree it came from.
linux: $(LINUX_BUILD)/.built | $(LAB)
	@ln -sfn $(LINUX_BUILD)/arch/x86/boot/bzImage $(LAB)/bzImage
	@ln -sfn $(LINUX_BUILD)/vmlinux $(LAB)/vmlinux
	@ln -sfn $(LINUX_BUILD)/include/config/kernel.release $(LAB)/kernel.release

linux-menuconfig: $(LINUX_BUILD)/.config
	@scripts/preflight.sh menuconfig
	@$(LINUX_MAKE) menuconfig
	@echo 'make linux builds it; make linux-saveconfig keeps it as a fragment.'

NAME ?= local
linux-saveconfig: $(LINUX_BUILD)/.config
	@scripts/config-fragment.sh save $(LINUX_TREE) $(LINUX_BUILD) guest/kernel/$(NAME).config

$(LAB):
	@mkdir -p $@

FORCE:
