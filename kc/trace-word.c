/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trace-word.h"
#include "machine.h"

#include <stdio.h>
#include <string.h>

const char *trace_word_type(const char *word)
{
	return g_str_has_prefix(word, TRACE_TYPE) ? word + strlen(TRACE_TYPE) : word;
}

/* QEMU's names of virtio devices end so, and nothing that is followed does. */
static bool has_transport(const char *word)
{
	static const char *const ends[] = {"-pci", "-device", "-transitional", "-vga"};

	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(word, ends[i]))
			return true;
	return false;
}

static bool is_place(const char *word)
{
	unsigned domain, bus, slot, function, number;
	char rest;

	return sscanf(word, "virtio%u%c", &number, &rest) == 1 ||
	       sscanf(word, "%x:%x:%x.%x%c", &domain, &bus, &slot, &function, &rest) == 4;
}

static bool is_known_type(const char *word)
{
	static const char *const types[] = {
		"9p",  "balloon", "blk", "console", "crypto", "fs",    "gpu",	"input", "mem",
		"net", "pmem",	  "rng", "scsi",    "serial", "sound", "vsock", NULL,
	};

	return g_strv_contains(types, word);
}

/* Whether @option, as -device takes it, adds a device of that type or id. */
static bool adds(const char *option, const char *word)
{
	g_auto(GStrv) parts = g_strsplit(option, ",", -1);
	g_autofree char *type = g_strdup_printf(TRACE_TYPE "%s-", trace_word_type(word));
	g_autofree char *id = g_strdup_printf("id=%s", word);

	return *parts &&
	       (g_str_has_prefix(*parts, type) || g_strv_contains((const char *const *)parts, id));
}

static bool line_adds(const char *line, const char *word)
{
	g_auto(GStrv) words = NULL;
	bool found = false;

	if (!g_shell_parse_argv(line, NULL, &words, NULL))
		return false;
	for (int i = 0; words[i] && words[i + 1] && !found; i++)
		found = (g_str_equal(words[i], "-device") || g_str_equal(words[i], "--device")) &&
			adds(words[i + 1], word);
	return found;
}

static bool is_added(const char *word, const char *const *devices, const char *const *qemu_args)
{
	bool found = adds(machine_default_device(TRANSPORT_PCI), word);

	for (int i = 0; devices && devices[i] && !found; i++)
		found = adds(devices[i], word);
	for (int i = 0; qemu_args && qemu_args[i] && !found; i++)
		found = line_adds(qemu_args[i], word);
	return found;
}

bool trace_word_names(const char *word, const char *const *devices, const char *const *qemu_args)
{
	if (strchr(word, ',') || has_transport(word))
		return false;
	return g_str_has_prefix(word, TRACE_TYPE) || is_place(word) || is_known_type(word) ||
	       is_added(word, devices, qemu_args);
}
