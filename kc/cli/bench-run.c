/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/bench-run.h"
#include "base/loop.h"
#include "bench/round.h"

#include <unistd.h>

/* What one round needs to know inside of its guest. */
struct turn {
	const struct benching *benching;
	const struct bench_target *target;
	struct bench_machine *machine;
	struct bench_reading reading;
	struct bench_round round;
};

static int round_in_vm(struct vm *vm, gint64 deadline, void *opaque, GError **error)
{
	struct turn *turn = opaque;
	const struct benching *benching = turn->benching;
	const struct guest_command *command = &turn->target->options.command;
	const struct round_plan plan = {
		.lab = turn->target->launch.lab,
		.transfer = &command->transfer,
		.env = command->env,
		.setup = turn->target->options.setup,
		.load = benching->load,
		.carry = load_is_known(benching->load) ? &benching->carry : NULL,
	};

	if (!turn->machine->release)
		turn->machine->release = round_release(vm, deadline, error);
	if (turn->machine->release)
		round_run(&plan, vm, deadline, &turn->reading, &turn->round, error);
	return 0;
}

static void tell_progress(const struct benching *benching, unsigned round, const char *name)
{
	const struct bench_options *options = benching->options;
	unsigned all = options->warmup + options->rounds;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Kround %u of %u: %s", round, all, name);
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void tell_round(const struct turn *turn, unsigned round, bool counts)
{
	const struct bench_figure *first = &g_array_index(turn->reading.figures,
							  struct bench_figure, 0);

	fprintf(stderr, "kc: round %u, %s: %s %g %s%s\n", round, turn->target->name, first->name,
		first->value, first->unit, counts ? "" : " (warm-up)");
}

/* Keeps what a round measured; a warm-up's must be there as well. */
static bool keep(struct turn *turn, unsigned round, GError **error)
{
	const struct benching *benching = turn->benching;
	bool counts = round > benching->options->warmup;

	if (benching->options->machine.command.launch.verbose)
		tell_round(turn, round, counts);
	if (!bench_take(benching->bench, &turn->reading, &turn->round, error))
		return false;
	if (counts)
		g_array_append_val(turn->machine->rounds, turn->round);
	else
		g_free(turn->round.values);
	return true;
}

static bool run_round(const struct benching *benching, guint i, unsigned round,
		      const struct bench_round *place, GError **error)
{
	const struct bench_target *target = g_ptr_array_index(benching->targets, i);
	struct turn turn = {
		.benching = benching,
		.target = target,
		.machine = g_ptr_array_index(benching->bench->machines, i),
		.round = *place,
	};
	GError *cause = NULL;

	tell_progress(benching, round, target->name);
	guest_command_run(&target->options.command, &target->launch, round_in_vm, &turn, &cause);
	end_progress();
	/* One that came while the machine was being ended was nobody's to see. */
	if (!cause && loop_signal())
		loop_explain(LOOP_SIGNAL, "the next round", &cause);
	if (!cause)
		keep(&turn, round, &cause);
	reading_clear(&turn.reading);
	if (!cause)
		return true;
	g_propagate_prefixed_error(error, cause, "machine '%s', round %u: ", target->name, round);
	return false;
}

static bool run_turns(const struct benching *benching, unsigned round, gint64 start, GError **error)
{
	guint n = benching->targets->len;

	for (guint i = 0; i < n; i++) {
		struct bench_round where = {
			.place = (round - 1) * n + i + 1,
			.started = (g_get_monotonic_time() - start) / 1e6,
		};

		if (!run_round(benching, round % 2 ? i : n - 1 - i, round, &where, error))
			return false;
	}
	return true;
}

/* A-B-B-A: what drifts with time falls on all of them alike. */
bool bench_run(const struct benching *benching, GError **error)
{
	const struct bench_options *options = benching->options;
	gint64 start = g_get_monotonic_time();
	unsigned round = 1;

	for (; round <= options->warmup; round++)
		if (!run_turns(benching, round, start, error))
			return false;
	for (benching->bench->rounds = 0; benching->bench->rounds < options->rounds; round++) {
		if (!run_turns(benching, round, start, error))
			return false;
		benching->bench->rounds++;
		if (bench_is_within(benching->bench))
			break;
	}
	return true;
}
