// SPDX-License-Identifier: GPL-2.0-only
/* How many queues there are, how large their rings, and how often they interrupt. */
#include <linux/rtnetlink.h>

#include "driver.h"

#ifdef CRAFT_NET_HAS_RECYCLE_DONE
#define craft_net_vq_resize(vq, size, recycle)	virtqueue_resize(vq, size, recycle, NULL)
#else
#define craft_net_vq_resize(vq, size, recycle)	virtqueue_resize(vq, size, recycle)
#endif

/* Notifications */

int craft_net_coalesce_queue(struct craft_net *net, unsigned int i,
			     const struct craft_net_coalesce *rx,
			     const struct craft_net_coalesce *tx)
{
	int err = craft_net_send_coalesce(net, net->rx[i].vq, rx) ?:
		  craft_net_send_coalesce(net, net->tx[i].vq, tx);

	if (err)
		return err;
	net->rx[i].coalesce = *rx;
	net->tx[i].coalesce = *tx;
	return 0;
}

static int craft_net_send_all(struct craft_net *net, u8 command,
			      const struct craft_net_coalesce *coalesce)
{
	struct craft_net_coal data = {
		.max_packets = cpu_to_le32(coalesce->packets),
		.max_usecs = cpu_to_le32(coalesce->usecs),
	};

	return craft_net_command(net, CRAFT_NET_CTRL_COAL, command, &data, sizeof(data));
}

int craft_net_coalesce_all(struct craft_net *net, const struct craft_net_coalesce *rx,
			   const struct craft_net_coalesce *tx)
{
	unsigned int i;
	int err;

	if (!craft_net_has(net, CRAFT_NET_F_NOTF_COAL))
		return -EOPNOTSUPP;
	err = craft_net_send_all(net, CRAFT_NET_CTRL_COAL_RX_SET, rx) ?:
	      craft_net_send_all(net, CRAFT_NET_CTRL_COAL_TX_SET, tx);
	if (err)
		return err;
	for (i = 0; i < net->pairs; i++) {
		net->rx[i].coalesce = *rx;
		net->tx[i].coalesce = *tx;
	}
	return 0;
}

static bool craft_net_coalesces(const struct craft_net_coalesce *coalesce)
{
	return coalesce->packets || coalesce->usecs;
}

/* What all queues have is what the first has, unless one was set by itself. */
void craft_net_restore_coalesce(struct craft_net *net)
{
	const struct craft_net_coalesce *rx = &net->rx[0].coalesce, *tx = &net->tx[0].coalesce;
	unsigned int i;
	int err = 0;

	if (craft_net_has(net, CRAFT_NET_F_VQ_NOTF_COAL)) {
		for (i = 0; i < net->pairs && !err; i++)
			if (craft_net_coalesces(&net->rx[i].coalesce) ||
			    craft_net_coalesces(&net->tx[i].coalesce))
				err = craft_net_coalesce_queue(net, i, &net->rx[i].coalesce,
							       &net->tx[i].coalesce);
	} else if (craft_net_coalesces(rx) || craft_net_coalesces(tx)) {
		err = craft_net_coalesce_all(net, rx, tx);
	}
	if (err)
		netdev_warn(net->dev, "coalescing was not set (%d)\n", err);
}

/* Sizes */

/* Else one of that size would wait in the device for ever, and all behind it. */
bool craft_net_fits_rings(const struct craft_net *net, unsigned int mtu)
{
	unsigned int i;

	for (i = 0; i < net->pairs; i++)
		if (net->rx[i].vq &&
		    craft_net_buffers(net, mtu) > virtqueue_get_vring_size(net->rx[i].vq))
			return false;
	return true;
}

static int craft_net_resize_rx(struct craft_net_rx *rx, unsigned int size)
{
	bool open = rx->open;
	int err;

	if (open)
		craft_net_close_rx(rx);
	err = craft_net_vq_resize(rx->vq, size, craft_net_free_rx_buffer);
	if (open)
		craft_net_open_rx(rx);
	if (!err && craft_net_coalesces(&rx->coalesce))
		craft_net_send_coalesce(rx->net, rx->vq, &rx->coalesce);
	return err;
}

static int craft_net_resize_tx(struct craft_net_tx *tx, unsigned int size)
{
	bool open = !tx->paused;
	int err;

	if (open)
		craft_net_close_tx(tx);
	err = craft_net_vq_resize(tx->vq, size, craft_net_free_tx_buffer);
	if (!err)
		craft_net_reset_tx(tx);
	if (open)
		craft_net_open_tx(tx);
	if (!err && craft_net_coalesces(&tx->coalesce))
		craft_net_send_coalesce(tx->net, tx->vq, &tx->coalesce);
	return err;
}

/* All queues, or, after an error, the first ones. What was in flight is lost. */
int craft_net_resize(struct craft_net *net, unsigned int rx, unsigned int tx)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < net->pairs && !err; i++) {
		if (virtqueue_get_vring_size(net->rx[i].vq) != rx)
			err = craft_net_resize_rx(&net->rx[i], rx);
		if (!err && virtqueue_get_vring_size(net->tx[i].vq) != tx)
			err = craft_net_resize_tx(&net->tx[i], tx);
	}
	return err;
}

/* Number */

static int craft_net_send_pairs(struct craft_net *net, unsigned int pairs)
{
	__le16 count = cpu_to_le16(pairs);

	if (craft_net_has(net, CRAFT_NET_F_RSS))
		return craft_net_send_rss(net, pairs);
	if (!craft_net_has(net, CRAFT_NET_F_MQ))
		return pairs == 1 ? 0 : -EOPNOTSUPP;
	return craft_net_command(net, CRAFT_NET_CTRL_MQ, CRAFT_NET_CTRL_MQ_PAIRS_SET, &count,
				 sizeof(count));
}

/*
 * The device never has packets on a queue that it was told not to use. Receive
 * queues that are used no more stay open for what is in them.
 */
int craft_net_set_active(struct craft_net *net, unsigned int pairs)
{
	unsigned int i, before = net->active, fewest = min(pairs, before);
	int err = netif_set_real_num_queues(net->dev, fewest, fewest);

	if (err)
		return err;
	WRITE_ONCE(net->active, fewest);
	err = craft_net_send_pairs(net, pairs);
	if (err)
		pairs = before;
	for (i = 0; i < pairs && net->open; i++)
		if (!net->rx[i].open)
			craft_net_open_rx(&net->rx[i]);
	WRITE_ONCE(net->active, pairs);
	return netif_set_real_num_queues(net->dev, pairs, pairs) ?: err;
}
