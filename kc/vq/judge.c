/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/internal.h"

static void judge_reset(struct vq_case *this, double reset)
{
	const struct vq_device *device = this->device;
	struct vq_finding *finding;

	if (!device->orphans || device->driver_ok || reset < this->patience)
		return;
	finding = vq_find(this, VQ_WRONG, "reset",
			  "the device was reset while its driver uses %u queue%s: what was in them "
			  "is lost",
			  VQ_COUNT(device->orphans));
	if (!device->resets_known)
		return;
	vq_evidence(finding, "%" G_GUINT64_FORMAT " reset%s since QEMU began, the last one %s",
		    VQ_COUNT(device->resets),
		    device->reset_unasked
			    ? "not by the driver: the device did it by itself, or the machine"
			    : "by the driver, which wrote 0 to the status");
	vq_evidence(finding, "it has no rings any more, and no kick reaches it");
}

/* Linux believes that it is live: it was told so, or has switched bus mastering off since. */
static void judge_unready(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (!queue->ring.waiting || this->still->pop < this->patience)
		return;
	finding = vq_find(
		this, VQ_WRONG, "not-ready",
		"%u buffer%s wait%s, and the device is not live: its status has no DRIVER_OK",
		VQ_COUNT(queue->ring.waiting), queue->ring.waiting == 1 ? "s" : "");
	if (this->device->pci)
		vq_evidence(finding, "QEMU also takes it away when the driver switches off the PCI "
				     "device's bus mastering");
	vq_evidence(finding, "for at least %.1f s", this->still->pop);
}

static void judge_status(struct vq_case *this, const struct vq_log *said)
{
	const struct vq_device *device = this->device;
	g_autofree char *bits = device->status ? g_strjoinv(", ", device->status) : NULL;
	struct vq_finding *finding;

	if (device->needs_reset || device->broken) {
		finding = vq_find(this, VQ_WRONG, "needs-reset",
				  "the device has given up: it needs a reset by its driver");
		vq_evidence(finding, "status %s%s", bits,
			    device->broken ? "; QEMU treats it as broken and serves no queue" : "");
		vq_log_quote_qemu(finding, said);
	}
}

GPtrArray *vq_judge_device(const struct vq_device *device, const struct vq_log *said, double reset,
			   double patience)
{
	struct vq_case this = {.device = device, .patience = patience};

	this.findings = vq_findings_new();
	judge_status(&this, said);
	judge_reset(&this, reset);
	vq_log_quote_guest(&this, said);
	return this.findings;
}

static void judge_counts(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (queue->in_use > queue->place.size) {
		finding = vq_find(this, VQ_WRONG, "completed-twice",
				  "the device has completed more buffers than it had popped");
		vq_evidence(finding, "it holds %d buffers by its own count, of a ring of %u",
			    (gint32)queue->in_use, queue->place.size);
	}
	if (queue->counters.known && queue->counters.used_too_long) {
		finding = vq_find(this, VQ_WRONG, "used-length",
				  "the device says that it wrote more than it was given room for; "
				  "a driver refuses that");
		vq_evidence(finding,
			    "of %" G_GUINT64_FORMAT " buffers since the queue was set up%s",
			    queue->counters.used_too_long,
			    queue->ring.read && !queue->place.packed && queue->ring.used_idx
				    ? ""
				    : "; the newest length is not kept in this ring");
	}
	if (queue->ring.read && queue->ring.last_used_outside && !queue->driver.broken) {
		finding = vq_find(this, VQ_WRONG, "used-id",
				  "the device completed a buffer that does not exist");
		vq_evidence(finding, "used entry %u names id %u, the ring has %u",
			    (guint16)(queue->ring.used_idx - 1), queue->ring.last_used_id,
			    queue->place.size);
	}
}

/* Linux gives a queue up over a used id that is none that it waits for. */
static void judge_broken(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	const struct vq_driver *driver = &queue->driver;
	struct vq_finding *finding;

	if (!driver->known || !driver->broken)
		return;
	if (driver->next_known && !driver->next_awaited) {
		finding = vq_find(this, VQ_WRONG, "used-id",
				  "the driver refused the id of a completed buffer, and gave the "
				  "queue up");
		vq_evidence(finding, "used entry %u names id %u, with length %u: %s",
			    driver->last_used, driver->next_id, driver->next_len,
			    driver->next_id >= queue->place.size
				    ? "the ring has no such id"
				    : "the driver waits for no buffer of that id, it was completed "
				      "before or never added");
		return;
	}
	finding = vq_find(this, VQ_WRONG, "queue-broken",
			  "the driver has marked the queue as broken and ignores it");
	vq_evidence(finding, "Linux does so when the device is removed or does not take a kick, "
			     "and a driver when it likes");
}

/* That the ring is full is no fault; what keeps it full is. */
static void judge_full(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;

	if (this->findings->len && queue->driver.known && !queue->driver.broken &&
	    queue->driver.free == 0)
		vq_evidence(
			vq_find(this,
				((struct vq_finding *)g_ptr_array_index(this->findings, 0))->grade,
				"queue-full",
				"the queue is full: the driver can add nothing before some come "
				"back"),
			"none of %u descriptors is free; virtqueue_add_*() gives -ENOSPC",
			queue->place.size);
}

static void judge_ring(struct vq_case *this)
{
	const struct vq_queue *queue = this->queue;
	struct vq_finding *finding;

	if (!queue->ring.read) {
		vq_find(this, VQ_UNKNOWN, "no-ring",
			"its ring could not be read from the guest's "
			"memory: buffers and wishes are unknown");
		return;
	}
	/* The ring was read after the device's index: a busy one may be ahead for that. */
	if (queue->ring.runaway && this->still->pop >= this->patience) {
		finding = vq_find(
			this, VQ_WRONG, "available-index",
			"the driver's available index is ahead by more than the ring has");
		vq_evidence(finding,
			    "it is %u, the device pops %u next: %u buffers in a ring of %u",
			    queue->ring.avail_idx, queue->place.last_avail, queue->ring.waiting,
			    queue->place.size);
	}
	if (!queue->place.packed && queue->ring.used_idx != queue->place.used_idx &&
	    this->still->longest >= this->patience && this->still->complete >= this->patience) {
		finding = vq_find(this, VQ_WRONG, "used-index",
				  "somebody but the device has written the used index");
		vq_evidence(finding, "it is %u, the device has put %u there", queue->ring.used_idx,
			    queue->place.used_idx);
	}
}

static bool is_seen(const struct vq_buffer *buffer, const struct vq_device *device)
{
	/* A device that took it is content with it, unless it gave up over it. */
	return buffer->chain != VQ_CHAIN_GOOD && buffer->chain != VQ_CHAIN_OVERWRITTEN &&
	       (!buffer->popped || device->broken || device->needs_reset);
}

static void judge_chains(struct vq_case *this)
{
	const struct vq_ring *ring = &this->queue->ring;

	for (guint i = 0; ring->buffers && i < ring->buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(ring->buffers, struct vq_buffer, i);
		struct vq_finding *finding;

		if (!is_seen(buffer, this->device))
			continue;
		/* While it runs, the driver may be writing there. */
		if (this->still->pop < this->patience && !this->device->broken)
			return;
		finding = vq_find(this, VQ_WRONG, "bad-chain",
				  "the driver's buffer %u is not valid", buffer->head);
		vq_evidence(finding, "%s", vq_chain_text(buffer->chain));
		return;
	}
}

GPtrArray *vq_judge_queue(const struct vq_device *device, const struct vq_queue *queue,
			  const struct vq_still *still, double patience)
{
	struct vq_case this = {device, queue, still, patience, NULL};

	this.findings = vq_findings_new();
	judge_ring(&this);
	judge_counts(&this);
	judge_broken(&this);
	judge_chains(&this);
	/* Where one side does nothing any more, a queue that stands still is no news. */
	if (device->broken || device->needs_reset || queue->driver.broken)
		return this.findings;
	if (!device->driver_ok) {
		judge_unready(&this);
	} else {
		vq_judge_device_side(&this);
		vq_judge_driver_side(&this);
		judge_full(&this);
	}
	return this.findings;
}

bool vq_is_suspicious(const struct vq_device *device, const struct vq_queue *queue)
{
	unsigned open;

	vq_uncollected(queue, &open);
	return vq_count_buffers(&queue->ring, false) || queue->in_use || open ||
	       vq_interrupt_is_due(queue) || vq_interrupt_is_pending(device, queue) ||
	       vq_missing(queue) || (queue->ring.waiting && queue->counters.look == VQ_LOOK_EMPTY);
}
