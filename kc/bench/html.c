/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/html.h"
#include "base/output.h"
#include "base/page.h"
#include "bench/chart.h"
#include "bench/words.h"

#include <math.h>
#include <stdio.h>

/* glib-compile-resources' own; to name it is what brings the page out of its archive. */
GResource *bench_get_resource(void);

static const struct bench_machine *machine_at(const struct bench *bench, guint i)
{
	return g_ptr_array_index(bench->machines, i);
}

static void put_key(FILE *out, const struct bench *bench, guint i)
{
	fprintf(out, "<span class=\"key\" style=\"--h:%u\"></span>", bench_chart_hue(bench, i));
	page_put_text(out, machine_at(bench, i)->name);
}

static void put_head(FILE *out, const struct bench *bench)
{
	g_autofree char *method = words_method(bench), *time = words_time(bench);

	page_put_tagged(out, "<h1><code>", bench->load, "</code></h1>\n<p>");
	page_put_tagged(out, "", time, "; ");
	page_put_tagged(out, "", method,
			"</p>\n<div class=\"wide\"><table><tr><th>machine<th>"
			"accelerator<th>guest's kernel<th>QEMU<th>options</tr>\n");
	for (guint i = 0; i < bench->machines->len; i++) {
		const struct bench_machine *machine = machine_at(bench, i);

		fputs("<tr><td>", out);
		put_key(out, bench, i);
		fprintf(out, "<td>%s", bench_accelerator(machine));
		page_put_tagged(out, "<td>", machine->release ? machine->release : "?", "");
		page_put_tagged(out, "<td>", machine->qemu_version ? machine->qemu_version : "?",
				"");
		page_put_tagged(out, "<td><code>", machine->options, "</code></tr>\n");
	}
	fputs("</table></div>\n", out);
}

static void put_ratio(FILE *out, const struct bench_metric *metric, const struct stats_ratio *ratio)
{
	g_autofree char *words = words_ratio(ratio);

	fprintf(out, "<td class=\"number\">%s<td%s>%s", words,
		stats_differs(ratio) ? " class=\"seen\"" : "", bench_verdict(metric, ratio));
}

static void put_row(FILE *out, const struct bench *bench, guint metric, guint i)
{
	const struct bench_machine *machine = machine_at(bench, i);
	struct stats_spread spread = bench_spread(machine, metric);
	struct stats_ratio ratio = bench_ratio(bench, machine, metric);
	const double numbers[] = {spread.median, spread.min, spread.max, spread.low, spread.high};

	fputs("<tr><td>", out);
	put_key(out, bench, i);
	fprintf(out, "<td>%s", bench_accelerator(machine));
	for (guint k = 0; k < G_N_ELEMENTS(numbers); k++) {
		g_autofree char *number = words_number(numbers[k]);

		fprintf(out, "<td class=\"number\">%s", number);
	}
	if (i)
		put_ratio(out, bench_metric(bench, metric), &ratio);
	else
		fputs("<td class=\"number\">1<td>", out);
	if (bench_baseline_ratio(bench, machine, metric, &ratio))
		put_ratio(out, bench_metric(bench, metric), &ratio);
	fputs("</tr>\n", out);
}

static void put_metric(FILE *out, const struct bench *bench, guint i)
{
	const struct bench_metric *metric = bench_metric(bench, i);
	g_autofree char *accelerators = words_accelerators(bench);

	page_put_tagged(out, "<h2>", metric->name, "");
	page_put_tagged(out, *metric->unit ? ", " : "", metric->unit, "");
	fprintf(out, " (%s, %s is better)</h2>\n<div class=\"wide\">\n", accelerators,
		metric->lower ? "lower" : "higher");
	bench_chart_put(out, bench, i);
	fputs("<table><tr><th>machine<th><th class=\"number\">median<th class=\"number\">min"
	      "<th class=\"number\">max<th class=\"number\">lower quartile"
	      "<th class=\"number\">upper quartile<th class=\"number\">to the first<th>",
	      out);
	fputs(bench->baseline ? "<th class=\"number\">to the baseline<th></tr>\n" : "</tr>\n", out);
	for (guint machine = 0; machine < bench->machines->len; machine++)
		put_row(out, bench, i, machine);
	fputs("</table></div>\n", out);
}

static void put_counts(FILE *out, const struct bench *bench)
{
	g_autofree char *operation = words_operation(bench);

	page_put_tagged(out, "<h2>What it cost ", operation,
			" (median)</h2>\n<div class=\"wide\"><table><tr><th>");
	for (guint i = 0; i < bench->machines->len; i++) {
		fputs("<th class=\"number\">", out);
		put_key(out, bench, i);
		fprintf(out, ", %s", bench_accelerator(machine_at(bench, i)));
	}
	fputs("</tr>\n", out);
	for (int count = 0; count < COUNTS; count++) {
		page_put_tagged(out, "<tr><td>", count_words(count), "");
		for (guint i = 0; i < bench->machines->len; i++) {
			g_autofree char *cost = words_cost(machine_at(bench, i), count);

			page_put_tagged(out, "<td class=\"number\">",
					cost ? cost : words_unknown(machine_at(bench, i), count),
					"");
		}
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void put_notes(FILE *out, const struct bench *bench)
{
	g_auto(GStrv) notes = words_notes(bench);

	fputs("<h2>How to read it</h2>\n<p>Each dot is a round, in the order of time from top to "
	      "bottom; the box holds the middle half of them, the stroke is the median. Below is the "
	      "share of rounds that have at most each value, by the line under each name.</p>\n",
	      out);
	for (int i = 0; notes[i]; i++)
		page_put_tagged(out, "<p>", notes[i], "</p>\n");
	if (bench->baseline) {
		g_autofree char *time = words_time(bench->baseline);

		page_put_tagged(out, "<p>baseline: ", bench->baseline_file, ", of ");
		page_put_tagged(out, "", time, "</p>\n");
	}
}

static void put_page(FILE *out, const void *data)
{
	const struct bench *bench = data;

	page_put_head(out, bench_get_resource(), "/kc/bench", "bench.css");
	fputs("</head>\n<body>\n", out);
	put_head(out, bench);
	for (guint i = 0; i < bench->metrics->len; i++)
		put_metric(out, bench, i);
	put_counts(out, bench);
	put_notes(out, bench);
	fputs("</body>\n</html>\n", out);
}

bool bench_html_write(const struct bench *bench, const char *file, GError **error)
{
	return output_write("--html", file, put_page, bench, error);
}
