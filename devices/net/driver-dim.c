// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coalescing of a queue's notifications, and adaptive coalescing of received
 * packets: the kernel's library watches how many come, and says how long the
 * device is to wait before it interrupts.
 */
#include <linux/rtnetlink.h>

#include "driver.h"

/* Of one queue; after its reset the device has forgotten it. */
int craft_net_send_coalesce(struct craft_net *net, const struct virtqueue *vq,
			    const struct craft_net_coalesce *coalesce)
{
	struct craft_net_coal_vq data = {
		.vq = cpu_to_le16(vq->index),
		.coal.max_packets = cpu_to_le32(coalesce->packets),
		.coal.max_usecs = cpu_to_le32(coalesce->usecs),
	};

	if (!craft_net_has(net, CRAFT_NET_F_VQ_NOTF_COAL))
		return -EOPNOTSUPP;
	return craft_net_command(net, CRAFT_NET_CTRL_COAL, CRAFT_NET_CTRL_COAL_VQ_SET, &data,
				 sizeof(data));
}

#if IS_REACHABLE(CONFIG_DIMLIB)

bool craft_net_adapts(const struct craft_net *net)
{
	return craft_net_has(net, CRAFT_NET_F_VQ_NOTF_COAL);
}

/* The RTNL's owner may wait for this work to end. */
static void craft_net_dim_work(struct work_struct *work)
{
	struct dim *dim = container_of(work, struct dim, work);
	struct craft_net_rx *rx = container_of(dim, struct craft_net_rx, dim);
	struct dim_cq_moder moder = net_dim_get_rx_moderation(dim->mode, dim->profile_ix);
	struct craft_net_coalesce coalesce = { .packets = moder.pkts, .usecs = moder.usec };

	if (!rtnl_trylock()) {
		if (READ_ONCE(rx->open))
			queue_work(rx->net->wq, work);
		return;
	}
	if (rx->open && rx->adaptive && !craft_net_send_coalesce(rx->net, rx->vq, &coalesce))
		rx->coalesce = coalesce;
	rtnl_unlock();
	dim->state = DIM_START_MEASURE;
}

void craft_net_init_dim(struct craft_net_rx *rx)
{
	INIT_WORK(&rx->dim.work, craft_net_dim_work);
	rx->dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
}

void craft_net_stop_dim(struct craft_net_rx *rx)
{
	cancel_work_sync(&rx->dim.work);
	rx->dim.state = DIM_START_MEASURE;
}

/* At the end of a poll that had something to do */
void craft_net_watch_dim(struct craft_net_rx *rx)
{
	struct dim_sample sample = {};

	if (!READ_ONCE(rx->adaptive))
		return;
	dim_update_sample(rx->interrupts, u64_stats_read(&rx->counts.of[CRAFT_NET_RX_PACKETS]),
			  u64_stats_read(&rx->counts.of[CRAFT_NET_RX_BYTES]), &sample);
#ifdef CRAFT_NET_HAS_SAMPLE_POINTER
	net_dim(&rx->dim, &sample);
#else
	net_dim(&rx->dim, sample);
#endif
}

#else

bool craft_net_adapts(const struct craft_net *net)
{
	return false;
}

void craft_net_init_dim(struct craft_net_rx *rx)
{
}

void craft_net_stop_dim(struct craft_net_rx *rx)
{
}

void craft_net_watch_dim(struct craft_net_rx *rx)
{
}

#endif
