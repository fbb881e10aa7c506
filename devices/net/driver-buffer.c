// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers to receive with, and packets taken from them. A buffer is one page, or
 * several where big packets must fit and none may fill more than one buffer, or
 * half a one where no packet is larger: what a packet holds of a socket's memory
 * is its whole buffer. In the first page are, before what the device writes, our notes and room for
 * headers to come, and behind it room for what turns the page into an skb. So
 * most packets are never copied.
 */
#include <linux/etherdevice.h>

#include "driver.h"

#define CRAFT_NET_TAILROOM	SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define CRAFT_NET_HDR_MAX	sizeof(struct craft_net_hdr_hash)

/* At the start of a buffer, where the device does not write */
struct craft_net_buffer {
	u32 size;			/* of the first page, or of our half of it */
	u16 headroom;			/* where it writes from */
	u16 more;			/* pages besides the first */
	struct page *page[];
};

static_assert(struct_size_t(struct craft_net_buffer, page, MAX_SKB_FRAGS) <= XDP_PACKET_HEADROOM);

/* What the device may write into the first page, or half of one */
static unsigned int craft_net_space(unsigned int size, unsigned int headroom)
{
	return size - headroom - CRAFT_NET_TAILROOM;
}

static unsigned int craft_net_headroom(const struct craft_net *net)
{
	BUILD_BUG_ON(sizeof(struct craft_net_buffer) > NET_SKB_PAD);
	if (net->pages > 1 || rcu_access_pointer(net->xdp))
		return XDP_PACKET_HEADROOM;
	return NET_SKB_PAD + NET_IP_ALIGN;
}

/* Pages of a buffer for the largest packet */
unsigned int craft_net_pages(unsigned int packet)
{
	unsigned int more = CRAFT_NET_HDR_MAX + packet;

	if (more <= craft_net_space(PAGE_SIZE, NET_SKB_PAD + NET_IP_ALIGN))
		return 1;
	more -= craft_net_space(PAGE_SIZE, XDP_PACKET_HEADROOM);
	return 1 + min_t(unsigned int, DIV_ROUND_UP(more, PAGE_SIZE), MAX_SKB_FRAGS);
}

/* Of packets that fit into one page */
unsigned int craft_net_max_mtu(bool xdp)
{
	return craft_net_space(PAGE_SIZE, xdp ? XDP_PACKET_HEADROOM : NET_SKB_PAD + NET_IP_ALIGN) -
		CRAFT_NET_HDR_MAX - ETH_HLEN - VLAN_HLEN;
}

/* Half pages, into which no packet of the network's fits, must not make up too many of one. */
bool craft_net_fits_halves(unsigned int mtu, unsigned int halves)
{
	return CRAFT_NET_HDR_MAX + ETH_HLEN + VLAN_HLEN + mtu <=
		halves * craft_net_space(PAGE_SIZE / 2, NET_SKB_PAD + NET_IP_ALIGN);
}

/* That the largest packet fills. Halves may still be posted where they are no more. */
unsigned int craft_net_buffers(const struct craft_net *net, unsigned int mtu)
{
	unsigned int packet = CRAFT_NET_HDR_MAX + mtu + ETH_HLEN + VLAN_HLEN;
	unsigned int space = craft_net_space(PAGE_SIZE, XDP_PACKET_HEADROOM);

	if (!net->mergeable)
		return 1;
	if (craft_net_receives_gso(net->vdev))
		packet = CRAFT_NET_RX_BIG_HASH;
	else if (craft_net_fits_halves(mtu, MAX_SKB_FRAGS))
		space = craft_net_space(PAGE_SIZE / 2, NET_SKB_PAD + NET_IP_ALIGN);
	return DIV_ROUND_UP(packet, space);
}

/* Those of XDP need more headroom, and those that somebody put together are large. */
static unsigned int craft_net_buffer_size(const struct craft_net *net)
{
	bool half = net->pages == 1 && !rcu_access_pointer(net->xdp) &&
		    !craft_net_receives_gso(net->vdev) && craft_net_fits_halves(net->dev->mtu, 1);

	return half ? PAGE_SIZE / 2 : PAGE_SIZE;
}

/* Posting */

static void craft_net_free_buffer(struct craft_net_rx *rx, struct craft_net_buffer *buffer,
				  bool napi)
{
	while (buffer->more)
		craft_net_put_page(rx, buffer->page[--buffer->more], napi);
	craft_net_put_page(rx, virt_to_page(buffer), napi);
}

static struct craft_net_buffer *craft_net_make_buffer(struct craft_net_rx *rx)
{
	unsigned int size = craft_net_buffer_size(rx->net), offset;
	struct page *page = craft_net_get_part(rx, &offset, &size);
	struct craft_net_buffer *buffer;

	if (!page)
		return NULL;
	buffer = page_address(page) + offset;
	buffer->size = size;
	buffer->headroom = craft_net_headroom(rx->net);
	buffer->more = 0;
	while (buffer->more < rx->net->pages - 1) {
		size = PAGE_SIZE;
		page = craft_net_get_part(rx, &offset, &size);
		if (!page) {
			craft_net_free_buffer(rx, buffer, false);
			return NULL;
		}
		buffer->page[buffer->more++] = page;
	}
	return buffer;
}

static int craft_net_post(struct craft_net_rx *rx)
{
	struct craft_net_buffer *buffer = craft_net_make_buffer(rx);
	unsigned int i;
	int err;

	if (!buffer)
		return -ENOMEM;
	sg_init_table(rx->sg, 1 + buffer->more);
	sg_set_buf(rx->sg, (void *)buffer + buffer->headroom,
		   craft_net_space(buffer->size, buffer->headroom));
	for (i = 0; i < buffer->more; i++)
		sg_set_page(&rx->sg[1 + i], buffer->page[i], PAGE_SIZE, 0);
	err = virtqueue_add_inbuf(rx->vq, rx->sg, 1 + buffer->more, buffer, GFP_ATOMIC);
	if (err)
		craft_net_free_buffer(rx, buffer, false);
	return err;
}

/* As many as fit; false if there was no memory for them. */
bool craft_net_fill(struct craft_net_rx *rx)
{
	int err = 0;

	while (rx->vq->num_free && !err)
		err = craft_net_post(rx);
	if (virtqueue_kick_prepare(rx->vq) && virtqueue_notify(rx->vq))
		craft_net_count(&rx->counts, CRAFT_NET_RX_KICKS, 1);
	return err != -ENOMEM;
}

/* Taking packets from their buffers */

static void craft_net_add_frag(struct xdp_buff *xdp, struct page *page, unsigned int len)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);

	if (!xdp_buff_has_frags(xdp)) {
		xdp_buff_set_frags_flag(xdp);
		info->nr_frags = 0;
		info->xdp_frags_size = 0;
	}
	skb_frag_fill_page_desc(&info->frags[info->nr_frags++], page, 0, len);
	info->xdp_frags_size += len;
	if (page_is_pfmemalloc(page))
		xdp_buff_set_frag_pfmemalloc(xdp);
}

/* The first buffer of a packet, or all of it; false if @len cannot be. */
static bool craft_net_take_first(struct craft_net_rx *rx, struct craft_net_buffer *buffer,
				 unsigned int len, struct xdp_buff *xdp)
{
	unsigned int space = craft_net_space(buffer->size, buffer->headroom);
	unsigned int head = min(len, space), i;

	if (len < rx->net->hdr_len + ETH_HLEN || len > space + buffer->more * PAGE_SIZE) {
		craft_net_free_buffer(rx, buffer, true);
		return false;
	}
	xdp_init_buff(xdp, buffer->size, &rx->xdp_rxq);
	xdp_prepare_buff(xdp, (void *)buffer, buffer->headroom, head, true);
	for (i = 0, len -= head; i < buffer->more; i++) {
		unsigned int part = min_t(unsigned int, len, PAGE_SIZE);

		if (part)
			craft_net_add_frag(xdp, buffer->page[i], part);
		else
			craft_net_put_page(rx, buffer->page[i], true);
		len -= part;
	}
	return true;
}

/* A buffer that is not a packet's first holds its bytes behind the headroom. */
static int craft_net_take_next(struct craft_net_rx *rx, struct xdp_buff *xdp)
{
	struct skb_shared_info *info = xdp_get_shared_info_from_buff(xdp);
	struct craft_net_buffer *buffer;
	unsigned int len, offset;

	buffer = virtqueue_get_buf(rx->vq, &len);
	if (!buffer)
		return -ENOENT;
	offset = offset_in_page(buffer) + buffer->headroom;
	if (!len || len > craft_net_space(buffer->size, buffer->headroom)) {
		craft_net_free_buffer(rx, buffer, true);
		return -EINVAL;
	}
	if (xdp_buff_has_frags(xdp) && info->nr_frags == MAX_SKB_FRAGS) {
		craft_net_free_buffer(rx, buffer, true);
		return -ENOBUFS;
	}
	craft_net_add_frag(xdp, virt_to_page(buffer), len);
	skb_frag_off_set(&info->frags[info->nr_frags - 1], offset);
	return 0;
}

/*
 * The other buffers of a packet. If one of them is wrong they are taken all the
 * same, and dropped: they are not the start of another packet.
 */
static bool craft_net_take_others(struct craft_net_rx *rx, unsigned int buffers,
				  struct xdp_buff *xdp)
{
	int err = buffers ? 0 : -EINVAL, this = 0;

	while (buffers > 1 && this != -ENOENT) {
		this = craft_net_take_next(rx, xdp);
		err = err ?: this;
		buffers--;
	}
	if (!err)
		return true;
	craft_net_count(&rx->counts, err == -ENOBUFS ? CRAFT_NET_RX_DROPS :
			CRAFT_NET_RX_LENGTH_ERRORS, 1);
	xdp_return_buff(xdp);
	return false;
}

/* A whole packet, with its header in front of it */
bool craft_net_take(struct craft_net_rx *rx, struct craft_net_buffer *buffer, unsigned int len,
		    struct craft_net_hdr_hash *hdr, struct xdp_buff *xdp)
{
	if (!craft_net_take_first(rx, buffer, len, xdp)) {
		craft_net_count(&rx->counts, CRAFT_NET_RX_LENGTH_ERRORS, 1);
		return false;
	}
	memcpy(hdr, xdp->data, rx->net->hdr_len);
	xdp->data += rx->net->hdr_len;
	xdp->data_meta = xdp->data;
	return !rx->net->mergeable ||
		craft_net_take_others(rx, le16_to_cpu(hdr->hdr.num_buffers), xdp);
}

/* The queue is reset, and NAPI does not run. */
void craft_net_free_rx_buffer(struct virtqueue *vq, void *buffer)
{
	struct craft_net *net = vq->vdev->priv;

	craft_net_free_buffer(&net->rx[vq->index / 2], buffer, false);
}
