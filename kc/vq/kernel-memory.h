/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest kernel's own addresses (x86-64), on top of physical memory. */
#ifndef KC_VQ_KERNEL_MEMORY_H
#define KC_VQ_KERNEL_MEMORY_H

#include "kernel/types.h"
#include "vq/ring.h"

struct kernel_memory {
	struct vq_memory *physical;
	guint64 root; /* physical address of the kernel's page table; 0: not known */
	bool five_levels; /* of page tables */
	guint64 end; /* of the kernel's image, as it was linked */
	guint64 slide; /* KASLR: how far above that it runs */
	guint64 base; /* physical address of what is linked at IMAGE_BASE */
	guint64 direct; /* where all physical memory is mapped */
};

/*
 * Makes sure that the running kernel is the one of @types, by its build id;
 * returns NULL, or what is wrong, which the caller frees.
 */
char *kernel_memory_init(struct kernel_memory *memory, const struct kernel_types *types,
			 struct vq_memory *physical);

/* Where a symbol is in the running kernel. */
bool kernel_memory_symbol(const struct kernel_memory *memory, const struct kernel_types *types,
			  const char *name, guint64 *address);

bool kernel_memory_read(const struct kernel_memory *memory, guint64 address, void *to, size_t len);
bool kernel_memory_pointer(const struct kernel_memory *memory, guint64 address, guint64 *pointer);

/* A C string, cut at @max bytes; NULL where there is none. Caller frees. */
char *kernel_memory_string(const struct kernel_memory *memory, guint64 address, size_t max);

#endif
