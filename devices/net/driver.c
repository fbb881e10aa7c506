// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver of virtio-net devices, beside the kernel's own: how a device comes,
 * changes and goes. abi.h beside this file says what goes over the queues. It
 * has no alias and takes no device from virtio_net: who wants it for a device
 * unbinds that there, and binds it here.
 */
#include <linux/bpf.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>

#include "driver.h"

static unsigned int max_pairs;
module_param(max_pairs, uint, 0644);
MODULE_PARM_DESC(max_pairs, "Pairs of queues to begin with at most, 0: one for each CPU");

static bool indirect = true;
module_param(indirect, bool, 0644);
MODULE_PARM_DESC(indirect, "Use indirect descriptors; without, no packet allocates memory");

static struct workqueue_struct *craft_net_wq;

/* Changes of the configuration */

/* Who moved to another host tells the network where it is now. */
static void craft_net_announce(struct craft_net *net)
{
	int err;

	__netdev_notify_peers(net->dev);
	err = craft_net_command(net, CRAFT_NET_CTRL_ANNOUNCE, CRAFT_NET_CTRL_ANNOUNCE_ACK, NULL, 0);
	if (err)
		netdev_warn(net->dev, "announcement was not acknowledged (%d)\n", err);
}

/* DEVICE_NEEDS_RESET comes by the same interrupt. */
static void craft_net_config_work(struct work_struct *work)
{
	struct craft_net *net = container_of(work, struct craft_net, config_work);
	struct virtio_device *vdev = net->vdev;
	struct craft_net_config config;

	rtnl_lock();
	if (net->state == CRAFT_NET_RUNNING) {
		if (vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_NEEDS_RESET) {
			craft_net_recover(net);
		} else if (!craft_net_read_config(vdev, &config)) {
			craft_net_read_link(net, &config);
			if (craft_net_has(net, CRAFT_NET_F_GUEST_ANNOUNCE) &&
			    le16_to_cpu(config.status) & CRAFT_NET_S_ANNOUNCE)
				craft_net_announce(net);
		}
	}
	rtnl_unlock();
}

static void craft_net_config_changed(struct virtio_device *vdev)
{
	struct craft_net *net = vdev->priv;

	queue_work(net->wq, &net->config_work);
}

/* The netdev */

static void craft_net_get_stats(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct craft_net *net = netdev_priv(dev);
	u64 rx[CRAFT_NET_RX_COUNTS], tx[CRAFT_NET_TX_COUNTS];
	unsigned int i;

	for (i = 0; i < net->pairs; i++) {
		craft_net_read_counts(&net->rx[i].counts, CRAFT_NET_RX_COUNTS, rx);
		craft_net_read_counts(&net->tx[i].counts, CRAFT_NET_TX_COUNTS, tx);
		stats->rx_packets += rx[CRAFT_NET_RX_PACKETS];
		stats->rx_bytes += rx[CRAFT_NET_RX_BYTES];
		stats->rx_dropped += rx[CRAFT_NET_RX_DROPS] + rx[CRAFT_NET_RX_XDP_DROPS];
		stats->rx_length_errors += rx[CRAFT_NET_RX_LENGTH_ERRORS];
		stats->rx_frame_errors += rx[CRAFT_NET_RX_HEADER_ERRORS];
		stats->tx_packets += tx[CRAFT_NET_TX_PACKETS];
		stats->tx_bytes += tx[CRAFT_NET_TX_BYTES];
		stats->tx_dropped += tx[CRAFT_NET_TX_DROPS] + tx[CRAFT_NET_TX_XDP_DROPS];
		stats->tx_errors += tx[CRAFT_NET_TX_TIMEOUTS];
	}
	stats->rx_errors = stats->rx_length_errors + stats->rx_frame_errors;
}

static const struct net_device_ops craft_net_netdev_ops = {
	.ndo_open = craft_net_open,
	.ndo_stop = craft_net_stop,
	.ndo_start_xmit = craft_net_xmit,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_set_mac_address = craft_net_set_mac,
	.ndo_set_rx_mode = craft_net_set_rx_mode,
	.ndo_change_mtu = craft_net_change_mtu,
	.ndo_get_stats64 = craft_net_get_stats,
	.ndo_vlan_rx_add_vid = craft_net_add_vlan,
	.ndo_vlan_rx_kill_vid = craft_net_kill_vlan,
	.ndo_features_check = passthru_features_check,
	.ndo_set_features = craft_net_set_features,
	.ndo_tx_timeout = craft_net_tx_timeout,
	.ndo_bpf = craft_net_bpf,
	.ndo_xdp_xmit = craft_net_xdp_xmit,
};

/* Sizes of packets, and of the buffers for them */
static void craft_net_init_sizes(struct craft_net *net, const struct craft_net_config *config)
{
	struct net_device *dev = net->dev;
	unsigned int mtu = ETH_MAX_MTU;

	net->mergeable = craft_net_has(net, CRAFT_NET_F_MRG_RXBUF);
	net->pages = 1;
	if (craft_net_has(net, CRAFT_NET_F_MTU)) {
		mtu = max_t(unsigned int, le16_to_cpu(config->mtu), CRAFT_NET_MTU_MIN);
		dev->mtu = mtu;
	}
	if (!net->mergeable && craft_net_receives_gso(net->vdev))
		net->pages = craft_net_pages(CRAFT_NET_RX_BIG - sizeof(struct craft_net_hdr));
	else if (!net->mergeable && craft_net_has(net, CRAFT_NET_F_MTU))
		net->pages = craft_net_pages(mtu + ETH_HLEN + VLAN_HLEN);
	else if (!net->mergeable)
		mtu = craft_net_max_mtu(false);
	dev->min_mtu = CRAFT_NET_MTU_MIN;
	dev->max_mtu = mtu;
}

static void craft_net_init_netdev(struct craft_net *net, const struct craft_net_config *config)
{
	struct net_device *dev = net->dev;

	SET_NETDEV_DEV(dev, &net->vdev->dev);
	dev->netdev_ops = &craft_net_netdev_ops;
	dev->ethtool_ops = &craft_net_ethtool_ops;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	if (craft_net_has(net, CRAFT_NET_F_CTRL_RX))
		dev->priv_flags |= IFF_UNICAST_FLT;
	net->hdr_len = craft_net_has(net, CRAFT_NET_F_HASH_REPORT) ?
		sizeof(struct craft_net_hdr_hash) : sizeof(struct craft_net_hdr);
	dev->needed_headroom = net->hdr_len;
	dev->xdp_features = NETDEV_XDP_ACT_BASIC | NETDEV_XDP_ACT_REDIRECT |
			    NETDEV_XDP_ACT_NDO_XMIT | NETDEV_XDP_ACT_NDO_XMIT_SG;
	craft_net_init_sizes(net, config);
	if (net->mergeable)
		dev->xdp_features |= NETDEV_XDP_ACT_RX_SG;
	craft_net_init_offloads(net);
	craft_net_init_rss(net, config);
	craft_net_read_mac(net, config);
	net->speed = SPEED_UNKNOWN;
	net->duplex = DUPLEX_UNKNOWN;
	craft_net_read_link(net, config);
	/* A link that is up before the stack knows the netdev stays of an unknown state. */
	netif_carrier_off(dev);
}

/* Probe */

static int craft_net_alloc_queues(struct craft_net *net)
{
	unsigned int i;

	net->rx = kvcalloc(net->pairs, sizeof(*net->rx), GFP_KERNEL);
	net->tx = kvcalloc(net->pairs, sizeof(*net->tx), GFP_KERNEL);
	if (!net->rx || !net->tx)
		return -ENOMEM;
	for (i = 0; i < net->pairs; i++) {
		craft_net_init_rx(net, i);
		craft_net_init_tx(net, i);
	}
	net->active = min3(net->pairs, max_pairs ?: UINT_MAX, num_online_cpus());
	return netif_set_real_num_queues(net->dev, net->active, net->active);
}

static void craft_net_free(struct craft_net *net)
{
	struct craft_net_rx *rx = net->rx;
	struct craft_net_tx *tx = net->tx;

	free_netdev(net->dev);
	kvfree(tx);
	kvfree(rx);
}

static struct craft_net *craft_net_alloc(struct virtio_device *vdev, unsigned int pairs)
{
	struct net_device *dev = alloc_etherdev_mq(sizeof(struct craft_net), pairs);
	struct craft_net *net;

	if (!dev)
		return NULL;
	net = netdev_priv(dev);
	net->dev = dev;
	net->vdev = vdev;
	net->pairs = pairs;
	net->wq = craft_net_wq;
	net->last_recovery = jiffies - HZ;
	init_completion(&net->answered);
	INIT_WORK(&net->config_work, craft_net_config_work);
	INIT_WORK(&net->rx_mode_work, craft_net_rx_mode_work);
	INIT_DELAYED_WORK(&net->recovery, craft_net_recovery);
	return net;
}

static void craft_net_cancel(struct craft_net *net)
{
	cancel_work_sync(&net->config_work);
	cancel_work_sync(&net->rx_mode_work);
	cancel_delayed_work_sync(&net->recovery);
}

static int craft_net_start(struct craft_net *net)
{
	int err;

	rtnl_lock();
	err = craft_net_attach(net);
	if (!err)
		err = register_netdevice(net->dev);
	if (err)
		net->state = CRAFT_NET_DEAD;
	rtnl_unlock();
	return err;
}

static void craft_net_introduce(struct craft_net *net)
{
	struct virtio_device *vdev = net->vdev;

	netdev_info(net->dev, "%u of %u pairs of queues of %u and %u, %s%s, %s buffers, features %#llx\n",
		    net->active, net->pairs, virtqueue_get_vring_size(net->rx[0].vq),
		    virtqueue_get_vring_size(net->tx[0].vq),
		    virtio_has_feature(vdev, VIRTIO_F_RING_PACKED) ? "packed" : "split",
		    virtio_has_feature(vdev, VIRTIO_RING_F_INDIRECT_DESC) ? ", indirect" : "",
		    net->mergeable ? "mergeable" : net->pages > 1 ? "big" : "small",
		    vdev->features);
}

static int craft_net_probe(struct virtio_device *vdev)
{
	struct craft_net_config config;
	struct craft_net *net;
	unsigned int pairs = 1;
	int err = craft_net_read_config(vdev, &config);

	if (err)
		return err;
	if (virtio_has_feature(vdev, CRAFT_NET_F_MQ) || virtio_has_feature(vdev, CRAFT_NET_F_RSS))
		pairs = le16_to_cpu(config.max_pairs);
	if (pairs < CRAFT_NET_PAIRS_MIN || pairs > CRAFT_NET_PAIRS_SENSIBLE)
		return -EINVAL;
	net = craft_net_alloc(vdev, pairs);
	if (!net)
		return -ENOMEM;
	vdev->priv = net;
	craft_net_init_netdev(net, &config);
	err = craft_net_alloc_queues(net) ?: craft_net_start(net);
	if (err) {
		craft_net_cancel(net);
		if (net->rx)
			craft_net_detach(net);
		craft_net_free(net);
		return err;
	}
	craft_net_introduce(net);
	return 0;
}

/* A device that was pulled out answers nothing more, which commands notice at once. */
static void craft_net_remove(struct virtio_device *vdev)
{
	struct craft_net *net = vdev->priv;

	rtnl_lock();
	net->state = CRAFT_NET_DEAD;
	rtnl_unlock();
	unregister_netdev(net->dev);
	craft_net_cancel(net);
	craft_net_detach(net);
	craft_net_free(net);
}

static int craft_net_validate_device(struct virtio_device *vdev)
{
	if (!indirect)
		__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	return craft_net_validate(vdev);
}

static const struct virtio_device_id craft_net_ids[] = {
	{ VIRTIO_ID_NET, VIRTIO_DEV_ANY_ID },
	{ 0 }
};

static struct virtio_driver craft_net_driver = {
	.driver.name = KBUILD_MODNAME,
	.feature_table = craft_net_features,
	.id_table = craft_net_ids,
	.validate = craft_net_validate_device,
	.probe = craft_net_probe,
	.remove = craft_net_remove,
	.config_changed = craft_net_config_changed,
	.freeze = pm_sleep_ptr(craft_net_freeze),
	.restore = pm_sleep_ptr(craft_net_restore),
};

static int __init craft_net_init(void)
{
	int err;

	craft_net_wq = alloc_workqueue("craft_net", WQ_UNBOUND, 0);
	if (!craft_net_wq)
		return -ENOMEM;
	craft_net_driver.feature_table_size = craft_net_num_features;
	err = register_virtio_driver(&craft_net_driver);
	if (err)
		destroy_workqueue(craft_net_wq);
	return err;
}
module_init(craft_net_init);

static void __exit craft_net_exit(void)
{
	unregister_virtio_driver(&craft_net_driver);
	destroy_workqueue(craft_net_wq);
}
module_exit(craft_net_exit);

MODULE_DESCRIPTION("Driver of virtio-net devices");
MODULE_LICENSE("GPL");
