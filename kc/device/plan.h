/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a new device shall be: what a user said, checked, and as templates read it. */
#ifndef KC_DEVICE_PLAN_H
#define KC_DEVICE_PLAN_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

/* Strings are borrowed, and as a user types them. */
struct device_plan {
	const char *name;
	unsigned id;
	const char *queues; /* "NAME[:request|event],..." */
	const char *config; /* "NAME:TYPE,..."; or NULL */
	const char *features; /* "NAME,..."; or NULL */
	const char *interface; /* "sysfs", "char" or "block" */
	const char *transport; /* "both", "pci" or "mmio" */
	bool outside; /* in a repository of its own, with what its CI needs */
	const char *author; /* who holds the copyright; or NULL */
};

#define DEVICE_PLAN_DEFAULTS .queues = "requests", .interface = "sysfs", .transport = "both"

/* The object that templates see. Caller unrefs. NULL with STATUS_MISUSE. */
JsonNode *device_plan_read(const struct device_plan *plan, GError **error);

#endif
