/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"
#include "bench/json.h"

#include <json-glib/json-glib.h>
#include <math.h>

static void put_text(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	if (value)
		json_builder_add_string_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void put_int(JsonBuilder *json, const char *name, gint64 value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

/* What is not known is null: JSON has no other word for it. */
static void put_number(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	if (isfinite(value))
		json_builder_add_double_value(json, value);
	else
		json_builder_add_null_value(json);
}

static void open_object(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_object(json);
}

static void open_array(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_array(json);
}

static void put_host(JsonBuilder *json, const struct bench_host *host)
{
	open_object(json, "host");
	put_text(json, "cpu", host->cpu);
	put_int(json, "cpus", host->cpus);
	put_text(json, "kernel", host->kernel);
	put_int(json, "memory_mib", host->memory_mib);
	json_builder_end_object(json);
}

static void put_counts(JsonBuilder *json, const struct counts *counts)
{
	open_object(json, "counts");
	for (int i = 0; i < COUNTS; i++)
		put_number(json, count_name(i), counts->of[i]);
	json_builder_end_object(json);
}

static void put_round(JsonBuilder *json, const struct bench *bench, const struct bench_round *round)
{
	json_builder_begin_object(json);
	put_int(json, "place", round->place);
	put_number(json, "started_s", round->started);
	put_number(json, "seconds", round->seconds);
	put_number(json, "operations", round->operations);
	put_number(json, "others", round->others);
	put_counts(json, &round->counts);
	open_array(json, "values");
	for (guint i = 0; i < bench->metrics->len; i++)
		json_builder_add_double_value(json, round->values[i]);
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void put_machine(JsonBuilder *json, const struct bench *bench,
			const struct bench_machine *machine)
{
	json_builder_begin_object(json);
	put_text(json, "name", machine->name);
	put_text(json, "options", machine->options);
	put_text(json, "settings", machine->settings);
	put_text(json, "accelerator", bench_accelerator(machine));
	put_text(json, "qemu", machine->qemu);
	put_text(json, "qemu_version", machine->qemu_version);
	put_text(json, "qemu_build", machine->qemu_build);
	put_text(json, "kernel", machine->kernel);
	put_text(json, "kernel_release", machine->release);
	put_text(json, "kernel_build", machine->kernel_build);
	put_text(json, "files_build", machine->files_build);
	open_array(json, "rounds");
	for (guint i = 0; i < machine->rounds->len; i++)
		put_round(json, bench, &g_array_index(machine->rounds, struct bench_round, i));
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void put_ratio(JsonBuilder *json, const char *name, const struct bench_metric *metric,
		      const struct stats_ratio *ratio)
{
	open_object(json, name);
	put_number(json, "ratio", ratio->ratio);
	put_number(json, "low", ratio->low);
	put_number(json, "high", ratio->high);
	put_text(json, "verdict", bench_verdict(metric, ratio));
	json_builder_end_object(json);
}

static void put_summary(JsonBuilder *json, const struct bench *bench, guint i, guint machine)
{
	const struct bench_machine *it = g_ptr_array_index(bench->machines, machine);
	struct stats_spread spread = bench_spread(it, i);
	struct stats_ratio ratio = bench_ratio(bench, it, i);

	json_builder_begin_object(json);
	put_text(json, "name", it->name);
	put_text(json, "accelerator", bench_accelerator(it));
	put_number(json, "median", spread.median);
	put_number(json, "min", spread.min);
	put_number(json, "max", spread.max);
	put_number(json, "quartile_low", spread.low);
	put_number(json, "quartile_high", spread.high);
	put_number(json, "mad", spread.mad);
	if (machine)
		put_ratio(json, "to_first", bench_metric(bench, i), &ratio);
	if (bench_against_ratio(bench, it, i, &ratio))
		put_ratio(json, "to_against", bench_metric(bench, i), &ratio);
	if (bench_baseline_ratio(bench, it, i, &ratio))
		put_ratio(json, "to_baseline", bench_metric(bench, i), &ratio);
	json_builder_end_object(json);
}

static void put_metric(JsonBuilder *json, const struct bench *bench, guint i)
{
	const struct bench_metric *metric = bench_metric(bench, i);

	json_builder_begin_object(json);
	put_text(json, "name", metric->name);
	put_text(json, "unit", metric->unit);
	put_text(json, "better", metric->lower ? "lower" : "higher");
	open_array(json, "machines");
	for (guint machine = 0; machine < bench->machines->len; machine++)
		put_summary(json, bench, i, machine);
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void put_bench(JsonBuilder *json, const struct bench *bench)
{
	json_builder_begin_object(json);
	put_text(json, "type", "kc-bench");
	put_int(json, "time", bench->time);
	put_text(json, "load", bench->load);
	put_text(json, "kind", bench->kind);
	put_text(json, "operation", bench->operation);
	put_int(json, "warmup", bench->warmup);
	if (bench->within)
		put_int(json, "within", bench->within);
	put_text(json, "against", bench->against);
	put_text(json, "baseline", bench->baseline_file);
	put_host(json, &bench->host);
	open_array(json, "machines");
	for (guint i = 0; i < bench->machines->len; i++)
		put_machine(json, bench, g_ptr_array_index(bench->machines, i));
	json_builder_end_array(json);
	open_array(json, "metrics");
	for (guint i = 0; i < bench->metrics->len; i++)
		put_metric(json, bench, i);
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void print(FILE *out, const void *bench)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *text = NULL;

	put_bench(json, bench);
	root = json_builder_get_root(json);
	text = json_to_string(root, TRUE);
	fprintf(out, "%s\n", text);
}

bool bench_json_write(const struct bench *bench, const char *file, GError **error)
{
	return output_write("--json", file, print, bench, error);
}
