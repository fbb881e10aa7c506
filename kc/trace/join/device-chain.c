/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of the chain that is popped next. */
#include "trace/join/internal.h"

#include <linux/virtio_ring.h>

/* Where it lies is found when the ring is known; index holds what it says of the next till then. */
void device_chain_add(struct device_queue *queue, const struct device_event *event)
{
	struct trace_descriptor descriptor = {
		.addr = event->in_bytes,
		.len = event->written,
		.flags = event->value,
		.index = event->head,
	};

	g_array_append_val(queue->chain, descriptor);
}

/* The descriptors of a chain, and that of the table they are in. */
static bool is_whole(const struct device_queue *queue, const struct device_half *half)
{
	return queue->chain->len == (guint)half->chain + half->indirect;
}

void device_chain_end(struct device_queue *queue, struct device_half *half, GArray *descriptors)
{
	if (queue->chain->len == 0)
		return;
	half->indirect = g_array_index(queue->chain, struct trace_descriptor, 0).flags &
			 VRING_DESC_F_INDIRECT;
	if (is_whole(queue, half)) {
		half->descriptors = descriptors->len;
		g_array_append_vals(descriptors, queue->chain->data, queue->chain->len);
	}
	g_array_set_size(queue->chain, 0);
}
