/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/tsc.h"

#include <glib.h>
#include <stdint.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>

#define MEASURE_NS 10000000
#define TRIES 8

struct reading {
	uint64_t ticks;
	int64_t ns;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Both clocks at once: the try in which least time passed between them. */
static struct reading read_both(void)
{
	struct reading best = {0};
	uint64_t best_gap = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = __rdtsc();
		int64_t ns = now_ns();
		uint64_t gap = __rdtsc() - before;

		if (gap < best_gap) {
			best_gap = gap;
			best = (struct reading){.ticks = before + gap / 2, .ns = ns};
		}
	}
	return best;
}

unsigned tsc_khz(void)
{
	struct reading start = read_both();
	struct reading end;

	g_usleep(MEASURE_NS / 1000);
	end = read_both();
	return (end.ticks - start.ticks) * UINT64_C(1000000) / (end.ns - start.ns);
}
#else
unsigned tsc_khz(void)
{
	return 0;
}
#endif
