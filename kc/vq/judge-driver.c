/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the device to the driver: interrupt due, raised, taken, collected. */
#include "vq/internal.h"

#define ID_NET 1
#define ID_CONSOLE 3

/*
 * A driver that has all the same has missed nothing; and an interrupt on a line
 * that queues share is another's then.
 */
static bool has_all(const struct vq_queue *queue)
{
	unsigned open;

	return vq_uncollected(queue, &open) && open == 0;
}

static void add_interrupts(struct vq_finding *finding, const struct vq_queue *queue)
{
	if (queue->counters.known)
		vq_evidence(finding,
			    "%" G_GUINT64_FORMAT " interrupt%s raised since the queue was set up, "
			    "%" G_GUINT64_FORMAT " not wanted by the driver",
			    queue->counters.interrupts,
			    queue->counters.interrupts == 1 ? " was" : "s were",
			    queue->counters.suppressed);
}

static void judge_due(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (!vq_interrupt_is_due(queue) || this->still->due < this->patience || has_all(queue))
		return;
	finding = vq_find(this, VQ_WRONG, "no-interrupt",
			  "the device completed buffers and raised no interrupt");
	add_interrupts(finding, queue);
	if (queue->counters.known)
		vq_evidence(finding, "virtqueue_push() or virtqueue_flush() came, and no "
				     "virtio_notify() for this queue after it");
	else
		vq_evidence(finding, "it has used %u, and last considered one at %u",
			    queue->place.used_idx, queue->signalled);
	vq_evidence(finding, "for at least %.1f s", this->still->due);
}

static void judge_pending(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (!vq_interrupt_is_pending(this->device, queue) || this->still->raised < this->patience ||
	    has_all(queue))
		return;
	finding = vq_find(this, VQ_WRONG, "interrupt-not-taken",
			  "the device raised an interrupt and the guest does not take it%s",
			  queue->vector.masked ? ": its vector is masked" : "");
	if (!queue->vector.known)
		vq_evidence(finding,
			    "the ISR (0x%x) says that the queue's interrupt is not "
			    "acknowledged: its line is masked, or no handler took it",
			    this->device->isr);
	else if (queue->vector.masked)
		vq_evidence(finding, "MSI-X vector %u is masked and pending",
			    queue->counters.vector);
	else
		vq_evidence(finding,
			    "MSI-X vector %u is pending and not masked by itself: all of the "
			    "device's are, by the function mask in its MSI-X capability, or "
			    "MSI-X is off",
			    queue->counters.vector);
	vq_evidence(finding, "for at least %.1f s", this->still->raised);
}

/* The queue whose vector this one has, while a third has one of its own; or -1. */
static int find_sharer(const struct vq_case *this)
{
	guint16 ours = this->queue->counters.vector;
	int sharer = -1;
	bool own = false;

	for (guint i = 0; i < this->device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(this->device->queues, i);
		guint16 vector = queue->counters.vector;

		if (queue == this->queue || vector == VQ_NO_VECTOR)
			continue;
		if (vector == ours)
			sharer = (int)queue->index;
		else if (vector != this->device->config_vector)
			own = true;
	}
	return own ? sharer : -1;
}

static void find_no_vector(struct vq_case *this, unsigned open)
{
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "no-vector",
			  "%u completed buffer%s not collected: the queue has no MSI-X vector, so "
			  "that its interrupts go nowhere",
			  open, open == 1 ? " is" : "s are");
	vq_evidence(finding, "the driver gave it a callback; its queue_msix_vector is 0xffff");
	add_interrupts(finding, this->queue);
}

static void find_masked(struct vq_case *this, unsigned open)
{
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "interrupt-not-taken",
			  "%u completed buffer%s not collected: MSI-X vector %u is masked", open,
			  open == 1 ? " is" : "s are", this->queue->counters.vector);
	vq_evidence(finding, "nothing is pending behind the mask: the guest masked it when an "
			     "interrupt came that it had disabled, or before any came");
	add_interrupts(finding, this->queue);
	vq_evidence(finding, "for at least %.1f s", this->still->collect);
}

static void find_wrong_vector(struct vq_case *this, unsigned open, int sharer)
{
	guint16 vector = this->queue->counters.vector;
	struct vq_finding *finding;

	if (sharer < 0) {
		finding = vq_find(this, VQ_WRONG, "wrong-vector",
				  "the device raises the queue's interrupts on the vector of its "
				  "configuration: the driver looks elsewhere");
		vq_evidence(finding, "both have vector %u; %u buffers are not collected", vector,
			    open);
	} else {
		finding = vq_find(this, VQ_WRONG, "wrong-vector",
				  "the device raises the queue's interrupts on the vector of queue "
				  "%d: the driver looks there",
				  sharer);
		vq_evidence(finding,
			    "both have vector %u, while others have their own; %u buffers are not "
			    "collected",
			    vector, open);
	}
	add_interrupts(finding, this->queue);
}

/* Returns whether that explains why nothing is collected. */
static bool judge_vector(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_counters *counters = &queue->counters;
	int sharer;

	if (!counters->known || queue->driver.no_callback)
		return false;
	if (this->device->msix && counters->vector == VQ_NO_VECTOR) {
		if (queue->driver.known)
			find_no_vector(this, open);
		return queue->driver.known;
	}
	if (!queue->vector.known || counters->interrupts == 0)
		return false;
	sharer = find_sharer(this);
	if (counters->vector == this->device->config_vector || sharer >= 0)
		find_wrong_vector(this, open, sharer);
	else if (queue->vector.masked)
		find_masked(this, open);
	else
		return false;
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

	if (queue->driver.callbacks_off || interrupt->wish == VQ_NEVER) {
		finding = vq_find(this, VQ_WRONG, "callbacks-off",
				  "%u completed buffer%s not collected: the driver wants no "
				  "interrupt, and does not look by itself",
				  open, open == 1 ? " is" : "s are");
		vq_evidence(finding, "virtqueue_disable_cb() was called, and virtqueue_enable_cb() "
				     "not after it");
		return finding;
	}
	finding = vq_find(
		this, VQ_WRONG, "interrupt-event-index",
		"%u completed buffer%s not collected: the driver asks for an interrupt at a "
		"wrong index",
		open, open == 1 ? " is" : "s are");
	vq_evidence(finding, "its event index is %u, the next that it collects is %u",
		    interrupt->index, queue->driver.last_used);
	return finding;
}

/*
 * Drivers that take what was completed when they next have something to do:
 * those without a callback; a console's, for what nobody in the guest reads or
 * writes; a network's, for what it sent, where its tx interrupts are off.
 */
static bool takes_its_time(const struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	bool sending = this->device->device_id == ID_NET && queue->index % 2 == 1;

	return queue->driver.no_callback || this->device->device_id == ID_CONSOLE ||
	       (sending && queue->driver.callbacks_off && queue->driver.free > 0);
}

static struct vq_finding *find_taken(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	finding = vq_find(this, VQ_WRONG, "not-collected",
			  "%u completed buffer%s not collected, though %s", open,
			  open == 1 ? " is" : "s are",
			  queue->vector.known || this->device->msix
				  ? "nothing holds the interrupt back"
				  : "the guest has acknowledged the interrupt");
	vq_evidence(finding, "callbacks are on: the queue's callback was called and left them "
			     "there, or the guest's CPU does not take interrupts");
	return finding;
}

static void judge_uncollected(struct vq_case *this, unsigned open)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (takes_its_time(this))
		finding = vq_find(this, queue->driver.no_callback ? VQ_WAITS : VQ_UNKNOWN, "polled",
				  "%u completed buffer%s not collected; this driver looks for them "
				  "when it likes%s",
				  open, open == 1 ? " is" : "s are",
				  queue->driver.no_callback ? ", as it has no callback" : "");
	else if (interrupt_was_asked(queue, open) && !queue->driver.callbacks_off)
		finding = find_taken(this, open);
	else
		finding = find_unasked(this, open);
	add_interrupts(finding, queue);
	vq_evidence(finding, "for at least %.1f s", this->still->collect);
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
			"up to %u completed buffer%s may wait for the driver; whether it has them "
			"only its own state tells, for which the kernel's debug file is needed",
			VQ_COUNT(open));
}

static void judge_missing(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	unsigned missing = vq_missing(queue);
	struct vq_finding *finding;

	if (!missing || this->still->missing < this->patience)
		return;
	finding = vq_find(this, VQ_WRONG, "lost",
			  "the driver waits for buffers of %u descriptor%s that are neither in the "
			  "ring nor in the device: they never come back",
			  VQ_COUNT(missing));
	vq_evidence(finding, "of %u descriptors the driver has %u free", queue->place.size,
		    queue->driver.free);
	if (queue->counters.detached)
		vq_evidence(finding,
			    "the device released %" G_GUINT64_FORMAT " buffer%s without completing "
			    "them: virtqueue_detach_element(), and no virtqueue_push()",
			    VQ_COUNT(queue->counters.detached));
	else if (queue->counters.known)
		vq_evidence(finding, "the device released none: its ring was set back, or an id "
				     "of one buffer was completed for another's");
}

void vq_judge_driver_side(struct vq_case *this)
{
	guint before = this->findings->len;

	judge_missing(this);
	judge_due(this);
	if (this->findings->len == before)
		judge_pending(this);
	/* What holds the interrupt back is why nothing is collected. */
	if (this->findings->len == before)
		judge_open(this);
}
