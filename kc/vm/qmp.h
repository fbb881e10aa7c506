/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's machine protocol: commands with a time limit, and events as they come. */
#ifndef KC_VM_QMP_H
#define KC_VM_QMP_H

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

struct qmp;

/* @data is the event's, or NULL; it is not given away. */
typedef void (*qmp_event)(const char *name, JsonObject *data, void *opaque);

/* Takes @fd, a socket. Negotiates by itself. @event may be NULL. */
struct qmp *qmp_new(int fd, qmp_event event, void *opaque);
void qmp_free(struct qmp *qmp);

/*
 * Runs a command and waits for its answer, ten seconds at most. @arguments may
 * be NULL and is taken. Returns what the command returned, the caller frees
 * it; NULL with @error set when it was refused, or QEMU did not answer.
 */
JsonNode *qmp_call(struct qmp *qmp, const char *command, JsonObject *arguments, GError **error);

/*
 * Runs a command without waiting. @done gets the whole reply, which has a member
 * "return" or "error" and is not given away; it is not called once QEMU has
 * closed its end or qmp_forget() was told of @opaque. Returns whether the
 * command could be sent.
 */
typedef void (*qmp_done)(JsonObject *reply, void *opaque);
bool qmp_request(struct qmp *qmp, const char *command, JsonObject *arguments, qmp_done done,
		 void *opaque);
void qmp_forget(struct qmp *qmp, void *opaque);

/* An object within another; NULL: @object has no such, or is NULL itself. */
JsonObject *qmp_member(JsonObject *object, const char *name);

/* Asks QEMU to end, and does not wait for it. */
void qmp_quit(struct qmp *qmp);

/* QEMU has closed its end. */
bool qmp_is_closed(const struct qmp *qmp);

/* What the human monitor says to @line. Caller frees; NULL with @error. */
char *qmp_monitor(struct qmp *qmp, const char *line, GError **error);

#endif
