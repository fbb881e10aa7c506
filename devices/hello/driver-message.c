// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the virtio-hello driver: their memory, and lists of them. */
#include <linux/gfp.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "driver.h"

#define HELLO_CHUNK_ORDER	3	/* more only where the ring is short */

/*
 * Tries large chunks first; below floor the chain would grow too long. A write
 * rather fails than calls the OOM killer: what the device holds no kill frees.
 */
static size_t hello_alloc_chunk(struct scatterlist *sg, size_t size,
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

static int hello_alloc_chunks(struct scatterlist *sg, size_t size,
			      unsigned int min_order, gfp_t gfp)
{
	unsigned int want = max_t(unsigned int, min_order, HELLO_CHUNK_ORDER);
	unsigned int used, order;
	size_t part;

	for (used = 0; size; used++, size -= part) {
		order = get_order(size);
		part = hello_alloc_chunk(&sg[used], size, min(order, want),
					 min(order, min_order), gfp);
		if (!part)
			return -ENOMEM;
	}
	sg_mark_end(&sg[used - 1]);
	return used;
}

static int hello_alloc_buffers(struct hello_message *msg, size_t size,
			       unsigned int min_order)
{
	int out, in;

	out = hello_alloc_chunks(msg->out, size, min_order, GFP_KERNEL_ACCOUNT);
	if (out < 0)
		return out;
	/* Zeroed: a device may claim to have written what it has not. */
	in = hello_alloc_chunks(msg->in, size, min_order,
				GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (in < 0)
		return in;
	msg->descriptors = out + in;
	return 0;
}

struct hello_message *hello_message_alloc(struct hello *hello, size_t len)
{
	size_t size = len + sizeof(struct virtio_hello_resp);
	/* No chain may be longer than the ring, not even an indirect one. */
	unsigned int min_order = get_order(DIV_ROUND_UP(size, hello->max_slots));
	unsigned int slots = DIV_ROUND_UP(size, PAGE_SIZE << min_order);
	struct hello_message *msg;
	int err;

	msg = kzalloc(struct_size(msg, sg, 2 * slots), GFP_KERNEL_ACCOUNT);
	if (!msg)
		return ERR_PTR(-ENOMEM);
	msg->len = len;
	msg->pos = sizeof(struct virtio_hello_resp);
	msg->slots = slots;
	msg->out = msg->sg;
	msg->in = msg->sg + slots;
	sg_init_table(msg->out, slots);
	sg_init_table(msg->in, slots);

	err = hello_alloc_buffers(msg, size, min_order);
	if (err) {
		hello_message_free(msg);
		return ERR_PTR(err);
	}
	return msg;
}

void hello_message_free(struct hello_message *msg)
{
	unsigned int i;

	for (i = 0; i < 2 * msg->slots; i++) {
		struct page *page = sg_page(&msg->sg[i]);

		if (page)
			__free_pages(page, get_order(msg->sg[i].length));
	}
	kfree(msg);
}

void hello_free_list(struct list_head *list)
{
	struct hello_message *msg, *next;

	list_for_each_entry_safe(msg, next, list, queue_node)
		hello_message_free(msg);
}

int hello_message_fill(struct hello_message *msg, struct iov_iter *from)
{
	size_t skip = sizeof(struct virtio_hello_req);
	struct scatterlist *sg;

	for (sg = msg->out; sg; sg = sg_next(sg), skip = 0)
		if (!copy_from_iter_full(sg_virt(sg) + skip, sg->length - skip, from))
			return -EFAULT;
	return 0;
}

size_t hello_message_drain(struct hello_message *msg, struct iov_iter *to)
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

bool hello_message_unread(const struct hello_message *msg)
{
	return msg->pos < sizeof(struct virtio_hello_resp) + msg->len;
}

void hello_queue_add(struct hello_queue *queue, struct hello_message *msg,
		     struct list_head *after)
{
	list_add(&msg->queue_node, after);
	msg->queue = queue;
	queue->count++;
	queue->bytes += msg->len;
}

void hello_queue_del(struct hello_message *msg)
{
	list_del_init(&msg->queue_node);
	msg->queue->count--;
	msg->queue->bytes -= msg->len;
	msg->queue = NULL;
}

struct hello_message *hello_first(struct hello_queue *queue)
{
	return list_first_entry_or_null(&queue->messages, struct hello_message,
					queue_node);
}
