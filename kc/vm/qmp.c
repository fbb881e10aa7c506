/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/qmp.h"
#include "base/loop.h"
#include "base/status.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SECONDS 10
#define LINE_MAX_BYTES (16 * 1024 * 1024)

struct qmp {
	int fd;
	guint watch;
	bool closed;
	GString *line; /* what came behind the last newline */
	qmp_event event;
	void *opaque;
	gint64 last_id;
	gint64 awaited; /* id of the command that qmp_call() waits for */
	JsonNode *answer; /* the whole reply to it */
	GList *requests; /* of struct request */
};

struct request {
	gint64 id;
	qmp_done done;
	void *opaque;
};

JsonObject *qmp_member(JsonObject *object, const char *name)
{
	JsonNode *node = object ? json_object_get_member(object, name) : NULL;

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static void on_reply(struct qmp *qmp, gint64 id, JsonObject *reply)
{
	for (GList *item = qmp->requests; item; item = item->next) {
		struct request request = *(struct request *)item->data;

		if (request.id != id)
			continue;
		g_free(item->data);
		qmp->requests = g_list_delete_link(qmp->requests, item);
		request.done(reply, request.opaque);
		return;
	}
}

static void on_message(struct qmp *qmp, JsonNode *node)
{
	JsonObject *message = json_node_get_object(node);
	const char *event = json_object_get_string_member_with_default(message, "event", NULL);

	if (event) {
		if (qmp->event)
			qmp->event(event, qmp_member(message, "data"), qmp->opaque);
	} else if (json_object_has_member(message, "id") &&
		   json_object_get_int_member(message, "id") == qmp->awaited) {
		g_clear_pointer(&qmp->answer, json_node_unref);
		qmp->answer = json_node_copy(node);
	} else if (json_object_has_member(message, "id")) {
		on_reply(qmp, json_object_get_int_member(message, "id"), message);
	}
}

static void on_line(struct qmp *qmp, const char *line, size_t len)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonNode *root;

	if (!json_parser_load_from_data(parser, line, len, NULL))
		return;
	root = json_parser_get_root(parser);
	if (root && JSON_NODE_HOLDS_OBJECT(root))
		on_message(qmp, root);
}

static void take_lines(struct qmp *qmp)
{
	char *newline;

	while ((newline = memchr(qmp->line->str, '\n', qmp->line->len))) {
		size_t len = newline - qmp->line->str;

		on_line(qmp, qmp->line->str, len);
		g_string_erase(qmp->line, 0, len + 1);
	}
	if (qmp->line->len > LINE_MAX_BYTES)
		g_string_truncate(qmp->line, 0);
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct qmp *qmp = data;
	char buffer[16 * 1024];
	ssize_t n = read(fd, buffer, sizeof(buffer));

	(void)condition;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n <= 0) {
		qmp->closed = true;
		qmp->watch = 0;
		return G_SOURCE_REMOVE;
	}
	g_string_append_len(qmp->line, buffer, n);
	take_lines(qmp);
	return G_SOURCE_CONTINUE;
}

/* Commands are far smaller than a socket's buffer, which is empty between them. */
static bool send_command(struct qmp *qmp, const char *command, JsonObject *arguments)
{
	g_autoptr(JsonObject) message = json_object_new();
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;

	json_object_set_string_member(message, "execute", command);
	if (arguments)
		json_object_set_object_member(message, "arguments", arguments);
	json_object_set_int_member(message, "id", ++qmp->last_id);
	json_node_set_object(node, message);
	text = json_to_string(node, FALSE);
	line = g_strconcat(text, "\n", NULL);
	return send(qmp->fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line);
}

struct qmp *qmp_new(int fd, qmp_event event, void *opaque)
{
	struct qmp *qmp = g_new0(struct qmp, 1);

	qmp->fd = fd;
	qmp->line = g_string_new(NULL);
	qmp->event = event;
	qmp->opaque = opaque;
	qmp->watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP, on_readable, qmp);
	send_command(qmp, "qmp_capabilities", NULL);
	return qmp;
}

void qmp_free(struct qmp *qmp)
{
	if (!qmp)
		return;
	if (qmp->watch)
		g_source_remove(qmp->watch);
	g_clear_pointer(&qmp->answer, json_node_unref);
	g_list_free_full(qmp->requests, g_free);
	g_string_free(qmp->line, TRUE);
	close(qmp->fd);
	g_free(qmp);
}

static bool is_answered(void *data)
{
	const struct qmp *qmp = data;

	return qmp->answer || qmp->closed;
}

static JsonNode *take_result(struct qmp *qmp, const char *command, GError **error)
{
	g_autoptr(JsonNode) answer = g_steal_pointer(&qmp->answer);
	JsonObject *object = json_node_get_object(answer);
	JsonObject *refusal = qmp_member(object, "error");
	const char *why = refusal ? json_object_get_string_member_with_default(refusal, "desc",
									       NULL)
				  : NULL;

	if (json_object_has_member(object, "return"))
		return json_node_copy(json_object_get_member(object, "return"));
	g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED, "QEMU refused %s: %s", command,
		    why ? why : "no reason");
	return NULL;
}

JsonNode *qmp_call(struct qmp *qmp, const char *command, JsonObject *arguments, GError **error)
{
	enum loop_end end = LOOP_LATE;

	g_clear_pointer(&qmp->answer, json_node_unref);
	qmp->awaited = qmp->last_id + 1;
	if (send_command(qmp, command, arguments))
		end = loop_until(is_answered, qmp, loop_deadline(ANSWER_SECONDS));
	if (qmp->answer)
		return take_result(qmp, command, error);
	if (end == LOOP_SIGNAL)
		loop_explain(end, "QEMU answered", error);
	else
		g_set_error(error, STATUS_ERROR, STATUS_QEMU_DIED, "QEMU did not answer to %s%s",
			    command, qmp->closed ? ": its end is closed" : "");
	return NULL;
}

bool qmp_request(struct qmp *qmp, const char *command, JsonObject *arguments, qmp_done done,
		 void *opaque)
{
	struct request *request;

	if (!send_command(qmp, command, arguments))
		return false;
	request = g_new(struct request, 1);
	*request = (struct request){qmp->last_id, done, opaque};
	qmp->requests = g_list_append(qmp->requests, request);
	return true;
}

void qmp_forget(struct qmp *qmp, void *opaque)
{
	for (GList *item = qmp->requests, *next; item; item = next) {
		struct request *request = item->data;

		next = item->next;
		if (request->opaque == opaque) {
			qmp->requests = g_list_delete_link(qmp->requests, item);
			g_free(request);
		}
	}
}

void qmp_quit(struct qmp *qmp)
{
	send_command(qmp, "quit", NULL);
}

bool qmp_is_closed(const struct qmp *qmp)
{
	return qmp->closed;
}

char *qmp_monitor(struct qmp *qmp, const char *line, GError **error)
{
	JsonObject *arguments = json_object_new();
	g_autoptr(JsonNode) node = NULL;
	const char *text;

	json_object_set_string_member(arguments, "command-line", line);
	node = qmp_call(qmp, "human-monitor-command", arguments, error);
	if (!node)
		return NULL;
	text = JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
	return g_strdup(text ? text : "");
}
