################################################################################
#
# kc-tests
#
################################################################################

KC_TESTS_SITE = $(KERNELCRAFT_TOP)/devices
KC_TESTS_SITE_METHOD = local
KC_TESTS_LICENSE = GPL-2.0+

KC_TESTS_DEVICES = $(patsubst $(KC_TESTS_SITE)/%/test.c,%,$(wildcard $(KC_TESTS_SITE)/*/test.c))

# A device's test is test.c and, where it is long, test-TOPIC.c beside it.
define KC_TESTS_BUILD_CMDS
	$(foreach device,$(KC_TESTS_DEVICES), \
		$(KERNELCRAFT_CC) -pthread -I$(BR2_EXTERNAL_KERNELCRAFT_PATH)/../test $(@D)/$(device)/test*.c -o $(@D)/$(device)_test
	)
endef

define KC_TESTS_INSTALL_TARGET_CMDS
	$(foreach device,$(KC_TESTS_DEVICES), \
		$(INSTALL) -D -m 755 $(@D)/$(device)_test $(TARGET_DIR)/usr/bin/$(device)_test
	)
endef

$(eval $(generic-package))
