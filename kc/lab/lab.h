/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the project is and where the parts of its lab are. */
#ifndef KC_LAB_LAB_H
#define KC_LAB_LAB_H

#include <glib.h>
#include <stdbool.h>

enum lab_part {
	LAB_VMLINUX,
	LAB_VMLINUX_DEBUG, /* the same with its symbols and types */
	LAB_BZIMAGE,
	LAB_RELEASE,
	LAB_INITRAMFS,
	LAB_DISK,
	LAB_QEMU,
	LAB_FIRMWARE,
	LAB_MODULES,
	LAB_DRIVERS, /* an initramfs that inserts the stock drivers and goes on */
	LAB_INIT, /* the program by which one does so */
	LAB_TRACER,
	LAB_NEEDED, /* what follows is there by choice */
	LAB_BUILDROOT_INITRAMFS = LAB_NEEDED,
	LAB_BUILDROOT_DISK,
	LAB_PARTS
};

/* Of the parts that there are several of, for each kernel */
enum lab_variant { LAB_NORMAL, LAB_DEBUG, LAB_COVERAGE };

struct lab {
	char *root;
	enum lab_variant variant; /* see lab_use() */
	char *parts[LAB_PARTS];
};

/*
 * Finds the project by KC_ROOT, else from kc's own place upward, else from the
 * current folder upward. Its parts need not exist. Caller frees; NULL with
 * STATUS_HOST_NOT_READY when there is none.
 */
struct lab *lab_find(GError **error);
void lab_free(struct lab *lab);

/* The first folder from @start upward that is a project; NULL if none. Caller frees. */
char *lab_search_upward(const char *start);

/*
 * From now on the kernel's parts are those of the debug kernel, or of the one that counts
 * what of it is run; with that goes a QEMU which does so, too.
 */
void lab_use(struct lab *lab, enum lab_variant variant);

bool lab_has(const struct lab *lab, enum lab_part part);

/* Fails with STATUS_HOST_NOT_READY, naming the part and the verb that makes it. */
bool lab_require(const struct lab *lab, enum lab_part part, GError **error);

const char *lab_part_name(enum lab_part part);
const char *lab_part_verb(enum lab_part part);

/* Of LAB_RELEASE or LAB_QEMU: which version it is; NULL if that is not there. Caller frees. */
char *lab_part_version(const struct lab *lab, enum lab_part part);

/* The first line of what a QEMU says of itself; NULL: it does not start. Caller frees. */
char *lab_qemu_version(const char *qemu);

/* Tells one build of @program from another; NULL: it is not there. One line. Caller frees. */
char *lab_build_of(const char *program);

/* The file of a module built in the lab. Caller frees. */
char *lab_module(const struct lab *lab, const char *name);

#endif
