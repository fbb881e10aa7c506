/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved machine on disk: KEY.ram holds the guest's memory, which those who go
 * on from it map and never write to; KEY.disk the root disk as it was then,
 * where there is one; KEY.state QEMU's migration stream, behind it a
 * description, behind that a footer that tells what all of them hash to. They
 * appear under their names whole, the state last, and are never changed: whoever
 * has them open may go on while another replaces or removes them.
 */
#ifndef KC_SNAPSHOT_FILE_H
#define KC_SNAPSHOT_FILE_H

#include "snapshot/about.h"

enum snapshot_part { SNAPSHOT_STATE, SNAPSHOT_RAM, SNAPSHOT_DISK, SNAPSHOT_PARTS };

struct snapshot_file {
	int fd[SNAPSHOT_PARTS]; /* 0: none */
	guint64 len[SNAPSHOT_PARTS]; /* bytes that are hashed; 0: there is no such part */
	guint64 hash[SNAPSHOT_PARTS];
	struct snapshot_about about;
};

/*
 * Files without a name yet, so that nothing is left of them when kc is killed;
 * with room for @ram bytes of memory, as a guest that found none would be
 * killed. Fails with STATUS_NOT_CARRIED, as all of these do.
 */
struct snapshot_file *snapshot_file_new(const char *folder, guint64 ram, bool with_disk,
					GError **error);

/* Takes over @about's contents, and puts the files in place. */
bool snapshot_file_commit(struct snapshot_file *file, const char *folder, const char *key,
			  struct snapshot_about *about, GError **error);

/*
 * The same file, open once more in @mode (O_RDONLY, O_WRONLY) and with a place
 * of its own in it. Caller closes; -1 with errno.
 */
int snapshot_file_reopen(const struct snapshot_file *file, enum snapshot_part part, int mode);

/*
 * Opens one and checks its shape; NULL without @error where there is none. The
 * contents are not read: see snapshot_file_check().
 */
struct snapshot_file *snapshot_file_open(const char *folder, const char *key, GError **error);

/* Reads all of it and holds it against its hashes. May run in a thread of its own. */
bool snapshot_file_check(const struct snapshot_file *file);

/* Marks it as used now, for whoever prunes. */
void snapshot_file_touch(const struct snapshot_file *file);

void snapshot_file_free(struct snapshot_file *file);

/* Takes the files out of the folder; those who have them open keep them. */
void snapshot_file_remove(const char *folder, const char *key);

#endif
