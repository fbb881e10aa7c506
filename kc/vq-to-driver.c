/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the device to the driver: interrupt due, raised, taken, collected. */
#include "vq-finding.h"

static void judge_due(struct vq_case *this)
{
	struct vq_finding *finding;

	if (!vq_interrupt_is_due(this->queue) || this->still->due < this->patience)
		return;
	finding = vq_find(this, VQ_WRONG, "no-interrupt",
			  "the device completed buffers and raised no interrupt");
	if (this->queue->counters.known)
		vq_evidence(finding,
			    "%" G_GUINT64_FORMAT " were raised and %" G_GUINT64_FORMAT
			    " not wanted so far, and it has not considered one since",
			    this->queue->counters.interrupts, this->queue->counters.suppressed);
	else
		vq_evidence(finding, "it has used %u, and last considered one at %u",
			    this->queue->place.used_idx, this->queue->signalled);
	vq_evidence(finding, "for at least %.1f s", this->still->due);
}

static void judge_pending(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;
	unsigned open;

	if (!vq_interrupt_is_pending(this->device, queue) || this->still->raised < this->patience)
		return;
	/* A line that several queues share is somebody else's where this one has no open end. */
	if (!queue->vector.known && vq_uncollected(queue, &open) && open == 0)
		return;
	finding = vq_find(this, VQ_WRONG, "interrupt-not-taken",
			  "the device raised an interrupt and the guest does not take it%s",
			  queue->vector.masked ? ": its vector is masked" : "");
	if (queue->vector.known)
		vq_evidence(finding, "MSI-X vector %u is %s and pending", queue->counters.vector,
			    queue->vector.masked ? "masked" : "not masked");
	else
		vq_evidence(finding,
			    "the ISR (0x%x) says that the queue's interrupt is not "
			    "acknowledged: its line is masked, or no handler took it",
			    this->device->isr);
	vq_evidence(finding, "for at least %.1f s", this->still->raised);
}

/* Returns whether that explains why nothing is collected. */
static bool judge_vector(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (!queue->counters.known || !queue->vector.known || queue->counters.interrupts == 0 ||
	    queue->counters.vector != this->device->config_vector)
		return false;
	finding = vq_find(this, VQ_WRONG, "wrong-vector",
			  "the device raises the queue's interrupts on the vector of its "
			  "configuration: the driver looks elsewhere");
	vq_evidence(finding, "both have vector %u; %u buffers are not collected",
		    queue->counters.vector, open);
	return true;
}

static bool interrupt_was_asked(const struct vq_queue *queue, unsigned open)
{
	const struct vq_event *interrupt = &queue->ring.interrupt;
	guint16 used = queue->place.used_idx;

	if (interrupt->wish != VQ_AT_INDEX)
		return interrupt->wish == VQ_ALWAYS;
	if (queue->place.packed)
		return interrupt->index == queue->driver.last_used;
	return vq_need_event(interrupt->index, used, used - open);
}

static struct vq_finding *find_unasked(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_event *interrupt = &queue->ring.interrupt;
	struct vq_finding *finding;

	if (queue->driver.callbacks_off || interrupt->wish == VQ_NEVER)
		return vq_find(this, VQ_WRONG, "callbacks-off",
			       "%u completed buffers are not collected: the driver wants no "
			       "interrupt, and does not look by itself",
			       open);
	finding = vq_find(this, VQ_WRONG, "interrupt-event-index",
			  "%u completed buffers are not collected: the driver asks for an "
			  "interrupt at a wrong index",
			  open);
	vq_evidence(finding, "its event index is %u, the next that it collects is %u",
		    interrupt->index, queue->driver.last_used);
	return finding;
}

static void judge_uncollected(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_counters *counters = &queue->counters;
	struct vq_finding *finding;

	if (queue->driver.no_callback)
		finding = vq_find(this, VQ_UNKNOWN, "polled",
				  "%u completed buffers are not collected; the driver has no "
				  "callback and looks when it likes",
				  open);
	else if (interrupt_was_asked(queue, open) && !queue->driver.callbacks_off)
		finding = vq_find(this, VQ_WRONG, "not-collected",
				  "%u completed buffers are not collected, though the guest took "
				  "the interrupt",
				  open);
	else
		finding = find_unasked(this, open);
	if (counters->known)
		vq_evidence(finding,
			    "%" G_GUINT64_FORMAT " interrupts were raised, %" G_GUINT64_FORMAT
			    " not wanted",
			    counters->interrupts, counters->suppressed);
	vq_evidence(finding, "for at least %.1f s", this->still->collect);
	if (queue->driver.free == 0 || open >= queue->place.size)
		vq_find(this, VQ_WRONG, "queue-full",
			"the queue is full: the driver cannot add anything before it collects");
}

static void judge_open(struct vq_case *this)
{
	unsigned open;
	bool sure = vq_uncollected(this->queue, &open);

	if (!open || this->still->collect < this->patience || judge_vector(this, open))
		return;
	if (sure)
		judge_uncollected(this, open);
	else
		vq_find(this, VQ_UNKNOWN, "collected-unknown",
			"up to %u completed buffers may wait for the driver; whether it has them "
			"only its own state tells, for which the kernel's debug file is needed",
			open);
}

void vq_judge_to_driver(struct vq_case *this)
{
	guint before = this->findings->len;

	judge_due(this);
	judge_pending(this);
	/* What holds the interrupt back is why nothing is collected. */
	if (this->findings->len == before)
		judge_open(this);
}
