# SPDX-License-Identifier: GPL-2.0-or-later
# Two kernels of one tree: the normal one, and one that checks itself (KASAN,
# lockdep ...). Each is fragments on top of allnoconfig, built with O=, so that
# the tree may be the user's own. A recipe is written once, for both: its stem
# is the folder that the kernel is built in.
#
## linux               the kernel with its own modules
## linux-debug         the kernel that checks itself, with its modules and root filesystem
## linux-kvm           modules that make it an emulated host with KVM, for test-kvm
## linux-menuconfig    edit their configuration
## linux-saveconfig    save what was edited as guest/kernel/NAME.config (NAME=local)
## MODULES_HELLO=y     with any of these: modules/hello built into the kernel

.PHONY: linux linux-debug linux-kvm linux-menuconfig linux-saveconfig

ifdef LINUX_SRC
LINUX_TREE := $(call own_tree,$(LINUX_SRC))
# Each tree has a build folder of its own: objects of two never mix.
LINUX_BUILD := $(CURDIR)/$(BUILD)/linux-$(shell printf %s '$(LINUX_TREE)' | cksum | cut -d' ' -f1)
LINUX_READY := linux-tree
else
LINUX_TREE := $(SRC)/linux
LINUX_BUILD := $(CURDIR)/$(BUILD)/linux
LINUX_READY := $(SRC)/linux.version
endif

LINUX_DEBUG := $(LINUX_BUILD)-debug
# Where virtio's drivers count what of them is run (coverage.mk)
LINUX_COVERAGE := $(LINUX_BUILD)-coverage
KERNELS := $(LINUX_BUILD) $(LINUX_DEBUG) $(LINUX_COVERAGE)

# In a recipe: where its kernel's results go, and the name of its step
kernel_lab = $(LAB)$(if $(filter $(LINUX_DEBUG)%,$@),/debug)$(if $(filter $(LINUX_COVERAGE)%,$@),/coverage)
kernel_step = $1$(if $(filter $(LINUX_DEBUG)%,$@),-debug)$(if $(filter $(LINUX_COVERAGE)%,$@),-coverage)

# Saved ones come behind ours: where two name a symbol, the later is right.
LINUX_FRAGMENTS := $(patsubst %,guest/kernel/%.config,base fs virtio net trace faults)
LINUX_FRAGMENTS += $(filter-out $(LINUX_FRAGMENTS),$(sort $(wildcard guest/kernel/*.config)))
DEBUG_FRAGMENTS := $(sort $(wildcard guest/kernel/debug/*.config))
# What these set to m only linux-kvm builds: kbuild takes a symbol that is given
# to make before that of its .config.
KVM_FRAGMENTS := $(sort $(wildcard guest/kernel/kvm/*.config))
KVM_MODULES := virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-amd fs/overlayfs/overlay
NO_KVM := CONFIG_KVM= CONFIG_KVM_X86= CONFIG_KVM_AMD= CONFIG_IRQ_BYPASS_MANAGER= CONFIG_OVERLAY_FS=
LINUX_HEADERS := $(LINUX_BUILD)/usr/include
# The switch builds modules/hello into the kernel without touching its tree:
# drivers-m is a list of folders that kbuild reads and leaves to others to
# fill. Paths in it are relative to two places, the tree and the build folder;
# enough of ../ leads to / from both. Objects land beside the links.
MODULES_HELLO ?= m
linux_builtin = MODULES_HELLO=y drivers-m=$(shell printf '../%.0s' $$(seq 32))$1-builtin/hello/
ifeq ($(MODULES_HELLO),y)
LINUX_BUILTIN = $(call linux_builtin,$*)
endif

LINUX_VARS = $(if $(CCACHE),CC="ccache gcc") KBUILD_BUILD_USER=kernelcraft \
	KBUILD_BUILD_HOST=lab
# Before init starts the kernel overwrites its own startup code. For -Os that
# is a byte at a time, and QEMU's emulation then looks up what it translated of
# the page each time: a fifth of the whole boot.
LINUX_VARS += CFLAGS_page_alloc.o=-O2
# The entry from PVH compares strings before KASAN's shadow is there, so inline;
# at -Os that is a call of memcmp(), which is checked.
LINUX_VARS += CFLAGS_enlighten.o=-O2
# Of the debug kernel's own code lines have to do, a sixth less to compile: the
# normal one has all types, and modules bring theirs. Here only files have them
# in which kc or gdb looks up queues, buses and modules. Nor does it check ACPI's
# interpreter and BPF's verifier, which no driver calls.
UNCHECKED = $(notdir $(wildcard $(LINUX_TREE)/drivers/acpi/acpica/*.c)) verifier.c
DEBUG_VARS = KCFLAGS=-g1 CFLAGS_virtio_ring.o=-g2 CFLAGS_bus.o=-g2 CFLAGS_main.o=-g2 CFLAGS_sysfs.o=-g2 \
	$(foreach stem,$(basename $(UNCHECKED)),KASAN_SANITIZE_$(stem).o=n UBSAN_SANITIZE_$(stem).o=n)
# Its makes have jobs of their own, not those of the make that reads this.
linux_make = env MAKEFLAGS= MFLAGS= $(MAKE) -C $(LINUX_TREE) O=$1 $(LINUX_VARS)

.PHONY: linux-tree
linux-tree: | preflight
	@scripts/check-tree.sh linux $(LINUX_TREE)

$(LINUX_BUILD)/.config: $(LINUX_FRAGMENTS) $(KVM_FRAGMENTS)
$(LINUX_DEBUG)/.config: $(LINUX_FRAGMENTS) $(DEBUG_FRAGMENTS)
$(LINUX_COVERAGE)/.config: $(LINUX_FRAGMENTS) $(wildcard guest/kernel/coverage/*.config)
$(KERNELS:%=%/.config): %/.config: | $(LINUX_READY)
	@mkdir -p $*
	@scripts/config-fragment.sh merge $^ >$*/fragments.config
	@$(call linux_make,$*) -s KCONFIG_ALLCONFIG=$*/fragments.config allnoconfig
	@scripts/config-fragment.sh check $*/fragments.config $@

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
	$(STEP) $(call kernel_step,linux) $(call linux_make,$*) $(LINUX_BUILTIN) $(NO_KVM) \
		$(if $(filter $(LINUX_DEBUG)%,$@),$(DEBUG_VARS)) \
		$(if $(filter $(LINUX_COVERAGE)%,$@),$(COUNT_DRIVERS)) -j$(JOBS) bzImage modules
	@touch $@

# One kernel at a time, and none in a folder that the headers are being made in.
$(LINUX_DEBUG)/.built $(LINUX_COVERAGE)/.built: | $(LINUX_BUILD)/.built
$(LINUX_BUILD)/.built: | $(LINUX_HEADERS)/linux/virtio_ids.h

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

# Its own modules, and the initramfs that inserts virtio's drivers
$(KERNELS:%=%/.drivers): %/.drivers: %/.built $(LAB)/kc-init scripts/stock-modules.sh \
		scripts/pack-drivers.sh $(LAB)/.linux
	@scripts/stock-modules.sh $* $(kernel_lab) $(KVM_MODULES)
	@scripts/pack-drivers.sh $(kernel_lab) $(LAB)/kc-init
	@touch $@

# What else the lab holds of a kernel is made anew once it came from another.
$(LAB)/.linux: FORCE | $(LAB)
	@echo '$(LINUX_BUILD)' | cmp -s - $@ || echo '$(LINUX_BUILD)' >$@

$(LAB)/kvm/.built: $(LINUX_BUILD)/.built $(LAB)/.linux | $(LINUX_BUILD)/.drivers $(if $(filter test soak,$(MAKECMDGOALS)),$(LINUX_DEBUG)/.built)
	$(STEP) linux-kvm $(call linux_make,$(LINUX_BUILD)) -j$(JOBS) modules
	@mkdir -p $(@D)
	@cp $(KVM_MODULES:%=$(LINUX_BUILD)/%.ko) $(@D)
	@touch $@

linux: $(LINUX_BUILD)/.lab $(LINUX_BUILD)/.drivers
linux-kvm: $(LAB)/kvm/.built
linux-debug: $(LINUX_DEBUG)/.lab $(LINUX_DEBUG)-modules/.built $(LINUX_DEBUG)-rootfs/.made

linux-menuconfig: $(LINUX_BUILD)/.config
	@scripts/preflight.sh linux-menuconfig
	@$(call linux_make,$(LINUX_BUILD)) menuconfig
	@echo 'make linux builds it; make linux-saveconfig keeps it as a fragment.'

NAME ?= local
linux-saveconfig: $(LINUX_BUILD)/.config
	@scripts/config-fragment.sh save $(LINUX_TREE) $(LINUX_BUILD) guest/kernel/$(NAME).config

$(LAB):
	@mkdir -p $@

FORCE:
