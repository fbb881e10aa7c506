/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc trace: a command in a guest of its own, and every buffer that it moves. */
#include "carry.h"
#include "command.h"
#include "complaint.h"
#include "exec.h"
#include "guest.h"
#include "launch.h"
#include "output.h"
#include "start.h"
#include "trace-devices.h"
#include "trace-html.h"
#include "trace-kernel.h"
#include "trace-record.h"
#include "trace-show.h"
#include "trace-word.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define QUEUES_MAX 65536
#define LET_GO_SECONDS 10
#define COLLECT_SECONDS 300 /* bounded, as --timeout is the command's */

struct trace_options {
	struct launch_options launch;
	struct carry carry;
	const char **env;
	const char **only;
	gint64 queue;
	const char **allow;
	const char *html, *perfetto;
	unsigned buffer_mib;
	bool descriptors;
	bool json;
	bool cold;
};

static const struct trace_options trace_defaults = {
	.launch = LAUNCH_DEFAULTS,
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
	 "be repeated. A --device with such a name but no properties means the same, and so "
	 "does the id or the type of one that another --device adds; virtio-blk-pci or "
	 "virtio-blk,id=b are devices to add",
	 option_list, FIELD(only)},
	{"queue", 0, "N", "follow only queues of this number", parse_queue, FIELD(queue)},
	{"html", 0, "FILE",
	 "write a page that shows the way of each buffer and the rings at each of its steps; it "
	 "needs no network",
	 option_string, FIELD(html)},
	{"perfetto", 0, "FILE",
	 "write what ui.perfetto.dev opens (its own format, .pftrace): a track for each side of "
	 "each queue, a slice for each buffer, arrows from side to side",
	 option_string, FIELD(perfetto)},
	{"buffer", 0, "SIZE",
	 "memory of the guest's in which its side is collected (default 64M); of the device's "
	 "side eight times SIZE is kept in a file in TMPDIR, besides 64 MiB in QEMU. What does "
	 "not fit is lost, oldest first, counted and told. kc takes up to twenty times SIZE to "
	 "join them, about 0.4 KiB for each buffer",
	 option_mebibytes, FIELD(buffer_mib)},
	{"json", 0, NULL,
	 "one JSON object a line on stdout, among them one for each buffer; the command's own "
	 "output then goes to stderr",
	 option_on, FIELD(json)},
	{"descriptors", 0, NULL,
	 "record each descriptor of each buffer, too: they are in the JSON. --html does so by "
	 "itself",
	 option_on, FIELD(descriptors)},
	CARRY_ROWS(struct trace_options, carry),
	{"env", 'e', "NAME=VALUE", "set a variable for the command; may be repeated", option_list,
	 FIELD(env)},
	{"dir", 0, "FOLDER", "the command's working directory", option_string, FIELD(carry.dir)},
	{"cold", 0, NULL, "boot, rather than go on from a saved machine", option_on, FIELD(cold)},
	{"allow", 0, "'PATTERN | REASON'",
	 "a complaint of the kernel's that is known, as its first line, with '*' for what "
	 "varies; may be repeated",
	 option_list, FIELD(allow)},
	{.name = NULL},
};

static void to_stderr(int fd, const char *data, size_t len, void *opaque)
{
	(void)fd, (void)opaque;
	fwrite(data, 1, len, stderr);
}

static bool run_command(struct trace_record *record, const struct trace_options *options,
			char **argv, gint64 deadline, int *status, GError **error)
{
	g_autofree const char **words = trace_record_command(argv);
	const struct exec exec = {
		.argv = words,
		.env = options->env,
		.dir = options->carry.dir,
		.reads = true,
		.output = options->json ? to_stderr : NULL,
	};

	return exec_run(record->vm, &exec, deadline, status, error);
}

static bool show(const struct trace_options *options, const struct trace *trace, GError **error)
{
	bool perfetto, html;

	if (options->json)
		trace_json_print(trace, stdout);
	else
		trace_table_print(trace, stdout);
	perfetto = !options->perfetto || trace_perfetto_write(trace, options->perfetto, error);
	/* Where both fail, the first is told of. */
	html = !options->html || trace_html_write(trace, options->html, perfetto ? error : NULL);
	return perfetto && html;
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
	trace = trace_record_join(record, error);
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
static void trace_hang(struct trace_record *record, const struct trace_options *options,
		       char **argv)
{
	g_autoptr(GError) error = NULL;

	if (!exec_let_go(record->vm, loop_deadline(LET_GO_SECONDS), &error) ||
	    !make_trace(record, options, argv, &error))
		fprintf(stderr, "kc: there is no trace: %s\n", error->message);
}

static bool trace_in_vm(struct trace_record *record, const struct trace_options *options,
			char **argv, gint64 deadline, int *status, GError **error)
{
	GError *cause = NULL;

	if (!carry_in(record->vm, &options->carry, record->lab, deadline, error) ||
	    !trace_record_begin(record, deadline, error))
		return false;
	if (run_command(record, options, argv, deadline, status, &cause))
		return make_trace(record, options, argv, error) &&
		       carry_out(record->vm, &options->carry, deadline, error);
	if (g_error_matches(cause, STATUS_ERROR, STATUS_HANG))
		trace_hang(record, options, argv);
	g_propagate_error(error, cause);
	return false;
}

static int start_and_trace(struct launch *launch, const struct trace_options *options, char **argv,
			   struct splat_watch *watch, GError **error)
{
	int out = options->launch.verbose ? STDERR_FILENO : -1;
	const struct start start = {
		.cold = options->cold,
		.boot_timeout = launch_boot_timeout(&options->launch),
		.timeout = options->launch.timeout,
		.console_out = out,
		.errors_out = out,
		.kmsg = complaint_see,
		.kmsg_opaque = watch,
	};
	struct trace_record record = {
		.lab = launch->lab,
		.symbols = options->launch.kernel ? options->launch.kernel
						  : launch->lab->parts[LAB_VMLINUX_DEBUG],
		.only = options->only,
		.descriptors = options->descriptors || options->html,
		.queue = options->queue,
		.buffer_mib = options->buffer_mib,
		.verbose = options->launch.verbose,
		.fd = trace_record_file(error),
	};
	GError *cause = NULL;
	gint64 deadline;
	int status = 0;

	if (record.fd < 0)
		return 0;
	launch->machine.trace_fd = record.fd;
	if (options->launch.verbose)
		launch_announce(launch, true);
	loop_catch_signals();
	record.vm = start_guest(launch, &start, &deadline, &cause);
	if (!cause)
		trace_in_vm(&record, options, argv, deadline, &status, &cause);
	if (cause && record.vm && complaint_wants_console(cause))
		vm_print_tail(record.vm, stderr);
	complaint_judge(watch, launch->lab, status, &cause);
	if (cause)
		g_propagate_error(error, cause);
	vm_stop(record.vm);
	trace_record_clear(&record);
	return status;
}

static int trace_watched(struct launch *launch, const struct trace_options *options, char **argv,
			 GError **error)
{
	struct allow_list *allow = complaint_allowed(options->allow, error);
	struct splat_watch *watch;
	int status;

	if (!allow)
		return 0;
	watch = splat_watch_new(allow);
	status = start_and_trace(launch, options, argv, watch, error);
	splat_watch_free(watch);
	allow_list_free(allow);
	return status;
}

/* --device is what it is in kc run, but for the name of a device that there is anyhow. */
static void sort_devices(struct trace_options *options, const struct trace_options *typed)
{
	const char **devices = typed->launch.devices;

	options->only = NULL;
	options->launch.devices = NULL;
	for (int i = 0; typed->only && typed->only[i]; i++)
		option_list(typed->only[i], &options->only, NULL);
	for (int i = 0; devices && devices[i]; i++)
		option_list(devices[i],
			    trace_word_names(devices[i], devices, typed->launch.qemu_args)
				    ? &options->only
				    : &options->launch.devices,
			    NULL);
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
	launch->machine.reset_ends = true;
	if (!*operands && !options->launch.dry_run) {
		g_set_error(
			error, STATUS_ERROR, STATUS_MISUSE,
			"a command is needed, such as 'kc trace -- dd if=/dev/vda of=/dev/null'");
		return false;
	}
	return output_check("--perfetto", options->perfetto, error) &&
	       output_check("--html", options->html, error) &&
	       launch_prepare(launch, &options->launch, error) &&
	       check_buffer(launch, options->buffer_mib, error) &&
	       lab_require(launch->lab, LAB_TRACER, error) &&
	       carry_check(&options->carry, launch->lab, error);
}

static int run_trace(const void *fields, char **operands, GError **error)
{
	struct trace_options options = *(const struct trace_options *)fields;
	struct launch launch = {0};
	int status = 0;

	sort_devices(&options, fields);
	if (prepare(&launch, &options, operands, error)) {
		if (options.launch.dry_run)
			launch_print(&launch);
		else
			status = trace_watched(&launch, &options, operands, error);
	}
	launch_clear(&launch);
	g_free(options.launch.devices);
	g_free(options.only);
	return status;
}

static const struct option_row *const trace_tables[] = {trace_rows, launch_rows, NULL};

const struct command command_trace = {
	.name = "trace",
	.operands = "[--] COMMAND [ARGUMENT...]",
	.summary = "run one command, and follow each buffer that it moves",
	.text = "Runs COMMAND as 'kc run' does and follows each buffer that it moves: added by the "
		"driver, kicked, popped by the device, filled, pushed, the interrupt raised and "
		"taken, collected by the driver. Then it prints for each queue how many there were "
		"and how they ended, their bytes and descriptors, kicks and interrupts sent and "
		"suppressed, and how long each stage took. It ends with COMMAND's own status, or "
		"with that of 'kc run' where the kernel complains or the guest hangs; of a COMMAND "
		"that hangs there is a trace all the same, as long as its guest lives.\n\n"
		"The driver's side is seen by probes in the guest's kernel, in which nothing is "
		"changed: any virtio driver is followed, on split and packed rings, over PCI and "
		"MMIO. The device's side is seen by QEMU's trace events. Both are one buffer where "
		"they agree on device, queue, place in the ring and head; where they do not there is "
		"an error and no table. Events that are lost are counted, and the buffers that they "
		"leave in doubt are told apart. kc's own channel is left out.\n\n"
		"Both clocks are brought together by what must come first: an add before its pop, a "
		"push before its collection. The last line says how far a guest's time can be off "
		"at most. Where a clock is set or slewed meanwhile, or the machine stands still, it "
		"takes several rates, and the line says so; only events whose order contradicts "
		"itself are an error.\n\n"
		"What is frequent is recorded by the module kc_probes where it was built for the "
		"guest's kernel, as 'make modules' does: that costs less than half of what the "
		"kernel's own probe events do, by which any other kernel is traced.\n\n"
		"With --json each line is an object. The first is of type 'trace': command, kernel, "
		"cpus, duration_ns, clock (offset_ns, drift, bound_ns, by how many pairs of "
		"events, and the straight lines that it takes, pieces, where one ends jump_ns more "
		"can be wrong), lost (driver_events, device_events, probes_missed), and the statistics "
		"of all queues together. Then there is one of type 'queue' for each queue: device "
		"and queue, which its buffers have, too; model, guest_name, bus, qom_path, name, "
		"size, packed, vhost, and its statistics. These are: buffers; fates, how many of "
		"each; out_bytes and in_bytes, which the device may read and write, and "
		"written_bytes; popped, and the descriptors of those; indirect; kicks_asked, "
		"kicks_sent, kicks_suppressed, kicks_noticed; interrupts_raised, "
		"interrupts_suppressed, interrupts_taken; in_flight_max and in_flight_mean, null "
		"where events were lost; and for each of the stages its buffers, p50_ns, p90_ns, "
		"p99_ns and max_ns, by the nearest rank.\n\n"
		"Then there is one of type 'buffer' for each buffer: device, queue; head (packed: "
		"its id); position (split: the avail index at which it was added; packed: its "
		"slot, with the wrap counter in bit 15); fate; added_ns, kicked_ns, notified_ns, "
		"popped_ns, filled_ns, pushed_ns, raised_ns, taken_ns, collected_ns, by the host's "
		"clock since the trace's start, null for what was not seen or did not happen; "
		"out_bytes, in_bytes, written_bytes; descriptors; slots of the ring; indirect; "
		"polled, which is popped before a kick for it came; kick_suppressed, "
		"interrupt_suppressed; add_cpu, collect_cpu; and with --descriptors its chain, "
		"where each has index, addr, len and flags, that of an indirect table first.\n\n"
		"A kernel of your own needs CONFIG_KPROBE_EVENTS or CONFIG_FPROBE_EVENTS, and a "
		"description of its types: BTF, in the guest (CONFIG_DEBUG_INFO_BTF) or in a "
		"vmlinux as --kernel, or that vmlinux's DWARF; where virtio is built as modules, "
		"BTF in the guest. Linux " KERNEL_RELEASES " do without. Where the compiler has "
		"merged detach_buf_split() or detach_buf_packed() into other functions, buffers are "
		"seen to be collected as virtqueue_get_buf() returns, for which Linux 6.9 is the "
		"oldest. --verbose says which of these it was. A QEMU of your own needs the trace "
		"backend 'simple' and the patches in qemu/patches.",
	.options = trace_tables,
	.fields_size = sizeof(struct trace_options),
	.defaults = &trace_defaults,
	.run = run_trace,
};
