/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "complaint.h"
#include "decode.h"
#include "status.h"

#include <stdio.h>

struct allow_list *complaint_allowed(const char *const *entries, GError **error)
{
	struct allow_list *list = allow_list_new();

	for (int i = 0; entries && entries[i]; i++) {
		if (allow_list_add(list, entries[i], "--allow", error))
			continue;
		allow_list_free(list);
		return NULL;
	}
	return list;
}

void complaint_see(const char *records, size_t len, void *watch)
{
	splat_watch_kmsg(watch, records, len);
}

bool complaint_wants_console(const GError *cause)
{
	return cause->code > STATUS_HOST_NOT_READY && cause->code < STATUS_NOT_CARRIED;
}

static void print_splat(const struct lab *lab, const struct splat *splat)
{
	g_autofree char *folder = g_path_get_dirname(lab->parts[LAB_VMLINUX]);
	struct decode *decode = decode_new_for_lab(folder, lab->root, NULL);
	g_autofree char *text = decode_text(decode, splat->text, -1);

	fprintf(stderr, "kc: the guest kernel said:\n%s", text);
	decode_free(decode);
}

/* What a broken kernel brings about; a panic or a dead QEMU tell more than it. */
static bool may_follow(const GError *cause)
{
	return cause->code == STATUS_NOT_CARRIED || cause->code == STATUS_HANG ||
	       cause->code == STATUS_AGENT_LOST;
}

/* Whatever a command says of itself under a broken kernel is worth nothing. */
void complaint_judge(struct splat_watch *watch, const struct lab *lab, int status, GError **cause)
{
	const struct splat *first;
	g_autofree char *then = NULL;

	splat_watch_end(watch);
	first = splat_watch_first(watch);
	if (!first)
		return;
	print_splat(lab, first);
	if (*cause && !may_follow(*cause))
		return;
	then = *cause ? g_strdup((*cause)->message)
		      : g_strdup_printf("the command itself ended with %d", status);
	g_clear_error(cause);
	g_set_error(cause, STATUS_ERROR, STATUS_SPLAT, "the guest kernel complained: %s; %s",
		    first->title, then);
}
