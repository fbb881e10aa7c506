# SPDX-License-Identifier: GPL-2.0-or-later
# Exercises: kc learn lays them out in folders of DIR and has them built there.

.PHONY: exercises

exercises: | preflight
	@scripts/build-exercises.sh $(DIR) $(JOBS) $(QEMU_BUILD) $(LAB_LINUX) \
		'$(GUEST_TEST_CC) -isystem $(LAB_LINUX)/usr/include' \
		env MAKEFLAGS= MFLAGS= $(MAKE) -C $(LAB_LINUX) $(LINUX_VARS) -s
