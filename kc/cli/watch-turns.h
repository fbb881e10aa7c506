/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of kc watch: after each save a turn, a 'kc watch --once' of its own, which the
 * next save ends.
 */
#ifndef KC_CLI_WATCH_TURNS_H
#define KC_CLI_WATCH_TURNS_H

#include "test/watch.h"

#include <gio/gio.h>

struct turns {
	struct watch *watch;
	/* Notes what has changed; false with no @error if it concerns nobody. */
	bool (*take)(void *opaque, GError **error);
	/* The command line of the next turn. Caller frees with g_strfreev(). */
	char **(*argv)(void *opaque);
	/* A turn has ended with @status; returns whether a silent one is to follow. */
	bool (*settle)(void *opaque, int status);
	void *opaque;
	/* Of the loop alone: */
	GSubprocess *turn; /* the one under way, or NULL */
	bool ended;
	bool silent;
	gint64 saved; /* when the oldest change of it was seen, in monotonic microseconds */
};

/* Begins with a turn, and goes on until a signal, or what is in @error. Frees @watch. */
void turns_keep(struct turns *turns, GError **error);

#endif
