/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/qemu-devices.h"

#include <stdlib.h>
#include <string.h>

/*
 * A wrapper of a QEMU may know no such option, and start a machine: not for long.
 * Not by GSubprocess: it starts GLib's thread that waits for children, and the
 * forks of kc test, which go without it, would wait for theirs for ever.
 */
static char *ask(const char *qemu)
{
	const char *argv[] = {"timeout",	 "-k1",	     "10",   qemu,	 "-nodefaults",
			      "-no-user-config", "-display", "none", "-machine", "none",
			      "-device",	 "help",     NULL};
	GSpawnFlags flags = G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL;
	g_autofree char *text = NULL;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, flags, NULL, NULL, &text, NULL, &status,
			  NULL) ||
	    !g_spawn_check_wait_status(status, NULL))
		return NULL;
	return g_steal_pointer(&text);
}

/* name "virtio-blk-pci", bus PCI, alias "virtio-blk" */
static char **names_in(const char *text)
{
	g_autoptr(GRegex)
		word = g_regex_new("(?:^name|, alias) \"([^\"]+)\"", G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GMatchInfo) match = NULL;

	for (g_regex_match(word, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL))
		g_ptr_array_add(names, g_match_info_fetch(match, 1));
	if (!names->len)
		return NULL;
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_steal(names, NULL);
}

/* The kept answer has the key as its first line. */
static char **recall(const char *file, const char *key)
{
	g_autofree char *text = NULL;
	const char *rest;

	if (!g_file_get_contents(file, &text, NULL, NULL) || !g_str_has_prefix(text, key))
		return NULL;
	rest = text + strlen(key);
	return *rest == '\n' ? names_in(rest + 1) : NULL;
}

static void keep(const char *file, const char *key, const char *answer)
{
	g_autofree char *folder = g_path_get_dirname(file);
	g_autofree char *text = g_strdup_printf("%s\n%s", key, answer);

	/* A folder that cannot be written to only costs the next one its question. */
	if (g_mkdir_with_parents(folder, 0777) == 0)
		g_file_set_contents(file, text, -1, NULL);
}

char **qemu_devices(const struct lab *lab, const char *qemu)
{
	g_autofree char *file = g_build_filename(lab->root, "build", "cache", "qemu-devices", NULL);
	g_autofree char *key = qemu ? lab_build_of(qemu) : NULL;
	g_autofree char *answer = NULL;
	char **names;

	if (!key)
		return NULL;
	names = recall(file, key);
	if (names)
		return names;
	answer = ask(qemu);
	names = answer ? names_in(answer) : NULL;
	if (names)
		keep(file, key, answer);
	return names;
}

/* Does @qemu stand in the folders that this lab builds in, and not in another's? */
static bool is_built_here(const struct lab *lab, const char *qemu)
{
	g_autofree char *build = g_build_filename(lab->root, "build", NULL);
	g_autofree char *here = realpath(build, NULL);
	g_autofree char *program = qemu ? realpath(qemu, NULL) : NULL;
	size_t len = here ? strlen(here) : 0;

	return here && program && strncmp(program, here, len) == 0 && program[len] == '/';
}

bool qemu_is_stock(const struct lab *lab, const char *qemu)
{
	/* Of its own QEMU the build has left a word: no new one need be asked. */
	g_autofree char *mark = g_build_filename(lab->root, "build", "lab", "qemu-stock", NULL);
	g_auto(GStrv) names = NULL;

	if (is_built_here(lab, qemu))
		return g_file_test(mark, G_FILE_TEST_EXISTS);
	names = qemu_devices(lab, qemu);
	return names && !g_strv_contains((const char *const *)names, "virtio-hello-pci");
}
