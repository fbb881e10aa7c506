/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/load.h"
#include "base/quote.h"
#include "base/status.h"
#include "bench/load-fio.h"
#include "bench/load-iperf3.h"

struct load {
	const struct load_kind *kind;
	bool known; /* the program, whoever reads its output */
	char *text;
	char **argv;
	struct load_number number;
};

/* Words that kc adds come first, so that what the user says has the last word. */
struct load_kind {
	const char *name;
	const char *words[4]; /* behind the program */
	bool (*read)(const char *output, struct bench_reading *reading, GError **error);
};

enum { FIO, IPERF3, NUMBER };

static const struct load_kind kinds[] = {
	[FIO] = {"fio",
		 {"--output-format=json", "--group_reporting=1", "--lat_percentiles=1"},
		 load_fio_read},
	[IPERF3] = {"iperf3", {"--json"}, load_iperf3_read},
	[NUMBER] = {"number", {NULL}, NULL},
};

static const struct load_kind *find_kind(const char *program)
{
	g_autofree char *name = g_path_get_basename(program);
	guint i = 0;

	while (kinds[i].read && !g_str_equal(kinds[i].name, name))
		i++;
	return &kinds[i];
}

static char **make_argv(const struct load_kind *kind, char *const *words)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();

	g_strv_builder_add(argv, words[0]);
	g_strv_builder_addv(argv, (const char **)kind->words);
	g_strv_builder_addv(argv, (const char **)words + 1);
	return g_strv_builder_end(argv);
}

static char *make_text(char *const *words)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; words[i]; i++) {
		g_autofree char *word = quote_shell(words[i]);

		g_string_append_printf(text, "%s%s", i ? " " : "", word);
	}
	return g_string_free(text, FALSE);
}

/* fio and iperf3 say themselves what their figures are. */
static bool check_options(const struct load_kind *kind, const struct load_options *options,
			  GError **error)
{
	const char *name = options->unit	 ? "--unit"
			   : options->lower	 ? "--lower"
			   : options->operations ? "--operations"
						 : NULL;

	if (!kind->read || !name)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "%s is for a load that prints a number, and kc reads %s's JSON; --number takes "
		    "its output for that of any other program",
		    name, kind->name);
	return false;
}

struct load *load_new(char *const *words, const struct load_options *options, GError **error)
{
	struct load *load;
	const struct load_kind *kind;
	bool known;

	if (!words[0]) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no load: what is to be measured comes behind '--', such as '-- fio "
			    "--name=r --filename=/dev/vda --rw=randread'");
		return NULL;
	}
	kind = find_kind(words[0]);
	known = kind->read;
	/* Who says how the number is found knows better. */
	if (options->number)
		kind = &kinds[NUMBER];
	if (!check_options(kind, options, error))
		return NULL;
	load = g_new0(struct load, 1);
	load->known = known;
	load->kind = kind;
	load->text = make_text(words);
	load->argv = make_argv(kind, words);
	if (load_number_init(&load->number, options, error))
		return load;
	load_free(load);
	return NULL;
}

void load_free(struct load *load)
{
	if (!load)
		return;
	load_number_clear(&load->number);
	g_strfreev(load->argv);
	g_free(load->text);
	g_free(load);
}

const char *load_kind(const struct load *load)
{
	return load->kind->name;
}

const char *load_text(const struct load *load)
{
	return load->text;
}

const char *const *load_argv(const struct load *load)
{
	return (const char *const *)load->argv;
}

bool load_is_known(const struct load *load)
{
	return load->known;
}

bool load_read(const struct load *load, const char *output, struct bench_reading *reading,
	       GError **error)
{
	reading_init(reading);
	if (load->kind->read)
		return load->kind->read(output, reading, error);
	return load_number_read(&load->number, output, reading, error);
}
