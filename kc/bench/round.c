/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/round.h"
#include "base/status.h"
#include "bench/capture.h"
#include "bench/count-guest.h"
#include "bench/count-host.h"
#include "bench/count-qemu.h"

#include <math.h>
#include <unistd.h>

static bool ended_well(const struct capture *capture, const char *what, GError **error)
{
	g_autofree char *said = NULL;

	if (capture->status == 0)
		return true;
	said = capture_last_words(capture);
	g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED, "%s ended with status %d%s%s", what,
		    capture->status, *said ? ": " : " and said nothing", said);
	return false;
}

static bool set_up(const struct round_plan *plan, struct vm *vm, gint64 deadline, GError **error)
{
	if (!transfer_in(vm, plan->transfer, plan->lab, deadline, error))
		return false;
	for (int i = 0; plan->setup && plan->setup[i]; i++) {
		const char *const argv[] = {"sh", "-c", plan->setup[i], NULL};
		g_autofree char *what = g_strdup_printf("--setup '%s'", plan->setup[i]);
		struct capture capture;
		bool good = capture_run(&capture, vm, argv, plan->env, plan->transfer->dir,
					deadline, error) &&
			    ended_well(&capture, what, error);

		capture_clear(&capture);
		if (!good)
			return false;
	}
	return true;
}

/* What is run: the load's own words, its program as kc brings it. */
static char **load_words(const struct round_plan *plan, struct vm *vm, gint64 deadline,
			 GError **error)
{
	const char *const *argv = load_argv(plan->load);
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();
	g_auto(GStrv) program = NULL;

	if (!plan->carry)
		return g_strdupv((char **)argv);
	program = carry_words(plan->carry, vm, deadline, error);
	if (!program)
		return NULL;
	g_strv_builder_addv(words, (const char **)program);
	g_strv_builder_addv(words, (const char **)argv + 1);
	return g_strv_builder_end(words);
}

/* What a command that only looks prints; NULL with @error. Caller frees. */
static char *ask_guest(struct vm *vm, const char *const *argv, gint64 deadline, GError **error)
{
	struct capture capture;
	char *said = NULL;

	if (capture_run(&capture, vm, argv, NULL, NULL, deadline, error))
		said = g_strdup(capture.out->str);
	capture_clear(&capture);
	return said;
}

static bool read_guest(struct counts *counts, struct vm *vm, const char *own, gint64 deadline,
		       GError **error)
{
	g_autofree char *said = ask_guest(vm, count_guest_argv, deadline, error);

	if (said)
		count_guest_read(counts, said, own);
	return said;
}

/* What is read when, so that nothing of the reading is in what the load costs. */
struct measure {
	struct vm *vm;
	char *devices; /* of kc's own, in the guest's words */
	struct host_threads threads;
	struct counts before;
	double busy, own; /* seconds of the host's CPUs, and of kc's */
	gint64 start;
};

static bool begin(struct measure *measure, struct vm *vm, gint64 deadline, GError **error)
{
	struct counts *before = &measure->before;

	measure->vm = vm;
	measure->threads.vcpus = count_qemu_threads(vm_qmp(vm), "query-cpus-fast");
	measure->threads.iothreads = count_qemu_threads(vm_qmp(vm), "query-iothreads");
	counts_unknown(before);
	measure->devices = ask_guest(vm, count_guest_own_argv, deadline, error);
	if (!measure->devices || !read_guest(before, vm, measure->devices, deadline, error) ||
	    !count_qemu_read(before, vm_qmp(vm), error))
		return false;
	count_host_read(before, vm_pid(vm), &measure->threads);
	measure->own = count_host_own();
	measure->busy = count_host_busy();
	measure->start = g_get_monotonic_time();
	return true;
}

static bool end(struct measure *measure, struct bench_round *round, gint64 deadline, GError **error)
{
	struct counts *after = &round->counts;
	gint64 now = g_get_monotonic_time();
	double busy = count_host_busy() - measure->busy;
	double own = count_host_own() - measure->own;

	counts_unknown(after);
	count_host_read(after, vm_pid(measure->vm), &measure->threads);
	if (!count_qemu_read(after, vm_qmp(measure->vm), error) ||
	    !read_guest(after, measure->vm, measure->devices, deadline, error))
		return false;
	counts_subtract(after, &measure->before);
	round->seconds = (now - measure->start) / 1e6;
	round->others = (busy - own - after->of[COUNT_HOST_CPU]) /
			(round->seconds * sysconf(_SC_NPROCESSORS_ONLN));
	/* The host counts in ticks, QEMU's time is exact. */
	round->others = isnan(round->others) ? NAN : CLAMP(round->others, 0, 1);
	return true;
}

static void measure_clear(struct measure *measure)
{
	g_free(measure->devices);
	g_clear_pointer(&measure->threads.vcpus, g_array_unref);
	g_clear_pointer(&measure->threads.iothreads, g_array_unref);
}

static bool run_load(const struct round_plan *plan, struct vm *vm, char **words, gint64 deadline,
		     struct bench_reading *reading, struct bench_round *round, GError **error)
{
	struct measure measure = {0};
	struct capture capture = {.out = g_string_new(NULL), .err = g_string_new(NULL)};
	bool good = begin(&measure, vm, deadline, error);

	if (good) {
		capture_clear(&capture);
		good = capture_run(&capture, vm, (const char *const *)words, plan->env,
				   plan->transfer->dir, deadline, error) &&
		       end(&measure, round, deadline, error) &&
		       ended_well(&capture, "the load", error);
	}
	if (good && capture.too_much) {
		good = false;
		g_set_error(error, STATUS_ERROR, STATUS_TEST_FAILED,
			    "the load printed more than kc keeps; let it print its figures alone");
	}
	good = good && load_read(plan->load, capture.out->str, reading, error);
	capture_clear(&capture);
	measure_clear(&measure);
	return good;
}

bool round_run(const struct round_plan *plan, struct vm *vm, gint64 deadline,
	       struct bench_reading *reading, struct bench_round *round, GError **error)
{
	g_auto(GStrv) words = NULL;

	if (!set_up(plan, vm, deadline, error))
		return false;
	words = load_words(plan, vm, deadline, error);
	return words && run_load(plan, vm, words, deadline, reading, round, error);
}

char *round_release(struct vm *vm, gint64 deadline, GError **error)
{
	static const char *const argv[] = {"cat", "/proc/sys/kernel/osrelease", NULL};
	char *release = ask_guest(vm, argv, deadline, error);

	return release ? g_strchomp(release) : NULL;
}
