// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending. A single packet asks for no interrupt: what comes in, or the next
 * one to be sent, collects it, and after a while a timer. Once several are under
 * way, or the stack waits for room, the device is to interrupt.
 */
#include <linux/etherdevice.h>
#include <linux/virtio_net.h>

#include "driver.h"

#define CRAFT_NET_PATIENCE	6	/* timeouts, of 5 s each */
#define CRAFT_NET_NUDGE		HZ
#define CRAFT_NET_FRAME		1UL	/* in the token: it is a frame of XDP, not an skb */

static struct netdev_queue *craft_net_queue(const struct craft_net_tx *tx)
{
	return netdev_get_tx_queue(tx->net->dev, tx - tx->net->tx);
}

/* Collecting, under the lock of the netdev's queue */

static bool craft_net_is_frame(void *token)
{
	return (unsigned long)token & CRAFT_NET_FRAME;
}

static struct xdp_frame *craft_net_to_frame(void *token)
{
	return (void *)((unsigned long)token & ~CRAFT_NET_FRAME);
}

static void craft_net_reclaim(struct craft_net_tx *tx, bool napi)
{
	unsigned int packets = 0, bytes = 0, frames = 0, frame_bytes = 0, len;
	void *token;

	while ((token = virtqueue_get_buf(tx->vq, &len))) {
		if (craft_net_is_frame(token)) {
			frames++;
			frame_bytes += xdp_get_frame_len(craft_net_to_frame(token)) -
				tx->net->hdr_len;
			xdp_return_frame(craft_net_to_frame(token));
			continue;
		}
		packets++;
		bytes += ((struct sk_buff *)token)->len;
		napi_consume_skb(token, napi);
	}
	if (!packets && !frames)
		return;
	tx->in_flight -= packets + frames;
	tx->timeouts = 0;
	WRITE_ONCE(tx->progress, jiffies);
	craft_net_count(&tx->counts, CRAFT_NET_TX_PACKETS, packets + frames);
	craft_net_count(&tx->counts, CRAFT_NET_TX_BYTES, bytes + frame_bytes);
	netdev_tx_completed_queue(craft_net_queue(tx), packets, bytes);
}

/* The stack goes on as soon as any packet fits. */
static void craft_net_wake(struct craft_net_tx *tx)
{
	struct netdev_queue *queue = craft_net_queue(tx);

	if (tx->paused || tx->vq->num_free < tx->room || !netif_tx_queue_stopped(queue))
		return;
	craft_net_count(&tx->counts, CRAFT_NET_TX_WAKES, 1);
	netif_tx_wake_queue(queue);
}

/* From the receiving side, which needs no interrupt for it */
void craft_net_collect_tx(struct craft_net_tx *tx)
{
	struct netdev_queue *queue = craft_net_queue(tx);

	if (!READ_ONCE(tx->in_flight) || !__netif_tx_trylock(queue))
		return;
	if (!tx->paused) {
		craft_net_reclaim(tx, true);
		craft_net_wake(tx);
	}
	__netif_tx_unlock(queue);
}

/* A device that does nothing for so long may have missed its notification. */
static void craft_net_late(struct timer_list *timer)
{
	struct craft_net_tx *tx = container_of(timer, struct craft_net_tx, late);

	if (!READ_ONCE(tx->in_flight))
		return;
	if (time_after(jiffies, READ_ONCE(tx->progress) + CRAFT_NET_NUDGE))
		virtqueue_notify(tx->vq);
	napi_schedule(&tx->napi);
}

static void craft_net_look_again(struct craft_net_tx *tx, unsigned long delay)
{
	if (!timer_pending(&tx->late) || time_after(tx->late.expires, jiffies + delay))
		mod_timer(&tx->late, jiffies + delay);
}

static int craft_net_poll_tx(struct napi_struct *napi, int budget)
{
	struct craft_net_tx *tx = container_of(napi, struct craft_net_tx, napi);
	struct netdev_queue *queue = craft_net_queue(tx);
	bool again = false;

	__netif_tx_lock(queue, smp_processor_id());
	virtqueue_disable_cb(tx->vq);
	craft_net_reclaim(tx, budget);
	craft_net_wake(tx);
	if (tx->in_flight) {
		again = !virtqueue_enable_cb_delayed(tx->vq);
		craft_net_look_again(tx, CRAFT_NET_NUDGE);
	}
	if (again || !napi_complete_done(napi, 0))
		virtqueue_disable_cb(tx->vq);
	__netif_tx_unlock(queue);
	if (unlikely(virtqueue_is_broken(tx->vq)))
		craft_net_recover(tx->net);
	return again ? budget : 0;
}

void craft_net_tx_interrupt(struct virtqueue *vq)
{
	struct craft_net *net = vq->vdev->priv;
	struct craft_net_tx *tx = &net->tx[vq->index / 2];

	if (napi_schedule_prep(&tx->napi)) {
		virtqueue_disable_cb(vq);
		__napi_schedule(&tx->napi);
	}
}

/* So that what is under way is collected. */
static void craft_net_await(struct craft_net_tx *tx)
{
	if (tx->in_flight > 1 || netif_xmit_stopped(craft_net_queue(tx))) {
		if (!virtqueue_enable_cb_delayed(tx->vq)) {
			virtqueue_disable_cb(tx->vq);
			napi_schedule(&tx->napi);
		}
		craft_net_look_again(tx, CRAFT_NET_NUDGE);
	} else if (tx->in_flight) {
		craft_net_look_again(tx, 1);
	}
}

/* True if the stack must wait for room. */
static bool craft_net_stop_if_full(struct craft_net_tx *tx)
{
	if (tx->vq->num_free >= tx->room)
		return false;
	netif_tx_stop_queue(craft_net_queue(tx));
	craft_net_count(&tx->counts, CRAFT_NET_TX_STOPS, 1);
	return true;
}

static void craft_net_kick(struct craft_net_tx *tx)
{
	if (virtqueue_kick_prepare(tx->vq) && virtqueue_notify(tx->vq))
		craft_net_count(&tx->counts, CRAFT_NET_TX_KICKS, 1);
}

/* Packets of the stack */

/* The header goes right before the packet where there is room, else into the skb's own notes. */
static int craft_net_add(struct craft_net_tx *tx, struct sk_buff *skb)
{
	unsigned int hdr_len = tx->net->hdr_len;
	bool before = skb_headroom(skb) >= hdr_len && !skb_header_cloned(skb) &&
		      IS_ALIGNED((unsigned long)skb->data, __alignof__(struct craft_net_hdr));
	struct craft_net_hdr *hdr = before ? (void *)skb->data - hdr_len : (void *)skb->cb;
	int count = before ? 0 : 1, err;

	BUILD_BUG_ON(sizeof(skb->cb) < sizeof(struct craft_net_hdr_hash));
	if (virtio_net_hdr_from_skb(skb, (struct virtio_net_hdr *)hdr, true, false, 0))
		return -EPROTO;
	memset(&hdr->num_buffers, 0, hdr_len - offsetof(struct craft_net_hdr, num_buffers));
	sg_init_table(tx->sg, count + 1 + skb_shinfo(skb)->nr_frags);
	if (before)
		__skb_push(skb, hdr_len);
	else
		sg_set_buf(tx->sg, hdr, hdr_len);
	err = skb_to_sgvec(skb, tx->sg + count, 0, skb->len);
	if (before)
		__skb_pull(skb, hdr_len);
	return err < 0 ? err :
		virtqueue_add_outbuf(tx->vq, tx->sg, count + err, skb, GFP_ATOMIC);
}

static void craft_net_drop(struct craft_net_tx *tx, struct sk_buff *skb, int err)
{
	craft_net_count(&tx->counts, CRAFT_NET_TX_DROPS, 1);
	if (err == -EIO)
		craft_net_recover(tx->net);
	dev_kfree_skb_any(skb);
}

netdev_tx_t craft_net_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct craft_net *net = netdev_priv(dev);
	struct craft_net_tx *tx = &net->tx[skb_get_queue_mapping(skb)];
	struct netdev_queue *queue = craft_net_queue(tx);
	bool more = netdev_xmit_more();
	unsigned int len = skb->len;
	int err;

	virtqueue_disable_cb(tx->vq);
	craft_net_reclaim(tx, false);
	skb_tx_timestamp(skb);
	err = craft_net_add(tx, skb);
	if (unlikely(err)) {
		craft_net_drop(tx, skb, err);
	} else {
		if (!tx->in_flight++)
			WRITE_ONCE(tx->progress, jiffies);
		more = !__netdev_tx_sent_queue(queue, len, more);
	}
	if (!craft_net_stop_if_full(tx) && more)
		return NETDEV_TX_OK;
	craft_net_kick(tx);
	craft_net_await(tx);
	return NETDEV_TX_OK;
}

/*
 * The interrupt, or our notification, may have been lost, or the network may
 * take nothing for a while. Only a device that does nothing for long is reset.
 */
void craft_net_tx_timeout(struct net_device *dev, unsigned int queue)
{
	struct craft_net *net = netdev_priv(dev);
	struct craft_net_tx *tx = &net->tx[queue];

	craft_net_count(&tx->counts, CRAFT_NET_TX_TIMEOUTS, 1);
	netdev_warn(dev, "%s: %u packets wait and none is sent\n", tx->name, tx->in_flight);
	if (++tx->timeouts < CRAFT_NET_PATIENCE) {
		virtqueue_notify(tx->vq);
		napi_schedule(&tx->napi);
	} else {
		craft_net_recover(net);
	}
}

/* Frames of XDP */

/* Its length includes our header from here on. */
static int craft_net_add_frame(struct craft_net_tx *tx, struct xdp_frame *frame)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_frame(frame);
	unsigned int frags = xdp_frame_has_frags(frame) ? info->nr_frags : 0, i;
	void *token = (void *)((unsigned long)frame | CRAFT_NET_FRAME);
	unsigned int hdr_len = tx->net->hdr_len;

	if (unlikely(frame->headroom < hdr_len || frags > MAX_SKB_FRAGS))
		return -EOVERFLOW;
	frame->headroom -= hdr_len;
	frame->data -= hdr_len;
	frame->len += hdr_len;
	memset(frame->data, 0, hdr_len);
	sg_init_table(tx->sg, 1 + frags);
	sg_set_buf(tx->sg, frame->data, frame->len);
	for (i = 0; i < frags; i++)
		sg_set_page(&tx->sg[1 + i], skb_frag_page(&info->frags[i]),
			    skb_frag_size(&info->frags[i]), skb_frag_off(&info->frags[i]));
	return virtqueue_add_outbuf(tx->vq, tx->sg, 1 + frags, token, GFP_ATOMIC);
}

static int craft_net_add_frames(struct craft_net_tx *tx, struct xdp_frame **frames, int n)
{
	int sent = 0;

	while (sent < n && !craft_net_add_frame(tx, frames[sent]))
		sent++;
	tx->in_flight += sent;
	if (n) {
		craft_net_count(&tx->counts, CRAFT_NET_TX_XDP, sent);
		craft_net_count(&tx->counts, CRAFT_NET_TX_XDP_DROPS, n - sent);
	}
	return sent;
}

/* Beside the stack, which uses the same queue; returns how many the device now has. */
int craft_net_send_frames(struct craft_net *net, unsigned int i, struct xdp_frame **frames,
			  int n, bool kick)
{
	struct craft_net_tx *tx = &net->tx[i % READ_ONCE(net->active)];
	struct netdev_queue *queue = craft_net_queue(tx);
	int sent = 0;

	__netif_tx_lock(queue, smp_processor_id());
	if (!tx->paused) {
		virtqueue_disable_cb(tx->vq);
		craft_net_reclaim(tx, false);
		sent = craft_net_add_frames(tx, frames, n);
		txq_trans_cond_update(queue);
		if (craft_net_stop_if_full(tx) || kick) {
			craft_net_kick(tx);
			craft_net_await(tx);
		}
	}
	__netif_tx_unlock(queue);
	return sent;
}

int craft_net_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames, u32 flags)
{
	struct craft_net *net = netdev_priv(dev);

	if (unlikely(flags & ~XDP_XMIT_FLAGS_MASK))
		return -EINVAL;
	return craft_net_send_frames(net, smp_processor_id(), frames, n,
				     flags & XDP_XMIT_FLUSH);
}

/* Life */

/* Once paused, nobody is in the virtqueue, and nobody comes. */
void craft_net_pause_tx(struct craft_net_tx *tx, bool paused)
{
	struct netdev_queue *queue = craft_net_queue(tx);

	__netif_tx_lock_bh(queue);
	tx->paused = paused;
	if (paused)
		netif_tx_stop_queue(queue);
	else
		netif_tx_wake_queue(queue);
	__netif_tx_unlock_bh(queue);
}

void craft_net_open_tx(struct craft_net_tx *tx)
{
	napi_enable(&tx->napi);
	craft_net_pause_tx(tx, false);
	local_bh_disable();
	napi_schedule(&tx->napi);
	local_bh_enable();
}

void craft_net_close_tx(struct craft_net_tx *tx)
{
	craft_net_pause_tx(tx, true);
	napi_disable(&tx->napi);
	timer_delete_sync(&tx->late);
}

/* The queue is reset, and paused: what was on its way is lost. */
void craft_net_free_tx_buffer(struct virtqueue *vq, void *token)
{
	struct craft_net *net = vq->vdev->priv;

	craft_net_count(&net->tx[vq->index / 2].counts, CRAFT_NET_TX_DROPS, 1);
	if (craft_net_is_frame(token))
		xdp_return_frame(craft_net_to_frame(token));
	else
		dev_kfree_skb_any(token);
}

/* All that was in flight is taken back. */
void craft_net_reset_tx(struct craft_net_tx *tx)
{
	tx->in_flight = 0;
	tx->timeouts = 0;
	netdev_tx_reset_queue(craft_net_queue(tx));
}

void craft_net_init_tx(struct craft_net *net, unsigned int i)
{
	struct craft_net_tx *tx = &net->tx[i];

	tx->net = net;
	tx->paused = true;
	u64_stats_init(&tx->counts.sync);
	timer_setup(&tx->late, craft_net_late, 0);
	netif_napi_add_tx(net->dev, &tx->napi, craft_net_poll_tx);
}
