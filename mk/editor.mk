# SPDX-License-Identifier: GPL-2.0-or-later
# compile_commands.json, by which clangd and the like know the flags of each source: drivers
# with the kernel's, devices with QEMU's, all else with its own. Made after each build, since
# any file may have come or gone; written where it changed.

EDITED_HOST := $(KC_SOURCES) $(wildcard tests/*/*.c tests/*/preload/*.c)
EDITED_GUEST := $(wildcard guest/agent/*.c guest/early/*.c guest/tracer/*.c tests/*/guest/*.c) \
	$(call device_files,*/test*.c)

compile_commands.json: FORCE | linux qemu modules kc
	@scripts/compile-commands.py $@ kernel=$(LINUX_BUILD):$(LINUX_BUILD)-modules qemu=$(QEMU_BUILD) \
		'host=$(KC_CFLAGS)' $(EDITED_HOST) \
		'guest=-isystem $(LINUX_HEADERS) $(GUEST_CFLAGS) -Iguest/test -pthread' $(EDITED_GUEST)
