/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE /* struct ucred */
#include "vm/inspect.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 8
#define REQUEST_MAX_BYTES (64 * 1024)

struct inspect {
	struct qmp *qmp;
	const struct console *guest, *qemu;
	const struct kernel_log *kernel;
	int fd;
	guint watch;
	GPtrArray *connections;
};

struct connection {
	struct inspect *inspect;
	int fd;
	guint watch; /* for more to read, or room to write; 0 while QEMU is busy */
	bool busy; /* from a command until its answer has been taken */
	GString *in, *out;
	gint64 id; /* the caller's, of the command under way */
};

static void connection_free(void *data)
{
	struct connection *connection = data;

	qmp_forget(connection->inspect->qmp, connection);
	if (connection->watch)
		g_source_remove(connection->watch);
	close(connection->fd);
	g_string_free(connection->in, TRUE);
	g_string_free(connection->out, TRUE);
	g_free(connection);
}

static void hang_up(struct connection *connection)
{
	connection->watch = 0; /* its source is the caller, and goes by itself */
	g_ptr_array_remove_fast(connection->inspect->connections, connection);
}

static bool serve(struct connection *connection);

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct connection *connection = data;
	ssize_t n = send(fd, connection->out->str, connection->out->len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n < 0) {
		hang_up(connection);
		return G_SOURCE_REMOVE;
	}
	g_string_erase(connection->out, 0, n);
	if (connection->out->len)
		return G_SOURCE_CONTINUE;
	connection->watch = 0;
	connection->busy = false;
	if (!serve(connection))
		hang_up(connection);
	return G_SOURCE_REMOVE;
}

static void answer(struct connection *connection, const char *member, JsonNode *node)
{
	g_autoptr(JsonObject) object = json_object_new();
	g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *text = NULL;

	json_object_set_member(object, member, node);
	json_object_set_int_member(object, "id", connection->id);
	json_node_set_object(root, object);
	text = json_to_string(root, FALSE);
	g_string_append(connection->out, text);
	g_string_append_c(connection->out, '\n');
	connection->watch = g_unix_fd_add(connection->fd, G_IO_OUT, on_writable, connection);
}

static void refuse(struct connection *connection, const char *why)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *error = json_object_new();

	json_object_set_string_member(error, "class", "GenericError");
	json_object_set_string_member(error, "desc", why);
	json_node_take_object(node, error);
	answer(connection, "error", node);
}

static void on_done(JsonObject *reply, void *opaque)
{
	struct connection *connection = opaque;
	const char *member = json_object_has_member(reply, "return") ? "return" : "error";

	if (json_object_has_member(reply, member))
		answer(connection, member, json_node_copy(json_object_get_member(reply, member)));
	else
		refuse(connection, "QEMU's answer is none");
}

static void answer_said(struct connection *connection)
{
	JsonNode *node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *said = json_object_new();
	const struct inspect *inspect = connection->inspect;
	g_autofree char *console = console_tail(inspect->guest);
	g_autofree char *kernel = kernel_log_warnings(inspect->kernel);
	g_autofree char *errors = console_tail(inspect->qemu);

	json_object_set_string_member(said, "console", console);
	json_object_set_string_member(said, "kernel", kernel);
	json_object_set_string_member(said, "qemu", errors);
	json_node_take_object(node, said);
	answer(connection, "return", node);
}

bool inspect_allows(const char *command, const char *line)
{
	static const char *const looks[] = {"query-", "x-query-", "qom-get", "qom-list"};

	if (g_str_equal(command, "human-monitor-command"))
		return line && (g_str_has_prefix(line, "info ") || g_str_has_prefix(line, "xp /"));
	for (size_t i = 0; i < G_N_ELEMENTS(looks); i++)
		if (g_str_has_prefix(command, looks[i]))
			return true;
	return false;
}

static const char *string_of(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static void run(struct connection *connection, JsonObject *request)
{
	JsonNode *node = json_object_get_member(request, "arguments");
	JsonObject *arguments = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								     : NULL;
	const char *command = string_of(request, "execute");

	connection->busy = true;
	node = json_object_get_member(request, "id");
	connection->id = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
	if (command && g_str_equal(command, INSPECT_SAID))
		answer_said(connection);
	else if (!command || !inspect_allows(command, string_of(arguments, "command-line")))
		refuse(connection, "only commands that look are passed on");
	else if (!qmp_request(connection->inspect->qmp, command,
			      arguments ? json_object_ref(arguments) : NULL, on_done, connection))
		refuse(connection, "QEMU takes no commands");
}

static bool run_line(struct connection *connection, size_t len)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	bool good = json_parser_load_from_data(parser, connection->in->str, len, NULL);
	JsonNode *root = good ? json_parser_get_root(parser) : NULL;

	g_string_erase(connection->in, 0, len + 1);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root))
		return false;
	run(connection, json_node_get_object(root));
	return true;
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct connection *connection = data;
	char buffer[4096];
	ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	connection->watch = 0;
	if (n > 0)
		g_string_append_len(connection->in, buffer, n);
	if (n <= 0 || !serve(connection))
		hang_up(connection);
	return G_SOURCE_REMOVE;
}

/* One command at a time: nothing more is read before its answer is taken. */
static bool serve(struct connection *connection)
{
	char *newline;

	while (!connection->busy &&
	       (newline = memchr(connection->in->str, '\n', connection->in->len)))
		if (!run_line(connection, newline - connection->in->str))
			return false;
	if (connection->busy)
		return true;
	connection->watch = g_unix_fd_add(connection->fd, G_IO_IN | G_IO_HUP, on_readable,
					  connection);
	return connection->in->len < REQUEST_MAX_BYTES;
}

static void add_connection(struct inspect *inspect, int fd)
{
	struct connection *connection = g_new0(struct connection, 1);

	connection->inspect = inspect;
	connection->fd = fd;
	connection->in = g_string_new(NULL);
	connection->out = g_string_new(NULL);
	g_ptr_array_add(inspect->connections, connection);
	serve(connection);
}

static gboolean on_connection(int listener, GIOCondition condition, void *data)
{
	struct inspect *inspect = data;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)condition;
	if (fd < 0)
		return G_SOURCE_CONTINUE;
	if (inspect->connections->len < CONNECTIONS_MAX && inspect_is_ours(fd, NULL))
		add_connection(inspect, fd);
	else
		close(fd);
	return G_SOURCE_CONTINUE;
}

bool inspect_is_ours(int fd, pid_t *pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || peer.uid != geteuid())
		return false;
	if (pid)
		*pid = peer.pid;
	return true;
}

static int open_listener(void)
{
	static unsigned number;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* A name that can be foreseen, another user could take before us. */
	int len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1,
			   INSPECT_PREFIX "%d/%u/%08x%08x", getpid(), ++number, g_random_int(),
			   g_random_int());

	if (fd < 0)
		return -1;
	if (bind(fd, (struct sockaddr *)&address,
		 offsetof(struct sockaddr_un, sun_path) + 1 + len) == 0 &&
	    listen(fd, CONNECTIONS_MAX) == 0)
		return fd;
	close(fd);
	return -1;
}

struct inspect *inspect_serve(struct qmp *qmp, const struct console *guest,
			      const struct kernel_log *kernel, const struct console *qemu)
{
	int fd = open_listener();
	struct inspect *inspect;

	if (fd < 0)
		return NULL;
	inspect = g_new0(struct inspect, 1);
	inspect->qmp = qmp;
	inspect->guest = guest;
	inspect->kernel = kernel;
	inspect->qemu = qemu;
	inspect->fd = fd;
	inspect->connections = g_ptr_array_new_with_free_func(connection_free);
	inspect->watch = g_unix_fd_add(fd, G_IO_IN, on_connection, inspect);
	return inspect;
}

void inspect_free(struct inspect *inspect)
{
	if (!inspect)
		return;
	g_source_remove(inspect->watch);
	close(inspect->fd);
	g_ptr_array_unref(inspect->connections);
	g_free(inspect);
}
