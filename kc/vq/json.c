/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/internal.h"

static const char *const grades[VQ_GRADES] = {
	[VQ_UNKNOWN] = "unknown",
	[VQ_WAITS] = "waits",
	[VQ_WRONG] = "wrong",
};

static void put(JsonBuilder *out, const char *name, gint64 value)
{
	json_builder_set_member_name(out, name);
	json_builder_add_int_value(out, value);
}

static void put_text(JsonBuilder *out, const char *name, const char *value)
{
	json_builder_set_member_name(out, name);
	if (value)
		json_builder_add_string_value(out, value);
	else
		json_builder_add_null_value(out);
}

static void put_flag(JsonBuilder *out, const char *name, bool value)
{
	json_builder_set_member_name(out, name);
	json_builder_add_boolean_value(out, value);
}

static void put_names(JsonBuilder *out, const char *name, GStrv names)
{
	json_builder_set_member_name(out, name);
	json_builder_begin_array(out);
	for (int i = 0; names[i]; i++)
		json_builder_add_string_value(out, names[i]);
	json_builder_end_array(out);
}

static void put_findings(JsonBuilder *out, const GPtrArray *findings)
{
	json_builder_set_member_name(out, "findings");
	json_builder_begin_array(out);
	for (guint i = 0; i < findings->len; i++) {
		const struct vq_finding *finding = g_ptr_array_index(findings, i);

		json_builder_begin_object(out);
		put_text(out, "grade", grades[finding->grade]);
		put_text(out, "code", finding->code);
		put_text(out, "text", finding->text);
		put_text(out, "next", vq_advice(finding->code));
		json_builder_set_member_name(out, "evidence");
		json_builder_begin_array(out);
		for (guint j = 0; j < finding->evidence->len; j++)
			json_builder_add_string_value(out, g_ptr_array_index(finding->evidence, j));
		json_builder_end_array(out);
		json_builder_end_object(out);
	}
	json_builder_end_array(out);
}

static void put_event(JsonBuilder *out, const char *name, const struct vq_event *event)
{
	static const char *const wishes[] = {
		[VQ_ALWAYS] = "always",	    [VQ_NEVER] = "never", [VQ_AT_INDEX] = "at-index",
		[VQ_RESERVED] = "reserved", [VQ_UNREAD] = NULL,
	};

	json_builder_set_member_name(out, name);
	json_builder_begin_object(out);
	put_text(out, "wanted", wishes[event->wish]);
	if (event->wish == VQ_AT_INDEX)
		put(out, "index", event->index);
	json_builder_end_object(out);
}

static void put_buffers(JsonBuilder *out, const struct vq *vq, const struct vq_device *device,
			const struct vq_queue *queue)
{
	json_builder_set_member_name(out, "buffers");
	json_builder_begin_array(out);
	for (guint i = 0; i < queue->ring.buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(queue->ring.buffers,
								struct vq_buffer, i);

		json_builder_begin_object(out);
		put(out, "head", buffer->head);
		put_text(out, "state", buffer->popped ? "in-device" : "waiting");
		json_builder_set_member_name(out, "age_at_least");
		json_builder_add_double_value(out, vq_watch_age(vq->watch, device, queue, buffer));
		put(out, "descriptors", buffer->descriptors);
		put_flag(out, "indirect", buffer->indirect);
		put(out, "bytes_to_read", buffer->out_bytes);
		put(out, "bytes_to_write", buffer->in_bytes);
		put_text(out, "trouble",
			 buffer->chain == VQ_CHAIN_GOOD ? NULL : vq_chain_text(buffer->chain));
		json_builder_end_object(out);
	}
	json_builder_end_array(out);
}

static void put_age(JsonBuilder *out, const char *name, double age)
{
	if (age < 0)
		return;
	json_builder_set_member_name(out, name);
	json_builder_add_double_value(out, age);
}

static void put_counters(JsonBuilder *out, const struct vq_queue *queue)
{
	const struct vq_counters *counters = &queue->counters;

	if (!counters->known)
		return;
	put(out, "kicks", counters->kicks);
	put_flag(out, "kick_open", counters->kicked);
	put(out, "interrupts", counters->interrupts);
	put(out, "interrupts_suppressed", counters->suppressed);
	put_flag(out, "interrupt_due", counters->interrupt_due);
	put(out, "unflushed", counters->unflushed);
	put(out, "detached", (gint64)counters->detached);
	put_age(out, "last_kick_age", counters->kick_age);
	put_age(out, "last_pop_age", counters->pop_age);
	put_age(out, "last_used_age", counters->use_age);
	if (counters->vector == VQ_NO_VECTOR)
		return;
	put(out, "vector", counters->vector);
	if (queue->vector.known) {
		put_flag(out, "vector_masked", queue->vector.masked);
		put_flag(out, "vector_pending", queue->vector.pending);
	}
}

static void put_ring(JsonBuilder *out, const struct vq *vq, const struct vq_device *device,
		     const struct vq_queue *queue)
{
	if (!queue->place.packed) {
		put(out, "available_index", queue->ring.avail_idx);
		put(out, "used_index_in_memory", queue->ring.used_idx);
	}
	put(out, "waiting", queue->ring.waiting);
	put_event(out, "kick", &queue->ring.kick);
	put_event(out, "interrupt", &queue->ring.interrupt);
	put_buffers(out, vq, device, queue);
}

static void put_driver(JsonBuilder *out, const struct vq_driver *driver)
{
	json_builder_set_member_name(out, "driver");
	if (!driver->known) {
		json_builder_add_null_value(out);
		return;
	}
	json_builder_begin_object(out);
	put_text(out, "name", driver->name);
	put(out, "collected_index", driver->last_used);
	put(out, "free", driver->free);
	put_flag(out, "broken", driver->broken);
	put_flag(out, "callbacks_off", driver->callbacks_off);
	json_builder_end_object(out);
}

static void put_queue(JsonBuilder *out, const struct vq *vq, const struct vq_device *device,
		      const struct vq_queue *queue)
{
	unsigned open;

	json_builder_begin_object(out);
	put(out, "queue", queue->index);
	put(out, "size", queue->place.size);
	put(out, "popped_index", queue->place.last_avail);
	put(out, "used_index", queue->place.used_idx);
	put(out, "in_device", queue->in_use);
	if (vq_uncollected(queue, &open))
		put(out, "uncollected", open);
	if (queue->ring.read)
		put_ring(out, vq, device, queue);
	put_counters(out, queue);
	put_driver(out, &queue->driver);
	put_findings(out, queue->findings);
	json_builder_end_object(out);
}

static void put_device(JsonBuilder *out, const struct vq *vq, const struct vq_device *device)
{
	json_builder_begin_object(out);
	put_text(out, "path", device->path);
	put_text(out, "name", device->name);
	put_text(out, "id", device->id);
	put(out, "device_id", device->device_id);
	put_flag(out, "packed", device->packed);
	put_names(out, "status", device->status);
	put_names(out, "features", device->features);
	if (device->guest_index >= 0)
		put(out, "guest_index", device->guest_index);
	if (device->resets_known) {
		put(out, "resets", (gint64)device->resets);
		put_flag(out, "reset_unasked", device->reset_unasked);
		put(out, "held_at_reset", (gint64)device->reset_inuse);
	}
	put_flag(out, "vhost", device->vhost);
	put_text(out, "trouble", device->trouble);
	put_findings(out, device->findings);
	json_builder_set_member_name(out, "queues");
	json_builder_begin_array(out);
	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		if (queue->findings)
			put_queue(out, vq, device, queue);
	}
	json_builder_end_array(out);
	json_builder_end_object(out);
}

static void build(JsonBuilder *out, const struct vq *vq)
{
	const struct run_state *stands = vq->sample->stands;
	g_autofree char *why = stands ? run_state_tell(stands) : NULL;

	json_builder_begin_object(out);
	put_text(out, "halted", vq->sample->halted);
	put_text(out, "halted_why", why);
	put_text(out, "trouble", vq->sample->trouble);
	put_text(out, "driver_trouble", vq->sample->driver_trouble);
	json_builder_set_member_name(out, "devices");
	json_builder_begin_array(out);
	for (guint i = 0; i < vq->sample->devices->len; i++) {
		const struct vq_device *device = g_ptr_array_index(vq->sample->devices, i);

		if (device->findings)
			put_device(out, vq, device);
	}
	json_builder_end_array(out);
	put(out, "wrong", vq->counts[VQ_WRONG]);
	put(out, "waits", vq->counts[VQ_WAITS]);
	json_builder_end_object(out);
}

char *vq_json(const struct vq *vq)
{
	g_autoptr(JsonBuilder) out = json_builder_new();
	g_autoptr(JsonNode) root = NULL;

	build(out, vq);
	root = json_builder_get_root(out);
	return json_to_string(root, FALSE);
}
