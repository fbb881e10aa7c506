/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the driver to the device: added, kicked, popped, completed. */
#include "vq-finding.h"

#define ID_CONSOLE 3
#define ID_BALLOON 5
#define BALLOON_STATS 2 /* queue: the device keeps a buffer until it wants new ones */

unsigned vq_count_buffers(const struct vq_ring *ring, bool popped)
{
	unsigned count = 0;

	for (guint i = 0; ring->buffers && i < ring->buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(ring->buffers, struct vq_buffer, i);

		count += buffer->popped == popped &&
			 (buffer->out_bytes > 0 || buffer->chain != VQ_CHAIN_GOOD);
	}
	return count;
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

/* How the driver knows that no kick is wanted; the wish is not for what waits. */
static void judge_unasked(struct vq_case *this, unsigned waiting)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_event *kick = &queue->ring.kick;
	guint16 next = queue->place.last_avail & (queue->place.packed ? 0x7fff : 0xffff);
	gint16 distance = kick->index - next;
	struct vq_finding *finding;

	if (kick->wish == VQ_NEVER) {
		finding = vq_find(this, VQ_WRONG, "kick-suppressed",
				  "%u buffers wait: the device has asked for no kicks, and does "
				  "not look by itself",
				  waiting);
		vq_evidence(finding, queue->place.packed
					     ? "the device's event area says DISABLE"
					     : "used->flags has VRING_USED_F_NO_NOTIFY");
	} else {
		finding = vq_find(this, VQ_WRONG, "kick-event-index",
				  "%u buffers wait without a kick: the device asks for one at a "
				  "wrong index",
				  waiting);
		vq_evidence(finding, "its event index is %u, the next that it pops is %u: %s by %d",
			    kick->index, next, distance < 0 ? "behind" : "ahead", ABS(distance));
		if (distance < 0)
			vq_evidence(finding, "so either it means to suppress kicks and does not "
					     "look by itself, or its arithmetic is wrong");
	}
	vq_evidence(finding, "it took none for at least %.1f s", this->still->pop);
}

static void judge_asked(struct vq_case *this, unsigned waiting)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_counters *counters = &queue->counters;
	bool seen = queue->seen_avail_known && !queue->place.packed &&
		    queue->seen_avail != queue->place.last_avail;
	struct vq_finding *finding;

	if ((counters->known && counters->kicked) || seen) {
		finding = vq_find(this, VQ_WRONG, "never-popped",
				  "the driver added %u buffers%s, and the device does not pop them",
				  waiting, counters->known ? " and kicked" : "");
		if (seen)
			vq_evidence(finding,
				    "the device has read the available index %u and stays "
				    "at %u",
				    queue->seen_avail, queue->place.last_avail);
		if (this->device->device_id == ID_CONSOLE)
			vq_evidence(finding, "it waits as long as nobody on the host reads what "
					     "the guest writes");
	} else if (counters->known) {
		finding = vq_find(this, VQ_WRONG, "never-kicked",
				  "the driver added %u buffers and never kicked, though the device "
				  "asked for it",
				  waiting);
	} else {
		finding = vq_find(this, VQ_WRONG, "not-taken",
				  "%u buffers wait: either the driver never kicked, or the device "
				  "ignores the kick",
				  waiting);
		vq_evidence(finding, "this QEMU does not count kicks");
	}
	if (counters->known)
		vq_evidence(finding,
			    "%" G_GUINT64_FORMAT " kicks came since the queue was set up, "
			    "%s since the device last looked",
			    counters->kicks, counters->kicked ? "one" : "none");
	if (queue->driver.known && queue->driver.added)
		vq_evidence(finding, "the driver has added %u since it last thought of kicking",
			    queue->driver.added);
	vq_evidence(finding, "it took none for at least %.1f s", this->still->pop);
}

static void judge_waiting(struct vq_case *this)
{
	unsigned waiting = vq_count_buffers(&this->queue->ring, false);

	if (!waiting || this->still->pop < this->patience || this->queue->ring.runaway)
		return;
	if (kick_was_asked(this->queue) ||
	    (this->queue->counters.known && this->queue->counters.kicked))
		judge_asked(this, waiting);
	else
		judge_unasked(this, waiting);
}

static void judge_held(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_ring *ring = &queue->ring;
	unsigned held = ring->heads_known ? vq_count_buffers(ring, true) : queue->in_use;
	struct vq_finding *finding;

	if (!held || queue->in_use > queue->place.size || this->still->complete < this->patience)
		return;
	if (this->device->device_id == ID_BALLOON && queue->index == BALLOON_STATS)
		return;
	finding = vq_find(this, VQ_WRONG, "never-completed",
			  "the device has popped %u buffers and does not complete them", held);
	vq_evidence(finding,
		    "it completed none for at least %.1f s: stuck, or slow as its back end",
		    this->still->complete);
}

void vq_judge_to_device(struct vq_case *this)
{
	judge_waiting(this);
	judge_held(this);
}
