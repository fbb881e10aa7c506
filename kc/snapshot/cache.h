/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folder of saved machines: who may make one, what is there, what has to go. */
#ifndef KC_SNAPSHOT_CACHE_H
#define KC_SNAPSHOT_CACHE_H

#include "lab/lab.h"
#include "snapshot/file.h"

/*
 * How many bytes all of them may take: KC_CACHE_LIMIT, else 2 GiB. Fails with
 * STATUS_MISUSE where that is no size.
 */
bool cache_limit(gint64 *limit, GError **error);

/* Under build/; made where it is missing. NULL with STATUS_NOT_CARRIED. Caller frees. */
char *cache_folder(const struct lab *lab, GError **error);

/*
 * Tries to become the only one who makes @key. Returns a lock to be given to
 * cache_unlock(); -1 while another has it; -2 with @error set. It is the
 * kernel's: whoever dies has let go of it.
 */
int cache_try_lock(const char *folder, const char *key, GError **error);
void cache_unlock(const char *folder, const char *key, int lock);

struct cache_entry {
	char *key;
	bool damaged; /* about is empty but for its size and use */
	bool stale; /* one of its inputs has changed: it will not be used again */
	struct snapshot_about about;
};

/* All of them, the latest used first. Caller unrefs. */
GPtrArray *cache_list(const char *folder);

/*
 * Removes the damaged and the stale, then the longest unused until the others
 * take @limit bytes at most; never @keep (a key, or NULL). Returns how many
 * went, and their bytes in @freed.
 */
unsigned cache_prune(const char *folder, gint64 limit, const char *keep, gint64 *freed);

#endif
