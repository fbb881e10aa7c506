# SPDX-License-Identifier: GPL-2.0-or-later
# Before all else: a place, arguments and an environment that the lab can be
# built with. Kernel, QEMU and BusyBox each take dozens of variables from the
# environment (ARCH, LLVM, CFLAGS, PYTHONPATH ...) that were never meant for
# them; so recipes see those that are listed here and no others.

# What a user may say, in the environment as well; and what only on the command
# line, as a variable of that name is something else's as likely.
GIVEN := LINUX_SRC QEMU_SRC BUILDROOT_SRC BUILDROOT_DEFCONFIG BR2_EXTERNAL_TOOLCHAIN \
	BR2_DL_DIR BR2_CCACHE_DIR DEBIAN_MIRROR KC_DEVICES
SAID := JOBS SOURCES ARGS NAME DIR FILES DISK_SIZE MODULES_HELLO PREFIX DESTDIR BUILDROOT_CCACHE \
	PATCHES $(if $(filter series-%,$(MAKECMDGOALS)),LAB)

# Of the host: who and where we are, its network, ccache's and kc's own settings,
# and what the dynamic linker needs.
KEPT := PATH HOME USER LOGNAME SHELL TERM COLORTERM COLUMNS LINES NO_COLOR DISPLAY WAYLAND_DISPLAY \
	XDG_% SUDO_% SSH_AUTH_SOCK %_proxy %_PROXY SSL_CERT_% CCACHE_% KC_% LD_PRELOAD \
	LD_LIBRARY_PATH FAKE% MAKEFLAGS MAKELEVEL MAKE_TERM% MFLAGS CURDIR

variables_of = $(foreach name,$(.VARIABLES),$(if $(filter $1,$(firstword $(origin $(name)))),$(name)))
# The user's own tree, absolute; not every shell expands ~ behind a =.
own_tree = $(abspath $(patsubst ~/%,$(HOME)/%,$1))
quoted = '$(subst ','\'',$1)'

STRANGE := $(filter-out $(GIVEN) $(SAID),$(call variables_of,command))
ifneq ($(STRANGE),)
$(error kernelcraft: make takes no $(firstword $(STRANGE))= here; it takes $(GIVEN) $(SAID))
endif
# The letters of make's own options come first and in one word.
LETTERS := $(filter-out ---%,$(firstword -$(MAKEFLAGS)))
ifneq ($(strip $(foreach letter,e i t,$(findstring $(letter),$(LETTERS)))),)
$(error kernelcraft: make -e, -i and -t, also in MAKEFLAGS, are not for here: with -e the environment \
	replaces what the recipes say, with -i a step that failed counts as done, with -t one that never ran)
endif

$(foreach name,$(filter-out $(GIVEN) $(KEPT),$(call variables_of,environment)),$(eval undefine $(name)))
export LC_ALL := C.UTF-8
# What was said to us is not for the makes below: the kernel has a NAME, too.
MAKEOVERRIDES :=

GUARD := $(shell scripts/guard.sh $(call quoted,$(MAKECMDGOALS)) $(foreach name,$(filter-out ARGS FILES KC_DEVICES,$(GIVEN) $(SAID)), \
	$(if $(value $(name)),$(call quoted,$(name)=$(value $(name))))))
ifneq ($(firstword $(GUARD)),ok)
$(error kernelcraft: $(or $(GUARD),scripts/guard.sh does not run; is this file system mounted noexec?))
endif
export TMPDIR := $(wordlist 2,99,$(GUARD))
