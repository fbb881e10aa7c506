/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/result.h"
#include "base/status.h"

#include <math.h>

static void clear_metric(void *data)
{
	struct bench_metric *metric = data;

	g_free(metric->name);
	g_free(metric->unit);
}

static void clear_round(void *data)
{
	g_free(((struct bench_round *)data)->values);
}

static void free_machine(void *data)
{
	struct bench_machine *machine = data;

	g_free(machine->name);
	g_free(machine->options);
	g_free(machine->settings);
	g_free(machine->qemu);
	g_free(machine->kernel);
	g_free(machine->qemu_version);
	g_free(machine->release);
	g_free(machine->qemu_build);
	g_free(machine->kernel_build);
	g_free(machine->files_build);
	g_array_unref(machine->rounds);
	g_free(machine);
}

struct bench *bench_new(void)
{
	struct bench *bench = g_new0(struct bench, 1);

	bench->metrics = g_array_new(FALSE, FALSE, sizeof(struct bench_metric));
	g_array_set_clear_func(bench->metrics, clear_metric);
	bench->machines = g_ptr_array_new_with_free_func(free_machine);
	return bench;
}

void bench_free(struct bench *bench)
{
	if (!bench)
		return;
	bench_free(bench->baseline);
	g_free(bench->baseline_file);
	g_free(bench->against);
	g_free(bench->load);
	g_free(bench->kind);
	g_free(bench->operation);
	g_free(bench->host.cpu);
	g_free(bench->host.kernel);
	g_array_unref(bench->metrics);
	g_ptr_array_unref(bench->machines);
	g_free(bench);
}

struct bench_machine *bench_add_machine(struct bench *bench, const char *name, const char *options)
{
	struct bench_machine *machine = g_new0(struct bench_machine, 1);

	machine->name = g_strdup(name);
	machine->options = g_strdup(options);
	machine->rounds = g_array_new(FALSE, TRUE, sizeof(struct bench_round));
	g_array_set_clear_func(machine->rounds, clear_round);
	g_ptr_array_add(bench->machines, machine);
	return machine;
}

struct bench_machine *bench_find_machine(const struct bench *bench, const char *name)
{
	for (guint i = 0; i < bench->machines->len; i++) {
		struct bench_machine *machine = g_ptr_array_index(bench->machines, i);

		if (g_str_equal(machine->name, name))
			return machine;
	}
	return NULL;
}

const struct bench_metric *bench_metric(const struct bench *bench, guint metric)
{
	return &g_array_index(bench->metrics, struct bench_metric, metric);
}

int bench_find_metric(const struct bench *bench, const char *name)
{
	for (guint i = 0; i < bench->metrics->len; i++)
		if (g_str_equal(bench_metric(bench, i)->name, name))
			return i;
	return -1;
}

static void take_metrics(struct bench *bench, const struct bench_reading *reading)
{
	bench->operation = g_strdup(reading->operation);
	for (guint i = 0; i < reading->figures->len; i++) {
		const struct bench_figure *figure = &g_array_index(reading->figures,
								   struct bench_figure, i);
		struct bench_metric metric = {g_strdup(figure->name), g_strdup(figure->unit),
					      figure->lower};

		g_array_append_val(bench->metrics, metric);
	}
}

bool bench_take(struct bench *bench, const struct bench_reading *reading, struct bench_round *round,
		GError **error)
{
	const GArray *figures = reading->figures;
	bool same;

	if (!bench->metrics->len)
		take_metrics(bench, reading);
	same = figures->len == bench->metrics->len;
	round->operations = reading->operations;
	round->values = g_new(double, figures->len);
	for (guint i = 0; same && i < figures->len; i++) {
		const struct bench_figure *figure = &g_array_index(figures, struct bench_figure, i);

		same = g_str_equal(figure->name, bench_metric(bench, i)->name);
		round->values[i] = figure->value;
	}
	if (!same)
		g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED,
			    "the load has other figures than in the first round, so there is "
			    "nothing to compare");
	return same;
}

static const struct bench_round *round_of(const struct bench_machine *machine, guint i)
{
	return &g_array_index(machine->rounds, struct bench_round, i);
}

double *bench_values(const struct bench_machine *machine, guint metric)
{
	double *values = g_new(double, machine->rounds->len);

	for (guint i = 0; i < machine->rounds->len; i++)
		values[i] = round_of(machine, i)->values[metric];
	return values;
}

struct stats_spread bench_spread(const struct bench_machine *machine, guint metric)
{
	g_autofree double *values = bench_values(machine, metric);

	return stats_spread(values, machine->rounds->len);
}

double bench_cost(const struct bench_machine *machine, enum count count)
{
	guint n = machine->rounds->len;
	g_autofree double *costs = g_new(double, n);

	for (guint i = 0; i < n; i++) {
		const struct bench_round *round = round_of(machine, i);

		costs[i] = round->counts.of[count] / round->operations;
		if (isnan(costs[i]))
			return NAN;
	}
	return stats_spread(costs, n).median;
}

double bench_others(const struct bench *bench)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(double));

	for (guint i = 0; i < bench->machines->len; i++) {
		const struct bench_machine *machine = g_ptr_array_index(bench->machines, i);

		for (guint j = 0; j < machine->rounds->len; j++)
			if (!isnan(round_of(machine, j)->others))
				g_array_append_val(shares, round_of(machine, j)->others);
	}
	return shares->len ? stats_spread((const double *)shares->data, shares->len).median : NAN;
}

/* Of the same run, round by round. */
static struct stats_ratio ratio_to(const struct bench_machine *other,
				   const struct bench_machine *machine, guint metric)
{
	g_autofree double *a = bench_values(other, metric);
	g_autofree double *b = bench_values(machine, metric);

	return stats_ratio(a, other->rounds->len, b, machine->rounds->len,
			   other->rounds->len == machine->rounds->len);
}

struct stats_ratio bench_ratio(const struct bench *bench, const struct bench_machine *machine,
			       guint metric)
{
	return ratio_to(g_ptr_array_index(bench->machines, 0), machine, metric);
}

bool bench_against_ratio(const struct bench *bench, const struct bench_machine *machine,
			 guint metric, struct stats_ratio *ratio)
{
	const struct bench_machine *other = bench->against
						    ? bench_find_machine(bench, bench->against)
						    : NULL;

	if (!other || other == machine)
		return false;
	*ratio = ratio_to(other, machine, metric);
	return true;
}

bool bench_baseline_ratio(const struct bench *bench, const struct bench_machine *machine,
			  guint metric, struct stats_ratio *ratio)
{
	const struct bench *baseline = bench->baseline;
	const struct bench_machine *then = baseline ? bench_find_machine(baseline, machine->name)
						    : NULL;
	int its = then ? bench_find_metric(baseline, bench_metric(bench, metric)->name) : -1;
	g_autofree double *a = its < 0 ? NULL : bench_values(then, its);
	g_autofree double *b = bench_values(machine, metric);

	if (!a)
		return false;
	*ratio = stats_ratio(a, then->rounds->len, b, machine->rounds->len, false);
	return true;
}

bool bench_is_within(const struct bench *bench)
{
	double share = bench->within / 100.;

	for (guint i = 1; i < bench->machines->len; i++) {
		const struct bench_machine *machine = g_ptr_array_index(bench->machines, i);
		struct stats_ratio ratio = bench_ratio(bench, machine, 0);

		if (!stats_within(&ratio, share))
			return false;
		if (bench_against_ratio(bench, machine, 0, &ratio) && !stats_within(&ratio, share))
			return false;
	}
	return share > 0;
}

const char *bench_accelerator(const struct bench_machine *machine)
{
	return machine->kvm ? "KVM" : "TCG";
}

const char *bench_verdict(const struct bench_metric *metric, const struct stats_ratio *ratio)
{
	if (isnan(ratio->ratio))
		return "no ratio, as a value is not above 0";
	if (!ratio->known)
		return "too few rounds for a claim";
	if (!stats_differs(ratio))
		return "no difference seen";
	return (ratio->ratio < 1) == metric->lower ? "better" : "worse";
}
