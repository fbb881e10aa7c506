/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracer in the guest says of its kernel and its devices. */
#ifndef KC_TRACE_FACTS_H
#define KC_TRACE_FACTS_H

#include "trace-dump.h"

struct guest_device {
	char *name; /* virtio2 */
	char *bus; /* 0000:00:03.0, or LNRO0005:01 */
	guint32 index; /* the number in its name */
	guint32 id;
	guint64 features;
};

struct guest_facts {
	char *release;
	char *clocksource;
	char *agent; /* the device of kc's own channel: virtio0 */
	guint32 cpus;
	bool fprobe, kprobe, return_arguments;
	bool btf, btf_module; /* types are described; those of virtio_ring apart */
	GHashTable *functions; /* a set of names */
	GArray *devices; /* of struct guest_device */
	GPtrArray *memory; /* lines of /proc/iomem: where devices on MMIO are */
	GPtrArray *interrupts; /* lines of /proc/interrupts of virtio devices */
};

struct guest_facts *guest_facts_new(void);
void guest_facts_free(struct guest_facts *facts);

/* Takes in one fact; what is told again replaces what was known. */
bool guest_facts_take(struct guest_facts *facts, const char *line, GError **error);

bool guest_facts_has(const struct guest_facts *facts, const char *function);

#endif
