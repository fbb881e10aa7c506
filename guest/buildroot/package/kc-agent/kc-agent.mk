################################################################################
#
# kc-agent
#
################################################################################

KC_AGENT_SITE = $(KERNELCRAFT_TOP)/guest/agent
KC_AGENT_SITE_METHOD = local
KC_AGENT_LICENSE = GPL-2.0+

define KC_AGENT_BUILD_CMDS
	$(KERNELCRAFT_CC) $(@D)/*.c -o $(@D)/kc-agent
endef

define KC_AGENT_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 755 $(@D)/kc-agent $(TARGET_DIR)/sbin/kc-agent
	mkdir -p $(TARGET_DIR)/usr/bin
	ln -sf /sbin/kc-agent $(TARGET_DIR)/usr/bin/kc-host
endef

$(eval $(generic-package))
