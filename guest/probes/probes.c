// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frequent events of kc trace, for less than half of what probe events
 * cost: those interpret a program for each field, and read it as if it might
 * not be there. What is read here is what the function that is entered reads
 * next.
 */
#include <linux/ftrace.h>
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "events.h"

#define FUNCTIONS_MAX 8

unsigned int vq_places[VQ_FIELDS] __read_mostly;
static unsigned int n_places;
module_param_array_named(places, vq_places, uint, &n_places, 0444);
MODULE_PARM_DESC(places, "bytes from a struct virtqueue to each of enum vq_field");

static const char *queue_at(struct ftrace_regs *fregs, unsigned int argument)
{
	return (const char *)ftrace_regs_get_argument(fregs, argument);
}

static void notrace on_add(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			   struct ftrace_regs *fregs)
{
	trace_add_queue(queue_at(fregs, 0));
}

static void notrace on_kick(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    struct ftrace_regs *fregs)
{
	trace_kick_queue(queue_at(fregs, 0));
}

static void notrace on_kickboth(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				struct ftrace_regs *fregs)
{
	trace_kickboth_queue(queue_at(fregs, 0));
}

static void notrace on_notify(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *fregs)
{
	trace_notify_queue(queue_at(fregs, 0));
}

static void notrace on_interrupt(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
				 struct ftrace_regs *fregs)
{
	trace_interrupt_queue(queue_at(fregs, 1));
}

static void notrace on_collect(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	trace_collect_queue(queue_at(fregs, 0), ftrace_regs_get_argument(fregs, 1));
}

/* Each kind of event, and the functions whose entry is one. */
enum kind { ADD, KICK, KICKBOTH, NOTIFY, INTERRUPT, COLLECT, KINDS };

static struct {
	struct ftrace_ops ops;
	char *functions[FUNCTIONS_MAX];
	unsigned int n;
} probes[KINDS] = {
	[ADD].ops.func = on_add,
	[KICK].ops.func = on_kick,
	[KICKBOTH].ops.func = on_kickboth,
	[NOTIFY].ops.func = on_notify,
	[INTERRUPT].ops.func = on_interrupt,
	[COLLECT].ops.func = on_collect,
};

module_param_array_named(add, probes[ADD].functions, charp, &probes[ADD].n, 0444);
module_param_array_named(kick, probes[KICK].functions, charp, &probes[KICK].n, 0444);
module_param_array_named(kickboth, probes[KICKBOTH].functions, charp, &probes[KICKBOTH].n, 0444);
module_param_array_named(notify, probes[NOTIFY].functions, charp, &probes[NOTIFY].n, 0444);
module_param_array_named(interrupt, probes[INTERRUPT].functions, charp, &probes[INTERRUPT].n,
			 0444);
module_param_array_named(collect, probes[COLLECT].functions, charp, &probes[COLLECT].n, 0444);

static void detach_below(int kind)
{
	while (--kind >= 0) {
		if (!probes[kind].n)
			continue;
		unregister_ftrace_function(&probes[kind].ops);
		ftrace_free_filter(&probes[kind].ops);
	}
}

static int attach(int kind)
{
	struct ftrace_ops *ops = &probes[kind].ops;
	int err = 0;

	for (unsigned int i = 0; !err && i < probes[kind].n; i++) {
		char *function = probes[kind].functions[i];

		err = ftrace_set_filter(ops, function, strlen(function), 0);
	}
	/* Without a filter it would be every function of the kernel's. */
	if (!err && probes[kind].n)
		err = register_ftrace_function(ops);
	if (err)
		ftrace_free_filter(ops);
	return err;
}

static int __init kc_probes_init(void)
{
	if (n_places != VQ_FIELDS)
		return -EINVAL;
	for (int kind = 0; kind < KINDS; kind++) {
		int err = attach(kind);

		if (err) {
			detach_below(kind);
			return err;
		}
	}
	return 0;
}
module_init(kc_probes_init);

/* No exit: what has been recorded would be gone with the module. */

MODULE_DESCRIPTION("Trace events of virtqueues");
MODULE_LICENSE("GPL");
