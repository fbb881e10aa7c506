/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's kernel complained of while a command ran, and what that makes of its end. */
#ifndef KC_COMPLAINT_H
#define KC_COMPLAINT_H

#include "lab.h"
#include "splat.h"

/* A vm_kmsg, whose opaque is a struct splat_watch. */
void complaint_see(const char *records, size_t len, void *watch);

/* From what was typed as --allow, NULL-terminated or NULL. NULL with @error set; caller frees. */
struct allow_list *complaint_allowed(const char *const *entries, GError **error);

/* Where the guest or QEMU, not a file of the user's, is to blame, the console says more. */
bool complaint_wants_console(const GError *cause);

/*
 * Ends @watch. Where the kernel complained its words are printed on stderr, and
 * *cause becomes STATUS_SPLAT, unless it is a worse end; @status is the
 * command's, where *cause is NULL.
 */
void complaint_judge(struct splat_watch *watch, const struct lab *lab, int status, GError **cause);

#endif
