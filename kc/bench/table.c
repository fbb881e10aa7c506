/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/table.h"
#include "base/quote.h"
#include "bench/words.h"

#include <math.h>
#include <string.h>

#define COLUMN_MIN 12
#define WORDS_WIDTH 30

static const struct bench_machine *machine_at(const struct bench *bench, guint i)
{
	return g_ptr_array_index(bench->machines, i);
}

static int name_width(const struct bench *bench)
{
	long width = 0;

	for (guint i = 0; i < bench->machines->len; i++)
		width = MAX(width, g_utf8_strlen(machine_at(bench, i)->name, -1));
	return width;
}

/* printf() counts bytes. */
static void put_padded(FILE *out, const char *text, int width)
{
	fprintf(out, "%s%*s", text, (int)MAX(width - g_utf8_strlen(text, -1), 0), "");
}

static void put_right(FILE *out, const char *text, int width)
{
	fprintf(out, "%*s%s", (int)MAX(width - g_utf8_strlen(text, -1), 0), "", text);
}

static void put_head(FILE *out, const struct bench *bench, int width)
{
	g_autofree char *method = words_method(bench);
	g_autofree char *load = quote_printable(bench->load);

	fprintf(out, "load: %s\n%s\n", load, method);
	for (guint i = 0; i < bench->machines->len; i++) {
		const struct bench_machine *machine = machine_at(bench, i);
		g_autofree char *options = quote_printable(machine->options);

		fputs("  ", out);
		put_padded(out, machine->name, width);
		fprintf(out, "  %s, Linux %s  %s\n", bench_accelerator(machine), machine->release,
			options);
	}
}

static void put_verdict(FILE *out, const struct bench_metric *metric,
			const struct stats_ratio *ratio)
{
	g_autofree char *words = words_ratio(ratio);

	fprintf(out, "  %s%s%s", words, *words ? "  " : "", bench_verdict(metric, ratio));
}

static void put_other(FILE *out, const struct bench_metric *metric, const struct stats_ratio *ratio,
		      const char *name, int width)
{
	fprintf(out, "  %*s  to %s:", width, "", name);
	put_verdict(out, metric, ratio);
	fputc('\n', out);
}

/* "  NAME  KVM  MEDIAN  MIN to MAX, half within ...  x RATIO (...)  verdict" */
static void put_machine(FILE *out, const struct bench *bench, guint metric, guint i, int width)
{
	const struct bench_machine *machine = machine_at(bench, i);
	struct stats_spread spread = bench_spread(machine, metric);
	struct stats_ratio ratio = bench_ratio(bench, machine, metric);
	g_autofree char *median = words_number(spread.median);
	g_autofree char *min = words_number(spread.min), *max = words_number(spread.max);
	g_autofree char *low = words_number(spread.low), *high = words_number(spread.high);

	fputs("  ", out);
	put_padded(out, machine->name, width);
	fprintf(out, "  %s  ", bench_accelerator(machine));
	put_right(out, median, 9);
	fprintf(out, "  %9s to %-9s  half in %9s to %-9s", min, max, low, high);
	if (i)
		put_verdict(out, bench_metric(bench, metric), &ratio);
	fputc('\n', out);
	if (bench_against_ratio(bench, machine, metric, &ratio))
		put_other(out, bench_metric(bench, metric), &ratio, bench->against, width);
	if (bench_baseline_ratio(bench, machine, metric, &ratio))
		put_other(out, bench_metric(bench, metric), &ratio, "the baseline", width);
}

static void put_metric(FILE *out, const struct bench *bench, guint i, int width)
{
	const struct bench_metric *metric = bench_metric(bench, i);
	g_autofree char *accelerators = words_accelerators(bench);

	fprintf(out, "\n%s%s%s (%s, %s is better)\n", metric->name, *metric->unit ? ", " : "",
		metric->unit, accelerators, metric->lower ? "lower" : "higher");
	for (guint machine = 0; machine < bench->machines->len; machine++)
		put_machine(out, bench, i, machine, width);
}

static void put_count(FILE *out, const struct bench *bench, enum count count, const int *widths)
{
	fprintf(out, "  %-*s", WORDS_WIDTH, count_words(count));
	for (guint i = 0; i < bench->machines->len; i++) {
		g_autofree char *cost = words_cost(machine_at(bench, i), count);

		put_right(out, cost ? cost : words_unknown(machine_at(bench, i), count), widths[i]);
	}
	fputc('\n', out);
}

static void put_counts(FILE *out, const struct bench *bench)
{
	g_autofree char *operation = words_operation(bench);
	g_autofree int *widths = g_new(int, bench->machines->len);

	fprintf(out, "\n%-*s", WORDS_WIDTH + 2, operation);
	for (guint i = 0; i < bench->machines->len; i++) {
		widths[i] = MAX(COLUMN_MIN, g_utf8_strlen(machine_at(bench, i)->name, -1)) + 2;
		put_right(out, machine_at(bench, i)->name, widths[i]);
	}
	fputc('\n', out);
	for (int i = 0; i < COUNTS; i++)
		put_count(out, bench, i, widths);
}

static void put_notes(FILE *out, const struct bench *bench)
{
	g_auto(GStrv) notes = words_notes(bench);

	fputc('\n', out);
	for (int i = 0; notes[i]; i++)
		fprintf(out, "%s\n", notes[i]);
	if (bench->baseline) {
		g_autofree char *time = words_time(bench->baseline);

		fprintf(out, "baseline: %s, of %s\n", bench->baseline_file, time);
	}
}

void bench_table_print(const struct bench *bench, FILE *out)
{
	int width = name_width(bench);

	put_head(out, bench, width);
	for (guint i = 0; i < bench->metrics->len; i++)
		put_metric(out, bench, i, width);
	put_counts(out, bench);
	put_notes(out, bench);
}
