/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/join/internal.h"
#include "base/status.h"

#include <string.h>

#define SPLIT_LAPS 65536 /* a split ring's index runs freely */

static bool agree(struct link_life *life, guint32 i, guint32 j, const char *where, GError **error)
{
	const struct driver_half *driver = link_driver(life, i);
	const struct device_half *device = link_device(life, j);

	if (driver->head == device->head) {
		link_tie(life, i, j);
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

static bool tie_same_places(struct link_life *life, const char *where, GError **error)
{
	guint32 i = life->first_driver, j = life->first_device;

	while (i < life->end_driver && j < life->end_device) {
		guint64 driver = life->driver_places[i - life->first_driver];
		guint64 device = life->device_places[j - life->first_device];

		if (driver != LINK_NOWHERE && driver == device && !agree(life, i, j, where, error))
			return false;
		if (driver == LINK_NOWHERE || (device != LINK_NOWHERE && driver <= device))
			i++;
		if (device == LINK_NOWHERE || (driver != LINK_NOWHERE && device <= driver))
			j++;
	}
	return true;
}

static void mark_older(struct link_life *life)
{
	guint64 oldest = LINK_NOWHERE;

	for (guint32 i = life->first_driver; i < life->end_driver && oldest == LINK_NOWHERE; i++)
		oldest = life->driver_places[i - life->first_driver];
	for (guint32 j = life->first_device; j < life->end_device; j++) {
		guint64 place = life->device_places[j - life->first_device];

		g_array_index(life->link->before, guint8,
			      j) = !life->fresh && (place == LINK_NOWHERE || place < oldest);
	}
}

static guint64 *new_places(guint32 n)
{
	guint64 *places = g_new(guint64, MAX(n, 1));

	for (guint32 i = 0; i < n; i++)
		places[i] = LINK_NOWHERE;
	return places;
}

static bool link_life(struct link_life *life, const char *where, GError **error)
{
	g_autofree guint64 *driver_places = new_places(life->end_driver - life->first_driver);
	g_autofree guint64 *device_places = new_places(life->end_device - life->first_device);

	life->driver_places = driver_places;
	life->device_places = device_places;
	link_place(life);
	if (!tie_same_places(life, where, error))
		return false;
	if (life->terms->clock && life->terms->driver_lost)
		link_doubt_collections(life);
	if (life->terms->device_lost)
		link_doubt_pushes(life);
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
static bool next_life(struct link_life *life)
{
	guint32 n_driver = life->link->driver->halves->len;
	guint32 n_device = life->link->device->halves->len;
	guint32 number = G_MAXUINT32;

	life->first_driver = life->end_driver;
	life->first_device = life->end_device;
	if (life->end_driver < n_driver)
		number = link_driver(life, life->end_driver)->life;
	if (life->end_device < n_device)
		number = MIN(number, link_device(life, life->end_device)->life);
	while (life->end_driver < n_driver && link_driver(life, life->end_driver)->life == number)
		life->end_driver++;
	while (life->end_device < n_device && link_device(life, life->end_device)->life == number)
		life->end_device++;
	life->fresh = number != 0;
	return number != G_MAXUINT32;
}

static bool link_lives(struct trace_link *link, const struct link_terms *terms, const char *where,
		       GError **error)
{
	struct link_life life = {.link = link, .terms = terms};

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
	struct link_life life = {.link = link, .terms = terms};

	if (!link->driver || !link->device)
		return;
	while (next_life(&life))
		link_tie_rest(&life);
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
