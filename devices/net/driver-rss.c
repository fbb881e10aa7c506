// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receive-side scaling: the device hashes a packet's addresses and ports, and a
 * table of ours says which queue its hash goes to. It can tell us the hash, too.
 * Commands that use neither are in driver-rings.c.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "driver.h"

/* Both commands end with: how long the key is, and the key. */
#define CRAFT_NET_KEY_ROOM	(1 + CRAFT_NET_RSS_KEY_BYTES)

bool craft_net_hashes(const struct craft_net *net)
{
	return craft_net_has(net, CRAFT_NET_F_RSS) || craft_net_has(net, CRAFT_NET_F_HASH_REPORT);
}

static void *craft_net_put_key(const struct craft_net *net, void *at)
{
	*(u8 *)at = CRAFT_NET_RSS_KEY_BYTES;
	memcpy(at + 1, net->rss.key, CRAFT_NET_RSS_KEY_BYTES);
	return at + CRAFT_NET_KEY_ROOM;
}

/* The device reports hashes, and chooses queues as it does without a table. */
static int craft_net_send_hash(struct craft_net *net)
{
	u8 data[sizeof(struct craft_net_hash) + CRAFT_NET_KEY_ROOM] = {};
	struct craft_net_hash *hash = (void *)data;

	hash->hash_types = cpu_to_le32(net->rss.types);
	craft_net_put_key(net, hash + 1);
	return craft_net_command(net, CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_HASH_CONFIG, data,
				 sizeof(data));
}

static int craft_net_send_table(struct craft_net *net, unsigned int pairs)
{
	size_t len = sizeof(struct craft_net_rss) + sizeof(net->rss.table) + sizeof(__le16) +
		     CRAFT_NET_KEY_ROOM;
	struct craft_net_rss *rss = kzalloc(len, GFP_KERNEL);
	__le16 *entry;
	unsigned int i;
	int err;

	if (!rss)
		return -ENOMEM;
	rss->hash_types = cpu_to_le32(net->rss.types);
	rss->table_mask = cpu_to_le16(CRAFT_NET_RSS_TABLE_LENGTH - 1);
	entry = (void *)(rss + 1);
	for (i = 0; i < CRAFT_NET_RSS_TABLE_LENGTH; i++)
		*entry++ = cpu_to_le16(net->rss.table[i]);
	*entry++ = cpu_to_le16(pairs);
	craft_net_put_key(net, entry);
	err = craft_net_command(net, CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_RSS_CONFIG, rss, len);
	kfree(rss);
	return err;
}

/* A table that nobody has set uses all queues alike. */
int craft_net_send_rss(struct craft_net *net, unsigned int pairs)
{
	unsigned int i;

	if (!craft_net_has(net, CRAFT_NET_F_RSS))
		return craft_net_send_hash(net);
	for (i = 0; i < CRAFT_NET_RSS_TABLE_LENGTH && !netif_is_rxfh_configured(net->dev); i++)
		net->rss.table[i] = ethtool_rxfh_indir_default(i, pairs);
	return craft_net_send_table(net, pairs);
}

void craft_net_init_rss(struct craft_net *net, const struct craft_net_config *config)
{
	if (!craft_net_hashes(net))
		return;
	net->rss.types = le32_to_cpu(config->hash_types) & CRAFT_NET_HASHES;
	netdev_rss_key_fill(net->rss.key, sizeof(net->rss.key));
	if (craft_net_has(net, CRAFT_NET_F_HASH_REPORT)) {
		net->dev->hw_features |= NETIF_F_RXHASH;
		net->dev->features |= NETIF_F_RXHASH;
	}
}

/* What the device says that it has hashed; all that is unknown is no hash. */
void craft_net_set_hash(const struct craft_net *net, struct sk_buff *skb,
			const struct craft_net_hdr_hash *hdr)
{
	enum pkt_hash_types type;

	if (!(net->dev->features & NETIF_F_RXHASH))
		return;
	switch (le16_to_cpu(hdr->hash_report)) {
	case CRAFT_NET_REPORT_TCPV4:
	case CRAFT_NET_REPORT_UDPV4:
	case CRAFT_NET_REPORT_TCPV6:
	case CRAFT_NET_REPORT_UDPV6:
	case CRAFT_NET_REPORT_TCPV6_EX:
	case CRAFT_NET_REPORT_UDPV6_EX:
		type = PKT_HASH_TYPE_L4;
		break;
	case CRAFT_NET_REPORT_IPV4:
	case CRAFT_NET_REPORT_IPV6:
	case CRAFT_NET_REPORT_IPV6_EX:
		type = PKT_HASH_TYPE_L3;
		break;
	default:
		return;
	}
	skb_set_hash(skb, le32_to_cpu(hdr->hash_value), type);
}

/* ethtool */

u32 craft_net_get_rxfh_key_size(struct net_device *dev)
{
	return craft_net_hashes(netdev_priv(dev)) ? CRAFT_NET_RSS_KEY_BYTES : 0;
}

u32 craft_net_get_rxfh_indir_size(struct net_device *dev)
{
	return craft_net_has(netdev_priv(dev), CRAFT_NET_F_RSS) ? CRAFT_NET_RSS_TABLE_LENGTH : 0;
}

int craft_net_get_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param)
{
	struct craft_net *net = netdev_priv(dev);
	unsigned int i;

	if (!craft_net_hashes(net))
		return -EOPNOTSUPP;
	for (i = 0; param->indir && i < CRAFT_NET_RSS_TABLE_LENGTH; i++)
		param->indir[i] = net->rss.table[i];
	if (param->key)
		memcpy(param->key, net->rss.key, sizeof(net->rss.key));
	param->hfunc = ETH_RSS_HASH_TOP;
	return 0;
}

/* The stack has checked that the table's queues are there. */
int craft_net_set_rxfh(struct net_device *dev, struct ethtool_rxfh_param *param,
		       struct netlink_ext_ack *extack)
{
	struct craft_net *net = netdev_priv(dev);
	struct craft_net_scaling before = net->rss;
	unsigned int i;
	int err;

	if (param->hfunc != ETH_RSS_HASH_NO_CHANGE && param->hfunc != ETH_RSS_HASH_TOP)
		return -EOPNOTSUPP;
	if (!craft_net_hashes(net) || (param->indir && !craft_net_has(net, CRAFT_NET_F_RSS)))
		return -EOPNOTSUPP;
	for (i = 0; param->indir && i < CRAFT_NET_RSS_TABLE_LENGTH; i++)
		net->rss.table[i] = param->indir[i];
	if (param->key)
		memcpy(net->rss.key, param->key, sizeof(net->rss.key));
	err = craft_net_has(net, CRAFT_NET_F_RSS) ? craft_net_send_table(net, net->active)
						   : craft_net_send_hash(net);
	if (err)
		net->rss = before;
	return err;
}

#ifdef CRAFT_NET_HAS_RX_RING_COUNT
u32 craft_net_get_rx_ring_count(struct net_device *dev)
{
	struct craft_net *net = netdev_priv(dev);

	return net->active;
}
#else
int craft_net_get_rxnfc(struct net_device *dev, struct ethtool_rxnfc *info, u32 *rules)
{
	struct craft_net *net = netdev_priv(dev);

	if (info->cmd != ETHTOOL_GRXRINGS)
		return -EOPNOTSUPP;
	info->data = net->active;
	return 0;
}
#endif
