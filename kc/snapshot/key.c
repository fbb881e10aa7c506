/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/key.h"
#include "agent/protocol.h"

#include <string.h>
#include <sys/stat.h>

/* Counted up with each change of what is saved or how. */
#define FORMAT "2"

char *snapshot_fingerprint(const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return g_strdup("absent");
	/* The time of change cannot be set back, the time of writing can. */
	return g_strdup_printf("%lx:%lx %ld %ld.%09ld %ld.%09ld", (long)st.st_dev, (long)st.st_ino,
			       (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			       (long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static void add_input(GPtrArray *inputs, const char *file)
{
	if (file)
		g_ptr_array_add(inputs, g_canonicalize_filename(file, NULL));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_firmware(GPtrArray *inputs, const char *folder)
{
	g_autoptr(GDir) dir = folder ? g_dir_open(folder, 0, NULL) : NULL;
	guint first = inputs->len;
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(folder, name, NULL);

		add_input(inputs, file);
	}
	/* A folder has no order of its own. */
	if (inputs->len > first)
		qsort(inputs->pdata + first, inputs->len - first, sizeof(char *), by_name);
}

char **snapshot_inputs(const struct machine *machine)
{
	GPtrArray *inputs = g_ptr_array_new();

	add_input(inputs, machine->qemu);
	add_input(inputs, machine->kernel);
	add_input(inputs, machine->initrd);
	add_input(inputs, machine->disk);
	add_firmware(inputs, machine->firmware);
	g_ptr_array_add(inputs, NULL);
	return (char **)g_ptr_array_free(inputs, FALSE);
}

/* With its NUL, so that "a","bc" is not "ab","c". */
static void hash_string(GChecksum *sum, const char *string)
{
	g_checksum_update(sum, (const guchar *)string, strlen(string) + 1);
}

static void hash_strings(GChecksum *sum, char **strings)
{
	for (int i = 0; strings[i]; i++)
		hash_string(sum, strings[i]);
	hash_string(sum, "");
}

/* The guest's counter and features come from the host's processor; the first tells. */
static void hash_processor(GChecksum *sum)
{
	g_autofree char *text = NULL;
	char *end;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return;
	end = strstr(text, "\n\n");
	if (end)
		*end = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (g_str_has_prefix(line, "model") || g_str_has_prefix(line, "flags") ||
		    g_str_has_prefix(line, "stepping") || g_str_has_prefix(line, "vendor"))
			hash_string(sum, line);
}

char *snapshot_key(const struct machine *machine)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_auto(GStrv) inputs = snapshot_inputs(machine);
	g_auto(GStrv) argv = NULL;
	struct machine cold = *machine;
	const guint8 protocol = KC_PROTOCOL_VERSION;

	/* Measured anew at each start: never twice the same. */
	cold.tsc_khz = 0;
	argv = machine_argv(&cold, MACHINE_WIRED);
	hash_string(sum, FORMAT);
	g_checksum_update(sum, &protocol, sizeof(protocol));
	hash_strings(sum, argv);
	/* Relative names may be among the user's. */
	if (machine->dir && machine->extra && *machine->extra)
		hash_string(sum, machine->dir);
	hash_strings(sum, inputs);
	for (int i = 0; inputs[i]; i++) {
		g_autofree char *state = snapshot_fingerprint(inputs[i]);

		hash_string(sum, state);
	}
	hash_processor(sum);
	return g_strdup(g_checksum_get_string(sum));
}
