/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/share.h"
#include "base/bounded-text.h"
#include "base/options.h"
#include "base/quote.h"
#include "base/status.h"
#include "vm/exec.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NO_9P "its kernel has no 9p"
#define HOME "/mnt" /* of those that were not told where to go */

/* Tries the drivers first, which may be modules. $1 where, $2 how, $3 what */
static const char mount_it[] =
	"modprobe -a 9pnet_virtio 9p 2>/dev/null\n"
	"grep -qw 9p /proc/filesystems || { echo '" NO_9P ": that takes CONFIG_9P_FS and "
	"CONFIG_NET_9P_VIRTIO, built in or as modules'; exit 1; }\n"
	"mkdir -p \"$1\" && mount -t 9p -o \"trans=virtio,version=9p2000.L,msize=512000,$2\" "
	"\"$3\" \"$1\"";

static void share_free(void *data)
{
	struct share *share = data;

	g_free(share->host);
	g_free(share->guest);
	g_free(share);
}

static bool take_suffix(char *text, const char *suffix)
{
	bool there = g_str_has_suffix(text, suffix);

	if (there)
		text[strlen(text) - strlen(suffix)] = '\0';
	return there;
}

static bool is_folder(const char *path)
{
	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

/* FOLDER[:GUEST]; a folder that is there may have a ':' in its name. */
static void split(struct share *share, const char *text, const char *folder)
{
	const char *colon = strrchr(text, ':');
	g_autofree char *whole = options_path(folder, text);
	g_autofree char *from = colon && !is_folder(whole) ? g_strndup(text, colon - text)
							   : g_strdup(text);
	g_autofree char *path = options_path(folder, from);

	share->host = *from ? g_canonicalize_filename(path, NULL) : g_strdup("");
	if (colon && !is_folder(whole)) {
		share->guest = g_strdup(colon + 1);
	} else {
		g_autofree char *name = g_path_get_basename(share->host);

		share->guest = g_build_filename(HOME, name, NULL);
	}
}

static bool check(const struct share *share, GError **error)
{
	if (!is_folder(share->host))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "no folder '%s' is here; make it, or name one that is", share->host);
	else if (access(share->host, R_OK | X_OK) != 0 ||
		 (share->writable && access(share->host, W_OK) != 0))
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "you may not %s '%s'; %s",
			    share->writable ? "write to" : "read", share->host,
			    share->writable ? "leave ',rw' out, or have its owner allow it"
					    : "have its owner allow it");
	else if (*share->guest != '/' || !share->guest[strspn(share->guest, "/.")])
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    "'%s' is not a place in the guest, such as /mnt/data", share->guest);
	else
		return true;
	return false;
}

GPtrArray *shares_parse(const char **texts, const char *folder, GError **error)
{
	GPtrArray *shares = g_ptr_array_new_with_free_func(share_free);

	for (int i = 0; texts && texts[i]; i++) {
		struct share *share = g_new0(struct share, 1);
		g_autofree char *text = g_strdup(texts[i]);

		share->writable = take_suffix(text, ",rw");
		g_ptr_array_add(shares, share);
		split(share, text, folder);
		if (check(share, error))
			continue;
		g_prefix_error(error, "--share: ");
		g_ptr_array_unref(shares);
		return NULL;
	}
	return shares;
}

static const char *access_of(const struct share *share)
{
	return share->writable ? "rw" : "ro";
}

void shares_tell(const GPtrArray *shares)
{
	for (guint i = 0; i < shares->len; i++) {
		const struct share *share = g_ptr_array_index(shares, i);
		g_autofree char *guest = quote_shell(share->guest);

		fprintf(stderr,
			"kc: in the guest: mkdir -p %s; mount -t 9p -o trans=virtio,%s " MACHINE_SHARE_TAG
			" %s\n",
			guest, access_of(share), i, guest);
	}
}

static void keep(int fd, const char *data, size_t len, void *said)
{
	(void)fd;
	bounded_text_add(said, data, len);
}

static bool mount_one(struct vm *vm, const struct share *share, guint index, gint64 deadline,
		      GError **error)
{
	g_autofree char *tag = g_strdup_printf(MACHINE_SHARE_TAG, index);
	const char *argv[] = {"sh", "-c", mount_it, "share", share->guest, NULL, tag, NULL};
	struct bounded_text *said = bounded_text_new();
	const struct exec exec = {.argv = argv, .output = keep, .output_opaque = said};
	int status = 0;
	bool ran;

	argv[5] = access_of(share);
	ran = exec_run(vm, &exec, deadline, &status, error);
	if (ran && status) {
		GString *text = bounded_text_text(said);
		g_autofree char *words = quote_printable(g_strchomp(text->str));

		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "--share: the guest cannot mount '%s' at %s: %s%s", share->host,
			    share->guest, words,
			    strstr(words, NO_9P) ? ""
						 : "; name another place, as in FOLDER:/mnt/NAME");
		g_string_free(text, TRUE);
	}
	bounded_text_free(said);
	return ran && !status;
}

bool shares_mount(struct vm *vm, const GPtrArray *shares, gint64 deadline, GError **error)
{
	for (guint i = 0; i < shares->len; i++)
		if (!mount_one(vm, g_ptr_array_index(shares, i), i, deadline, error))
			return false;
	return true;
}
