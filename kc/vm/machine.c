/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/machine.h"
#include "agent/protocol.h"
#include "base/quote.h"
#include "base/status.h"

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
 * QEMU's wiring is the usual one. For the same reason nothing watches the TSC:
 * where a CPU of the guest's waits between the reading of two clocks, Linux
 * holds the TSC for wrong, goes over to another, and its time jumps.
 */
#define KERNEL_ARGUMENTS                                                             \
	"console=ttyS0 panic=-1 no_timer_check tsc=nowatchdog sysrq_always_enabled " \
	"sysctl.kernel.panic_on_oops=0 unknown_nmi_panic "                           \
	"sysctl.kernel.panic_on_unrecovered_nmi=1 panic_print=0x40"

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

/* How much of it is for the kernel: behind "--" are words for init. */
static size_t kernel_part(const char *append)
{
	const char *at = append;

	while (*at) {
		size_t len = strcspn(at, " ");

		if (len == 2 && strncmp(at, "--", len) == 0)
			break;
		at += len + strspn(at + len, " ");
	}
	return at - append;
}

char *machine_kernel_arguments(const struct machine *machine)
{
	const char *append = machine->append ? machine->append : "";
	size_t part = kernel_part(append);
	g_autofree char *first = g_strchomp(g_strndup(append, part));
	GString *out = g_string_new(KERNEL_ARGUMENTS);

	if (machine->disk)
		g_string_append(out, " root=/dev/vda rw");
	if (machine->tsc_khz)
		g_string_append_printf(out, " tsc_early_khz=%u tsc=reliable", machine->tsc_khz);
	if (machine->net_config)
		g_string_append_printf(out, " " KC_NET_PARAMETER "%s", machine->net_config);
	if (*first)
		g_string_append_printf(out, " %s", first);
	/* The kernel takes the last one, which goes on with the one before. */
	if (machine->rdinit)
		g_string_append_printf(out, " rdinit=%s", machine->rdinit);
	if (append[part])
		g_string_append_printf(out, " %s", append + part);
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
	/* By which kc vq tells who is to blame; off by default, since each buffer passes it. */
	if (!machine->stock_qemu)
		add(argv, "-global", "virtio-device.x-queue-counters=on");
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
		addf(argv, "-trace", "enable=virtio_device_realize,file=/proc/self/fd/%d",
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

/* What the guest owns there is QEMU's user's on the host. */
static void add_share(GPtrArray *argv, const struct machine *machine, guint index)
{
	const struct share *share = g_ptr_array_index(machine->shares, index);
	g_autofree char *path = quote_qemu(share->host);

	addf(argv, "-fsdev", "local,id=share%u,security_model=none,multidevs=remap%s,path=%s",
	     index, share->writable ? "" : ",readonly=on", path);
	addf(argv, "-device", "virtio-9p-%s,fsdev=share%u,mount_tag=" MACHINE_SHARE_TAG,
	     bus(machine), index, index);
}

/* A socket of kc's cannot be pasted: such a network has nobody else in it. */
static void add_network(GPtrArray *argv, const struct machine *machine, enum machine_form form)
{
	for (int i = 0; machine->netdevs && machine->netdevs[i]; i++) {
		bool alone = form == MACHINE_INTERACTIVE &&
			     g_str_has_prefix(machine->netdevs[i], "dgram,");

		add(argv, "-netdev", alone ? "hubport,id=net0,hubid=0" : machine->netdevs[i]);
	}
	for (int i = 0; machine->nics && machine->nics[i]; i++)
		add(argv, "-device", machine->nics[i]);
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
	for (guint i = 0; machine->shares && i < machine->shares->len; i++)
		add_share(argv, machine, i);
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
	add_network(argv, machine, form);
	if (machine->incoming)
		add(argv, "-incoming", machine->incoming);
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

char *machine_command(const struct machine *machine)
{
	g_auto(GStrv) argv = machine_argv(machine, MACHINE_INTERACTIVE);
	g_autofree char *command = quote_command(argv);
	g_autofree char *dir = machine->dir ? quote_shell(machine->dir) : NULL;

	return dir ? g_strdup_printf("cd %s &&\n%s", dir, command) : g_steal_pointer(&command);
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

	if (!(g_str_has_prefix(name, "virtio-") || g_str_has_prefix(name, "craft-")) ||
	    !g_str_has_suffix(name, wrong))
		return true;
	stem = g_strndup(name, strlen(name) - strlen(wrong));
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "the device '%s' is for --transport %s; over %s it is '%s%s'", name,
		    pci ? "mmio" : "pci", pci ? "pci" : "mmio", stem, pci ? "-pci" : "-device");
	return false;
}
