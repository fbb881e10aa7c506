/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/file.h"
#include "kernel/allow.h"
#include "base/status.h"
#include "test/key-file.h"
#include "vm/net-option.h"

#include <string.h>

#define TEST_SECONDS 120
#define COMMON "defaults" /* the group whose keys all others have, too */
#define GUEST_FOLDER "/tmp" /* where a test runs, and its files are put */

bool test_kernel_parse(const char *value, void *field, GError **error)
{
	enum test_kernel *kernel = field;

	if (g_str_equal(value, "normal"))
		*kernel = TEST_NORMAL;
	else if (g_str_equal(value, "debug"))
		*kernel = TEST_DEBUG;
	else if (g_str_equal(value, "both"))
		*kernel = TEST_BOTH;
	else {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is neither normal, debug nor both", value);
		return false;
	}
	return true;
}

static bool parse_reason(const char *value, void *field, GError **error)
{
	if (*value)
		return option_string(value, field, error);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "a reason is needed");
	return false;
}

static bool parse_allow(const char *value, void *field, GError **error)
{
	struct allow_list *list = allow_list_new();
	bool ok = allow_list_add(list, value, "allow", error) && option_list(value, field, error);

	allow_list_free(list);
	return ok;
}

#define FIELD(name) offsetof(struct test, name)

/* In kc run's table, too, which says how each is read. */
static const char *const launch_keys[] = {
	"device",  "transport",	   "smp",	"memory", "root", "append",
	"timeout", "boot-timeout", "qemu-args", "net",	  NULL,
};

static const struct option_row own_keys[] = {
	{"module", 0, "", "", option_list, FIELD(transfer.modules)},
	{"put", 0, "", "", option_list, FIELD(transfer.puts)},
	{"description", 0, "", "", option_string, FIELD(description)},
	{"command", 0, "", "", option_string, FIELD(command_line)},
	{"before-save", 0, "", "", option_string, FIELD(before_save)},
	{"kernel", 0, "", "", test_kernel_parse, FIELD(kernels)},
	{"allow", 0, "", "", parse_allow, FIELD(allow)},
	{"skip", 0, "", "", parse_reason, FIELD(skip)},
	{"peer", 0, "", "", option_string, FIELD(peer_name)},
	{"kunit", 0, "", "", option_list, FIELD(kunit)},
	{.name = NULL},
};

static const struct option_row *find_row(const struct option_row *row, const char *name)
{
	while (row->name && !g_str_equal(row->name, name))
		row++;
	return row->name ? row : NULL;
}

/* The row of @key and the structure that it fills; NULL: there is no such key. */
static const struct option_row *find_key(struct test *test, const char *key, void **fields)
{
	*fields = &test->launch;
	if (g_strv_contains(launch_keys, key))
		return find_row(launch_rows, key);
	*fields = test;
	return find_row(own_keys, key);
}

static bool is_list(const struct option_row *row)
{
	return row->parse == option_list || row->parse == parse_allow;
}

static void unknown_key(const char *key, GError **error)
{
	const char *names[G_N_ELEMENTS(launch_keys) + G_N_ELEMENTS(own_keys)] = {NULL};
	const char *nearest;
	size_t count = 0;

	for (size_t i = 0; launch_keys[i]; i++)
		names[count++] = launch_keys[i];
	for (size_t i = 0; own_keys[i].name; i++)
		names[count++] = own_keys[i].name;
	nearest = options_nearest(key, names);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "no such key%s%s%s",
		    nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool fill_list(struct test *test, const struct option_row *row, void *field, char **values,
		      GError **error)
{
	for (int i = 0; values[i]; i++) {
		const char *value = g_strstrip(values[i]);

		if (*value &&
		    !row->parse(g_string_chunk_insert(test->strings, value), field, error))
			return false;
	}
	return true;
}

static bool fill(struct test *test, GKeyFile *file, const char *group, const char *key,
		 GError **error)
{
	g_autofree char *value = NULL;
	g_auto(GStrv) values = NULL;
	const struct option_row *row;
	void *fields;

	row = find_key(test, key, &fields);
	if (!row) {
		unknown_key(key, error);
		return false;
	}
	fields = (char *)fields + row->offset;
	if (is_list(row)) {
		values = g_key_file_get_string_list(file, group, key, NULL, error);
		return values && fill_list(test, row, fields, values, error);
	}
	value = g_key_file_get_string(file, group, key, error);
	return value &&
	       row->parse(g_string_chunk_insert(test->strings, g_strstrip(value)), fields, error);
}

static bool wrong(const char *path, const char *group, const char *key, GError *cause,
		  GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s: [%s] %s: %s", path, group, key,
		    cause->message);
	g_error_free(cause);
	return false;
}

/* A group's own key comes before the common one. */
static bool fill_group(struct test *test, GKeyFile *file, const char *path, const char *from,
		       const char *group, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(file, from, NULL, NULL);

	for (int i = 0; keys && keys[i]; i++) {
		GError *cause = NULL;

		if (from != group && g_key_file_has_key(file, group, keys[i], NULL))
			continue;
		if (!fill(test, file, from, keys[i], &cause))
			return wrong(path, from, keys[i], cause, error);
	}
	return true;
}

/* Files beside the tests are named as seen from there. */
static const char *beside(struct test *test, const char *folder, const char *name)
{
	g_autofree char *path = NULL;

	if (g_path_is_absolute(name))
		return name;
	path = g_build_filename(folder, name, NULL);
	return g_string_chunk_insert(test->strings, path);
}

/* From wherever kc test is called: what is relative hangs on the file's own folder. */
static void use_folder(struct test *test, const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	g_autofree char *whole = g_canonicalize_filename(folder, NULL);

	test->transfer.host_dir = g_string_chunk_insert(test->strings, whole);
	test->launch.dir = test->transfer.host_dir;
	if (!launch_names_root(test->launch.root))
		test->launch.root = beside(test, whole, test->launch.root);
}

static bool split_command(struct test *test, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!test->command_line && test->kunit) {
		test->command_line = "true";
	} else if (!test->command_line) {
		g_autofree char *base = g_path_get_basename(test->suite);
		g_autofree char *name = g_strconcat(base, "_test", NULL);

		test->command_line = g_string_chunk_insert(test->strings, name);
	}
	if (g_shell_parse_argv(test->command_line, NULL, &test->command, &cause))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s command: %s", test->where,
		    cause->message);
	return false;
}

/* Before anything is started: launch.c would find it as late as that. */
static bool check_qemu_args(const struct test *test, GError **error)
{
	const char **lines = test->launch.qemu_args;

	for (int i = 0; lines && lines[i]; i++) {
		g_autoptr(GError) cause = NULL;

		if (g_shell_parse_argv(lines[i], NULL, NULL, &cause))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s qemu-args: %s", test->where,
			    cause->message);
		return false;
	}
	return true;
}

static bool check_before_save(const struct test *test, GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!test->before_save || g_shell_parse_argv(test->before_save, NULL, NULL, &cause))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s before-save: %s", test->where,
		    cause->message);
	return false;
}

static bool check_devices(struct test *test, GError **error)
{
	const char **devices = test->launch.devices;

	test->launch.no_device = !devices;
	for (int i = 0; devices && devices[i]; i++)
		if (!machine_takes_device(test->launch.transport, devices[i], error)) {
			g_prefix_error(error, "%s device: ", test->where);
			return false;
		}
	return true;
}

static struct test *test_new(const char *path, const char *suite, const char *group)
{
	static const struct launch_options defaults = {LAUNCH_DEFAULTS};
	struct test *test = g_new0(struct test, 1);
	g_autofree char *name = g_strdup_printf("%s/%s", suite, group);
	g_autofree char *where = g_strdup_printf("%s: [%s]", path, group);

	test->strings = g_string_chunk_new(256);
	test->launch = defaults;
	test->launch.timeout = TEST_SECONDS;
	test->transfer.dir = GUEST_FOLDER;
	test->kernels = TEST_BOTH;
	test->name = g_string_chunk_insert(test->strings, name);
	test->suite = g_string_chunk_insert(test->strings, suite);
	test->group = g_string_chunk_insert(test->strings, group);
	test->where = g_string_chunk_insert(test->strings, where);
	return test;
}

void test_free(struct test *test)
{
	g_free(test->launch.devices);
	g_free(test->launch.append);
	g_free(test->launch.qemu_args);
	g_free(test->launch.net.texts);
	g_clear_pointer(&test->peer, test_free);
	g_free(test->transfer.modules);
	g_free(test->transfer.puts);
	g_free(test->transfer.gets);
	g_free(test->allow);
	g_free(test->kunit);
	g_strfreev(test->command);
	g_string_chunk_free(test->strings);
	g_free(test);
}

/* Two guests of one test have a network of their own. */
static bool check_net(struct test *test, bool has_peer, GError **error)
{
	const char **nets = test->launch.net.texts;
	struct net_option option;
	bool ok = true, joins = false;

	if (has_peer && !nets)
		return option_list("peer", &test->launch.net.texts, error);
	for (int i = 0; ok && nets && nets[i]; i++) {
		ok = net_option_parse(&option, nets[i], error);
		joins = option.kind == NET_PEER;
		net_option_clear(&option);
	}
	if (ok && joins && !has_peer) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'peer' needs a second guest: 'peer = GROUP'");
		ok = false;
	}
	if (!ok)
		g_prefix_error(error, "%s net: ", test->where);
	return ok;
}

static bool fill_test(struct test *test, GKeyFile *file, const char *path, const char *group,
		      GError **error)
{
	if (!fill_group(test, file, path, COMMON, group, error) ||
	    !fill_group(test, file, path, group, group, error))
		return false;
	use_folder(test, path);
	return check_devices(test, error) && check_qemu_args(test, error) &&
	       check_before_save(test, error) && split_command(test, error);
}

/* The group of @test's second guest, read for it alone. */
static bool load_peer(struct test *test, GKeyFile *file, const char *path, GError **error)
{
	const char *group = test->peer_name;

	if (!group)
		return check_net(test, false, error);
	if (!g_key_file_has_group(file, group) || g_str_equal(group, test->group) ||
	    g_key_file_has_key(file, group, "peer", NULL)) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "%s peer: '%s' is not another group of this file without a peer",
			    test->where, group);
		return false;
	}
	test->peer = test_new(path, test->suite, group);
	return fill_test(test->peer, file, path, group, error) && check_net(test, true, error) &&
	       check_net(test->peer, true, error);
}

static bool load_group(GPtrArray *tests, GKeyFile *file, const char *path, const char *suite,
		       const char *group, GError **error)
{
	struct test *test = test_new(path, suite, group);

	g_ptr_array_add(tests, test);
	return fill_test(test, file, path, group, error) && load_peer(test, file, path, error);
}

/* A second guest is no test by itself. */
static bool is_a_peer(GKeyFile *file, char **groups, const char *group)
{
	for (int i = 0; groups[i]; i++) {
		g_autofree char *peer = g_key_file_get_string(file, groups[i], "peer", NULL);

		if (peer && !g_str_equal(groups[i], group) && g_str_equal(g_strstrip(peer), group))
			return true;
	}
	return false;
}

static bool is_name(const char *group)
{
	return *group && !group[strspn(group, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-")];
}

bool test_file_load(GPtrArray *tests, const char *path, const char *suite, GError **error)
{
	g_autoptr(GKeyFile) file = key_file_open(path, error);
	g_auto(GStrv) groups = file ? g_key_file_get_groups(file, NULL) : NULL;
	guint before = tests->len;

	for (int i = 0; groups && groups[i]; i++) {
		if (!is_name(groups[i])) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "%s: [%s]: a name is of letters, digits, '.', '_' and '-'",
				    path, groups[i]);
			return false;
		}
		if (!g_str_equal(groups[i], COMMON) && !is_a_peer(file, groups, groups[i]) &&
		    !load_group(tests, file, path, suite, groups[i], error))
			return false;
	}
	if (file && tests->len == before)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "%s: no test in it; each is a group, such as [basic]", path);
	return file && tests->len > before;
}
