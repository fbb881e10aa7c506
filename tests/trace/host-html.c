/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page of kc trace --html: it is opened in a browser and checks itself,
 * its own reckoning against that of kc.
 */
#include "base/status.h"
#include "trace/show/html-header.h"
#include "trace/show/html.h"
#include "trace/join/stats.h"
#include "fake.h"
#include "../unit.h"

#include <gio/gio.h>
#include <string.h>

#define HOSTILE "</script><img src=x onerror=alert(1)><!--\xff & \"'"
#define BROWSER_SECONDS "120"

/* A table for each buffer that has one, at addresses that need all 64 bits. */
static void append_descriptor(struct trace *trace, guint16 flags, guint16 index)
{
	trace->descriptors[trace->n_descriptors] = (struct trace_descriptor){
		.addr = G_MAXUINT64 - trace->n_descriptors,
		.len = G_MAXUINT32 - trace->n_descriptors,
		.flags = flags,
		.index = index,
	};
	trace->n_descriptors++;
}

static void add_descriptors(struct trace *trace)
{
	trace->descriptors = g_new0(struct trace_descriptor, trace->n_buffers * 3);
	for (guint32 i = 0; i < trace->n_buffers; i++) {
		struct trace_buffer *buffer = &trace->buffers[i];

		if (buffer->chain != 2 || !(buffer->flags & TRACE_INDIRECT))
			continue;
		buffer->descriptors = trace->n_descriptors;
		append_descriptor(trace, 4, buffer->head);
		append_descriptor(trace, 1, 0);
		append_descriptor(trace, 2, 1);
	}
}

static void write_page(const struct trace *trace, const char *home)
{
	g_autofree char *file = g_build_filename(home, "page.html", NULL);
	g_autoptr(GError) error = NULL;

	if (!trace_html_write(trace, file, &error))
		fail_msg("%s", error->message);
}

static char *find_browser(void)
{
	static const char *const names[] = {"chromium", "chromium-headless-shell", "google-chrome"};
	char *found = NULL;

	for (guint i = 0; !found && i < G_N_ELEMENTS(names); i++)
		found = g_find_program_in_path(names[i]);
	return found;
}

/* The page in @home as it is once its scripts have run; the browser's profile is there, too. */
static char *open_page(const char *browser, const char *home)
{
	g_autofree char *profile = g_strconcat("--user-data-dir=", home, "/profile", NULL);
	g_autofree char *url = g_strdup_printf("file://%s/page.html#selftest", home);
	const char *const argv[] = {"timeout",
				    "-k",
				    "5",
				    BROWSER_SECONDS,
				    browser,
				    "--headless",
				    "--no-sandbox",
				    "--disable-gpu",
				    "--disable-dev-shm-usage",
				    "--no-first-run",
				    "--window-size=1400,1000",
				    profile,
				    "--dump-dom",
				    url,
				    NULL};
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text, NULL,
			  NULL, &error))
		fail_msg("%s", error->message);
	return text;
}

static void remove_all(const char *folder)
{
	const char *const argv[] = {"rm", "-rf", folder, NULL};

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
}

static void check_verdict(const char *text)
{
	const char *verdict = strstr(text, "<pre id=\"verdict\">");

	if (!verdict)
		fail_msg("the page did not come to a verdict; its length is %zu", strlen(text));
	if (!g_str_has_prefix(verdict, "<pre id=\"verdict\">self-test passed"))
		fail_msg("%.400s", verdict);
	print_message("# %.*s\n", (int)strcspn(verdict + 18, "<"), verdict + 18);
}

/* The page passes its own check, and has @words in it then. Frees @trace. */
static void check_page(struct trace *trace, const char *words)
{
	g_autofree char *home = g_dir_make_tmp("kc-page-XXXXXX", NULL);
	g_autofree char *browser = find_browser();
	g_autofree char *text = NULL;

	write_page(trace, home);
	trace_free(trace);
	if (browser)
		text = open_page(browser, home);
	remove_all(home);
	if (!browser) {
		print_message("# SKIP: there is no chromium to open the page with\n");
		skip();
	}
	check_verdict(text);
	if (!strstr(text, words))
		fail_msg("the page lacks \"%s\"", words);
}

static void test_split(void **state)
{
	struct trace *trace = fake_run(false, 16, 1, 4000, true);

	(void)state;
	add_descriptors(trace);
	check_page(trace, "<td>0xfffffffffffff");
}

static void test_packed(void **state)
{
	(void)state;
	check_page(fake_run(true, 16, 5, 4000, true), "<td>not seen</td>");
}

static void test_in_flight(void **state)
{
	(void)state;
	check_page(fake_run(false, 256, 5, 3000, false), "still under way when the trace ended");
}

static void test_many(void **state)
{
	(void)state;
	check_page(fake_run(false, 256, 1, 500000, true), "refused by the ring");
}

static void test_empty(void **state)
{
	struct trace *trace = g_new0(struct trace, 1);

	(void)state;
	check_page(trace, "0 buffers: none");
}

/* Names are the guest's: no tag comes of them, and none is lost. */
static void test_hostile(void **state)
{
	struct trace *trace = fake_run(false, 16, 1, 400, true);

	(void)state;
	trace->command = g_strdup(HOSTILE);
	trace->kernel = g_strdup(HOSTILE);
	trace->queues[0].name = g_strdup(HOSTILE);
	g_free(trace->devices[trace->queues[0].device].guest_name);
	trace->devices[trace->queues[0].device].guest_name = g_strdup(HOSTILE);
	g_autofree char *about = trace_html_header(trace);

	assert_null(strchr(about, '<'));
	assert_true(g_utf8_validate(about, -1, NULL));
	assert_non_null(strstr(about, "onerror=alert(1)"));
	check_page(trace, "&lt;img src=x");
}

static void test_not_written(void **state)
{
	struct trace *trace = g_new0(struct trace, 1);
	GError *error = NULL;

	(void)state;
	assert_false(trace_html_write(trace, "/nowhere/page.html", &error));
	assert_refused(error, STATUS_NOT_CARRIED, "/nowhere/page.html");
	assert_false(trace_html_write(trace, "/dev/full", &error));
	assert_refused(error, STATUS_NOT_CARRIED, "No space left");
	trace_free(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),	    cmocka_unit_test(test_packed),
		cmocka_unit_test(test_in_flight),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_empty),	    cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_not_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
