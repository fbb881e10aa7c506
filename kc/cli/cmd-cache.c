/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc cache: which machines are saved, what they take, and how to be rid of them. */
#include "snapshot/cache.h"
#include "cli/command.h"
#include "base/status.h"

#include <stdio.h>

#define MIB ((gint64)1 << 20)

struct cache_options {
	unsigned limit_mib;
};

static const struct cache_options cache_defaults = {0};

static const struct option_row cache_rows[] = {
	{"limit", 0, "SIZE",
	 "with prune: what may stay, such as 500M (default: KC_CACHE_LIMIT, 2G)", option_mebibytes,
	 offsetof(struct cache_options, limit_mib)},
	{.name = NULL},
};

static char *ago(gint64 used)
{
	gint64 seconds = MAX(g_get_real_time() / G_USEC_PER_SEC - used, 0);

	if (seconds < 120)
		return g_strdup_printf("%d s", (int)seconds);
	if (seconds < 7200)
		return g_strdup_printf("%d min", (int)(seconds / 60));
	if (seconds < 48 * 3600)
		return g_strdup_printf("%d h", (int)(seconds / 3600));
	return g_strdup_printf("%d days", (int)(seconds / (24 * 3600)));
}

static const char *state(const struct cache_entry *entry)
{
	return entry->damaged ? "damaged" : entry->stale ? "stale" : "good";
}

static void print_entry(const struct cache_entry *entry)
{
	g_autofree char *used = ago(entry->about.used);

	printf("%-8.8s  %7s  %5d MiB  %8s  %s\n", entry->key, state(entry),
	       (int)(entry->about.size / MIB), used, entry->about.machine);
}

static int list(const char *folder, gint64 limit)
{
	g_autoptr(GPtrArray) entries = cache_list(folder);
	gint64 total = 0;

	if (entries->len)
		printf("%-8s  %7s  %9s  %8s  %s\n", "KEY", "STATE", "SIZE", "USED", "MACHINE");
	for (guint i = 0; i < entries->len; i++) {
		const struct cache_entry *entry = entries->pdata[i];

		print_entry(entry);
		total += entry->about.size;
	}
	printf("%u saved machine%s, %d MiB of at most %d MiB, in %s\n", entries->len,
	       entries->len == 1 ? "" : "s", (int)(total / MIB), (int)(limit / MIB), folder);
	return 0;
}

static int prune(const char *folder, gint64 limit)
{
	gint64 freed;
	unsigned removed = cache_prune(folder, limit, NULL, &freed);

	printf("removed %u saved machine%s, %d MiB\n", removed, removed == 1 ? "" : "s",
	       (int)(freed / MIB));
	return 0;
}

static int act(const char *folder, const char *action, gint64 limit, GError **error)
{
	if (!action || g_str_equal(action, "list"))
		return list(folder, limit);
	if (g_str_equal(action, "prune"))
		return prune(folder, limit);
	if (g_str_equal(action, "clear"))
		return prune(folder, -1);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is neither list, prune nor clear",
		    action);
	return 0;
}

static int cache_run(const void *fields, char **operands, GError **error)
{
	const struct cache_options *options = fields;
	struct lab *lab = lab_find(error);
	g_autofree char *folder = lab ? cache_folder(lab, error) : NULL;
	gint64 limit;
	int status = 0;

	if (folder && cache_limit(&limit, error)) {
		if (options->limit_mib)
			limit = options->limit_mib * MIB;
		status = act(folder, *operands, limit, error);
	}
	lab_free(lab);
	return status;
}

static const struct option_row *const cache_tables[] = {cache_rows, NULL};

const struct command command_cache = {
	.name = "cache",
	.operands = "[list|prune|clear]",
	.operands_max = 1,
	.summary = "list, prune or clear the saved machines",
	.text = "Machines that 'kc run' saved, so that the next run need not boot: list shows "
		"them, prune removes those that are damaged, stale (a file that they depend "
		"on has changed, so they will never be used again) or longest unused beyond "
		"the limit, and clear removes all.\n\n"
		"The limit also applies whenever a machine is saved. KC_CACHE_LIMIT sets it, "
		"otherwise 2G. A machine in use stays complete for its users.",
	.options = cache_tables,
	.fields_size = sizeof(struct cache_options),
	.defaults = &cache_defaults,
	.run = cache_run,
};
