/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "carry.h"
#include "exec.h"
#include "guest.h"

#include <string.h>

/* FROM[:TO]; without TO it is FROM's last part. */
static void split_pair(const char *pair, char **from, char **to)
{
	const char *colon = strrchr(pair, ':');

	*from = colon ? g_strndup(pair, colon - pair) : g_strdup(pair);
	*to = colon && colon[1] ? g_strdup(colon + 1) : g_path_get_basename(*from);
}

/* The agent's own folder is /, a command's may be another. */
static char *in_folder(const char *folder, const char *path)
{
	return folder && !g_path_is_absolute(path) ? g_build_filename(folder, path, NULL)
						   : g_strdup(path);
}

static bool put_files(struct vm *vm, const struct carry *carry, gint64 deadline, GError **error)
{
	for (int i = 0; carry->puts && carry->puts[i]; i++) {
		g_autofree char *host = NULL, *name = NULL, *guest = NULL;

		split_pair(carry->puts[i], &host, &name);
		guest = in_folder(carry->dir, name);
		if (!guest_put(vm, host, guest, deadline, error)) {
			g_prefix_error(error, "--put: ");
			return false;
		}
	}
	return true;
}

static bool get_files(struct vm *vm, const struct carry *carry, gint64 deadline, GError **error)
{
	for (int i = 0; carry->gets && carry->gets[i]; i++) {
		g_autofree char *name = NULL, *guest = NULL, *host = NULL;

		split_pair(carry->gets[i], &name, &host);
		guest = in_folder(carry->dir, name);
		if (!guest_get(vm, guest, host, deadline, error)) {
			g_prefix_error(error, "--get: ");
			return false;
		}
	}
	return true;
}

static char *module_file(const struct lab *lab, const char *module)
{
	g_autofree char *name = g_strndup(module, strcspn(module, " "));
	bool is_file = strchr(name, '/') || g_str_has_suffix(name, ".ko");

	return is_file ? g_steal_pointer(&name) : lab_module(lab, name);
}

/* insmod, the file, and whatever follows the module's name. */
static char **insmod_argv(const char *guest, const char *module)
{
	g_auto(GStrv) words = g_strsplit(module, " ", 0);
	GPtrArray *argv = g_ptr_array_new();

	g_ptr_array_add(argv, g_strdup("insmod"));
	g_ptr_array_add(argv, g_strdup(guest));
	for (int i = 1; words[0] && words[i]; i++)
		if (*words[i])
			g_ptr_array_add(argv, g_strdup(words[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

static bool insert_module(struct vm *vm, const char *file, const char *module, gint64 deadline,
			  GError **error)
{
	g_autofree char *name = g_path_get_basename(file);
	g_autofree char *guest = g_build_filename("/tmp", name, NULL);
	g_auto(GStrv) argv = insmod_argv(guest, module);
	const struct exec exec = {.argv = (const char *const *)argv};
	int status;

	if (!guest_put(vm, file, guest, deadline, error) ||
	    !exec_run(vm, &exec, deadline, &status, error))
		return false;
	if (status == 0)
		return true;
	/* Why, the kernel only says there. */
	vm_print_tail(vm, stderr);
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "'%s' could not be inserted (insmod ended with %d)", file, status);
	return false;
}

static bool insert_modules(struct vm *vm, const struct carry *carry, const struct lab *lab,
			   gint64 deadline, GError **error)
{
	for (int i = 0; carry->modules && carry->modules[i]; i++) {
		g_autofree char *file = module_file(lab, carry->modules[i]);

		if (!insert_module(vm, file, carry->modules[i], deadline, error)) {
			g_prefix_error(error, "--module: ");
			return false;
		}
	}
	return true;
}

/* Before anything is started: what is missing is missing after a boot, too. */
bool carry_check(const struct carry *carry, const struct lab *lab, GError **error)
{
	for (int i = 0; carry->puts && carry->puts[i]; i++) {
		g_autofree char *host = NULL, *guest = NULL;

		split_pair(carry->puts[i], &host, &guest);
		if (!g_file_test(host, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--put: no file '%s'",
				    host);
			return false;
		}
	}
	for (int i = 0; carry->modules && carry->modules[i]; i++) {
		g_autofree char *file = module_file(lab, carry->modules[i]);

		if (!g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
				    "--module: no file '%s'; 'make modules' builds the lab's",
				    file);
			return false;
		}
	}
	return true;
}

bool carry_in(struct vm *vm, const struct carry *carry, const struct lab *lab, gint64 deadline,
	      GError **error)
{
	return put_files(vm, carry, deadline, error) &&
	       insert_modules(vm, carry, lab, deadline, error);
}

bool carry_out(struct vm *vm, const struct carry *carry, gint64 deadline, GError **error)
{
	return get_files(vm, carry, deadline, error);
}
