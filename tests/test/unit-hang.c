/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one line that says where a guest hangs, out of what it printed. */
#include "test/task-dump.h"
#include "../unit.h"

#include <string.h>

/* SysRq 't' of Linux 6.12, shortened; decoded as kc does it. */
static const char tasks_text[] =
	"[    6.915000] sysrq: Show State\r\n"
	"[    6.915001] task:init            state:S stack:0     pid:1     tgid:1     ppid:0\r\n"
	"[    6.915002] Call Trace:\r\n"
	"[    6.915003]  <TASK>\r\n"
	"[    6.915004]  do_wait+0x1/0x2\r\n"
	"[    6.915005]  </TASK>\r\n"
	"[    6.915006] task:kc-agent        state:S stack:0     pid:30    tgid:30    ppid:1\r\n"
	"[    6.915007]  do_sys_poll+0x1/0x2\r\n"
	"[    6.915008] task:sh              state:S stack:0     pid:31    tgid:31    ppid:1\r\n"
	"[    6.915009]  n_tty_read+0x1/0x2\r\n"
	"[    6.915010] task:sh              state:S stack:0     pid:40    tgid:40    ppid:30\r\n"
	"[    6.915011]  do_wait+0x1/0x2\r\n"
	"[    6.915012] task:a state:D       state:D stack:0     pid:42    tgid:42    ppid:40\r\n"
	"[    6.915013] Call Trace:\r\n"
	"[    6.915014]  <TASK>\r\n"
	"[    6.915015]  __schedule+0x456/0x480 (kernel/sched/core.c:1)\r\n"
	"[    6.915016]  ? hrtimer_init+0x3f/0x3f\r\n"
	"[    6.915017]  schedule_timeout+0x28/0x3a (kernel/time/timer.c:2)\r\n"
	"[    6.915018]  schedule_helper+0x28/0x3a (drivers/x.c:3)\r\n"
	"[    6.915019]  hello_read+0x4f/0x95 [hello_virtio] (devices/hello/driver.c:4)\r\n"
	"[    6.915020]  </TASK>\r\n"
	"[    6.915021] task:kworker/0:1     state:I stack:0     pid:90    tgid:90    ppid:2\r\n"
	"[    6.915022]  worker_thread+0x1/0x2\r\n";

static const char cpus_text[] =
	"[    7.81] Uhhuh. NMI received for unknown reason 21 on CPU 0.\n"
	"[    7.81] CPU: 0 UID: 0 PID: 0 Comm: swapper/0 Tainted: G           O       6.12.0 #4\n"
	"[    7.81] RIP: 0010:pv_native_safe_halt+0x13/0x14\n"
	"[    7.81] NMI backtrace for cpu 2\n"
	"[    7.81] CPU: 2 UID: 0 PID: 70 Comm: in mod Tainted: G           O       6.12.0 #4\n"
	"[    7.81] RIP: 0010:delay_tsc+0x39/0x67 (arch/x86/lib/delay.c:79)\n"
	"[    7.81]  <TASK>\n"
	"[    7.81]  __delay+0xf/0x11\n"
	"[    7.81]  ? free_module+0x9c/0xfd [no]\n"
	"[    7.81]  fault_irqs_off+0x28/0x36 [kc_fault] (fault.c:234)\n"
	"[    7.81]  fault_init+0x6d/0x1000 [kc_fault] (fault.c:337)\n"
	"[    7.81] RIP: 0033:0x406624\n";

static void the_agents_newest_is_suspected(void **state)
{
	g_autofree char *line = task_dump_task(tasks_text, NULL);

	(void)state;
	assert_string_equal(line, "process 'a state:D' (pid 42) sleeps, deaf to signals, in "
				  "schedule_helper+0x28/0x3a (drivers/x.c:3), called from "
				  "hello_read+0x4f/0x95 [hello_virtio] (devices/hello/driver.c:4)");
}

static void a_name_is_believed(void **state)
{
	g_autofree char *line = task_dump_task(tasks_text, "sh");
	g_autofree char *none = task_dump_task(tasks_text, "absent");

	(void)state;
	assert_string_equal(line, "process 'sh' (pid 40) sleeps in do_wait+0x1/0x2");
	assert_null(none);
}

static void the_first_busy_cpu_is_told(void **state)
{
	g_autofree char *line = task_dump_cpu(cpus_text);

	(void)state;
	assert_string_equal(line, "CPU 2 runs process 'in mod' (pid 70) in delay_tsc+0x39/0x67 "
				  "(arch/x86/lib/delay.c:79), called from "
				  "fault_irqs_off+0x28/0x36 [kc_fault] (fault.c:234)");
}

/* One CPU spins, and the others wait for it to stop. */
static void who_waits_is_not_to_blame(void **state)
{
	static const char waiting[] =
		"CPU: 3 UID: 0 PID: 31 Comm: migration/3 Tainted: G           O       6.12.0 #5\n"
		"RIP: 0010:stop_machine_yield+0x2/0x3 (kernel/stop_machine.c:198)\n"
		" multi_cpu_stop+0x1/0x2\n";
	g_autofree char *both = g_strconcat(waiting, cpus_text, NULL);
	g_autofree char *busy = task_dump_cpu(both);
	g_autofree char *alone = task_dump_cpu(waiting);

	(void)state;
	assert_non_null(strstr(busy, "'in mod'"));
	assert_string_equal(alone, "CPU 3 runs process 'migration/3' (pid 31) in "
				   "stop_machine_yield+0x2/0x3 (kernel/stop_machine.c:198)");
}

/* The interrupt by which we ask comes on top of it. */
static void who_waits_may_be_interrupted(void **state)
{
	static const char waiting[] =
		"CPU: 3 UID: 0 PID: 31 Comm: migration/3 Tainted: G           O       6.12.0 #5\n"
		"RIP: 0010:handle_softirqs+0x6a/0x1f9 (kernel/softirq.c:567)\n"
		" </IRQ>\n"
		" <TASK>\n"
		"RIP: 0010:multi_cpu_stop+0x6b/0xf0 (kernel/stop_machine.c:228)\n"
		" cpu_stopper_thread+0x1/0x2\n"
		" </TASK>\n";
	g_autofree char *both = g_strconcat(waiting, cpus_text, NULL);
	g_autofree char *busy = task_dump_cpu(both);
	g_autofree char *alone = task_dump_cpu(waiting);

	(void)state;
	assert_non_null(strstr(busy, "'in mod'"));
	assert_non_null(strstr(alone, "'migration/3' (pid 31) in handle_softirqs+0x6a"));
}

static void idle_cpus_are_no_news(void **state)
{
	g_autofree char *text = g_strndup(cpus_text,
					  strstr(cpus_text, "NMI backtrace") - cpus_text);

	(void)state;
	assert_null(task_dump_cpu(text));
	assert_null(task_dump_cpu(""));
	assert_null(task_dump_task("", NULL));
}

/* Every start and every end: a guest may die while it tells. */
static void cut_texts_are_survived(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(tasks_text); len++) {
		g_autofree char *text = g_strndup(tasks_text, len);

		g_free(task_dump_task(text, NULL));
		g_free(task_dump_task(tasks_text + len, NULL));
	}
	for (size_t len = 0; len < sizeof(cpus_text); len++) {
		g_autofree char *text = g_strndup(cpus_text, len);

		g_free(task_dump_cpu(text));
		g_free(task_dump_cpu(cpus_text + len));
	}
}

static void parents_in_a_circle_end(void **state)
{
	g_autofree char *line = task_dump_task("task:a               state:S pid:1 ppid:2\n"
					       "task:b               state:S pid:2 ppid:1\n"
					       "task:c               state:S pid:3 ppid:3\n",
					       NULL);

	(void)state;
	assert_null(line);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_agents_newest_is_suspected),
	cmocka_unit_test(a_name_is_believed),
	cmocka_unit_test(the_first_busy_cpu_is_told),
	cmocka_unit_test(who_waits_is_not_to_blame),
	cmocka_unit_test(who_waits_may_be_interrupted),
	cmocka_unit_test(idle_cpus_are_no_news),
	cmocka_unit_test(cut_texts_are_survived),
	cmocka_unit_test(parents_in_a_circle_end),
};

UNIT_MAIN(tests)
