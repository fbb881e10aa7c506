/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* pipe2() */
#include "test-pool.h"
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define TICK_MS 1000
#define RESULT_MAX_BYTES (64 << 20)

struct worker {
	pid_t pid;
	int fd; /* its result comes from there */
	GByteArray *bytes;
	const struct test_case *test_case;
	gint64 begin, limit;
	bool late;
};

struct pool {
	const GPtrArray *cases;
	const struct test_settings *settings;
	const struct test_pool_watcher *watcher;
	guint next; /* in @cases */
	GArray *workers;
	int signals; /* a signalfd */
	sigset_t old_mask;
	bool stops; /* begins no other */
	int signo;
};

static void write_all(int fd, GBytes *bytes)
{
	gsize len;
	const char *data = g_bytes_get_data(bytes, &len);

	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		data += n;
		len -= n;
	}
}

/* Out of the terminal's process group: kc alone hears Ctrl-C. */
static void leave_parent(pid_t parent, const sigset_t *mask)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	sigprocmask(SIG_SETMASK, mask, NULL);
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

	leave_parent(parent, &pool->old_mask);
	loop_catch_signals();
	result = test_run(test_case, pool->settings);
	bytes = test_result_pack(result);
	write_all(fd, bytes);
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

static void hand_over(struct pool *pool, const struct test_case *test_case,
		      struct test_result *result)
{
	if (!pool->watcher->done(test_case, result, pool->watcher->opaque))
		pool->stops = true;
}

static void skip(struct pool *pool, const struct test_case *test_case)
{
	hand_over(pool, test_case, no_result(VERDICT_SKIPPED, g_strdup(test_case->skip), 0));
}

static void begin(struct pool *pool, const struct test_case *test_case)
{
	double limit = test_run_limit(test_case, pool->settings);
	struct worker worker = {.test_case = test_case, .begin = g_get_monotonic_time()};
	pid_t parent = getpid();
	int ends[2] = {-1, -1};

	worker.limit = worker.begin + (gint64)(limit * G_USEC_PER_SEC);
	worker.pid = pipe2(ends, O_CLOEXEC) < 0 ? -1 : fork();
	if (worker.pid == 0)
		work(pool, test_case, parent, ends[1]);
	if (worker.pid < 0) {
		char *why = g_strdup_printf("no process for the test: %s", g_strerror(errno));

		hand_over(pool, test_case, no_result(VERDICT_HOST_NOT_READY, why, 0));
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

static void begin_next(struct pool *pool)
{
	const struct test_case *test_case = g_ptr_array_index(pool->cases, pool->next++);

	if (test_case->skip)
		skip(pool, test_case);
	else
		begin(pool, test_case);
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
	while (waitpid(worker.pid, &status, 0) < 0 && errno == EINTR)
		;
	result = test_result_unpack(bytes);
	if (!result && pool->signo)
		result = no_result(VERDICT_NOT_RUN, g_strdup("interrupted"), seconds);
	else if (!result)
		result = no_result(VERDICT_HOST_NOT_READY, tell_death(&worker, status), seconds);
	hand_over(pool, worker.test_case, result);
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
	struct signalfd_siginfo info;

	if (read(pool->signals, &info, sizeof(info)) != sizeof(info))
		return;
	pool->signo = info.ssi_signo;
	kill_all(pool);
}

static void tell_progress(const struct pool *pool)
{
	g_autoptr(GArray) running = g_array_new(FALSE, FALSE, sizeof(struct test_running));
	gint64 now = g_get_monotonic_time();

	for (guint i = 0; i < pool->workers->len; i++) {
		const struct worker *worker = &g_array_index(pool->workers, struct worker, i);
		struct test_running one = {worker->test_case, (now - worker->begin) / 1e6};

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
	fds[count] = (struct pollfd){pool->signals, POLLIN, 0};
	if (poll(fds, count + 1, TICK_MS) > 0) {
		if (fds[count].revents)
			take_signal(pool);
		/* From behind: one that ends leaves the array. */
		for (guint i = count; i-- > 0;)
			if (fds[i].revents &&
			    read_some(&g_array_index(pool->workers, struct worker, i)))
				end(pool, i);
	}
	kill_late(pool);
}

static void block_signals(struct pool *pool)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, &pool->old_mask);
	pool->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

int test_pool_run(const GPtrArray *cases, const struct test_settings *settings, unsigned jobs,
		  const struct test_pool_watcher *watcher)
{
	struct pool pool = {.cases = cases, .settings = settings, .watcher = watcher};

	pool.workers = g_array_new(FALSE, FALSE, sizeof(struct worker));
	block_signals(&pool);
	while (pool.workers->len > 0 || (pool.next < cases->len && !pool.stops)) {
		while (!pool.stops && pool.next < cases->len && pool.workers->len < jobs)
			begin_next(&pool);
		tell_progress(&pool);
		if (pool.workers->len > 0)
			wait_for_something(&pool);
	}
	for (; pool.next < cases->len; pool.next++)
		watcher->done(g_ptr_array_index(cases, pool.next),
			      no_result(VERDICT_NOT_RUN, g_strdup("the run was ended before"), 0),
			      watcher->opaque);
	close(pool.signals);
	sigprocmask(SIG_SETMASK, &pool.old_mask, NULL);
	g_array_unref(pool.workers);
	return pool.signo;
}
