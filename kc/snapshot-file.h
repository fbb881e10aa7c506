/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A saved machine on disk: KEY.state holds QEMU's migration stream, behind it a
 * description, behind that a footer that tells where both are and what they
 * hash to; KEY.disk holds the root disk as it was then, where there is one.
 * Both appear under their names whole, the state last, and are never changed:
 * whoever has one open may go on while another replaces or removes it.
 */
#ifndef KC_SNAPSHOT_FILE_H
#define KC_SNAPSHOT_FILE_H

#include <glib.h>
#include <stdbool.h>

struct snapshot_about {
	char *machine; /* one line for people */
	char **inputs; /* files that it was made from, NULL-terminated */
	char **states; /* snapshot_fingerprint() of each then */
	GBytes *log; /* the kernel's records from the boot to the save */
	gint64 size; /* bytes on disk; filled when it is opened */
	gint64 used; /* seconds since 1970; likewise */
};

struct snapshot_file {
	int state_fd;
	int disk_fd; /* 0: none */
	struct snapshot_about about;
	guint64 state_len, disk_len; /* bytes that are hashed */
	guint64 state_hash, disk_hash;
};

/*
 * Files without a name yet, so that nothing is left of them when kc is killed.
 * Fails with STATUS_NOT_CARRIED, as all of these do.
 */
struct snapshot_file *snapshot_file_new(const char *folder, bool with_disk, GError **error);

/* Takes over @about's contents, and puts both files in place. */
bool snapshot_file_commit(struct snapshot_file *file, const char *folder, const char *key,
			  struct snapshot_about *about, GError **error);

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
void snapshot_about_clear(struct snapshot_about *about);

/* Takes both files out of the folder; those who have them open keep them. */
void snapshot_file_remove(const char *folder, const char *key);

#endif
