// SPDX-License-Identifier: GPL-2.0-or-later
#include "bare-machine.h"
#include "../unit.h"

void bare_set_up(struct bare_machine *bare)
{
	static const char nothing[BARE_ROM_BYTES];
	GError *error = NULL;

	bare->lab = lab_find(&error);
	if (!bare->lab)
		fail_msg("%s", error->message);
	bare->folder = g_dir_make_tmp("kc-bare-XXXXXX", NULL);
	bare->rom = g_build_filename(bare->folder, "rom", NULL);
	if (!g_file_set_contents(bare->rom, nothing, sizeof(nothing), &error))
		fail_msg("%s", error->message);
}

void bare_drop(struct bare_machine *bare)
{
	void *folder = bare->folder;

	unit_folder_drop(&folder);
	g_free(bare->rom);
	lab_free(bare->lab);
}

void bare_start(const struct bare_machine *bare, struct qtest *qtest, const char *memory,
		char *const *options)
{
	char *common[] = {bare->lab->parts[LAB_QEMU],
			  "-machine",
			  "microvm",
			  "-m",
			  (char *)memory,
			  "-bios",
			  bare->rom,
			  "-global",
			  "virtio-mmio.force-legacy=false"};
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	for (size_t i = 0; i < G_N_ELEMENTS(common); i++)
		g_ptr_array_add(argv, common[i]);
	for (char *const *option = options; *option; option++)
		g_ptr_array_add(argv, *option);
	g_ptr_array_add(argv, NULL);
	qtest_start(qtest, (char **)argv->pdata);
}
