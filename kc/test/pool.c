/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* pipe2() */
#include "test/pool.h"
#include "test/pair.h"
#include "base/loop.h"
#include "base/pump.h"
#include "base/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 1000
#define RESULT_MAX_BYTES (64 << 20)

struct worker {
	pid_t pid;
	int fd; /* its result comes from there */
	GByteArray *bytes;
	struct test_turn turn;
	gint64 begin, limit;
	int slot; /* that it runs in; SLOT_FREE: the one that who started kc has */
	bool late;
};

struct pool {
	struct test_rounds *rounds;
	const struct test_settings *settings;
	const struct test_pool_watcher *watcher;
	struct test_turn next;
	bool more; /* @next is to be begun */
	GArray *workers;
	bool stops; /* begins no other */
	int signo;
};

/* Out of the terminal's process group: kc alone hears Ctrl-C. */
static void leave_parent(pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
}

static G_GNUC_NORETURN void work(const struct pool *pool, const struct test_case *test_case,
				 pid_t parent, int fd)
{
	struct test_result *result;
	GBytes *bytes;

	leave_parent(parent);
	loop_catch_signals();
	result = test_pair_run(test_case, pool->settings);
	bytes = test_result_pack(result);
	pump_write_all(fd, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	g_bytes_unref(bytes);
	test_result_free(result);
	_exit(0);
}

static struct test_result *no_result(enum verdict_kind kind, char *why, double seconds)
{
	struct test_result *result = test_result_new();

	result->verdict = (struct verdict){
		.kind = kind,
		.why = why,
		.notes = g_strdup(""),
		.next = g_strdup(verdict_next(kind)),
	};
	result->said = g_strdup("");
	result->seconds = seconds;
	return result;
}

static void hand_over(struct pool *pool, const struct test_turn *turn, struct test_result *result)
{
	result->run = turn->run;
	if (!pool->watcher->done(turn->test_case, result, pool->watcher->opaque))
		pool->stops = true;
}

static void skip(struct pool *pool, const struct test_turn *turn)
{
	hand_over(pool, turn, no_result(VERDICT_SKIPPED, g_strdup(turn->test_case->skip), 0));
}

static void begin(struct pool *pool, const struct test_turn *turn, int slot)
{
	double limit = test_run_limit(turn->test_case, pool->settings);
	struct worker worker = {.turn = *turn, .begin = g_get_monotonic_time(), .slot = slot};
	pid_t parent = getpid();
	int ends[2] = {-1, -1};

	worker.limit = worker.begin + (gint64)(limit * G_USEC_PER_SEC);
	worker.pid = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();
	if (worker.pid == 0)
		work(pool, turn->test_case, parent, ends[1]);
	if (worker.pid < 0) {
		char *why = g_strdup_printf("no process for the test: %s", g_strerror(errno));

		hand_over(pool, turn, no_result(VERDICT_HOST_NOT_READY, why, 0));
		slot_give(slot);
		if (ends[0] >= 0)
			close(ends[0]);
	} else {
		worker.fd = ends[0];
		worker.bytes = g_byte_array_new();
		g_array_append_val(pool->workers, worker);
	}
	if (ends[1] >= 0)
		close(ends[1]);
}

static int find_slot(const struct pool *pool)
{
	for (guint i = 0; i < pool->workers->len; i++)
		if (g_array_index(pool->workers, struct worker, i).slot == SLOT_FREE)
			return slot_take();
	return SLOT_FREE;
}

/* False: it has to wait for one that runs. */
static bool begin_next(struct pool *pool)
{
	const char *reason = pool->next.test_case->skip;
	int slot = reason ? SLOT_FREE : find_slot(pool);

	if (slot == SLOT_NONE)
		return false;
	if (reason)
		skip(pool, &pool->next);
	else
		begin(pool, &pool->next, slot);
	pool->more = test_rounds_next(pool->rounds, &pool->next);
	return true;
}

static char *tell_death(const struct worker *worker, int status)
{
	if (worker->late)
		return g_strdup("kc's process for this test did not end in time");
	if (WIFSIGNALED(status))
		return g_strdup_printf("kc's process for this test died of signal %d (%s)",
				       WTERMSIG(status), g_strsignal(WTERMSIG(status)));
	return g_strdup_printf("kc's process for this test ended with status %d and no result",
			       WEXITSTATUS(status));
}

static void end(struct pool *pool, guint index)
{
	struct worker worker = g_array_index(pool->workers, struct worker, index);
	GBytes *bytes = g_byte_array_free_to_bytes(worker.bytes);
	double seconds = (g_get_monotonic_time() - worker.begin) / 1e6;
	struct test_result *result;
	int status = 0;

	g_array_remove_index(pool->workers, index);
	close(worker.fd);
	slot_give(worker.slot);
	while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR)
		;
	result = test_result_unpack(bytes);
	if (!result && pool->signo)
		result = no_result(VERDICT_NOT_RUN, g_strdup("interrupted"), seconds);
	else if (!result)
		result = no_result(VERDICT_HOST_NOT_READY, tell_death(&worker, status), seconds);
	hand_over(pool, &worker.turn, result);
	g_bytes_unref(bytes);
}

/* True at its end. */
static bool read_some(struct worker *worker)
{
	guint8 data[65536];
	ssize_t n = read(worker->fd, data, sizeof(data));

	if (n < 0 && errno == EINTR)
		return false;
	if (n > 0 && worker->bytes->len < RESULT_MAX_BYTES)
		g_byte_array_append(worker->bytes, data, n);
	return n <= 0;
}

/* Each machine dies with its process, and leaves nothing behind. */
static void kill_all(struct pool *pool)
{
	for (guint i = 0; i < pool->workers->len; i++)
		kill(g_array_index(pool->workers, struct worker, i).pid, SIGKILL);
	pool->stops = true;
}

static void kill_late(struct pool *pool)
{
	gint64 now = g_get_monotonic_time();

	for (guint i = 0; i < pool->workers->len; i++) {
		struct worker *worker = &g_array_index(pool->workers, struct worker, i);

		if (now < worker->limit)
			continue;
		worker->late = true;
		kill(worker->pid, SIGKILL);
	}
}

static void take_signal(struct pool *pool)
{
	pool->signo = loop_take_signal();
	kill_all(pool);
}

static void tell_progress(const struct pool *pool)
{
	g_autoptr(GArray) running = g_array_new(FALSE, FALSE, sizeof(struct test_running));
	gint64 now = g_get_monotonic_time();

	for (guint i = 0; i < pool->workers->len; i++) {
		const struct worker *worker = &g_array_index(pool->workers, struct worker, i);
		struct test_running one = {worker->turn.test_case, (now - worker->begin) / 1e6};

		g_array_append_val(running, one);
	}
	pool->watcher->progress(running, pool->watcher->opaque);
}

static void wait_for_something(struct pool *pool)
{
	guint count = pool->workers->len;
	g_autofree struct pollfd *fds = g_new0(struct pollfd, count + 1);

	for (guint i = 0; i < count; i++)
		fds[i] = (struct pollfd){g_array_index(pool->workers, struct worker, i).fd, POLLIN,
					 0};
	fds[count] = (struct pollfd){loop_signal_fd(), POLLIN, 0};
	if (poll(fds, count + 1, TICK_MS) > 0) {
		if (loop_signal())
			take_signal(pool);
		/* From behind: one that ends leaves the array. */
		for (guint i = count; i-- > 0;)
			if (fds[i].revents &&
			    read_some(&g_array_index(pool->workers, struct worker, i)))
				end(pool, i);
	}
	kill_late(pool);
}

static void leave_the_rest(struct pool *pool)
{
	while (pool->more) {
		hand_over(pool, &pool->next,
			  no_result(VERDICT_NOT_RUN, g_strdup("the run was ended before"), 0));
		pool->more = test_rounds_next(pool->rounds, &pool->next);
	}
}

int test_pool_run(struct test_rounds *rounds, const struct test_settings *settings, unsigned jobs,
		  const struct test_pool_watcher *watcher)
{
	struct pool pool = {.rounds = rounds, .settings = settings, .watcher = watcher};

	pool.workers = g_array_new(FALSE, FALSE, sizeof(struct worker));
	pool.more = test_rounds_next(rounds, &pool.next);
	loop_catch_signals();
	/* Whoever reads no further need not wait for the rest. */
	signal(SIGPIPE, SIG_DFL);
	while (pool.workers->len > 0 || (pool.more && !pool.stops)) {
		while (!pool.stops && pool.more && pool.workers->len < jobs && begin_next(&pool))
			;
		tell_progress(&pool);
		if (pool.workers->len > 0)
			wait_for_something(&pool);
	}
	leave_the_rest(&pool);
	g_array_unref(pool.workers);
	return pool.signo;
}
