/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU whose guest is the test itself: it reads and writes memory and registers by qtest. */
#ifndef TESTS_QTEST_H
#define TESTS_QTEST_H

#include "vm/qmp.h"

#include <gio/gio.h>
#include <stdbool.h>

struct qtest {
	GSubprocess *process;
	struct qmp *qmp;
	int wire;
};

/* Starts @argv[0] with @argv and what qtest needs. */
void qtest_start(struct qtest *qtest, char *const *argv);
void qtest_end(struct qtest *qtest);

/* Waits for it to end by itself. Returns its status, or 256 + signal; *@said is its stderr. */
int qtest_wait(struct qtest *qtest, char **said);

void qtest_write(struct qtest *qtest, guint64 address, const void *data, size_t len);
void qtest_read(struct qtest *qtest, guint64 address, void *data, size_t len);
void qtest_set(struct qtest *qtest, guint64 address, guint32 value);
guint32 qtest_get(struct qtest *qtest, guint64 address);

/* Of the VM's clock, which stands still otherwise; in nanoseconds */
void qtest_pass_time(struct qtest *qtest, gint64 time);

/* The VM's state as query-status has it, such as "running"; NULL once QEMU is gone. */
char *qtest_state(struct qtest *qtest);

/* A command of QMP with one argument or none, which succeeds. */
void qtest_command(struct qtest *qtest, const char *command, const char *name, const char *value);

#endif
