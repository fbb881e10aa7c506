/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/kernel-log.h"
#include "kernel/kmsg.h"
#include "vm/console.h"

#include <string.h>

struct kernel_log {
	struct console *lines;
	struct console *warnings; /* some of these, which are not pushed out by the others */
	unsigned count;
};

struct kernel_log *kernel_log_new(void)
{
	struct kernel_log *log = g_new0(struct kernel_log, 1);

	log->lines = console_new();
	log->warnings = console_new();
	return log;
}

void kernel_log_free(struct kernel_log *log)
{
	console_free(log->lines);
	console_free(log->warnings);
	g_free(log);
}

static void keep(struct console *lines, const char *text)
{
	console_feed(lines, text, strlen(text));
	console_feed(lines, "\n", 1);
}

static void take(struct kernel_log *log, const struct kmsg *kmsg)
{
	if (kmsg->facility != 0)
		return;
	g_strdelimit(kmsg->text, "\n", ' ');
	keep(log->lines, kmsg->text);
	if (kmsg->level <= KMSG_LEVEL_WARNING)
		keep(log->warnings, kmsg->text);
	log->count++;
}

void kernel_log_feed(struct kernel_log *log, const char *records, size_t len)
{
	while (len > 0) {
		size_t one = kmsg_length(records, len);
		struct kmsg kmsg;

		if (kmsg_parse(&kmsg, records, one, NULL))
			take(log, &kmsg);
		kmsg_clear(&kmsg);
		records += one;
		len -= one;
	}
}

unsigned kernel_log_count(const struct kernel_log *log)
{
	return log->count;
}

void kernel_log_print(const struct kernel_log *log, unsigned since, FILE *out)
{
	if (log->count == since) {
		fputs("kc: the kernel said nothing of it\n", out);
		return;
	}
	fputs("kc: the kernel said:\n", out);
	console_print_tail(log->lines, log->count - since, out);
}

char *kernel_log_warnings(const struct kernel_log *log)
{
	return console_tail(log->warnings);
}
