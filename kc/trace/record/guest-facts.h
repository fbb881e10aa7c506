/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tracer in the guest says of its kernel and its devices. */
#ifndef KC_TRACE_RECORD_GUEST_FACTS_H
#define KC_TRACE_RECORD_GUEST_FACTS_H

#include "trace/record/dump-reader.h"

struct guest_device {
	char *name; /* virtio2 */
	char *bus; /* 0000:00:03.0, or LNRO0005:01 */
	guint32 index; /* the number in its name */
	guint32 id;
	guint64 features;
};

/* One name; several functions may have it. */
struct guest_function {
	guint32 count;
	GArray *addresses; /* of guint64; as many where they were told, else none */
};

struct guest_facts {
	char *release;
	char *clocksource;
	char *agent; /* the device of kc's own channel: virtio0 */
	guint32 cpus;
	bool fprobe, kprobe, return_arguments;
	bool btf, btf_module; /* types are described; those of virtio_ring apart */
	bool unseen; /* what a script expected to be in a file was not */
	GHashTable *functions; /* by name: struct guest_function */
	GArray *devices; /* of struct guest_device */
	GPtrArray *memory; /* lines of /proc/iomem: where devices on MMIO are */
	GPtrArray *interrupts; /* lines of /proc/interrupts of virtio devices */
};

struct guest_facts *guest_facts_new(void);
void guest_facts_free(struct guest_facts *facts);

/* Takes in one fact; what is told again replaces what was known. */
bool guest_facts_take(struct guest_facts *facts, const char *line, GError **error);

/* NULL: it has none such that can be probed. */
const struct guest_function *guest_facts_function(const struct guest_facts *facts,
						  const char *name);

/* Those of @name and what a compiler made of it, such as NAME.isra.0; sorted. Caller frees. */
char **guest_facts_variants(const struct guest_facts *facts, const char *name);

#endif
