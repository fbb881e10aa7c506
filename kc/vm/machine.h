/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual machine as data, and as QEMU's command line. Pure: touches neither
 * files nor processes. Strings are borrowed from whoever fills the structure.
 */
#ifndef KC_VM_MACHINE_H
#define KC_VM_MACHINE_H

#include <glib.h>
#include <stdbool.h>

enum transport { TRANSPORT_PCI, TRANSPORT_MMIO };

/* What a kc-driven QEMU finds behind its first file descriptors. */
enum machine_fd {
	MACHINE_FD_QMP = 3,
	MACHINE_FD_CONSOLE,
	MACHINE_FD_AGENT,
	MACHINE_FD_STATE,
	MACHINE_FD_RAM,
	MACHINE_FD_DISK,
	MACHINE_FD_DISK_WRITE,
	MACHINE_FD_TRACE,
	MACHINE_FD_NET
};

/* What QEMU calls the files behind these. */
#define MACHINE_STATE "/dev/fdset/1"
#define MACHINE_DISK "/dev/fdset/2"

enum machine_form {
	MACHINE_WIRED, /* driven by kc over the descriptors above */
	MACHINE_INTERACTIVE /* for a person: console and monitor on stdio */
};

/* A folder of the host's, @host, that the guest can mount at @guest. */
struct share {
	char *host, *guest;
	bool writable;
};

/* By which the guest finds the one of this number */
#define MACHINE_SHARE_TAG "kc-share-%u"

struct machine {
	const char *qemu;
	bool stock_qemu; /* without the lab's patches: what these add is not asked for */
	const char *firmware; /* folder; NULL: QEMU's own */
	enum transport transport;
	bool kvm;
	unsigned smp;
	unsigned memory_mib;
	const char *kernel;
	const char *initrd; /* or NULL */
	const char *disk; /* the root disk, or NULL */
	const char *disk_format;
	bool disk_throwaway; /* writes are dropped at the end */
	unsigned tsc_khz; /* tell the kernel; 0: let it measure */
	bool reset_ends; /* a guest's reboot ends the VM */
	bool retry_io; /* what failed and stopped the VM is tried again */
	const char *incoming; /* what a saved machine comes from, as -incoming has it; or NULL */
	int state_fd; /* a file of kc's that QEMU inherits, as MACHINE_STATE; 0: none */
	int ram_fd; /* holds the guest's memory; 0: that is QEMU's own */
	bool ram_shared; /* what the guest writes goes into the file */
	int disk_fd; /* the same as MACHINE_DISK, open for reading */
	int disk_write_fd; /* and for both; 0: nothing is written */
	int trace_fd; /* takes what QEMU traces; 0: nothing is traced */
	const char *rdinit; /* what of the initramfs the kernel starts; NULL: /init */
	int net_fd; /* the other end of a dgram netdev; 0: there is none */
	const char *const *netdevs; /* each a -netdev; NULL-terminated, or NULL */
	const char *const *nics; /* and each a -device */
	const char *net_config; /* for the guest's agent (net-option.h); or NULL */
	const char *append; /* behind our own kernel arguments; or NULL */
	const char *dir; /* where QEMU runs; NULL: where we do */
	const char *counts; /* a folder that takes what a QEMU built for it counted; or NULL */
	const GPtrArray *shares; /* of struct share *; or NULL */
	const char *const *extra; /* further words for QEMU; NULL-terminated, or NULL */
	const char *const *devices; /* each a -device; NULL-terminated */
};

/* The kernel's arguments. Caller frees. */
char *machine_kernel_arguments(const struct machine *machine);

/* The command line, NULL-terminated. Caller frees with g_strfreev(). */
char **machine_argv(const struct machine *machine, enum machine_form form);

/* The same for a shell, of MACHINE_INTERACTIVE. Caller frees. */
char *machine_command(const struct machine *machine);

/* The lab's own device, where the user names none. */
const char *machine_default_device(enum transport transport);

/* A virtio device must be of the machine's transport. */
bool machine_takes_device(enum transport transport, const char *device, GError **error);

#endif
