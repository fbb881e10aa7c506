/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/words.h"

#include <math.h>
#include <string.h>

#define OTHERS_MUCH 0.1 /* of the host's CPUs: who reads the figures should know */

char *words_number(double value)
{
	double size = fabs(value);
	int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;

	if (size && size < 1e-3)
		return g_strdup_printf("%.3g", value);
	return g_strdup_printf("%.*f", size ? digits : 0, value);
}

char *words_value(double value, const char *unit)
{
	g_autofree char *number = words_number(value);

	return g_strdup_printf("%s%s%s", number, *unit ? " " : "", unit);
}

char *words_ratio(const struct stats_ratio *ratio)
{
	if (isnan(ratio->ratio))
		return g_strdup("");
	if (!ratio->known)
		return g_strdup_printf("x %.3f", ratio->ratio);
	return g_strdup_printf("x %.3f (%.3f to %.3f)", ratio->ratio, ratio->low, ratio->high);
}

char *words_cost(const struct bench_machine *machine, enum count count)
{
	double cost = bench_cost(machine, count) * count_scale(count);

	return isnan(cost) ? NULL : words_number(cost);
}

/* Exits are KVM's to count; emulated code does not leave QEMU. */
const char *words_unknown(const struct bench_machine *machine, enum count count)
{
	return count == COUNT_EXITS && !machine->kvm ? "not with TCG" : "not known";
}

char *words_accelerators(const struct bench *bench)
{
	bool kvm = false, tcg = false;

	for (guint i = 0; i < bench->machines->len; i++) {
		const struct bench_machine *machine = g_ptr_array_index(bench->machines, i);

		kvm |= machine->kvm;
		tcg |= !machine->kvm;
	}
	return g_strdup(kvm && tcg ? "KVM and TCG" : kvm ? "KVM" : "TCG");
}

char *words_operation(const struct bench *bench)
{
	return g_strdup_printf("per %s", g_strcmp0(bench->operation, "run") == 0
						 ? "run of the load"
						 : bench->operation);
}

char *words_time(const struct bench *bench)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(bench->time);

	return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("an unknown time");
}

char *words_method(const struct bench *bench)
{
	g_autofree char *accelerators = words_accelerators(bench);
	g_autofree char *warmup = g_strdup_printf("%u", bench->warmup);

	return g_strdup_printf(
		"%s; %u round%s of each machine in turns (A-B-B-A), each in a guest of "
		"its own, after %s warm-up round%s; host: %s, %" G_GINT64_FORMAT " CPUs, Linux %s",
		accelerators, bench->rounds, bench->rounds == 1 ? "" : "s",
		bench->warmup ? warmup : "no", bench->warmup == 1 ? "" : "s", bench->host.cpu,
		bench->host.cpus, bench->host.kernel);
}

static void note(GStrvBuilder *notes, char *text)
{
	g_strv_builder_add(notes, text);
	g_free(text);
}

/* Between machines of two accelerators a ratio is one of accelerators first of all. */
static void note_accelerators(GStrvBuilder *notes, const struct bench *bench)
{
	g_autofree char *accelerators = words_accelerators(bench);

	if (strstr(accelerators, "and"))
		note(notes, g_strdup("machines under KVM and under TCG are compared: a ratio says "
				     "more of these than of devices and drivers"));
}

/* How wide they are ends the rounds, and not on which side of 1 they are. */
static void note_within(GStrvBuilder *notes, const struct bench *bench)
{
	if (!bench->within)
		return;
	if (bench_is_within(bench))
		note(notes, g_strdup_printf("each interval of the first figure is within %u %% of "
					    "its ratio after %u rounds of at most %u",
					    bench->within, bench->rounds, bench->rounds_most));
	else
		note(notes, g_strdup_printf("after %u rounds, the most, an interval of the first "
					    "figure is wider than %u %% of its ratio",
					    bench->rounds, bench->within));
}

char **words_notes(const struct bench *bench)
{
	g_autoptr(GStrvBuilder) notes = g_strv_builder_new();
	double others = bench_others(bench);

	if (bench->rounds < STATS_ROUNDS_MIN)
		note(notes, g_strdup_printf("%u round%s of each: too few for a claim: medians of "
					    "fewer than %d have no interval of 95 %%",
					    bench->rounds, bench->rounds == 1 ? "" : "s",
					    STATS_ROUNDS_MIN));
	else
		note(notes,
		     g_strdup("in brackets the interval that holds the true ratio of medians 19 "
			      "times in 20; where it holds 1, no difference was seen"));
	note_within(notes, bench);
	note_accelerators(notes, bench);
	if (others > OTHERS_MUCH)
		note(notes,
		     g_strdup_printf("the host was busy with other work: %.0f %% of its CPUs, "
				     "which is in the spread, and may be in the medians",
				     others * 100));
	return g_strv_builder_end(notes);
}
