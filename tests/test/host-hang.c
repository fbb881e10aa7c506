/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests that hang, each in a way of its own, and whether kc says where: by
 * SysRq, by an NMI, by QEMU's registers, or that QEMU itself is what hangs.
 */
#include "vm/guest.h"
#include "test/hang.h"
#include "lab/lab.h"
#include "vm/launch.h"
#include "base/loop.h"
#include "../unit.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_SECONDS 90
#define SETTLE_SECONDS 3 /* for a command to get where it hangs */
#define FAULT "insmod /root/kc_fault.ko how="

static struct guest {
	struct launch_options options;
	struct launch launch;
	const char *append[2];
	struct vm *vm;
	struct decode *decode;
	struct hang hang;
} guest;

/* By its place: @error is set by the call that @ok is of, in which order ever C has them. */
static void must(bool ok, GError **error)
{
	if (!ok)
		fail_msg("%s", *error ? (*error)->message : "failed without a word");
}

static void put_fault(void)
{
	g_autofree char *file = lab_module(guest.launch.lab, "kc_fault");
	GError *error = NULL;

	must(guest_put(guest.vm, file, "/root/kc_fault.ko", loop_deadline(LIMIT_SECONDS), &error),
	     &error);
}

static void boot(enum transport transport, unsigned smp, const char *append)
{
	GError *error = NULL;

	guest = (struct guest){.options = {LAUNCH_DEFAULTS}, .append = {append}};
	guest.options.transport = transport;
	guest.options.smp = smp;
	guest.options.append = guest.append;
	guest.options.no_device = true;
	must(launch_prepare(&guest.launch, &guest.options, &error), &error);
	guest.launch.machine.reset_ends = true;
	guest.vm = vm_start(&guest.launch.machine, -1, -1, &error);
	must(guest.vm, &error);
	must(guest_wait_ready(guest.vm, LIMIT_SECONDS, LOOP_NEVER, &error), &error);
	must(guest_setup(guest.vm, loop_deadline(LIMIT_SECONDS), &error), &error);
	put_fault();
}

static int end(void **state)
{
	(void)state;
	hang_clear(&guest.hang);
	decode_free(guest.decode);
	vm_stop(guest.vm);
	launch_clear(&guest.launch);
	return 0;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

/* Starts a shell command in the guest, and leaves it the time to hang. */
static void start(const char *command)
{
	struct kc_exec head = {.argc = GUINT32_TO_LE(3)};
	g_autoptr(GByteArray) request = g_byte_array_new();

	g_byte_array_append(request, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(request, (const guint8 *)"sh\0-c", 6);
	g_byte_array_append(request, (const guint8 *)command, strlen(command) + 1);
	g_byte_array_append(request, (const guint8 *)"", 1);
	agent_send(vm_agent(guest.vm), KC_EXEC, request->data, request->len);
	agent_send(vm_agent(guest.vm), KC_STDIN, NULL, 0);
	loop_until(never, NULL, loop_deadline(SETTLE_SECONDS));
}

static void examine(const char *comm)
{
	const struct lab *lab = guest.launch.lab;
	g_autofree char *folder = g_path_get_dirname(lab->parts[LAB_VMLINUX]);

	guest.decode = decode_new_for_lab(folder, lab->root);
	hang_examine(guest.vm, guest.decode, comm, &guest.hang);
}

static void assert_says(enum hang_source source, const char *words)
{
	if (guest.hang.source != source || !strstr(guest.hang.where, words) ||
	    !strstr(guest.hang.text, words))
		fail_msg("source %d, \"%s\" lacks \"%s\" in:\n%.3000s", guest.hang.source,
			 guest.hang.where, words, guest.hang.text);
}

static void try(enum transport transport, unsigned smp, const char *command,
		enum hang_source source, const char *process, const char *function)
{
	boot(transport, smp, "");
	start(command);
	examine(NULL);
	assert_says(source, process);
	assert_says(source, function);
}

static void a_sleeping_program(void **state)
{
	(void)state;
	try(TRANSPORT_PCI, 1, "sleep 1000", HANG_SYSRQ, "process 'sleep'", "nanosleep+0x");
}

static void a_sleeper_in_the_kernel(void **state)
{
	(void)state;
	try(TRANSPORT_MMIO, 4, FAULT "hung-task", HANG_SYSRQ, "process 'insmod'",
	    "fault_hung_task+0x");
}

static void a_cpu_that_spins(void **state)
{
	(void)state;
	try(TRANSPORT_PCI, 4, FAULT "soft-lockup", HANG_SYSRQ, "process 'insmod'",
	    "fault_soft_lockup+0x");
}

static void interrupts_off(void **state)
{
	(void)state;
	try(TRANSPORT_PCI, 1, FAULT "irqs-off-spin", HANG_NMI, "process 'insmod'",
	    "fault_irqs_off+0x");
}

static void interrupts_off_on_mmio(void **state)
{
	(void)state;
	try(TRANSPORT_MMIO, 1, FAULT "irqs-off-spin", HANG_NMI, "process 'insmod'",
	    "fault_irqs_off+0x");
}

static void a_killed_agent(void **state)
{
	(void)state;
	try(TRANSPORT_PCI, 1, "kill -STOP $PPID", HANG_SYSRQ, "CPU 0", "CPU 0");
}

static void a_guest_that_heeds_nothing(void **state)
{
	(void)state;
	boot(TRANSPORT_PCI, 1, "unknown_nmi_panic=0 sysrq_always_enabled=0");
	start(FAULT "irqs-off-spin");
	qmp_call(vm_qmp(guest.vm), "stop", NULL, NULL);
	examine(NULL);
	assert_says(HANG_REGISTERS, "the machine is paused");
	assert_non_null(strstr(guest.hang.text, "interrupts off"));
	assert_non_null(strstr(guest.hang.text, "RIP="));
}

/* The only child that we have. */
static pid_t qemu_pid(void)
{
	g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return atoi(text);
}

static void a_frozen_qemu(void **state)
{
	pid_t pid;

	(void)state;
	boot(TRANSPORT_PCI, 1, "");
	pid = qemu_pid();
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	examine(NULL);
	assert_says(HANG_QEMU, "QEMU itself does not answer");
}

static void a_qemu_that_is_gone(void **state)
{
	(void)state;
	boot(TRANSPORT_PCI, 1, "");
	kill(qemu_pid(), SIGKILL);
	loop_until(never, NULL, loop_deadline(1));
	examine(NULL);
	assert_says(HANG_QEMU, "QEMU has ended");
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

static const struct CMUnitTest tests[] = {
	TEST(a_sleeping_program),	  TEST(a_sleeper_in_the_kernel),
	TEST(a_cpu_that_spins),		  TEST(interrupts_off),
	TEST(interrupts_off_on_mmio),	  TEST(a_killed_agent),
	TEST(a_guest_that_heeds_nothing), TEST(a_frozen_qemu),
	TEST(a_qemu_that_is_gone),
};

UNIT_MAIN(tests)
