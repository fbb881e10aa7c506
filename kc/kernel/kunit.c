/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kunit.h"
#include "base/quote.h"
#include "kernel/kmsg.h"

#include <string.h>

#define SUITES_MAX 1000
#define LINES_MAX_BYTES (256 * 1024) /* of one suite */
#define INDENT "    "
#define SUBTEST INDENT "# Subtest: "

/* CONFIG_KUNIT_DEFAULT_ENABLED is off. */
#define DISABLED "KUnit is disabled in this kernel, kernel argument kunit.enable=1 enables it"

struct suite {
	char *name;
	GString *lines; /* KTAP, indented; without a header */
	char *outcome; /* "ok" or "not ok"; NULL: it has not ended */
	char *rest; /* behind the number: its name and a directive */
	unsigned cases; /* of a case with parameters, so far */
	bool planned; /* that case said how many */
};

struct kunit_log {
	GPtrArray *suites;
	struct suite *open; /* the last one, as long as it runs */
	bool headed; /* a version line was read: a plan follows */
	guint64 announced; /* suites that have not come yet */
	guint64 disabled; /* suites of modules that KUnit did not run */
	guint64 next_seq;
};

static void suite_free(void *data)
{
	struct suite *suite = data;

	g_free(suite->name);
	g_string_free(suite->lines, TRUE);
	g_free(suite->outcome);
	g_free(suite->rest);
	g_free(suite);
}

struct kunit_log *kunit_log_new(void)
{
	struct kunit_log *log = g_new0(struct kunit_log, 1);

	log->suites = g_ptr_array_new_with_free_func(suite_free);
	return log;
}

void kunit_log_free(struct kunit_log *log)
{
	if (!log)
		return;
	g_ptr_array_unref(log->suites);
	g_free(log);
}

static struct suite *add_suite(struct kunit_log *log, const char *name)
{
	struct suite *suite = g_new0(struct suite, 1);

	suite->name = g_strdup(name);
	suite->lines = g_string_new(NULL);
	g_ptr_array_add(log->suites, suite);
	if (log->announced)
		log->announced--;
	return suite;
}

static void add_line(struct suite *suite, const char *line)
{
	if (suite->lines->len + strlen(line) + 1 > LINES_MAX_BYTES)
		return;
	g_string_append(suite->lines, line);
	g_string_append_c(suite->lines, '\n');
}

static bool is_result(const char *text)
{
	return g_str_has_prefix(text, "ok ") || g_str_has_prefix(text, "not ok ");
}

static bool is_version(const char *text)
{
	return g_str_has_prefix(text, "KTAP version ") || g_str_has_prefix(text, "TAP version ");
}

/* Until Linux 6.12 at least a case with parameters does not say how many it has. */
static void count_parameters(struct suite *suite, size_t indent, const char *text)
{
	if (indent > strlen(INDENT) && g_str_has_prefix(text, "1.."))
		suite->planned = true;
	else if (indent > strlen(INDENT) && is_result(text))
		suite->cases++;
	if (indent != strlen(INDENT) || !is_result(text))
		return;
	if (suite->cases && !suite->planned) {
		g_autofree char *plan = g_strdup_printf(INDENT INDENT "1..%u", suite->cases);

		add_line(suite, plan);
	}
	suite->cases = 0;
	suite->planned = false;
}

/* What a suite's record says; others of the kernel's lines may stand between. */
static void take_suite_lines(struct suite *suite, char **lines)
{
	size_t indent = strspn(lines[0], " ");
	const char *text = lines[0] + indent;

	if (*text != '#' && !is_result(text) && !g_str_has_prefix(text, "1..") && !is_version(text))
		return;
	if (g_str_has_prefix(text, "# module: "))
		return;
	count_parameters(suite, indent, text);
	add_line(suite, lines[0]);
	for (int i = 1; lines[i]; i++) {
		g_autofree char *comment = g_strconcat(INDENT "# ", lines[i], NULL);

		if (*g_strstrip(lines[i]))
			add_line(suite, comment);
	}
}

/* "not ok 1 NAME # SKIP REASON": true if the line is one, with what follows the number. */
static bool parse_result(const char *line, const char **outcome, const char **rest)
{
	const char *at;

	*outcome = g_str_has_prefix(line, "not ok ") ? "not ok" : "ok";
	if (!is_result(line))
		return false;
	at = line + strlen(*outcome) + 1;
	if (!g_ascii_isdigit(*at))
		return false;
	at += strspn(at, G_CSET_DIGITS);
	at += strspn(at, " -");
	*rest = at;
	return *at != '\0';
}

static bool is_named(const char *rest, const char *name)
{
	size_t len = strlen(name);

	return strncmp(rest, name, len) == 0 && (rest[len] == '\0' || rest[len] == ' ');
}

/* A suite whose init failed has no lines but this one. */
static void take_top_line(struct kunit_log *log, const char *line)
{
	const char *outcome, *rest;
	struct suite *suite = log->open;

	if (is_version(line)) {
		log->headed = true;
		log->open = NULL;
	} else if (log->headed && g_str_has_prefix(line, "1..")) {
		log->announced = g_ascii_strtoull(line + strlen("1.."), NULL, 10);
		log->headed = false;
	} else if (g_str_equal(line, "kunit: disabled")) {
		/* Of those that are built in nothing was announced. */
		log->disabled += log->announced;
		log->announced = 0;
	} else if (parse_result(line, &outcome, &rest)) {
		if (!suite && log->announced) {
			g_autofree char *name = g_strndup(rest, strcspn(rest, " "));

			suite = add_suite(log, name);
		}
		if (!suite || !is_named(rest, suite->name))
			return;
		suite->outcome = g_strdup(outcome);
		suite->rest = g_strdup(rest);
		log->open = NULL;
	}
}

static void take_record(struct kunit_log *log, const struct kmsg *kmsg)
{
	g_auto(GStrv) lines = g_strsplit(kmsg->text, "\n", -1);

	if (!lines[0])
		return;
	for (int i = 0; lines[i]; i++) {
		char *printable = quote_printable(g_strchomp(lines[i]));

		g_free(lines[i]);
		lines[i] = printable;
	}
	if (g_str_has_prefix(lines[0], SUBTEST) && log->suites->len < SUITES_MAX)
		log->open = add_suite(log, lines[0] + strlen(SUBTEST));
	else if (!g_str_has_prefix(lines[0], INDENT))
		take_top_line(log, lines[0]);
	else if (log->open)
		take_suite_lines(log->open, lines);
}

/* The same log again, from its start, or a new boot's */
static void begin_anew(struct kunit_log *log)
{
	g_ptr_array_set_size(log->suites, 0);
	log->open = NULL;
	log->headed = false;
	log->announced = 0;
	log->disabled = 0;
}

void kunit_log_kmsg(struct kunit_log *log, const char *data, size_t len)
{
	while (len > 0) {
		size_t one = kmsg_length(data, len);
		struct kmsg kmsg;

		if (kmsg_parse(&kmsg, data, one, NULL)) {
			if (kmsg.seq < log->next_seq)
				begin_anew(log);
			log->next_seq = kmsg.seq + 1;
			if (kmsg.facility == 0 && !kmsg.fragment)
				take_record(log, &kmsg);
		}
		kmsg_clear(&kmsg);
		data += one;
		len -= one;
	}
}

static bool fits(const char *name, const char *const *wanted)
{
	for (int i = 0; wanted && wanted[i]; i++)
		if (g_pattern_match_simple(wanted[i], name))
			return true;
	return !wanted;
}

static void add_missing(GString *out, const struct kunit_log *log, const char *pattern)
{
	const char *const one[] = {pattern, NULL};
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < log->suites->len; i++) {
		const struct suite *suite = g_ptr_array_index(log->suites, i);

		if (fits(suite->name, one)) {
			g_string_free(names, TRUE);
			return;
		}
		g_string_append_printf(names, "%s'%s'", names->len ? ", " : "", suite->name);
	}
	g_string_append_printf(
		out, "Bail out! no suite of KUnit '%s' has run; those that have: %s%s\n", pattern,
		names->len ? names->str : "none", log->disabled ? "; " DISABLED : "");
	g_string_free(names, TRUE);
}

static void add_report(GString *out, const struct suite *suite, guint number)
{
	if (suite->lines->len)
		g_string_append_printf(out, INDENT "KTAP version 1\n%s", suite->lines->str);
	if (suite->outcome)
		g_string_append_printf(out, "%s %u %s\n", suite->outcome, number, suite->rest);
}

char *kunit_log_report(const struct kunit_log *log, const char *const *wanted)
{
	GString *out = g_string_new("KTAP version 1\n");
	g_autoptr(GString) suites = g_string_new(NULL);
	guint64 planned = wanted ? 0 : log->announced;
	guint number = 0;

	for (guint i = 0; i < log->suites->len; i++) {
		const struct suite *suite = g_ptr_array_index(log->suites, i);

		if (fits(suite->name, wanted))
			add_report(suites, suite, ++number);
	}
	planned += number;
	if (!wanted && !planned) {
		g_string_free(out, TRUE);
		return NULL;
	}
	g_string_append_printf(out, "1..%" G_GUINT64_FORMAT "\n%s", planned, suites->str);
	for (int i = 0; wanted && wanted[i]; i++)
		add_missing(out, log, wanted[i]);
	return g_string_free(out, FALSE);
}

char *kunit_case_name(const GPtrArray *results, guint index)
{
	const struct ktap_result *result = g_ptr_array_index(results, index);
	GString *name = g_string_new(result->name);
	unsigned depth = result->depth;

	/* Each parent follows its subtests. */
	for (guint i = index + 1; depth > 0 && i < results->len; i++) {
		const struct ktap_result *next = g_ptr_array_index(results, i);

		if (next->depth >= depth)
			continue;
		depth = next->depth;
		g_string_prepend_c(name, '.');
		g_string_prepend(name, next->name);
	}
	return g_string_free(name, FALSE);
}

/* A result behind a deeper one has subtests of its own. */
bool kunit_is_case(const GPtrArray *results, guint index)
{
	const struct ktap_result *result = g_ptr_array_index(results, index);
	const struct ktap_result *before = index ? g_ptr_array_index(results, index - 1) : NULL;

	return !before || before->depth <= result->depth;
}

static char *complaint_of(const struct ktap *report)
{
	const GPtrArray *results = ktap_results(report);
	guint cases = 0, failed = 0, first = 0;

	for (guint i = 0; i < results->len; i++) {
		const struct ktap_result *result = g_ptr_array_index(results, i);

		if (!kunit_is_case(results, i))
			continue;
		cases++;
		if (result->outcome == KTAP_NOT_OK && failed++ == 0)
			first = i;
	}
	if (failed) {
		const struct ktap_result *result = g_ptr_array_index(results, first);
		g_autofree char *name = kunit_case_name(results, first);
		g_autofree char *said = g_strdelimit(g_strchomp(g_strdup(result->comments)), "\n",
						     ' ');
		/* KUnit says the case's name once more. */
		g_autofree char *again = g_strconcat(result->name, ": ", NULL);
		const char *what = g_str_has_prefix(said, again) ? said + strlen(again) : said;

		return g_strdup_printf("%u of %u cases of KUnit failed, the first: %s%s%s", failed,
				       cases, name, *what ? ": " : "", what);
	}
	if (ktap_first_not_ok(report))
		return g_strdup_printf("a suite of KUnit failed: %s",
				       ktap_first_not_ok(report)->name);
	if (ktap_broken(report))
		return g_strdup_printf("a suite of KUnit did not end: %s", ktap_broken(report));
	return NULL;
}

char *kunit_log_complaint(const struct kunit_log *log, char **report)
{
	g_autofree char *text = kunit_log_report(log, NULL);
	struct ktap *ktap;
	char *complaint;

	if (log->disabled) {
		if (report)
			*report = g_steal_pointer(&text);
		return g_strdup_printf("%" G_GUINT64_FORMAT
				       " suites of a module did not run: " DISABLED,
				       log->disabled);
	}
	if (!text)
		return NULL;
	ktap = ktap_new();
	ktap_feed(ktap, text, strlen(text));
	ktap_end(ktap);
	complaint = complaint_of(ktap);
	ktap_free(ktap);
	if (complaint && report)
		*report = g_steal_pointer(&text);
	return complaint;
}
