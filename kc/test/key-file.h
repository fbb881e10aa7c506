/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of groups of keys, in which nothing stands twice. */
#ifndef KC_TEST_KEY_FILE_H
#define KC_TEST_KEY_FILE_H

#include <glib.h>

/* Fails with STATUS_MISUSE, naming the line. Caller frees with g_key_file_free(). */
GKeyFile *key_file_open(const char *path, GError **error);

#endif
