/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* memfd_create() */
#include "test/evidence.h"
#include "test/bundle.h"
#include "base/quote.h"
#include "kernel/kunit.h"
#include "vm/symbols.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SAID_MAX_BYTES 65536

/* Several tests at once: none may write into the report of another. */
static int catch_stderr(void)
{
	int fd = memfd_create("said", MFD_CLOEXEC);

	if (fd >= 0)
		dup2(fd, STDERR_FILENO);
	return fd;
}

void test_evidence_init(struct test_evidence *seen)
{
	*seen = (struct test_evidence){
		.allow = allow_list_new(),
		.report = ktap_new(),
		.kunit = kunit_log_new(),
		.console = bounded_text_new(),
		.qemu = bounded_text_new(),
		.output = bounded_text_new(),
		.errors = bounded_text_new(),
		.said = catch_stderr(),
	};
	seen->watch = splat_watch_new(seen->allow);
}

void test_evidence_clear(struct test_evidence *seen)
{
	decode_free(seen->decode);
	splat_watch_free(seen->watch);
	allow_list_free(seen->allow);
	ktap_free(seen->report);
	kunit_log_free(seen->kunit);
	bounded_text_free(seen->console);
	bounded_text_free(seen->qemu);
	bounded_text_free(seen->output);
	bounded_text_free(seen->errors);
	if (seen->said >= 0)
		close(seen->said);
	coverage_guest_clear(&seen->counted);
	hang_clear(&seen->hang);
	g_free(seen->queues);
	g_free(seen->leaks);
	g_free(seen->stalls);
	g_clear_error(&seen->error);
	launch_clear(&seen->launch);
}

void test_evidence_decode(struct test_evidence *seen, const struct transfer *transfer)
{
	seen->decode = symbols_decode(&seen->launch, transfer);
}

char *test_evidence_said(const struct test_evidence *seen)
{
	char *text = g_malloc0(SAID_MAX_BYTES + 1);

	if (seen->said >= 0 && pread(seen->said, text, SAID_MAX_BYTES, 0) < 0)
		*text = '\0';
	return text;
}

char *test_evidence_last_words(const struct bounded_text *bounded)
{
	GString *text = bounded_text_text(bounded);
	g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
	char *last = NULL;

	for (int i = 0; lines[i]; i++) {
		if (!*g_strstrip(lines[i]))
			continue;
		g_free(last);
		last = quote_printable(lines[i]);
	}
	g_string_free(text, TRUE);
	return last ? last : g_strdup("");
}

static char *console_text(const struct test_evidence *seen)
{
	GString *text = bounded_text_text(seen->console);
	char *shown;

	for (gsize i = 0; i < text->len; i++)
		if (!text->str[i])
			text->str[i] = '?';
	shown = decode_printable(seen->decode, text->str);
	g_string_free(text, TRUE);
	return shown;
}

static char *log_text(const struct test_evidence *seen)
{
	g_autofree char *log = splat_watch_log(seen->watch);

	return decode_printable(seen->decode, log);
}

static char *verdict_text(const struct test_case *test_case, const struct test_result *result)
{
	const struct verdict *verdict = &result->verdict;

	return g_strdup_printf("%s: %s\n%s\n%s%s%s", test_case->name, verdict_name(verdict->kind),
			       verdict->why, verdict->notes, verdict->next ? verdict->next : "",
			       verdict->next ? "\n" : "");
}

static char *command_text(const struct test_evidence *seen)
{
	const struct machine *machine = &seen->launch.machine;

	return machine->kernel ? machine_command(machine) : NULL;
}

/* What of the traces has no place in the source, and why, is told with the versions. */
static char *versions_text(const struct test_evidence *seen)
{
	g_autofree char *versions = bundle_versions(seen->launch.lab);
	g_autofree char *trouble = seen->decode ? decode_trouble(seen->decode) : NULL;

	return g_strconcat(versions, trouble ? "\n" : "", trouble, NULL);
}

static void write_bundle(struct test_result *result, const char *folder, const char *name,
			 const struct bundle_file *files, guint n)
{
	struct bundle bundle;
	char *notes;

	bundle_write(&bundle, folder, name, files, n);
	result->bundle = g_strdup(bundle.path);
	if (bundle.trouble) {
		notes = g_strconcat(result->verdict.notes, bundle.trouble, "\n", NULL);
		g_free(result->verdict.notes);
		result->verdict.notes = notes;
	}
	bundle_clear(&bundle);
}

void test_evidence_bundle(const struct test_evidence *seen, const struct test_case *test_case,
			  struct test_result *result)
{
	const struct lab *lab = seen->launch.lab;
	g_autofree char *folder = lab ? bundle_folder(lab) : NULL;
	g_autofree char *verdict = verdict_text(test_case, result);
	g_autofree char *again = test_case_again(test_case);
	g_autofree char *again_line = g_strconcat(again, "\n", NULL);
	g_autofree char *console = console_text(seen);
	g_autofree char *log = log_text(seen);
	g_autofree char *leaks = seen->leaks ? decode_printable(seen->decode, seen->leaks) : NULL;
	g_autofree char *command = command_text(seen);
	g_autofree char *versions = lab ? versions_text(seen) : NULL;
	GString *output = bounded_text_text(seen->output);
	GString *errors = bounded_text_text(seen->errors);
	GString *qemu = bounded_text_text(seen->qemu);
	const struct bundle_file files[] = {
		{"verdict.txt", verdict, -1},
		{"again.txt", again_line, -1},
		{"output.txt", output->str, output->len},
		{"errors.txt", errors->str, errors->len},
		{"dmesg.txt", log, -1},
		{"hang.txt", seen->hang.text, -1},
		{"queues.txt", seen->queues, -1},
		{"leaks.txt", leaks, -1},
		{"console.txt", console, -1},
		{"qemu.txt", qemu->str, qemu->len},
		{"command.txt", command, -1},
		{"versions.txt", versions, -1},
		{"kc.txt", result->said, -1},
	};

	if (lab)
		write_bundle(result, folder, test_case->name, files, G_N_ELEMENTS(files));
	g_string_free(output, TRUE);
	g_string_free(errors, TRUE);
	g_string_free(qemu, TRUE);
}
