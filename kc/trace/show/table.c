/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"
#include "trace/show/show.h"

/* Three digits, and a unit that fits. */
static void print_time(FILE *out, gint64 ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	double value = ns;
	int unit = 0;

	for (; unit < 3 && (value >= 1000 || value <= -1000); unit++)
		value /= 1000;
	fprintf(out, "%8.*f %-2s",
		unit == 0 || value >= 100 ? 0
		: value >= 10		  ? 1
					  : 2,
		value, units[unit]);
}

static void print_bytes(FILE *out, guint64 bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	double value = bytes;
	int unit = 0;

	for (; unit < 4 && value >= 1024; unit++)
		value /= 1024;
	fprintf(out, "%.*f %s", unit == 0 ? 0 : 1, value, units[unit]);
}

static void print_fates(const struct trace_stats *stats, FILE *out)
{
	const char *separator = ": ";

	fprintf(out, "  %" G_GUINT64_FORMAT " buffers", stats->buffers);
	for (int i = 0; i < TRACE_FATES; i++) {
		if (!stats->fates[i])
			continue;
		fprintf(out, "%s%" G_GUINT64_FORMAT " %s", separator, stats->fates[i],
			trace_fate_name(i));
		separator = ", ";
	}
	fputc('\n', out);
}

/* A buffer that nobody has asked for yet is neither slow nor lost. */
static void print_posted(const struct trace_queue *queue, FILE *out)
{
	if (queue->name && (strstr(queue->name, "receiveq") || strstr(queue->name, "event")))
		fputs("  posted ahead: what is in flight here, or on the way, waits for the "
		      "device to have something for it\n",
		      out);
}

static void print_contents(const struct trace_stats *stats, FILE *out)
{
	if (!stats->popped)
		return;
	fputs("  to the device ", out);
	print_bytes(out, stats->out_bytes);
	fputs(", from it ", out);
	print_bytes(out, stats->written);
	fputs(" of ", out);
	print_bytes(out, stats->in_bytes);
	fprintf(out, " offered; %.2f descriptors a buffer, %" G_GUINT64_FORMAT " indirect\n",
		(double)stats->descriptors / stats->popped, stats->indirect);
}

/* As a number, for a rounded one hides by how much. */
static void print_overlong(const struct trace *trace, const struct trace_queue *queue, FILE *out)
{
	const struct trace_buffer *buffer = trace->buffers + queue->first_buffer;

	if (!queue->stats.overlong)
		return;
	while (!(buffer->flags & TRACE_OVERLONG))
		buffer++;
	fprintf(out,
		"  WRONG: the device says of %" G_GUINT64_FORMAT
		" of them that it wrote more than it "
		"was given room for, %" G_GUINT64_FORMAT
		" bytes too many; first of %s %u, %s %u: %u "
		"bytes into %" G_GUINT64_FORMAT "\n",
		queue->stats.overlong, queue->stats.excess, queue->packed ? "id" : "head",
		buffer->head, queue->packed ? "slot" : "position",
		queue->packed ? buffer->position & 0x7fff : buffer->position, buffer->written,
		buffer->in_bytes);
}

static void print_ratio(FILE *out, const char *what, guint64 buffers, guint64 n)
{
	if (n)
		fprintf(out, "; %.2f buffers %s", (double)buffers / n, what);
}

/* What was lost was kicked for and in flight, too: then neither is reckoned. */
static void print_signals(const struct trace_stats *stats, bool whole, FILE *out)
{
	fprintf(out,
		"  kicks: %" G_GUINT64_FORMAT " asked, %" G_GUINT64_FORMAT
		" sent, %" G_GUINT64_FORMAT " suppressed",
		stats->kicks_asked, stats->kicks_sent, stats->kicks_suppressed);
	if (whole)
		print_ratio(out, "a kick",
			    stats->buffers - stats->fates[TRACE_REFUSED] -
				    stats->fates[TRACE_UNASKED] - stats->fates[TRACE_UNADDED],
			    stats->kicks_sent);
	fprintf(out,
		"\n  interrupts: %" G_GUINT64_FORMAT " raised, %" G_GUINT64_FORMAT
		" suppressed, %" G_GUINT64_FORMAT " taken",
		stats->interrupts_raised, stats->interrupts_suppressed, stats->interrupts_taken);
	if (whole)
		print_ratio(out, "an interrupt", stats->fates[TRACE_COMPLETE],
			    stats->interrupts_taken);
	fputc('\n', out);
	if (whole)
		fprintf(out, "  in flight: %.2f on average, %u at most\n", stats->in_flight_mean,
			stats->in_flight_max);
}

static void print_stages(const struct trace_stats *stats, FILE *out)
{
	fprintf(out, "  %-26s %9s %11s %11s %11s %11s\n", "stage", "buffers", "p50", "p90", "p99",
		"max");
	for (int i = 0; i < TRACE_STAGES; i++) {
		const struct trace_latency *latency = &stats->stages[i];

		fprintf(out, "  %-26s %9" G_GUINT64_FORMAT, trace_stage_name(i), latency->count);
		if (latency->count) {
			print_time(out, latency->p50);
			print_time(out, latency->p90);
			print_time(out, latency->p99);
			print_time(out, latency->max);
		}
		fputc('\n', out);
	}
}

static void print_stats(const struct trace *trace, const struct trace_stats *stats,
			const struct trace_queue *queue, FILE *out)
{
	print_fates(stats, out);
	if (queue)
		print_posted(queue, out);
	print_contents(stats, out);
	if (queue)
		print_overlong(trace, queue, out);
	print_signals(stats, trace->losses.driver_events == 0, out);
	print_stages(stats, out);
}

/* The guest chose it. */
static void print_name(FILE *out, const char *before, const char *name, const char *after)
{
	g_autofree char *plain = name ? quote_printable(name) : NULL;

	if (plain)
		fprintf(out, "%s%s%s", before, plain, after);
}

static void print_queue(const struct trace *trace, const struct trace_queue *queue, FILE *out)
{
	const struct trace_device *device = &trace->devices[queue->device];

	fprintf(out, "\n%s, ", device->name);
	print_name(out, "",
		   device->guest_name ? device->guest_name
				      : "which the guest no longer has, or never had",
		   "");
	print_name(out, " at ", device->bus, "");
	fprintf(out, ", queue %u", queue->number);
	print_name(out, " (", queue->name, ")");
	if (queue->size)
		fprintf(out, ": %s ring of %u", queue->packed ? "packed" : "split", queue->size);
	if (queue->stats.fates[TRACE_DRIVER_ONLY])
		fputs("; vhost: what its device does is not in QEMU, and not to be seen", out);
	fputc('\n', out);
	print_stats(trace, &queue->stats, queue, out);
}

static void print_loss(FILE *out, const char **before, guint64 n, const char *what)
{
	if (!n)
		return;
	fprintf(out, "%s %" G_GUINT64_FORMAT " %s", *before, n, what);
	*before = ";";
}

static void print_losses(const struct trace_losses *losses, FILE *out)
{
	const char *before = "LOST:";

	if (!losses->driver_events && !losses->device_events && !losses->driver_missed) {
		fputs("No event was lost.\n", out);
		return;
	}
	print_loss(out, &before, losses->driver_events,
		   "events of the driver's side, as the guest's buffer was full");
	print_loss(out, &before, losses->device_events,
		   "events of the device's side, as its file or QEMU's buffer was full");
	print_loss(out, &before, losses->driver_missed, "times a probe could not fire");
	fputs(losses->driver_events || losses->device_events ? " (--buffer makes room)\n" : "\n",
	      out);
}

static void print_clock(const struct trace *trace, FILE *out)
{
	fprintf(out,
		"Over %.2f s; guest times are host times to within %" G_GINT64_FORMAT
		" ns, by %" G_GUINT64_FORMAT " pairs of events (offset %" G_GINT64_FORMAT
		" ns, drift %.3f ppm).\n",
		trace->duration_ns / 1e9, trace->clock.bound_ns, trace->clock.constraints,
		trace->clock.offset_ns, trace->clock.drift * 1e6);
	if (trace->clock.pieces > 1)
		fprintf(out,
			"No one rate of the clocks agrees with all of these: they are %u straight "
			"lines, and where one ends guest times can be off by %" G_GINT64_FORMAT
			" ns more.\n",
			trace->clock.pieces, trace->clock.jump_ns);
}

static void print_no_driver(const struct trace_device *device, FILE *out)
{
	fprintf(out, "No driver of the guest's has %s", device->name);
	print_name(out, ", ", device->guest_name, "");
	fputs(".\n", out);
}

/* Those without a driver have agreed on no features. */
static void print_idle(const struct trace *trace, FILE *out)
{
	fputs("\nNo buffer was moved on any queue that is followed.\n", out);
	for (guint32 i = 0; i < trace->n_devices; i++)
		if (!trace->devices[i].features)
			print_no_driver(&trace->devices[i], out);
}

void trace_table_print(const struct trace *trace, FILE *out)
{
	for (guint32 i = 0; i < trace->n_queues; i++)
		print_queue(trace, &trace->queues[i], out);
	if (trace->n_queues == 0)
		print_idle(trace, out);
	if (trace->n_queues > 1) {
		fprintf(out, "\n%u queues together\n", trace->n_queues);
		print_stats(trace, &trace->total, NULL, out);
	}
	fputc('\n', out);
	print_losses(&trace->losses, out);
	print_clock(trace, out);
}
