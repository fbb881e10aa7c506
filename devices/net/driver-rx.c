// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: a packet becomes an skb around the page that it is in, and what
 * came with it in its header is checked. Short packets are copied, and their
 * page is posted again.
 */
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/virtio_net.h>

#include "driver.h"

#define CRAFT_NET_COPIED	256U	/* packets up to so long are copied */

/* To the stack */

/* Around the page in which the packet is */
static struct sk_buff *craft_net_wrap(struct craft_net_rx *rx, const struct xdp_buff *xdp)
{
	const struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	bool frags = xdp_buff_has_frags(xdp);
	unsigned int count = frags ? info->nr_frags : 0;
	unsigned int size = frags ? info->xdp_frags_size : 0;
	struct sk_buff *skb = napi_build_skb(xdp->data_hard_start, xdp->frame_sz);

	if (!skb)
		return NULL;
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	__skb_put(skb, xdp->data_end - xdp->data);
	if (xdp->data_meta < xdp->data)
		skb_metadata_set(skb, xdp->data - xdp->data_meta);
	craft_net_mark_recycled(skb);
	if (!count)
		return skb;
	skb_shinfo(skb)->nr_frags = count;
	skb->len += size;
	skb->data_len += size;
	skb->truesize += count * PAGE_SIZE;
	/* Newer kernels have no function for this question. */
	skb->pfmemalloc |= !!(xdp->flags & XDP_FLAGS_FRAGS_PF_MEMALLOC);
	return skb;
}

static struct sk_buff *craft_net_copy(struct craft_net_rx *rx, struct xdp_buff *xdp)
{
	unsigned int len = xdp->data_end - xdp->data;
	struct sk_buff *skb = napi_alloc_skb(&rx->napi, len);

	if (!skb)
		return NULL;
	skb_put_data(skb, xdp->data, len);
	xdp_return_buff(xdp);
	return skb;
}

static struct sk_buff *craft_net_build(struct craft_net_rx *rx, struct xdp_buff *xdp)
{
	struct sk_buff *skb;

	if (!xdp_buff_has_frags(xdp) && xdp->data_end - xdp->data <= CRAFT_NET_COPIED &&
	    xdp->data_meta == xdp->data)
		skb = craft_net_copy(rx, xdp);
	else
		skb = craft_net_wrap(rx, xdp);
	if (skb)
		return skb;
	craft_net_count(&rx->counts, CRAFT_NET_RX_DROPS, 1);
	xdp_return_buff(xdp);
	return NULL;
}

/* Only what was negotiated; where sums and segments are is checked by virtio_net_hdr_to_skb(). */
static bool craft_net_is_negotiated(const struct craft_net *net, const struct craft_net_hdr *hdr)
{
	bool ecn = hdr->gso_type & CRAFT_NET_GSO_ECN;

	if (hdr->flags & CRAFT_NET_HDR_NEEDS_CSUM && !craft_net_has(net, CRAFT_NET_F_GUEST_CSUM))
		return false;
	switch (hdr->gso_type & ~CRAFT_NET_GSO_ECN) {
	case CRAFT_NET_GSO_NONE:
		return !ecn;
	case CRAFT_NET_GSO_TCPV4:
		return craft_net_has(net, CRAFT_NET_F_GUEST_TSO4) &&
			(!ecn || craft_net_has(net, CRAFT_NET_F_GUEST_ECN));
	case CRAFT_NET_GSO_TCPV6:
		return craft_net_has(net, CRAFT_NET_F_GUEST_TSO6) &&
			(!ecn || craft_net_has(net, CRAFT_NET_F_GUEST_ECN));
	case CRAFT_NET_GSO_UDP_L4:
		return !ecn && (craft_net_has(net, CRAFT_NET_F_GUEST_USO4) ||
				craft_net_has(net, CRAFT_NET_F_GUEST_USO6));
	default:
		return false;
	}
}

static void craft_net_deliver(struct craft_net_rx *rx, struct sk_buff *skb,
			      const struct craft_net_hdr_hash *with_hash)
{
	const struct craft_net_hdr *hdr = &with_hash->hdr;
	struct net_device *dev = rx->net->dev;

	if (hdr->flags & CRAFT_NET_HDR_DATA_VALID && dev->features & NETIF_F_RXCSUM)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (!craft_net_is_negotiated(rx->net, hdr) ||
	    virtio_net_hdr_to_skb(skb, (const struct virtio_net_hdr *)hdr, true)) {
		if (net_ratelimit())
			netdev_warn(dev, "header of a packet is wrong: flags %#x, GSO %u of %u\n",
				    hdr->flags, hdr->gso_type, le16_to_cpu(hdr->gso_size));
		craft_net_count(&rx->counts, CRAFT_NET_RX_HEADER_ERRORS, 1);
		dev_kfree_skb_any(skb);
		return;
	}
	craft_net_count(&rx->counts, CRAFT_NET_RX_PACKETS, 1);
	craft_net_count(&rx->counts, CRAFT_NET_RX_BYTES, skb->len);
	craft_net_set_hash(rx->net, skb, with_hash);
	skb_record_rx_queue(skb, rx - rx->net->rx);
	skb->protocol = eth_type_trans(skb, dev);
	napi_gro_receive(&rx->napi, skb);
}

static enum craft_net_verdict craft_net_receive(struct craft_net_rx *rx,
						struct craft_net_buffer *buffer, unsigned int len)
{
	enum craft_net_verdict verdict = CRAFT_NET_PASS;
	struct craft_net_hdr_hash hdr = {};
	struct bpf_prog *prog;
	struct sk_buff *skb;
	struct xdp_buff xdp;

	if (!craft_net_take(rx, buffer, len, &hdr, &xdp))
		return CRAFT_NET_GONE;
	prog = rcu_dereference_bh(rx->net->xdp);
	if (prog)
		verdict = craft_net_run_xdp(rx, prog, &hdr, &xdp);
	if (verdict != CRAFT_NET_PASS)
		return verdict;
	skb = craft_net_build(rx, &xdp);
	if (skb)
		craft_net_deliver(rx, skb, &hdr);
	return CRAFT_NET_PASS;
}

/* NAPI */

/* A packet for which too little is posted waits for more, and wakes nobody. */
static bool craft_net_is_hungry(const struct craft_net_rx *rx, int budget)
{
	unsigned int size = virtqueue_get_vring_size(rx->vq);
	unsigned int least = craft_net_buffers(rx->net, READ_ONCE(rx->net->dev->mtu));

	return rx->vq->num_free > min_t(unsigned int, budget, size) / 2 ||
		size - rx->vq->num_free < least;
}

static int craft_net_receive_some(struct craft_net_rx *rx, int budget)
{
	bool sent = false, redirected = false;
	enum craft_net_verdict verdict;
	unsigned int len;
	void *buffer;
	int done = 0;

	while (done < budget && (buffer = virtqueue_get_buf(rx->vq, &len))) {
		verdict = craft_net_receive(rx, buffer, len);
		sent |= verdict == CRAFT_NET_SENT;
		redirected |= verdict == CRAFT_NET_REDIRECTED;
		done++;
	}
	craft_net_flush_xdp(rx, sent, redirected);
	return done;
}

static int craft_net_poll(struct napi_struct *napi, int budget)
{
	struct craft_net_rx *rx = container_of(napi, struct craft_net_rx, napi);
	unsigned int opaque;
	int done;

	craft_net_collect_tx(&rx->net->tx[rx - rx->net->rx]);
	done = craft_net_receive_some(rx, budget);
	if (budget && craft_net_is_hungry(rx, budget) && !craft_net_fill(rx))
		mod_timer(&rx->retry, jiffies + HZ / 10);
	if (unlikely(virtqueue_is_broken(rx->vq)))
		craft_net_recover(rx->net);
	if (done == budget)
		return budget;
	craft_net_watch_dim(rx);
	opaque = virtqueue_enable_cb_prepare(rx->vq);
	if (!napi_complete_done(napi, done)) {
		virtqueue_disable_cb(rx->vq);
	} else if (unlikely(virtqueue_poll(rx->vq, opaque)) && napi_schedule_prep(napi)) {
		virtqueue_disable_cb(rx->vq);
		__napi_schedule(napi);
	}
	return done;
}

void craft_net_rx_interrupt(struct virtqueue *vq)
{
	struct craft_net *net = vq->vdev->priv;
	struct craft_net_rx *rx = &net->rx[vq->index / 2];

	rx->interrupts++;
	if (napi_schedule_prep(&rx->napi)) {
		virtqueue_disable_cb(vq);
		__napi_schedule(&rx->napi);
	}
}

static void craft_net_retry(struct timer_list *timer)
{
	struct craft_net_rx *rx = container_of(timer, struct craft_net_rx, retry);

	napi_schedule(&rx->napi);
}

/* What came while NAPI was off, and what buffers there is no memory for, is seen to by a poll. */
void craft_net_open_rx(struct craft_net_rx *rx)
{
	rx->open = true;
	napi_enable(&rx->napi);
	local_bh_disable();
	napi_schedule(&rx->napi);
	local_bh_enable();
}

void craft_net_close_rx(struct craft_net_rx *rx)
{
	WRITE_ONCE(rx->open, false);
	napi_disable(&rx->napi);
	timer_delete_sync(&rx->retry);
	craft_net_stop_dim(rx);
}

void craft_net_init_rx(struct craft_net *net, unsigned int i)
{
	struct craft_net_rx *rx = &net->rx[i];

	rx->net = net;
	u64_stats_init(&rx->counts.sync);
	timer_setup(&rx->retry, craft_net_retry, 0);
	craft_net_init_dim(rx);
	netif_napi_add(net->dev, &rx->napi, craft_net_poll);
}
