/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/stalls.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PERIOD_USEC (200 * 1000)
#define LATE_USEC (300 * 1000) /* beyond its period: this thread could not run either */
#define SAMPLES 3000 /* ten minutes */
/* A watchdog that looked a moment ago looks again only after its own period. */
#define SLACK_SECONDS 10
#define SHARE 0.1 /* of the wait that is complained of; less does not explain it */
#define LEAST_SECONDS 0.5

enum cause { STOPPED, HELD, AWAY, CROWDED, CAUSES };

static const char *const words[CAUSES] = {
	[STOPPED] = "QEMU was stopped, by a signal or a debugger, for %.1f s",
	[HELD] = "QEMU had paused the machine for %.1f s",
	[AWAY] = "neither QEMU nor kc got to run for %.1f s, as where the host is suspended",
	[CROWDED] = "QEMU waited %.1f s for a CPU of this host",
};

/* Sums since the beginning; microseconds */
struct sample {
	gint64 time, lost[CAUSES];
};

/* Of one thread: how long it ran, and how long it wanted to and could not. */
struct thread {
	gint64 ran, waited;
};

struct stalls {
	int pid;
	GThread *watcher;
	GMutex lock;
	GCond end;
	bool ends, held, stopped;
	GHashTable *threads; /* by number: struct thread */
	struct sample samples[SAMPLES];
	guint n; /* of all that were taken; the newest is at (n - 1) % SAMPLES */
};

/* The one clock that goes on while the host is suspended. */
static gint64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (gint64)time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

/* "PID (NAME) STATE ...": the name may hold anything. */
static bool is_stopped(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;
	const char *end;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	end = strrchr(text, ')');
	return end && end[1] == ' ' && (end[2] == 'T' || end[2] == 't');
}

/* What @thread did since the last time, in @did; false the first time. */
static bool follow_thread(struct stalls *stalls, const char *number, struct thread *did)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%s/schedstat", stalls->pid, number);
	g_autofree char *text = NULL;
	struct thread is, *was;
	bool known;

	/* Nanoseconds; a kernel without schedstat tells nothing. */
	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    sscanf(text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &is.ran, &is.waited) != 2)
		return false;
	was = g_hash_table_lookup(stalls->threads, number);
	known = was;
	if (!known) {
		was = g_new(struct thread, 1);
		g_hash_table_insert(stalls->threads, g_strdup(number), was);
	} else {
		*did = (struct thread){(is.ran - was->ran) / 1000,
				       (is.waited - was->waited) / 1000};
	}
	*was = is;
	return known;
}

/* The most that one of its threads did: those of the guest's CPUs are the busy ones. */
static struct thread follow_threads(struct stalls *stalls)
{
	g_autofree char *folder = g_strdup_printf("/proc/%d/task", stalls->pid);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	struct thread most = {0}, did;
	const char *number;

	while (dir && (number = g_dir_read_name(dir))) {
		if (!follow_thread(stalls, number, &did))
			continue;
		most.ran = MAX(most.ran, did.ran);
		most.waited = MAX(most.waited, did.waited);
	}
	return most;
}

/*
 * Where this thread itself was late it did not see why: who ran meanwhile was
 * not kept from it, and who did not most probably stood still with us.
 */
static void blame(const struct stalls *stalls, gint64 passed, struct thread did, gint64 *lost)
{
	if (stalls->stopped)
		lost[STOPPED] += passed;
	else if (stalls->held)
		lost[HELD] += passed;
	else if (passed > PERIOD_USEC + LATE_USEC)
		lost[AWAY] += MAX(passed - PERIOD_USEC - did.ran, 0);
	else
		lost[CROWDED] += MIN(did.waited, passed);
}

/* How it was since the last time; the caller has the lock. */
static const struct sample *look(struct stalls *stalls)
{
	const struct sample *last = &stalls->samples[(stalls->n - 1) % SAMPLES];
	struct sample *sample = &stalls->samples[stalls->n % SAMPLES];
	struct thread did = follow_threads(stalls);
	struct sample next = {.time = now()};

	if (stalls->n) {
		memcpy(next.lost, last->lost, sizeof(next.lost));
		blame(stalls, next.time - last->time, did, next.lost);
	}
	*sample = next;
	stalls->n++;
	stalls->stopped = is_stopped(stalls->pid);
	return sample;
}

static void *watch(void *data)
{
	struct stalls *stalls = data;

	g_mutex_lock(&stalls->lock);
	while (!stalls->ends) {
		look(stalls);
		g_cond_wait_until(&stalls->end, &stalls->lock,
				  g_get_monotonic_time() + PERIOD_USEC);
	}
	g_mutex_unlock(&stalls->lock);
	return NULL;
}

struct stalls *stalls_new(int pid)
{
	struct stalls *stalls = g_new0(struct stalls, 1);

	stalls->pid = pid;
	stalls->threads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_mutex_init(&stalls->lock);
	g_cond_init(&stalls->end);
	stalls->watcher = g_thread_new("stalls", watch, stalls);
	return stalls;
}

void stalls_free(struct stalls *stalls)
{
	if (!stalls)
		return;
	g_mutex_lock(&stalls->lock);
	stalls->ends = true;
	g_cond_signal(&stalls->end);
	g_mutex_unlock(&stalls->lock);
	g_thread_join(stalls->watcher);
	g_mutex_clear(&stalls->lock);
	g_cond_clear(&stalls->end);
	g_hash_table_unref(stalls->threads);
	g_free(stalls);
}

void stalls_hold(struct stalls *stalls, bool held)
{
	g_mutex_lock(&stalls->lock);
	look(stalls);
	stalls->held = held;
	g_mutex_unlock(&stalls->lock);
}

/* The oldest that is not older than @since, or the one before it. */
static const struct sample *sample_at(const struct stalls *stalls, gint64 since)
{
	guint oldest = stalls->n > SAMPLES ? stalls->n - SAMPLES : 0;
	guint i = stalls->n - 1;

	while (i > oldest && stalls->samples[i % SAMPLES].time > since)
		i--;
	return &stalls->samples[i % SAMPLES];
}

/*
 * CPUs that are shared are slower, and so is all that is measured in the guest;
 * only who rarely gets one is kept from running.
 */
static char *tell(gint64 *lost, double window, double least)
{
	GString *out = g_string_new(NULL);
	double sum = 0;

	if (lost[CROWDED] / 1e6 < window / 2)
		lost[CROWDED] = 0;
	for (int i = 0; i < CAUSES; i++)
		sum += lost[i] / 1e6;
	if (sum < least)
		return g_string_free(out, TRUE);
	g_string_printf(out, "of the %.0f s before, the machine could not run for %.1f s (", window,
			sum);
	for (int i = 0, told = 0; i < CAUSES; i++) {
		if (lost[i] / 1e6 < sum * SHARE)
			continue;
		g_string_append(out, told++ ? ", " : "");
		g_string_append_printf(out, words[i], lost[i] / 1e6);
	}
	return g_string_free(g_string_append_c(out, ')'), FALSE);
}

/* @window: seconds up to now; 0: all of the time */
static char *explain(struct stalls *stalls, double window, double least)
{
	const struct sample *from, *to;
	gint64 lost[CAUSES];
	char *text;

	g_mutex_lock(&stalls->lock);
	to = look(stalls);
	from = sample_at(stalls, window ? to->time - (gint64)(window * G_USEC_PER_SEC) : 0);
	for (int i = 0; i < CAUSES; i++)
		lost[i] = to->lost[i] - from->lost[i];
	text = tell(lost, (to->time - from->time) / 1e6, least);
	g_mutex_unlock(&stalls->lock);
	return text;
}

char *stalls_explain(struct stalls *stalls, double seconds)
{
	return explain(stalls, seconds + SLACK_SECONDS, MAX(LEAST_SECONDS, seconds * SHARE));
}

char *stalls_sum(struct stalls *stalls)
{
	return explain(stalls, 0, 1);
}
