/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of the kernel's log as /dev/kmsg gives them, one a read():
 * "PRIO,SEQ,USEC,FLAGS[,...];TEXT\n", then lines " KEY=VALUE\n".
 * (Linux Documentation/ABI/testing/dev-kmsg)
 */
#ifndef KC_KERNEL_KMSG_H
#define KC_KERNEL_KMSG_H

#include <glib.h>
#include <stdbool.h>

#define KMSG_LEVEL_WARNING 4
#define KMSG_LEVEL_INFO 6

struct kmsg {
	unsigned facility; /* 0: the kernel itself; nobody else can write that */
	unsigned level; /* 0 (emergency) to 7 (debug) */
	guint64 seq; /* one more than the record's before */
	guint64 usec; /* since boot */
	bool fragment; /* goes on where the last record of the same caller ended */
	char caller[16]; /* "T85" or "C0" where the kernel says (CONFIG_PRINTK_CALLER); else "" */
	char *text; /* escapes undone; may hold newlines; no final one */
};

/* The length of the first of several records: up to the line that opens the next one. */
size_t kmsg_length(const char *data, size_t len);

/*
 * Reads one record; false with @error (STATUS_AGENT_LOST) for what is none.
 * Every byte of @data may be hostile. Free with kmsg_clear().
 */
bool kmsg_parse(struct kmsg *kmsg, const char *data, size_t len, GError **error);
void kmsg_clear(struct kmsg *kmsg);

/*
 * The stamp "[    1.234567] ", and a caller "[   T85] " behind it, which a
 * console line opens with. Returns what follows, and the stamp in @usec, which
 * may be NULL; the line itself, and 0, when it has none.
 */
const char *kmsg_skip_stamp(const char *line, guint64 *usec);

#endif
