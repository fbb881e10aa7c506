/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last lines of the kernel's log as the agent forwards it: unlike the
 * console's they are there however quiet the kernel is told to be.
 */
#ifndef KC_VM_KERNEL_LOG_H
#define KC_VM_KERNEL_LOG_H

#include <stddef.h>
#include <stdio.h>

struct kernel_log;

struct kernel_log *kernel_log_new(void);
void kernel_log_free(struct kernel_log *log);

/* Records of /dev/kmsg, whole ones; the kernel's own are kept. */
void kernel_log_feed(struct kernel_log *log, const char *records, size_t len);

/* How many there were so far. */
unsigned kernel_log_count(const struct kernel_log *log);

/* Prints those behind the first @since, indented; says so where there are none. */
void kernel_log_print(const struct kernel_log *log, unsigned since, FILE *out);

/* The last that are warnings or worse, lines. Caller frees. */
char *kernel_log_warnings(const struct kernel_log *log);

#endif
