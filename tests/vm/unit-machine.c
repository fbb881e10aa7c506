/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine as data becomes QEMU's command line. */
#include "vm/machine.h"
#include "base/status.h"
#include "../unit.h"

#include <string.h>

static const char *const hello[] = {"virtio-hello-pci,id=hello0", "virtio-rng-pci", NULL};

static const struct machine plain = {
	.qemu = "/lab/qemu",
	.firmware = "/lab/firmware",
	.smp = 2,
	.memory_mib = 256,
	.kernel = "/lab/vmlinux",
	.initrd = "/lab/initramfs.cpio",
	.disk_format = "raw",
	.devices = hello,
};

/* The words with a blank between, and one at either end. */
static char *flat(const struct machine *machine, enum machine_form form)
{
	g_auto(GStrv) argv = machine_argv(machine, form);
	g_autofree char *joined = g_strjoinv(" ", argv);

	return g_strdup_printf(" %s ", joined);
}

static void assert_has(const struct machine *machine, enum machine_form form, const char *words)
{
	g_autofree char *line = flat(machine, form);

	if (!strstr(line, words))
		fail_msg("\"%s\" lacks \"%s\"", line, words);
}

static void assert_lacks(const struct machine *machine, enum machine_form form, const char *words)
{
	g_autofree char *line = flat(machine, form);

	if (strstr(line, words))
		fail_msg("\"%s\" has \"%s\"", line, words);
}

static void a_person_gets_console_and_monitor(void **state)
{
	(void)state;
	assert_has(&plain, MACHINE_INTERACTIVE, "/lab/qemu -nodefaults -no-user-config ");
	assert_has(&plain, MACHINE_INTERACTIVE, " -serial mon:stdio ");
	assert_lacks(&plain, MACHINE_INTERACTIVE, "fd=");
	assert_lacks(&plain, MACHINE_INTERACTIVE, "virtserialport");
}

static void kc_gets_three_descriptors(void **state)
{
	(void)state;
	assert_has(&plain, MACHINE_WIRED, " socket,id=qmp,fd=3 ");
	assert_has(&plain, MACHINE_WIRED, " socket,id=console,fd=4,mux=on ");
	assert_has(&plain, MACHINE_WIRED, " socket,id=agent,fd=5 ");
	assert_has(&plain, MACHINE_WIRED,
		   "virtserialport,id=agent,chardev=agent,"
		   "name=org.kernelcraft.agent ");
	assert_lacks(&plain, MACHINE_WIRED, "stdio");
}

/* What a user pastes must be the machine that kc runs. */
static void both_forms_are_the_same_machine(void **state)
{
	static const char *const shared[] = {
		" -machine q35,",     " -accel tcg -cpu max ",	" -smp 2 -m 256M ",
		" -L /lab/firmware ", " -kernel /lab/vmlinux ", " -initrd /lab/initramfs.cpio ",
		" virtio-rng-pci ",   " -device pvpanic-pci ",	",id=hello0 ",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(shared); i++) {
		assert_has(&plain, MACHINE_WIRED, shared[i]);
		assert_has(&plain, MACHINE_INTERACTIVE, shared[i]);
	}
}

static void kvm_shows_the_hosts_cpu(void **state)
{
	struct machine machine = plain;

	(void)state;
	machine.kvm = true;
	assert_has(&machine, MACHINE_WIRED, " -accel kvm -cpu host ");
}

static void mmio_has_no_pci_device(void **state)
{
	static const char *const devices[] = {"virtio-hello-device,id=hello0", NULL};
	struct machine machine = plain;

	(void)state;
	machine.transport = TRANSPORT_MMIO;
	machine.disk = "/lab/disk.ext4";
	machine.devices = devices;
	assert_lacks(&machine, MACHINE_WIRED, "pci");
	assert_has(&machine, MACHINE_WIRED, " -machine microvm");
	assert_has(&machine, MACHINE_WIRED, " virtio-mmio.force-legacy=false ");
	assert_has(&machine, MACHINE_WIRED, " virtio-device.x-queue-counters=on ");
	assert_has(&machine, MACHINE_WIRED, " virtio-blk-device,drive=root ");
	assert_has(&machine, MACHINE_WIRED, " virtio-serial-device ");
	machine.stock_qemu = true;
	assert_lacks(&machine, MACHINE_WIRED, "x-queue-counters");
}

static void a_disk_is_the_root(void **state)
{
	struct machine machine = plain;

	(void)state;
	machine.initrd = NULL;
	machine.disk = "/my, disk.img";
	assert_has(&machine, MACHINE_WIRED,
		   "-drive if=none,id=root,format=raw,file=/my,, disk.img ");
	assert_has(&machine, MACHINE_WIRED, " virtio-blk-pci,drive=root ");
	assert_has(&machine, MACHINE_WIRED, "root=/dev/vda rw");
	assert_lacks(&machine, MACHINE_WIRED, "-initrd");
	assert_lacks(&machine, MACHINE_WIRED, "snapshot");
	machine.disk_throwaway = true;
	assert_has(&machine, MACHINE_WIRED, "disk.img,snapshot=on ");
}

static void the_users_arguments_come_last(void **state)
{
	struct machine machine = plain;
	g_autofree char *alone = machine_kernel_arguments(&machine);
	g_autofree char *more = NULL;

	(void)state;
	assert_true(g_str_has_prefix(alone, "console=ttyS0 panic=-1 "));
	machine.append = "panic=0 quiet";
	more = machine_kernel_arguments(&machine);
	assert_true(g_str_has_prefix(more, alone));
	assert_string_equal(more + strlen(alone), " panic=0 quiet");
}

/* The kernel takes the last rdinit=; what stands behind "--" is for whoever that is. */
static void the_first_program_is_ours(void **state)
{
	struct machine machine = plain;
	g_autofree char *alone = machine_kernel_arguments(&machine);
	g_autofree char *more = NULL;

	(void)state;
	machine.rdinit = "/first";
	machine.append = "quiet rdinit=/theirs -- word";
	more = machine_kernel_arguments(&machine);
	assert_string_equal(more + strlen(alone), " quiet rdinit=/theirs rdinit=/first -- word");
}

static void a_run_ends_with_a_reset(void **state)
{
	struct machine machine = plain;

	(void)state;
	assert_lacks(&machine, MACHINE_WIRED, "-no-reboot");
	machine.reset_ends = true;
	assert_has(&machine, MACHINE_WIRED, " -no-reboot ");
}

static void devices_keep_their_order_and_words(void **state)
{
	(void)state;
	assert_has(&plain, MACHINE_WIRED,
		   " -device virtio-hello-pci,id=hello0 -device virtio-rng-pci ");
}

static void a_device_must_fit_the_transport(void **state)
{
	GError *error = NULL;

	(void)state;
	assert_true(machine_takes_device(TRANSPORT_PCI, "virtio-hello-pci,id=x", NULL));
	assert_true(machine_takes_device(TRANSPORT_PCI, "pvpanic-pci", NULL));
	assert_true(machine_takes_device(TRANSPORT_MMIO, "virtio-hello-device", NULL));
	assert_true(machine_takes_device(TRANSPORT_MMIO, "isa-debugcon,x=virtio-a-pci", NULL));
	assert_true(machine_takes_device(TRANSPORT_PCI, "", NULL));
	assert_false(machine_takes_device(TRANSPORT_MMIO, "virtio-hello-pci,id=x", &error));
	assert_refused(error, STATUS_MISUSE, "'virtio-hello-device'");
	assert_false(machine_takes_device(TRANSPORT_PCI, "virtio-hello-device", &error));
	assert_refused(error, STATUS_MISUSE, "'virtio-hello-pci'");
}

static void the_default_devices_fit(void **state)
{
	(void)state;
	for (enum transport t = TRANSPORT_PCI; t <= TRANSPORT_MMIO; t++)
		assert_true(machine_takes_device(t, machine_default_device(t), NULL));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_person_gets_console_and_monitor),
	cmocka_unit_test(kc_gets_three_descriptors),
	cmocka_unit_test(both_forms_are_the_same_machine),
	cmocka_unit_test(kvm_shows_the_hosts_cpu),
	cmocka_unit_test(mmio_has_no_pci_device),
	cmocka_unit_test(a_disk_is_the_root),
	cmocka_unit_test(the_users_arguments_come_last),
	cmocka_unit_test(the_first_program_is_ours),
	cmocka_unit_test(a_run_ends_with_a_reset),
	cmocka_unit_test(devices_keep_their_order_and_words),
	cmocka_unit_test(a_device_must_fit_the_transport),
	cmocka_unit_test(the_default_devices_fit),
};

UNIT_MAIN(tests)
