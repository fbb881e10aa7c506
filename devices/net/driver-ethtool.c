// SPDX-License-Identifier: GPL-2.0-only
/* What ethtool shows and sets. */
#include <linux/ethtool.h>
#include <linux/log2.h>
#include <linux/rtnetlink.h>

#include "driver.h"

/* Counters, by the names that virtio_net gives them where it has them */

static const char *const craft_net_rx_names[CRAFT_NET_RX_COUNTS] = {
	[CRAFT_NET_RX_PACKETS] = "packets",
	[CRAFT_NET_RX_BYTES] = "bytes",
	[CRAFT_NET_RX_DROPS] = "drops",
	[CRAFT_NET_RX_LENGTH_ERRORS] = "length_errors",
	[CRAFT_NET_RX_HEADER_ERRORS] = "header_errors",
	[CRAFT_NET_RX_XDP_PACKETS] = "xdp_packets",
	[CRAFT_NET_RX_XDP_DROPS] = "xdp_drops",
	[CRAFT_NET_RX_XDP_TX] = "xdp_tx",
	[CRAFT_NET_RX_XDP_REDIRECTS] = "xdp_redirects",
	[CRAFT_NET_RX_KICKS] = "kicks",
};

static const char *const craft_net_tx_names[CRAFT_NET_TX_COUNTS] = {
	[CRAFT_NET_TX_PACKETS] = "packets",
	[CRAFT_NET_TX_BYTES] = "bytes",
	[CRAFT_NET_TX_DROPS] = "drops",
	[CRAFT_NET_TX_XDP] = "xdp_tx",
	[CRAFT_NET_TX_XDP_DROPS] = "xdp_tx_drops",
	[CRAFT_NET_TX_KICKS] = "kicks",
	[CRAFT_NET_TX_TIMEOUTS] = "tx_timeouts",
	[CRAFT_NET_TX_STOPS] = "stop",
	[CRAFT_NET_TX_WAKES] = "wake",
};

void craft_net_read_counts(const struct craft_net_counts *counts, unsigned int n, u64 *data)
{
	unsigned int start, i;

	do {
		start = u64_stats_fetch_begin(&counts->sync);
		for (i = 0; i < n; i++)
			data[i] = u64_stats_read(&counts->of[i]);
	} while (u64_stats_fetch_retry(&counts->sync, start));
}

static int craft_net_get_sset_count(struct net_device *dev, int set)
{
	struct craft_net *net = netdev_priv(dev);

	return set == ETH_SS_STATS ? net->pairs * (CRAFT_NET_RX_COUNTS + CRAFT_NET_TX_COUNTS) :
		-EOPNOTSUPP;
}

static void craft_net_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	struct craft_net *net = netdev_priv(dev);
	unsigned int i, name;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < net->pairs; i++)
		for (name = 0; name < CRAFT_NET_RX_COUNTS; name++)
			ethtool_sprintf(&data, "rx%u_%s", i, craft_net_rx_names[name]);
	for (i = 0; i < net->pairs; i++)
		for (name = 0; name < CRAFT_NET_TX_COUNTS; name++)
			ethtool_sprintf(&data, "tx%u_%s", i, craft_net_tx_names[name]);
}

static void craft_net_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats,
					u64 *data)
{
	struct craft_net *net = netdev_priv(dev);
	unsigned int i;

	for (i = 0; i < net->pairs; i++, data += CRAFT_NET_RX_COUNTS)
		craft_net_read_counts(&net->rx[i].counts, CRAFT_NET_RX_COUNTS, data);
	for (i = 0; i < net->pairs; i++, data += CRAFT_NET_TX_COUNTS)
		craft_net_read_counts(&net->tx[i].counts, CRAFT_NET_TX_COUNTS, data);
}

/* The device and its link */

static void craft_net_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct craft_net *net = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, virtio_bus_name(net->vdev), sizeof(info->bus_info));
}

static int craft_net_get_link(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	struct craft_net *net = netdev_priv(dev);

	cmd->base.speed = net->speed;
	cmd->base.duplex = net->duplex;
	cmd->base.port = PORT_OTHER;
	return 0;
}

static int craft_net_set_link(struct net_device *dev, const struct ethtool_link_ksettings *cmd)
{
	struct craft_net *net = netdev_priv(dev);

	return ethtool_virtdev_set_link_ksettings(dev, cmd, &net->speed, &net->duplex);
}

/* Rings and channels */

static void craft_net_get_ring(struct net_device *dev, struct ethtool_ringparam *ring,
			       struct kernel_ethtool_ringparam *more,
			       struct netlink_ext_ack *extack)
{
	struct craft_net *net = netdev_priv(dev);

	ring->rx_max_pending = net->rx[0].vq->num_max;
	ring->tx_max_pending = net->tx[0].vq->num_max;
	ring->rx_pending = virtqueue_get_vring_size(net->rx[0].vq);
	ring->tx_pending = virtqueue_get_vring_size(net->tx[0].vq);
}

static int craft_net_set_ring(struct net_device *dev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *more,
			      struct netlink_ext_ack *extack)
{
	struct craft_net *net = netdev_priv(dev);
	unsigned int least = craft_net_least_ring(net), buffers;

	if (ring->rx_mini_pending || ring->rx_jumbo_pending)
		return -EINVAL;
	if (!craft_net_has(net, VIRTIO_F_RING_RESET)) {
		NL_SET_ERR_MSG_MOD(extack, "device cannot reset single queues");
		return -EOPNOTSUPP;
	}
	buffers = max(least, craft_net_buffers(net, dev->mtu));
	if (ring->rx_pending < buffers || ring->tx_pending < least) {
		NL_SET_ERR_MSG_MOD(extack, "rings are too small for the largest packet");
		return -EINVAL;
	}
	return craft_net_resize(net, roundup_pow_of_two(ring->rx_pending),
				roundup_pow_of_two(ring->tx_pending));
}

static void craft_net_get_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	struct craft_net *net = netdev_priv(dev);

	channels->max_combined = net->pairs;
	channels->combined_count = net->active;
}

static int craft_net_set_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	if (channels->rx_count || channels->tx_count || channels->other_count ||
	    !channels->combined_count)
		return -EINVAL;
	return craft_net_set_active(netdev_priv(dev), channels->combined_count);
}

/* Coalescing */

static void craft_net_show_coalesce(struct craft_net *net, unsigned int i,
				    struct ethtool_coalesce *c)
{
	c->use_adaptive_rx_coalesce = net->rx[i].adaptive;
	c->rx_coalesce_usecs = net->rx[i].coalesce.usecs;
	c->rx_max_coalesced_frames = net->rx[i].coalesce.packets;
	c->tx_coalesce_usecs = net->tx[i].coalesce.usecs;
	c->tx_max_coalesced_frames = net->tx[i].coalesce.packets;
}

static int craft_net_get_coalesce(struct net_device *dev, struct ethtool_coalesce *c,
				  struct kernel_ethtool_coalesce *more,
				  struct netlink_ext_ack *extack)
{
	struct craft_net *net = netdev_priv(dev);

	if (!craft_net_has(net, CRAFT_NET_F_NOTF_COAL))
		return -EOPNOTSUPP;
	craft_net_show_coalesce(net, 0, c);
	return 0;
}

static int craft_net_set_coalesce(struct net_device *dev, struct ethtool_coalesce *c,
				  struct kernel_ethtool_coalesce *more,
				  struct netlink_ext_ack *extack)
{
	struct craft_net_coalesce rx = { c->rx_max_coalesced_frames, c->rx_coalesce_usecs };
	struct craft_net_coalesce tx = { c->tx_max_coalesced_frames, c->tx_coalesce_usecs };
	struct craft_net *net = netdev_priv(dev);
	unsigned int i;
	int err;

	if (c->use_adaptive_rx_coalesce && !craft_net_adapts(net))
		return -EOPNOTSUPP;
	err = craft_net_coalesce_all(net, &rx, &tx);
	for (i = 0; i < net->pairs && !err; i++)
		WRITE_ONCE(net->rx[i].adaptive, c->use_adaptive_rx_coalesce);
	return err;
}

static int craft_net_get_queue_coalesce(struct net_device *dev, u32 i, struct ethtool_coalesce *c)
{
	struct craft_net *net = netdev_priv(dev);

	if (i >= net->pairs)
		return -EINVAL;
	if (!craft_net_has(net, CRAFT_NET_F_VQ_NOTF_COAL))
		return -EOPNOTSUPP;
	craft_net_show_coalesce(net, i, c);
	return 0;
}

static int craft_net_set_queue_coalesce(struct net_device *dev, u32 i, struct ethtool_coalesce *c)
{
	struct craft_net_coalesce rx = { c->rx_max_coalesced_frames, c->rx_coalesce_usecs };
	struct craft_net_coalesce tx = { c->tx_max_coalesced_frames, c->tx_coalesce_usecs };
	struct craft_net *net = netdev_priv(dev);

	int err;

	if (i >= net->pairs)
		return -EINVAL;
	if (c->use_adaptive_rx_coalesce && !craft_net_adapts(net))
		return -EOPNOTSUPP;
	err = craft_net_coalesce_queue(net, i, &rx, &tx);
	if (!err)
		WRITE_ONCE(net->rx[i].adaptive, c->use_adaptive_rx_coalesce);
	return err;
}

const struct ethtool_ops craft_net_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_MAX_FRAMES | ETHTOOL_COALESCE_USECS |
				     ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo = craft_net_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = craft_net_get_link,
	.set_link_ksettings = craft_net_set_link,
	.get_ringparam = craft_net_get_ring,
	.set_ringparam = craft_net_set_ring,
#ifdef CRAFT_NET_HAS_RX_RING_COUNT
	.get_rx_ring_count = craft_net_get_rx_ring_count,
#else
	.get_rxnfc = craft_net_get_rxnfc,
#endif
	.get_rxfh_key_size = craft_net_get_rxfh_key_size,
	.get_rxfh_indir_size = craft_net_get_rxfh_indir_size,
	.get_rxfh = craft_net_get_rxfh,
	.set_rxfh = craft_net_set_rxfh,
	.get_channels = craft_net_get_channels,
	.set_channels = craft_net_set_channels,
	.get_coalesce = craft_net_get_coalesce,
	.set_coalesce = craft_net_set_coalesce,
	.get_per_queue_coalesce = craft_net_get_queue_coalesce,
	.set_per_queue_coalesce = craft_net_set_queue_coalesce,
	.get_sset_count = craft_net_get_sset_count,
	.get_strings = craft_net_get_strings,
	.get_ethtool_stats = craft_net_get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};
