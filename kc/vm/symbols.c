/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/symbols.h"
#include "kernel/module-elf.h"
#include "kernel/module.h"

#include <string.h>

/* A command may insert what was put. */
static void add_put_modules(struct decode *decode, const struct transfer *transfer)
{
	g_auto(GStrv) files = transfer_put_files(transfer);

	for (int i = 0; files[i]; i++) {
		g_autofree char *why = NULL;
		g_autofree char *name = strstr(files[i], ".ko") ? module_elf_name(files[i], &why)
								: NULL;

		if (name)
			decode_add_module(decode, name, files[i]);
	}
}

struct decode *symbols_decode(const struct launch *launch, const struct transfer *transfer)
{
	const struct lab *lab = launch->lab;
	g_autofree char *folder = g_path_get_dirname(lab->parts[LAB_VMLINUX]);
	g_autoptr(GArray) modules = transfer_modules(transfer, lab, NULL);
	struct decode *decode = launch->own_kernel
					? decode_new_for_kernel(launch->machine.kernel, lab->root)
					: decode_new_for_lab(folder, lab->root);

	for (guint i = 0; modules && i < modules->len; i++) {
		const struct module *module = &g_array_index(modules, struct module, i);

		decode_add_module(decode, module->name, module_contents(module));
		if (module->contents)
			decode_open_module(decode, module->name);
	}
	add_put_modules(decode, transfer);
	return decode;
}
