/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/cache.h"
#include "base/options.h"
#include "snapshot/key.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE ".state"

bool cache_limit(gint64 *limit, GError **error)
{
	const char *wish = g_getenv("KC_CACHE_LIMIT");
	unsigned mib = 2048;

	if (wish && *wish && !option_mebibytes(wish, &mib, error)) {
		g_prefix_error(error, "KC_CACHE_LIMIT: ");
		return false;
	}
	*limit = (gint64)mib << 20;
	return true;
}

char *cache_folder(const struct lab *lab, GError **error)
{
	char *folder = g_build_filename(lab->root, "build", "cache", "vm", NULL);

	if (g_mkdir_with_parents(folder, 0755) == 0)
		return folder;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot make '%s': %s", folder,
		    g_strerror(errno));
	g_free(folder);
	return NULL;
}

/* Whoever had the lock before us may have taken its file away. */
static bool is_in_place(int fd, const char *name)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(name, &there) == 0 && ours.st_dev == there.st_dev &&
	       ours.st_ino == there.st_ino;
}

int cache_try_lock(const char *folder, const char *key, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s/%s.lock", folder, key);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (locked && is_in_place(fd, name))
		return fd;
	if (locked || (fd >= 0 && errno == EWOULDBLOCK)) {
		close(fd);
		return -1;
	}
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "cannot lock '%s': %s", name,
		    g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return -2;
}

void cache_unlock(const char *folder, const char *key, int lock)
{
	g_autofree char *name = g_strdup_printf("%s/%s.lock", folder, key);

	unlink(name);
	close(lock);
}

static bool is_stale(const struct snapshot_about *about)
{
	for (int i = 0; about->inputs[i]; i++) {
		g_autofree char *now = snapshot_fingerprint(about->inputs[i]);

		if (!g_str_equal(now, about->states[i]))
			return true;
	}
	return false;
}

static void entry_free(void *data)
{
	struct cache_entry *entry = data;

	snapshot_about_clear(&entry->about);
	g_free(entry->key);
	g_free(entry);
}

static void stat_damaged(struct cache_entry *entry, const char *folder)
{
	g_autofree char *name = g_strdup_printf("%s/%s" STATE, folder, entry->key);
	struct stat st;

	entry->damaged = true;
	entry->about.machine = g_strdup("damaged");
	if (stat(name, &st) < 0)
		return;
	entry->about.size = st.st_blocks * 512;
	entry->about.used = st.st_mtime;
}

static struct cache_entry *entry_read(const char *folder, const char *name)
{
	struct cache_entry *entry = g_new0(struct cache_entry, 1);
	struct snapshot_file *file;

	entry->key = g_strndup(name, strlen(name) - strlen(STATE));
	file = snapshot_file_open(folder, entry->key, NULL);
	if (!file) {
		stat_damaged(entry, folder);
		return entry;
	}
	entry->about = file->about;
	file->about = (struct snapshot_about){0};
	entry->stale = is_stale(&entry->about);
	snapshot_file_free(file);
	return entry;
}

static int latest_first(const void *a, const void *b)
{
	const struct cache_entry *x = *(struct cache_entry *const *)a;
	const struct cache_entry *y = *(struct cache_entry *const *)b;

	return (x->about.used < y->about.used) - (x->about.used > y->about.used);
}

GPtrArray *cache_list(const char *folder)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(entry_free);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, STATE))
			g_ptr_array_add(entries, entry_read(folder, name));
	g_ptr_array_sort(entries, latest_first);
	return entries;
}

/* Whoever makes it just now is left alone. */
static bool remove_entry(const char *folder, const struct cache_entry *entry)
{
	int lock = cache_try_lock(folder, entry->key, NULL);

	if (lock < 0)
		return false;
	snapshot_file_remove(folder, entry->key);
	cache_unlock(folder, entry->key, lock);
	return true;
}

unsigned cache_prune(const char *folder, gint64 limit, const char *keep, gint64 *freed)
{
	g_autoptr(GPtrArray) entries = cache_list(folder);
	unsigned removed = 0;
	gint64 total = 0;

	*freed = 0;
	for (guint i = 0; i < entries->len; i++) {
		const struct cache_entry *entry = entries->pdata[i];
		bool wanted = keep && g_str_equal(entry->key, keep);

		total += entry->about.size;
		if (wanted || (!entry->damaged && !entry->stale && total <= limit))
			continue;
		if (!remove_entry(folder, entry))
			continue;
		total -= entry->about.size;
		*freed += entry->about.size;
		removed++;
	}
	return removed;
}
