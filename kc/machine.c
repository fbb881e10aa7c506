/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"
#include "../guest/agent/protocol.h"
#include "quote.h"
#include "status.h"

#include <string.h>

/*
 * A panicked guest resets at once, which ends a run or is seen in a boot; with
 * pvpanic QEMU tells of the panic before. An oops is no panic: the kernel goes
 * on as far as it can, and what it said is told.
 *
 * A guest that hangs must still be able to say where (hang.h): SysRq whatever
 * its own settings are, and an NMI that nobody expects is a panic, which shows
 * what each CPU does.
 *
 * At boot Linux waits for ten ticks of the timer to learn how it is wired, and
 * panics where not even five came in that time: so it is on a busy host, though
 * QEMU's wiring is the usual one.
 */
#define KERNEL_ARGUMENTS                                                                            \
	"console=ttyS0 panic=-1 no_timer_check sysctl.kernel.panic_on_oops=0 sysrq_always_enabled " \
	"unknown_nmi_panic sysctl.kernel.panic_on_unrecovered_nmi=1 panic_print=0x40"

static void add(GPtrArray *argv, const char *option, const char *value)
{
	g_ptr_array_add(argv, g_strdup(option));
	if (value)
		g_ptr_array_add(argv, g_strdup(value));
}

G_GNUC_PRINTF(3, 4)
static void addf(GPtrArray *argv, const char *option, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	g_ptr_array_add(argv, g_strdup(option));
	g_ptr_array_add(argv, g_strdup_vprintf(format, values));
	va_end(values);
}

static const char *bus(const struct machine *machine)
{
	return machine->transport == TRANSPORT_PCI ? "pci" : "device";
}

char *machine_kernel_arguments(const struct machine *machine)
{
	GString *out = g_string_new(KERNEL_ARGUMENTS);

	if (machine->disk)
		g_string_append(out, " root=/dev/vda rw");
	if (machine->tsc_khz)
		g_string_append_printf(out, " tsc_early_khz=%u tsc=reliable", machine->tsc_khz);
	if (machine->append && *machine->append)
		g_string_append_printf(out, " %s", machine->append);
	return g_string_free(out, FALSE);
}

static void add_board(GPtrArray *argv, const struct machine *machine)
{
	bool pci = machine->transport == TRANSPORT_PCI;

	/* Devices that nobody asked for cost boot time. */
	addf(argv, "-machine", "%s%s", pci ? "q35,sata=off,smbus=off" : "microvm,rtc=on",
	     machine->ram_fd ? ",memory-backend=ram" : "");
	add(argv, "-accel", machine->kvm ? "kvm" : "tcg");
	add(argv, "-cpu", machine->kvm ? "host" : "max");
	addf(argv, "-smp", "%u", machine->smp);
	addf(argv, "-m", "%uM", machine->memory_mib);
	if (machine->firmware)
		add(argv, "-L", machine->firmware);
	/* SeaBIOS' build for microvm resets now and then before a PVH kernel starts. */
	if (!pci)
		add(argv, "-bios", "qboot.rom");
	if (machine->reset_ends)
		add(argv, "-no-reboot", NULL);
	/* Our drivers are modern; an option ROM would only offer to boot from the network. */
	add(argv, "-global", pci ? "virtio-net-pci.romfile=" : "virtio-mmio.force-legacy=false");
}

static void add_kernel(GPtrArray *argv, const struct machine *machine)
{
	g_autofree char *arguments = machine_kernel_arguments(machine);

	add(argv, "-kernel", machine->kernel);
	if (machine->initrd)
		add(argv, "-initrd", machine->initrd);
	add(argv, "-append", arguments);
}

static void add_files(GPtrArray *argv, const struct machine *machine)
{
	if (machine->state_fd)
		addf(argv, "-add-fd", "fd=%d,set=1", MACHINE_FD_STATE);
	if (machine->ram_fd)
		addf(argv, "-object",
		     "memory-backend-file,id=ram,size=%uM,mem-path=/proc/self/fd/%d,share=%s",
		     machine->memory_mib, MACHINE_FD_RAM, machine->ram_shared ? "on" : "off");
	if (machine->disk_fd)
		addf(argv, "-add-fd", "fd=%d,set=2", MACHINE_FD_DISK);
	if (machine->disk_write_fd)
		addf(argv, "-add-fd", "fd=%d,set=2", MACHINE_FD_DISK_WRITE);
	/* Which device is behind which address, QEMU only says when it makes them. */
	if (machine->trace_fd)
		addf(argv, "-trace", "enable=virtio_device_realize,file=/dev/fd/%d",
		     MACHINE_FD_TRACE);
}

static void add_channels(GPtrArray *argv, const struct machine *machine)
{
	bool quick = machine->trace_fd && machine->transport == TRANSPORT_PCI;

	addf(argv, "-chardev", "socket,id=qmp,fd=%d", MACHINE_FD_QMP);
	add(argv, "-mon", "chardev=qmp,mode=control");
	addf(argv, "-chardev", "socket,id=console,fd=%d,mux=on", MACHINE_FD_CONSOLE);
	add(argv, "-mon", "chardev=console,mode=readline");
	add(argv, "-serial", "chardev:console");
	addf(argv, "-chardev", "socket,id=agent,fd=%d", MACHINE_FD_AGENT);
	/*
	 * Without ioeventfd the CPU that kicks carries the buffer through the device
	 * itself, and tells more of the clocks; over MMIO it is all devices' or none's.
	 */
	addf(argv, "-device", "virtio-serial-%s%s", bus(machine), quick ? ",ioeventfd=off" : "");
	/* Only a port with an id has its opening and closing announced. */
	add(argv, "-device", "virtserialport,id=agent,chardev=agent,name=" KC_PORT_NAME);
	if (machine->trace_fd)
		add(argv, "-device", "virtserialport,name=" KC_CLOCK_PORT_NAME);
}

static void add_disk(GPtrArray *argv, const struct machine *machine)
{
	g_autofree char *file = quote_qemu(machine->disk);

	addf(argv, "-drive", "if=none,id=root,format=%s,file=%s%s", machine->disk_format, file,
	     machine->disk_throwaway ? ",snapshot=on" : "");
	addf(argv, "-device", "virtio-blk-%s,drive=root", bus(machine));
}

static void add_devices(GPtrArray *argv, const struct machine *machine)
{
	if (machine->disk)
		add_disk(argv, machine);
	addf(argv, "-device", "virtio-rng-%s", bus(machine));
	if (machine->transport == TRANSPORT_PCI) {
		add(argv, "-device", "pvpanic-pci");
		/* Devices on the root complex itself cannot be plugged. */
		add(argv, "-device", "pcie-root-port,id=hotplug0,chassis=1");
	}
	/* Before the devices, which may refer to what is defined there. */
	for (int i = 0; machine->extra && machine->extra[i]; i++)
		add(argv, machine->extra[i], NULL);
	for (int i = 0; machine->devices && machine->devices[i]; i++)
		add(argv, "-device", machine->devices[i]);
}

char **machine_argv(const struct machine *machine, enum machine_form form)
{
	GPtrArray *argv = g_ptr_array_new();

	add(argv, machine->qemu, NULL);
	add(argv, "-nodefaults", NULL);
	add(argv, "-no-user-config", NULL);
	add(argv, "-display", "none");
	add_board(argv, machine);
	add_kernel(argv, machine);
	add_files(argv, machine);
	if (form == MACHINE_WIRED)
		add_channels(argv, machine);
	else
		add(argv, "-serial", "mon:stdio");
	add_devices(argv, machine);
	if (machine->incoming)
		add(argv, "-incoming", machine->incoming);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

const char *machine_default_device(enum transport transport)
{
	return transport == TRANSPORT_PCI ? "virtio-hello-pci,id=hello0"
					  : "virtio-hello-device,id=hello0";
}

bool machine_takes_device(enum transport transport, const char *device, GError **error)
{
	bool pci = transport == TRANSPORT_PCI;
	const char *wrong = pci ? "-device" : "-pci";
	g_autofree char *name = g_strndup(device, strcspn(device, ","));
	g_autofree char *stem = NULL;

	if (!g_str_has_prefix(name, "virtio-") || !g_str_has_suffix(name, wrong))
		return true;
	stem = g_strndup(name, strlen(name) - strlen(wrong));
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "the device '%s' is for --transport %s; over %s it is '%s%s'", name,
		    pci ? "mmio" : "pci", pci ? "pci" : "mmio", stem, pci ? "-pci" : "-device");
	return false;
}
