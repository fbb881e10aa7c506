/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/chart.h"
#include "bench/words.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH 960
#define LEFT 190
#define RIGHT 24
#define ROW 40
#define STEPS 150 /* height of the lower part */
#define GAP 26
#define TICKS 6
#define DOT 4.5

static const char *const dashes[] = {"none", "8 5", "2 4", "12 4 2 4"};

struct chart {
	const struct bench *bench;
	guint metric;
	double low, high; /* of the axis */
	double step; /* between its ticks */
	double top, bottom; /* of the lower part */
	FILE *out;
};

unsigned bench_chart_hue(const struct bench *bench, guint i)
{
	return (215 + i * 360 / bench->machines->len) % 360;
}

static const struct bench_machine *machine_at(const struct chart *chart, guint i)
{
	return g_ptr_array_index(chart->bench->machines, i);
}

static double x_of(const struct chart *chart, double value)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (value - chart->low) / (chart->high - chart->low);
}

/* C's locale may have commas. */
static const char *digits(double value)
{
	static char texts[8][G_ASCII_DTOSTR_BUF_SIZE]; /* as many as one call of fprintf() has */
	static unsigned next;

	next = (next + 1) % G_N_ELEMENTS(texts);
	return g_ascii_formatd(texts[next], sizeof(texts[next]), "%.1f", value);
}

/* 1, 2 or 5 times a power of ten, so that there are TICKS at most. */
static double nice_step(double span)
{
	double power = pow(10, floor(log10(span / TICKS)));
	double rest = span / TICKS / power;

	return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void find_range(struct chart *chart)
{
	double span;

	chart->low = INFINITY;
	chart->high = -INFINITY;
	for (guint i = 0; i < chart->bench->machines->len; i++) {
		struct stats_spread spread = bench_spread(machine_at(chart, i), chart->metric);

		chart->low = MIN(chart->low, spread.min);
		chart->high = MAX(chart->high, spread.max);
	}
	span = chart->high - chart->low;
	/* Where all rounds gave the same there is still an axis. */
	if (!(span > 0))
		span = chart->high ? fabs(chart->high) * 0.1 : 1;
	chart->low -= span * 0.05;
	chart->high += span * 0.05;
	chart->step = nice_step(chart->high - chart->low);
}

static void put_axis(const struct chart *chart)
{
	/* What is added makes a 0 of -0. */
	for (double n = ceil(chart->low / chart->step) + 0.0; n * chart->step <= chart->high; n++) {
		double x = x_of(chart, n * chart->step);
		g_autofree char *number = words_number(n * chart->step);

		fprintf(chart->out,
			"<line class=\"grid\" x1=\"%s\" x2=\"%s\" y1=\"0\" y2=\"%s\"/>"
			"<text class=\"dim\" x=\"%s\" y=\"%s\" text-anchor=\"middle\">%s</text>\n",
			digits(x), digits(x), digits(chart->bottom), digits(x),
			digits(chart->bottom + 16), number);
	}
}

/* In the order in which they were run, downward: a drift shows as a slope. */
static void put_dots(const struct chart *chart, const struct bench_machine *machine, double top)
{
	for (guint i = 0; i < machine->rounds->len; i++) {
		const struct bench_round *round = &g_array_index(machine->rounds,
								 struct bench_round, i);
		double y = top + 8 + (ROW - 16) * (i + 0.5) / machine->rounds->len;
		g_autofree char *value = words_value(
			round->values[chart->metric],
			bench_metric(chart->bench, chart->metric)->unit);

		fprintf(chart->out,
			"<circle class=\"dot\" cx=\"%s\" cy=\"%s\" r=\"%s\"><title>round %u: %s"
			"</title></circle>\n",
			digits(x_of(chart, round->values[chart->metric])), digits(y), digits(DOT),
			i + 1, value);
	}
}

static void put_row(const struct chart *chart, guint i)
{
	const struct bench_machine *machine = machine_at(chart, i);
	struct stats_spread spread = bench_spread(machine, chart->metric);
	g_autofree char *name = g_markup_escape_text(machine->name, -1);
	double top = i * ROW, from = x_of(chart, spread.low), to = x_of(chart, spread.high);

	fprintf(chart->out,
		"<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%s <tspan class=\"dim\">%s</tspan>"
		"</text>\n",
		LEFT - 10, digits(top + ROW / 2. + 4), name, bench_accelerator(machine));
	/* Of the lower part's line, which without colours is told by its dashes */
	fprintf(chart->out, "<path class=\"steps\" d=\"M%d %sh60\"/>\n", LEFT - 70,
		digits(top + ROW / 2. + 13));
	fprintf(chart->out, "<rect class=\"box\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%d\"/>\n",
		digits(from), digits(top + 5), digits(MAX(to - from, 1)), ROW - 10);
	put_dots(chart, machine, top);
	fprintf(chart->out, "<path class=\"median\" d=\"M%s %sv%d\"/>\n",
		digits(x_of(chart, spread.median)), digits(top + 3), ROW - 6);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The empirical distribution: a step up at each round's value. */
static void put_steps(const struct chart *chart, guint i)
{
	const struct bench_machine *machine = machine_at(chart, i);
	guint n = machine->rounds->len;
	g_autofree double *values = bench_values(machine, chart->metric);

	qsort(values, n, sizeof(*values), compare);
	fprintf(chart->out, "<path class=\"steps\" d=\"M%d %s", LEFT, digits(chart->bottom));
	for (guint k = 0; k < n; k++)
		fprintf(chart->out, "H%sV%s", digits(x_of(chart, values[k])),
			digits(chart->bottom - (chart->bottom - chart->top) * (k + 1) / n));
	fprintf(chart->out, "H%d\"/>\n", WIDTH - RIGHT);
}

static void put_shares(const struct chart *chart)
{
	for (int percent = 0; percent <= 100; percent += 50)
		fprintf(chart->out,
			"<text class=\"dim\" x=\"%d\" y=\"%s\" text-anchor=\"end\">%d %% of rounds"
			"</text>\n",
			LEFT - 10,
			digits(chart->bottom - (chart->bottom - chart->top) * percent / 100 + 4),
			percent);
}

void bench_chart_put(FILE *out, const struct bench *bench, guint metric)
{
	struct chart chart = {.bench = bench, .metric = metric, .out = out};
	guint n = bench->machines->len;

	find_range(&chart);
	chart.top = n * ROW + GAP;
	chart.bottom = chart.top + STEPS;
	fprintf(out,
		"<svg viewBox=\"0 0 %d %s\" role=\"img\" aria-label=\"each round of each "
		"machine, and the share of rounds up to each value\">\n",
		WIDTH, digits(chart.bottom + 24));
	put_axis(&chart);
	put_shares(&chart);
	for (guint i = 0; i < n; i++) {
		fprintf(out, "<g style=\"--h:%u; --dash:%s\">\n", bench_chart_hue(bench, i),
			dashes[i % G_N_ELEMENTS(dashes)]);
		put_row(&chart, i);
		put_steps(&chart, i);
		fputs("</g>\n", out);
	}
	fputs("</svg>\n", out);
}
