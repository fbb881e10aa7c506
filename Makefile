# SPDX-License-Identifier: GPL-2.0-or-later
# Verbs only; the recipes are in mk/.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BUILD := build
LAB := $(BUILD)/lab
JOBS ?= $(shell nproc)
STEP := @scripts/step.sh
# Compilers go through ccache where the user has it.
CCACHE := $(shell command -v ccache)

.PHONY: run all test check bench clean help doctor preflight host-ready

## run       build what is missing, then boot to a shell on the serial console
run: all
	@$(BUILD)/bin/kc boot $(ARGS)

## all       build everything: kernel, QEMU, root filesystem, modules, kc
all: host-ready linux qemu modules rootfs kc

## test      build what is missing, then run every test
## check     formatting, checkpatch of both worlds, spelling, headers alone
## bench     measure: each figure of the documents comes from here
## doctor    what this host can do, what it lacks and how to get it
doctor: kc
	@$(BUILD)/bin/kc doctor

## clean     forget everything generated; sources are fetched again
clean:
	rm -rf $(BUILD)

help:
	@echo 'make VERB [LINUX_SRC=DIR] [QEMU_SRC=DIR]'
	@sed -n 's/^## /  /p' Makefile mk/*.mk

# Before the tool there is the script; before the long steps, the tool's view.
preflight:
	@scripts/preflight.sh build

host-ready: kc
	@[ -e $(LAB)/vmlinux ] || $(BUILD)/bin/kc doctor

include mk/sources.mk mk/linux.mk mk/qemu.mk mk/modules.mk mk/rootfs.mk mk/buildroot.mk \
	mk/edit.mk mk/kc.mk mk/test.mk mk/check.mk
