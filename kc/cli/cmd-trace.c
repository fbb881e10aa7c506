/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc trace: a command in a guest of its own, and every buffer that it moves. */
#include "base/loop.h"
#include "base/status.h"
#include "cli/command.h"
#include "cli/guest-command.h"
#include "vm/exec.h"
#include "base/output.h"
#include "trace/record/devices.h"
#include "trace/show/html.h"
#include "trace/record/kernel-layout.h"
#include "trace/join/build.h"
#include "trace/show/show.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define QUEUES_MAX 65536
/* A debug kernel leaves no room for the events in the default: KASAN's shadow, what is tracked. */
#define DEBUG_MIB 256
#define COLLECT_SECONDS 300 /* bounded, as --timeout is the command's */

struct trace_options {
	struct guest_command command;
	const char **only;
	gint64 queue;
	const char *json, *html, *perfetto;
	unsigned buffer_mib;
	bool descriptors;
};

static const struct trace_options trace_defaults = {
	.command.launch = {LAUNCH_DEFAULTS},
	.queue = -1,
	.buffer_mib = 64,
};

#define FIELD(name) offsetof(struct trace_options, name)

static bool parse_queue(const char *value, void *field, GError **error)
{
	char *end;
	guint64 number = g_ascii_strtoull(value, &end, 10);

	if (g_ascii_isdigit(*value) && *end == '\0' && number < QUEUES_MAX) {
		*(gint64 *)field = number;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not the number of a queue", value);
	return false;
}

static const struct option_row trace_rows[] = {
	{"only", 0, "NAME",
	 "follow only this device: virtio2, blk, virtio-blk, its id or its place on the bus; may "
	 "be repeated",
	 option_list, FIELD(only)},
	{"queue", 0, "N", "follow only queues of this number", parse_queue, FIELD(queue)},
	{"json", 0, "FILE", "write a line of JSON for each buffer: kc-trace-json(5)", option_string,
	 FIELD(json)},
	{"html", 0, "FILE",
	 "write a page, which needs no network, that shows each step of each buffer in the rings",
	 option_string, FIELD(html)},
	{"perfetto", 0, "FILE",
	 "write what ui.perfetto.dev opens: a track for each side of each queue", option_string,
	 FIELD(perfetto)},
	{"descriptors", 0, NULL, "record each descriptor, too, for the JSON; --html does so anyway",
	 option_on, FIELD(descriptors)},
	{"buffer", 0, "SIZE",
	 "the guest's memory for events of its side (default 64M); of the device's side eight "
	 "times SIZE goes to a file in TMPDIR. The oldest of what does not fit is lost, and "
	 "counted. kc takes up to twenty times SIZE to join them",
	 option_mebibytes, FIELD(buffer_mib)},
	{.name = NULL},
};

static const struct option_row command_rows[] = {
	GUEST_COMMAND_ROWS(struct trace_options, command),
	{.name = NULL},
};

static const struct {
	const char *option;
	size_t offset;
	bool (*write)(const struct trace *trace, const char *file, GError **error);
} outputs[] = {
	{"--json", FIELD(json), trace_json_write},
	{"--html", FIELD(html), trace_html_write},
	{"--perfetto", FIELD(perfetto), trace_perfetto_write},
};

static const char *output_file(const struct trace_options *options, size_t i)
{
	return *(const char *const *)((const char *)options + outputs[i].offset);
}

static bool takes_stdout(const struct trace_options *options)
{
	for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++)
		if (output_is_stdout(output_file(options, i)))
			return true;
	return false;
}

static void to_stderr(int fd, const char *data, size_t len, void *opaque)
{
	(void)fd, (void)opaque;
	fwrite(data, 1, len, stderr);
}

/* One trace: what was asked for, and what is recorded. */
struct tracing {
	const struct trace_options *options;
	struct trace_record record;
	char **argv;
};

static bool run_command(struct trace_record *record, const struct trace_options *options,
			char **argv, gint64 deadline, int *status, GError **error)
{
	g_autofree const char **words = trace_record_command(argv);
	const struct exec exec = {
		.argv = words,
		.env = options->command.env,
		.dir = options->command.transfer.dir,
		.reads = true,
		.signals = true,
		.output = takes_stdout(options) ? to_stderr : NULL,
	};

	return exec_run(record->vm, &exec, deadline, status, error);
}

static bool show(const struct trace_options *options, const struct trace *trace, GError **error)
{
	bool shown = true;

	if (!takes_stdout(options))
		trace_table_print(trace, stdout);
	/* Where several fail, the first is told of. */
	for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++) {
		const char *file = output_file(options, i);

		if (file && !outputs[i].write(trace, file, shown ? error : NULL))
			shown = false;
	}
	return shown;
}

/* Where the verbose want to know: what the joining has cost. */
static void tell_cost(const struct trace *trace, gint64 since)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr,
		"kc: %u buffers joined and summed up in %.2f s; kc took %ld MiB of memory at most\n",
		trace->n_buffers, (g_get_monotonic_time() - since) / 1e6, usage.ru_maxrss / 1024);
}

static bool make_trace(struct trace_record *record, const struct trace_options *options,
		       char **argv, GError **error)
{
	struct trace *trace;
	gint64 collected;
	bool shown;

	if (!trace_record_end(record, loop_deadline(COLLECT_SECONDS), error))
		return false;
	collected = g_get_monotonic_time();
	trace = trace_build(record, error);
	if (!trace)
		return false;
	if (record->verbose)
		tell_cost(trace, collected);
	trace->command = g_strjoinv(" ", argv);
	shown = show(options, trace, error);
	trace_free(trace);
	return shown;
}

/* A guest that lives still tells what its hanging command has moved; the hang is the verdict. */
static void give_up(struct trace_record *record, const struct trace_options *options, char **argv,
		    const GError *cause)
{
	g_autoptr(GError) error = NULL;
	bool ended = transfer_salvage(record->vm, &options->command.transfer, cause, &error);

	/* After a signal there is no time for it. */
	if (cause->code != STATUS_HANG)
		return;
	if (!ended || !make_trace(record, options, argv, &error))
		fprintf(stderr, "kc: there is no trace: %s\n", error->message);
}

static int trace_in_vm(struct vm *vm, gint64 deadline, void *opaque, GError **error)
{
	struct tracing *tracing = opaque;
	struct trace_record *record = &tracing->record;
	const struct trace_options *options = tracing->options;
	const struct transfer *transfer = &options->command.transfer;
	GError *cause = NULL;
	int status = 0;

	record->vm = vm;
	if (!transfer_in(vm, transfer, record->lab, deadline, error) ||
	    !trace_record_begin(record, deadline, error))
		return 0;
	if (run_command(record, options, tracing->argv, deadline, &status, &cause)) {
		bool made = make_trace(record, options, tracing->argv, error);

		/* Where both fail, the first is told of. */
		transfer_out(vm, transfer, status, deadline, made ? error : NULL);
		return status;
	}
	if (transfer_may_salvage(cause))
		give_up(record, options, tracing->argv, cause);
	g_propagate_error(error, cause);
	return 0;
}

static int trace(struct launch *launch, const struct trace_options *options, char **argv,
		 GError **error)
{
	const struct launch_options *machine = &options->command.launch;
	struct tracing tracing = {
		.options = options,
		.argv = argv,
		.record =
			{
				.lab = launch->lab,
				.symbols = machine->kernel ? machine->kernel
							   : launch->lab->parts[LAB_VMLINUX_DEBUG],
				.only = options->only,
				.descriptors = options->descriptors || options->html,
				.queue = options->queue,
				.buffer_mib = options->buffer_mib,
				.verbose = machine->verbose,
				.fd = qemu_file_create(error),
			},
	};
	int status;

	if (tracing.record.fd < 0)
		return 0;
	launch->machine.trace_fd = tracing.record.fd;
	status = guest_command_run(&options->command, launch, trace_in_vm, &tracing, error);
	trace_record_clear(&tracing.record);
	return status;
}

static bool check_outputs(const struct trace_options *options, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++) {
		const char *file = output_file(options, i);

		for (size_t j = 0; j < i; j++)
			if (file && g_strcmp0(file, output_file(options, j)) == 0) {
				g_set_error(
					error, STATUS_ERROR, STATUS_MISUSE,
					"%s and %s both write to '%s'; give each a file of its own",
					outputs[j].option, outputs[i].option, file);
				return false;
			}
		if (!output_check(outputs[i].option, file, error))
			return false;
	}
	return true;
}

static bool check_qemu(const struct launch *launch, GError **error)
{
	if (!launch->machine.stock_qemu)
		return true;
	g_set_error(
		error, STATUS_ERROR, STATUS_HOST_NOT_READY,
		"'%s' was built without the patches in qemu/patches, by whose trace events a "
		"buffer is followed: kc trace cannot be had with it; 'make qemu' builds one that "
		"has them",
		launch->machine.qemu);
	return false;
}

static bool check_buffer(const struct launch *launch, unsigned buffer_mib, GError **error)
{
	if (buffer_mib < launch->machine.memory_mib)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--buffer: %u MiB do not fit into the guest's memory of %u MiB; --memory makes "
		    "it larger",
		    buffer_mib, launch->machine.memory_mib);
	return false;
}

static bool prepare(struct launch *launch, const struct trace_options *options, char **operands,
		    GError **error)
{
	launch->machine.disk_throwaway = true;
	return check_outputs(options, error) &&
	       guest_command_prepare(&options->command, operands,
				     "kc trace -- dd if=/dev/vda of=/dev/null", launch, error) &&
	       check_buffer(launch, options->buffer_mib, error) && check_qemu(launch, error) &&
	       lab_require(launch->lab, LAB_TRACER, error);
}

static int run_trace(const void *fields, char **operands, GError **error)
{
	const struct trace_options *options = fields;
	struct launch launch = {.debug_mib = DEBUG_MIB};
	int status = 0;

	if (prepare(&launch, options, operands, error)) {
		if (options->command.launch.dry_run)
			launch_print(&launch);
		else
			status = trace(&launch, options, operands, error);
	}
	launch_clear(&launch);
	return status;
}

static const struct option_row *const trace_tables[] = {trace_rows, command_rows, launch_rows,
							NULL};

const struct command command_trace = {
	.name = "trace",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "run one command, and follow each buffer that it moves",
	.text = "Runs COMMAND as 'kc run' does and follows each buffer that it moves: added by the "
		"driver, kicked, popped by the device, filled, pushed, the interrupt raised and "
		"taken, collected by the driver. Prints for each queue its buffers and how they "
		"ended, their bytes, kicks and interrupts, and how long each stage took. Ends with "
		"COMMAND's own status, or with that of 'kc run' where the kernel complains or the "
		"guest hangs; a COMMAND that hangs is traced as long as its guest lives.\n\n"
		"Any virtio driver is followed, unmodified: kprobes in the guest see its side, QEMU's "
		"trace events that of the device, and both are brought to one clock, whose error the "
		"last line says. Lost events are counted, and the buffers that they leave in doubt.\n\n"
		"A kernel of your own needs CONFIG_KPROBE_EVENTS or CONFIG_FPROBE_EVENTS, and BTF or "
		"a vmlinux with DWARF as --kernel; Linux " KERNEL_RELEASES
		" do without. A QEMU of your "
		"own needs the trace backend 'simple' and the patches in qemu/patches. "
		"kc-trace-json(5), docs/trace-json.md, says more of both.\n\n"
		"Where FILE is '-', it is stdout: there is no table then, and COMMAND's own output "
		"goes to stderr.",
	.shared = "run",
	.options = trace_tables,
	.fields_size = sizeof(struct trace_options),
	.defaults = &trace_defaults,
	.run = run_trace,
};
