/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loads print, as fio 3.33 and iperf3 3.12 print it, and what nobody should. */
#include "base/status.h"
#include "bench/load.h"
#include "../unit.h"

#include <math.h>
#include <string.h>

static struct load *make(const struct load_options *options, const char *program)
{
	char *words[] = {(char *)program, "--some", NULL};
	struct load *load = load_new(words, options, NULL);

	assert_non_null(load);
	return load;
}

/* The figures that @output holds, or the error. */
static GError *read_it(const char *program, const struct load_options *options, const char *output,
		       struct bench_reading *reading)
{
	struct load *load = make(options, program);
	GError *error = NULL;
	bool read = load_read(load, output, reading, &error);

	assert_true(read == !error);
	load_free(load);
	return error;
}

static void assert_figure(const struct bench_reading *reading, guint i, const char *name,
			  const char *unit, bool lower, double value)
{
	const struct bench_figure *figure = &g_array_index(reading->figures, struct bench_figure,
							   i);

	assert_true(i < reading->figures->len);
	assert_string_equal(figure->name, name);
	assert_string_equal(figure->unit, unit);
	assert_int_equal(figure->lower, lower);
	if (fabs(figure->value - value) > 1e-6 * fabs(value))
		fail_msg("%s is %g, not %g", name, figure->value, value);
}

static void assert_number(const char *pattern, const char *output, double value)
{
	struct load_options options = {.number = pattern, .unit = "ms", .lower = true};
	struct bench_reading reading;
	GError *error = read_it("sh", &options, output, &reading);

	if (error)
		fail_msg("'%s': %s", output, error->message);
	assert_figure(&reading, 0, "number", "ms", true, value);
	assert_int_equal(reading.operations, 1);
	reading_clear(&reading);
}

static void assert_no_number(const char *pattern, const char *output, const char *words)
{
	struct load_options options = {.number = pattern};
	struct bench_reading reading;
	GError *error = read_it("sh", &options, output, &reading);

	assert_refused(error, STATUS_TEST_FAILED, words);
	reading_clear(&reading);
}

static void numbers_are_found(void **state)
{
	(void)state;
	assert_number(NULL, "42\n", 42);
	assert_number(NULL, "1\n2\n 3.5 MiB/s\n\n", 3.5);
	assert_number(NULL, "took 12us of 13us", 13);
	assert_number(NULL, "p99=1.5e3", 1500);
	assert_number(NULL, "x=-7", -7);
	assert_number(NULL, "on sda1 at virtio0: 5", 5);
	assert_number(NULL, "2026-11-26", 26);
	assert_number("^rate: ([0-9.]+)", "rate: 7\nrate: 8\nend 9\n", 8);
	assert_number("[0-9]+(?= kB)", "5 kB\n6 MB\n", 5);
	assert_number(NULL, "\xff\xfe 5\n", 5);
}

static void what_is_no_number_is_said(void **state)
{
	(void)state;
	assert_no_number(NULL, "", "no number in what it printed: ''");
	assert_no_number(NULL, "1\nnone here\n", "no number in what it printed: 'none here'");
	assert_no_number(NULL, "1,234", "print it without commas");
	assert_no_number(NULL, "1e999", "is not read as a number");
	assert_no_number("rate: ([a-z]+)", "rate: nan", "'nan' is not read");
	assert_no_number("rate: ", "no such", "no match of --number");
}

static void operations_are_counted(void **state)
{
	struct load_options options = {.operations = "([0-9]+) calls"};
	struct bench_reading reading;
	GError *error = read_it("sh", &options, "20 calls\n7 s\n", &reading);

	(void)state;
	assert_null(error);
	assert_int_equal(reading.operations, 20);
	reading_clear(&reading);
	error = read_it("sh", &options, "0 calls\n7 s\n", &reading);
	assert_refused(error, STATUS_TEST_FAILED, "finds 0 of them");
	reading_clear(&reading);
	error = read_it("sh", &options, "7 s\n", &reading);
	assert_refused(error, STATUS_TEST_FAILED, "no match of --operations");
	reading_clear(&reading);
}

#define FLOW(direction, ios, iops, bw, p50, p99)                                               \
	"\"" direction "\": {\"total_ios\": " #ios ", \"iops\": " #iops ", \"bw_bytes\": " #bw \
	", \"clat_ns\": {\"percentile\": {\"50.000000\": 7}}, \"lat_ns\": {\"percentile\": {"  \
	"\"50.000000\": " #p50 ", \"99.000000\": " #p99 "}}}"
#define NO_FLOW(direction) FLOW(direction, 0, 0.0, 0, 0, 0)
#define JOB(name, error, flows) "{\"jobname\": \"" name "\", \"error\": " #error ", " flows "}"
#define FIO(jobs) \
	"fio: a note of its own\n{\n \"fio version\": \"fio-3.33\", \"jobs\": [" jobs "]\n}\n"

static const struct load_options none;

static void fio_of_one_job(void **state)
{
	struct bench_reading reading;
	GError *error = read_it("/usr/bin/fio", &none,
				FIO(JOB("r", 0,
					FLOW("read", 400, 200.5, 1048576, 90000,
					     250000) "," NO_FLOW("write") "," NO_FLOW("trim"))),
				&reading);

	(void)state;
	assert_null(error);
	assert_int_equal(reading.figures->len, 4);
	assert_figure(&reading, 0, "iops", "/s", false, 200.5);
	assert_figure(&reading, 1, "bandwidth", "MiB/s", false, 1);
	assert_figure(&reading, 2, "latency p50", "us", true, 90);
	assert_figure(&reading, 3, "latency p99", "us", true, 250);
	assert_int_equal(reading.operations, 400);
	assert_string_equal(reading.operation, "I/O");
	reading_clear(&reading);
}

static void fio_of_two_groups_and_directions(void **state)
{
	struct bench_reading reading;
	GError *error = read_it(
		"fio", &none,
		FIO(JOB("mix", 0,
			FLOW("read", 3, 3, 1, 1, 1) "," FLOW(
				"write", 2, 2, 1, 1, 1)) "," JOB("seq", 0,
								 FLOW("write", 5, 5, 1, 1, 1))),
		&reading);

	(void)state;
	assert_null(error);
	assert_int_equal(reading.figures->len, 12);
	assert_figure(&reading, 0, "mix: read iops", "/s", false, 3);
	assert_figure(&reading, 4, "mix: write iops", "/s", false, 2);
	assert_figure(&reading, 8, "seq: iops", "/s", false, 5);
	assert_int_equal(reading.operations, 10);
	reading_clear(&reading);
}

/* What the ramp did is counted by us, and not by fio. */
static void fio_with_a_ramp(void **state)
{
	static const char *const ramps[] = {"300ms", "1", "0", "0ms"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ramps); i++) {
		g_autofree char *options = g_strdup_printf(
			"\"job options\": {\"bs\": \"4k\", \"ramp_time\": \"%s\"}, " FLOW(
				"read", 400, 200.5, 1048576, 90000, 250000),
			ramps[i]);
		g_autofree char *output = g_strdup_printf(
			"{\"jobs\": [{\"jobname\": \"r\", \"error\": 0, %s}]}", options);
		struct bench_reading reading;

		assert_null(read_it("fio", &none, output, &reading));
		assert_int_equal(reading.operations, *ramps[i] == '0' ? 400 : 1);
		assert_string_equal(reading.operation, *ramps[i] == '0' ? "I/O" : "run");
		reading_clear(&reading);
	}
}

static void assert_broken(const char *program, const char *output, const char *words)
{
	struct bench_reading reading;
	GError *error = read_it(program, &none, output, &reading);

	assert_refused(error, STATUS_TEST_FAILED, words);
	reading_clear(&reading);
}

static void fio_that_failed(void **state)
{
	(void)state;
	assert_broken("fio", FIO(JOB("r", 5, FLOW("read", 4, 2, 1, 1, 1))),
		      "fio's job 'r' failed: Input/output error");
	assert_broken("fio", FIO(JOB("r", 0, NO_FLOW("read"))), "of no job that it did any I/O");
	assert_broken("fio", FIO("7"), "of no job that it did any I/O");
	assert_broken("fio", "{}", "of no job that it did any I/O");
	assert_broken("fio", "  read: IOPS=8k, BW=33MiB/s\n", "fio printed no JSON");
	assert_broken("fio", "{ \"jobs\": [\n", "fio printed no JSON");
	assert_broken("fio", "{ \"jobs\": [}\n", "fio printed no JSON: ");
}

#define TCP                                                                                         \
	"{\"start\": {\"version\": \"iperf 3.12\"}, \"intervals\": [], \"end\": {\"streams\": [], " \
	"\"sum_sent\": {\"seconds\": 1.0, \"bytes\": 4194304, \"bits_per_second\": 33554432.0, "    \
	"\"retransmits\": 3, \"sender\": true}, \"sum_received\": {\"seconds\": 1.0, \"bytes\": "   \
	"2097152, \"bits_per_second\": 16777216.0, \"sender\": true}}}"
#define UDP                                                                                        \
	"{\"end\": {\"sum\": {\"bytes\": 1048576, \"bits_per_second\": 1000000.0, \"jitter_ms\": " \
	"0.25, \"lost_packets\": 1, \"packets\": 50, \"lost_percent\": 2.0}}}"

static void iperf3(void **state)
{
	struct bench_reading reading;
	GError *error = read_it("iperf3", &none, TCP, &reading);

	(void)state;
	assert_null(error);
	assert_figure(&reading, 0, "throughput", "Mbit/s", false, 16.777216);
	assert_figure(&reading, 1, "retransmits", "", true, 3);
	assert_int_equal(reading.figures->len, 2);
	assert_int_equal(reading.operations, 2);
	assert_string_equal(reading.operation, "MiB");
	reading_clear(&reading);
	error = read_it("iperf3", &none, UDP, &reading);
	assert_null(error);
	assert_figure(&reading, 0, "throughput", "Mbit/s", false, 1);
	assert_figure(&reading, 1, "jitter", "ms", true, 0.25);
	assert_figure(&reading, 2, "lost", "%", true, 2);
	reading_clear(&reading);
	assert_broken("iperf3", "{\"error\": \"unable to connect to server\"}",
		      "iperf3: unable to connect to server");
	assert_broken("iperf3", "{\"end\": {}}", "does not say that any data arrived");
	assert_broken("iperf3", "{\"end\": []}", "does not say that any data arrived");
}

static void assert_words(const char *program, const struct load_options *options,
			 const char *const *expected)
{
	struct load *load = make(options, program);
	const char *const *argv = load_argv(load);

	for (guint i = 0; expected[i] || argv[i]; i++)
		assert_string_equal(argv[i] ? argv[i] : "", expected[i] ? expected[i] : "");
	load_free(load);
}

static void words_of_a_load(void **state)
{
	static const struct load_options number = {.number = "x"};
	static const struct load_options unit = {.unit = "s"}, bad = {.number = "("};
	char *fio[] = {"fio", NULL}, *nothing[] = {NULL};
	GError *error = NULL;

	(void)state;
	assert_words("/opt/fio", &none,
		     (const char *const[]){"/opt/fio", "--output-format=json",
					   "--group_reporting=1", "--lat_percentiles=1", "--some",
					   NULL});
	assert_words("iperf3", &none, (const char *const[]){"iperf3", "--json", "--some", NULL});
	assert_words("fio", &number, (const char *const[]){"fio", "--some", NULL});
	assert_words("fiona", &none, (const char *const[]){"fiona", "--some", NULL});
	assert_null(load_new(fio, &unit, &error));
	assert_refused(error, STATUS_MISUSE, "--unit is for a load that prints a number");
	assert_null(load_new(fio, &bad, &error));
	assert_refused(error, STATUS_MISUSE, "--number '('");
	assert_null(load_new(nothing, &none, &error));
	assert_refused(error, STATUS_MISUSE, "no load");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(numbers_are_found),
	cmocka_unit_test(what_is_no_number_is_said),
	cmocka_unit_test(operations_are_counted),
	cmocka_unit_test(fio_of_one_job),
	cmocka_unit_test(fio_of_two_groups_and_directions),
	cmocka_unit_test(fio_with_a_ramp),
	cmocka_unit_test(fio_that_failed),
	cmocka_unit_test(iperf3),
	cmocka_unit_test(words_of_a_load),
};

UNIT_MAIN(tests)
