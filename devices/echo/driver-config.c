// SPDX-License-Identifier: GPL-2.0-only
/* The configuration of a virtio-echo device, read and checked. */
#include <linux/virtio_config.h>

#include "driver.h"

static u32 echo_generation(struct virtio_device *vdev)
{
	return vdev->config->generation ? vdev->config->generation(vdev) : 0;
}

static void echo_copy_config(struct virtio_device *vdev,
			     struct virtio_echo_config *cfg)
{
	unsigned int i, at = offsetof(struct virtio_echo_config, greeting);

	/* Each field by its own width, as the specification asks. */
	vdev->config->get(vdev, offsetof(struct virtio_echo_config, version),
			  &cfg->version, sizeof(cfg->version));
	vdev->config->get(vdev, offsetof(struct virtio_echo_config, greeting_len),
			  &cfg->greeting_len, sizeof(cfg->greeting_len));
	vdev->config->get(vdev, offsetof(struct virtio_echo_config, max_payload),
			  &cfg->max_payload, sizeof(cfg->max_payload));
	for (i = 0; i < sizeof(cfg->greeting); i++)
		vdev->config->get(vdev, at + i, &cfg->greeting[i], 1);
}

/* virtio_cread_bytes() would wait for ever for a device that never settles. */
int echo_read_config(struct virtio_device *vdev, struct virtio_echo_config *cfg)
{
	int tries = 16;
	u32 generation;

	do {
		if (!tries--) {
			dev_err_ratelimited(&vdev->dev, "configuration never settles\n");
			return -EIO;
		}
		generation = echo_generation(vdev);
		echo_copy_config(vdev, cfg);
	} while (generation != echo_generation(vdev));

	if (le16_to_cpu(cfg->version) != VIRTIO_ECHO_VERSION) {
		dev_err_ratelimited(&vdev->dev,
				    "device speaks version %u, this driver only %u\n",
				    le16_to_cpu(cfg->version), VIRTIO_ECHO_VERSION);
		return -ENODEV;
	}
	if (le16_to_cpu(cfg->greeting_len) > VIRTIO_ECHO_GREETING_MAX ||
	    !cfg->max_payload) {
		dev_err_ratelimited(&vdev->dev,
				    "bad configuration: greeting of %u bytes, max payload %u\n",
				    le16_to_cpu(cfg->greeting_len),
				    le32_to_cpu(cfg->max_payload));
		return -EINVAL;
	}
	return 0;
}
