/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which files of some folders were saved, removed or renamed, whatever the way
 * an editor has of writing them.
 */
#ifndef KC_TEST_WATCH_H
#define KC_TEST_WATCH_H

#include "base/loop.h"

struct watch;

struct watch *watch_new(GError **error);
void watch_free(struct watch *watch);

/* Also watches @folder; again and again where it may have been replaced. */
bool watch_folder(struct watch *watch, const char *folder, GError **error);

/* Something has changed that watch_wait() has not told yet. */
bool watch_has_news(struct watch *watch);

/*
 * Until something has changed and nothing has for a moment: several files are
 * saved at once, and one may be written in several steps.
 */
enum loop_end watch_wait(struct watch *watch, gint64 deadline);

/*
 * The paths of what has changed, @folder as it was given and the file's name,
 * each once; the folder alone where anything may have. Caller unrefs.
 */
GPtrArray *watch_take(struct watch *watch);

#endif
