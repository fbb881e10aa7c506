/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc vq: the virtqueues of a VM that another kc runs. */
#include "cli/command.h"
#include "vm/inspect.h"
#include "base/loop.h"
#include "base/status.h"
#include "vq/vq.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define REFRESH_SECONDS 1.0
#define CLEAR "\033[H\033[2J"

struct vq_options {
	const char *device;
	const char *queue;
	const char *vmlinux;
	double patience;
	bool list, watch, json;
};

static const struct vq_options vq_defaults = {.patience = VQ_PATIENCE};

#define FIELD(name) offsetof(struct vq_options, name)

static const struct option_row vq_rows[] = {
	{"device", 'd', "DEVICE", "only this one: its id, its name or its QOM path", option_string,
	 FIELD(device)},
	{"queue", 'q', "NUMBER", "only this queue, and all of its buffers", option_string,
	 FIELD(queue)},
	{"still", 0, "SECONDS", "how long nothing may move before it is called stuck (default 2)",
	 option_seconds, FIELD(patience)},
	{"vmlinux", 0, "FILE",
	 "where the guest's kernel is not the lab's: its vmlinux, with symbols and with DWARF or "
	 "BTF, by which the drivers' own state is read",
	 option_string, FIELD(vmlinux)},
	{"watch", 'w', NULL, "go on, refreshing each second, until Ctrl-C or the VM's end",
	 option_on, FIELD(watch)},
	{"json", 0, NULL, "one JSON object on a line", option_on, FIELD(json)},
	{"list", 'l', NULL, "only list the VMs", option_on, FIELD(list)},
	{.name = NULL},
};

static void print_list(GPtrArray *list, FILE *out)
{
	for (guint i = 0; i < list->len; i++) {
		const struct inspected *inspected = g_ptr_array_index(list, i);
		g_autofree char *name = inspected->number > 1
						? g_strdup_printf("%d.%u", inspected->pid,
								  inspected->number)
						: g_strdup_printf("%d", inspected->pid);

		fprintf(out, "%-10s %6.0f s  %s\n", name, inspected->age, inspected->command);
	}
}

/* "PID" or "PID.NUMBER"; without a number the newest of that kc. */
static const struct inspected *find_named(GPtrArray *list, const char *name, GError **error)
{
	char *end;
	unsigned long pid = strtoul(name, &end, 10);
	unsigned long number = *end == '.' ? strtoul(end + 1, &end, 10) : 0;

	for (guint i = list->len; i > 0 && !*end; i--) {
		const struct inspected *inspected = g_ptr_array_index(list, i - 1);

		if ((unsigned long)inspected->pid == pid &&
		    (!number || inspected->number == number))
			return inspected;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "no VM of kc %s; 'kc vq --list' lists those that run", name);
	return NULL;
}

static const struct inspected *choose(GPtrArray *list, const char *name, GError **error)
{
	if (name)
		return find_named(list, name, error);
	if (list->len == 1)
		return g_ptr_array_index(list, 0);
	if (list->len)
		print_list(list, stderr);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s",
		    list->len
			    ? "several VMs run; name one by its PID"
			    : "no VM of yours runs under kc; start one with 'kc run' or 'kc boot'");
	return NULL;
}

static const char *string_of(JsonObject *object, const char *name)
{
	return json_object_get_string_member_with_default(object, name, NULL);
}

/* Not essential: an older kc may not know the command. */
static void hear(struct vq *vq, struct qmp *qmp)
{
	g_autoptr(JsonNode) node = qmp_call(qmp, INSPECT_SAID, NULL, NULL);
	JsonObject *said = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;

	if (said)
		vq_hear(vq, &(struct vq_log){
				    .console = (char *)string_of(said, "console"),
				    .kernel = (char *)string_of(said, "kernel"),
				    .qemu = (char *)string_of(said, "qemu"),
			    });
}

static void show(struct vq *vq, const struct vq_options *options)
{
	g_autofree char *text = options->json ? vq_json(vq) : vq_text(vq);

	if (options->watch && !options->json && isatty(STDOUT_FILENO))
		fputs(CLEAR, stdout);
	fputs(text, stdout);
	if (options->json)
		putchar('\n');
	fflush(stdout);
}

static bool has_ended(void *qmp)
{
	return qmp_is_closed(qmp);
}

/* Ctrl-C is how a user ends it, and no failure; nor is it that the VM ended. */
static int watch(struct vq *vq, struct qmp *qmp, const struct vq_options *options, GError **error)
{
	enum loop_end end = LOOP_LATE;

	while (end == LOOP_LATE && !ferror(stdout)) {
		hear(vq, qmp);
		if (!vq_look(vq, error)) {
			if (qmp_is_closed(qmp))
				g_clear_error(error);
			break;
		}
		show(vq, options);
		end = loop_until(has_ended, qmp, loop_deadline(REFRESH_SECONDS));
	}
	if (loop_signal() == SIGINT)
		g_clear_error(error);
	else if (end == LOOP_SIGNAL)
		loop_explain(end, "the VM ended", error);
	return 0;
}

static int look_once(struct vq *vq, struct qmp *qmp, const struct vq_options *options,
		     GError **error)
{
	if (!vq_settle(vq, error))
		return 0;
	hear(vq, qmp);
	show(vq, options);
	return vq_status(vq);
}

static int look_into(const struct inspected *inspected, const struct vq_options *options,
		     const struct vq_choice *choice, GError **error)
{
	int fd = inspect_connect(inspected, error);
	struct qmp *qmp;
	struct vq *vq;
	int status;

	if (fd < 0)
		return 0;
	loop_catch_signals();
	qmp = qmp_new(fd, NULL, NULL);
	vq = vq_new(qmp, choice);
	status = options->watch ? watch(vq, qmp, options, error)
				: look_once(vq, qmp, options, error);
	vq_free(vq);
	qmp_free(qmp);
	return status;
}

static bool parse_choice(const struct vq_options *options, struct vq_choice *choice, GError **error)
{
	char *end = NULL;
	long queue = options->queue ? strtol(options->queue, &end, 10) : -1;

	*choice = (struct vq_choice){options->device, queue, options->vmlinux, options->patience};
	if (!options->queue || (*options->queue && !*end && queue >= 0 && queue < 1024))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--queue: '%s' is not a queue's number, 0 to 1023", options->queue);
	return false;
}

static int vq_run(const void *fields, char **operands, GError **error)
{
	const struct vq_options *options = fields;
	const struct inspected *inspected;
	g_autoptr(GPtrArray) list = NULL;
	struct vq_choice choice;

	if (*operands && operands[1]) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "one VM at a time, not '%s' too",
			    operands[1]);
		return 0;
	}
	if (!parse_choice(options, &choice, error))
		return 0;
	list = inspect_list();
	if (options->list) {
		print_list(list, stdout);
		return 0;
	}
	inspected = choose(list, *operands, error);
	return inspected ? look_into(inspected, options, &choice, error) : 0;
}

static const struct option_row *const vq_tables[] = {vq_rows, NULL};

const struct command command_vq = {
	.name = "vq",
	.operands = "[PID]",
	.summary = "explain the virtqueues of a running VM",
	.text = "Shows each virtio device and queue of a VM that runs under another kc, from "
		"both sides: indices, buffers in flight with their ages, who wants "
		"notifications, kicks and interrupts; then what is wrong, with the evidence. "
		"PID is the process id of that kc, and may be omitted where only one VM runs.\n\n"
		"kc only looks; the guest continues. Where something stands still, kc looks "
		"again for the time that --still sets: only what has not moved for that long "
		"is called WRONG. A device may be slow and correct, as its back end is: a "
		"buffer that it was notified of 'waits' until five times as long have passed. "
		"What kc cannot know is 'unknown'. Each finding comes with its evidence, and "
		"with the side and the functions to look at next. While the VM does not run, "
		"or after its kernel panicked, no side is blamed for standing still.\n\n"
		"The age of a buffer counts from when kc first saw it, so it is a minimum; "
		"the last kick, the last buffer popped and the last one completed come from "
		"QEMU's own records, in guest time. Warnings of the guest's kernel about a "
		"device, and what others print about it on the console, are quoted as "
		"'unknown': they may explain what no ring shows, such as why a driver refused "
		"a length, and accuse nobody.\n\n"
		"The status is 0 when nothing wrong was seen and 1 when something was. Where "
		"QEMU has stopped the machine (no space for a drive, an error of its file, a "
		"watchdog) kc says why, blames neither side, and ends with 252; after a panic "
		"with 244.",
	.options = vq_tables,
	.fields_size = sizeof(struct vq_options),
	.defaults = &vq_defaults,
	.run = vq_run,
};
