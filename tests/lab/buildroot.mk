# SPDX-License-Identifier: GPL-2.0-or-later
# Stands in for Buildroot in tests/buildroot.sh: what its package infrastructure
# does with a package of local sources, for each package of the tree TREE. The
# same recipes then build and install with the default's compiler in OUT.

BR2_EXTERNAL_KERNELCRAFT_PATH := $(TREE)
TARGET_DIR := $(OUT)/target
TARGET_CC := musl-gcc
TARGET_CFLAGS := -O2
TARGET_LDFLAGS := -static
INSTALL := install

pkgname = $(lastword $(subst /, ,$(dir $(lastword $(MAKEFILE_LIST)))))
upper = $(shell echo '$(1)' | tr a-z- A-Z_)
generic-package = $(call package,$(pkgname),$(call upper,$(pkgname)))

define package
all: $$(OUT)/$(1)/.installed
$$(OUT)/$(1)/.installed:
	@[ '$$($(2)_SITE_METHOD)' = local ] && [ -n '$$($(2)_LICENSE)' ]
	@mkdir -p $$(@D) && cp -R $$($(2)_SITE)/. $$(@D)
	$$($(2)_BUILD_CMDS)
	$$($(2)_INSTALL_TARGET_CMDS)
endef

all:
include $(TREE)/external.mk
