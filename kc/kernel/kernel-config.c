/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel-config.h"
#include "kernel/kernel-image.h"

#include <string.h>

static gboolean take_file(struct kernel_config *config, const char *path)
{
	if (!g_file_get_contents(path, &config->text, NULL, NULL))
		return FALSE;
	config->where = g_canonicalize_filename(path, NULL);
	return TRUE;
}

static gboolean take_beside(struct kernel_config *config, const char *folder, const char *name)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return take_file(config, path);
}

static gboolean take_inside(struct kernel_config *config, const char *image)
{
	config->text = kernel_image_config(image);
	if (config->text)
		config->where = g_strdup_printf("the configuration in %s", image);
	return config->text != NULL;
}

/* In its tree, a bzImage is at arch/x86/boot, a vmlinux at the top. */
static gboolean take_of_tree(struct kernel_config *config, const char *folder)
{
	g_autofree char *above = g_build_filename(folder, "../../..", NULL);
	g_autofree char *full = g_canonicalize_filename(folder, NULL);

	return g_str_has_suffix(full, "/arch/x86/boot") ? take_beside(config, above, ".config")
							: take_beside(config, folder, ".config");
}

gboolean kernel_config_find(struct kernel_config *config, const char *image, const char *release)
{
	g_autofree char *folder = g_path_get_dirname(image);
	g_autofree char *name = g_strconcat("config-", release, NULL);

	*config = (struct kernel_config){0};
	if (release && take_beside(config, folder, name))
		return TRUE;
	/* Fedora's, where /lib/modules/RELEASE/vmlinuz is the kernel */
	if (release && g_str_has_suffix(folder, release) && take_beside(config, folder, "config"))
		return TRUE;
	/* What is inside is this kernel's; a tree may have been configured again since. */
	return take_inside(config, image) || take_of_tree(config, folder);
}

void kernel_config_clear(struct kernel_config *config)
{
	g_free(config->text);
	g_free(config->where);
	*config = (struct kernel_config){0};
}

char kernel_config_value(const struct kernel_config *config, const char *option)
{
	g_autofree char *line = g_strdup_printf("CONFIG_%s=", option);
	const char *at = config->text;

	while ((at = strstr(at, line))) {
		if (at == config->text || at[-1] == '\n')
			return at[strlen(line)] == 'm' ? 'm' : 'y';
		at += strlen(line);
	}
	return 'n';
}
