// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the virtio-echo driver: their memory, and lists of them. */
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "driver.h"

#define ECHO_CHUNK_ORDER	3	/* more only where the ring is short */

/* One size of buffer does for both ways. */
static_assert(sizeof(struct virtio_echo_req) == sizeof(struct virtio_echo_resp));

/*
 * Tries large chunks first; below floor the chain would grow too long. A write
 * rather fails than calls the OOM killer: what the device holds no kill frees.
 */
static size_t echo_alloc_chunk(struct scatterlist *sg, size_t size,
			       unsigned int order, unsigned int floor, gfp_t gfp)
{
	struct page *page = NULL;
	size_t part;

	for (; order > floor; order--) {
		page = alloc_pages(gfp | __GFP_NORETRY | __GFP_NOWARN, order);
		if (page)
			break;
	}
	if (!page)
		page = alloc_pages(gfp | __GFP_RETRY_MAYFAIL | __GFP_NOWARN, order);
	if (!page)
		return 0;
	part = min_t(size_t, size, PAGE_SIZE << order);
	sg_set_page(sg, page, part, 0);
	return part;
}

static int echo_alloc_chunks(struct scatterlist *sg, size_t size,
			     unsigned int min_order, gfp_t gfp)
{
	unsigned int want = max_t(unsigned int, min_order, ECHO_CHUNK_ORDER);
	unsigned int used, order;
	size_t part;

	for (used = 0; size; used++, size -= part) {
		order = get_order(size);
		part = echo_alloc_chunk(&sg[used], size, min(order, want),
					min(order, min_order), gfp);
		if (!part)
			return -ENOMEM;
	}
	sg_mark_end(&sg[used - 1]);
	return used;
}

static int echo_alloc_buffers(struct echo_message *msg, size_t size,
			      unsigned int min_order)
{
	int out, in;

	out = echo_alloc_chunks(msg->out, size, min_order, GFP_KERNEL_ACCOUNT);
	if (out < 0)
		return out;
	/* Zeroed: a device may claim to have written what it has not. */
	in = echo_alloc_chunks(msg->in, size, min_order,
			       GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (in < 0)
		return in;
	msg->descriptors = out + in;
	return 0;
}

struct echo_message *echo_message_alloc(struct echo *echo, size_t len)
{
	size_t size = len + sizeof(struct virtio_echo_resp);
	/* No chain may be longer than the ring, not even an indirect one. */
	unsigned int min_order = get_order(DIV_ROUND_UP(size, echo->max_slots));
	unsigned int slots = DIV_ROUND_UP(size, PAGE_SIZE << min_order);
	struct echo_message *msg;
	int err;

	msg = kzalloc(struct_size(msg, sg, 2 * slots), GFP_KERNEL_ACCOUNT);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->len = len;
	msg->pos = sizeof(struct virtio_echo_resp);
	msg->slots = slots;
	msg->out = msg->sg;
	msg->in = msg->sg + slots;
	sg_init_table(msg->out, slots);
	sg_init_table(msg->in, slots);

	err = echo_alloc_buffers(msg, size, min_order);
	if (err) {
		echo_message_free(msg);
		return ERR_PTR(err);
	}
	return msg;
}

void echo_message_free(struct echo_message *msg)
{
	unsigned int i;

	for (i = 0; i < 2 * msg->slots; i++) {
		struct page *page = sg_page(&msg->sg[i]);

		if (page)
			__free_pages(page, get_order(msg->sg[i].length));
	}
	kfree(msg);
}

void echo_free_list(struct list_head *list)
{
	struct echo_message *msg, *next;

	list_for_each_entry_safe(msg, next, list, queue_node)
		echo_message_free(msg);
}

int echo_message_fill(struct echo_message *msg, struct iov_iter *from)
{
	size_t skip = sizeof(struct virtio_echo_req);
	struct scatterlist *sg;

	for (sg = msg->out; sg; sg = sg_next(sg), skip = 0)
		if (!copy_from_iter_full(sg_virt(sg) + skip, sg->length - skip, from))
			return -EFAULT;
	return 0;
}

size_t echo_message_drain(struct echo_message *msg, struct iov_iter *to)
{
	size_t skip = msg->pos, total = 0, want, got;
	struct scatterlist *sg;

	for (sg = msg->in; sg && iov_iter_count(to); sg = sg_next(sg)) {
		if (skip >= sg->length) {
			skip -= sg->length;
			continue;
		}
		want = min_t(size_t, sg->length - skip, iov_iter_count(to));
		got = copy_to_iter(sg_virt(sg) + skip, want, to);
		total += got;
		if (got < want)
			break;
		skip = 0;
	}
	msg->pos += total;
	return total;
}

bool echo_message_unread(const struct echo_message *msg)
{
	return msg->pos < sizeof(struct virtio_echo_resp) + msg->len;
}

void echo_queue_add(struct echo_queue *queue, struct echo_message *msg,
		    struct list_head *after)
{
	list_add(&msg->queue_node, after);
	msg->queue = queue;
	queue->count++;
	queue->bytes += msg->len;
}

void echo_queue_del(struct echo_message *msg)
{
	list_del_init(&msg->queue_node);
	msg->queue->count--;
	msg->queue->bytes -= msg->len;
	msg->queue = NULL;
}

struct echo_message *echo_first(struct echo_queue *queue)
{
	return list_first_entry_or_null(&queue->messages, struct echo_message,
					queue_node);
}
