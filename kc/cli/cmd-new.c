/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc new: a device's folder, both halves and its test, that passes at once. */
#include "cli/command.h"
#include "base/host-file.h"
#include "base/loop.h"
#include "base/status.h"
#include "device/folder.h"
#include "device/make.h"
#include "device/name.h"
#include "device/plan.h"
#include "device/render.h"
#include "lab/lab.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AUTHOR_MAX 56 /* a line of a comment */

struct new_options {
	struct device_plan plan;
	const char *out;
	bool dry_run;
};

static const struct new_options new_defaults = {.plan = {DEVICE_PLAN_DEFAULTS}};

#define FIELD(name) offsetof(struct new_options, name)

static bool parse_id(const char *value, void *field, GError **error)
{
	guint64 id;

	if (g_ascii_string_to_unsigned(value, 10, 1, 65535, &id, NULL)) {
		*(unsigned *)field = id;
		return true;
	}
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "'%s' is not a virtio device id; %d to %d are free", value, DEVICE_ID_FIRST,
		    DEVICE_ID_LAST);
	return false;
}

static const struct option_row new_rows[] = {
	{"id", 0, "NUMBER", "the virtio device id (default: the highest from 63 down that is free)",
	 parse_id, FIELD(plan.id)},
	{"queues", 0, "NAME[:KIND],...",
	 "its queues; KIND is request, or event for what the device sends unasked, as it is by "
	 "itself for names that end in 'events' (default: requests)",
	 option_string, FIELD(plan.queues)},
	{"config", 0, "FIELD:TYPE,...",
	 "fields of the configuration space, of type u8, u16, u32, u64 or char[N]", option_string,
	 FIELD(plan.config)},
	{"feature", 0, "NAME,...", "feature bits, counted from 0", option_string,
	 FIELD(plan.features)},
	{"class", 0, "CLASS",
	 "what programs see of it: a file in sysfs, a char device or a block device (default: "
	 "sysfs)",
	 option_string, FIELD(plan.interface)},
	{"transport", 0, "WHICH", "pci, mmio or both (default: both)", option_string,
	 FIELD(plan.transport)},
	{"author", 0, "NAME", "who holds the copyright (default: git's user.name)", option_string,
	 FIELD(plan.author)},
	{"out", 0, "DIR",
	 "make DIR/NAME, outside the project, rather than devices/NAME, with "
	 "ci.sh and what calls it on GitHub and GitLab",
	 option_string, FIELD(out)},
	DEVICE_FOLDER_ROW,
	{"dry-run", 'n', NULL, "say what would be written, and write nothing", option_on,
	 FIELD(dry_run)},
	{.name = NULL},
};

/* Caller frees; NULL where git does not know. */
static char *git_config(const char *key)
{
	const char *argv[] = {"git", "config", "--get", key, NULL};
	char *said = NULL;
	int status = 1;

	if (g_spawn_sync(NULL, (char **)argv, NULL,
			 G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &said, NULL,
			 &status, NULL) &&
	    status == 0 && *g_strstrip(said))
		return said;
	g_free(said);
	return NULL;
}

/* A comment holds it, in C and in the README. */
static bool check_author(const char *author, GError **error)
{
	if (!author || (g_utf8_validate(author, -1, NULL) && !strstr(author, "*/") &&
			!strpbrk(author, "\n\r\t") && g_utf8_strlen(author, -1) <= AUTHOR_MAX))
		return true;
	g_set_error(
		error, STATUS_ERROR, STATUS_MISUSE,
		"--author '%s': expected one line of UTF-8, at most %d characters, without '*/'",
		author, AUTHOR_MAX);
	return false;
}

/* Asks on the terminal; an empty line keeps what is there. Caller frees. */
static char *ask(const char *question, const char *kept)
{
	char line[256];

	fprintf(stderr, kept ? "%s [%s]: " : "%s: ", question, kept);
	if (!fgets(line, sizeof(line), stdin))
		return NULL;
	return g_strdup(*g_strstrip(line) ? line : kept);
}

static bool ask_all(struct device_plan *plan, GStringChunk *strings, GError **error)
{
	const struct {
		const char *question;
		const char **answer;
		const char *kept;
	} questions[] = {
		{"Name of the device", &plan->name, NULL},
		{"Queues, such as requests,events", &plan->queues, plan->queues},
		{"Fields of its configuration, such as speed:u32", &plan->config,
		 plan->config ? plan->config : ""},
		{"Feature bits, such as fast,quiet", &plan->features,
		 plan->features ? plan->features : ""},
		{"What programs see of it: sysfs, char or block", &plan->interface,
		 plan->interface},
		{"Transport: pci, mmio or both", &plan->transport, plan->transport},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
		g_autofree char *said = ask(questions[i].question, questions[i].kept);

		if (!said) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "no answer to '%s'; nothing was written",
				    questions[i].question);
			return false;
		}
		*questions[i].answer = *said ? g_string_chunk_insert(strings, said) : NULL;
		if (i == 0 && !device_name_check(said, error))
			return false;
	}
	return true;
}

static bool take_name(struct device_plan *plan, char **operands, GStringChunk *strings,
		      GError **error)
{
	if (*operands) {
		plan->name = *operands;
		return true;
	}
	if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO))
		return ask_all(plan, strings, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "a name is needed, such as 'kc new hash'");
	return false;
}

static bool check_out(const char *out, GError **error)
{
	if (!out || *out)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--out: a folder's name is needed");
	return false;
}

static bool choose_id(struct device_plan *plan, const GPtrArray *folders, GError **error)
{
	if (plan->id)
		return device_id_check(folders, plan->id, error);
	plan->id = device_free_id(folders);
	if (!plan->id)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "each id from %d to %d has a device; 'kc remove' one, or say --id",
			    DEVICE_ID_FIRST, DEVICE_ID_LAST);
	return plan->id;
}

static bool check_free_name(const GPtrArray *folders, const char *name, GError **error)
{
	const struct device_folder *other = device_folder_find(folders, name);

	if (!other)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "device '%s' is there already: %s; choose another name, or 'kc remove %s'",
		    name, other->path, name);
	return false;
}

static guint count_lines(const char *text)
{
	guint lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static void print_files(const char *path, JsonNode *files)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init_ordered(&iter, json_node_get_object(files));
	while (json_object_iter_next_ordered(&iter, &name, &node))
		printf("%s/%s, %u lines\n", path, name, count_lines(json_node_get_string(node)));
}

/* As they can be typed where kc was called. */
static void print_next(const struct device_plan *plan, const char *path, const struct lab *lab,
		       bool outside)
{
	bool mmio = g_str_equal(plan->transport, "mmio");
	g_autofree char *here = g_get_current_dir();
	g_autofree char *place = g_str_equal(here, lab->root)
					 ? g_strdup("")
					 : g_strdup_printf(" -C %s", lab->root);

	printf("%s is there: virtio-%s, id %u. Next:\n"
	       "    make%s%s%s all\n"
	       "    kc test %s\n"
	       "    kc trace%s --device virtio-%s-%s,id=%s0 --module %s_virtio -- %s_test sizes\n",
	       path, plan->name, plan->id, place, outside ? " KC_DEVICES=" : "",
	       outside ? path : "", plan->name, mmio ? " --transport mmio" : "", plan->name,
	       mmio ? "device" : "pci", plan->name, plan->name, plan->name);
}

/* Not to be interrupted between the first file and the folder's name. */
static bool make_whole(const char *path, JsonNode *files, GError **error)
{
	bool made;

	loop_hold_signals();
	made = device_make(path, files, error);
	loop_release_signals();
	return made;
}

static bool make(const struct device_plan *plan, const struct new_options *options,
		 const struct lab *lab, GError **error)
{
	g_autofree char *home = options->out ? g_canonicalize_filename(options->out, NULL)
					     : g_build_filename(lab->root, "devices", NULL);
	g_autofree char *path = g_build_filename(home, plan->name, NULL);
	g_autoptr(JsonNode) context = device_plan_read(plan, error);
	g_autoptr(JsonNode) files = context ? device_render(context, error) : NULL;

	if (!files)
		return false;
	if (options->dry_run) {
		print_files(path, files);
		return true;
	}
	if (!make_whole(path, files, error))
		return false;
	print_next(plan, path, lab, options->out);
	return true;
}

static bool plan_and_make(const struct new_options *options, const struct lab *lab, char **operands,
			  GStringChunk *strings, GError **error)
{
	struct device_plan plan = options->plan;
	g_autofree char *author = plan.author ? g_strdup(plan.author) : git_config("user.name");
	g_autoptr(GPtrArray) folders = device_folders(lab, error);

	plan.outside = options->out;
	plan.author = author && *author ? author : NULL;
	return folders && check_out(options->out, error) &&
	       take_name(&plan, operands, strings, error) && device_name_check(plan.name, error) &&
	       check_free_name(folders, plan.name, error) && choose_id(&plan, folders, error) &&
	       check_author(author, error) && make(&plan, options, lab, error);
}

static int new_run(const void *fields, char **operands, GError **error)
{
	GStringChunk *strings = g_string_chunk_new(256);
	struct lab *lab = lab_find(error);

	if (lab)
		plan_and_make(fields, lab, operands, strings, error);
	lab_free(lab);
	g_string_chunk_free(strings);
	return 0;
}

static const struct option_row *const new_tables[] = {new_rows, NULL};

const struct command command_new = {
	.name = "new",
	.operands = "[NAME]",
	.operands_max = 1,
	.summary = "make a device of your own, both halves and its test",
	.text = "Makes devices/NAME: abi.h, device.c for QEMU, driver.c for Linux, test.c and "
		"tests.ini, README.md, and the two build files. It builds, passes 'kc test NAME' "
		"and 'make check', and can be traced, watched and debugged as it is; what is left "
		"to write is what the device does.\n\n"
		"With no options it is devices/hello but for the name and the id. Without NAME, on "
		"a terminal, it asks. Nothing that exists is overwritten, and no other file is "
		"changed.\n\n"
		"--out makes the folder elsewhere, for a repository of its own; --devices DIR of "
		"each command, KC_DEVICES (folders with ':' between them) or a line in "
		"devices.local at the project's root bring it in.",
	.options = new_tables,
	.fields_size = sizeof(struct new_options),
	.defaults = &new_defaults,
	.run = new_run,
};

struct remove_options {
	bool force;
};

static const struct option_row remove_rows[] = {
	{"force", 0, NULL, "even where it holds work that is not committed", option_on,
	 offsetof(struct remove_options, force)},
	{.name = NULL},
};

static bool remove_named(const struct lab *lab, const char *name, bool force, GError **error)
{
	g_autofree char *home = g_build_filename(lab->root, "devices", NULL);
	g_autoptr(GPtrArray) folders = device_folders(lab, error);
	const struct device_folder *folder = folders ? device_folder_find(folders, name) : NULL;
	g_autofree char *parent = folder ? g_path_get_dirname(folder->path) : NULL;

	if (!folders)
		return false;
	if (!folder || !g_str_equal(parent, home)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    folder ? "'%s' is kept outside the project, in %s: remove it there"
				   : "no such device: '%s' (%s has none of this name)",
			    name, folder ? folder->path : home);
		return false;
	}
	if (!device_remove(folder->path, force, error))
		return false;
	printf("%s is removed; 'make all' builds without it\n", folder->path);
	return true;
}

static int remove_run(const void *fields, char **operands, GError **error)
{
	const struct remove_options *options = fields;
	struct lab *lab = NULL;

	if (!*operands)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "a device's name is needed");
	else if ((lab = lab_find(error)))
		remove_named(lab, *operands, options->force, error);
	lab_free(lab);
	return 0;
}

static const struct option_row *const remove_tables[] = {remove_rows, NULL};

const struct command command_remove = {
	.name = "remove",
	.operands = "NAME",
	.operands_max = 1,
	.summary = "take a device away",
	.text = "Removes devices/NAME, unless it holds work that git has not got; --force removes "
		"that, too.",
	.options = remove_tables,
	.fields_size = sizeof(struct remove_options),
	.run = remove_run,
};
