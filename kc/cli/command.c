/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "base/status.h"

const struct command *command_find(const struct command *const *commands, const char *name,
				   GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	const char *nearest;

	for (; *commands; commands++) {
		if (g_str_equal((*commands)->name, name))
			return *commands;
		g_ptr_array_add(names, (char *)(*commands)->name);
	}
	g_ptr_array_add(names, NULL);
	nearest = options_nearest(name, (const char *const *)names->pdata);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "unknown command '%s'%s%s%s", name,
		    nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
	return NULL;
}
