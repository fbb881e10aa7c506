/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake.h"
#include "trace/join/stats.h"

struct fake *fake_new(guint32 seed, bool packed, guint16 size, guint16 chain, bool indirect)
{
	struct fake *fake = g_new0(struct fake, 1);

	fake->rand = g_rand_new_with_seed(seed);
	fake->packed = packed;
	fake->size = size;
	fake->chain = chain;
	fake->indirect = indirect;
	fake->driver = g_array_new(FALSE, FALSE, sizeof(struct driver_event));
	fake->device = g_array_new(FALSE, FALSE, sizeof(struct device_event));
	fake->stories = g_array_new(FALSE, FALSE, sizeof(struct fake_story));
	fake->slots = g_array_new(FALSE, FALSE, sizeof(guint16));
	fake->next_free = g_array_new(FALSE, FALSE, sizeof(guint16));
	fake->available = g_queue_new();
	fake->popped = g_queue_new();
	fake->pushed = g_queue_new();
	fake->now = FAKE_OFFSET + 1000000;
	fake->free = size;
	for (guint16 i = 1; i <= size; i++)
		g_array_append_val(fake->next_free, i);
	return fake;
}

void fake_free(struct fake *fake)
{
	g_rand_free(fake->rand);
	g_array_unref(fake->driver);
	g_array_unref(fake->device);
	g_array_unref(fake->stories);
	g_array_unref(fake->slots);
	g_array_unref(fake->next_free);
	g_queue_free(fake->available);
	g_queue_free(fake->popped);
	g_queue_free(fake->pushed);
	g_free(fake);
}

gint64 fake_guest_time(const struct fake *fake, gint64 host)
{
	gint64 since = (host - fake->slewed) / FAKE_SLEW;
	gint64 behind = MIN(since, 2 * fake->slew - since);

	return (gint64)((host - FAKE_OFFSET) * (1 + fake->drift)) - MAX(behind, 0);
}

static void pass_time(struct fake *fake)
{
	fake->now += g_rand_int_range(fake->rand, 500, 5000);
}

static guint16 position_of(const struct fake *fake, guint32 running)
{
	if (!fake->packed)
		return running;
	return running % fake->size | (running / fake->size % 2 ? 0 : 0x8000);
}

static void driver_event(struct fake *fake, struct driver_event event)
{
	event.time = fake_guest_time(fake, fake->now);
	event.device = FAKE_DEVICE;
	event.size = fake->size;
	event.packed = fake->packed;
	event.free = fake->free;
	g_array_append_val(fake->driver, event);
}

static void device_event(struct fake *fake, struct device_event event)
{
	event.time = fake->now;
	event.device = FAKE_DEVICE;
	if (!fake->outside)
		g_array_append_val(fake->device, event);
}

static struct fake_story *story_at(struct fake *fake, gpointer index)
{
	return &g_array_index(fake->stories, struct fake_story, GPOINTER_TO_UINT(index));
}

/* Every third is as long as may be, so that rings fill and refuse. */
static guint16 choose_chain(struct fake *fake)
{
	return fake->chain > 1 ? g_rand_int_range(fake->rand, 1, fake->chain + 1) : 1;
}

void fake_kick(struct fake *fake)
{
	pass_time(fake);
	driver_event(fake, (struct driver_event){.kind = DRIVER_KICK});
	if (g_rand_int_range(fake->rand, 0, 2))
		return;
	pass_time(fake);
	driver_event(fake, (struct driver_event){.kind = DRIVER_NOTIFY});
	pass_time(fake);
	device_event(fake, (struct device_event){.kind = DEVICE_NOTICED});
}

static void take_slots(struct fake *fake, guint16 slots)
{
	guint16 head = fake->free_head;

	/* A packed ring's ids are one a buffer, however many slots it takes. */
	for (guint16 i = 0; i < (fake->packed ? 1 : slots); i++)
		head = g_array_index(fake->next_free, guint16, head);
	fake->free_head = head;
	fake->free -= slots;
	fake->avail += fake->packed ? slots : 1;
}

static void give_slots(struct fake *fake, guint16 head, guint16 slots)
{
	guint16 last = head;

	for (guint16 i = 1; i < (fake->packed ? 1 : slots); i++)
		last = g_array_index(fake->next_free, guint16, last);
	g_array_index(fake->next_free, guint16, last) = fake->free_head;
	fake->free_head = head;
	fake->free += slots;
}

void fake_add(struct fake *fake)
{
	guint16 chain = choose_chain(fake);
	guint16 slots = fake->indirect ? 1 : chain;
	struct fake_story story = {
		.popped = TRACE_NEVER,
		.pushed = TRACE_NEVER,
		.collected = TRACE_NEVER,
		.head = fake->free_head,
		.position = position_of(fake, fake->avail),
		.refused = slots > fake->free,
	};

	pass_time(fake);
	story.added = fake->now;
	driver_event(fake, (struct driver_event){
				   .kind = DRIVER_ADD,
				   .head = story.head,
				   .position = story.position,
			   });
	g_array_append_val(fake->stories, story);
	if (story.refused)
		slots = 0;
	g_array_append_val(fake->slots, slots);
	if (story.refused)
		return;
	g_queue_push_tail(fake->available, GUINT_TO_POINTER(fake->stories->len - 1));
	take_slots(fake, slots);
	fake_kick(fake);
}

bool fake_pop(struct fake *fake)
{
	struct fake_story *story;

	if (g_queue_is_empty(fake->available))
		return false;
	pass_time(fake);
	g_queue_push_tail(fake->popped, g_queue_peek_head(fake->available));
	story = story_at(fake, g_queue_pop_head(fake->available));
	story->popped = fake->now;
	device_event(fake, (struct device_event){
				   .kind = DEVICE_POP,
				   .head = story->head,
				   .position = story->position,
				   .chain = 2,
				   .out_num = 1,
				   .in_num = 1,
				   .out_bytes = 16,
				   .in_bytes = 512,
			   });
	return true;
}

/* In any order, one at a time. */
bool fake_push(struct fake *fake)
{
	guint n = g_queue_get_length(fake->popped);
	struct fake_story *story;
	gpointer index;

	if (n == 0)
		return false;
	index = g_queue_pop_nth(fake->popped, g_rand_int_range(fake->rand, 0, n));
	story = story_at(fake, index);
	pass_time(fake);
	device_event(fake, (struct device_event){
				   .kind = DEVICE_FILL,
				   .head = story->head,
				   /* Some more than there is room for. */
				   .written = story->head % 8 == 7 ? 600 : 100,
			   });
	pass_time(fake);
	story->pushed = fake->now;
	device_event(fake, (struct device_event){.kind = DEVICE_FLUSH, .count = 1});
	pass_time(fake);
	device_event(fake, (struct device_event){.kind = DEVICE_RAISED, .value = 1});
	g_queue_push_tail(fake->pushed, index);
	return true;
}

/* Where one function that gets buffers calls the other, both are seen. */
static void tell_get(struct fake *fake, enum driver_kind kind)
{
	for (int i = g_rand_int_range(fake->rand, 0, 2); i < 2; i++)
		driver_event(fake, (struct driver_event){
					   .kind = kind,
					   .head = fake->free_head,
					   .used = position_of(fake, fake->used),
				   });
}

bool fake_collect(struct fake *fake)
{
	struct fake_story *story;
	gpointer index;

	if (fake->by_get)
		tell_get(fake, DRIVER_GET);
	if (g_queue_is_empty(fake->pushed))
		return false;
	pass_time(fake);
	driver_event(fake, (struct driver_event){.kind = DRIVER_INTERRUPT});
	pass_time(fake);
	index = g_queue_pop_head(fake->pushed);
	story = story_at(fake, index);
	story->collected = fake->now;
	if (!fake->by_get)
		driver_event(fake, (struct driver_event){
					   .kind = DRIVER_COLLECT,
					   .head = story->head,
					   .used = position_of(fake, fake->used),
				   });
	give_slots(fake, story->head, g_array_index(fake->slots, guint16, GPOINTER_TO_UINT(index)));
	fake->used++;
	if (fake->by_get)
		tell_get(fake, DRIVER_GOT);
	return true;
}

void fake_step(struct fake *fake, bool may_add)
{
	switch (g_rand_int_range(fake->rand, 0, 4)) {
	case 0:
		if (may_add)
			fake_add(fake);
		break;
	case 1:
		fake_pop(fake);
		break;
	case 2:
		fake_push(fake);
		break;
	default:
		fake_collect(fake);
	}
}

void fake_drain(struct fake *fake)
{
	while (!g_queue_is_empty(fake->available) || !g_queue_is_empty(fake->popped) ||
	       !g_queue_is_empty(fake->pushed))
		fake_step(fake, false);
}

void fake_reset(struct fake *fake)
{
	static const guint8 statuses[] = {0, 1, 3, 11, 15};

	pass_time(fake);
	driver_event(fake, (struct driver_event){.kind = DRIVER_STATUS, .value = 0});
	pass_time(fake);
	/* A device may see more resets than the driver makes. */
	device_event(fake, (struct device_event){.kind = DEVICE_STATUS, .value = 0});
	device_event(fake, (struct device_event){.kind = DEVICE_STATUS, .value = 0});
	driver_event(fake, (struct driver_event){.kind = DRIVER_DELETE_QUEUE});
	for (size_t i = 1; i < G_N_ELEMENTS(statuses); i++) {
		pass_time(fake);
		driver_event(fake,
			     (struct driver_event){.kind = DRIVER_STATUS, .value = statuses[i]});
		device_event(fake,
			     (struct device_event){.kind = DEVICE_STATUS, .value = statuses[i]});
	}
	g_queue_clear(fake->available);
	g_queue_clear(fake->popped);
	g_queue_clear(fake->pushed);
	fake->avail = fake->used = 0;
	fake->free_head = 0;
	fake->free = fake->size;
	for (guint16 i = 0; i < fake->size; i++)
		g_array_index(fake->next_free, guint16, i) = i + 1;
}

static void agent_driver_event(struct fake *fake, struct driver_event event)
{
	event.time = fake_guest_time(fake, fake->now);
	event.device = FAKE_AGENT;
	event.size = 64;
	g_array_append_val(fake->driver, event);
}

static void agent_device_event(struct fake *fake, struct device_event event)
{
	event.time = fake->now;
	event.device = FAKE_AGENT;
	g_array_append_val(fake->device, event);
}

void fake_ping(struct fake *fake, guint32 *position)
{
	for (int i = 0; i < 10; i++, (*position)++) {
		agent_driver_event(fake, (struct driver_event){
						 .kind = DRIVER_ADD,
						 .position = *position,
						 .free = 64,
					 });
		pass_time(fake);
		agent_device_event(fake, (struct device_event){
						 .kind = DEVICE_POP,
						 .position = *position,
					 });
		pass_time(fake);
		agent_device_event(fake, (struct device_event){.kind = DEVICE_FILL});
		agent_device_event(fake, (struct device_event){.kind = DEVICE_FLUSH, .count = 1});
		pass_time(fake);
		agent_driver_event(fake, (struct driver_event){
						 .kind = DRIVER_COLLECT,
						 .free = 63,
						 .used = *position,
					 });
		pass_time(fake);
	}
}

static void feed(struct fake *fake, struct trace_join *join, gint64 begin)
{
	for (guint i = 0; i < fake->driver->len; i++) {
		const struct driver_event *event = &g_array_index(fake->driver, struct driver_event,
								  i);

		if (event->device == FAKE_AGENT || event->time >= begin)
			driver_side_take(join->driver, event);
	}
	for (guint i = 0; i < fake->device->len; i++)
		device_side_take(join->device,
				 &g_array_index(fake->device, struct device_event, i));
	driver_side_finish(join->driver, join->driver_end);
}

static struct trace *new_trace(const struct fake *fake)
{
	struct trace *trace = g_new0(struct trace, 1);

	trace->n_devices = 2;
	trace->devices = g_new0(struct trace_device, 2);
	trace->devices[FAKE_AGENT].name = g_strdup("virtio-serial");
	trace->devices[FAKE_DEVICE].name = g_strdup("virtio-fake");
	trace->devices[FAKE_DEVICE].guest_name = g_strdup("virtio1");
	trace->devices[FAKE_DEVICE].outside = fake->outside;
	return trace;
}

struct trace *fake_join(struct fake *fake, gint64 begin, GArray *driver_gaps, GArray *device_gaps,
			GError **error)
{
	g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(struct trace_gap));
	bool wanted[] = {true, true};
	struct trace_join join = {
		.trace = new_trace(fake),
		.driver_gaps = driver_gaps ? driver_gaps : none,
		.device_gaps = device_gaps ? device_gaps : none,
		.descriptors = g_array_new(FALSE, FALSE, sizeof(struct trace_descriptor)),
		.agent = FAKE_AGENT,
		.wanted = wanted,
		.only_queue = TRACE_NONE,
		.driver_begin = begin,
		.driver_end = fake_guest_time(fake, fake->now),
	};

	join.driver = driver_side_new(2, join.driver_gaps);
	join.device = device_side_new(2, join.descriptors);
	driver_side_begin(join.driver, begin);
	feed(fake, &join, begin);
	if (!trace_join(&join, error))
		g_clear_pointer(&join.trace, trace_free);
	driver_side_free(join.driver);
	device_side_free(join.device);
	if (join.descriptors)
		g_array_unref(join.descriptors);
	if (join.trace)
		trace_summarise(join.trace);
	return join.trace;
}

struct trace *fake_run(bool packed, guint16 size, guint16 chain, int steps, bool drained)
{
	g_autoptr(GError) error = NULL;
	struct fake *fake = fake_new(7, packed, size, chain, chain > 1);
	guint32 position = 0;
	struct trace *trace;
	gint64 begin;

	fake_ping(fake, &position);
	begin = fake->now;
	for (int i = 0; i < steps; i++)
		fake_step(fake, true);
	if (drained)
		fake_drain(fake);
	fake_ping(fake, &position);
	trace = fake_join(fake, fake_guest_time(fake, begin), NULL, NULL, &error);
	if (!trace)
		g_error("%s", error->message);
	fake_free(fake);
	return trace;
}
