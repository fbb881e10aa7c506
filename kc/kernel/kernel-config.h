/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a kernel was configured, as far as a file tells. */
#ifndef KC_KERNEL_KERNEL_CONFIG_H
#define KC_KERNEL_KERNEL_CONFIG_H

#include <glib.h>

struct kernel_config {
	char *text;
	char *where; /* which file says so */
};

/*
 * Of the kernel in @image, of @release (or NULL): its config-RELEASE, as distributions have it,
 * what it has inside, or the .config of the tree it was built in. False: none is known.
 */
gboolean kernel_config_find(struct kernel_config *config, const char *image, const char *release);
void kernel_config_clear(struct kernel_config *config);

/* Of "VIRTIO_PCI": 'y', 'm' or 'n'. */
char kernel_config_value(const struct kernel_config *config, const char *option);

#endif
