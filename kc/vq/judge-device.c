/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the driver to the device: added, kicked, popped, completed. */
#include "vq/internal.h"

#define ID_CONSOLE 3
#define ID_RNG 4
#define ID_BALLOON 5
#define ID_FREE 50 /* the specification gives none from here on: the devices are somebody's own */
#define BALLOON_STATS 2 /* queue: the device keeps a buffer until it wants new ones */

static bool needs_device(const struct vq_buffer *buffer)
{
	return buffer->out_bytes > 0 || buffer->chain != VQ_CHAIN_GOOD;
}

unsigned vq_count_buffers(const struct vq_ring *ring, bool popped)
{
	unsigned count = 0;

	for (guint i = 0; ring->buffers && i < ring->buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(ring->buffers, struct vq_buffer, i);

		count += buffer->popped == popped && needs_device(buffer);
	}
	return count;
}

bool vq_is_late(const struct vq_case *this, double still)
{
	return still >= this->patience * VQ_DEVICE_TIME;
}

/*
 * Buffers that only the device writes may be requests, as to an entropy source,
 * or room for what it has to say one day, which it need not take before.
 */
static bool may_be_requests(const struct vq_case *this, bool popped)
{
	return this->device->device_id == ID_RNG || (popped && this->device->device_id >= ID_FREE);
}

/* The device has asked for a kick on one of those that wait. */
static bool kick_was_asked(const struct vq_queue *queue)
{
	const struct vq_event *kick = &queue->ring.kick;
	unsigned size = queue->place.size;
	unsigned ahead;

	if (kick->wish != VQ_AT_INDEX)
		return kick->wish == VQ_ALWAYS;
	if (!queue->place.packed)
		return vq_need_event(kick->index, queue->ring.avail_idx, queue->place.last_avail);
	ahead = (kick->index % size + size - (queue->place.last_avail & 0x7fff) % size) % size;
	/* It means a descriptor, which chains may step over. */
	return ahead < queue->ring.waiting || ahead == 0;
}

/* The device knows of buffers: it has read an index beyond what it popped. */
static bool has_read(const struct vq_queue *queue)
{
	return queue->seen_avail_known && !queue->place.packed &&
	       queue->seen_avail != queue->place.last_avail;
}

/* What waits came after the device had looked in vain: the driver was to kick for it. */
static bool came_after_look(const struct vq_queue *queue)
{
	const struct vq_counters *counters = &queue->counters;

	return counters->look == VQ_LOOK_EMPTY || counters->look == VQ_LOOK_NONE ||
	       (queue->driver.known && queue->driver.added);
}

static void add_kicks(struct vq_finding *finding, const struct vq_case *this)
{
	const struct vq_counters *counters = &this->queue->counters;

	if (!counters->known)
		vq_evidence(finding, "this QEMU does not count kicks");
	else if (counters->kick_age >= 0)
		vq_evidence(finding,
			    "%" G_GUINT64_FORMAT " kick%s came since the queue was set up, the "
			    "last %.1f s ago: %s since the device last looked",
			    VQ_COUNT(counters->kicks), counters->kick_age,
			    counters->kicked ? "one" : "none");
	else
		vq_evidence(finding, "no kick came since the queue was set up");
	vq_evidence(finding, "the device took none for at least %.1f s", this->still->pop);
}

static void add_driver(struct vq_finding *finding, const struct vq_queue *queue)
{
	if (!queue->driver.known)
		return;
	if (queue->driver.added)
		vq_evidence(finding,
			    "the driver has added %u since it last called virtqueue_kick() or "
			    "virtqueue_kick_prepare()",
			    queue->driver.added);
	else
		vq_evidence(finding, "the driver has called virtqueue_kick_prepare() since its "
				     "last buffer, and no virtqueue_notify() for this queue "
				     "came of it");
}

static void find_suppressed(struct vq_case *this, unsigned waiting, gint16 distance)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_event *kick = &queue->ring.kick;
	struct vq_finding *finding;

	finding = vq_find(
		this, VQ_WRONG, "kick-suppressed",
		"%u buffer%s wait%s: the device has switched kicks off, and does not look "
		"by itself",
		VQ_COUNT(waiting), waiting == 1 ? "s" : "");
	if (kick->wish == VQ_NEVER)
		vq_evidence(finding, queue->place.packed
					     ? "the device's event area says DISABLE"
					     : "used->flags has VRING_USED_F_NO_NOTIFY");
	else
		vq_evidence(finding,
			    "its event index stays at %u, and the next that it pops is %u: "
			    "%d behind, so that the driver is to kick in %d buffers' time",
			    kick->index, (guint16)(kick->index - distance), -distance,
			    0x10000 + distance);
	if (queue->counters.known && !queue->counters.kick_wanted)
		vq_evidence(finding, "in QEMU its notifications are off: "
				     "virtio_queue_set_notification(vq, 0) was called last");
	add_kicks(finding, this);
}

/* Notifications were switched on after these had come, which moves the index past them. */
static void find_not_looked(struct vq_case *this, unsigned waiting, const char *how)
{
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "not-looked-again",
			  "%u buffer%s wait%s without a kick: the device did not look whether more "
			  "had come",
			  VQ_COUNT(waiting), waiting == 1 ? "s" : "");
	vq_evidence(finding, "%s", how);
	add_kicks(finding, this);
}

static void find_wrong_index(struct vq_case *this, unsigned waiting, gint16 distance)
{
	const struct vq_queue *queue = this->queue;
	guint16 index = queue->ring.kick.index;
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "kick-event-index",
			  "%u buffer%s wait%s without a kick: the device asks for one at a wrong "
			  "index",
			  VQ_COUNT(waiting), waiting == 1 ? "s" : "");
	vq_evidence(finding, "its event index is %u, the next that it pops is %u: %s by %d", index,
		    (guint16)(index - distance), distance < 0 ? "behind" : "ahead", ABS(distance));
	if (!queue->counters.known && distance < 0)
		vq_evidence(finding, "or it has switched kicks off and does not look by itself: "
				     "this QEMU does not tell");
	add_kicks(finding, this);
}

/* How the driver knows that no kick is wanted; the wish is not for what waits. */
static void judge_unasked(struct vq_case *this, unsigned waiting)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_event *kick = &queue->ring.kick;
	guint16 next = queue->place.last_avail & (queue->place.packed ? 0x7fff : 0xffff);
	gint16 distance = kick->index - next;

	/* Who holds buffers may be waiting for their end, and look again then. */
	if (queue->in_use && !vq_is_late(this, this->still->pop))
		return;
	if (kick->wish == VQ_NEVER ||
	    (queue->counters.known && !queue->counters.kick_wanted && distance < 0))
		find_suppressed(this, waiting, distance);
	else if (distance > 0 && has_read(queue) && kick->index == queue->ring.avail_idx)
		find_not_looked(this, waiting,
				"it switched kicks on when they were in the ring already: its "
				"event index is past them");
	else
		find_wrong_index(this, waiting, distance);
}

static void find_unkicked(struct vq_case *this, unsigned waiting)
{
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "never-kicked",
			  "the driver added %u buffer%s and never kicked, though the device "
			  "asked for it",
			  VQ_COUNT(waiting));
	if (this->queue->counters.look == VQ_LOOK_EMPTY)
		vq_evidence(finding,
			    "the device asked, looked, and found nothing: they came later");
	add_driver(finding, this->queue);
	add_kicks(finding, this);
}

/* Nobody can tell which of the two came first. */
static void find_not_taken(struct vq_case *this, unsigned waiting)
{
	struct vq_finding *finding;

	finding = vq_find(
		this, VQ_WRONG, "not-taken",
		"%u buffer%s wait%s, and the device has asked for a kick: either the driver "
		"did not kick, or the device missed them",
		VQ_COUNT(waiting), waiting == 1 ? "s" : "");
	if (this->queue->counters.look == VQ_LOOK_ENABLED)
		vq_evidence(finding, "the device switched kicks on and did not look again: what "
				     "came just before has none, what came after is the "
				     "driver's fault");
	add_driver(finding, this->queue);
	add_kicks(finding, this);
}

static void judge_unkicked(struct vq_case *this, unsigned waiting)
{
	if (came_after_look(this->queue))
		find_unkicked(this, waiting);
	else if (this->queue->counters.look == VQ_LOOK_FOUND)
		find_not_looked(this, waiting,
				"its last look found a buffer: what came with that one, or while "
				"it was busy, needs no kick");
	else
		find_not_taken(this, waiting);
}

/* Whose back end may be somebody who does not read, or a source that runs dry. */
static bool may_wait_for_ever(const struct vq_case *this)
{
	return this->device->device_id == ID_CONSOLE || this->device->device_id == ID_RNG;
}

static void add_back_end(struct vq_finding *finding, const struct vq_case *this)
{
	if (this->device->device_id == ID_CONSOLE)
		vq_evidence(finding, "it waits as long as nobody on the host reads what the guest "
				     "writes");
	else if (this->device->device_id == ID_RNG)
		vq_evidence(finding, "it waits for its source, or for its limit of bytes a period");
}

static void judge_kicked(struct vq_case *this, unsigned waiting)
{
	const struct vq_queue *queue = this->queue;
	bool late = vq_is_late(this, this->still->pop) && !may_wait_for_ever(this);
	struct vq_finding *finding;

	finding = vq_find(this, late ? VQ_WRONG : VQ_WAITS,
			  late ? "never-popped" : "not-popped-yet",
			  "the driver added %u buffer%s%s, and the device %s", VQ_COUNT(waiting),
			  queue->counters.kicked ? " and kicked" : "",
			  late ? "does not pop them" : "has not popped them yet");
	if (has_read(queue))
		vq_evidence(finding, "the device has read the available index %u and stays at %u",
			    queue->seen_avail, queue->place.last_avail);
	if (queue->in_use)
		vq_evidence(finding, "it holds %u others, and may be waiting for their end",
			    queue->in_use);
	add_back_end(finding, this);
	add_kicks(finding, this);
}

static void judge_waiting(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_counters *counters = &queue->counters;
	unsigned waiting = vq_count_buffers(&queue->ring, false);
	unsigned room = queue->ring.waiting - MIN(waiting, queue->ring.waiting);

	if (this->still->pop < this->patience || queue->ring.runaway || !queue->ring.waiting)
		return;
	if (waiting && (counters->kicked || (has_read(queue) && kick_was_asked(queue))))
		judge_kicked(this, waiting);
	else if (waiting && !kick_was_asked(queue))
		judge_unasked(this, waiting);
	else if (waiting)
		judge_unkicked(this, waiting);
	else if (counters->look == VQ_LOOK_EMPTY && !counters->kicked && kick_was_asked(queue))
		judge_unkicked(this, room);
	else if (counters->kicked && may_be_requests(this, false))
		judge_kicked(this, room);
}

static void add_held(struct vq_finding *finding, const struct vq_case *this, double still)
{
	vq_evidence(finding, "%s for at least %.1f s",
		    still > this->still->complete ? "that one has been there"
						  : "the device completed none",
		    still);
	if (may_wait_for_ever(this))
		add_back_end(finding, this);
	else
		vq_evidence(finding, "stuck, or as slow as its back end: only time tells");
}

static void find_held(struct vq_case *this, unsigned held, double still, bool surely)
{
	bool late = surely && vq_is_late(this, still) && !may_wait_for_ever(this);
	struct vq_finding *finding;

	finding = vq_find(this, late ? VQ_WRONG : VQ_WAITS,
			  late ? "never-completed" : "not-completed-yet",
			  "the device has popped %u buffer%s and %s", VQ_COUNT(held),
			  late ? "does not complete them" : "has not completed them yet");
	if (!surely)
		vq_evidence(finding, "they are all for the device to write: it may keep them until "
				     "it has something to say");
	add_held(finding, this, still);
}

static void find_unflushed(struct vq_case *this)
{
	unsigned count = this->queue->counters.unflushed;
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "not-flushed",
			  "the device has filled in %u used buffer%s and does not show them: the "
			  "used index stays where it is",
			  VQ_COUNT(count));
	vq_evidence(finding, "virtqueue_fill() came, and no virtqueue_flush() for at least %.1f s",
		    this->still->complete);
}

static void judge_held(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_ring *ring = &queue->ring;
	unsigned held = ring->heads_known ? vq_count_buffers(ring, true) : queue->in_use;

	if (!queue->in_use || queue->in_use > queue->place.size)
		return;
	if (this->device->device_id == ID_BALLOON && queue->index == BALLOON_STATS)
		return;
	if (this->still->complete >= this->patience && queue->counters.unflushed)
		find_unflushed(this);
	else if (this->still->complete >= this->patience && held)
		find_held(this, held, this->still->complete, true);
	else if (this->still->complete >= this->patience && may_be_requests(this, true))
		find_held(this, queue->in_use, this->still->complete, false);
	/* Others may come and go meanwhile. */
	else if (vq_is_late(this, this->still->oldest))
		find_held(this, 1, this->still->oldest, true);
}

void vq_judge_device_side(struct vq_case *this)
{
	judge_waiting(this);
	judge_held(this);
}
