/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All virtio devices and queues of a VM at one moment, as far as can be known. */
#ifndef KC_VQ_STATE_H
#define KC_VQ_STATE_H

#include "vm/run-state.h"
#include "vq/guest.h"
#include "vq/ring.h"

#define VQ_NO_VECTOR 0xffff

/* The last that the device did to learn of buffers. */
enum vq_look {
	VQ_LOOK_UNKNOWN,
	VQ_LOOK_NONE, /* since it was reset */
	VQ_LOOK_FOUND, /* it saw or took one: there may be more */
	VQ_LOOK_EMPTY, /* what came since is the driver's to kick */
	VQ_LOOK_ENABLED, /* it asked for kicks, and did not look whether any had come before */
};

/* What our QEMU tells and a stock one does not. */
struct vq_counters {
	bool known;
	bool kick_wanted; /* as the device believes */
	guint64 kicks;
	bool kicked; /* since the device took a buffer or found none */
	guint64 interrupts, suppressed;
	bool interrupt_due; /* it has used buffers and not considered an interrupt since */
	guint64 used_too_long;
	guint16 vector;
	enum vq_look look;
	unsigned unflushed; /* filled in as used, and not shown to the driver */
	guint64 detached; /* let go of, and not returned */
	/* Seconds of guest time since the last one each; negative if not known */
	double kick_age, pop_age, use_age;
};

/* The driver's own state, which is not in the ring: struct vring_virtqueue. */
struct vq_driver {
	bool known;
	char *name; /* of the queue: "requests" */
	bool broken; /* it has given the queue up */
	bool callbacks_off;
	bool no_callback; /* it has none, and looks by itself */
	guint16 last_used; /* what it collects next; packed: without the wrap counter */
	unsigned free; /* descriptors */
	guint16 added; /* since it last asked itself whether to kick */
	/* What the next used entry holds, and whether the driver waits for that id */
	bool next_known, next_awaited;
	guint32 next_id, next_len;
};

struct vq_queue {
	unsigned index;
	struct vq_driver driver;
	struct vq_place place;
	guint16 seen_avail; /* the available index as the device last read it; split */
	bool seen_avail_known;
	bool last_avail_known;
	guint16 signalled; /* the used index when it last considered an interrupt */
	bool signalled_known;
	guint32 in_use; /* the device's own count, however absurd */
	bool moving; /* while it was looked at: the parts are not of one moment */
	struct vq_counters counters;
	struct vq_vector vector;
	struct vq_ring ring;
	GPtrArray *findings; /* of struct vq_finding; NULL: not judged, as it is not asked for */
};

struct vq_device {
	char *path; /* QOM */
	char *bus_path; /* of the PCI device or the virtio-mmio slot */
	char *name; /* "virtio-blk" */
	char *id; /* the user's; or NULL */
	int guest_index; /* N where the guest calls it virtioN; -1: not known */
	unsigned device_id; /* virtio's */
	GStrv features; /* names that both sides accepted */
	GStrv status; /* names of the bits that are set */
	bool packed, event_index, in_order;
	bool driver_ok, needs_reset, broken, acknowledged, vhost;
	bool pci, msix; /* msix: in use, as far as is known */
	guint8 isr;
	guint16 config_vector;
	guint64 resets;
	bool resets_known; /* and config_vector */
	bool reset_unasked; /* the last one was not the driver's */
	guint64 reset_inuse; /* what the device held then */
	unsigned orphans; /* queues that a driver of its kind uses, and no device has */
	char *trouble; /* what could not be learned; or NULL */
	GPtrArray *queues; /* of struct vq_queue, those that are set up */
	GPtrArray *findings; /* the device's own, as a queue's */
};

struct vq_sample {
	gint64 time; /* monotonic, microseconds */
	char *halted; /* why nothing can move: "paused"; NULL while the guest runs */
	struct run_state *stands; /* the same, where QEMU does not run it; or NULL */
	bool kernel_known; /* whether the kernel has panicked is read from its memory */
	char *trouble; /* why the rings are not known; or NULL */
	char *driver_trouble; /* why the drivers' own state is not known; or NULL */
	GPtrArray *devices; /* of struct vq_device, in QEMU's order */
};

#endif
