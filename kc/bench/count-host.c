/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/count-host.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t clock)
{
	struct timespec time;

	return clock_gettime(clock, &time) == 0 ? time.tv_sec + time.tv_nsec / 1e9 : NAN;
}

/* All of its threads, those that have ended, too. */
static double process_seconds(pid_t pid)
{
	clockid_t clock;

	return clock_getcpuclockid(pid, &clock) == 0 ? seconds_of(clock) : NAN;
}

/* "RUN WAIT SLICES": nanoseconds on a CPU first. The clock of a single thread is its own process' only. */
static double thread_seconds(pid_t pid, gint64 thread)
{
	g_autofree char *file = g_strdup_printf("/proc/%d/task/%" G_GINT64_FORMAT "/schedstat", pid,
						thread);
	g_autofree char *text = NULL;
	unsigned long long ns;

	if (!g_file_get_contents(file, &text, NULL, NULL) || sscanf(text, "%llu", &ns) != 1)
		return NAN;
	return ns / 1e9;
}

static double threads_seconds(pid_t pid, const GArray *threads)
{
	double sum = threads ? 0 : NAN;

	for (guint i = 0; threads && i < threads->len; i++)
		sum += thread_seconds(pid, g_array_index(threads, gint64, i));
	return sum;
}

void count_host_read(struct counts *counts, pid_t qemu, const struct host_threads *threads)
{
	double *of = counts->of;

	of[COUNT_HOST_CPU] = process_seconds(qemu);
	of[COUNT_HOST_VCPUS] = threads_seconds(qemu, threads->vcpus);
	of[COUNT_HOST_IOTHREADS] = threads_seconds(qemu, threads->iothreads);
	of[COUNT_HOST_REST] = of[COUNT_HOST_CPU] - of[COUNT_HOST_VCPUS] - of[COUNT_HOST_IOTHREADS];
}

double count_host_busy(void)
{
	unsigned long long user, nice, system, idle, wait, irq, softirq;
	g_autofree char *text = NULL;

	if (!g_file_get_contents("/proc/stat", &text, NULL, NULL) ||
	    sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
		   &wait, &irq, &softirq) != 7)
		return NAN;
	return (double)(user + nice + system + irq + softirq) / sysconf(_SC_CLK_TCK);
}

double count_host_own(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}
