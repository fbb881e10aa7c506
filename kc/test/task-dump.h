/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads out of a hanging guest's dumps the one line that says where it hangs. */
#ifndef KC_TEST_TASK_DUMP_H
#define KC_TEST_TASK_DUMP_H

/*
 * From SysRq's list of tasks: what the process @comm does, or if NULL that
 * which the agent started last. NULL if it is not there. Caller frees.
 */
char *task_dump_task(const char *text, const char *comm);

/*
 * From backtraces of CPUs (SysRq 'l', a panic by NMI): the first CPU that is
 * neither idle nor only waits for another, else one that waits. NULL if all are
 * idle. Caller frees.
 */
char *task_dump_cpu(const char *text);

#endif
