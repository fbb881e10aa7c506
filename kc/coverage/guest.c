/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "coverage/guest.h"
#include "base/loop.h"
#include "base/quote.h"
#include "vm/exec.h"

#include <errno.h>
#include <string.h>

#define COUNTERS_MAX ((gsize)64 << 20)

/* In a root of ours it is mounted. */
#define ENTER                                                                                 \
	"cd /sys/kernel/debug/gcov 2>/dev/null || { mount -t debugfs none /sys/kernel/debug " \
	"&& cd /sys/kernel/debug/gcov; } || exit 1\n"

static const char begin_it[] = ENTER "echo 0 >reset";

/*
 * All in three processes, as a process costs milliseconds under emulation: a line "SIZE NAME"
 * for each file, one with a dot, and the files one behind the other.
 */
static const char fetch_it[] = ENTER "set -- $(find . -name '*.gcda')\n"
				     "[ $# = 0 ] || wc -c \"$@\" || exit 1\n"
				     "echo .\n"
				     "[ $# = 0 ] || cat \"$@\"";

bool coverage_guest_open(struct coverage_guest *guest, const char *scratch, GError **error)
{
	char *folder = g_build_filename(scratch, "guest-XXXXXX", NULL);

	if (!g_mkdtemp(folder)) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "coverage: '%s': %s", folder,
			    g_strerror(errno));
		g_free(folder);
		return false;
	}
	guest->folder = folder;
	guest->device = g_build_filename(folder, COVERAGE_DEVICE, NULL);
	return true;
}

void coverage_guest_clear(struct coverage_guest *guest)
{
	g_free(guest->folder);
	g_free(guest->device);
}

struct said {
	GByteArray *out;
	GString *errors;
};

static void take_output(int fd, const char *data, size_t len, void *opaque)
{
	struct said *said = opaque;

	if (fd == 1 && said->out->len + len <= COUNTERS_MAX)
		g_byte_array_append(said->out, (const guint8 *)data, len);
	else if (fd != 1 && said->errors->len < 400)
		g_string_append_len(said->errors, data, len);
}

static bool run_script(struct vm *vm, const char *script, struct said *said, gint64 deadline,
		       GError **error)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	const struct exec exec = {.argv = argv, .output = take_output, .output_opaque = said};
	g_autofree char *words = NULL;
	int status = 0;

	if (!exec_run(vm, &exec, deadline, &status, error))
		return false;
	if (status == 0)
		return true;
	words = quote_printable(g_strchomp(said->errors->str));
	g_set_error(
		error, STATUS_ERROR, STATUS_NOT_CARRIED,
		"coverage: the guest's kernel does not give its counters (CONFIG_GCOV_KERNEL): %s",
		*words ? words : "no /sys/kernel/debug/gcov");
	return false;
}

bool coverage_guest_begin(struct vm *vm, gint64 deadline, GError **error)
{
	struct said said = {g_byte_array_new(), g_string_new(NULL)};
	bool done = run_script(vm, begin_it, &said, deadline, error);

	g_byte_array_unref(said.out);
	g_string_free(said.errors, TRUE);
	return done;
}

/* A guest may be wrong, or worse: nothing is written beside its folder. */
static bool is_counters(const char *name)
{
	return g_str_has_prefix(name, "./") && g_str_has_suffix(name, ".gcda") &&
	       !strstr(name, "/../");
}

static bool keep_file(const struct coverage_guest *guest, const char *name, const guint8 *data,
		      gsize len)
{
	g_autofree char *path = g_build_filename(guest->folder, COVERAGE_DRIVER, name + 2, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	return g_mkdir_with_parents(folder, 0755) == 0 &&
	       g_file_set_contents(path, (const char *)data, len, NULL);
}

/* Of what fetch_it says; NULL, or what is wrong with it. */
static const char *keep_files(const struct coverage_guest *guest, const GByteArray *out)
{
	const char *text = (const char *)out->data;
	const char *end = out->len ? g_strstr_len(text, out->len, ".\n") : NULL;
	gsize left, at;

	while (end && end > text && end[-1] != '\n')
		end = g_strstr_len(end + 1, text + out->len - end - 1, ".\n");
	if (!end)
		return "its list of counters has no end";
	at = end + 2 - text;
	left = out->len - at;
	for (const char *line = text; line < end; line = strchr(line, '\n') + 1) {
		g_autofree char *words = g_strndup(line, strcspn(line, "\n"));
		char *name;
		guint64 size = g_ascii_strtoull(words, &name, 10);

		name += strspn(name, " ");
		if (g_str_equal(name, "total"))
			continue;
		if (!is_counters(name) || size > left)
			return "its list of counters does not fit them";
		if (!keep_file(guest, name, out->data + at, size))
			return "its counters cannot be written on this host";
		at += size;
		left -= size;
	}
	return NULL;
}

void coverage_guest_fetch(struct coverage_guest *guest, struct vm *vm)
{
	struct said said = {g_byte_array_new(), g_string_new(NULL)};
	g_autoptr(GError) cause = NULL;
	const char *wrong = NULL;

	if (run_script(vm, fetch_it, &said, loop_deadline(COVERAGE_FETCH_SECONDS), &cause))
		wrong = keep_files(guest, said.out);
	if (cause || wrong)
		coverage_guest_lose(guest, cause ? cause->message : wrong);
	guest->done = true;
	g_byte_array_unref(said.out);
	g_string_free(said.errors, TRUE);
}

void coverage_guest_lose(struct coverage_guest *guest, const char *cause)
{
	g_autofree char *path = g_build_filename(guest->folder, COVERAGE_LOST, NULL);

	if (!guest->done)
		g_file_set_contents(path, cause, -1, NULL);
	guest->done = true;
}
