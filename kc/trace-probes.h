/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions of the guest's kernel are probed, and what each probe
 * records: the table of the driver's side.
 */
#ifndef KC_TRACE_PROBES_H
#define KC_TRACE_PROBES_H

#include "trace-facts.h"
#include "trace-kernel.h"

#define PROBE_GROUP "kc" /* of events */
/*
 * Two buffers of the kernel's: one for the command, and a small one for kc's
 * own channel before it, which the command's events cannot push out.
 */
#define PROBE_INSTANCE "kc"
#define PROBE_FIRST "kc-first"

/* The names of functions that may be probed. Caller frees with g_strfreev(). */
char **probe_functions(void);

struct probe_plan {
	guint32 buffer_kib; /* of each CPU */
	const guint32 *devices; /* the guest's numbers of those to record */
	guint32 n_devices; /* 0: all */
	gint64 only_queue; /* or -1 */
	guint32 agent; /* number of the device that is left out */
	bool module; /* kc_probes.ko is in the guest's kernel, and has the frequent events */
};

/* Whether @file is that module, built for the kernel of this release. */
bool probe_module_fits(const char *file, const char *release);

/* The tracer's script that loads it from the guest's @file. Caller frees. */
char *probe_script_module(const struct guest_facts *facts, const struct kernel_layout *layout,
			  const char *file);

/*
 * The tracer's script that sets up all probes, and records kc's channel. Fails,
 * naming what is missing, where a kernel's functions do not do. Caller frees.
 */
char *probe_script_first(const struct guest_facts *facts, const struct kernel_layout *layout,
			 const struct probe_plan *plan, GError **error);

/* From then on what is asked for is recorded, and nothing else. Caller frees. */
char *probe_script_start(const struct guest_facts *facts, const struct probe_plan *plan);

/* Records kc's channel again, for a last look at the clocks. Caller frees. */
char *probe_script_last(const struct guest_facts *facts, bool module);

#define PROBE_SCRIPT_STOP "write instances/" PROBE_INSTANCE "/tracing_on 0\n"

#endif
