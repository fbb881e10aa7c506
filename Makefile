# SPDX-License-Identifier: GPL-2.0-or-later
# Verbs only; the recipes are in mk/.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

include mk/guard.mk

BEGAN := $(shell date +%s)
BUILD := build
# kc bisect and its like build others in labs of their own.
LAB := $(BUILD)/lab
JOBS ?= $(shell env -i PATH="$$PATH" nproc)
STEP := @scripts/step.sh
# Verbs that build do as many things at once as there are CPUs, unless make was
# given a number by -j. Kernel and QEMU each start as many compilers: what they do
# one by one (unpacking, configuring, linking) leaves no CPU idle then.
PARALLEL := run all kc test test-kvm soak bench bench-blk bench-net check linux linux-debug linux-kvm coverage qemu \
	modules rootfs series-linux series-qemu
ifeq ($(MAKELEVEL)$(filter-out $(PARALLEL),$(MAKECMDGOALS)),0)
MAKEFLAGS += -j$(JOBS)
endif
# Compilers go through ccache where the user has it and it works; asked once,
# by the first recipe that compiles.
CCACHE = $(eval CCACHE := $(shell scripts/find-ccache.sh))$(CCACHE)

PREFLIGHTS := $(addprefix preflight-,check test docs bench-blk)
.PHONY: run all test check bench clean distclean help doctor preflight $(PREFLIGHTS) host-ready

## run       build what is missing, then boot to a shell on the serial console
run: all
	@$(BUILD)/bin/kc boot $(ARGS)

## all       build everything: kernel, QEMU, root filesystem, modules, kc
# What the debug kernel's lab holds follows once that kernel is built.
all: host-ready linux qemu modules rootfs kc compile_commands.json \
	$(if $(wildcard $(BUILD)/linux-debug/.built),linux-debug)

## test      build what is missing, then run every test
## soak      the same with all that takes long, of which test takes a sample
## check     formatting, checkpatch of both worlds, spelling, headers alone
## bench     measure: each figure of the documents comes from here
## doctor    what this host can do, what it lacks and how to get it
doctor: kc
	@$(BUILD)/bin/kc doctor

## clean     forget what was built; the sources stay, so that it builds again offline
clean:
	@scripts/clean.sh

## distclean forget the sources, too
distclean:
	@scripts/clean.sh --all

help:
	@echo 'make VERB [LINUX_SRC=DIR] [QEMU_SRC=DIR]'
	@sed -n 's/^## /  /p' Makefile mk/*.mk

# Before the tool there is the script; before the long steps, the tool's view.
preflight:
	@scripts/preflight.sh build

# What one verb needs beyond that
$(PREFLIGHTS): preflight-%:
	@scripts/preflight.sh $*

host-ready: kc | preflight
	@[ -e $(LAB)/vmlinux ] || $(BUILD)/bin/kc doctor

include mk/devices.mk mk/sources.mk mk/linux.mk mk/qemu.mk mk/modules.mk mk/rootfs.mk mk/buildroot.mk \
	mk/coverage.mk mk/edit.mk mk/series.mk mk/learn.mk mk/kc.mk mk/test.mk mk/check.mk mk/docs.mk mk/editor.mk

# A tree of the user's is judged before anything is fetched, and nothing long
# begins on a host that is not ready.
$(patsubst %,$(SRC)/%.version,linux qemu busybox meson): | $(filter %-tree,$(LINUX_READY) $(QEMU_READY))
ifneq ($(filter run all test test-kvm soak bench,$(or $(MAKECMDGOALS),run)),)
$(LINUX_BUILD)/.built $(QEMU_BUILD)/.built: | host-ready
endif
