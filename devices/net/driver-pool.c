// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages that a receive queue posts: of a page pool, to which the stack and
 * XDP return them, or of the kernel's at large where it has no page pools.
 */
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/skbuff.h>
#ifdef CONFIG_PAGE_POOL
#include <net/page_pool/helpers.h>
#endif

#include "driver.h"

#define CRAFT_NET_POOL_PAGES	1024U	/* kept for reuse, at most */

#ifdef CONFIG_PAGE_POOL
/* The virtqueue maps what it is given, where that is needed at all. */
static int craft_net_make_pool(struct craft_net_rx *rx)
{
	struct page_pool_params params = {
		.pool_size = min(virtqueue_get_vring_size(rx->vq) * rx->net->pages,
				 CRAFT_NET_POOL_PAGES),
		.nid = NUMA_NO_NODE,
		.napi = &rx->napi,
		.netdev = rx->net->dev,
	};
	struct page_pool *pool = page_pool_create(&params);

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	rx->pool = pool;
	return xdp_rxq_info_reg_mem_model(&rx->xdp_rxq, MEM_TYPE_PAGE_POOL, pool);
}

static void craft_net_free_pool(struct craft_net_rx *rx)
{
	if (rx->pool)
		page_pool_destroy(rx->pool);
	rx->pool = NULL;
}

/* A page, or part of one, which others share */
struct page *craft_net_get_part(struct craft_net_rx *rx, unsigned int *offset, unsigned int *size)
{
	return page_pool_dev_alloc(rx->pool, offset, size);
}

/* @napi: called by the queue's own NAPI, of which a pool keeps a cache */
void craft_net_put_page(struct craft_net_rx *rx, struct page *page, bool napi)
{
	page_pool_put_full_page(rx->pool, page, napi);
}

void craft_net_mark_recycled(struct sk_buff *skb)
{
	skb_mark_for_recycle(skb);
}
#else
static int craft_net_make_pool(struct craft_net_rx *rx)
{
	return xdp_rxq_info_reg_mem_model(&rx->xdp_rxq, MEM_TYPE_PAGE_ORDER0, NULL);
}

static void craft_net_free_pool(struct craft_net_rx *rx)
{
}

struct page *craft_net_get_part(struct craft_net_rx *rx, unsigned int *offset, unsigned int *size)
{
	*offset = 0;
	*size = PAGE_SIZE;
	return dev_alloc_page();
}

void craft_net_put_page(struct craft_net_rx *rx, struct page *page, bool napi)
{
	put_page(page);
}

void craft_net_mark_recycled(struct sk_buff *skb)
{
}
#endif

int craft_net_create_pool(struct craft_net_rx *rx)
{
	int err = xdp_rxq_info_reg(&rx->xdp_rxq, rx->net->dev, rx - rx->net->rx,
				   rx->napi.napi_id);

	if (err)
		return err;
	err = craft_net_make_pool(rx);
	if (err)
		craft_net_destroy_pool(rx);
	return err;
}

/* NAPI does not run. Pages that the stack still has return later. */
void craft_net_destroy_pool(struct craft_net_rx *rx)
{
	if (xdp_rxq_info_is_reg(&rx->xdp_rxq))
		xdp_rxq_info_unreg(&rx->xdp_rxq);
	craft_net_free_pool(rx);
}
