# SPDX-License-Identifier: GPL-2.0-or-later
# QEMU: x86_64 system emulation with our own list of devices. The tree is
# copied under build/, the patches applied to the copy, and each device linked
# into it, so that it is compiled from where it stands.
#
## qemu                QEMU alone, with the devices of devices/
## PATCHES=no          with any of these: the tree as it is, without our patches and devices

.PHONY: qemu qemu-tree

# Each kind has a folder of its own, as most of the other would be compiled again.
QEMU_UNPATCHED := $(filter no,$(PATCHES))
QEMU_HOME := $(CURDIR)/$(patsubst %/lab,%/qemu,$(LAB))$(QEMU_UNPATCHED:no=-stock)
QEMU_COPY := $(QEMU_HOME)/src
QEMU_BUILD := $(QEMU_HOME)/obj
QEMU_PATCHES := $(sort $(wildcard qemu/patches/*.patch qemu/patches/*/*.patch))
FIRMWARE_DIRS := /usr/share/seabios /usr/share/qemu
FIRMWARE := bios-256k.bin kvmvapic.bin linuxboot_dma.bin pvh.bin qboot.rom

ifdef QEMU_SRC
QEMU_TREE := $(call own_tree,$(QEMU_SRC))
QEMU_READY := qemu-tree FORCE
else
QEMU_TREE := $(SRC)/qemu
QEMU_READY := $(SRC)/qemu.version
endif

qemu-tree: | preflight
	@scripts/check-tree.sh qemu $(QEMU_TREE)

# Debug information in files of its own, which the linker need not copy: for
# kc debug, at a sixth more of compile time and next to none of link time.
QEMU_CFLAGS := -g -gsplit-dwarf

# No disassembler, no firmware, no documents, no tools, none of the devices and
# back ends that a virtio lab has no use for.
QEMU_CONFIGURE := --target-list=x86_64-softmmu \
	--without-default-features --without-default-devices \
	--with-devices-x86_64=kernelcraft \
	--enable-tcg --enable-kvm --enable-fdt=system --enable-attr \
	--enable-virtfs --enable-slirp --enable-malloc-trim \
	--enable-trace-backends=simple \
	--disable-docs --disable-tools --disable-install-blobs --disable-download \
	--disable-debug-info --extra-cflags="$(QEMU_CFLAGS)" --python=/usr/bin/python3

DEVICE_SOURCES := $(filter-out %/driver.c %/test.c,$(call device_files,*/*.[ch])) \
	$(call device_files,*/meson.build */trace-events)
QEMU_DEVICES := $(QEMU_COPY)/hw/virtio/kernelcraft

# meson's own rules find a changed tree; PYTHONPATH brings meson itself.
export_meson := PYTHONPATH=$(SRC)/meson PYTHONDONTWRITEBYTECODE=1

$(QEMU_COPY)/.copied: $(QEMU_READY) $(QEMU_PATCHES) qemu/devices.mak qemu/compat.h
	$(STEP) qemu-copy scripts/overlay.sh $(QEMU_TREE) $(QEMU_COPY) $(or $(QEMU_UNPATCHED),qemu/patches) \
		qemu/devices.mak qemu/compat.h
	@touch $@

# Changed only if a device came or went
$(QEMU_DEVICES)/meson.build: FORCE | $(QEMU_COPY)/.copied
	@scripts/link-devices.sh $(QEMU_DEVICES) $(DEVICE_HOMES)

$(QEMU_BUILD)/build.ninja: mk/qemu.mk $(SRC)/meson.version | $(QEMU_COPY)/.copied $(QEMU_DEVICES)/meson.build
	@scripts/clean.sh $(QEMU_BUILD)
	@mkdir -p $(QEMU_BUILD)
	$(STEP) qemu-configure sh -c 'cd $(QEMU_BUILD) && $(export_meson) \
		$(QEMU_COPY)/configure $(if $(CCACHE),--cc="ccache gcc") $(QEMU_CONFIGURE)'

$(QEMU_BUILD)/.built: $(QEMU_COPY)/.copied $(QEMU_BUILD)/build.ninja $(QEMU_DEVICES)/meson.build \
		$(DEVICE_SOURCES)
	$(STEP) qemu env $(export_meson) ninja -j$(JOBS) -C $(QEMU_BUILD) qemu-system-x86_64
	@touch $@

qemu: $(QEMU_BUILD)/.built | $(LAB)
	@[ $(QEMU_COPY)/.tree -nt $(QEMU_COPY)/.copied ] || echo $(QEMU_TREE) >$(QEMU_COPY)/.tree
	@find $(LAB)/ -maxdepth 1 -xtype l -name 'trace-*' -delete
	@mkdir -p $(LAB)/firmware
	@ln -sfn $(QEMU_BUILD)/qemu-system-x86_64 $(LAB)/qemu-system-x86_64
	@$(if $(QEMU_UNPATCHED),touch,rm -f) $(LAB)/qemu-stock
	@for file in $(FIRMWARE); do for dir in $(FIRMWARE_DIRS); do \
		if [ -e $$dir/$$file ]; then ln -sfn $$dir/$$file $(LAB)/firmware/$$file; break; fi; \
	done; done
