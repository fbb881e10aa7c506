# SPDX-License-Identifier: GPL-2.0-or-later
# The folders of devices: devices/NAME, and build/outside/NAME for a link to one
# that its author keeps elsewhere. Two of one name or one id are refused here.
#
## KC_DEVICES=DIR[:DIR...]  with any of these: devices of yours, or folders of them;
##                     a line each in devices.local says so for good

DEVICE_HOMES := devices $(BUILD)/outside

ifneq ($(or $(filter-out clean distclean help,$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,run)),)
DEVICE_DIRS := $(shell KC_DEVICES=$(call quoted,$(KC_DEVICES)) scripts/device-dirs.sh || echo refused)
ifneq ($(filter refused,$(DEVICE_DIRS)),)
$(error the folders of devices are not as they must be: see above)
endif
endif

device_files = $(wildcard $(foreach home,$(DEVICE_HOMES),$(1:%=$(home)/%)))
