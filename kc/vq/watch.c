/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vq/watch.h"

/* Since when a value is what it is; @zero counts as a change: nothing is stuck then. */
struct stage {
	guint64 value;
	gint64 since;
};

struct history {
	guint64 generation; /* of samples, in which it was last seen */
	gint64 first;
	gint64 now;
	struct stage pop, complete, due, raised, collect, missing;
	struct stage reset; /* of a device */
	GHashTable *buffers; /* key to struct sighting */
};

struct sighting {
	gint64 first;
	guint64 generation;
};

struct vq_watch {
	guint64 generation;
	bool halted;
	GHashTable *queues; /* "PATH#INDEX" to struct history, "PATH#-1" for the device's own */
};

static void history_free(void *data)
{
	struct history *history = data;

	g_hash_table_unref(history->buffers);
	g_free(history);
}

struct vq_watch *vq_watch_new(void)
{
	struct vq_watch *watch = g_new0(struct vq_watch, 1);

	watch->queues = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, history_free);
	return watch;
}

void vq_watch_free(struct vq_watch *watch)
{
	if (!watch)
		return;
	g_hash_table_unref(watch->queues);
	g_free(watch);
}

static char *queue_key(const struct vq_device *device, const struct vq_queue *queue)
{
	return g_strdup_printf("%s#%d", device->path, queue ? (int)queue->index : -1);
}

/*
 * Positions of a split ring's buffers run free. In a packed ring the next lap's
 * buffer looks the same: it is taken for the same while the device pops none.
 */
static gint64 *buffer_key(const struct vq_queue *queue, const struct vq_buffer *buffer)
{
	gint64 lap = queue->place.packed ? queue->place.last_avail : 0;
	gint64 key = lap << 33 | (gint64)buffer->popped << 32 | (gint64)buffer->position << 16 |
		     buffer->head;

	return g_memdup2(&key, sizeof(key));
}

static void mark(struct stage *stage, guint64 value, bool nothing, gint64 now)
{
	if (stage->since == 0 || stage->value != value || nothing)
		stage->since = now;
	stage->value = value;
}

/* Descriptors from one place to another, forward round the ring. */
static unsigned forward(const struct vq_queue *queue, unsigned from, unsigned to)
{
	unsigned size = queue->place.size;

	return (to % size + size - from % size) % size;
}

static unsigned packed_behind(const struct vq_queue *queue, unsigned index)
{
	unsigned used = queue->place.used_idx & 0x7fff;
	unsigned ahead = forward(queue, used, index);

	/* A driver may ask for a later one of those that are still to come. */
	if (ahead <= queue->place.popped + queue->ring.waiting)
		return 0;
	return forward(queue, index, used);
}

static unsigned behind(const struct vq_queue *queue, guint16 index)
{
	gint16 split = queue->place.used_idx - index;

	return queue->place.packed ? packed_behind(queue, index) : (unsigned)MAX(split, 0);
}

bool vq_uncollected(const struct vq_queue *queue, unsigned *count)
{
	const struct vq_ring *ring = &queue->ring;

	*count = 0;
	if (queue->moving)
		return false;
	if (queue->driver.known) {
		*count = behind(queue, queue->driver.last_used);
		/* In a packed ring a whole lap looks like none. */
		if (queue->place.packed && !*count && !queue->driver.free && !queue->in_use &&
		    !queue->ring.waiting)
			*count = queue->place.size;
		return true;
	}
	/* A driver that wants to be told of the next one has all that came before. */
	if (!ring->read || ring->interrupt.wish != VQ_AT_INDEX)
		return false;
	*count = behind(queue, ring->interrupt.index);
	return *count == 0;
}

/* In descriptors of the ring itself. */
static unsigned count_visible(const struct vq_queue *queue)
{
	const GArray *buffers = queue->ring.buffers;
	unsigned sum = 0;

	for (guint i = 0; i < buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(buffers, struct vq_buffer, i);

		sum += buffer->indirect ? 1 : buffer->descriptors;
	}
	return sum;
}

unsigned vq_missing(const struct vq_queue *queue)
{
	unsigned size = queue->place.size, open, seen;

	if (!queue->driver.known || queue->driver.broken || queue->driver.free > size ||
	    !queue->ring.read || !queue->ring.heads_known || queue->ring.runaway ||
	    queue->in_use > size || !vq_uncollected(queue, &open) || open)
		return 0;
	seen = count_visible(queue) + queue->driver.free;
	return seen < size ? size - seen : 0;
}

bool vq_interrupt_is_due(const struct vq_queue *queue)
{
	if (queue->counters.known)
		return queue->counters.interrupt_due;
	return queue->signalled_known && queue->signalled != queue->place.used_idx;
}

bool vq_interrupt_is_pending(const struct vq_device *device, const struct vq_queue *queue)
{
	if (queue->vector.known)
		return queue->vector.pending;
	/* With MSI-X nobody reads the ISR. */
	if (device->msix)
		return false;
	return device->isr & 1;
}

static void see_buffers(struct history *history, const struct vq_queue *queue, guint64 generation)
{
	const struct vq_ring *ring = &queue->ring;
	GHashTableIter iter;
	gpointer value;

	for (guint i = 0; ring->buffers && i < ring->buffers->len; i++) {
		g_autofree gint64 *key = buffer_key(
			queue, &g_array_index(ring->buffers, struct vq_buffer, i));
		struct sighting *sighting = g_hash_table_lookup(history->buffers, key);

		if (!sighting) {
			sighting = g_new(struct sighting, 1);
			sighting->first = history->now;
			g_hash_table_insert(history->buffers, g_steal_pointer(&key), sighting);
		}
		sighting->generation = generation;
	}
	g_hash_table_iter_init(&iter, history->buffers);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct sighting *)value)->generation != generation)
			g_hash_table_iter_remove(&iter);
}

/* The device's queues may share an interrupt: it is stuck if none of them moves. */
static guint64 completions(const struct vq_device *device)
{
	guint64 sum = 0;

	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		sum += queue->place.used_idx + queue->counters.interrupts;
	}
	return sum;
}

static void see_queue(struct history *history, const struct vq_device *device,
		      const struct vq_queue *queue, guint64 generation)
{
	const struct vq_counters *counters = &queue->counters;
	guint16 collected = queue->driver.known ? queue->driver.last_used
						: queue->ring.interrupt.index;
	gint64 now = history->now;
	unsigned open;

	vq_uncollected(queue, &open);
	mark(&history->pop, queue->place.last_avail, queue->ring.waiting == 0, now);
	mark(&history->complete, queue->place.used_idx, queue->in_use == 0, now);
	mark(&history->due,
	     counters->known ? counters->interrupts + counters->suppressed : queue->signalled,
	     !vq_interrupt_is_due(queue), now);
	mark(&history->raised, completions(device), !vq_interrupt_is_pending(device, queue), now);
	mark(&history->collect, collected, open == 0, now);
	mark(&history->missing,
	     (guint64)queue->driver.free << 32 | (guint32)queue->place.last_avail << 16 |
		     queue->place.used_idx,
	     vq_missing(queue) == 0, now);
	see_buffers(history, queue, generation);
}

static struct history *find_or_begin(struct vq_watch *watch, const struct vq_device *device,
				     const struct vq_queue *queue, gint64 now)
{
	g_autofree char *key = queue_key(device, queue);
	struct history *history = g_hash_table_lookup(watch->queues, key);

	if (!history) {
		history = g_new0(struct history, 1);
		history->first = now;
		history->buffers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
							 g_free);
		g_hash_table_insert(watch->queues, g_steal_pointer(&key), history);
	}
	history->generation = watch->generation;
	history->now = now;
	return history;
}

static void add_device(struct vq_watch *watch, const struct vq_device *device, gint64 now)
{
	struct history *own = find_or_begin(watch, device, NULL, now);

	mark(&own->reset, device->resets, device->orphans == 0, now);
	for (guint i = 0; i < device->queues->len; i++) {
		const struct vq_queue *queue = g_ptr_array_index(device->queues, i);

		see_queue(find_or_begin(watch, device, queue, now), device, queue,
			  watch->generation);
	}
}

static gboolean is_gone(gpointer key, gpointer value, gpointer watch)
{
	(void)key;
	return ((struct history *)value)->generation != ((struct vq_watch *)watch)->generation;
}

void vq_watch_add(struct vq_watch *watch, const struct vq_sample *sample)
{
	watch->generation++;
	watch->halted = sample->halted;
	/* What could not move has not stood still: it begins when the guest goes on. */
	if (sample->halted)
		g_hash_table_remove_all(watch->queues);
	for (guint i = 0; i < sample->devices->len; i++)
		add_device(watch, g_ptr_array_index(sample->devices, i), sample->time);
	/* A queue that is set up anew begins anew. */
	g_hash_table_foreach_remove(watch->queues, is_gone, watch);
}

static const struct history *find(const struct vq_watch *watch, const struct vq_device *device,
				  const struct vq_queue *queue)
{
	g_autofree char *key = queue_key(device, queue);

	return g_hash_table_lookup(watch->queues, key);
}

static double seconds(gint64 from, gint64 to)
{
	return (double)(to - from) / G_USEC_PER_SEC;
}

/* What QEMU remembers goes back further than what we have watched. */
static void add_known(struct vq_still *still, const struct vq_queue *queue)
{
	const struct vq_counters *counters = &queue->counters;
	unsigned open;

	vq_uncollected(queue, &open);
	if (counters->kicked && queue->ring.waiting)
		still->pop = MAX(still->pop, counters->kick_age);
	if (queue->in_use)
		still->complete = MAX(still->complete,
				      counters->use_age < 0
					      ? counters->pop_age
					      : MIN(counters->pop_age, counters->use_age));
	if (open)
		still->collect = MAX(still->collect, counters->use_age);
	if (vq_interrupt_is_due(queue))
		still->due = MAX(still->due, counters->use_age);
}

static double find_oldest(const struct vq_watch *watch, const struct vq_device *device,
			  const struct vq_queue *queue)
{
	const GArray *buffers = queue->ring.buffers;
	double oldest = 0;

	for (guint i = 0; buffers && i < buffers->len; i++) {
		const struct vq_buffer *buffer = &g_array_index(buffers, struct vq_buffer, i);

		if (buffer->popped && buffer->out_bytes)
			oldest = MAX(oldest, vq_watch_age(watch, device, queue, buffer));
	}
	return oldest;
}

struct vq_still vq_watch_still(const struct vq_watch *watch, const struct vq_device *device,
			       const struct vq_queue *queue)
{
	const struct history *history = find(watch, device, queue);
	struct vq_still still;

	if (!history || watch->halted)
		return (struct vq_still){0};
	still = (struct vq_still){
		seconds(history->pop.since, history->now),
		seconds(history->complete.since, history->now),
		seconds(history->due.since, history->now),
		seconds(history->raised.since, history->now),
		seconds(history->collect.since, history->now),
		seconds(history->missing.since, history->now),
		find_oldest(watch, device, queue),
		seconds(history->first, history->now),
	};
	if (queue->counters.known)
		add_known(&still, queue);
	return still;
}

double vq_watch_reset(const struct vq_watch *watch, const struct vq_device *device)
{
	const struct history *history = find(watch, device, NULL);

	return history && !watch->halted ? seconds(history->reset.since, history->now) : 0;
}

double vq_watch_age(const struct vq_watch *watch, const struct vq_device *device,
		    const struct vq_queue *queue, const struct vq_buffer *buffer)
{
	const struct history *history = find(watch, device, queue);
	g_autofree gint64 *key = buffer_key(queue, buffer);
	const struct sighting *sighting;

	sighting = history ? g_hash_table_lookup(history->buffers, key) : NULL;
	return sighting ? seconds(sighting->first, history->now) : 0;
}
