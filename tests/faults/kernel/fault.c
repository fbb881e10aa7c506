// SPDX-License-Identifier: GPL-2.0-only
/*
 * Planted faults: "insmod kc_fault.ko how=NAME" does wrong what NAME says, to
 * prove the detector that has to see it. Where a kernel without that detector
 * runs on, it does so unharmed: nothing is written that is not ours.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nmi.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

static char *how = "";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "Which fault; an unknown one lists them all");

static unsigned int seconds;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "How long to spin or sleep (0: for ever)");

/* checkpatch asks not to crash; to crash is what this one is for. */
#define CRASH BUG

#define OBJECT_BYTES 64

/* What the kernel says of itself */

static void fault_words(void)
{
	pr_info("WARNING: BUG: Oops: KASAN: only words, nothing is wrong\n");
}

static void fault_warn(void)
{
	WARN_ON(1);
}

static void fault_warn_text(void)
{
	WARN(1, "planted warning with a text\n");
}

static void fault_warn_stack(void)
{
	pr_warn("planted warning above a stack\n");
	dump_stack();
}

static void fault_stack_alone(void)
{
	dump_stack();
}

static void fault_bug_words(void)
{
	/* As itself, without our prefix */
	_printk(KERN_ERR "BUG: planted, without a stack\n");
	pr_info("planted, of another matter\n");
}

static void fault_bug(void)
{
	CRASH();
}

static void fault_oops(void)
{
	int *nowhere = NULL;

	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 1);
}

static void fault_panic(void)
{
	panic("planted panic");
}

/* Memory: each only reads where it must not */

static void fault_use_after_free(void)
{
	char *object = kzalloc(OBJECT_BYTES, GFP_KERNEL);

	if (!object)
		return;
	kfree(object);
	OPTIMIZER_HIDE_VAR(object);
	READ_ONCE(*object);
}

static void fault_out_of_bounds(void)
{
	char *object = kzalloc(OBJECT_BYTES, GFP_KERNEL);
	size_t at = OBJECT_BYTES;

	if (!object)
		return;
	OPTIMIZER_HIDE_VAR(at);
	READ_ONCE(object[at]);
	kfree(object);
}

static void fault_stack(void)
{
	char object[OBJECT_BYTES] = {};
	char *past = object;

	OPTIMIZER_HIDE_VAR(past);
	READ_ONCE(past[OBJECT_BYTES]);
}

static void fault_leak(void)
{
	int i;

	/* More than one: a stale copy of a pointer hides its object. */
	for (i = 0; i < 16; i++) {
		void *lost = kmalloc(OBJECT_BYTES, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(lost);
	}
}

static void fault_refcount(void)
{
	refcount_t refs = REFCOUNT_INIT(0);

	if (refcount_dec_and_test(&refs))
		pr_info("one below zero is zero\n");
}

static void fault_list(void)
{
	struct list_head head, first, second;

	INIT_LIST_HEAD(&head);
	list_add(&first, &head);
	first.prev = &first;
	list_add(&second, &head);
}

/* Larger than what the kernel would kill a process for */
static void fault_page_allocation(void)
{
	static struct page *held[4096];
	int count = 0;

	while (count < ARRAY_SIZE(held)) {
		held[count] = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		if (!held[count])
			break;
		count++;
	}
	while (count > 0)
		__free_pages(held[--count], MAX_PAGE_ORDER);
}

/* Objects and names */

static void fault_same_name(void)
{
	struct kobject *first = kobject_create_and_add("kc_fault", NULL);
	struct kobject *second = kobject_create_and_add("kc_fault", NULL);

	kobject_put(second);
	kobject_put(first);
}

static void kobject_is_static(struct kobject *unused)
{
}

static void fault_init_twice(void)
{
	static const struct kobj_type type = { .release = kobject_is_static };
	static struct kobject object;

	kobject_init(&object, &type);
	kobject_init(&object, &type);
	kobject_put(&object);
}

/* Interrupts */

static irqreturn_t not_mine(int irq, void *unused)
{
	return IRQ_NONE;
}

static irqreturn_t nonsense(int irq, void *unused)
{
	return 7;
}

/* An interrupt without hardware, which is said to be raised so often. */
static void raise_irq(irq_handler_t handler, int times)
{
	int irq = irq_alloc_desc(numa_node_id());
	unsigned long flags;

	if (irq < 0)
		return;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	if (request_irq(irq, handler, 0, KBUILD_MODNAME, NULL) == 0) {
		while (times--) {
			local_irq_save(flags);
			generic_handle_irq(irq);
			local_irq_restore(flags);
		}
		free_irq(irq, NULL);
	}
	irq_free_desc(irq);
}

/* The kernel counts 100,000; a busy host may make it begin again. */
static void fault_nobody_cared(void)
{
	raise_irq(not_mine, 300000);
}

static void fault_bogus_return(void)
{
	raise_irq(nonsense, 1);
}

static void count_too_much(struct tasklet_struct *unused)
{
	preempt_count_add(1);
}

static DECLARE_TASKLET(miscounting, count_too_much);

static void fault_preempt_count(void)
{
	tasklet_schedule(&miscounting);
	tasklet_kill(&miscounting);
}

/* Arithmetic that C does not define */

static void fault_shift(void)
{
	unsigned int bits = 40;
	int result;

	OPTIMIZER_HIDE_VAR(bits);
	result = 1 << bits;
	OPTIMIZER_HIDE_VAR(result);
}

static void fault_bounds(void)
{
	static struct {
		int table[4];
		int behind;
	} memory;
	unsigned int at = 4;

	OPTIMIZER_HIDE_VAR(at);
	READ_ONCE(memory.table[at]);
}

/* Locks: the order is wrong, but nobody is there to meet */

static DEFINE_MUTEX(first_lock);
static DEFINE_MUTEX(second_lock);
static struct mutex alike[2];	/* made in one place: of one class */
static DEFINE_SPINLOCK(spin);

static void lock_both(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static void fault_lock_order(void)
{
	lock_both(&first_lock, &second_lock);
	lock_both(&second_lock, &first_lock);
}

static void fault_recursive_lock(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(alike); i++)
		mutex_init(&alike[i]);
	lock_both(&alike[0], &alike[1]);
}

static void take_spin(struct irq_work *unused)
{
	spin_lock(&spin);
	spin_unlock(&spin);
}

static void fault_irq_lock(void)
{
	static struct irq_work work = IRQ_WORK_INIT_HARD(take_spin);

	irq_work_queue(&work);
	irq_work_sync(&work);
	take_spin(NULL);
}

static void fault_sleep_in_atomic(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void fault_schedule_in_atomic(void)
{
	/* The scheduler sets the count right again: no local_bh_enable(). */
	local_bh_disable();
	schedule();
}

/* Time */

static bool go_on(unsigned long start)
{
	return !seconds || time_before(jiffies, start + seconds * HZ);
}

/* A stall is only seen while a grace period waits; another CPU must run it. */
static void start_grace_period(void)
{
	start_poll_synchronize_rcu();
}

static void fault_irqs_off(void)
{
	unsigned int left = seconds * MSEC_PER_SEC;

	start_grace_period();
	/* jiffies may stand still */
	local_irq_disable();
	while (!seconds || left--)
		mdelay(1);
	local_irq_enable();
}

static void fault_soft_lockup(void)
{
	unsigned long start = jiffies;

	preempt_disable();
	while (go_on(start))
		cpu_relax();
	preempt_enable();
}

static void fault_rcu_stall(void)
{
	unsigned long start = jiffies;

	start_grace_period();
	rcu_read_lock();
	while (go_on(start)) {
		touch_softlockup_watchdog();
		cpu_relax();
	}
	rcu_read_unlock();
}

static void fault_hung_task(void)
{
	schedule_timeout_uninterruptible(seconds ? seconds * HZ : MAX_SCHEDULE_TIMEOUT);
}

static void fault_sleep(void)
{
	schedule_timeout_interruptible(seconds ? seconds * HZ : MAX_SCHEDULE_TIMEOUT);
}

static void spin_in_work(struct work_struct *unused)
{
	unsigned long start = jiffies;

	/* With cond_resched() the pool would take it for busy and go on. */
	while (go_on(start))
		cpu_relax();
}

static void do_nothing(struct work_struct *unused)
{
}

static DECLARE_WORK(spinning, spin_in_work);
static DECLARE_WORK(waiting, do_nothing);

static void fault_workqueue(void)
{
	int cpu = raw_smp_processor_id();

	schedule_work_on(cpu, &spinning);
	schedule_work_on(cpu, &waiting);
	flush_work(&waiting);
}

static const struct {
	const char *name;
	void (*plant)(void);
	const char *what;
} faults[] = {
	{ "words", fault_words, "logs a line that only looks bad" },
	{ "warn", fault_warn, "WARN_ON(1)" },
	{ "warn-text", fault_warn_text, "WARN() with a text" },
	{ "warn-stack", fault_warn_stack, "a warning and a stack, without WARN()" },
	{ "stack", fault_stack_alone, "only a stack: nothing is wrong" },
	{ "bug-words", fault_bug_words, "a line that calls itself a bug" },
	{ "bug", fault_bug, "BUG()" },
	{ "oops", fault_oops, "writes to address 0" },
	{ "panic", fault_panic, "panic()" },
	{ "use-after-free", fault_use_after_free, "reads a freed object (KASAN)" },
	{ "out-of-bounds", fault_out_of_bounds, "reads behind an object (KASAN)" },
	{ "stack-out-of-bounds", fault_stack, "reads behind a local array (KASAN)" },
	{ "leak", fault_leak, "loses 16 objects (kmemleak)" },
	{ "page-allocation", fault_page_allocation, "takes all large pages that there are" },
	{ "same-name", fault_same_name, "gives two objects of sysfs one name" },
	{ "init-twice", fault_init_twice, "inits a kobject twice" },
	{ "nobody-cared", fault_nobody_cared, "raises interrupts that nobody handles" },
	{ "bogus-return", fault_bogus_return, "returns nonsense from an interrupt's handler" },
	{ "preempt-count", fault_preempt_count, "leaves a softirq with preemption off" },
	{ "refcount", fault_refcount, "counts a reference below zero" },
	{ "list-corruption", fault_list, "adds to a list with a wrong link (DEBUG_LIST)" },
	{ "ubsan-shift", fault_shift, "shifts an int by 40 (UBSAN)" },
	{ "ubsan-bounds", fault_bounds, "reads entry 4 of 4 (UBSAN)" },
	{ "lock-order", fault_lock_order, "takes two locks in either order (lockdep)" },
	{ "recursive-lock", fault_recursive_lock, "takes a lock in its like (lockdep)" },
	{ "irq-lock", fault_irq_lock, "shares a lock with an interrupt" },
	{ "sleep-in-atomic", fault_sleep_in_atomic, "may sleep in a spinlock (ATOMIC_SLEEP)" },
	{ "schedule-in-atomic", fault_schedule_in_atomic, "schedules with softirqs off" },
	{ "irqs-off-spin", fault_irqs_off, "spins with interrupts off" },
	{ "soft-lockup", fault_soft_lockup, "spins with preemption off" },
	{ "rcu-stall", fault_rcu_stall, "spins as an RCU reader" },
	{ "hung-task", fault_hung_task, "sleeps uninterruptibly" },
	{ "sleep-for-ever", fault_sleep, "sleeps until a signal" },
	{ "workqueue-stall", fault_workqueue, "spins in a work item (WQ_WATCHDOG)" },
};

static int __init fault_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (strcmp(faults[i].name, how))
			continue;
		pr_info("%s: %s\n", how, faults[i].what);
		faults[i].plant();
		pr_info("%s: done\n", how);
		return 0;
	}
	pr_err("how=\"%s\" is no fault; there are:\n", how);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		pr_err("  %-20s %s\n", faults[i].name, faults[i].what);
	return -EINVAL;
}

/* The exit that lets it be removed */
static void __exit fault_exit(void)
{
	flush_work(&spinning);
}

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Planted faults, to prove that they are seen");
MODULE_LICENSE("GPL");
