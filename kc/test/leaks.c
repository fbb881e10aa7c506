/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/leaks.h"
#include "vm/exec.h"
#include "base/loop.h"
#include "base/status.h"

#include <string.h>

#define LEAKS_MAX_BYTES (1 << 20)
#define STATUS_NO_KMEMLEAK 3

/*
 * A block is reported when two scans have found it unchanged and the last began
 * five seconds or more after it was allocated (mm/kmemleak.c, MSECS_MIN_AGE).
 * The first scan takes some of these.
 */
static const char script[] = "f=/sys/kernel/debug/kmemleak; [ -e $f ] || exit 3; "
			     "read begin rest </proc/uptime; echo scan >$f || exit 4; "
			     "while read now rest </proc/uptime && "
			     "[ $((${now%.*} - ${begin%.*})) -lt 6 ]; do sleep 0.2; done; "
			     "echo scan >$f && cat $f";

static void take_report(int fd, const char *data, size_t len, void *text)
{
	GString *report = text;

	(void)fd;
	if (report->len + len <= LEAKS_MAX_BYTES)
		for (size_t i = 0; i < len; i++)
			g_string_append_c(report, data[i] ? data[i] : '?');
}

/* "    fault_leak+0x22/0x5c [kc_fault]": the first of a module, for the allocator is not to blame. */
char *test_leaks_where(const char *report)
{
	g_auto(GStrv) lines = g_strsplit(report, "\n", -1);

	for (int i = 0; lines[i]; i++)
		if (strstr(lines[i], "+0x") && g_str_has_suffix(lines[i], "]"))
			return g_strdup(g_strstrip(lines[i]));
	return NULL;
}

bool test_leaks_scan(struct test_evidence *seen, struct vm *vm, GError **error)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	GString *report = g_string_new(NULL);
	const struct exec exec = {.argv = argv, .output = take_report, .output_opaque = report};
	int status = 0;
	bool ended = exec_run(vm, &exec, loop_deadline(TEST_LEAKS_SECONDS), &status, error);

	if (!ended)
		g_prefix_error(error, "looking for leaks, after the test: ");
	else if (status != 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    status == STATUS_NO_KMEMLEAK
				    ? "the debug kernel has no kmemleak; 'make linux-debug' "
				      "builds one that has"
				    : "kmemleak cannot be asked for leaks: status %d, %s",
			    status, report->str);
	if (report->len)
		seen->leaks = g_string_free(report, FALSE);
	else
		g_string_free(report, TRUE);
	return ended && status == 0;
}
