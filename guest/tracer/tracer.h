/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_TRACER_H
#define KC_TRACER_H

#include <stdbool.h>
#include <sys/types.h>
#include "dump.h"

#define TRACEFS "/sys/kernel/tracing"
#define PORTS "/sys/class/virtio-ports"

/* Ends the tracer with the reason in errno. */
void fail(const char *what) __attribute__((noreturn));

/* To kc, on standard output. */
void put_block(enum kc_dump_kind kind, int cpu, const void *data, size_t len);
void fact(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The whole of a small file; returns its length, or -1. */
ssize_t slurp(const char *path, char *data, size_t room);
/* A file's first line, without its end; "" where there is none. */
void first_line(const char *path, char *line, size_t room);
void for_each_entry(const char *folder, void (*tell)(const char *name));
/* Each CPU of the trace in @folder, of TRACEFS or of an instance; returns how many. */
int for_each_cpu(const char *folder, void (*take)(const char *folder, int cpu));
/* Lines of a table of the kernel's, such as /proc/interrupts, that have @pattern in them. */
void tell_lines(const char *path, const char *what, const char *pattern);

void mount_tracefs(void);

void look(char **functions);
/* Returns whether the kernel took it all; what it did not has been told. */
bool carry_out_all(const char *script);
void dump(const char *group, const char *instance);

#endif
