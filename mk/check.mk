# SPDX-License-Identifier: GPL-2.0-or-later
# What a maintainer would say before reading: each half in its own idiom.

.PHONY: check check-shell check-spelling check-headers check-drivers check-devices check-format

check: check-shell check-spelling check-headers check-drivers check-devices check-format
	@echo 'check: clean'

check-shell: | preflight-check
	@shellcheck -x -P SCRIPTDIR scripts/*.sh $(wildcard tests/*.sh) guest/rootfs/etc/init.d/rcS \
		guest/buildroot/*.sh .ci/run

# Words that are right although codespell does not know them
check-spelling: | preflight-check
	@codespell -q 3 -L 'inout,fo,te,nd,ser,runn' $(shell git ls-files | grep -v '\.svg$$')

# Every header compiles alone, abi.h in both worlds.
check-headers: $(LINUX_HEADERS)/linux/virtio_ids.h | preflight-check
	@for header in devices/*/abi.h; do \
		gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -x c $$header && \
		$(GUEST_CC) -Wall -Wextra -Werror -fsyntax-only -x c $$header || exit 1; done
	@for header in kc/*.h guest/agent/*.h guest/tracer/*.h; do \
		gcc $(filter-out -MMD,$(KC_CFLAGS)) -Wno-unused -fsyntax-only -x c $$header || exit 1; done

# checkpatch of the kernel on what is the kernel's: modules and drivers. It
# wants the SPDX line of a new file and no more of its tree.
check-drivers: | $(LINUX_READY)
	@perl $(LINUX_TREE)/scripts/checkpatch.pl --strict --no-tree --no-summary --terse \
		-f $(wildcard modules/*/*.[ch] devices/*/driver*.[ch] guest/probes/*.[ch] tests/faults/*/*.[ch])

check-devices: | $(QEMU_COPY)/.copied
	@perl $(QEMU_COPY)/scripts/checkpatch.pl --no-tree --no-summary --terse --strict \
		-f $(wildcard devices/*/device*.[ch])
	@cd $(QEMU_COPY) && perl scripts/checkpatch.pl --no-summary --terse \
		$(addprefix $(CURDIR)/,$(QEMU_PATCHES))

# kc, the agent and the tests are in the kernel's style.
check-format: | preflight-check
	@clang-format --dry-run --Werror $(wildcard kc/*.[ch] guest/agent/*.[ch] guest/tracer/*.[ch] tests/*.[ch] tests/parts/*.[ch] devices/*/test*.[ch])

.PHONY: preflight-check preflight-test
preflight-check:
	@scripts/preflight.sh check
preflight-test:
	@scripts/preflight.sh test
