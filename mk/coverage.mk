# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel and a QEMU that count, by gcov, which of their lines are run: for kc
# test --coverage and kc run --coverage. Only objects of virtio count: counting all
# would slow each guest down. The kernel is one of its own, as its configuration is;
# QEMU is the one of the lab, with those objects compiled anew.
#
## coverage            kernel, modules and QEMU whose virtio drivers and devices count what is run

.PHONY: coverage

COVERAGE_LAB := $(LAB)/coverage
QEMU_COVERAGE := $(QEMU_BUILD:%/obj=%/coverage)
# By the names of their sources, as kbuild has no other way from outside
COUNTED = $(basename $(notdir $(wildcard $(LINUX_TREE)/drivers/virtio/*.c))) \
	virtio_blk virtio_net virtio_console virtio-rng trans_virtio
COUNT_DRIVERS = $(foreach stem,$(COUNTED),GCOV_PROFILE_$(stem).o=y)

$(QEMU_COVERAGE)/.built: $(QEMU_BUILD)/.built scripts/coverage-qemu.py
	@mkdir -p $(@D)
	$(STEP) qemu-coverage sh -c 'scripts/coverage-qemu.py $(QEMU_BUILD) $(@D) && \
		ninja -j$(JOBS) -C $(QEMU_BUILD) -f $(@D)/build.ninja'
	@touch $@

# Here last: by it kc knows that all is there.
coverage: kc $(LINUX_COVERAGE)/.lab $(LINUX_COVERAGE)-rootfs/.made $(QEMU_COVERAGE)/.built qemu rootfs
	@ln -sfn $(QEMU_COVERAGE)/qemu-system-x86_64 $(COVERAGE_LAB)/qemu-system-x86_64
