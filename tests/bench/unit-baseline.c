/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written is read back, and figures of another host, load or build are refused. */
#include "base/status.h"
#include "bench/host.h"
#include "bench/json.h"
#include "../unit.h"

#include <math.h>
#include <string.h>

static void add_rounds(struct bench *bench, struct bench_machine *machine, double level)
{
	for (int i = 0; i < 8; i++) {
		struct bench_round round = {.place = i + 1, .seconds = 1, .others = NAN};
		struct bench_reading reading;
		GError *error = NULL;

		reading_init(&reading);
		reading_add(&reading, g_strdup("rate"), "/s", false, level + i % 3);
		counts_unknown(&round.counts);
		round.counts.of[COUNT_KICKS] = 10;
		assert_true(bench_take(bench, &reading, &round, &error));
		g_array_append_val(machine->rounds, round);
		reading_clear(&reading);
	}
}

static struct bench *make(double level)
{
	struct bench *bench = bench_new();
	struct bench_machine *a = bench_add_machine(bench, "a \"b\" <c>", "--smp 2");
	struct bench_machine *b = bench_add_machine(bench, "other", "");

	bench->load = g_strdup("fio --x");
	bench->kind = g_strdup("number");
	bench->rounds = 8;
	bench->time = 1700000000;
	host_fill(&bench->host);
	add_rounds(bench, a, 100);
	add_rounds(bench, b, level);
	a->settings = g_strdup("--smp 2");
	a->qemu_build = g_strdup("q1");
	a->kernel_build = g_strdup("k1");
	a->files_build = g_strdup("f1");
	return bench;
}

static char *write_it(const struct bench *bench, const char *folder)
{
	char *file = g_build_filename(folder, "bench.json", NULL);
	GError *error = NULL;

	assert_true(bench_json_write(bench, file, &error));
	return file;
}

static void what_is_written_is_read_back(void **state)
{
	struct bench *bench = make(200), *then;
	g_autofree char *file = write_it(bench, *state);
	GError *error = NULL;
	struct stats_ratio ratio;

	then = bench_json_read(file, &error);
	assert_non_null(then);
	assert_int_equal(then->time, 1700000000);
	assert_true(host_comparable(bench, then, false, &error));
	bench->baseline = then;
	assert_true(bench_baseline_ratio(bench, g_ptr_array_index(bench->machines, 1), 0, &ratio));
	assert_true(ratio.ratio == 1 && ratio.known && !stats_differs(&ratio));
	bench_free(bench);
}

/* Two of the same; the field of the earlier one is made another. */
struct pair {
	struct bench *now, *then;
	struct bench_machine *machine; /* of then */
};

static struct pair make_pair(void)
{
	struct pair pair = {make(200), make(200), NULL};

	pair.machine = g_ptr_array_index(pair.then->machines, 0);
	return pair;
}

static void assert_refuses(struct pair *pair, bool rebuilt, const char *words)
{
	GError *error = NULL;

	assert_false(host_comparable(pair->now, pair->then, rebuilt, &error));
	assert_refused(error, STATUS_MISUSE, words);
	bench_free(pair->now);
	bench_free(pair->then);
	*pair = make_pair();
}

static void change(char **field, const char *value)
{
	g_free(*field);
	*field = g_strdup(value);
}

static void what_differs_is_named(void **state)
{
	struct pair pair = make_pair();

	(void)state;
	change(&pair.then->host.cpu, "Z80");
	assert_refuses(&pair, true, "the host's CPU was 'Z80' then and is '");
	pair.then->host.cpus++;
	assert_refuses(&pair, true, "the number of the host's CPUs was");
	change(&pair.then->host.kernel, "2.4.1");
	assert_refuses(&pair, true, "the host's kernel was '2.4.1'");
	change(&pair.then->load, "fio --y");
	assert_refuses(&pair, true, "the load was 'fio --y' then and is 'fio --x' now");
	pair.machine->kvm = true;
	assert_refuses(&pair, true,
		       "the accelerator of 'a \"b\" <c>' was 'KVM' then and is 'TCG' now");
	change(&pair.machine->settings, "--smp 3");
	assert_refuses(&pair, true, "the set of options of 'a \"b\" <c>' was '--smp 3'");
	change(&pair.machine->qemu_build, "q2");
	assert_refuses(&pair, false,
		       "the build of QEMU of 'a \"b\" <c>' was 'q2' then and is 'q1' now");
	change(&pair.machine->kernel_build, "k2");
	assert_refuses(&pair, false, "--rebuilt compares all the same");
	change(&pair.machine->files_build, "f2");
	assert_refuses(&pair, false,
		       "the build of modules and files of 'a \"b\" <c>' was 'f2' then and is 'f1'");
	change(&pair.machine->kernel_build, "k2");
	assert_true(host_comparable(pair.now, pair.then, true, NULL));
	change(&pair.machine->name, "x");
	change(&((struct bench_machine *)g_ptr_array_index(pair.then->machines, 1))->name, "y");
	assert_refuses(&pair, true, "none of these machines by name");
	bench_free(pair.now);
	bench_free(pair.then);
}

static void assert_unread(const char *folder, const char *text)
{
	g_autofree char *file = g_build_filename(folder, "bad.json", NULL);
	GError *error = NULL;

	assert_true(g_file_set_contents(file, text, -1, NULL));
	assert_null(bench_json_read(file, &error));
	assert_refused(error, STATUS_MISUSE, "is not what kc bench --json writes");
}

/* Each half of a good file, and each value of it made another. */
static void what_is_broken_is_refused(void **state)
{
	struct bench *bench = make(200);
	g_autofree char *file = write_it(bench, *state);
	g_autofree char *text = NULL;
	GError *error = NULL;

	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	for (size_t len = 0; len + 2 < strlen(text); len += 97) {
		g_autofree char *cut = g_strndup(text, len);

		assert_unread(*state, cut);
	}
	assert_unread(*state, "[]");
	assert_unread(*state, "{\"type\": \"trace\"}");
	assert_unread(*state, "{\"type\": \"kc-bench\", \"host\": 7, \"machines\": {}}");
	assert_unread(
		*state,
		"{\"type\": \"kc-bench\", \"host\": {}, \"metrics\": [{}], \"machines\": []}");
	assert_null(bench_json_read("/nonexistent", &error));
	assert_refused(error, STATUS_MISUSE, "no file '/nonexistent'");
	bench_free(bench);
}

static void another_figure_in_a_later_round_is_refused(void **state)
{
	struct bench *bench = make(200);
	struct bench_round round = {0};
	struct bench_reading reading;
	GError *error = NULL;

	(void)state;
	reading_init(&reading);
	reading_add(&reading, g_strdup("other"), "", false, 1);
	assert_false(bench_take(bench, &reading, &round, &error));
	assert_refused(error, STATUS_TEST_FAILED, "other figures than in the first round");
	g_free(round.values);
	reading_clear(&reading);
	bench_free(bench);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(what_is_written_is_read_back, unit_folder,
					unit_folder_drop),
	cmocka_unit_test(what_differs_is_named),
	cmocka_unit_test_setup_teardown(what_is_broken_is_refused, unit_folder, unit_folder_drop),
	cmocka_unit_test(another_figure_in_a_later_round_is_refused),
};

UNIT_MAIN(tests)
