/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace, joined: the life of each buffer on both sides of its queue, on one
 * clock. This is what the table, the JSON, the Perfetto file and the page are
 * made from; it holds no pointers into the raw streams.
 *
 * Times are nanoseconds on the host's clock since the trace's start. Those of
 * the driver's side were taken on the guest's clock and brought over, and are
 * within trace.clock.bound_ns of the truth. What was not seen, or did not
 * happen, is TRACE_NEVER.
 */
#ifndef KC_TRACE_TRACE_H
#define KC_TRACE_TRACE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define TRACE_NEVER G_MININT64
#define TRACE_NONE G_MAXUINT32 /* an index that points nowhere */

/*
 * The page takes these lists as they are, too. In words: for tables and
 * machine-readable output alike.
 */
/* clang-format off */

/* What happens to a buffer, in the order in which it must. */
#define TRACE_MOMENT_LIST(X) \
	X(ADDED, "added") /* driver: about to be put into the ring */ \
	X(KICKED, "kicked") /* driver: the notification that covers it is sent */ \
	X(NOTIFIED, "notified") /* device: that notification is there */ \
	X(POPPED, "popped") /* device: taken out of the ring */ \
	X(FILLED, "filled") /* device: done with it */ \
	X(PUSHED, "pushed") /* device: about to be shown in the ring */ \
	X(RAISED, "raised") /* device: the interrupt that covers it is sent */ \
	X(TAKEN, "taken") /* driver: in the handler of that interrupt */ \
	X(COLLECTED, "collected") /* driver: has it back */

/* What a buffer spends its time on. */
#define TRACE_STAGE_LIST(X) \
	X(KICK, "waiting for the kick") /* added, and the driver has not kicked yet */ \
	X(WAY, "on the way") /* kicked (or added, where no kick was due), not popped yet */ \
	X(DEVICE, "in the device") /* popped, not pushed yet */ \
	X(INTERRUPT, "waiting for the interrupt") /* pushed, and its interrupt not taken yet */ \
	X(DRIVER, "in the driver") /* interrupt taken (or pushed, where none was due), not collected */ \
	X(TOTAL, "in total") /* added to collected */

/* How a buffer's story is known, and how it ends. */
#define TRACE_FATE_LIST(X) \
	X(COMPLETE, "complete") /* seen from its add to its collection, on both sides */ \
	X(AT_START, "in flight at the start") /* was under way when the trace began */ \
	X(AT_END, "in flight at the end") /* was under way when the trace ended */ \
	X(REFUSED, "refused by the ring") /* the driver tried to add it, and the ring did not take it */ \
	X(WITHDRAWN, "withdrawn") /* taken back by the driver, or its queue reset or removed */ \
	X(DROPPED, "dropped by the device") /* the device popped it and never gives it back */ \
	X(TOUCHED, "touched by lost events") /* some of its events were lost: what is known is true, not all is known */ \
	X(DRIVER_ONLY, "driver's side only") /* its device runs outside QEMU (vhost): only one side is to be seen */ \
	X(UNASKED, "given back but not taken") /* no buffer: the device gave back what it had not taken */ \
	X(UNADDED, "taken but not added") /* no buffer: the device took what the driver's functions had not added */

#define TRACE_FLAG_LIST(X) \
	X(INDIRECT, 1) /* its descriptors are in a table of their own */ \
	X(POLLED, 2) /* popped before any kick that covers it arrived */ \
	X(KICK_SUPPRESSED, 4) /* the device had said that it needs no kick */ \
	X(INTERRUPT_SUPPRESSED, 8) /* the driver had said that it needs no interrupt */ \
	X(OVERLONG, 16) /* the device says that it wrote more than it was given room for */

#define TRACE_ENUM(name, words) TRACE_##name,
#define TRACE_STAGE_ENUM(name, words) TRACE_STAGE_##name,
#define TRACE_FLAG_ENUM(name, bit) TRACE_##name = bit,

enum trace_moment { TRACE_MOMENT_LIST(TRACE_ENUM) TRACE_MOMENTS };
enum trace_stage { TRACE_STAGE_LIST(TRACE_STAGE_ENUM) TRACE_STAGES };
enum trace_fate { TRACE_FATE_LIST(TRACE_ENUM) TRACE_FATES };
enum trace_flag { TRACE_FLAG_LIST(TRACE_FLAG_ENUM) };

/* clang-format on */

struct trace_buffer {
	gint64 at[TRACE_MOMENTS];
	guint64 out_bytes; /* the device may read these */
	guint64 in_bytes; /* the device may write these */
	guint32 written; /* the device says that it wrote so many, and may be wrong */
	guint32 queue; /* index into trace.queues */
	guint32 kick; /* index into trace.kicks, or TRACE_NONE */
	guint32 interrupt; /* index into trace.interrupts, or TRACE_NONE */
	guint32 descriptors; /* first, in trace.descriptors; TRACE_NONE: not recorded */
	guint16 head; /* head of the chain (split), buffer id (packed) */
	/*
	 * Where in the ring it was made available: split, the free-running
	 * avail index; packed, the slot, with the wrap counter in bit 15.
	 */
	guint16 position;
	guint16 chain; /* descriptors, as the device counted them */
	guint16 out_num, in_num; /* pieces of memory that they are, for the device */
	guint16 slots; /* of the ring that it takes; 0: not known */
	guint16 used; /* where it was pushed, counted as position is */
	guint8 fate;
	guint8 flags;
	guint8 add_cpu, collect_cpu; /* of the guest */
};

/*
 * A descriptor as the device read it, in order of the chain. With TRACE_INDIRECT
 * one more than trace_buffer.chain: the table's own comes first.
 */
struct trace_descriptor {
	guint64 addr;
	guint32 len;
	guint16 flags; /* VRING_DESC_F_* */
	guint16 index; /* where it lies: in the ring, or in the indirect table */
};

/* The driver asked whether to kick; where due, the device was notified. */
struct trace_kick {
	gint64 asked; /* driver */
	gint64 sent; /* driver; TRACE_NEVER: suppressed */
	gint64 noticed; /* device */
	guint32 queue;
	guint32 buffers; /* that it covers */
};

struct trace_interrupt {
	gint64 raised; /* device; TRACE_NEVER: suppressed, or not seen */
	gint64 taken; /* driver */
	guint32 queue;
	guint32 buffers; /* pushed since the one before */
	guint8 cpu; /* of the guest */
	bool suppressed; /* the driver did not want it */
};

/* Nanoseconds; exact for those seen, by the nearest rank. */
struct trace_latency {
	guint64 count;
	gint64 p50, p90, p99, max;
};

struct trace_stats {
	guint64 buffers;
	guint64 fates[TRACE_FATES];
	guint64 out_bytes, in_bytes;
	guint64 written; /* as far as there was room for it */
	guint64 overlong, excess; /* buffers with TRACE_OVERLONG, and what is too much in them */
	guint64 descriptors; /* of those popped */
	guint64 popped;
	guint64 indirect;
	guint64 kicks_asked, kicks_sent, kicks_suppressed, kicks_noticed;
	guint64 interrupts_raised, interrupts_suppressed, interrupts_taken;
	guint32 in_flight_max; /* added and not yet collected */
	double in_flight_mean; /* over time */
	struct trace_latency stages[TRACE_STAGES];
};

/* Each number of them that adds up over queues, by its name in machine-readable output. */
struct trace_count {
	const char *name;
	size_t offset; /* of a guint64 in struct trace_stats */
};

extern const struct trace_count trace_counts[]; /* ends with NULL */

static inline guint64 *trace_count(const struct trace_stats *stats, const struct trace_count *count)
{
	return (guint64 *)((char *)stats + count->offset);
}

struct trace_queue {
	guint32 device; /* index into trace.devices */
	guint32 number; /* of its device */
	char *name; /* the specification's, such as "controlq"; or NULL */
	guint32 size; /* entries; 0: not known */
	guint16 vector; /* of MSI-X; 0xffff: none, or not known */
	bool packed;
	/* Its own in the trace's arrays lie together, each in order of time. */
	guint32 first_buffer, n_buffers;
	guint32 first_kick, n_kicks;
	guint32 first_interrupt, n_interrupts;
	struct trace_stats stats;
};

struct trace_device {
	char *name; /* virtio-blk */
	char *path; /* in QEMU's object tree */
	char *guest_name; /* virtio3 */
	char *bus; /* where the guest found it: 0000:00:03.0 */
	guint32 id; /* of the virtio specification */
	guint32 queues; /* that it has; 0: not known */
	guint64 features; /* those agreed on */
	bool packed, event_idx, indirect; /* the same, taken apart */
	bool outside; /* vhost: QEMU does not see its buffers */
};

/* Host time = guest time * (1 + drift) + offset */
struct trace_clock {
	gint64 offset_ns; /* at the trace's start */
	double drift; /* 1e-6 is one millionth; of several pieces the mean */
	gint64 bound_ns; /* the largest error of a guest time within the trace */
	guint64 constraints; /* pairs of events, one on each side, whose order is known */
	guint32 pieces; /* straight lines that it took; 1: the drift is constant */
	gint64 jump_ns; /* where one of several ends, the error can be this, beyond the bound */
};

struct trace_losses {
	guint64 driver_events; /* the guest's ring buffer was full */
	guint64 device_events; /* QEMU's was */
	guint64 driver_missed; /* a probe could not fire: nested, or no return slot free */
};

struct trace {
	struct trace_device *devices;
	struct trace_queue *queues; /* by device, then number */
	struct trace_buffer *buffers; /* by queue, then by when each was first seen */
	struct trace_descriptor *descriptors;
	struct trace_kick *kicks; /* by queue, then time */
	struct trace_interrupt *interrupts; /* by queue, then time */
	guint32 n_devices, n_queues, n_buffers, n_descriptors, n_kicks, n_interrupts;
	gint64 duration_ns;
	struct trace_clock clock;
	struct trace_losses losses;
	struct trace_stats total;
	char *command; /* that was traced, as typed */
	char *kernel; /* uname -r of the guest */
	guint32 cpus; /* of the guest */
};

/* In words: "added", "in the device", "complete". */
const char *trace_moment_name(enum trace_moment moment);
const char *trace_stage_name(enum trace_stage stage);
const char *trace_fate_name(enum trace_fate fate);

/* When @stage began and ended for @buffer; false where it has no such stage. */
bool trace_buffer_stage(const struct trace_buffer *buffer, enum trace_stage stage, gint64 *begin,
			gint64 *end);

/* "virtio-blk (virtio2) queue 0". Caller frees. */
char *trace_queue_label(const struct trace *trace, guint32 device, guint32 queue);

void trace_free(struct trace *trace);
void trace_clear(struct trace *trace); /* frees what it holds */

#endif
