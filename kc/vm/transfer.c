/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/transfer.h"
#include "kernel/module.h"
#include "vm/exec.h"
#include "vm/guest.h"
#include "vm/module-insert.h"

#include <stdio.h>
#include <string.h>

/* For a command that was given up, and for its files; after a signal kc is to end soon. */
#define LET_GO_SECONDS 10
#define SALVAGE_SECONDS 60
#define HURRY_SECONDS 1

/* FROM[:TO]; without TO it is FROM's last part. */
static void split_pair(const char *pair, char **from, char **to)
{
	const char *colon = strrchr(pair, ':');

	*from = colon ? g_strndup(pair, colon - pair) : g_strdup(pair);
	*to = colon && colon[1] ? g_strdup(colon + 1) : g_path_get_basename(*from);
}

/* HOST[:GUEST]; a file that is there may have a ':' in its name. */
static void split_put(const struct transfer *transfer, const char *pair, char **host, char **guest)
{
	g_autofree char *from = NULL, *to = NULL;
	g_autofree char *whole = options_path(transfer->host_dir, pair);

	if (g_file_test(whole, G_FILE_TEST_IS_REGULAR)) {
		from = g_strdup(pair);
		to = g_path_get_basename(pair);
	} else {
		split_pair(pair, &from, &to);
	}
	*host = options_path(transfer->host_dir, from);
	/* The agent's own folder is /, a command's may be another. */
	*guest = options_path(transfer->dir, to);
}

static bool put_files(struct vm *vm, const struct transfer *transfer, gint64 deadline,
		      GError **error)
{
	for (int i = 0; transfer->puts && transfer->puts[i]; i++) {
		g_autofree char *host = NULL, *guest = NULL;

		split_put(transfer, transfer->puts[i], &host, &guest);
		if (!guest_put(vm, host, guest, deadline, error)) {
			g_prefix_error(error, "--put: ");
			return false;
		}
	}
	return true;
}

static bool get_file(struct vm *vm, const struct transfer *transfer, const char *pair,
		     gint64 deadline, GError **error)
{
	g_autofree char *name = NULL, *guest = NULL, *file = NULL, *host = NULL;

	split_pair(pair, &name, &file);
	host = options_path(transfer->host_dir, file);
	guest = options_path(transfer->dir, name);
	if (guest_get(vm, guest, host, deadline, error))
		return true;
	g_prefix_error(error, "--get: ");
	return false;
}

/* Each that cannot be had is told, and the others are fetched all the same. */
static bool get_files(struct vm *vm, const struct transfer *transfer, gint64 deadline,
		      unsigned *missing, GError **error)
{
	*missing = 0;
	for (int i = 0; transfer->gets && transfer->gets[i]; i++) {
		GError *cause = NULL;

		if (get_file(vm, transfer, transfer->gets[i], deadline, &cause))
			continue;
		if (!g_error_matches(cause, STATUS_ERROR, STATUS_NOT_CARRIED)) {
			g_propagate_error(error, cause);
			return false;
		}
		status_report(cause);
		(*missing)++;
	}
	return true;
}

GArray *transfer_modules(const struct transfer *transfer, const struct lab *lab, GError **error)
{
	g_autoptr(GArray) modules = g_array_new(FALSE, TRUE, sizeof(struct module));

	g_array_set_clear_func(modules, (GDestroyNotify)module_clear);
	for (int i = 0; transfer->modules && transfer->modules[i]; i++) {
		struct module *module;

		g_array_set_size(modules, i + 1);
		module = &g_array_index(modules, struct module, i);
		if (module_parse(module, transfer->modules[i], lab, transfer->host_dir, error) &&
		    module_open(module, error))
			continue;
		g_prefix_error(error, "--module: ");
		return NULL;
	}
	return g_steal_pointer(&modules);
}

/* Whoever names a module twice is told by the kernel. */
static bool is_named_before(const GArray *modules, guint at)
{
	const char *name = g_array_index(modules, struct module, at).name;

	for (guint i = 0; i < at; i++)
		if (g_str_equal(g_array_index(modules, struct module, i).name, name))
			return true;
	return false;
}

static bool insert_modules(struct vm *vm, const struct transfer *transfer, const struct lab *lab,
			   gint64 deadline, GError **error)
{
	g_autoptr(GArray) modules = transfer_modules(transfer, lab, error);

	for (guint i = 0; modules && i < modules->len; i++) {
		const struct module *module = &g_array_index(modules, struct module, i);

		if (module_insert(vm, module, !is_named_before(modules, i), deadline, error))
			continue;
		g_prefix_error(error, "--module: ");
		return false;
	}
	return modules;
}

/* Before anything is started: what is missing is missing after a boot, too. */
bool transfer_check(const struct transfer *transfer, const struct lab *lab, GError **error)
{
	g_autoptr(GArray) modules = NULL;

	for (int i = 0; transfer->puts && transfer->puts[i]; i++) {
		g_autofree char *host = NULL, *guest = NULL;

		split_put(transfer, transfer->puts[i], &host, &guest);
		if (!g_file_test(host, G_FILE_TEST_IS_REGULAR)) {
			g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "--put: no file '%s'",
				    host);
			return false;
		}
	}
	modules = transfer_modules(transfer, lab, error);
	return modules;
}

bool transfer_in(struct vm *vm, const struct transfer *transfer, const struct lab *lab,
		 gint64 deadline, GError **error)
{
	return put_files(vm, transfer, deadline, error) &&
	       insert_modules(vm, transfer, lab, deadline, error);
}

bool transfer_out(struct vm *vm, const struct transfer *transfer, int status, gint64 deadline,
		  GError **error)
{
	unsigned missing;

	if (!get_files(vm, transfer, deadline, &missing, error))
		return false;
	if (!missing || status)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "the command succeeded, but %u of the %u files of --get could not be fetched",
		    missing, g_strv_length((char **)transfer->gets));
	return false;
}

bool transfer_may_salvage(const GError *cause)
{
	return cause->code == STATUS_HANG || status_is_signal(cause->code);
}

bool transfer_salvage(struct vm *vm, const struct transfer *transfer, const GError *cause,
		      GError **error)
{
	bool hurry = status_is_signal(cause->code);
	bool ended = exec_let_go(vm, loop_deadline(hurry ? HURRY_SECONDS : LET_GO_SECONDS), error);
	gint64 deadline = loop_deadline(hurry ? HURRY_SECONDS : SALVAGE_SECONDS);
	g_autoptr(GError) trouble = NULL;
	unsigned missing;

	/* A command that cannot be killed does not keep its agent from answering. */
	if (!get_files(vm, transfer, deadline, &missing, &trouble))
		fprintf(stderr, "kc: %s\n", trouble->message);
	return ended;
}

char **transfer_put_files(const struct transfer *transfer)
{
	GPtrArray *files = g_ptr_array_new();

	for (int i = 0; transfer->puts && transfer->puts[i]; i++) {
		g_autofree char *guest = NULL;
		char *host = NULL;

		split_put(transfer, transfer->puts[i], &host, &guest);
		g_ptr_array_add(files, host);
	}
	g_ptr_array_add(files, NULL);
	return (char **)g_ptr_array_free(files, FALSE);
}
