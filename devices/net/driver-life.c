// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's life, all under the RTNL: its queues are found, opened and closed
 * with the netdev, taken away from it for a reset or sleep, and given back.
 */
#include <linux/cpumask.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>

#include "driver.h"

#define CRAFT_NET_NOTHING_THERE	0xff	/* what a bus reads where no device is */

/* Virtqueues */

static bool craft_net_is_indirect(const struct craft_net *net)
{
	return craft_net_has(net, VIRTIO_RING_F_INDIRECT_DESC);
}

/* Descriptors for the largest packet, or for a large buffer to receive one */
unsigned int craft_net_least_ring(const struct craft_net *net)
{
	return craft_net_is_indirect(net) ? 2 : 2 + MAX_SKB_FRAGS;
}

static void craft_net_name_queues(struct craft_net *net, struct virtqueue_info *info)
{
	unsigned int i;

	for (i = 0; i < net->pairs; i++) {
		snprintf(net->rx[i].name, sizeof(net->rx[i].name), "receive.%u", i);
		info[CRAFT_NET_VQ_RX(i)].name = net->rx[i].name;
		info[CRAFT_NET_VQ_RX(i)].callback = craft_net_rx_interrupt;
		snprintf(net->tx[i].name, sizeof(net->tx[i].name), "transmit.%u", i);
		info[CRAFT_NET_VQ_TX(i)].name = net->tx[i].name;
		info[CRAFT_NET_VQ_TX(i)].callback = craft_net_tx_interrupt;
	}
	if (craft_net_has(net, CRAFT_NET_F_CTRL_VQ)) {
		info[CRAFT_NET_VQ_CTRL(net->pairs)].name = "control";
		info[CRAFT_NET_VQ_CTRL(net->pairs)].callback = craft_net_control_interrupt;
	}
}

static int craft_net_check_rings(struct craft_net *net, struct virtqueue **vqs)
{
	unsigned int i, size;

	for (i = 0; i < 2 * net->pairs; i++) {
		size = virtqueue_get_vring_size(vqs[i]);
		if (size < craft_net_least_ring(net)) {
			dev_err(&net->vdev->dev, "ring of %u, where a packet may need %u\n", size,
				craft_net_least_ring(net));
			return -EINVAL;
		}
	}
	return 0;
}

/* The CPUs take turns to be a queue's, for interrupts and for sending. */
static void craft_net_spread(struct craft_net *net, unsigned int i, struct cpumask *mask)
{
	unsigned int cpu, n = 0;

	cpumask_clear(mask);
	for_each_online_cpu(cpu)
		if (n++ % net->active == i)
			cpumask_set_cpu(cpu, mask);
	if (cpumask_empty(mask))
		return;
	virtqueue_set_affinity(net->rx[i].vq, mask);
	virtqueue_set_affinity(net->tx[i].vq, mask);
	netif_set_xps_queue(net->dev, mask, i);
}

static void craft_net_set_affinity(struct craft_net *net)
{
	cpumask_var_t mask;
	unsigned int i;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;
	for (i = 0; i < net->active; i++)
		craft_net_spread(net, i, mask);
	free_cpumask_var(mask);
}

static int craft_net_find_vqs(struct craft_net *net, struct virtqueue **vqs,
			      struct virtqueue_info *info, unsigned int count)
{
	unsigned int i;
	int err;

	craft_net_name_queues(net, info);
	err = virtio_find_vqs(net->vdev, count, vqs, info, NULL);
	if (err)
		return err;
	err = craft_net_check_rings(net, vqs);
	if (err) {
		net->vdev->config->del_vqs(net->vdev);
		return err;
	}
	for (i = 0; i < net->pairs; i++) {
		net->rx[i].vq = vqs[CRAFT_NET_VQ_RX(i)];
		net->tx[i].vq = vqs[CRAFT_NET_VQ_TX(i)];
		net->tx[i].room = craft_net_is_indirect(net) ? 1 : 2 + MAX_SKB_FRAGS;
	}
	if (craft_net_has(net, CRAFT_NET_F_CTRL_VQ))
		net->control = vqs[CRAFT_NET_VQ_CTRL(net->pairs)];
	return 0;
}

static int craft_net_find_queues(struct craft_net *net)
{
	unsigned int count = 2 * net->pairs + craft_net_has(net, CRAFT_NET_F_CTRL_VQ);
	struct virtqueue_info *info = kcalloc(count, sizeof(*info), GFP_KERNEL);
	struct virtqueue **vqs = kcalloc(count, sizeof(*vqs), GFP_KERNEL);
	int err = -ENOMEM;

	if (info && vqs)
		err = craft_net_find_vqs(net, vqs, info, count);
	kfree(vqs);
	kfree(info);
	return err;
}

/* Open and closed, with the netdev */

static void craft_net_open_queues(struct craft_net *net)
{
	unsigned int i;

	for (i = 0; i < net->pairs; i++)
		craft_net_open_tx(&net->tx[i]);
	for (i = 0; i < net->active; i++)
		craft_net_open_rx(&net->rx[i]);
	net->open = true;
}

static void craft_net_close_queues(struct craft_net *net)
{
	unsigned int i;

	if (!net->open)
		return;
	net->open = false;
	for (i = 0; i < net->pairs; i++) {
		if (net->rx[i].open)
			craft_net_close_rx(&net->rx[i]);
		craft_net_close_tx(&net->tx[i]);
	}
}

int craft_net_open(struct net_device *dev)
{
	struct craft_net *net = netdev_priv(dev);

	if (net->state != CRAFT_NET_RUNNING)
		return -ENODEV;
	craft_net_open_queues(net);
	return 0;
}

int craft_net_stop(struct net_device *dev)
{
	craft_net_close_queues(netdev_priv(dev));
	return 0;
}

/* Attached and detached: between, there are no queues */

/* Of a device that is there no more no reset would ever be done. */
static bool craft_net_is_there(struct virtio_device *vdev)
{
	return vdev->config->get_status(vdev) != CRAFT_NET_NOTHING_THERE;
}

static void craft_net_reset(struct virtio_device *vdev)
{
	if (craft_net_is_there(vdev)) {
		virtio_reset_device(vdev);
	} else {
		virtio_break_device(vdev);
		virtio_synchronize_cbs(vdev);
	}
}

static void craft_net_take_back(struct virtqueue *vq, void (*release)(struct virtqueue *, void *))
{
	void *token;

	while ((token = virtqueue_detach_unused_buf(vq)))
		if (release)
			release(vq, token);
}

/* From here on the device touches no memory. The queues are closed. */
void craft_net_detach(struct craft_net *net)
{
	unsigned int i;

	if (!net->rx[0].vq)
		return;
	craft_net_reset(net->vdev);
	for (i = 0; i < net->pairs; i++) {
		craft_net_take_back(net->rx[i].vq, craft_net_free_rx_buffer);
		craft_net_take_back(net->tx[i].vq, craft_net_free_tx_buffer);
		craft_net_reset_tx(&net->tx[i]);
		craft_net_destroy_pool(&net->rx[i]);
		net->rx[i].vq = NULL;
		net->tx[i].vq = NULL;
	}
	if (net->control)
		craft_net_take_back(net->control, NULL);
	craft_net_free_owed(net);
	net->control = NULL;
	net->vdev->config->del_vqs(net->vdev);
}

/* What the device forgot with the reset, or never knew */
static void craft_net_tell(struct craft_net *net)
{
	bool xdp = rtnl_dereference(net->xdp);
	int err = 0;

	if (net->active > 1 || craft_net_has(net, CRAFT_NET_F_RSS))
		err = craft_net_set_active(net, net->active);
	if (err) {
		dev_warn(&net->vdev->dev, "%u pairs of queues were refused (%d)\n", net->active,
			 err);
		net->active = 1;
		netif_set_real_num_queues(net->dev, 1, 1);
	}
	if (!craft_net_has(net, CRAFT_NET_F_RSS) && craft_net_hashes(net) &&
	    craft_net_send_rss(net, net->active))
		dev_warn(&net->vdev->dev, "hashes were refused\n");
	if (xdp || (net->dev->hw_features & ~net->dev->features) & CRAFT_NET_RECEIVING)
		err = craft_net_set_offloads(net, net->dev->features, xdp);
	if (err)
		dev_warn(&net->vdev->dev, "offloads were refused (%d)\n", err);
	craft_net_restore_coalesce(net);
	craft_net_restore_filters(net);
}

/* virtio_net switches changes of the configuration off, and leaves them so to the next driver. */
static void craft_net_hear_changes(struct virtio_device *vdev)
{
#ifdef CRAFT_NET_HAS_CONFIG_ENABLE
	virtio_config_driver_enable(vdev);
#endif
}

int craft_net_attach(struct craft_net *net)
{
	struct virtio_device *vdev = net->vdev;
	int err = craft_net_find_queues(net);
	unsigned int i;

	if (err)
		return err;
	for (i = 0; i < net->pairs && !err; i++)
		err = craft_net_create_pool(&net->rx[i]);
	if (!err && vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_DRIVER_OK) {
		dev_err(&vdev->dev, "device runs before it was started\n");
		err = -EIO;
	}
	if (err) {
		craft_net_detach(net);
		return err;
	}
	craft_net_set_affinity(net);
	virtio_device_ready(vdev);
	craft_net_hear_changes(vdev);
	net->state = CRAFT_NET_RUNNING;
	craft_net_tell(net);
	/* What changed meanwhile was told to nobody. */
	queue_work(net->wq, &net->config_work);
	return 0;
}

/* Sleep and recovery */

static void craft_net_quiesce(struct craft_net *net)
{
	netif_tx_lock_bh(net->dev);
	netif_device_detach(net->dev);
	netif_tx_unlock_bh(net->dev);
	craft_net_close_queues(net);
	craft_net_detach(net);
	net->state = CRAFT_NET_AWAY;
}

/* The counterpart, once the features are negotiated */
static int craft_net_resume(struct craft_net *net)
{
	int err = craft_net_attach(net);

	if (err)
		return err;
	if (netif_running(net->dev))
		craft_net_open_queues(net);
	netif_device_attach(net->dev);
	return 0;
}

int craft_net_freeze(struct virtio_device *vdev)
{
	struct craft_net *net = vdev->priv;

	rtnl_lock();
	if (net->state == CRAFT_NET_RUNNING)
		craft_net_quiesce(net);
	rtnl_unlock();
	return 0;
}

int craft_net_restore(struct virtio_device *vdev)
{
	struct craft_net *net = vdev->priv;
	int err = 0;

	rtnl_lock();
	if (net->state == CRAFT_NET_AWAY)
		err = craft_net_resume(net);
	if (err)
		net->state = CRAFT_NET_DEAD;
	rtnl_unlock();
	return err;
}

static int craft_net_negotiate(struct virtio_device *vdev)
{
	int err;

	if (!craft_net_is_there(vdev))
		return -ENODEV;
	virtio_add_status(vdev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	virtio_add_status(vdev, VIRTIO_CONFIG_S_DRIVER);
	err = vdev->config->finalize_features(vdev);
	if (err)
		return err;
	virtio_add_status(vdev, VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(vdev->config->get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK))
		return -ENODEV;
	return 0;
}

/* All buffers come back, and others are posted. */
static int craft_net_restart(struct craft_net *net)
{
	int err;

	craft_net_quiesce(net);
	err = craft_net_negotiate(net->vdev) ?: craft_net_resume(net);
	if (err)
		net->state = CRAFT_NET_DEAD;
	return err;
}

int craft_net_change_mtu(struct net_device *dev, int mtu)
{
	struct craft_net *net = netdev_priv(dev);
	struct bpf_prog *prog = rtnl_dereference(net->xdp);
	int err = prog ? craft_net_check_xdp(net, prog, mtu, NULL) : 0;
	bool halves = craft_net_fits_halves(dev->mtu, 1);

	if (err)
		return err;
	if (mtu > dev->mtu && !craft_net_fits_rings(net, mtu)) {
		netdev_err(dev, "a packet of %d bytes is more than a receive ring holds\n", mtu);
		return -EINVAL;
	}
	WRITE_ONCE(dev->mtu, mtu);
	/* What was posted for small packets, and stays when it is closed, is too little. */
	if (net->state == CRAFT_NET_RUNNING && halves && !craft_net_fits_halves(mtu, MAX_SKB_FRAGS))
		err = craft_net_restart(net);
	return err;
}

void craft_net_recovery(struct work_struct *work)
{
	struct craft_net *net = container_of(work, struct craft_net, recovery.work);
	struct device *dev = &net->vdev->dev;
	int err = 0;

	rtnl_lock();
	if (net->state == CRAFT_NET_RUNNING) {
		dev_warn(dev, "resetting the device\n");
		WRITE_ONCE(net->last_recovery, jiffies);
		err = craft_net_restart(net);
	}
	rtnl_unlock();
	if (err)
		dev_err(dev, "device does not start again (%d); unbind and bind it to start anew\n",
			err);
}
