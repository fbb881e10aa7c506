/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel-verdict.h"
#include "base/status.h"
#include "kernel/kunit.h"
#include "kernel/splat.h"

#include <stdio.h>

struct kernel_verdict {
	struct allow_list *allow;
	struct splat_watch *watch;
	struct kunit_log *kunit;
};

static bool add_allowed(struct allow_list *list, const char *const *entries, GError **error)
{
	for (int i = 0; entries && entries[i]; i++)
		if (!allow_list_add(list, entries[i], "--allow", error))
			return false;
	return true;
}

struct kernel_verdict *kernel_verdict_new(const char *const *allow, GError **error)
{
	struct kernel_verdict *verdict = g_new0(struct kernel_verdict, 1);

	verdict->allow = allow_list_new();
	verdict->watch = splat_watch_new(verdict->allow);
	verdict->kunit = kunit_log_new();
	if (!add_allowed(verdict->allow, allow, error))
		g_clear_pointer(&verdict, kernel_verdict_free);
	return verdict;
}

void kernel_verdict_free(struct kernel_verdict *verdict)
{
	splat_watch_free(verdict->watch);
	kunit_log_free(verdict->kunit);
	allow_list_free(verdict->allow);
	g_free(verdict);
}

void kernel_verdict_see(const char *records, size_t len, struct stalls *stalls, void *opaque)
{
	struct kernel_verdict *verdict = opaque;

	splat_watch_stalls(verdict->watch, stalls);
	splat_watch_kmsg(verdict->watch, records, len);
	kunit_log_kmsg(verdict->kunit, records, len);
}

bool kernel_verdict_wants_console(const GError *cause)
{
	return cause->code > STATUS_HOST_NOT_READY && cause->code < STATUS_NOT_CARRIED;
}

static void print_splat(struct decode *decode, const struct splat *splat)
{
	g_autofree char *text = decode_text(decode, splat->text, -1);

	fprintf(stderr, "kc: the guest kernel said:\n%s", text);
}

/* What a broken kernel brings about; a panic or a dead QEMU tell more than it. */
static bool may_follow(const GError *cause)
{
	return cause->code == STATUS_NOT_CARRIED || cause->code == STATUS_HANG ||
	       cause->code == STATUS_AGENT_LOST;
}

/* The same end, and what may have brought it about. */
static void excuse(GError **cause, const struct splat *splat)
{
	char *before;

	if (!splat || !splat->excuse)
		return;
	before = (*cause)->message;
	(*cause)->message = g_strdup_printf("%s; but %s, which may be why", before, splat->excuse);
	g_free(before);
}

/* Whatever a command says of itself under a broken kernel is worth nothing. */
static void judge_splats(struct splat_watch *watch, struct decode *decode, const char *end,
			 GError **cause)
{
	const struct splat *first;
	g_autofree char *then = NULL;

	splat_watch_end(watch);
	first = splat_watch_first(watch);
	if (*cause && (*cause)->code == STATUS_PANIC)
		excuse(cause, splat_watch_panic(watch) ? splat_watch_panic(watch) : first);
	if (!first)
		return;
	print_splat(decode, first);
	if (*cause && !may_follow(*cause))
		return;
	then = g_strdup(*cause ? (*cause)->message : end);
	g_clear_error(cause);
	g_set_error(cause, STATUS_ERROR, STATUS_SPLAT, "the guest kernel complained: %s; %s",
		    first->title, then);
	excuse(cause, first);
}

static void judge_kunit(const struct kunit_log *log, const char *end, GError **cause)
{
	g_autofree char *report = NULL;
	g_autofree char *complaint = *cause ? NULL : kunit_log_complaint(log, &report);

	if (!complaint)
		return;
	if (report)
		fprintf(stderr, "kc: KUnit in the guest:\n%s", report);
	g_set_error(cause, STATUS_ERROR, STATUS_KUNIT_FAILED, "%s; %s", complaint, end);
}

void kernel_verdict_judge(struct kernel_verdict *verdict, struct decode *decode, int status,
			  GError **cause)
{
	g_autofree char *end = g_strdup_printf("the command itself ended with %d", status);

	judge_splats(verdict->watch, decode, end, cause);
	judge_kunit(verdict->kunit, end, cause);
}
