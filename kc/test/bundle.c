/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/bundle.h"
#include "base/host-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define NAME_MAX_BYTES 80
#define SAME_NAME_MAX 1000
#define YOUNG_SECONDS 3600 /* the summary of a long run may be about to name it */

/* "-20261122-093000-1234", and "-2" behind it where that was taken */
#define OURS "-[0-9]{8}-[0-9]{6}-[0-9]+(-[0-9]+)?$"

static void add_trouble(struct bundle *bundle, const char *text)
{
	char *before = bundle->trouble;

	bundle->trouble = before ? g_strdup_printf("%s; %s", before, text) : g_strdup(text);
	g_free(before);
}

/* Only what is plain in every shell. */
static char *plain_name(const char *name)
{
	char *plain = g_strndup(name, NAME_MAX_BYTES);

	g_strcanon(plain, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
	if (*plain == '.' || *plain == '-')
		*plain = '_';
	return plain;
}

/* mkdir() is what makes a name ours alone. */
static char *make_folder(struct bundle *bundle, const char *folder, const char *name)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	g_autofree char *time = g_date_time_format(now, "%Y%m%d-%H%M%S");
	g_autofree char *plain = plain_name(name);
	g_autofree char *stem = g_strdup_printf("%s/%s-%s-%d", folder, plain, time, getpid());
	g_autofree char *why = NULL;
	char *path = g_strdup(stem);

	g_mkdir_with_parents(folder, 0777);
	for (int i = 2; mkdir(path, 0777) != 0; i++) {
		if (errno != EEXIST || i > SAME_NAME_MAX) {
			why = g_strdup_printf("no bundle: cannot make the folder '%s': %s", path,
					      g_strerror(errno));
			add_trouble(bundle, why);
			g_free(path);
			return NULL;
		}
		g_free(path);
		path = g_strdup_printf("%s-%d", stem, i);
	}
	return path;
}

static bool write_file(const char *path, const struct bundle_file *file, GError **error)
{
	size_t len = file->len < 0 ? strlen(file->data) : (size_t)file->len;
	struct host_file *out = host_file_new(path, error);
	bool ok = out && host_file_write(out, file->data, len, error) &&
		  host_file_commit(out, error);

	if (out)
		host_file_free(out);
	return ok;
}

static void write_files(struct bundle *bundle, const struct bundle_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_autofree char *path = g_build_filename(bundle->path, files[i].name, NULL);
		g_autoptr(GError) error = NULL;

		if (files[i].data && !write_file(path, &files[i], &error))
			add_trouble(bundle, error->message);
	}
}

struct old {
	char *path;
	gint64 time;
};

static void clear_old(void *data)
{
	g_free(((struct old *)data)->path);
}

static gint newest_first(gconstpointer a, gconstpointer b)
{
	const struct old *x = a, *y = b;

	return x->time > y->time ? -1 : x->time < y->time;
}

static GArray *list_bundles(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct old));
	const char *name;

	g_array_set_clear_func(found, clear_old);
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat st;

		if (!g_regex_match_simple(OURS, name, 0, 0) || lstat(path, &st) != 0 ||
		    !S_ISDIR(st.st_mode))
			continue;
		g_array_append_vals(
			found,
			&(struct old){g_steal_pointer(&path), st.st_mtim.tv_sec * G_USEC_PER_SEC +
								      st.st_mtim.tv_nsec / 1000},
			1);
	}
	g_array_sort(found, newest_first);
	return found;
}

/* A bundle has no folders in it; one that a user has put more into stays. */
static void remove_bundle(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		unlink(file);
	}
	rmdir(path);
}

static void prune(const char *folder)
{
	g_autoptr(GArray) bundles = list_bundles(folder);
	gint64 young = g_get_real_time() - (gint64)YOUNG_SECONDS * G_USEC_PER_SEC;

	for (guint i = BUNDLE_KEEP; i < bundles->len; i++) {
		const struct old *old = &g_array_index(bundles, struct old, i);

		if (old->time < young)
			remove_bundle(old->path);
	}
}

void bundle_write(struct bundle *bundle, const char *folder, const char *name,
		  const struct bundle_file *files, size_t count)
{
	*bundle = (struct bundle){0};
	bundle->path = make_folder(bundle, folder, name);
	if (bundle->path)
		write_files(bundle, files, count);
	prune(folder);
}

void bundle_clear(struct bundle *bundle)
{
	g_clear_pointer(&bundle->path, g_free);
	g_clear_pointer(&bundle->trouble, g_free);
}

char *bundle_folder(const struct lab *lab)
{
	return g_build_filename(lab->root, "build", "failures", NULL);
}

/* "v1-3-gabcdef-dirty"; NULL where it is no repository. */
static char *project_commit(const struct lab *lab)
{
	const char *argv[] = {"git", "-C", lab->root, "describe", "--always", "--dirty", NULL};
	char *out = NULL;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL,
		     NULL, NULL, &out, NULL, NULL, NULL);
	if (out && *g_strchomp(out))
		return out;
	g_free(out);
	return NULL;
}

static char *host_name(void)
{
	g_autofree char *system = g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);
	struct utsname name;

	uname(&name);
	return g_strdup_printf("%s, Linux %s %s, %u CPUs", system ? system : "unknown system",
			       name.release, name.machine, g_get_num_processors());
}

char *bundle_versions(const struct lab *lab)
{
	g_autofree char *kernel = lab_part_version(lab, LAB_RELEASE);
	g_autofree char *qemu = lab_part_version(lab, LAB_QEMU);
	g_autofree char *commit = project_commit(lab);
	g_autofree char *host = host_name();

	return g_strdup_printf("kernel      %s\nQEMU        %s\nKernelCraft %s\nhost        %s\n",
			       kernel ? kernel : "unknown", qemu ? qemu : "unknown",
			       commit ? commit : "unknown", host);
}
