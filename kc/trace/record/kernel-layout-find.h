/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the guest's kernel keeps what in a virtqueue, by whatever tells it. */
#ifndef KC_TRACE_RECORD_KERNEL_LAYOUT_FIND_H
#define KC_TRACE_RECORD_KERNEL_LAYOUT_FIND_H

#include "trace/record/guest-facts.h"
#include "trace/record/kernel-layout.h"
#include "vm/vm.h"

struct layout_search {
	struct vm *vm;
	const struct guest_facts *facts;
	const char *symbols; /* a file of the very kernel, which may describe types; or NULL */
	gint64 deadline;
	const char *from; /* what told it in the end */
};

/*
 * By the types in the kernel's file, else by those in the guest, else by its
 * release. @error says what was looked for, and what each of them lacked.
 */
bool kernel_layout_find(struct kernel_layout *layout, struct layout_search *search, GError **error);

#endif
