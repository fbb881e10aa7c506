/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"
#include "trace/join/internal.h"

static bool device_lost(const struct trace_assembly *assembly)
{
	return assembly->join->device_gaps->len > 0;
}

static void G_GNUC_PRINTF(2, 3) contradict(struct trace_assembly *assembly, const char *format, ...)
{
	g_autofree char *label = trace_queue_label(assembly->join->trace, assembly->queue->device,
						   assembly->queue->number);
	g_autofree char *text = NULL;
	va_list values;

	if (assembly->error)
		return;
	va_start(values, format);
	text = g_strdup_vprintf(format, values);
	va_end(values);
	g_set_error(&assembly->error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "%s: %s, though no event was lost: the trace would not be true", label, text);
}

static enum trace_fate collected_fate(struct trace_assembly *assembly,
				      const struct driver_half *driver,
				      const struct device_half *device)
{
	if (device && device->pushed != TRACE_NEVER && device->popped != TRACE_NEVER)
		return TRACE_COMPLETE;
	/* Even of a vhost device some queues are QEMU's. */
	if (assembly->device->outside && !device)
		return TRACE_DRIVER_ONLY;
	if (!device_lost(assembly) && assembly->driver_gaps->len == 0)
		contradict(assembly,
			   "the driver collected head %u, which the device was not seen to %s",
			   driver->head, device ? "give back" : "take");
	return TRACE_TOUCHED;
}

static enum trace_fate open_fate(const struct trace_assembly *assembly,
				 const struct driver_half *driver, const struct device_half *device)
{
	if (device && device->end == DEVICE_DROPPED)
		return TRACE_DROPPED;
	if ((device && device->end == DEVICE_RESET) || driver->life != assembly->link->driver->life)
		return TRACE_WITHDRAWN;
	if (assembly_driver_lost(assembly, clock_to_host(&assembly->join->clock, driver->added),
				 G_MAXINT64) ||
	    (!device && device_lost(assembly)))
		return TRACE_TOUCHED;
	return TRACE_AT_END;
}

enum trace_fate assembly_driver_fate(struct trace_assembly *assembly,
				     const struct driver_half *driver,
				     const struct device_half *device)
{
	switch (driver->end) {
	case DRIVER_REFUSED:
		return TRACE_REFUSED;
	case DRIVER_WITHDRAWN:
		return TRACE_WITHDRAWN;
	case DRIVER_VANISHED:
		if (assembly->driver_gaps->len == 0)
			contradict(assembly,
				   "the driver added head %u twice and was not seen to "
				   "collect it between",
				   driver->head);
		return TRACE_TOUCHED;
	case DRIVER_OPEN:
		return open_fate(assembly, driver, device);
	}
	if (driver->added != TRACE_NEVER)
		return collected_fate(assembly, driver, device);
	return assembly->driver_gaps->len > 0 &&
			       assembly_driver_lost(
				       assembly, G_MININT64,
				       clock_to_host(&assembly->join->clock, driver->collected))
		       ? TRACE_TOUCHED
		       : TRACE_AT_START;
}

/*
 * Given back though it was not the device's: it had let go of it, no buffer has
 * such a head, or there was none that it could have taken before the trace.
 */
static bool is_unasked(const struct trace_assembly *assembly, const struct device_half *device,
		       bool older)
{
	const struct driver_queue *driver = assembly->link->driver;

	if (device->popped != TRACE_NEVER || !driver)
		return false;
	return device->unasked || !older || (driver->size && device->head >= driver->size) ||
	       (driver->began_empty &&
		device->filled > assembly->begin + assembly->join->clock.bound);
}

bool assembly_device_fate(struct trace_assembly *assembly, guint32 j, enum trace_fate *fate)
{
	const struct device_half *device = assembly_device(assembly, j);
	bool older = g_array_index(assembly->link->before, guint8, j);
	bool over = device->pushed != TRACE_NEVER && device->pushed < assembly->begin;

	if (device->popped > assembly->end - assembly->join->clock.bound || (older && over))
		return false;
	*fate = TRACE_AT_START;
	/* Several devices that came and went: which of them the driver's events are of is not known. */
	if (assembly->driver_gaps->len > 0 || device_lost(assembly) ||
	    !assembly->device->guest_name)
		*fate = TRACE_TOUCHED;
	else if (is_unasked(assembly, device, older))
		*fate = TRACE_UNASKED;
	else if (!older)
		*fate = TRACE_UNADDED;
	return true;
}
