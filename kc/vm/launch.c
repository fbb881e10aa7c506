/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/launch.h"
#include "device/folder.h"
#include "lab/qemu-devices.h"
#include "vm/device-option.h"
#include "lab/image.h"
#include "base/quote.h"
#include "base/status.h"
#include "lab/tsc.h"
#include "vm/module-initrd.h"
#include "vm/share.h"

#include <stdio.h>

static bool parse_transport(const char *value, void *field, GError **error)
{
	enum transport *transport = field;

	if (g_str_equal(value, "pci")) {
		*transport = TRANSPORT_PCI;
	} else if (g_str_equal(value, "mmio")) {
		*transport = TRANSPORT_MMIO;
	} else {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is neither pci nor mmio",
			    value);
		return false;
	}
	return true;
}

static bool parse_on_io_error(const char *value, void *field, GError **error)
{
	bool *retry = field;

	*retry = g_str_equal(value, "retry");
	if (*retry || g_str_equal(value, "end"))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is neither end nor retry", value);
	return false;
}

#define MEMORY_MIB 256
#define FIELD(name) offsetof(struct launch_options, name)

const struct option_row launch_rows[] = {
	{"root", 'r', "initramfs|disk|FILE",
	 "the guest's root: the lab's initramfs (default) or disk, or an "
	 "initramfs or disk image of your own",
	 option_string, FIELD(root)},
	{"rootfs", 0, "buildroot|FILE",
	 "in place of the default root file system the one of 'make rootfs-buildroot', as --root "
	 "says; or an image of your own with the agent in it",
	 option_string, FIELD(rootfs)},
	{"kernel", 'k', "FILE",
	 "a kernel of your own or of a distribution: bzImage, such as /boot/vmlinuz-RELEASE, or "
	 "vmlinux",
	 option_string, FIELD(kernel)},
	{"modules", 0, "FOLDER",
	 "the modules of that kernel, where they are not in ../lib/modules/RELEASE beside it, "
	 "packed or not, such as a tree that they were built in; those that the root needs are "
	 "inserted by the initramfs",
	 option_string, FIELD(modules)},
	{"debug-kernel", 0, NULL,
	 "the lab's kernel with KASAN, lockdep and other checks ('make linux-debug' builds it)",
	 option_on, FIELD(debug_kernel)},
	{"initrd", 0, "FILE", "an initramfs beside a root on disk", option_string, FIELD(initrd)},
	{"append", 'a', "ARGUMENTS", "kernel arguments behind ours; may be repeated", option_list,
	 FIELD(append)},
	{"device", 'd', "DEVICE",
	 "a device of devices/, such as 'echo', or what QEMU's -device takes, in place of the "
	 "default hello; properties follow after a comma; may be repeated",
	 option_list, FIELD(devices)},
	DEVICE_FOLDER_ROW,
	{"no-device", 0, NULL, "no hello either", option_on, FIELD(no_device)},
	{"net", 0, "user|socket:NAME|loop|none",
	 "a network: behind QEMU's router, with other guests of this host that say the same NAME, "
	 "or of two NICs of this guest (default none); device=TYPE, address=A/PREFIX, guest=N and "
	 "the NIC's properties follow after commas",
	 option_list, FIELD(net.texts)},
	{"memory", 'm', "SIZE",
	 "the guest's memory, such as 512M or 2G (default 256M; 512M for kc trace with --debug-kernel)",
	 option_mebibytes, FIELD(memory_mib)},
	{"smp", 0, "N", "the guest's CPUs (default 1)", option_count, FIELD(smp)},
	{"transport", 0, "pci|mmio",
	 "where virtio devices sit: on q35's PCI (default), or on "
	 "microvm's MMIO",
	 parse_transport, FIELD(transport)},
	{"accel", 0, "auto|kvm|tcg",
	 "KVM, emulation, or KVM where a trial shows that it works "
	 "(default)",
	 accel_option, FIELD(accel)},
	{"qemu", 0, "FILE", "a QEMU of your own", option_string, FIELD(qemu)},
	{"qemu-args", 0, "WORDS",
	 "more of QEMU's own options, such as '-netdev user,id=n0', split as a shell does; "
	 "may be repeated",
	 option_list, FIELD(qemu_args)},
	{"share", 0, "FOLDER[:GUEST][,rw]",
	 "mount a folder of the host's in the guest, at GUEST (default /mnt/NAME), to be read or, "
	 "with ',rw', written to as well; the machine then boots each time; may be repeated",
	 option_list, FIELD(shares)},
	{"timeout", 't', "SECONDS", "end the VM after so long (status 246)", option_seconds,
	 FIELD(timeout)},
	{"boot-timeout", 0, "SECONDS",
	 "how long the guest may take to come up (default 60); the debug kernel may take four times as long",
	 option_seconds, FIELD(boot_timeout)},
	{"on-io-error", 0, "end|retry",
	 "where QEMU stops the machine as a drive of the host's is full or fails: end with status "
	 "252 (default), or say so and try again every 2 s",
	 parse_on_io_error, FIELD(retry_io)},
	{"dry-run", 'n', NULL, "only print the QEMU command, ready to be pasted", option_on,
	 FIELD(dry_run)},
	{"verbose", 'v', NULL, "say more", option_on, FIELD(verbose)},
	{.name = NULL},
};

double launch_boot_timeout(const struct launch_options *options)
{
	return options->boot_timeout * (options->debug_kernel ? LAUNCH_DEBUG_SLOWER : 1);
}

static bool choose_qemu(struct launch *launch, const struct launch_options *options, GError **error)
{
	struct machine *machine = &launch->machine;

	if (!options->qemu) {
		machine->qemu = launch->lab->parts[LAB_QEMU];
		machine->firmware = launch->lab->parts[LAB_FIRMWARE];
		return lab_require(launch->lab, LAB_QEMU, error) &&
		       lab_require(launch->lab, LAB_FIRMWARE, error);
	}
	launch->qemu = g_find_program_in_path(options->qemu);
	machine->qemu = launch->qemu;
	/* A QEMU of the user's may have firmware of its own. */
	if (lab_has(launch->lab, LAB_FIRMWARE))
		machine->firmware = launch->lab->parts[LAB_FIRMWARE];
	if (!launch->qemu)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--qemu: no such program: '%s'",
			    options->qemu);
	return launch->qemu;
}

/* A vmlinux is entered directly; a bzImage first unpacks itself, slow when emulated. */
static enum lab_part fastest_kernel(const struct launch *launch)
{
	return lab_has(launch->lab, LAB_VMLINUX) ? LAB_VMLINUX : LAB_BZIMAGE;
}

static bool choose_kernel(struct launch *launch, const struct launch_options *options,
			  GError **error)
{
	enum lab_part part = fastest_kernel(launch);

	if (options->kernel && options->debug_kernel) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--kernel and --debug-kernel are two kernels; take one");
		return false;
	}
	if (options->modules && !options->kernel) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--modules is for a --kernel of your own");
		return false;
	}
	launch->own_kernel = options->kernel;
	launch->machine.kernel = options->kernel;
	if (options->kernel)
		return image_is_kernel(options->kernel, error);
	launch->machine.kernel = launch->lab->parts[part];
	return lab_require(launch->lab, part, error);
}

static bool choose_own_root(struct machine *machine, const struct launch_options *options,
			    GError **error)
{
	const char *file = options->rootfs ? options->rootfs : options->root;
	enum image_root kind;

	if (!image_root_kind(file, &kind, error)) {
		g_prefix_error(error, options->rootfs ? "--rootfs: " : "--root: ");
		return false;
	}
	if (kind == ROOT_INITRD) {
		machine->initrd = file;
	} else {
		machine->disk = file;
		machine->disk_format = kind == ROOT_RAW ? "raw" : "qcow2";
	}
	return true;
}

static bool choose_lab_root(struct launch *launch, enum lab_part part, GError **error)
{
	struct machine *machine = &launch->machine;

	if (part == LAB_DISK || part == LAB_BUILDROOT_DISK)
		machine->disk = launch->lab->parts[part];
	else
		machine->initrd = launch->lab->parts[part];
	machine->disk_format = "raw";
	return lab_require(launch->lab, part, error);
}

bool launch_names_root(const char *root)
{
	return g_str_equal(root, "initramfs") || g_str_equal(root, "disk");
}

/* Which part of the lab is meant; LAB_PARTS if it is a file of the user's. */
static enum lab_part root_part(const struct launch_options *options)
{
	bool buildroot = g_strcmp0(options->rootfs, "buildroot") == 0;

	if (!launch_names_root(options->root) || (options->rootfs && !buildroot))
		return LAB_PARTS;
	if (g_str_equal(options->root, "initramfs"))
		return buildroot ? LAB_BUILDROOT_INITRAMFS : LAB_INITRAMFS;
	return buildroot ? LAB_BUILDROOT_DISK : LAB_DISK;
}

static bool choose_root(struct launch *launch, const struct launch_options *options, GError **error)
{
	enum lab_part part = root_part(options);

	launch->machine.initrd = options->initrd;
	launch->expects_agent = part != LAB_PARTS || options->rootfs;
	if (options->initrd && !image_is_initrd(options->initrd, error)) {
		g_prefix_error(error, "--initrd: ");
		return false;
	}
	if (part != LAB_PARTS)
		return choose_lab_root(launch, part, error);
	if (options->rootfs && !launch_names_root(options->root)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "--rootfs '%s' and --root '%s' are two images; take one",
			    options->rootfs, options->root);
		return false;
	}
	return choose_own_root(&launch->machine, options, error);
}

static bool choose_devices(struct launch *launch, const struct launch_options *options,
			   GError **error)
{
	enum transport transport = launch->machine.transport;
	guint n = options->devices ? g_strv_length((char **)options->devices) : 0;
	struct device_names *names;

	launch->machine.stock_qemu = qemu_is_stock(launch->lab, launch->machine.qemu);
	launch->devices = g_new0(char *, MAX(n, 1) + 1);
	launch->machine.devices = (const char *const *)launch->devices;
	if (!n) {
		if (!options->no_device && !launch->machine.stock_qemu)
			launch->devices[0] = g_strdup(machine_default_device(transport));
		return true;
	}
	names = device_names_new(launch->lab, launch->machine.qemu, error);
	for (guint i = 0; names && i < n; i++) {
		launch->devices[i] = device_option_resolve(names, transport, options->devices[i],
							   error);
		if (!launch->devices[i]) {
			g_prefix_error(error, "--device: ");
			break;
		}
	}
	device_names_free(names);
	return launch->devices[n - 1];
}

static bool choose_qemu_args(struct launch *launch, const char **lines, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; lines && lines[i]; i++) {
		g_autoptr(GError) cause = NULL;
		g_auto(GStrv) split = NULL;

		if (!g_shell_parse_argv(lines[i], NULL, &split, &cause)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--qemu-args '%s': %s",
				    lines[i], cause->message);
			return false;
		}
		for (int j = 0; split[j]; j++)
			g_ptr_array_add(words, g_steal_pointer(&split[j]));
	}
	g_ptr_array_add(words, NULL);
	launch->extra = (char **)g_ptr_array_steal(words, NULL);
	launch->machine.extra = (const char *const *)launch->extra;
	return true;
}

/* Someone who names another init does not start our agent. */
static bool replaces_init(const struct launch *launch)
{
	const char *parameter = launch->machine.disk ? "init=" : "rdinit=";
	g_auto(GStrv) words = g_strsplit(launch->append, " ", -1);

	for (int i = 0; words[i]; i++)
		if (g_str_has_prefix(words[i], parameter))
			return true;
	return false;
}

static void choose_arguments(struct launch *launch, const struct launch_options *options)
{
	if (!options->append)
		return;
	launch->append = g_strjoinv(" ", (char **)options->append);
	launch->machine.append = launch->append;
	if (replaces_init(launch))
		launch->expects_agent = false;
}

/* The lab's initramfs has the stock drivers of the lab's kernel inside. */
static bool bring_drivers(struct launch *launch, GError **error)
{
	struct machine *machine = &launch->machine;
	struct lab *lab = launch->lab;

	if (g_strcmp0(machine->initrd, lab->parts[LAB_INITRAMFS]) == 0)
		return true;
	if (!lab_require(lab, LAB_DRIVERS, error))
		return false;
	if (machine->initrd) {
		launch->kernel.initrd = module_initrd(machine->initrd, lab, NULL, error);
		machine->initrd = launch->kernel.initrd;
	} else {
		machine->initrd = lab->parts[LAB_DRIVERS];
	}
	machine->rdinit = MODULE_INITRD_INIT;
	return machine->initrd;
}

/* Its drivers may be modules, or missing. A root or an initramfs of the user's sees to itself. */
static bool fit_kernel(struct launch *launch, const struct launch_options *options, GError **error)
{
	launch->kernel = (struct own_kernel){
		.image = options->kernel,
		.modules = options->modules,
		.for_person = launch->for_person,
	};
	if (!launch->own_kernel)
		return bring_drivers(launch, error);
	if (launch->expects_agent && !options->initrd)
		return own_kernel_prepare(&launch->kernel, &launch->machine, launch->lab, error);
	if (!options->modules)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--modules: a root or an initramfs of your own inserts its modules itself");
	return false;
}

static unsigned choose_memory(const struct launch *launch, const struct launch_options *options)
{
	if (options->memory_mib)
		return options->memory_mib;
	return MEMORY_MIB + (options->debug_kernel ? launch->debug_mib : 0);
}

bool launch_prepare(struct launch *launch, const struct launch_options *options, GError **error)
{
	launch->lab = lab_find(error);
	if (!launch->lab)
		return false;
	if (options->debug_kernel || options->counts)
		lab_use(launch->lab, options->counts ? LAB_COVERAGE : LAB_DEBUG);
	launch->machine.transport = options->transport;
	launch->machine.dir = options->dir;
	launch->machine.smp = options->smp;
	launch->machine.memory_mib = choose_memory(launch, options);
	launch->machine.retry_io = options->retry_io;
	launch->shares = shares_parse(options->shares, options->dir, error);
	launch->machine.shares = launch->shares;
	if (!launch->shares)
		return false;
	if (!choose_qemu(launch, options, error) || !choose_kernel(launch, options, error) ||
	    !choose_root(launch, options, error) || !choose_devices(launch, options, error) ||
	    !net_prepare(&launch->net, &options->net, launch->lab, launch->qemu, options->dry_run,
			 &launch->machine, error) ||
	    !choose_qemu_args(launch, options->qemu_args, error))
		return false;
	choose_arguments(launch, options);
	if (!fit_kernel(launch, options, error))
		return false;
	if (!accel_choose(&launch->accel, options->accel, launch->lab, launch->machine.qemu, false,
			  error))
		return false;
	launch->machine.kvm = launch->accel.kvm;
	/*
	 * microvm has no timer to hold the counter against but the PIT. On a busy
	 * host measuring by that fails, and without a counter the kernel hangs; or a
	 * good counter is dropped for jiffies.
	 */
	if (options->transport == TRANSPORT_MMIO && !launch->accel.kvm)
		launch->machine.tsc_khz = tsc_khz();
	return true;
}

void launch_clear(struct launch *launch)
{
	lab_free(launch->lab);
	g_free(launch->accel.why);
	own_kernel_clear(&launch->kernel);
	g_clear_pointer(&launch->shares, g_ptr_array_unref);
	g_free(launch->append);
	g_free(launch->qemu);
	g_strfreev(launch->extra);
	g_strfreev(launch->devices);
	net_clear(&launch->net);
}

void launch_print(const struct launch *launch)
{
	g_autofree char *command = machine_command(&launch->machine);

	fputs(command, stdout);
}

void launch_announce(const struct launch *launch, bool verbose)
{
	const char *name = launch->accel.kvm ? "KVM" : "TCG";

	if (verbose)
		fprintf(stderr, "kc: %s (%s)\n", name, launch->accel.why);
	else
		fprintf(stderr, "kc: %s\n", name);
}
