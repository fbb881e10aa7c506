// SPDX-License-Identifier: GPL-2.0-only
/* What a virtio-net device says of itself: features and configuration. */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>

#include "driver.h"

#define CRAFT_NET_TRIES			16

const unsigned int craft_net_features[] = {
	CRAFT_NET_F_CSUM, CRAFT_NET_F_GUEST_CSUM, CRAFT_NET_F_CTRL_GUEST_OFFLOADS,
	CRAFT_NET_F_MTU, CRAFT_NET_F_MAC, CRAFT_NET_F_GUEST_TSO4, CRAFT_NET_F_GUEST_TSO6,
	CRAFT_NET_F_GUEST_ECN, CRAFT_NET_F_GUEST_USO4, CRAFT_NET_F_GUEST_USO6,
	CRAFT_NET_F_HOST_TSO4, CRAFT_NET_F_HOST_TSO6, CRAFT_NET_F_HOST_ECN,
	CRAFT_NET_F_HOST_USO, CRAFT_NET_F_MRG_RXBUF, CRAFT_NET_F_STATUS, CRAFT_NET_F_CTRL_VQ,
	CRAFT_NET_F_CTRL_RX, CRAFT_NET_F_CTRL_VLAN, CRAFT_NET_F_GUEST_ANNOUNCE, CRAFT_NET_F_MQ,
	CRAFT_NET_F_CTRL_MAC_ADDR, CRAFT_NET_F_NOTF_COAL, CRAFT_NET_F_VQ_NOTF_COAL,
	CRAFT_NET_F_SPEED_DUPLEX, CRAFT_NET_F_RSS, CRAFT_NET_F_HASH_REPORT,
};

const unsigned int craft_net_num_features = ARRAY_SIZE(craft_net_features);

/* What a feature needs; the standard's "requires" */
static const u8 craft_net_needs[][2] = {
	{ CRAFT_NET_F_GUEST_TSO4, CRAFT_NET_F_GUEST_CSUM },
	{ CRAFT_NET_F_GUEST_TSO6, CRAFT_NET_F_GUEST_CSUM },
	{ CRAFT_NET_F_GUEST_USO4, CRAFT_NET_F_GUEST_CSUM },
	{ CRAFT_NET_F_GUEST_USO6, CRAFT_NET_F_GUEST_CSUM },
	{ CRAFT_NET_F_HOST_TSO4, CRAFT_NET_F_CSUM },
	{ CRAFT_NET_F_HOST_TSO6, CRAFT_NET_F_CSUM },
	{ CRAFT_NET_F_HOST_USO, CRAFT_NET_F_CSUM },
	{ CRAFT_NET_F_CTRL_GUEST_OFFLOADS, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_CTRL_RX, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_CTRL_VLAN, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_CTRL_MAC_ADDR, CRAFT_NET_F_CTRL_RX },	/* says 1.4 of its class */
	{ CRAFT_NET_F_GUEST_ANNOUNCE, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_GUEST_ANNOUNCE, CRAFT_NET_F_STATUS },
	{ CRAFT_NET_F_MQ, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_RSS, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_HASH_REPORT, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_NOTF_COAL, CRAFT_NET_F_CTRL_VQ },
	{ CRAFT_NET_F_VQ_NOTF_COAL, CRAFT_NET_F_CTRL_VQ },
};

struct craft_net_field {
	u8 feature;	/* without which the device need not have the field */
	u8 at;
	u8 size;
};

#define AT(field) offsetof(struct craft_net_config, field)

static const struct craft_net_field craft_net_fields[] = {
	{ CRAFT_NET_F_MAC, AT(mac), CRAFT_NET_MAC_BYTES },
	{ CRAFT_NET_F_STATUS, AT(status), 2 },
	{ CRAFT_NET_F_MQ, AT(max_pairs), 2 },
	{ CRAFT_NET_F_RSS, AT(max_pairs), 2 },
	{ CRAFT_NET_F_MTU, AT(mtu), 2 },
	{ CRAFT_NET_F_SPEED_DUPLEX, AT(speed), 4 },
	{ CRAFT_NET_F_SPEED_DUPLEX, AT(duplex), 1 },
	{ CRAFT_NET_F_RSS, AT(rss_max_key_size), 1 },
	{ CRAFT_NET_F_RSS, AT(rss_max_table_length), 2 },
	{ CRAFT_NET_F_RSS, AT(hash_types), 4 },
	{ CRAFT_NET_F_HASH_REPORT, AT(rss_max_key_size), 1 },
	{ CRAFT_NET_F_HASH_REPORT, AT(hash_types), 4 },
};

static u32 craft_net_generation(struct virtio_device *vdev)
{
	return vdev->config->generation ? vdev->config->generation(vdev) : 0;
}

/* A MAC address is read byte by byte, for which all transports are made. */
static void craft_net_copy_config(struct virtio_device *vdev, struct craft_net_config *config)
{
	const struct craft_net_field *field;
	unsigned int i, byte;

	memset(config, 0, sizeof(*config));
	for (i = 0; i < ARRAY_SIZE(craft_net_fields); i++) {
		field = &craft_net_fields[i];
		if (!virtio_has_feature(vdev, field->feature))
			continue;
		if (field->size <= 4)
			vdev->config->get(vdev, field->at, (void *)config + field->at,
					  field->size);
		for (byte = 0; field->size > 4 && byte < field->size; byte++)
			vdev->config->get(vdev, field->at + byte,
					  (void *)config + field->at + byte, 1);
	}
}

/* virtio_cread() would wait for ever for a device that never settles. */
int craft_net_read_config(struct virtio_device *vdev, struct craft_net_config *config)
{
	int tries = CRAFT_NET_TRIES;
	u32 generation;

	do {
		if (!tries--) {
			dev_err_ratelimited(&vdev->dev, "configuration never settles\n");
			return -EIO;
		}
		generation = craft_net_generation(vdev);
		craft_net_copy_config(vdev, config);
	} while (generation != craft_net_generation(vdev));
	return 0;
}

static void craft_net_drop_feature(struct virtio_device *vdev, unsigned int feature,
				   const char *why, unsigned int what)
{
	if (!virtio_has_feature(vdev, feature))
		return;
	dev_warn(&vdev->dev, "feature %u not used: %s %u\n", feature, why, what);
	__virtio_clear_bit(vdev, feature);
}

/* Ours are of one length each, which every device has to take. */
static void craft_net_validate_rss(struct virtio_device *vdev,
				   const struct craft_net_config *config)
{
	unsigned int length = le16_to_cpu(config->rss_max_table_length);

	if (length < CRAFT_NET_RSS_TABLE_LENGTH)
		craft_net_drop_feature(vdev, CRAFT_NET_F_RSS, "a table of", length);
	if (config->rss_max_key_size < CRAFT_NET_RSS_KEY_BYTES) {
		craft_net_drop_feature(vdev, CRAFT_NET_F_RSS, "a key of",
				       config->rss_max_key_size);
		craft_net_drop_feature(vdev, CRAFT_NET_F_HASH_REPORT, "a key of",
				       config->rss_max_key_size);
	}
}

/* Each pair is of use with a CPU of its own. */
static void craft_net_validate_pairs(struct virtio_device *vdev, unsigned int pairs)
{
	if (pairs < CRAFT_NET_PAIRS_MIN || pairs > CRAFT_NET_PAIRS_SENSIBLE) {
		craft_net_drop_feature(vdev, CRAFT_NET_F_MQ, "pairs of queues:", pairs);
		craft_net_drop_feature(vdev, CRAFT_NET_F_RSS, "pairs of queues:", pairs);
	} else if (nr_cpu_ids == 1) {
		__virtio_clear_bit(vdev, CRAFT_NET_F_MQ);
		__virtio_clear_bit(vdev, CRAFT_NET_F_RSS);
	}
}

/* Before the features are settled, so that those of no use are declined. */
int craft_net_validate(struct virtio_device *vdev)
{
	struct craft_net_config config;
	unsigned int i, mtu;
	int err;

	if (!virtio_has_feature(vdev, VIRTIO_F_VERSION_1)) {
		dev_err(&vdev->dev, "device is a legacy one; only modern ones are driven\n");
		return -ENODEV;
	}
	err = craft_net_read_config(vdev, &config);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(craft_net_needs); i++)
		if (!virtio_has_feature(vdev, craft_net_needs[i][1]))
			craft_net_drop_feature(vdev, craft_net_needs[i][0], "it needs feature",
					       craft_net_needs[i][1]);
	if (!virtio_has_feature(vdev, CRAFT_NET_F_GUEST_TSO4) &&
	    !virtio_has_feature(vdev, CRAFT_NET_F_GUEST_TSO6))
		__virtio_clear_bit(vdev, CRAFT_NET_F_GUEST_ECN);
	craft_net_validate_rss(vdev, &config);
	craft_net_validate_pairs(vdev, le16_to_cpu(config.max_pairs));
	mtu = le16_to_cpu(config.mtu);
	if (mtu < CRAFT_NET_MTU_MIN)
		craft_net_drop_feature(vdev, CRAFT_NET_F_MTU, "MTU of", mtu);
	return 0;
}

void craft_net_read_mac(struct craft_net *net, const struct craft_net_config *config)
{
	if (is_valid_ether_addr(config->mac)) {
		eth_hw_addr_set(net->dev, config->mac);
		return;
	}
	if (craft_net_has(net, CRAFT_NET_F_MAC))
		dev_warn(&net->vdev->dev, "address %pM is not one of a station\n", config->mac);
	eth_hw_addr_random(net->dev);
}

void craft_net_read_link(struct craft_net *net, const struct craft_net_config *config)
{
	bool up = !craft_net_has(net, CRAFT_NET_F_STATUS) ||
		  le16_to_cpu(config->status) & CRAFT_NET_S_LINK_UP;
	u32 speed = le32_to_cpu(config->speed);

	if (craft_net_has(net, CRAFT_NET_F_SPEED_DUPLEX)) {
		net->speed = ethtool_validate_speed(speed) ? speed : SPEED_UNKNOWN;
		net->duplex = ethtool_validate_duplex(config->duplex) ? config->duplex :
			      DUPLEX_UNKNOWN;
	}
	if (up)
		netif_carrier_on(net->dev);
	else
		netif_carrier_off(net->dev);
}
