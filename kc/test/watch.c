/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/watch.h"
#include "base/status.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#define QUIET_SECONDS 0.05
#define RESTLESS_SECONDS 1 /* what goes on for longer is told as it comes */

/*
 * Written and closed; moved over it or away; deleted; linked. Not when it is
 * created or truncated, as it is not yet what it will be.
 */
#define SAVED (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE)
#define FOLDER_GONE (IN_DELETE_SELF | IN_MOVE_SELF)

struct watch {
	int fd;
	guint source;
	GHashTable *folders; /* by number */
	GHashTable *changed; /* a set of paths */
	gint64 first, last; /* of @changed, in monotonic microseconds */
};

static void add_changed(struct watch *watch, char *path)
{
	watch->last = g_get_monotonic_time();
	if (g_hash_table_size(watch->changed) == 0)
		watch->first = watch->last;
	g_hash_table_add(watch->changed, path);
}

/* Events were lost: anything may have changed. */
static void add_all(struct watch *watch)
{
	GHashTableIter iter;
	void *folder;

	g_hash_table_iter_init(&iter, watch->folders);
	while (g_hash_table_iter_next(&iter, NULL, &folder))
		add_changed(watch, g_strdup(folder));
}

static bool is_link(const char *path)
{
	return g_file_test(path, G_FILE_TEST_IS_SYMLINK) || g_file_test(path, G_FILE_TEST_IS_DIR);
}

static void take_event(struct watch *watch, const struct inotify_event *event)
{
	const char *folder = g_hash_table_lookup(watch->folders, GINT_TO_POINTER(event->wd));
	g_autofree char *path = NULL;

	if (event->mask & IN_Q_OVERFLOW)
		add_all(watch);
	if (event->mask & IN_IGNORED)
		g_hash_table_remove(watch->folders, GINT_TO_POINTER(event->wd));
	if (!folder || event->mask & (IN_Q_OVERFLOW | IN_IGNORED))
		return;
	path = event->len ? g_build_filename(folder, event->name, NULL) : g_strdup(folder);
	/* A file that was created will yet be written; a link or a folder is whole. */
	if (!(event->mask & IN_CREATE) || is_link(path))
		add_changed(watch, g_steal_pointer(&path));
}

static gboolean on_events(int fd, GIOCondition condition, void *data)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n = read(fd, buffer, sizeof(buffer));

	(void)condition;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(buffer + at);

		take_event(data, event);
		at += sizeof(*event) + event->len;
	}
	return G_SOURCE_CONTINUE;
}

struct watch *watch_new(GError **error)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct watch *watch;

	if (fd < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "files cannot be watched: %s", g_strerror(errno));
		return NULL;
	}
	watch = g_new0(struct watch, 1);
	watch->fd = fd;
	watch->folders = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	watch->changed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	watch->source = g_unix_fd_add(fd, G_IO_IN, on_events, watch);
	return watch;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	g_source_remove(watch->source);
	close(watch->fd);
	g_hash_table_unref(watch->folders);
	g_hash_table_unref(watch->changed);
	g_free(watch);
}

bool watch_folder(struct watch *watch, const char *folder, GError **error)
{
	int number = inotify_add_watch(watch->fd, folder, SAVED | FOLDER_GONE | IN_ONLYDIR);

	if (number < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "the folder '%s' cannot be watched: %s%s", folder, g_strerror(errno),
			    errno == ENOSPC ? " (sysctl fs.inotify.max_user_watches is the limit)"
					    : "");
		return false;
	}
	g_hash_table_replace(watch->folders, GINT_TO_POINTER(number), g_strdup(folder));
	return true;
}

bool watch_has_news(struct watch *watch)
{
	on_events(watch->fd, G_IO_IN, watch);
	return g_hash_table_size(watch->changed) > 0;
}

static bool has_changed(void *data)
{
	return g_hash_table_size(((struct watch *)data)->changed) > 0;
}

static bool never(void *data)
{
	(void)data;
	return false;
}

static bool is_settled(const struct watch *watch)
{
	gint64 now = g_get_monotonic_time();

	return now >= watch->last + (gint64)(QUIET_SECONDS * G_USEC_PER_SEC) ||
	       now >= watch->first + (gint64)(RESTLESS_SECONDS * G_USEC_PER_SEC);
}

enum loop_end watch_wait(struct watch *watch, gint64 deadline)
{
	enum loop_end end = loop_until(has_changed, watch, deadline);

	while (end == LOOP_DONE && !is_settled(watch))
		if (loop_until(never, NULL, loop_deadline(QUIET_SECONDS)) == LOOP_SIGNAL)
			end = LOOP_SIGNAL;
	return end;
}

GPtrArray *watch_take(struct watch *watch)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	void *path;

	g_hash_table_iter_init(&iter, watch->changed);
	while (g_hash_table_iter_next(&iter, &path, NULL)) {
		g_hash_table_iter_steal(&iter);
		g_ptr_array_add(paths, path);
	}
	return paths;
}
