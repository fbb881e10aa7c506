/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/export-upstream.h"
#include "device/export-source.h"
#include "base/status.h"

#include <string.h>

/* Where an entry goes: before the first that sorts after it, else behind the last. */
static int entry_place(const char *text, const char *kind, const char *title)
{
	g_autoptr(GRegex) regex = g_regex_new(kind, G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	const char *end;
	int last = -1;

	for (g_regex_match(regex, text, 0, &match); g_match_info_matches(match);
	     g_match_info_next(match, NULL)) {
		g_autofree char *heading = g_match_info_fetch(match, 0);

		g_match_info_fetch_pos(match, 0, &last, NULL);
		if (strcmp(heading, title) > 0)
			return last;
	}
	end = last < 0 ? NULL : strstr(text + last, "\n\n");
	return end ? end + 2 - text : -1;
}

/* Linux has a tab behind "F:", QEMU a blank. Nobody is named who did not say so: without a sign-off the entry is an orphan's. */
bool upstream_maintain(const struct series *series, const struct export_plan *plan,
		       const char *title, const char *kind, const char *list, const char *files,
		       GError **error)
{
	g_autofree char *text = series_read(series, "MAINTAINERS", error);
	g_autofree char *who = plan->signoff ? g_strdup_printf("M:%c%s\n", files[2], plan->author)
					     : NULL;
	g_autofree char *changed = NULL;
	g_autofree char *spaced = NULL;
	int place = text ? entry_place(text, kind, title) : -1;

	if (!text)
		return false;
	if (place < 0) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "MAINTAINERS has no entry like /%s/ beside which '%s' could stand",
			    kind, title);
		return false;
	}
	changed = g_strdup_printf("%.*s%s\n%s%sS:%c%s\n%s\n%s", place, text, title, who ? who : "",
				  list, files[2], who ? "Maintained" : "Orphan", files,
				  text + place);
	return series_write(series, "MAINTAINERS", changed, error);
}

bool upstream_add_id(const struct series *series, const struct export_plan *plan, const char *path,
		     GError **error)
{
	g_autofree char *upper = g_ascii_strup(plan->folder->name, -1);
	g_autofree char *same = g_strdup_printf(
		"^#define[ \\t]+VIRTIO_ID_(%s[ \\t]+\\d+|\\w+[ \\t]+%u)\\b[^\\n]*", upper,
		plan->folder->id);
	g_autofree char *line = g_strdup_printf("\\1#define VIRTIO_ID_%s%s%u /* virtio %s */\n",
						upper,
						strlen(upper) < 6    ? "\t\t\t"
						: strlen(upper) < 14 ? "\t\t"
								     : "\t",
						plan->folder->id, plan->folder->name);
	g_autofree char *text = series_read(series, path, error);
	g_autofree char *taken = text ? source_find(text, same, 0) : NULL;

	if (!text)
		return false;
	if (taken) {
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "%s has this name or id already: '%s'; change the device's first", path,
			    taken);
		return false;
	}
	return series_edit(series, path, "\\A(.*^#define VIRTIO_ID_[^\\n]*\\n)", line, error);
}

bool upstream_check_new(const struct series *series, const char *const *paths, GError **error)
{
	for (size_t i = 0; paths[i]; i++) {
		if (!series_tree_has(series, paths[i]))
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "the tree has '%s' already: choose another name for the device",
			    paths[i]);
		return false;
	}
	return true;
}

bool upstream_check_includes(const char *path, const char *name, const char *text, GError **error)
{
	g_autofree char *far = source_find(text, "^#include \"([^\"]*\\.\\./[^\"]*)\"", 1);

	if (!far)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "cannot export '%s/%s': it includes '%s', which is not in its folder", path,
		    name, far);
	return false;
}
