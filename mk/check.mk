# SPDX-License-Identifier: GPL-2.0-or-later
# What a maintainer would say before reading: each half in its own idiom.

.PHONY: check check-shell check-spelling check-headers check-drivers check-devices check-format \
	check-rooms

LEARN_TESTS := $(wildcard learn/*/*/test*.[ch] learn/*/*/words.h)
LEARN_DEVICES := $(wildcard learn/*/device*.[ch] learn/*/*/device*.[ch])
LEARN_DRIVERS := $(filter-out $(LEARN_DEVICES) $(LEARN_TESTS),$(wildcard learn/*/*.[ch] learn/*/*/*.[ch]))

HEADERS_ALONE := $(patsubst %,$(BUILD)/alone/%.ok,$(KC_HEADERS) $(wildcard guest/agent/*.h guest/early/*.h guest/tracer/*.h guest/test/*.h))

check: check-shell check-spelling check-headers check-drivers check-devices check-format check-rooms
	@echo 'check: clean'

# A test's condition is what its result is made of, by $?: SC2319 warns of that.
check-shell: | preflight-check
	@shellcheck -e SC2319 -x -P SCRIPTDIR scripts/*.sh $(wildcard tests/*.sh tests/*/*.sh) guest/rootfs/etc/init.d/rcS \
		guest/buildroot/*.sh .ci/run

# Words that are right although codespell does not know them. A tree from an archive has no list of its files.
check-spelling: | preflight-check
	@codespell -q 3 -L 'inout,fo,te,nd,ser,runn,caf' \
		$$({ git ls-files 2>/dev/null || find * -type f -not -path 'build/*'; } | grep -v '\.svg$$')

# Every header compiles alone, abi.h in both worlds; once for each change.
check-headers: $(LINUX_HEADERS)/linux/virtio_ids.h $(HEADERS_ALONE) | preflight-check
	@for header in $(call device_files,*/abi.h) learn/shout/abi.h; do \
		gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -x c $$header && \
		$(GUEST_CC) -Wall -Wextra -Werror -fsyntax-only -x c $$header || exit 1; done

$(HEADERS_ALONE): $(BUILD)/alone/%.ok: % | preflight-check
	@mkdir -p $(@D)
	@gcc $(KC_CFLAGS) -Wno-unused -fsyntax-only -MF $@.d -MT $@ -x c $<
	@touch $@

-include $(HEADERS_ALONE:=.d)

# checkpatch of the kernel on what is the kernel's: modules and drivers. It
# wants the SPDX line of a new file and no more of its tree.
check-drivers: | $(LINUX_READY)
	@perl $(LINUX_TREE)/scripts/checkpatch.pl --strict --no-tree --no-summary --terse \
		-f $(call device_files,*/driver*.[ch]) $(wildcard modules/*/*.[ch] guest/probes/*.[ch] tests/faults/*/*.[ch]) \
		$(LEARN_DRIVERS)

# A sign-off is given by the person who sends a patch: ours carry none.
check-devices: | $(QEMU_COPY)/.copied
	@perl $(QEMU_COPY)/scripts/checkpatch.pl --no-tree --no-summary --terse --strict \
		-f $(call device_files,*/device*.[ch]) $(LEARN_DEVICES)
	@cd $(QEMU_COPY) && perl scripts/checkpatch.pl --no-summary --terse --no-signoff \
		$(addprefix $(CURDIR)/,$(QEMU_PATCHES))

# kc, the agent and the tests are in the kernel's style.
check-format: | preflight-check
	@clang-format --dry-run --Werror $(KC_SOURCES) $(KC_HEADERS) $(wildcard guest/agent/*.[ch] guest/early/*.[ch] guest/tracer/*.[ch] guest/test/*.[ch] tests/*.[ch] tests/*/*.[ch]) $(call device_files,*/test*.[ch]) $(LEARN_TESTS)

# Rooms of kc in their order, and no files in a circle, there and in a device.
check-rooms: $(KC)
	@scripts/check-rooms.sh kc $(BUILD)/kc $(KC_ORDER)
	@scripts/check-rooms.sh devices
