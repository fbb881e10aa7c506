/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-link.h"
#include "status.h"

#include <string.h>

#define SPLIT_LAPS 65536 /* a split ring's index runs freely */
#define HEADS 65536
#define NOWHERE G_MAXUINT64
#define MIDDLE (G_GUINT64_CONSTANT(1) << 40) /* room to count down from */

/* One life of a queue, in both sides' halves. */
struct life {
	struct trace_link *link;
	const struct link_terms *terms;
	guint32 first_driver, end_driver;
	guint32 first_device, end_device;
	guint32 laps; /* positions repeat after so many */
	guint64 *driver_places, *device_places; /* by half: the position, never repeating */
	bool fresh; /* its beginning was seen */
};

static struct driver_half *driver_at(const struct life *life, guint32 i)
{
	return &g_array_index(life->link->driver->halves, struct driver_half, i);
}

static struct device_half *device_at(const struct life *life, guint32 j)
{
	return &g_array_index(life->link->device->halves, struct device_half, j);
}

/* A packed ring's first lap has the wrap counter set, the second not, and so on. */
static guint32 linear(const struct life *life, guint16 position)
{
	const struct driver_queue *queue = life->link->driver;

	if (!queue->packed)
		return position;
	return (position & 0x7fff) + (position & 0x8000 ? 0 : queue->size);
}

static bool was_added(const struct driver_half *half)
{
	return half->added != TRACE_NEVER && half->end != DRIVER_REFUSED && !half->doubtful;
}

static gint64 host_time(const struct life *life, gint64 guest)
{
	return clock_to_host(life->terms->line, guest);
}

/* The next place after @last that has this position. */
static guint64 next_place(const struct life *life, guint64 last, guint32 position)
{
	guint32 last_position = last % life->laps;

	return last + (position + life->laps - last_position) % life->laps;
}

static guint64 place_at_most(const struct life *life, guint64 most, guint32 position)
{
	guint32 most_position = most % life->laps;

	return most - (most_position + life->laps - position) % life->laps;
}

static guint64 first_place(const struct life *life, guint32 position)
{
	return life->fresh ? position : MIDDLE - MIDDLE % life->laps + position;
}

/* Adds follow each other without a gap. */
static void place_adds(struct life *life)
{
	guint64 last = NOWHERE;

	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		const struct driver_half *half = driver_at(life, i);
		guint32 position = linear(life, half->position);

		if (!was_added(half))
			continue;
		last = last == NOWHERE ? first_place(life, position)
				       : next_place(life, last, position);
		life->driver_places[i - life->first_driver] = last;
	}
}

static void place_pops(struct life *life)
{
	guint64 last = NOWHERE;

	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *half = device_at(life, j);
		guint32 position = linear(life, half->position);

		if (half->popped == TRACE_NEVER)
			continue;
		last = last == NOWHERE ? first_place(life, position)
				       : next_place(life, last, position);
		life->device_places[j - life->first_device] = last;
	}
}

/* Passes the adds that may have come before @popped; the last is the newest. */
static guint32 pass_adds(struct life *life, guint32 i, gint64 popped, guint64 *newest)
{
	for (; life->terms->line && i < life->end_driver; i++) {
		if (!was_added(driver_at(life, i)))
			continue;
		if (host_time(life, driver_at(life, i)->added) > popped + life->terms->line->bound)
			break;
		*newest = life->driver_places[i - life->first_driver];
	}
	return i;
}

static guint32 first_add(const struct life *life)
{
	guint32 i = life->first_driver;

	while (i < life->end_driver && !was_added(driver_at(life, i)))
		i++;
	return i;
}

/*
 * What is popped was added before, and no more than a ring ago: the pop's
 * place is the last that fits, up to that of the last add before it. Without
 * losses the first pop that has adds before it settles this for all behind it.
 * Older pops only need to stay apart from all adds.
 */
static void place_pops_by_adds(struct life *life)
{
	const struct clock_line *line = life->terms->line;
	guint32 i = first_add(life);
	guint64 newest, last = NOWHERE;
	gint64 begin;

	if (i == life->end_driver)
		return;
	/* Without a clock: the device was watched first, so its first pop is no later add. */
	newest = life->driver_places[i - life->first_driver] - (line != NULL);
	begin = line ? host_time(life, driver_at(life, i)->added) - line->bound : G_MININT64;
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *half = device_at(life, j);
		guint32 position = linear(life, half->position);
		guint64 place;

		if (half->popped == TRACE_NEVER)
			continue;
		i = pass_adds(life, i, half->popped, &newest);
		place = last == NOWHERE || (line && life->terms->device_lost)
				? place_at_most(life, newest, position)
				: next_place(life, last, position);
		if (half->popped >= begin)
			last = place;
		life->device_places[j - life->first_device] = place;
	}
}

/* The other way round, where only the driver's events were lost. */
static void place_adds_by_pops(struct life *life)
{
	guint64 oldest = NOWHERE;
	guint32 j = life->first_device;

	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		const struct driver_half *half = driver_at(life, i);
		guint32 position = linear(life, half->position);

		if (!was_added(half))
			continue;
		for (; j < life->end_device; j++) {
			if (device_at(life, j)->popped == TRACE_NEVER)
				continue;
			if (oldest != NOWHERE &&
			    device_at(life, j)->popped >
				    host_time(life, half->added) - life->terms->line->bound)
				break;
			oldest = life->device_places[j - life->first_device];
		}
		if (oldest == NOWHERE)
			oldest = first_place(life, position);
		life->driver_places[i - life->first_driver] = next_place(life, oldest, position);
	}
}

static void place_all(struct life *life)
{
	if (life->terms->driver_lost && !life->terms->device_lost && life->terms->line) {
		place_pops(life);
		place_adds_by_pops(life);
	} else if (life->fresh && !life->terms->driver_lost && !life->terms->device_lost) {
		place_adds(life);
		place_pops(life);
	} else {
		place_adds(life);
		place_pops_by_adds(life);
	}
}

static void tie(struct life *life, guint32 i, guint32 j)
{
	g_array_index(life->link->of_driver, guint32, i) = j;
	g_array_index(life->link->of_device, guint32, j) = i;
}

static bool agree(struct life *life, guint32 i, guint32 j, const char *where, GError **error)
{
	const struct driver_half *driver = driver_at(life, i);
	const struct device_half *device = device_at(life, j);

	if (driver->head == device->head) {
		tie(life, i, j);
		return true;
	}
	life->link->contradicted++;
	if (life->terms->driver_lost || life->terms->device_lost)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "%s: at position %u of the ring the driver added head %u, but the device took "
		    "head %u: what was read from the guest's kernel is not what it seems; "
		    "'kc trace --help' says what a kernel must offer",
		    where, driver->position, driver->head, device->head);
	return false;
}

static bool tie_same_places(struct life *life, const char *where, GError **error)
{
	guint32 i = life->first_driver, j = life->first_device;

	while (i < life->end_driver && j < life->end_device) {
		guint64 driver = life->driver_places[i - life->first_driver];
		guint64 device = life->device_places[j - life->first_device];

		if (driver != NOWHERE && driver == device && !agree(life, i, j, where, error))
			return false;
		if (driver == NOWHERE || (device != NOWHERE && driver <= device))
			i++;
		if (device == NOWHERE || (driver != NOWHERE && device <= driver))
			j++;
	}
	return true;
}

static bool is_older(const struct driver_half *half)
{
	return half->added == TRACE_NEVER && half->collected != TRACE_NEVER;
}

/* Which was under way with a head when the driver began to be watched: the one before its first add. */
static void tie_older(struct life *life)
{
	g_autofree guint32 *before = g_new(guint32, HEADS);
	g_autofree guint8 *added = g_new0(guint8, HEADS);

	memset(before, 0xff, HEADS * sizeof(*before));
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		guint16 head = device_at(life, j)->head;

		if (g_array_index(life->link->of_device, guint32, j) != TRACE_NONE)
			added[head] = true;
		else if (!added[head])
			before[head] = j;
	}
	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		guint16 head = driver_at(life, i)->head;

		if (is_older(driver_at(life, i)) && before[head] != TRACE_NONE)
			tie(life, i, before[head]);
	}
}

/*
 * Where adds were lost, a collection is of the buffer with its head that was
 * pushed before it and whose head was not popped again before it. With clocks
 * that are not sure enough to tell two apart it stays alone.
 */
static guint32 find_push(struct life *life, const guint32 *next, guint32 *first, gint64 collected,
			 bool *unclear)
{
	gint64 bound = life->terms->line->bound;
	const struct device_half *after;

	/* Later collections are of later pops, too. */
	while (*first != TRACE_NONE && next[*first - life->first_device] != TRACE_NONE &&
	       device_at(life, next[*first - life->first_device])->popped <= collected - bound)
		*first = next[*first - life->first_device];
	if (*first == TRACE_NONE || device_at(life, *first)->pushed == TRACE_NEVER ||
	    device_at(life, *first)->pushed > collected + bound)
		return TRACE_NONE;
	if (next[*first - life->first_device] == TRACE_NONE)
		return *first;
	after = device_at(life, next[*first - life->first_device]);
	*unclear = after->pushed != TRACE_NEVER && after->pushed <= collected + bound;
	return *unclear ? TRACE_NONE : *first;
}

static void tie_unadded(struct life *life)
{
	guint32 n = life->end_device - life->first_device;
	g_autofree guint32 *next = g_new(guint32, MAX(n, 1)); /* with the same head */
	g_autofree guint32 *first = g_new(guint32, HEADS);

	memset(first, 0xff, HEADS * sizeof(*first));
	for (guint32 j = life->end_device; j-- > life->first_device;) {
		next[j - life->first_device] = first[device_at(life, j)->head];
		first[device_at(life, j)->head] = j;
	}
	for (guint32 i = life->first_driver; i < life->end_driver; i++) {
		struct driver_half *half = driver_at(life, i);
		bool unclear = false;
		guint32 j;

		if (!is_older(half))
			continue;
		j = find_push(life, next, &first[half->head], host_time(life, half->collected),
			      &unclear);
		if (unclear)
			half->end = DRIVER_UNCLEAR;
		else if (j != TRACE_NONE &&
			 g_array_index(life->link->of_device, guint32, j) == TRACE_NONE)
			tie(life, i, j);
	}
}

/*
 * While events are lost a head may pass to another buffer unseen. What a later
 * event on it says may then be of either: it is only believed where the other
 * side shows that there was no other.
 */
static void doubt_collections(struct life *life)
{
	g_autofree gint64 *next_pop = g_new(gint64, HEADS);
	guint32 i;

	for (int head = 0; head < HEADS; head++)
		next_pop[head] = G_MAXINT64;
	for (guint32 j = life->end_device; j-- > life->first_device;) {
		const struct device_half *device = device_at(life, j);
		struct driver_half *driver;

		i = g_array_index(life->link->of_device, guint32, j);
		driver = i == TRACE_NONE ? NULL : driver_at(life, i);
		if (driver && driver->collected != TRACE_NEVER &&
		    trace_lost_between(life->terms->driver_gaps, driver->added,
				       driver->collected) &&
		    (life->terms->device_lost ||
		     next_pop[device->head] <=
			     host_time(life, driver->collected) + life->terms->line->bound)) {
			driver->collected = TRACE_NEVER;
			driver->end = DRIVER_OPEN;
		}
		if (device->popped != TRACE_NEVER)
			next_pop[device->head] = device->popped;
	}
}

static void doubt_pushes(struct life *life)
{
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		struct device_half *half = device_at(life, j);

		if (half->popped == TRACE_NEVER ||
		    !trace_lost_between(life->terms->device_gaps, half->popped,
					MAX(half->pushed, half->filled)))
			continue;
		half->filled = half->pushed = TRACE_NEVER;
		half->written = 0;
		half->signal = TRACE_NONE;
		half->end = DEVICE_HELD;
	}
}

/* Whose pop was lost is told by its head: the driver lets it go only after the push. */
static void tie_popless(struct life *life)
{
	g_autofree guint32 *owner = g_new(guint32, HEADS);
	guint32 i = life->first_driver;

	memset(owner, 0xff, HEADS * sizeof(*owner));
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		const struct device_half *device = device_at(life, j);
		guint32 found;

		if (device->popped != TRACE_NEVER || device->pushed == TRACE_NEVER)
			continue;
		for (; i < life->end_driver && driver_at(life, i)->added != TRACE_NEVER &&
		       host_time(life, driver_at(life, i)->added) <= device->pushed;
		     i++)
			if (was_added(driver_at(life, i)))
				owner[driver_at(life, i)->head] = i;
		found = owner[device->head];
		if (found != TRACE_NONE && driver_at(life, found)->collected != TRACE_NEVER &&
		    g_array_index(life->link->of_driver, guint32, found) == TRACE_NONE &&
		    host_time(life, driver_at(life, found)->collected) >= device->pushed)
			tie(life, found, j);
	}
}

static void tie_rest(struct life *life)
{
	if (!life->terms->driver_lost)
		tie_older(life);
	else if (life->terms->line)
		tie_unadded(life);
	if (life->terms->line && life->terms->device_lost && !life->terms->driver_lost)
		tie_popless(life);
}

static void mark_older(struct life *life)
{
	guint64 oldest = NOWHERE;

	for (guint32 i = life->first_driver; i < life->end_driver && oldest == NOWHERE; i++)
		oldest = life->driver_places[i - life->first_driver];
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		guint64 place = life->device_places[j - life->first_device];

		g_array_index(life->link->before, guint8, j) = !life->fresh &&
							       (place == NOWHERE || place < oldest);
	}
}

static guint64 *new_places(guint32 n)
{
	guint64 *places = g_new(guint64, MAX(n, 1));

	for (guint32 i = 0; i < n; i++)
		places[i] = NOWHERE;
	return places;
}

static bool link_life(struct life *life, const char *where, GError **error)
{
	g_autofree guint64 *driver_places = new_places(life->end_driver - life->first_driver);
	g_autofree guint64 *device_places = new_places(life->end_device - life->first_device);

	life->driver_places = driver_places;
	life->device_places = device_places;
	place_all(life);
	if (!tie_same_places(life, where, error))
		return false;
	if (life->terms->line && life->terms->driver_lost)
		doubt_collections(life);
	if (life->terms->device_lost)
		doubt_pushes(life);
	mark_older(life);
	return true;
}

static guint32 *new_ties(GArray **array, guint32 n)
{
	*array = g_array_sized_new(FALSE, FALSE, sizeof(guint32), n);
	g_array_set_size(*array, n);
	for (guint32 i = 0; i < n; i++)
		g_array_index(*array, guint32, i) = TRACE_NONE;
	return (guint32 *)(*array)->data;
}

/* Halves of one life lie together, on either side. */
static bool next_life(struct life *life)
{
	guint32 n_driver = life->link->driver->halves->len;
	guint32 n_device = life->link->device->halves->len;
	guint32 number = G_MAXUINT32;

	life->first_driver = life->end_driver;
	life->first_device = life->end_device;
	if (life->end_driver < n_driver)
		number = driver_at(life, life->end_driver)->life;
	if (life->end_device < n_device)
		number = MIN(number, device_at(life, life->end_device)->life);
	while (life->end_driver < n_driver && driver_at(life, life->end_driver)->life == number)
		life->end_driver++;
	while (life->end_device < n_device && device_at(life, life->end_device)->life == number)
		life->end_device++;
	life->fresh = number != 0;
	return number != G_MAXUINT32;
}

static bool link_lives(struct trace_link *link, const struct link_terms *terms, const char *where,
		       GError **error)
{
	struct life life = {.link = link, .terms = terms};

	life.laps = link->driver->packed ? 2 * MAX(link->driver->size, 1) : SPLIT_LAPS;
	while (next_life(&life))
		if (!link_life(&life, where, error))
			return false;
	return true;
}

bool trace_link(struct trace_link *link, struct driver_queue *driver, struct device_queue *device,
		const struct link_terms *terms, const char *where, GError **error)
{
	guint32 n_device = device ? device->halves->len : 0;

	*link = (struct trace_link){.driver = driver, .device = device};
	new_ties(&link->of_driver, driver ? driver->halves->len : 0);
	new_ties(&link->of_device, n_device);
	link->before = g_array_sized_new(FALSE, TRUE, 1, n_device);
	g_array_set_size(link->before, n_device);
	if (driver && device && link_lives(link, terms, where, error))
		return true;
	if (driver && device) {
		trace_link_clear(link);
		return false;
	}
	if (n_device)
		memset(link->before->data, 1, n_device);
	return true;
}

void trace_link_rest(struct trace_link *link, const struct link_terms *terms)
{
	struct life life = {.link = link, .terms = terms};

	if (!link->driver || !link->device)
		return;
	while (next_life(&life))
		tie_rest(&life);
}

void trace_link_clear(struct trace_link *link)
{
	g_clear_pointer(&link->of_driver, g_array_unref);
	g_clear_pointer(&link->of_device, g_array_unref);
	g_clear_pointer(&link->before, g_array_unref);
}

void trace_link_pairs(const struct trace_link *link, guint32 tag, struct clock_pairs *pairs)
{
	for (guint32 i = 0; i < link->of_driver->len; i++) {
		guint32 j = g_array_index(link->of_driver, guint32, i);
		const struct driver_half *driver;
		const struct device_half *device;

		if (j == TRACE_NONE)
			continue;
		driver = &g_array_index(link->driver->halves, struct driver_half, i);
		device = &g_array_index(link->device->halves, struct device_half, j);
		if (driver->added != TRACE_NEVER && device->popped != TRACE_NEVER)
			clock_guest_first(pairs, driver->added, device->popped,
					  (guint64)tag << 32 | i);
		if (driver->collected != TRACE_NEVER && device->pushed != TRACE_NEVER)
			clock_host_first(pairs, driver->collected, device->pushed,
					 (guint64)tag << 32 | i);
	}
}
