/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc doctor: what this host lacks for building and running the lab. */
#include "lab/accel.h"
#include "cli/command.h"
#include "base/status.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (1024 * 1024)
#define MEMORY_MIB 2048
#define BUILD_MIB 6144 /* for a first build of everything */
#define BUILT_MIB 1024 /* once it is built */

enum verdict { FINE, NOTE, FAULT };

struct doctor {
	const struct lab *lab;
	bool built; /* all that a run needs is there */
	unsigned faults;
};

/* A line of the table; @fix says what to do, or is NULL. */
G_GNUC_PRINTF(5, 6)
static void report(struct doctor *doctor, enum verdict verdict, const char *what, const char *fix,
		   const char *format, ...)
{
	static const struct {
		const char *word, *colour;
	} looks[] = {
		[FINE] = {"ok", "\033[32m"},
		[NOTE] = {"note", "\033[33m"},
		[FAULT] = {"FAULT", "\033[31m"},
	};
	bool coloured = isatty(STDOUT_FILENO);
	va_list values;

	printf("%s%-5s%s  %-12s  ", coloured ? looks[verdict].colour : "", looks[verdict].word,
	       coloured ? "\033[0m" : "", what);
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	printf("%s%s\n", fix ? "; " : "", fix ? fix : "");
	doctor->faults += verdict == FAULT;
}

static void check_accel(struct doctor *doctor)
{
	const char *qemu = doctor->lab->parts[LAB_QEMU];
	g_autoptr(GError) error = NULL;
	struct accel accel = {0};

	if (!lab_has(doctor->lab, LAB_QEMU))
		report(doctor, NOTE, "accelerator", "'make qemu' builds it",
		       "KVM is tried once the lab's QEMU is there");
	else if (!accel_choose(&accel, ACCEL_AUTO, doctor->lab, qemu, true, &error))
		report(doctor, FAULT, "accelerator", NULL, "%s", error->message);
	else
		report(doctor, FINE, "accelerator", NULL, "%s (%s)", accel.kvm ? "KVM" : "TCG",
		       accel.why);
	g_free(accel.why);
}

/* A command is looked up in PATH, a pattern must match a file. */
static bool is_there(const char *thing)
{
	g_autofree char *program = NULL;
	glob_t found;
	bool there;

	if (*thing != '/') {
		program = g_find_program_in_path(thing);
		return program;
	}
	there = glob(thing, 0, NULL, &found) == 0;
	globfree(&found);
	return there;
}

/* Only a first build needs these. What one verb alone needs, "make VERB", that verb asks for. */
static enum verdict missing_tool_verdict(const struct doctor *doctor, const char *purpose)
{
	return doctor->built || g_str_has_prefix(purpose, "make ") ? NOTE : FAULT;
}

/* The host's package manager: its words, and the column of its names. */
static unsigned package_manager(const char **words)
{
	static const char *const managers[][2] = {
		{"apt-get", "apt-get install"}, {"dnf", "dnf install"}, {"pacman", "pacman -S"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(managers); i++) {
		g_autofree char *program = g_find_program_in_path(managers[i][0]);

		*words = managers[i][1];
		if (program)
			return i;
	}
	*words = managers[0][1];
	return 0;
}

/*
 * A line of mk/packages.txt: what shows that it is there, its packages by their names for
 * apt, dnf and pacman, what for.
 */
static void check_tool(struct doctor *doctor, const char *line, unsigned *present)
{
	char thing[128], names[3][128], purpose[32];
	g_autofree char *fix = NULL;
	const char *install, *package;

	if (*line == '#' || sscanf(line, "%127s %127s %127s %127s %31[^\n]", thing, names[0],
				   names[1], names[2], purpose) != 5)
		return;
	if (is_there(thing)) {
		++*present;
		return;
	}
	package = g_strdelimit(names[package_manager(&install)], ",", ' ');
	if (!strcmp(package, "-"))
		return;
	fix = g_strdup_printf("'%s %s', or 'make' does it", install, package);
	report(doctor, missing_tool_verdict(doctor, purpose), "tools", fix,
	       "%s is missing (for %s)", thing, purpose);
}

static void check_tools(struct doctor *doctor)
{
	g_autofree char *file = g_build_filename(doctor->lab->root, "mk", "packages.txt", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned present = 0;

	if (!g_file_get_contents(file, &text, NULL, NULL)) {
		report(doctor, NOTE, "tools", "is the clone whole?", "no '%s' says what is needed",
		       file);
		return;
	}
	lines = g_strsplit(text, "\n", -1);
	for (int i = 0; lines[i]; i++)
		check_tool(doctor, lines[i], &present);
	report(doctor, FINE, "tools", NULL, "%u found", present);
}

static void check_memory(struct doctor *doctor)
{
	guint64 mib = (guint64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / MIB;

	if (mib >= MEMORY_MIB)
		report(doctor, FINE, "memory", NULL, "%" G_GUINT64_FORMAT " MiB", mib);
	else
		report(doctor, doctor->built ? NOTE : FAULT, "memory",
		       "use a machine that has it, or build with JOBS=1",
		       "%" G_GUINT64_FORMAT " MiB, a build takes %d", mib, MEMORY_MIB);
}

/* The build folder, or where it will be. */
static char *build_folder(const struct lab *lab)
{
	char *build = g_build_filename(lab->root, "build", NULL);

	if (g_file_test(build, G_FILE_TEST_IS_DIR))
		return build;
	g_free(build);
	return g_strdup(lab->root);
}

static void check_disk(struct doctor *doctor)
{
	g_autofree char *build = build_folder(doctor->lab);
	guint64 needed = doctor->built ? BUILT_MIB : BUILD_MIB;
	struct statvfs fs;
	guint64 mib;

	if (access(build, W_OK) < 0) {
		report(doctor, FAULT, "disk", "clone to a folder that is yours",
		       "cannot write to '%s': %s", build, g_strerror(errno));
		return;
	}
	if (statvfs(build, &fs) < 0)
		return;
	mib = (guint64)fs.f_bavail * fs.f_frsize / MIB;
	if (mib >= needed)
		report(doctor, FINE, "disk", NULL, "%" G_GUINT64_FORMAT " MiB free", mib);
	else
		report(doctor, FAULT, "disk", "free some, or clone elsewhere",
		       "%" G_GUINT64_FORMAT " MiB free in '%s', %" G_GUINT64_FORMAT " are needed",
		       mib, build, needed);
}

/* The user's own tree: make's own check judges it. */
static void check_own_tree(struct doctor *doctor, const char *name, const char *tree)
{
	g_autofree char *script = g_build_filename(doctor->lab->root, "scripts", "check-tree.sh",
						   NULL);
	const char *argv[] = {script, name, tree, NULL};
	g_autofree char *said = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
			  &said, &status, NULL))
		report(doctor, NOTE, "sources", NULL, "cannot check '%s'", tree);
	else if (status == 0)
		report(doctor, FINE, "sources", NULL, "%s is yours: %s", name, tree);
	else
		report(doctor, FAULT, "sources", NULL, "%s",
		       g_strdelimit(g_strstrip(said), "\n", ' '));
}

static void check_source(struct doctor *doctor, const char *name, const char *variable)
{
	g_autofree char *stamp = g_strdup_printf("%s.version", name);
	g_autofree char *file = g_build_filename(doctor->lab->root, "build", "src", stamp, NULL);
	const char *tree = variable ? g_getenv(variable) : NULL;
	g_autofree char *version = NULL;

	if (tree && *tree)
		check_own_tree(doctor, name, tree);
	else if (g_file_get_contents(file, &version, NULL, NULL))
		report(doctor, FINE, "sources", NULL, "%s %s", name, g_strstrip(version));
	else
		report(doctor, doctor->built ? FINE : NOTE, "sources", NULL,
		       "%s is not here yet: 'make' fetches it", name);
}

static void check_part(struct doctor *doctor, enum lab_part part)
{
	const struct lab *lab = doctor->lab;
	g_autofree char *fix = NULL;
	g_autofree char *version = NULL;

	if (!lab_has(lab, part)) {
		fix = g_strdup_printf("'%s' builds it", lab_part_verb(part));
		report(doctor, NOTE, "lab", fix, "%s is not built yet", lab_part_name(part));
		return;
	}
	if (part == LAB_RELEASE || part == LAB_QEMU)
		version = lab_part_version(lab, part);
	report(doctor, FINE, "lab", NULL, "%s%s%s", lab_part_name(part), version ? ": " : "",
	       version ? version : "");
}

static bool is_built(const struct lab *lab)
{
	for (int part = 0; part < LAB_NEEDED; part++)
		if (!lab_has(lab, part))
			return false;
	return true;
}

static int doctor_run(const void *fields, char **operands, GError **error)
{
	struct lab *lab = lab_find(error);
	struct doctor doctor = {.lab = lab};

	(void)fields, (void)operands;
	if (!lab)
		return 0;
	doctor.built = is_built(lab);
	check_accel(&doctor);
	check_memory(&doctor);
	check_disk(&doctor);
	check_tools(&doctor);
	check_source(&doctor, "linux", "LINUX_SRC");
	check_source(&doctor, "qemu", "QEMU_SRC");
	check_source(&doctor, "busybox", NULL);
	for (int part = 0; part < LAB_PARTS; part++)
		if (part < LAB_NEEDED || lab_has(lab, part))
			check_part(&doctor, part);
	lab_free(lab);
	if (doctor.faults > 0)
		g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY,
			    "%u fault%s above must be mended first", doctor.faults,
			    doctor.faults > 1 ? "s" : "");
	return 0;
}

static const struct option_row *const no_tables[] = {NULL};

const struct command command_doctor = {
	.name = "doctor",
	.summary = "say what this host lacks for the lab",
	.text = "Looks at this host and at the lab: whether KVM works and why not, memory, disk, "
		"tools, sources, and which parts are built. Each fault is named with what mends "
		"it. Ends with 0 when the lab can be built and run, with 241 when not.",
	.options = no_tables,
	.run = doctor_run,
};
