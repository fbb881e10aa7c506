/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's kernel said while a command ran, of itself and of its KUnit
 * tests, and what that makes of the command's end.
 */
#ifndef KC_KERNEL_KERNEL_VERDICT_H
#define KC_KERNEL_KERNEL_VERDICT_H

#include "kernel/decode.h"
#include "kernel/splat.h"

#include <glib.h>
#include <stdbool.h>

struct kernel_verdict;

/* @allow: what was typed as --allow, NULL-terminated or NULL. NULL with @error set. */
struct kernel_verdict *kernel_verdict_new(const char *const *allow, GError **error);
void kernel_verdict_free(struct kernel_verdict *verdict);

/* A vm_kmsg, whose opaque is a struct kernel_verdict. */
void kernel_verdict_see(const char *records, size_t len, struct stalls *stalls, void *verdict);

/* Where the guest or QEMU, not a file of the user's, is to blame, the console says more. */
bool kernel_verdict_wants_console(const GError *cause);

/*
 * No more will come. Where the kernel complained its words are printed on
 * stderr, and *cause becomes STATUS_SPLAT, unless it is a worse end; where a
 * KUnit test failed and all else is well, STATUS_KUNIT_FAILED. @status is the
 * command's, where *cause is NULL.
 */
void kernel_verdict_judge(struct kernel_verdict *verdict, struct decode *decode, int status,
			  GError **cause);

#endif
