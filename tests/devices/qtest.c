// SPDX-License-Identifier: GPL-2.0-or-later
#include "qtest.h"
#include "../unit.h"
#include "base/spawn.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LIMIT_SECONDS 20
#define FD_WIRE 5
#define FD_QMP 6

static void pair(int *ours, struct spawn_fd *theirs, int number)
{
	struct timeval limit = {.tv_sec = LIMIT_SECONDS};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*ours = ends[0];
	*theirs = (struct spawn_fd){ends[1], number};
}

void qtest_start(struct qtest *qtest, char *const *argv)
{
	static const char *const more[] = {"-nodefaults",
					   "-display",
					   "none",
					   "-accel",
					   "qtest",
					   "-chardev",
					   "socket,id=wire,fd=" G_STRINGIFY(FD_WIRE),
					   "-object",
					   "qtest,id=qtest,chardev=wire,log=none",
					   "-chardev",
					   "socket,id=qmp,fd=" G_STRINGIFY(FD_QMP),
					   "-mon",
					   "chardev=qmp,mode=control"};
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	GError *error = NULL;
	struct spawn_fd fds[2];
	int control;

	for (; *argv; argv++)
		g_ptr_array_add(all, *argv);
	for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
		g_ptr_array_add(all, (char *)more[i]);
	g_ptr_array_add(all, NULL);
	pair(&qtest->wire, &fds[0], FD_WIRE);
	pair(&control, &fds[1], FD_QMP);
	qtest->process = spawn((const char *const *)all->pdata, NULL, fds, 2, &error);
	if (!qtest->process)
		fail_msg("%s", error->message);
	qtest->qmp = qmp_new(control, NULL, NULL);
}

void qtest_end(struct qtest *qtest)
{
	g_subprocess_force_exit(qtest->process);
	g_subprocess_wait(qtest->process, NULL, NULL);
	g_clear_object(&qtest->process);
	g_clear_pointer(&qtest->qmp, qmp_free);
	close(qtest->wire);
}

/* A QEMU that hangs is not to hang the test. */
static gboolean too_late(gpointer data)
{
	g_subprocess_force_exit(data);
	return G_SOURCE_CONTINUE;
}

static void take_errors(GObject *source, GAsyncResult *result, gpointer said)
{
	GError *error = NULL;

	if (!g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, NULL, said, &error))
		fail_msg("%s", error->message);
}

int qtest_wait(struct qtest *qtest, char **said)
{
	guint timer = g_timeout_add_seconds(LIMIT_SECONDS, too_late, qtest->process);

	*said = NULL;
	g_subprocess_communicate_utf8_async(qtest->process, NULL, NULL, take_errors, said);
	while (!*said)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	if (g_subprocess_get_if_exited(qtest->process))
		return g_subprocess_get_exit_status(qtest->process);
	return 256 + g_subprocess_get_term_sig(qtest->process);
}

/* Sends a line and returns what follows "OK" in the one that answers. */
static char *ask(struct qtest *qtest, const char *line)
{
	GString *answer = g_string_new(NULL);
	char *said, byte;

	if (write(qtest->wire, line, strlen(line)) == (ssize_t)strlen(line))
		while (read(qtest->wire, &byte, 1) == 1 && byte != '\n')
			g_string_append_c(answer, byte);
	if (!g_str_has_prefix(answer->str, "OK")) {
		int status = qtest_wait(qtest, &said);

		fail_msg("\"%s\" is the answer to %sQEMU ended with %d and said:\n%s", answer->str,
			 line, status, said);
	}
	g_string_erase(answer, 0, MIN(answer->len, strlen("OK ")));
	return g_string_free(answer, FALSE);
}

void qtest_write(struct qtest *qtest, guint64 address, const void *data, size_t len)
{
	GString *line = g_string_new(NULL);

	g_string_printf(line, "write 0x%" G_GINT64_MODIFIER "x %zu 0x", address, len);
	for (size_t i = 0; i < len; i++)
		g_string_append_printf(line, "%02x", ((const guint8 *)data)[i]);
	g_string_append_c(line, '\n');
	g_free(ask(qtest, line->str));
	g_string_free(line, TRUE);
}

void qtest_read(struct qtest *qtest, guint64 address, void *data, size_t len)
{
	g_autofree char *line = g_strdup_printf("read 0x%" G_GINT64_MODIFIER "x %zu\n", address,
						len);
	g_autofree char *answer = ask(qtest, line);

	assert_int_equal(strlen(answer), 2 + 2 * len);
	for (size_t i = 0; i < len; i++)
		((guint8 *)data)[i] = g_ascii_xdigit_value(answer[2 + 2 * i]) << 4 |
				      g_ascii_xdigit_value(answer[3 + 2 * i]);
}

void qtest_set(struct qtest *qtest, guint64 address, guint32 value)
{
	g_autofree char *line = g_strdup_printf("writel 0x%" G_GINT64_MODIFIER "x 0x%x\n", address,
						value);

	g_free(ask(qtest, line));
}

guint32 qtest_get(struct qtest *qtest, guint64 address)
{
	g_autofree char *line = g_strdup_printf("readl 0x%" G_GINT64_MODIFIER "x\n", address);
	g_autofree char *answer = ask(qtest, line);

	return g_ascii_strtoull(answer, NULL, 16);
}

void qtest_pass_time(struct qtest *qtest, gint64 time)
{
	g_autofree char *line = g_strdup_printf("clock_step %" G_GINT64_FORMAT "\n", time);

	g_free(ask(qtest, line));
}

char *qtest_state(struct qtest *qtest)
{
	g_autoptr(JsonNode) node = qmp_call(qtest->qmp, "query-status", NULL, NULL);

	return node ? g_strdup(json_object_get_string_member(json_node_get_object(node), "status"))
		    : NULL;
}

void qtest_command(struct qtest *qtest, const char *command, const char *name, const char *value)
{
	JsonObject *arguments = name ? json_object_new() : NULL;
	g_autoptr(JsonNode) node = NULL;
	GError *error = NULL;

	if (name)
		json_object_set_string_member(arguments, name, value);
	node = qmp_call(qtest->qmp, command, arguments, &error);
	if (!node)
		fail_msg("%s: %s", command, error->message);
}
