/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a user typed to a machine that can be started: the options which
 * all commands that start a VM share, checked against the lab and the host.
 */
#ifndef KC_VM_LAUNCH_H
#define KC_VM_LAUNCH_H

#include "lab/accel.h"
#include "vm/machine.h"
#include "vm/net.h"
#include "vm/own-kernel.h"
#include "base/options.h"

/* First member of the options of each command that starts a VM. */
struct launch_options {
	const char *root; /* "initramfs", "disk", or a file */
	const char *rootfs; /* NULL for the default's, "buildroot", or a file */
	const char *kernel;
	const char *modules; /* the folder of that kernel's; or NULL */
	bool debug_kernel;
	bool counts; /* the lab's kernel and QEMU that count what of them is run */
	const char *initrd;
	const char **append;
	const char **devices;
	bool no_device;
	struct net_request net;
	unsigned memory_mib; /* 0: not said */
	unsigned smp;
	enum transport transport;
	enum accel_choice accel;
	const char *qemu;
	const char **qemu_args;
	const char **shares; /* as of shares_parse() */
	const char
		*dir; /* what relative names in devices and qemu_args hang on; NULL: the current */
	double timeout;
	double boot_timeout;
	bool retry_io;
	bool dry_run;
	bool verbose;
};

/* Without braces, which releases of clang-format disagree on in a macro */
#define LAUNCH_DEFAULTS .root = "initramfs", .smp = 1, .boot_timeout = 60

extern const struct option_row launch_rows[];

/* Checks at each access, lock and allocation: a debug kernel takes its time. */
#define LAUNCH_DEBUG_SLOWER 4

/* Seconds: what the user said, for the kernel that was chosen. */
double launch_boot_timeout(const struct launch_options *options);

struct launch {
	struct machine machine;
	struct lab *lab;
	struct accel accel;
	char **devices; /* as QEMU takes them */
	char **extra; /* qemu_args as words */
	GPtrArray *shares; /* of struct share * */
	struct net net;
	char *append;
	char *qemu; /* the user's */
	bool expects_agent; /* the guest's root is ours and starts our init */
	bool own_kernel; /* the user's: it may lack what the agent needs */
	bool for_person; /* set before: the guest's console is somebody's terminal */
	unsigned debug_mib; /* set before: added for a debug kernel where the user said no size */
	struct own_kernel kernel;
};

/* Is it a root of the lab's by name, "initramfs" or "disk", and no file? */
bool launch_names_root(const char *root);

/* Fills @launch, which points into @options. */
bool launch_prepare(struct launch *launch, const struct launch_options *options, GError **error);
void launch_clear(struct launch *launch);

/* For --dry-run: the command that a user can paste, on stdout. */
void launch_print(const struct launch *launch);

/* One line on stderr: TCG or KVM, and why where it is news. */
void launch_announce(const struct launch *launch, bool verbose);

#endif
