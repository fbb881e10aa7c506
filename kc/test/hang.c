/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/hang.h"
#include "test/task-dump.h"
#include "base/loop.h"
#include "base/quote.h"

#include <string.h>
#include <unistd.h>

#define ANSWER_SECONDS 5 /* for the first byte */
#define NMI_SECONDS \
	25 /* the kernel waits 10 for each CPU's backtrace, and has only then the console */
#define DUMP_SECONDS 30 /* for the last one: a busy host prints slowly */
#define SILENCE_USEC (700 * 1000)
#define SILENCE_POLL_MS 100
#define TEXT_MAX_BYTES (8 * 1024 * 1024)

/* What the console says while we examine. */
struct listener {
	struct vm *vm;
	GString *text;
	size_t since; /* where in @text the present dump begins */
	gint64 last;
};

static void hear(const char *data, size_t len, void *opaque)
{
	struct listener *listener = opaque;

	listener->last = g_get_monotonic_time();
	if (listener->text->len < TEXT_MAX_BYTES)
		g_string_append_len(listener->text, data, len);
}

static const char *heard(const struct listener *listener)
{
	return listener->text->str + listener->since;
}

static bool has_heard(void *data)
{
	const struct listener *listener = data;

	return listener->text->len > listener->since || vm_end(listener->vm) != VM_RUNNING;
}

static bool is_silent(void *data)
{
	const struct listener *listener = data;

	return g_get_monotonic_time() - listener->last > SILENCE_USEC;
}

static gboolean on_poll(void *data)
{
	(void)data;
	return G_SOURCE_CONTINUE;
}

/* Waits until @done, as one that polls may see only by looking again. */
static bool await(bool (*done)(void *data), struct listener *listener, double seconds)
{
	guint poll = g_timeout_add(SILENCE_POLL_MS, on_poll, NULL);
	enum loop_end end = loop_until(done, listener, loop_deadline(seconds));

	g_source_remove(poll);
	return end == LOOP_DONE;
}

static JsonNode *qmp_with(struct vm *vm, const char *command, const char *name, const char *value)
{
	JsonObject *arguments = json_object_new();

	json_object_set_string_member(arguments, name, value);
	return qmp_call(vm_qmp(vm), command, arguments, NULL);
}

static bool qmp_does(struct vm *vm, const char *command, const char *name, const char *value)
{
	g_autoptr(JsonNode) answer = qmp_with(vm, command, name, value);

	return answer;
}

/* What a guest prints by itself is no answer. */
static bool is_answered(void *data)
{
	const char *text = heard(data);

	return strstr(text, "sysrq: ") || strstr(text, "SysRq : ");
}

/* To the end of its last line: what is still to come would pass for the next key's answer. */
static bool is_marked(void *data)
{
	const char *mark = strstr(heard(data), "Loglevel set to ");

	return mark && strchr(mark, '\n');
}

/* The kernel takes the key behind a BREAK for SysRq's, within five seconds. */
static bool press(struct listener *listener, char key)
{
	return qmp_does(listener->vm, "chardev-send-break", "id", "console") &&
	       write(vm_console_fd(listener->vm), &key, 1) == 1;
}

/* '8' lets all levels through to the console, and shows whether anybody listens. */
static bool sysrq_works(struct listener *listener)
{
	listener->since = listener->text->len;
	return press(listener, '8') && await(is_marked, listener, ANSWER_SECONDS);
}

/*
 * Keys are served one by one, so an '8' marks each dump's end: silence does not, on a
 * busy host. It is pressed once the dump has begun: of two keys that one interrupt
 * finds, the serial driver keeps the last.
 */
static void ask_by_sysrq(struct listener *listener)
{
	static const char keys[] = {'l', 'w', 't'};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		listener->since = listener->text->len;
		if (press(listener, keys[i]) && await(is_answered, listener, ANSWER_SECONDS) &&
		    press(listener, '8'))
			await(is_marked, listener, DUMP_SECONDS);
	}
	listener->since = 0;
}

/*
 * The panic would end QEMU, by pvpanic or by the reset. Paused instead, the
 * guest can still be looked at.
 */
static bool ask_by_nmi(struct listener *listener)
{
	g_autoptr(JsonNode) answer = NULL;

	listener->since = listener->text->len;
	if (!qmp_does(listener->vm, "set-action", "panic", "none") ||
	    !qmp_does(listener->vm, "set-action", "reboot", "shutdown") ||
	    !qmp_does(listener->vm, "set-action", "shutdown", "pause"))
		return false;
	answer = qmp_call(vm_qmp(listener->vm), "inject-nmi", NULL, NULL);
	if (!answer || !await(has_heard, listener, NMI_SECONDS))
		return false;
	await(is_silent, listener, DUMP_SECONDS);
	return strstr(heard(listener), "Kernel panic");
}

static char *registers(struct vm *vm)
{
	g_autoptr(JsonNode)
		answer = qmp_with(vm, "human-monitor-command", "command-line", "info registers -a");

	return answer && JSON_NODE_HOLDS_VALUE(answer) ? g_strdup(json_node_get_string(answer))
						       : NULL;
}

/* "RIP=ffffffff81000000 RFL=00000246 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1" */
static void add_place(GString *out, struct decode *decode, const char *line, int cpu)
{
	guint64 address = g_ascii_strtoull(line + strlen("RIP="), NULL, 16);
	const char *flags = strstr(line, "RFL=");
	guint64 rflags = flags ? g_ascii_strtoull(flags + strlen("RFL="), NULL, 16) : 0;
	bool halted = strstr(line, "HLT=1");
	bool user = strstr(line, "CPL=3");
	g_autofree char *place = decode && !user ? decode_address(decode, address) : NULL;
	g_autofree char *number = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);

	g_string_append_printf(out, "%sCPU %d %s %s%s", out->len ? "; " : "", cpu,
			       halted ? "is halted at"
			       : user ? "runs a program at"
				      : "runs the kernel at",
			       place ? place : number,
			       !user && !(rflags & 0x200) ? ", interrupts off" : "");
}

static char *places(const char *text, struct decode *decode)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	GString *out = g_string_new(NULL);
	int cpu = 0;

	for (int i = 0; lines[i]; i++) {
		if (g_str_has_prefix(lines[i], "CPU#"))
			cpu = atoi(lines[i] + strlen("CPU#"));
		else if (g_str_has_prefix(lines[i], "RIP="))
			add_place(out, decode, lines[i], cpu);
	}
	return g_string_free(out, FALSE);
}

/* Whether QEMU answers, and lets the guest run. */
static bool guest_runs(struct vm *vm, struct hang *hang)
{
	g_autoptr(JsonNode) answer = qmp_call(vm_qmp(vm), "query-status", NULL, NULL);
	struct run_state *stands = answer ? run_state_ask(vm_qmp(vm)) : NULL;

	if (!answer) {
		hang->source = HANG_QEMU;
		hang->where = g_strdup(
			qmp_is_closed(vm_qmp(vm))
				? "QEMU has ended"
				: "QEMU itself does not answer: its main loop hangs");
		return false;
	}
	if (stands)
		hang->where = run_state_tell(stands);
	run_state_free(stands);
	return !hang->where;
}

/* A process that runs is told by its CPU's backtrace: its own has no place. */
static char *where(const char *text, const char *comm, enum hang_source source)
{
	g_autofree char *cpu = task_dump_cpu(text);
	char *task = source == HANG_SYSRQ ? task_dump_task(text, comm) : NULL;

	if (task && !(cpu && strstr(task, " runs in ")))
		return task;
	if (!cpu && !task)
		return task_dump_task(text, comm);
	g_free(task);
	return g_steal_pointer(&cpu);
}

static void add_part(GString *out, const char *title, const char *text)
{
	if (text && *text)
		g_string_append_printf(out, "== %s ==\n%s\n", title, text);
}

static void tell(struct hang *hang, struct decode *decode, const char *comm, const char *said,
		 const char *before)
{
	g_autofree char *text = decode_printable(decode, said);
	g_autofree char *at = before ? places(before, decode) : NULL;
	GString *out = g_string_new(NULL);

	if (hang->source == HANG_SYSRQ || hang->source == HANG_NMI)
		hang->where = where(text, comm, hang->source);
	if (!hang->where && at)
		hang->where = g_strdup(at);
	add_part(out, "Where", hang->where);
	add_part(out, "Where each CPU was, as QEMU sees it", at);
	add_part(out,
		 hang->source == HANG_NMI ? "What the guest printed; by an NMI it was made to panic"
					  : "What the guest printed when it was asked",
		 text);
	add_part(out, "The registers, as QEMU sees them", before);
	hang->text = g_string_free(out, FALSE);
}

static enum hang_source ask(struct listener *listener)
{
	if (sysrq_works(listener)) {
		ask_by_sysrq(listener);
		return HANG_SYSRQ;
	}
	return ask_by_nmi(listener) ? HANG_NMI : HANG_NONE;
}

void hang_examine(struct vm *vm, struct decode *decode, const char *comm, struct hang *hang)
{
	struct listener listener = {.vm = vm, .text = g_string_new(NULL)};
	g_autofree char *before = NULL;

	*hang = (struct hang){.source = HANG_NONE};
	vm_tap_console(vm, hear, &listener);
	if (guest_runs(vm, hang)) {
		before = registers(vm);
		hang->source = ask(&listener);
	} else if (hang->source != HANG_QEMU) {
		before = registers(vm);
	}
	vm_tap_console(vm, NULL, NULL);
	if (hang->source == HANG_NONE && before)
		hang->source = HANG_REGISTERS;
	tell(hang, decode, comm, listener.text->str, before);
	if (!hang->where)
		hang->where = g_strdup("nothing could be learned about the guest");
	g_string_free(listener.text, TRUE);
}

void hang_clear(struct hang *hang)
{
	g_clear_pointer(&hang->where, g_free);
	g_clear_pointer(&hang->text, g_free);
}
