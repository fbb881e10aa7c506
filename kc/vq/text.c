/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/internal.h"

#include <string.h>

#define BUFFERS_SHOWN 8 /* of each queue */

static void put_findings(GString *out, const GPtrArray *findings)
{
	static const char *const grades[VQ_GRADES] = {
		[VQ_UNKNOWN] = "unknown",
		[VQ_WAITS] = "waits",
		[VQ_WRONG] = "WRONG",
	};

	for (guint i = 0; i < findings->len; i++) {
		const struct vq_finding *finding = g_ptr_array_index(findings, i);
		const char *next = vq_advice(finding->code);

		g_string_append_printf(out, "    %s %s: %s\n", grades[finding->grade],
				       finding->code, finding->text);
		for (guint j = 0; j < finding->evidence->len; j++)
			g_string_append_printf(out, "      - %s\n",
					       (char *)g_ptr_array_index(finding->evidence, j));
		if (next)
			g_string_append_printf(out, "      next: %s\n", next);
	}
}

static void put_buffer(GString *out, const struct vq *vq, const struct vq_device *device,
		       const struct vq_queue *queue, const struct vq_buffer *buffer)
{
	g_string_append_printf(
		out,
		"    buffer %u: %s for at least %.1f s; %u descriptor%s%s, "
		"%" G_GUINT64_FORMAT " bytes to read, %" G_GUINT64_FORMAT " to write%s%s\n",
		buffer->head, buffer->popped ? "in the device" : "waits",
		vq_watch_age(vq->watch, device, queue, buffer), buffer->descriptors,
		buffer->descriptors == 1 ? "" : "s", buffer->indirect ? " (indirect)" : "",
		buffer->out_bytes, buffer->in_bytes, buffer->chain == VQ_CHAIN_GOOD ? "" : "; ",
		buffer->chain == VQ_CHAIN_GOOD ? "" : vq_chain_text(buffer->chain));
}

static bool is_empty(const struct vq_buffer *buffer)
{
	return !buffer->popped && !buffer->out_bytes && buffer->chain == VQ_CHAIN_GOOD;
}

/* The device may take its time, or owe an answer: its kind decides, which we cannot know. */
static void put_room(GString *out, const struct vq_queue *queue, unsigned count)
{
	g_string_append_printf(out,
			       "    %u empty one%s wait%s until the device has something to say",
			       count, count == 1 ? "" : "s", count == 1 ? "s" : "");
	if (queue->counters.kicked && queue->counters.kick_age >= 0)
		g_string_append_printf(out, "; kicked %.1f s ago, and it has not looked since",
				       queue->counters.kick_age);
	g_string_append_c(out, '\n');
}

static void put_buffers(GString *out, const struct vq *vq, const struct vq_device *device,
			const struct vq_queue *queue)
{
	const GArray *buffers = queue->ring.buffers;
	/* Who asks for one queue wants it all. */
	bool all = vq->choice.queue >= 0;
	unsigned shown = 0, empty = 0;

	for (guint i = 0; i < buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(buffers, struct vq_buffer, i);

		if (!all && is_empty(buffer))
			empty++;
		else if (all || shown++ < BUFFERS_SHOWN)
			put_buffer(out, vq, device, queue, buffer);
	}
	if (empty)
		put_room(out, queue, empty);
	if (shown > BUFFERS_SHOWN)
		g_string_append_printf(out, "    and %u buffers more (--queue shows all)\n",
				       shown - BUFFERS_SHOWN);
	if (!queue->ring.heads_known)
		g_string_append(out, "    which buffers are in the device, the ring does not tell "
				     "any more\n");
}

static void put_wish(GString *out, const struct vq_event *event, const char *what)
{
	static const char *const wishes[] = {
		[VQ_ALWAYS] = "always",
		[VQ_NEVER] = "never",
		[VQ_RESERVED] = "in a way that is reserved",
		[VQ_UNREAD] = "or not, which is not read before something is in the ring",
	};

	if (event->wish == VQ_AT_INDEX)
		g_string_append_printf(out, "%s wanted at index %u", what, event->index);
	else
		g_string_append_printf(out, "%s wanted %s", what, wishes[event->wish]);
}

static void put_kicks(GString *out, const struct vq_queue *queue)
{
	const struct vq_counters *counters = &queue->counters;

	g_string_append(out, "    ");
	put_wish(out, &queue->ring.kick, "kick");
	if (counters->known)
		g_string_append_printf(out, "; %" G_GUINT64_FORMAT " came%s", counters->kicks,
				       counters->kicked ? ", the last one not yet served" : "");
	g_string_append(out, "\n    ");
	put_wish(out, &queue->ring.interrupt, "interrupt");
	if (counters->known)
		g_string_append_printf(
			out, "; %" G_GUINT64_FORMAT " raised, %" G_GUINT64_FORMAT " not wanted%s",
			counters->interrupts, counters->suppressed,
			counters->interrupt_due ? ", one due" : "");
	if (counters->known && counters->vector != VQ_NO_VECTOR)
		g_string_append_printf(out, "; vector %u%s%s", counters->vector,
				       queue->vector.masked ? ", masked" : "",
				       queue->vector.pending ? ", pending" : "");
	g_string_append_c(out, '\n');
}

static void put_state(GString *out, const struct vq_queue *queue)
{
	unsigned open;
	bool sure = vq_uncollected(queue, &open);

	g_string_append_printf(out, "    %u wait for the device, %d in the device, ",
			       queue->ring.waiting, (gint32)queue->in_use);
	if (sure)
		g_string_append_printf(out, "%u completed and not collected\n", open);
	else
		g_string_append(out, queue->moving ? "and it moves: not all of one moment\n"
						   : "those not collected are unknown\n");
}

static void put_indices(GString *out, const struct vq_queue *queue)
{
	const struct vq_place *place = &queue->place;

	g_string_append_printf(out, "  queue %u", queue->index);
	if (queue->driver.known && queue->driver.name)
		g_string_append_printf(out, " (%s)", queue->driver.name);
	g_string_append_printf(out, ": %s ring of %u;", place->packed ? "packed" : "split",
			       place->size);
	if (queue->ring.read && !place->packed)
		g_string_append_printf(out, " driver added up to %u,", queue->ring.avail_idx);
	g_string_append_printf(out, " device popped up to %u, used up to %u",
			       place->packed ? place->last_avail & 0x7fff : place->last_avail,
			       place->packed ? place->used_idx & 0x7fff : place->used_idx);
	if (queue->driver.known)
		g_string_append_printf(out, ", driver collected up to %u; %u free",
				       queue->driver.last_used, queue->driver.free);
	g_string_append_c(out, '\n');
}

static void put_queue(GString *out, const struct vq *vq, const struct vq_device *device,
		      const struct vq_queue *queue)
{
	put_indices(out, queue);
	if (queue->ring.read) {
		put_state(out, queue);
		put_kicks(out, queue);
		put_buffers(out, vq, device, queue);
	}
	put_findings(out, queue->findings);
}

/* Set up, and nothing has ever gone through it; a packed ring's indices come back to 0. */
static bool is_fresh(const struct vq_queue *queue)
{
	unsigned open;

	vq_uncollected(queue, &open);
	return queue->ring.read && !queue->place.last_avail && !queue->place.used_idx &&
	       !queue->ring.waiting && !queue->in_use && !open &&
	       (!queue->place.packed || queue->counters.kicks <= 1);
}

static void put_queues(GString *out, const struct vq *vq, const struct vq_device *device)
{
	unsigned fresh = 0;

	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		if (!queue->findings)
			continue;
		if (vq->choice.queue < 0 && is_fresh(queue))
			fresh++;
		else
			put_queue(out, vq, device, queue);
	}
	if (fresh)
		g_string_append_printf(out, "  %u queue%s set up and never used\n", fresh,
				       fresh == 1 ? "" : "s");
}

static void put_device(GString *out, const struct vq *vq, const struct vq_device *device)
{
	g_autofree char *status = g_strjoinv(" ", device->status);
	g_autofree char *features = g_strjoinv(" ", device->features);

	g_string_append_printf(out, "%s  %s, id %u, %s\n", device->id ? device->id : device->name,
			       device->name, device->device_id, device->path);
	if (device->guest_index >= 0)
		g_string_append_printf(out, "  the guest calls it virtio%d\n", device->guest_index);
	g_string_append_printf(out, "  status: %s\n  features: %s\n", *status ? status : "0",
			       *features ? features : "none");
	if (device->resets_known && device->resets > 2)
		g_string_append_printf(
			out,
			"  reset %" G_GUINT64_FORMAT " times since QEMU began, the "
			"last time %sby the driver; the device held %" G_GUINT64_FORMAT
			" buffers then\n",
			device->resets, device->reset_unasked ? "not " : "", device->reset_inuse);
	put_findings(out, device->findings);
	if (device->trouble)
		g_string_append_printf(out, "    unknown: %s\n", device->trouble);
	if (device->vhost)
		g_string_append(out, "    unknown: its queues are served by vhost, outside QEMU\n");
	put_queues(out, vq, device);
	g_string_append_c(out, '\n');
}

static void put_standstill(GString *out, const struct vq_sample *sample)
{
	g_autofree char *why = sample->stands ? run_state_tell(sample->stands)
					      : g_strdup("The guest's kernel panicked");

	if (sample->halted)
		g_string_append_printf(out, "%s.\nNothing can move: neither side is to blame\n",
				       why);
}

char *vq_text(const struct vq *vq)
{
	GString *out = g_string_new(NULL);
	unsigned wrong = vq->counts[VQ_WRONG];
	const char *why = vq->sample->driver_trouble;
	g_autofree char *panic = vq->sample->kernel_known ? NULL : vq_log_panic(&vq->said);

	for (guint i = 0; i < vq->sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(vq->sample->devices, i);

		if (device->findings)
			put_device(out, vq, device);
	}
	if (vq->sample->trouble)
		g_string_append_printf(out, "The rings are unknown: %s\n", vq->sample->trouble);
	if (why)
		g_string_append_printf(out, "The drivers' own state is unknown: %s\n", why);
	if (panic)
		g_string_append_printf(out,
				       "The guest's console says '%s', which anyone there can "
				       "print. If its kernel did, nothing moves any more, and who "
				       "stands still is not to blame\n",
				       panic);
	put_standstill(out, vq->sample);
	if (wrong)
		g_string_append_printf(out, "%u finding%s that something is wrong\n", wrong,
				       wrong == 1 ? "" : "s");
	else if (!vq->sample->halted)
		g_string_append_printf(out, "nothing wrong was seen%s\n",
				       vq->counts[VQ_WAITS]
					       ? "; what waits may be slow, or stuck: look again"
					       : "");
	return g_string_free(out, FALSE);
}
