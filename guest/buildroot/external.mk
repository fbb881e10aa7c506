# SPDX-License-Identifier: GPL-2.0-or-later
# Our programs see the headers of our kernel, whichever the toolchain has.
KERNELCRAFT_TOP := $(realpath $(BR2_EXTERNAL_KERNELCRAFT_PATH)/../..)
KERNELCRAFT_LINUX ?= $(KERNELCRAFT_TOP)/build/linux
KERNELCRAFT_CC = $(TARGET_CC) $(TARGET_CFLAGS) -isystem $(KERNELCRAFT_LINUX)/usr/include \
	-Wall -Wextra $(TARGET_LDFLAGS)

include $(sort $(wildcard $(BR2_EXTERNAL_KERNELCRAFT_PATH)/package/*/*.mk))
