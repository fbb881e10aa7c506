# SPDX-License-Identifier: GPL-2.0-or-later
# Kernel modules: modules/NAME and the driver half of devices/NAME, built
# against the lab's kernel. Linux before 6.13 leaves its objects beside the
# sources, so each folder is mirrored by links under build/ and built there.
#
## modules             hello.ko and the drivers of devices/

.PHONY: modules

MODULE_DIRS := $(patsubst %/Kbuild,%,$(wildcard modules/*/Kbuild devices/*/Kbuild))
MODULE_SOURCES := $(foreach dir,$(MODULE_DIRS),$(wildcard $(dir)/*.[ch] $(dir)/Kbuild))
MODULE_BUILD := $(LINUX_BUILD)-modules

$(MODULE_BUILD)/.built: $(MODULE_SOURCES) $(LINUX_BUILD)/.built
	$(STEP) modules sh -ec 'rm -f $(LAB)/modules/*.ko; mkdir -p $(LAB)/modules; \
		for dir in $(MODULE_DIRS); do \
			mkdir -p $(MODULE_BUILD)/$$dir; \
			find $(MODULE_BUILD)/$$dir -xtype l -delete; \
			ln -sf $(CURDIR)/$$dir/* $(MODULE_BUILD)/$$dir/; \
			$(LINUX_MAKE) M=$(MODULE_BUILD)/$$dir modules; \
			cp -u $(MODULE_BUILD)/$$dir/*.ko $(LAB)/modules/; \
		done'
	@touch $@

modules: $(MODULE_BUILD)/.built
