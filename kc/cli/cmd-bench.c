/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc bench: the same load on several machines, in turns, and what the difference is worth. */
#include "base/output.h"
#include "base/status.h"
#include "bench/host.h"
#include "bench/html.h"
#include "bench/json.h"
#include "bench/table.h"
#include "cli/bench-run.h"
#include "cli/command.h"

#define ROUNDS 8
#define ROUNDS_MAX 1000
#define MACHINES_MAX 20
#define WITHIN_MAX 100
#define ROUND_SECONDS 600

static const struct bench_options bench_defaults = {
	.machine.command.launch = {LAUNCH_DEFAULTS, .timeout = ROUND_SECONDS},
	.rounds = ROUNDS,
	.warmup = 1,
};

#define FIELD(name) offsetof(struct bench_options, name)

static bool parse_rounds(const char *value, void *field, guint64 least, GError **error)
{
	guint64 count;

	if (g_ascii_string_to_unsigned(value, 10, least, ROUNDS_MAX, &count, NULL)) {
		*(unsigned *)field = count;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a number of rounds, from %" G_GUINT64_FORMAT " to %d", value,
		    least, ROUNDS_MAX);
	return false;
}

static bool option_rounds(const char *value, void *field, GError **error)
{
	return parse_rounds(value, field, 1, error);
}

static bool option_warmup(const char *value, void *field, GError **error)
{
	return parse_rounds(value, field, 0, error);
}

static bool option_within(const char *value, void *field, GError **error)
{
	guint64 percent;

	if (g_ascii_string_to_unsigned(value, 10, 1, WITHIN_MAX, &percent, NULL)) {
		*(unsigned *)field = percent;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a percentage without a sign, from 1 to %d", value, WITHIN_MAX);
	return false;
}

static const struct option_row bench_rows[] = {
	{"rounds", 0, "N", "measure each machine so often (default 8)", option_rounds,
	 FIELD(rounds)},
	{"warmup", 0, "N", "rounds before those, which do not count (default 1)", option_warmup,
	 FIELD(warmup)},
	{"within", 0, "PERCENT",
	 "end before --rounds once each interval of the load's first figure is within PERCENT of "
	 "its ratio; at least 6 rounds",
	 option_within, FIELD(within)},
	BENCH_SETUP_ROW,
	{"number", 0, "REGEX",
	 "take from the load's stdout the last match, its first group if it has one (default: the "
	 "last number of its last line)",
	 option_string, FIELD(load.number)},
	{"unit", 0, "UNIT", "what that number counts", option_string, FIELD(load.unit)},
	{"lower", 0, NULL, "the smaller that number, the better", option_on, FIELD(load.lower)},
	{"operations", 0, "REGEX",
	 "how many operations a run made, found like --number: what explains a figure is shown for "
	 "each (default: for each run)",
	 option_string, FIELD(load.operations)},
	{"json", 0, "FILE", "write all rounds as JSON: kc-bench-json(5)", option_string,
	 FIELD(json)},
	{"html", 0, "FILE", "write a page that shows the distributions", option_string,
	 FIELD(html)},
	{"against", 0, "NAME", "compare with this machine, too, and not with the first alone",
	 option_string, FIELD(against)},
	{"baseline", 0, "FILE",
	 "compare with an earlier run's --json, too, if it is of this host, load and build",
	 option_string, FIELD(baseline)},
	{"rebuilt", 0, NULL,
	 "with --baseline: QEMU, the guest's kernel, modules and files that are put may be of "
	 "another build, which is what is measured",
	 option_on, FIELD(rebuilt)},
	{.name = NULL},
};

static void free_target(void *data)
{
	bench_target_clear(data);
	g_free(data);
}

static bool takes_stdout(const struct bench_options *options)
{
	return output_is_stdout(options->json) || output_is_stdout(options->html);
}

static bool show(const struct benching *benching, GError **error)
{
	const struct bench_options *options = benching->options;
	bool written;

	if (!takes_stdout(options))
		bench_table_print(benching->bench, stdout);
	written = !options->json || bench_json_write(benching->bench, options->json, error);
	return (!options->html ||
		bench_html_write(benching->bench, options->html, written ? error : NULL)) &&
	       written;
}

static bool add_target(struct benching *benching, const char *text, char **load, GError **error)
{
	struct bench_target *target = g_new0(struct bench_target, 1);

	g_ptr_array_add(benching->targets, target);
	if (!bench_target_parse(target, text, &benching->options->machine, error) ||
	    !bench_target_prepare(target, load, error))
		return false;
	if (!bench_find_machine(benching->bench, target->name)) {
		bench_add_machine(benching->bench, target->name, target->text);
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "two machines are called '%s'; give each a name of its own: 'NAME: OPTIONS'",
		    target->name);
	return false;
}

static bool add_targets(struct benching *benching, char **machines, char **load, GError **error)
{
	guint n = g_strv_length(machines);

	if (n < 2 || n > MACHINES_MAX) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    n < 2 ? "two machines at least are needed to compare, and there %s: "
				    "'NAME: OPTIONS' each, options of 'kc run'"
				  : "there %s; 20 are the most",
			    n == 0   ? "is none"
			    : n == 1 ? "is one"
				     : "are more than 20 machines");
		return false;
	}
	for (guint i = 0; i < n; i++)
		if (!add_target(benching, machines[i], load, error))
			return false;
	return true;
}

/* What tells a machine from the same one of another day. */
static void describe(struct bench_machine *machine, const struct bench_target *target)
{
	const struct machine *it = &target->launch.machine;

	machine->settings = bench_target_settings(target);
	machine->kvm = it->kvm;
	machine->qemu = g_strdup(it->qemu);
	machine->kernel = g_strdup(it->kernel);
	machine->qemu_version = lab_qemu_version(it->qemu);
	machine->qemu_build = host_build_of(it->qemu);
	machine->kernel_build = host_build_of(it->kernel);
	machine->files_build = bench_target_files_build(target);
}

static void describe_all(struct benching *benching)
{
	struct bench *bench = benching->bench;
	const struct bench_options *options = benching->options;

	bench->time = g_get_real_time() / G_USEC_PER_SEC;
	bench->load = g_strdup(load_text(benching->load));
	bench->kind = g_strdup(load_kind(benching->load));
	bench->rounds = bench->rounds_most = options->rounds;
	bench->within = options->within;
	bench->warmup = options->warmup;
	bench->against = g_strdup(options->against);
	host_fill(&bench->host);
	for (guint i = 0; i < benching->targets->len; i++)
		describe(g_ptr_array_index(bench->machines, i),
			 g_ptr_array_index(benching->targets, i));
}

static bool check_options(const struct bench_options *options, GError **error)
{
	if (options->json && g_strcmp0(options->json, options->html) == 0) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--json and --html both write to '%s'; give each a file of its own",
			    options->json);
		return false;
	}
	if (options->within && options->rounds < STATS_ROUNDS_MIN) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--within needs --rounds of %d at least: fewer have no interval",
			    STATS_ROUNDS_MIN);
		return false;
	}
	if (options->rebuilt && !options->baseline) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--rebuilt is for --baseline");
		return false;
	}
	return output_check("--json", options->json, error) &&
	       output_check("--html", options->html, error);
}

static bool check_against(const struct benching *benching, GError **error)
{
	const char *against = benching->options->against;

	if (!against || bench_find_machine(benching->bench, against))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--against: no such machine: '%s'; it must be the name of one that is measured",
		    against);
	return false;
}

/* Better now than after an hour's run. */
static bool take_baseline(struct benching *benching, GError **error)
{
	const struct bench_options *options = benching->options;
	struct bench *baseline;

	if (!options->baseline)
		return true;
	baseline = bench_json_read(options->baseline, error);
	benching->bench->baseline = baseline;
	benching->bench->baseline_file = g_strdup(options->baseline);
	return baseline && host_comparable(benching->bench, baseline, options->rebuilt, error);
}

static bool take_program(struct benching *benching, GError **error)
{
	const struct bench_target *first = g_ptr_array_index(benching->targets, 0);

	if (!load_is_known(benching->load))
		return true;
	if (!carry_init(&benching->carry, first->launch.lab, load_argv(benching->load)[0], error))
		return false;
	for (guint i = 0; i < benching->targets->len; i++) {
		struct bench_target *target = g_ptr_array_index(benching->targets, i);

		carry_attach(&benching->carry, &target->launch);
	}
	return true;
}

static bool prepare(struct benching *benching, char **machines, char **words, GError **error)
{
	const struct bench_options *options = benching->options;

	if (!check_options(options, error))
		return false;
	benching->load = load_new(words, &options->load, error);
	if (!benching->load || !add_targets(benching, machines, words, error) ||
	    !check_against(benching, error) || !take_program(benching, error))
		return false;
	describe_all(benching);
	return take_baseline(benching, error);
}

static void print_commands(const struct benching *benching)
{
	for (guint i = 0; i < benching->targets->len; i++) {
		const struct bench_target *target = g_ptr_array_index(benching->targets, i);

		printf("# %s\n", target->name);
		launch_print(&target->launch);
	}
}

static int run_bench(const void *fields, char **operands, GError **error)
{
	struct benching benching = {
		.options = fields,
		.targets = g_ptr_array_new_with_free_func(free_target),
		.bench = bench_new(),
	};
	char **load = operands + g_strv_length(operands) + 1;

	if (prepare(&benching, operands, load, error)) {
		if (benching.options->machine.command.launch.dry_run)
			print_commands(&benching);
		else if (bench_run(&benching, error))
			show(&benching, error);
	}
	g_ptr_array_unref(benching.targets);
	carry_clear(&benching.carry);
	load_free(benching.load);
	bench_free(benching.bench);
	return 0;
}

static const struct option_row *const bench_tables[] = {bench_rows, bench_command_rows, launch_rows,
							NULL};

const struct command command_bench = {
	.name = "bench",
	.operands = "MACHINE MACHINE... -- LOAD...",
	.load = true,
	.summary = "measure a load on several machines, in turns",
	.text = "Runs LOAD on each MACHINE, 'NAME: OPTIONS' with options of 'kc run', such as "
		"'packed: --device echo,packed=on', in one word. Options before the machines, or "
		"between them, are for all. Each round is in a guest of its own, only one of which "
		"runs at a time, and they take turns: A-B-B-A.\n\n"
		"LOAD is fio or iperf3, whose JSON kc reads, and which it brings along where the "
		"guest has none; or any program that prints a number. What fails, ends with "
		"another status than 0, prints no number, makes the kernel complain or takes "
		"longer than --timeout (default 600 s, with the boot) ends kc: nothing is averaged "
		"over failures.\n\n"
		"Prints for each figure medians and spread, and the ratio to the first machine with "
		"an interval that holds the true one 19 times in 20, by a bootstrap over rounds "
		"whose seed is fixed. Where it holds 1, no difference was seen. Beside it stands "
		"what an operation cost: notifications, interrupts, exits, CPU time of guest and "
		"host, all from counters read before and after the load; with fio's ramp_time, in "
		"which it counts nothing, what a run cost.\n\n"
		"--baseline refuses a run of another host, load or build, and says what differs. "
		"Where FILE is '-', it is stdout, and there is no table.",
	.shared = "run",
	.options = bench_tables,
	.fields_size = sizeof(struct bench_options),
	.defaults = &bench_defaults,
	.run = run_bench,
};
