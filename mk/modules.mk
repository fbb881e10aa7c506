# SPDX-License-Identifier: GPL-2.0-or-later
# Kernel modules: modules/NAME, the driver half of devices/NAME, the tracer's
# probes in guest/ and the planted faults of tests/faults/NAME, built against a
# kernel of the lab. Linux before 6.13 leaves its objects beside the sources, so
# they are mirrored by links under build/ and built there.
#
## modules             hello.ko, the drivers of devices/, the probes and faults

.PHONY: modules

MODULE_DIRS := $(patsubst %/Kbuild,%,$(call device_files,*/Kbuild) \
	$(wildcard modules/*/Kbuild guest/*/Kbuild tests/faults/*/Kbuild))
MODULE_SOURCES := $(foreach dir,$(MODULE_DIRS),$(wildcard $(dir)/*.[ch] $(dir)/Kbuild))

$(KERNELS:%=%-modules/.built): %-modules/.built: $(MODULE_SOURCES) %/.built \
		scripts/build-modules.sh $(LAB)/.linux | %/.drivers
	$(STEP) $(call kernel_step,modules) scripts/build-modules.sh $(@D) $(kernel_lab) \
		'$(MODULE_DIRS)' $(call linux_make,$*) $(if $(filter $(LINUX_COVERAGE)%,$@),GCOV_PROFILE=y) -j$(JOBS)
	@touch $@

modules: $(LINUX_BUILD)-modules/.built
