# SPDX-License-Identifier: GPL-2.0-or-later
# QEMU: x86_64 system emulation with our own list of devices. The tree is
# copied under build/, the patches applied to the copy, and devices/ linked
# into it, so that a device is compiled from where it stands.
#
## qemu                QEMU alone, with the devices of devices/

.PHONY: qemu qemu-tree

QEMU_COPY := $(CURDIR)/$(BUILD)/qemu/src
QEMU_BUILD := $(CURDIR)/$(BUILD)/qemu/obj
QEMU_PATCHES := $(sort $(wildcard qemu/patches/*.patch))
FIRMWARE_DIRS := /usr/share/seabios /usr/share/qemu
FIRMWARE := bios-256k.bin kvmvapic.bin linuxboot_dma.bin pvh.bin qboot.rom

ifdef QEMU_SRC
QEMU_TREE := $(abspath $(QEMU_SRC))
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

DEVICE_SOURCES := $(filter-out %/driver.c %/test.c,$(wildcard devices/*/*.[ch])) \
	$(wildcard devices/meson.build devices/*/meson.build devices/*/trace-events)

# meson's own rules find a changed tree; PYTHONPATH brings meson itself.
export_meson := PYTHONPATH=$(SRC)/meson PYTHONDONTWRITEBYTECODE=1

$(QEMU_COPY)/.copied: $(QEMU_READY) $(QEMU_PATCHES) qemu/devices.mak
	$(STEP) qemu-copy scripts/overlay.sh $(QEMU_TREE) $(QEMU_COPY) qemu/patches \
		qemu/devices.mak devices
	@touch $@

$(QEMU_BUILD)/build.ninja: mk/qemu.mk $(SRC)/meson.version | $(QEMU_COPY)/.copied
	@rm -rf $(QEMU_BUILD) && mkdir -p $(QEMU_BUILD)
	$(STEP) qemu-configure sh -c 'cd $(QEMU_BUILD) && $(export_meson) \
		$(QEMU_COPY)/configure $(if $(CCACHE),--cc="ccache gcc") $(QEMU_CONFIGURE) || \
		{ rm -f build.ninja; exit 1; }'

$(QEMU_BUILD)/.built: $(QEMU_COPY)/.copied $(QEMU_BUILD)/build.ninja $(DEVICE_SOURCES)
	$(STEP) qemu env $(export_meson) ninja -j$(JOBS) -C $(QEMU_BUILD) qemu-system-x86_64
	@touch $@

qemu: $(QEMU_BUILD)/.built | $(LAB)
	@mkdir -p $(LAB)/firmware
	@ln -sfn $(QEMU_BUILD)/qemu-system-x86_64 $(LAB)/qemu-system-x86_64
	@ln -sfn $(QEMU_BUILD)/trace/trace-events-all $(LAB)/trace-events-all
	@for file in $(FIRMWARE); do for dir in $(FIRMWARE_DIRS); do \
		if [ -e $$dir/$$file ]; then ln -sfn $$dir/$$file $(LAB)/firmware/$$file; break; fi; \
	done; done
