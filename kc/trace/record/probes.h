/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of the guest's kernel are probed, and what each probe
 * records: the table of the driver's side.
 */
#ifndef KC_TRACE_RECORD_PROBES_H
#define KC_TRACE_RECORD_PROBES_H

#include "trace/record/guest-facts.h"
#include "trace/record/kernel-layout.h"

#define PROBE_GROUP "kc" /* of events */
/*
 * Two buffers of the kernel's: one for the command, and a small one for kc's
 * own channel before it, which the command's events cannot push out.
 */
#define PROBE_INSTANCE "kc"
#define PROBE_FIRST "kc-first"

/* The names of functions that may be probed. Caller frees with g_strfreev(). */
char **probe_functions(void);

/*
 * The functions of the core's that put a buffer's descriptors back. Where there
 * are such for rings in order all others go through those, too.
 */
#define COLLECT_SPLIT "detach_buf_split"
#define COLLECT_PACKED "detach_buf_packed"
#define COLLECT_IN_ORDER "_in_order"

/*
 * How a buffer's collection is seen: by the function of the core that puts its
 * descriptors back, or, where the compiler has merged that into others, by
 * what changes between a driver's call for a buffer and its return.
 */
enum probe_way { PROBE_BY_DETACH = 1, PROBE_BY_GET = 2 };

/* The functions that are probed for it, in words. */
const char *probe_way_name(enum probe_way way);

struct probe_plan {
	guint32 buffer_kib; /* of each CPU */
	const guint32 *devices; /* the guest's numbers of those to record */
	guint32 n_devices; /* 0: all */
	gint64 only_queue; /* or -1 */
	guint32 agent; /* number of the device that is left out */
	bool module; /* kc_probes.ko is in the guest's kernel, and has the frequent events */
	enum probe_way way;
};

/* Whether @file is that module, built for the kernel of this release. */
bool probe_module_fits(const char *file, const char *release);

/* The tracer's script that loads it from the guest's @file. Caller frees. */
char *probe_script_module(const struct guest_facts *facts, const struct kernel_layout *layout,
			  const struct probe_plan *plan, const char *file);

/*
 * Sets @plan's way. Fails, naming what was looked for and what was found, where
 * a kernel's functions do not do.
 */
bool probe_choose(const struct guest_facts *facts, const struct kernel_layout *layout,
		  struct probe_plan *plan, GError **error);

/* The other way, where the first did not see kc's own channel collect. */
bool probe_choose_get(const struct guest_facts *facts, struct probe_plan *plan, GError **error);

/* The tracer's script that sets up all probes, and records kc's channel. Caller frees. */
char *probe_script_first(const struct guest_facts *facts, const struct kernel_layout *layout,
			 const struct probe_plan *plan);

/*
 * From then on what is asked for is recorded, and nothing else. The tracer says
 * if no collection of kc's channel was seen until then. Caller frees.
 */
char *probe_script_start(const struct guest_facts *facts, const struct probe_plan *plan);

/* Takes back what both did. Caller frees. */
char *probe_script_undo(void);

/* Records kc's channel again, for a last look at the clocks. Caller frees. */
char *probe_script_last(const struct guest_facts *facts, const struct probe_plan *plan);

#define PROBE_SCRIPT_STOP "write instances/" PROBE_INSTANCE "/tracing_on 0\n"

#endif
