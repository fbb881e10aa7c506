/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/task-dump.h"
#include "kernel/kmsg.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define AGENT "kc-agent"
#define COMM_WIDTH 15

/* "task:NAME  state:S stack:.. pid:N tgid:N ppid:N ..." (kernel/sched/core.c) */
struct task {
	char *comm;
	char state;
	unsigned long pid, ppid;
	guint line; /* its trace is behind that */
};

static void clear_task(void *data)
{
	g_free(((struct task *)data)->comm);
}

/* The lines without stamps and carriage returns. */
static char **plain_lines(const char *text)
{
	char **lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++) {
		char *plain = g_strdup(kmsg_skip_stamp(lines[i], NULL));

		g_free(lines[i]);
		lines[i] = g_strchomp(plain);
	}
	return lines;
}

static unsigned long field(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static bool read_task(const char *line, struct task *task)
{
	const char *name = line + strlen("task:");
	const char *state;

	if (!g_str_has_prefix(line, "task:") || strlen(name) < COMM_WIDTH)
		return false;
	/* The name is padded, and may hold anything. */
	state = name + COMM_WIDTH;
	if (!g_str_has_prefix(state, " state:"))
		return false;
	task->comm = g_strchomp(g_strndup(name, state - name));
	task->state = state[strlen(" state:")];
	task->pid = field(state, " pid:");
	task->ppid = field(state, " ppid:");
	return true;
}

static GArray *read_tasks(char *const *lines)
{
	GArray *tasks = g_array_new(FALSE, TRUE, sizeof(struct task));

	g_array_set_clear_func(tasks, clear_task);
	for (guint i = 0; lines[i]; i++) {
		struct task task = {.line = i};

		if (read_task(lines[i], &task))
			g_array_append_val(tasks, task);
	}
	return tasks;
}

static const struct task *task_by_pid(const GArray *tasks, unsigned long pid)
{
	for (guint i = 0; i < tasks->len; i++)
		if (g_array_index(tasks, struct task, i).pid == pid)
			return &g_array_index(tasks, struct task, i);
	return NULL;
}

/* A list that was cut short may lead in a circle: not more steps than tasks. */
static bool is_below_agent(const GArray *tasks, const struct task *task)
{
	for (guint steps = 0; task && steps < tasks->len; steps++) {
		task = task_by_pid(tasks, task->ppid);
		if (task && g_str_equal(task->comm, AGENT))
			return true;
	}
	return false;
}

/* The newest: the shell that runs a test only waits for it. */
static const struct task *suspect(const GArray *tasks, const char *comm)
{
	const struct task *found = NULL;

	for (guint i = 0; i < tasks->len; i++) {
		const struct task *task = &g_array_index(tasks, struct task, i);
		bool fits = comm ? strncmp(task->comm, comm, 15) == 0 : is_below_agent(tasks, task);

		if (fits && (!found || task->pid > found->pid))
			found = task;
	}
	return found;
}

/* "[<0>] ? f+0x1/0x2 [mod] (f.c:1)" and "RIP: 0010:f+0x1/0x2": f on; NULL if it is no frame. */
static const char *frame(const char *line)
{
	const char *at = line + strspn(line, " ");

	if (g_str_has_prefix(at, "RIP: ")) {
		at = strchr(at + strlen("RIP: "), ':');
		return at && strstr(at, "+0x") ? at + 1 : NULL;
	}
	if (*line != ' ' || g_str_has_prefix(at, "? "))
		return NULL;
	return strstr(at, "+0x") ? at : NULL;
}

static bool is_any_of(const char *function, const char *const *names, size_t count)
{
	size_t len = strcspn(function, "+");

	for (size_t i = 0; i < count; i++)
		if (strncmp(function, names[i], strlen(names[i])) == 0 &&
		    (len == strlen(names[i]) || function[strlen(names[i])] == '.'))
			return true;
	return false;
}

static bool is_scheduler(const char *function)
{
	static const char *const names[] = {
		"__schedule",
		"schedule",
		"schedule_timeout",
		"schedule_timeout_interruptible",
		"schedule_timeout_uninterruptible",
		"schedule_preempt_disabled",
		"schedule_hrtimeout_range",
		"schedule_hrtimeout_range_clock",
		"io_schedule",
		"__switch_to",
		"context_switch",
	};

	return is_any_of(function, names, G_N_ELEMENTS(names));
}

static bool is_idle(const char *function)
{
	static const char *const names[] = {
		"pv_native_safe_halt", "native_safe_halt",   "default_idle", "native_halt",
		"acpi_safe_halt",      "acpi_idle_do_entry", "mwait_idle",   "intel_idle",
		"default_idle_call",   "cpuidle_idle_call",  "do_idle",	     "acpi_idle_enter",
	};

	return is_any_of(function, names, G_N_ELEMENTS(names));
}

/* Spins until another CPU, or whoever holds a lock, goes on. */
static bool is_waiting(const char *function)
{
	static const char *const names[] = {
		"stop_machine_yield",	       "multi_cpu_stop",
		"smp_call_function_many_cond", "smp_call_function_single",
		"queued_spin_lock_slowpath",   "native_queued_spin_lock_slowpath",
	};

	return is_any_of(function, names, G_N_ELEMENTS(names));
}

static const char *state_name(char state)
{
	switch (state) {
	case 'R':
		return "runs";
	case 'S':
		return "sleeps";
	case 'D':
	case 'I':
		return "sleeps, deaf to signals,";
	case 'T':
	case 't':
		return "is stopped";
	case 'Z':
	case 'X':
		return "has ended and is not waited for,";
	default:
		return "is";
	}
}

/* A trace ends where another begins. */
static bool is_next(const char *line)
{
	static const char *const openings[] = {"task:", "NMI backtrace for ", "CPU: ", "sysrq: "};

	for (size_t i = 0; i < G_N_ELEMENTS(openings); i++)
		if (g_str_has_prefix(line, openings[i]))
			return true;
	return false;
}

/* The first frame that is no scheduler's, and the first in a module if that is another. */
static void find_frames(char *const *lines, guint from, const char **first, const char **module)
{
	*first = *module = NULL;
	for (guint i = from; lines[i] && !is_next(lines[i]); i++) {
		const char *at = frame(lines[i]);

		if (!at || is_scheduler(at))
			continue;
		if (!*first)
			*first = at;
		if (!*module && strstr(at, " ["))
			*module = at;
		if (g_str_equal(lines[i], " </TASK>"))
			break;
	}
	if (*module == *first)
		*module = NULL;
}

/* In any of its frames: an interrupt may have come on top of the one that waits. */
static bool waits(char *const *lines, guint from)
{
	for (guint i = from; lines[i] && !is_next(lines[i]); i++) {
		const char *at = frame(lines[i]);

		if (at && is_waiting(at))
			return true;
		if (g_str_equal(lines[i], " </TASK>"))
			break;
	}
	return false;
}

char *task_dump_task(const char *text, const char *comm)
{
	g_auto(GStrv) lines = plain_lines(text);
	g_autoptr(GArray) tasks = read_tasks(lines);
	const struct task *task = suspect(tasks, comm);
	const char *first, *module;

	if (!task)
		return NULL;
	find_frames(lines, task->line + 1, &first, &module);
	return g_strdup_printf("process '%s' (pid %lu) %s in %s%s%s", task->comm, task->pid,
			       state_name(task->state), first ? first : "an unknown place",
			       module ? ", called from " : "", module ? module : "");
}

/* "CPU: 0 UID: 0 PID: 85 Comm: insmod Tainted: ..." opens each CPU's dump. */
static bool read_cpu(const char *line, unsigned long *cpu, unsigned long *pid, char **comm)
{
	const char *name = strstr(line, " Comm: ");
	const char *end;

	if (!g_str_has_prefix(line, "CPU: ") || !name)
		return false;
	name += strlen(" Comm: ");
	end = strstr(name, " Tainted: ");
	if (!end)
		end = strstr(name, " Not tainted");
	*cpu = field(line, "CPU: ");
	*pid = field(line, " PID: ");
	g_free(*comm);
	*comm = end ? g_strndup(name, end - name) : g_strdup(name);
	return true;
}

/* The first busy CPU; with @but_waiting also one that only waits for another. */
static char *busy_cpu(char *const *lines, bool but_waiting)
{
	g_autofree char *comm = NULL;
	unsigned long cpu = 0, pid = 0;

	for (guint i = 0; lines[i]; i++) {
		const char *at, *module;

		if (read_cpu(lines[i], &cpu, &pid, &comm) || !comm ||
		    !g_str_has_prefix(lines[i], "RIP: 0010:"))
			continue;
		find_frames(lines, i, &at, &module);
		/* The idle task has number 0. */
		if (at && pid != 0 && !is_idle(at) && (but_waiting || !waits(lines, i)))
			return g_strdup_printf("CPU %lu runs process '%s' (pid %lu) in %s%s%s", cpu,
					       comm, pid, at, module ? ", called from " : "",
					       module ? module : "");
	}
	return NULL;
}

char *task_dump_cpu(const char *text)
{
	g_auto(GStrv) lines = plain_lines(text);
	char *cpu = busy_cpu(lines, false);

	return cpu ? cpu : busy_cpu(lines, true);
}
