/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/verdict.h"
#include "base/status.h"

#include <string.h>

#define STATUS_KSFT_SKIP 4 /* Linux tools/testing/selftests/kselftest.h */

static void settle(struct verdict *verdict, enum verdict_kind kind, char *why)
{
	verdict->kind = kind;
	verdict->why = why;
	g_free(verdict->next);
	verdict->next = g_strdup(verdict_next(kind));
}

static enum verdict_kind kind_of_error(const struct facts *facts)
{
	switch (facts->error->code) {
	case STATUS_QEMU_DIED:
		return VERDICT_QEMU_DIED;
	case STATUS_STOPPED:
		return VERDICT_STOPPED;
	case STATUS_NEVER_BOOTED:
		return VERDICT_NEVER_BOOTED;
	case STATUS_PANIC:
		return VERDICT_PANIC;
	case STATUS_HANG:
		return facts->agent_stopped ? VERDICT_AGENT_LOST : VERDICT_HANG;
	case STATUS_AGENT_LOST:
		return VERDICT_AGENT_LOST;
	case STATUS_NOT_CARRIED:
		return VERDICT_FAILED;
	default:
		return status_is_signal(facts->error->code) ? VERDICT_NOT_RUN
							    : VERDICT_HOST_NOT_READY;
	}
}

static void judge_error(struct verdict *verdict, const struct facts *facts)
{
	enum verdict_kind kind = kind_of_error(facts);

	if (facts->agent_stopped && kind == VERDICT_AGENT_LOST)
		settle(verdict, kind,
		       g_strdup("the guest's agent is stopped, and the time limit passed"));
	else if (facts->hang)
		settle(verdict, kind,
		       g_strdup_printf("%s: %s", facts->error->message, facts->hang));
	else
		settle(verdict, kind, g_strdup(facts->error->message));
}

static void add_note(struct verdict *verdict, const char *note)
{
	char *before = verdict->notes;

	verdict->notes = g_strconcat(before, note, "\n", NULL);
	g_free(before);
}

/* "2 of 28 are not ok, the first is 'signal': /dev/echo0: No such file" */
static char *tell_not_ok(const struct facts *facts)
{
	const struct ktap_counts *counts = ktap_counts(facts->report);
	const struct ktap_result *first = ktap_first_not_ok(facts->report);
	g_autofree char *comment = g_strndup(first->comments, strcspn(first->comments, "\n"));

	return g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " results not ok, the first: '%s'%s%s",
			       counts->not_ok,
			       counts->ok + counts->not_ok + counts->skip + counts->todo,
			       first->name, *comment ? ": " : "", comment);
}

/* " ended with status 1" */
static char *tell_end(const struct facts *facts)
{
	if (facts->status > 128)
		return g_strdup_printf("it was ended by signal %d (%s)", facts->status - 128,
				       g_strsignal(facts->status - 128));
	return g_strdup_printf("it ended with status %d", facts->status);
}

static void judge_broken(struct verdict *verdict, const struct facts *facts)
{
	g_autofree char *end = tell_end(facts);
	g_autofree char *not_ok = ktap_first_not_ok(facts->report) ? tell_not_ok(facts) : NULL;
	bool said = facts->last_words && *facts->last_words;

	settle(verdict, VERDICT_SHORT_PLAN,
	       g_strdup_printf("%s; %s%s%s", ktap_broken(facts->report), end, said ? ": " : "",
			       said ? facts->last_words : ""));
	if (not_ok)
		add_note(verdict, not_ok);
}

static bool ends_like_a_skip(int status)
{
	return status == 0 || status == STATUS_KSFT_SKIP || status == STATUS_ALL_SKIPPED;
}

/* All results are skips; there may be none. */
static bool is_skipped(const struct facts *facts, const char **reason)
{
	const struct ktap_counts *counts = ktap_counts(facts->report);
	const GPtrArray *results = ktap_results(facts->report);

	*reason = ktap_skip_all(facts->report);
	if (*reason)
		return ends_like_a_skip(facts->status);
	if (!counts->skip || counts->ok || counts->not_ok || counts->todo ||
	    !ends_like_a_skip(facts->status))
		return false;
	*reason = ((struct ktap_result *)g_ptr_array_index(results, results->len - 1))->reason;
	return true;
}

static char *tell_passed(const struct facts *facts)
{
	const struct ktap_counts *counts = ktap_counts(facts->report);
	GString *out = g_string_new(NULL);

	g_string_append_printf(out, "%" G_GUINT64_FORMAT " ok", counts->ok);
	if (counts->skip)
		g_string_append_printf(out, ", %" G_GUINT64_FORMAT " skipped", counts->skip);
	if (counts->todo)
		g_string_append_printf(out, ", %" G_GUINT64_FORMAT " not ok as expected",
				       counts->todo);
	return g_string_free(out, FALSE);
}

static void note_words(struct verdict *verdict, const char *what, const char *words)
{
	g_autofree char *note = g_strconcat(what, words, NULL);

	if (words && *words)
		add_note(verdict, note);
}

static void note_untold(struct verdict *verdict, const struct ktap *report)
{
	g_autofree char *note = g_strdup_printf("%" G_GUINT64_FORMAT
						" more results were counted and are not told",
						ktap_untold(report));

	if (ktap_untold(report))
		add_note(verdict, note);
}

/* The command ended by itself. */
static void judge_report(struct verdict *verdict, const struct facts *facts)
{
	const char *bail = ktap_bailed_out(facts->report);
	const char *reason;

	if (bail) {
		settle(verdict, VERDICT_FAILED,
		       g_strdup_printf("it bailed out%s%s", *bail ? ": " : "", bail));
	} else if (ktap_broken(facts->report)) {
		judge_broken(verdict, facts);
	} else if (ktap_first_not_ok(facts->report)) {
		settle(verdict, VERDICT_FAILED, tell_not_ok(facts));
		if (facts->status == 0 && !facts->reports_kunit)
			add_note(verdict, "it ended with status 0 all the same");
	} else if (is_skipped(facts, &reason)) {
		if (*reason)
			settle(verdict, VERDICT_SKIPPED, g_strdup(reason));
		else
			settle(verdict, VERDICT_SHORT_PLAN,
			       g_strdup("nothing was tested, and no reason is given"));
	} else if (facts->status != 0) {
		g_autofree char *end = tell_end(facts);

		settle(verdict, VERDICT_FAILED, g_strdup_printf("all results are ok, but %s", end));
	} else {
		settle(verdict, VERDICT_PASSED, tell_passed(facts));
	}
}

/* What the test came to by itself becomes a note. */
static void judge_splat(struct verdict *verdict, const struct splat *splat)
{
	g_autofree char *notes = verdict->notes;
	g_autofree char *why = verdict->why;
	enum verdict_kind kind = verdict->kind;
	char *before;

	verdict->notes = g_strdup("");
	settle(verdict, VERDICT_SPLAT,
	       g_strdup_printf("%s%s%s", splat->title, splat->message ? ": " : "",
			       splat->message ? splat->message : ""));
	if (kind == VERDICT_PASSED || kind == VERDICT_SKIPPED)
		before = g_strdup_printf("the test by itself %s",
					 kind == VERDICT_PASSED ? "passed" : "was skipped");
	else
		before = g_strdup_printf("then: %s: %s", verdict_name(kind), why);
	add_note(verdict, before);
	g_free(before);
	before = verdict->notes;
	verdict->notes = g_strconcat(before, notes, NULL);
	g_free(before);
	if (!splat->excuse)
		return;
	note_words(verdict, "it complains of time that passed, but ", splat->excuse);
	g_free(verdict->next);
	verdict->next = g_strdup("run it again, on a host that does not pause: where the complaint "
				 "comes again it is true");
}

/* A splat is the cause of what the guest did after it, but not of QEMU's end. */
static bool splat_counts_more(enum verdict_kind kind)
{
	switch (kind) {
	case VERDICT_PANIC:
	case VERDICT_STOPPED:
	case VERDICT_QEMU_DIED:
	case VERDICT_NEVER_BOOTED:
	case VERDICT_HOST_NOT_READY:
	case VERDICT_NOT_RUN:
		return false;
	default:
		return true;
	}
}

static void note_splat(struct verdict *verdict, const struct splat *splat)
{
	g_autofree char *note = g_strdup_printf(
		"%s: %s", splat->from_console ? "on the console" : "before that the kernel said",
		splat->title);

	add_note(verdict, note);
}

static void note_allowed(struct verdict *verdict, const struct splat_watch *watch)
{
	const GPtrArray *all = splat_watch_all(watch);

	for (guint i = 0; i < all->len; i++) {
		const struct splat *splat = g_ptr_array_index(all, i);
		g_autofree char *note = NULL;

		if (!splat->allowed)
			continue;
		note = g_strdup_printf("allowed: %s (%s)", splat->title, splat->allowed);
		add_note(verdict, note);
	}
}

/* A log with holes may have held anything. */
static void judge_gaps(struct verdict *verdict, const struct splat_watch *watch)
{
	bool failure = verdict_is_failure(verdict->kind);
	g_autofree char *gaps = splat_watch_gaps(watch);
	g_autofree char *log = splat_watch_log(watch);

	if (!*log && !failure)
		gaps = g_strdup("nothing of the kernel's log came");
	if (gaps && failure)
		add_note(verdict, gaps);
	if (!gaps || failure)
		return;
	g_free(verdict->why);
	settle(verdict, VERDICT_FAILED,
	       g_strdup_printf("the test passed, but what the kernel said is not known: %s", gaps));
	g_free(verdict->next);
	verdict->next = g_strdup("'append = log_buf_len=4M' gives the log more room");
}

static void judge_kernel(struct verdict *verdict, const struct splat_watch *watch)
{
	const struct splat *splat = splat_watch_first(watch);
	const struct splat *panic = splat_watch_panic(watch);

	if (splat && !splat->from_console && splat_counts_more(verdict->kind))
		judge_splat(verdict, splat);
	else if (splat)
		note_splat(verdict, splat);
	if (panic && verdict->kind != VERDICT_PANIC)
		note_splat(verdict, panic);
	judge_gaps(verdict, watch);
	note_allowed(verdict, watch);
}

static void look_into_log(struct verdict *verdict)
{
	g_free(verdict->next);
	verdict->next = g_strdup("dmesg.txt has what KUnit said");
}

/* KUnit's suites count, whatever the command makes of them. */
static void judge_kunit(struct verdict *verdict, const char *complaint)
{
	if (!complaint)
		return;
	if (verdict_is_failure(verdict->kind)) {
		add_note(verdict, complaint);
		return;
	}
	g_free(verdict->why);
	settle(verdict, VERDICT_FAILED, g_strdup(complaint));
	look_into_log(verdict);
}

void verdict_judge(struct verdict *verdict, const struct facts *facts)
{
	*verdict = (struct verdict){.notes = g_strdup("")};
	if (facts->error)
		judge_error(verdict, facts);
	else
		judge_report(verdict, facts);
	if (facts->reports_kunit && verdict->kind == VERDICT_FAILED)
		look_into_log(verdict);
	judge_kunit(verdict, facts->kunit);
	note_words(verdict, "leaked memory was allocated in ", facts->leak);
	/* The reason of its end has been told. */
	if (verdict->kind != VERDICT_QEMU_DIED)
		note_words(verdict, "QEMU said: ", facts->qemu_said);
	if (facts->report)
		note_untold(verdict, facts->report);
	if (verdict_is_failure(verdict->kind))
		note_words(verdict, "", facts->stalls);
	if (facts->watch && verdict->kind != VERDICT_HOST_NOT_READY &&
	    verdict->kind != VERDICT_NOT_RUN)
		judge_kernel(verdict, facts->watch);
}

void verdict_clear(struct verdict *verdict)
{
	g_clear_pointer(&verdict->why, g_free);
	g_clear_pointer(&verdict->notes, g_free);
	g_clear_pointer(&verdict->next, g_free);
}
