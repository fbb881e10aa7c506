/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/status.h"
#include "lab/qemu-devices.h"
#include "series/internal.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "qemu-system-x86_64"

/* A program that others built is a part of a lab under the lab's name. */
static bool use_program(struct side *side, const char *name, const char *logs, GError **error)
{
	g_autofree char *program = g_find_program_in_path(name);
	g_autofree char *full = program ? g_canonicalize_filename(program, NULL) : NULL;
	g_autofree char *link = g_build_filename(logs, "parts", PROGRAM, NULL);

	if (!program) {
		side_cannot(side, OUTCOME_UNKNOWN, g_strdup_printf("no such program: '%s'", name));
		return true;
	}
	side->parts = g_build_filename(logs, "parts", NULL);
	g_unlink(link);
	if (g_mkdir_with_parents(side->parts, 0777) == 0 && symlink(full, link) == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "cannot make '%s': %s", link,
		    g_strerror(errno));
	return false;
}

static void read_program(struct side *side, const struct lab *lab)
{
	g_autofree char *program = side->parts ? g_build_filename(side->parts, PROGRAM, NULL)
					       : g_strdup(lab->parts[LAB_QEMU]);
	g_autofree char *said = lab_qemu_version(program);
	const char *version = said ? strstr(said, "version ") : NULL;

	side->identity = lab_build_of(program);
	if (!version) {
		side_cannot(side, OUTCOME_UNKNOWN,
			    g_strdup_printf("'%s' does not say a version of QEMU", program));
		return;
	}
	version += strlen("version ");
	side->version = g_strndup(version, strcspn(version, " ("));
	side->devices = qemu_devices(lab, program);
}

static bool make_ready(struct side *side, const struct lab *lab, const char *logs, GError **error)
{
	g_autofree char *folder = NULL, *commit = NULL;

	if (g_str_equal(side->word, "lab"))
		return true;
	if (g_str_equal(side->word, "host"))
		return use_program(side, PROGRAM, logs, error);
	if (side_is_tree(side->word, TREE_QEMU))
		return side_build(side, lab, TREE_QEMU, side->word, NULL, logs, error);
	if (revision_parse(side->word, &folder, &commit))
		return side_build(side, lab, TREE_QEMU, folder, commit, logs, error);
	return use_program(side, side->word, logs, error);
}

struct side *side_qemu(const struct lab *lab, const char *word, const char *folder, GError **error)
{
	struct side *side = side_new(word);

	if (!make_ready(side, lab, folder, error)) {
		side_free(side);
		return NULL;
	}
	if (side->kind == OUTCOME_PASS)
		read_program(side, lab);
	return side;
}
