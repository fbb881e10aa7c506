/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/count-guest.h"

#include <stdbool.h>
#include <string.h>

#define TICKS 100.0 /* a second, in /proc/stat: USER_HZ, whatever the kernel's own is */

const char *const count_guest_argv[] = {"cat", "/proc/stat", "/proc/interrupts", NULL};

const char *const count_guest_own_argv[] = {
	"sh", "-c",
	"cd /sys/class/virtio-ports && for port in *; do\n"
	"	grep -q ^org.kernelcraft. $port/name && readlink $port | "
	"sed 's|.*/\\(virtio[0-9]*\\)/.*|\\1|'\n"
	"done\n"
	"cd /sys/bus/virtio/devices && for device in *; do\n"
	"	grep -q ^" COUNT_OWN_ID " $device/mount_tag 2>/dev/null && echo $device\n"
	"done",
	NULL};

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };

/* "cpu  USER NICE SYSTEM ...": of all CPUs together; guests of its own are in USER. */
static void read_cpu(struct counts *counts, const char *line)
{
	double ticks[FIELDS] = {0};

	for (int i = 0; i < FIELDS; i++) {
		char *end;

		ticks[i] = g_ascii_strtoull(line, &end, 10);
		line = end;
	}
	counts->of[COUNT_GUEST_KERNEL] = (ticks[SYSTEM] + ticks[IRQ] + ticks[SOFTIRQ]) / TICKS;
	counts->of[COUNT_GUEST_CPU] = counts->of[COUNT_GUEST_KERNEL] +
				      (ticks[USER] + ticks[NICE]) / TICKS;
}

/* Moves *text behind the numbers, one a CPU. */
static double sum_of(const char **text)
{
	double sum = 0;

	for (;;) {
		char *end;
		double number = g_ascii_strtoull(*text, &end, 10);

		/* "1-edge" is the number of a pin, not of interrupts. */
		if (end == *text || (*end && !g_ascii_isspace(*end)))
			return sum;
		sum += number;
		*text = end;
	}
}

static void add(struct counts *counts, enum count count, double number)
{
	double *sum = &counts->of[count];

	*sum = *sum > 0 ? *sum + number : number;
}

/* At the end of a line, "virtio3-req.0", or "virtio3" where there is one for all of its queues. */
static bool is_counted(const char *what, char **own)
{
	const char *name = strstr(what, "virtio");
	g_autofree char *device = name ? g_strndup(name, strcspn(name, "-, ")) : NULL;

	return device && !g_strv_contains((const char *const *)own, device);
}

/* "LABEL: COUNT... WHAT" */
static void read_interrupts(struct counts *counts, const char *label, const char *rest, char **own)
{
	static const char *const between[] = {"RES", "CAL", "TLB", NULL};
	double sum = sum_of(&rest);

	if (g_ascii_isdigit(*label)) {
		if (is_counted(rest, own))
			add(counts, COUNT_TAKEN, sum);
	} else if (g_str_equal(label, "LOC")) {
		add(counts, COUNT_TIMER, sum);
	} else if (g_strv_contains(between, label)) {
		add(counts, COUNT_IPI, sum);
	}
}

void count_guest_read(struct counts *counts, const char *text, const char *own)
{
	g_auto(GStrv) devices = g_strsplit(own, "\n", -1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (int i = 0; lines[i]; i++) {
		char *colon = strchr(lines[i], ':');

		if (g_str_has_prefix(lines[i], "cpu ")) {
			read_cpu(counts, lines[i] + strlen("cpu "));
		} else if (colon) {
			*colon = '\0';
			read_interrupts(counts, g_strchug(lines[i]), colon + 1, devices);
		}
	}
}
