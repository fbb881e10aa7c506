/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace/record/record.h"
#include "vm/exec.h"
#include "vm/guest.h"
#include "trace/record/devices.h"
#include "trace/record/kernel-layout-find.h"
#include "trace/record/probes.h"
#include "trace/record/qemu-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACER "/tmp/.kc-tracer" /* in the guest */
#define MODULE "/tmp/.kc-probes.ko"
#define MIB (1024 * 1024)
#define TRIM_MS 200
#define SCRIPT "/tmp/.kc-trace-script"

/* What the tracer says on its standard error is for the user, its output for us. */
struct tracer {
	struct dump_reader reader;
	GString *said;
};

static void on_output(int fd, const char *data, size_t len, void *opaque)
{
	struct tracer *tracer = opaque;

	if (fd == STDERR_FILENO)
		g_string_append_len(tracer->said, data, MIN(len, 4096));
	else
		dump_reader_feed(&tracer->reader, data, len);
}

static bool tracer_ended(const struct tracer *tracer, int status, GError **error)
{
	if (status == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the guest's tracer ended with status %d%s%s", status,
		    tracer->said->len ? ", saying: " : "", g_strchomp(tracer->said->str));
	return false;
}

/* Runs the tracer; @block takes what it dumps. */
static bool run_tracer(struct trace_record *record, const char *const *argv, dump_block block,
		       void *opaque, gint64 deadline, GError **error)
{
	struct tracer tracer = {.said = g_string_new(NULL)};
	const struct exec exec = {
		.argv = argv,
		.output = on_output,
		.output_opaque = &tracer,
	};
	bool done;
	int status;

	dump_reader_init(&tracer.reader, block, opaque);
	done = exec_run(record->vm, &exec, deadline, &status, error) &&
	       tracer_ended(&tracer, status, error) && dump_reader_finish(&tracer.reader, error);
	dump_reader_clear(&tracer.reader);
	g_string_free(tracer.said, TRUE);
	return done;
}

static bool take_fact(const struct kc_dump *head, const char *data, void *opaque, GError **error)
{
	return head->kind != KC_DUMP_FACT || guest_facts_take(opaque, data, error);
}

static bool run_script(struct trace_record *record, const char *script, gint64 deadline,
		       GError **error)
{
	const char *const argv[] = {TRACER, "do", SCRIPT, NULL};
	g_autofree char *name = NULL;
	int fd = g_file_open_tmp("kc-trace-XXXXXX", &name, error);
	bool done;

	if (fd < 0)
		return false;
	close(fd);
	done = g_file_set_contents(name, script, -1, error) &&
	       guest_put(record->vm, name, SCRIPT, deadline, error) &&
	       run_tracer(record, argv, take_fact, record->facts, deadline, error);
	unlink(name);
	return done;
}

/* @functions: of which it should say whether there are such; or NULL. */
static bool look(struct trace_record *record, char **functions, gint64 deadline, GError **error)
{
	guint n = functions ? g_strv_length(functions) : 0;
	g_autofree const char **argv = g_new0(const char *, n + 3);

	argv[0] = TRACER;
	argv[1] = "look";
	for (guint i = 0; i < n; i++)
		argv[i + 2] = functions[i];
	return run_tracer(record, argv, take_fact, record->facts, deadline, error);
}

static bool switch_event(struct trace_record *record, const char *name, bool on, GError **error)
{
	JsonObject *arguments = json_object_new();
	g_autoptr(JsonNode) answer = NULL;

	json_object_set_string_member(arguments, "name", name);
	json_object_set_boolean_member(arguments, "enable", on);
	answer = qmp_call(vm_qmp(record->vm), "trace-event-set-state", arguments, error);
	if (answer)
		return true;
	g_prefix_error(error, "this QEMU cannot trace %s; 'make qemu' builds one that can: ", name);
	return false;
}

/*
 * The events that are needed, as patterns for QEMU; NULL-terminated. One with a wildcard may
 * be missing: since 10.2 virtio_notify stands for virtio_notify_irqfd, too.
 */
static const char *const patterns[] = {
	"virtqueue_pop",	 "virtqueue_fill",
	"virtqueue_flush",	 "virtqueue_detach",
	"virtqueue_rewind",	 "virtio_queue_notify",
	"virtio_queue_reset",	 "virtio_notify",
	"virtio_notify_irqf*d",	 "virtio_notify_suppressed",
	"virtio_set_status",	 "virtio_error",
	"virtio_device_realize", NULL,
};

static bool switch_events(struct trace_record *record, bool on, GError **error)
{
	for (int i = 0; patterns[i]; i++)
		if (!switch_event(record, patterns[i], on, error))
			return false;
	return !record->descriptors || switch_event(record, QEMU_DESCRIPTOR_EVENT, on, error);
}

/* "flush": QEMU writes out what it holds; "off": and closes the file. */
static bool order_qemu_file(struct trace_record *record, const char *order, GError **error)
{
	JsonObject *arguments = json_object_new();
	g_autofree char *line = g_strconcat("trace-file ", order, NULL);
	g_autoptr(JsonNode) answer = NULL;

	json_object_set_string_member(arguments, "command-line", line);
	answer = qmp_call(vm_qmp(record->vm), "human-monitor-command", arguments, error);
	return answer != NULL;
}

/*
 * With a module for this very kernel the frequent events cost less than half;
 * the kernel's own probe events do without.
 */
static bool load_module(struct trace_record *record, const struct kernel_layout *layout,
			struct probe_plan *plan, gint64 deadline, GError **error)
{
	g_autofree char *file = lab_module(record->lab, "kc_probes");
	g_autofree char *script = probe_script_module(record->facts, layout, plan, MODULE);
	GError *cause = NULL;

	if (!probe_module_fits(file, record->facts->release) || layout->device_index)
		return true;
	if (!guest_put(record->vm, file, MODULE, deadline, error))
		return false;
	plan->module = run_script(record, script, deadline, &cause);
	if (cause && !g_error_matches(cause, STATUS_ERROR, STATUS_NOT_CARRIED)) {
		g_propagate_error(error, cause);
		return false;
	}
	if (cause)
		fprintf(stderr, "kc: without %s the tracing costs more: %s\n", file,
			cause->message);
	g_clear_error(&cause);
	return true;
}

static struct probe_plan plan_of(const struct trace_record *record, const GArray *numbers)
{
	return (struct probe_plan){
		.buffer_kib = record->buffer_mib * 1024 / MAX(record->facts->cpus, 1),
		.devices = (const guint32 *)numbers->data,
		.n_devices = numbers->len,
		.only_queue = record->queue,
		.agent = trace_devices_number(record->facts->agent),
	};
}

bool trace_record_wants(const struct trace_record *record, const struct trace_device *device)
{
	for (int i = 0; record->only && record->only[i]; i++)
		if (trace_device_is(device, record->only[i]))
			return true;
	return !record->only;
}

/* The guest's numbers of the devices that the user named; none: all. */
static bool choose_devices(struct trace_record *record, GArray *numbers, GError **error)
{
	g_autoptr(GArray) devices = trace_devices_now(vm_qmp(record->vm), error);
	struct trace trace = {0};
	bool chosen = devices;

	if (!record->only || !devices)
		return chosen;
	trace_devices_fill(&trace, devices, vm_qmp(record->vm), record->facts);
	for (int i = 0; chosen && record->only[i]; i++)
		chosen = trace_devices_check(&trace, record->only[i], error);
	for (guint32 i = 0; chosen && i < trace.n_devices; i++) {
		guint32 number = trace_devices_number(trace.devices[i].guest_name);

		if (number != TRACE_NONE && trace_record_wants(record, &trace.devices[i]))
			g_array_append_val(numbers, number);
	}
	trace_clear(&trace);
	return chosen;
}

static bool ping(struct trace_record *record, gint64 deadline, GError **error)
{
	const char *const argv[] = {TRACER, "ping", NULL};

	return run_tracer(record, argv, take_fact, record->facts, deadline, error);
}

static bool set_up(struct trace_record *record, const char *script, gint64 deadline, GError **error)
{
	GError *cause = NULL;

	if (run_script(record, script, deadline, &cause))
		return true;
	if (strstr(cause->message, "buffer_size_kb"))
		g_prefix_error(&cause,
			       "the guest has no %u MiB to collect its side in; --buffer asks for "
			       "less, --memory gives it more: ",
			       record->buffer_mib);
	g_propagate_error(error, cause);
	return false;
}

/* kc's own channel is recorded before and after the command: its buffers pin down the clock. */
static bool arm(struct trace_record *record, const struct kernel_layout *layout,
		const struct probe_plan *plan, gint64 deadline, GError **error)
{
	g_autofree char *first = probe_script_first(record->facts, layout, plan);
	g_autofree char *start = probe_script_start(record->facts, plan);

	record->facts->unseen = false;
	return set_up(record, first, deadline, error) && ping(record, deadline, error) &&
	       run_script(record, start, deadline, error);
}

/* A function of the core's may be there, and yet be merged into the one that collects. */
static bool arm_otherwise(struct trace_record *record, const struct kernel_layout *layout,
			  struct probe_plan *plan, gint64 deadline, GError **error)
{
	g_autofree char *undo = probe_script_undo();

	if (plan->way == PROBE_BY_DETACH && !(probe_choose_get(record->facts, plan, error) &&
					      run_script(record, undo, deadline, error) &&
					      arm(record, layout, plan, deadline, error)))
		return false;
	if (!record->facts->unseen)
		return true;
	g_set_error(
		error, STATUS_ERROR, STATUS_NOT_CARRIED,
		"the guest's kernel %s was not seen to collect the buffers of kc's own channel: "
		"its compiler has merged virtqueue_get_buf() into the drivers",
		record->facts->release);
	return false;
}

static bool start_driver_side(struct trace_record *record, gint64 deadline, GError **error)
{
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
	struct layout_search search = {record->vm, record->facts, record->symbols, deadline, NULL};
	struct kernel_layout layout;
	struct probe_plan plan;
	bool found = kernel_layout_find(&layout, &search, error);

	if (record->verbose)
		fprintf(stderr, "kc: the places in a virtqueue are from %s\n", search.from);
	if (!found || !choose_devices(record, numbers, error))
		return false;
	plan = plan_of(record, numbers);
	if (!probe_choose(record->facts, &layout, &plan, error) ||
	    !load_module(record, &layout, &plan, deadline, error) ||
	    !arm(record, &layout, &plan, deadline, error) ||
	    (record->facts->unseen && !arm_otherwise(record, &layout, &plan, deadline, error)))
		return false;
	if (record->verbose)
		fprintf(stderr, "kc: collections are seen by %s\n", probe_way_name(plan.way));
	record->last = probe_script_last(record->facts, &plan);
	return true;
}

/* A file that cannot be held down is a trace all the same; it only takes more room. */
static gboolean trim(void *data)
{
	struct trace_record *record = data;
	gsize limit = (gsize)record->buffer_mib * TRACE_DEVICE_SHARE * MIB;
	g_autoptr(GError) error = NULL;

	if (qemu_file_trim(record->fd, &record->trim, limit, &error))
		return G_SOURCE_CONTINUE;
	fprintf(stderr, "kc: the trace takes more than %zu MiB in %s: %s\n", limit / MIB,
		g_get_tmp_dir(), error->message);
	record->trimming = 0;
	return G_SOURCE_REMOVE;
}

/* By what QEMU wrote until now the clocks are known: it is kept. */
static bool start_trimming(struct trace_record *record, GError **error)
{
	struct stat stat;

	if (!order_qemu_file(record, "flush", error))
		return false;
	if (!fstat(record->fd, &stat))
		record->trim.first = stat.st_size;
	record->trimming = g_timeout_add(TRIM_MS, trim, record);
	return true;
}

static void stop_trimming(struct trace_record *record)
{
	if (record->trimming && trim(record))
		g_source_remove(record->trimming);
	record->trimming = 0;
}

bool trace_record_begin(struct trace_record *record, gint64 deadline, GError **error)
{
	g_auto(GStrv) functions = probe_functions();

	record->facts = guest_facts_new();
	record->first_pages = trace_pages_new();
	record->pages = trace_pages_new();
	/* The device's side first: what the driver is seen to add then is seen to be taken. */
	return guest_put(record->vm, record->lab->parts[LAB_TRACER], TRACER, deadline, error) &&
	       look(record, functions, deadline, error) && switch_events(record, true, error) &&
	       start_driver_side(record, deadline, error) && start_trimming(record, error);
}

static bool take_block(const struct kc_dump *head, const char *data, void *opaque, GError **error)
{
	return trace_pages_take(opaque, head, data, error);
}

static bool pull(struct trace_record *record, const char *instance, struct trace_pages *pages,
		 gint64 deadline, GError **error)
{
	const char *const argv[] = {TRACER, "dump", PROBE_GROUP, instance, NULL};

	return run_tracer(record, argv, take_block, pages, deadline, error);
}

const char **trace_record_command(char **argv)
{
	guint n = g_strv_length(argv);
	const char **words = g_new0(const char *, n + 3);

	words[0] = TRACER;
	words[1] = "run";
	for (guint i = 0; i < n; i++)
		words[i + 2] = argv[i];
	return words;
}

static bool stop_qemu_side(struct trace_record *record, GError **error)
{
	if (!switch_events(record, false, error) || !order_qemu_file(record, "off", error))
		return false;
	stop_trimming(record);
	return true;
}

bool trace_record_end(struct trace_record *record, gint64 deadline, GError **error)
{
	return run_script(record, record->last, deadline, error) && ping(record, deadline, error) &&
	       run_script(record, PROBE_SCRIPT_STOP, deadline, error) &&
	       stop_qemu_side(record, error) && look(record, NULL, deadline, error) &&
	       pull(record, PROBE_FIRST, record->first_pages, deadline, error) &&
	       pull(record, PROBE_INSTANCE, record->pages, deadline, error);
}

void trace_record_clear(struct trace_record *record)
{
	if (record->trimming)
		g_source_remove(record->trimming);
	guest_facts_free(record->facts);
	g_free(record->last);
	trace_pages_free(record->first_pages);
	trace_pages_free(record->pages);
	if (record->fd > 0)
		close(record->fd);
}
