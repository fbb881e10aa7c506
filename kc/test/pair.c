/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/pair.h"
#include "base/loop.h"
#include "base/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEER_FILE "peer-" /* of the bundle: what is the second guest's */
#define RESULT_MAX_BYTES (64 << 20)

/* The second guest's process. */
struct peer {
	struct test_case test_case;
	pid_t pid;
	int from; /* its result */
};

static G_GNUC_NORETURN void work(const struct peer *peer, const struct test_settings *settings,
				 struct meet *meet, pid_t parent, int to)
{
	struct test_result *result;
	GBytes *bytes;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	loop_catch_signals();
	result = test_run(&peer->test_case, settings, meet);
	bytes = test_result_pack(result);
	pump_write_all(to, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
	_exit(0);
}

/* Where it fails the first guest finds nobody there. */
static void begin(struct peer *peer, const struct test_case *test_case,
		  const struct test_settings *settings, struct meet ends[2])
{
	pid_t parent = getpid();
	int result[2];

	peer->test_case = *test_case;
	peer->test_case.test = test_case->test->peer;
	peer->test_case.name = g_strdup_printf("%s, guest 2", test_case->name);
	if (!g_unix_open_pipe(result, FD_CLOEXEC, NULL)) {
		meet_clear(&ends[1]);
		return;
	}
	peer->from = result[0];
	peer->pid = fork();
	if (peer->pid == 0) {
		meet_clear(&ends[0]);
		close(result[0]);
		work(peer, settings, &ends[1], parent, result[1]);
	}
	close(result[1]);
	meet_clear(&ends[1]);
}

static GBytes *read_result(const struct peer *peer, double seconds)
{
	gint64 limit = loop_deadline(seconds);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	struct pollfd fd = {peer->from, POLLIN, 0};
	ssize_t n = 1;

	while (n != 0 && bytes->len < RESULT_MAX_BYTES) {
		gint64 left = (limit - g_get_monotonic_time()) / 1000;
		guint8 chunk[65536];

		if (left <= 0 || poll(&fd, 1, MIN(left, G_MAXINT)) == 0)
			break;
		n = read(peer->from, chunk, sizeof(chunk));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			break;
		if (n > 0)
			g_byte_array_append(bytes, chunk, n);
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}

static struct test_result *end(struct peer *peer, double seconds)
{
	g_autoptr(GBytes) bytes = read_result(peer, seconds);
	struct test_result *result = test_result_unpack(bytes);

	if (peer->pid > 0) {
		kill(peer->pid, SIGKILL);
		waitpid(peer->pid, NULL, 0);
	}
	if (peer->from >= 0)
		close(peer->from);
	g_free(peer->test_case.name);
	if (result)
		return result;
	result = test_result_new();
	result->verdict = (struct verdict){.kind = VERDICT_HOST_NOT_READY,
					   .why = g_strdup("kc's process for it ended"),
					   .notes = g_strdup("")};
	result->said = g_strdup("");
	return result;
}

static void add_note(struct verdict *verdict, const char *note)
{
	char *before = verdict->notes;

	verdict->notes = g_strconcat(before, note, "\n", NULL);
	g_free(before);
}

/* The worse one is the test's; the other becomes a note. */
static void join_verdicts(struct verdict *own, struct verdict *peers)
{
	bool worse = peers->kind > own->kind && verdict_is_failure(peers->kind);
	g_autofree char *note = NULL;

	if (worse) {
		struct verdict before = *own;
		g_autofree char *why = g_strdup_printf("guest 2: %s", peers->why);

		*own = *peers;
		*peers = before;
		g_free(own->why);
		own->why = g_steal_pointer(&why);
		add_note(own, "guest 2's files of the bundle are those called " PEER_FILE "*");
	}
	if (!worse && !verdict_is_failure(peers->kind))
		return;
	note = g_strdup_printf("guest %d: %s: %s", worse ? 1 : 2, verdict_name(peers->kind),
			       peers->why);
	add_note(own, note);
}

/* What the second guest left goes to what the first did. */
static void join_bundles(struct test_result *own, struct test_result *peers)
{
	g_autoptr(GDir) dir = peers->bundle ? g_dir_open(peers->bundle, 0, NULL) : NULL;
	const char *name;

	if (!dir)
		return;
	if (!own->bundle) {
		own->bundle = g_steal_pointer(&peers->bundle);
		return;
	}
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *from = g_build_filename(peers->bundle, name, NULL);
		g_autofree char *file = g_strconcat(PEER_FILE, name, NULL);
		g_autofree char *to = g_build_filename(own->bundle, file, NULL);

		g_rename(from, to);
	}
	g_rmdir(peers->bundle);
}

static void join_words(struct test_result *own, struct test_result *peers)
{
	char *before = own->said;

	own->said = g_strconcat(before, peers->said, NULL);
	g_free(before);
}

static struct test_result *run_two(const struct test_case *test_case,
				   const struct test_settings *settings, struct meet ends[2])
{
	struct peer peer = {.from = -1};
	struct test_result *own, *peers;

	begin(&peer, test_case, settings, ends);
	own = test_run(test_case, settings, &ends[0]);
	peers = end(&peer, test_run_limit(&peer.test_case, settings));
	join_verdicts(&own->verdict, &peers->verdict);
	join_bundles(own, peers);
	join_words(own, peers);
	test_result_free(peers);
	return own;
}

struct test_result *test_pair_run(const struct test_case *test_case,
				  const struct test_settings *settings)
{
	struct test_result *result;
	g_autoptr(GError) error = NULL;
	struct meet ends[2];

	if (!test_case->test->peer)
		return test_run(test_case, settings, NULL);
	if (meet_new(ends, &error)) {
		result = run_two(test_case, settings, ends);
	} else {
		result = test_result_new();
		result->verdict = (struct verdict){.kind = VERDICT_HOST_NOT_READY,
						   .why = g_strdup(error->message),
						   .notes = g_strdup("")};
		result->said = g_strdup("");
	}
	meet_clear(&ends[0]);
	meet_clear(&ends[1]);
	return result;
}
