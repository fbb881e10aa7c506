/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "snapshot/store.h"
#include "snapshot/cache.h"
#include "snapshot/key.h"

char *snapshot_store_key(const struct snapshot_store *store)
{
	const struct snapshot_preparation *preparation = store->preparation;
	char *key = snapshot_key(&store->launch->machine);
	g_autoptr(GString) all = NULL;

	if (!preparation)
		return key;
	all = g_string_new(key);
	g_free(key);
	g_string_append_printf(all, "\n%s\n", preparation->what);
	for (int i = 0; preparation->inputs[i]; i++) {
		g_autofree char *state = snapshot_fingerprint(preparation->inputs[i]);

		g_string_append_printf(all, "%s %s\n", preparation->inputs[i], state);
	}
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, all->str, all->len);
}

bool snapshot_store_open(struct snapshot_store *store, const struct launch *launch, GError **error)
{
	store->launch = launch;
	store->folder = cache_folder(launch->lab, error);
	if (store->folder)
		store->key = snapshot_store_key(store);
	return store->folder;
}

void snapshot_store_clear(struct snapshot_store *store)
{
	g_free(store->folder);
	g_free(store->key);
}

void snapshot_note_unsaved(GError *cause)
{
	fprintf(stderr, "kc: this machine is not kept, so it boots each time: %s\n",
		cause->message);
	g_error_free(cause);
}
