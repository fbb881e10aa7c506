/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kernels' files tell: their release and their configuration, and what damage makes of it. */
#include "kernel/kernel-config.h"
#include "kernel/kernel-image.h"
#include "../unit.h"

#include <string.h>

#define CONFIG "CONFIG_VIRTIO=y\nCONFIG_VIRTIO_PCI=m\n# CONFIG_VIRTIO_BLK is not set\n"
#define PAYLOAD_AT 1024

static char *folder;

static int make_folder(void **state)
{
	int failed = unit_folder(state);

	folder = *state;
	return failed;
}

static char *path_of(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* What @command, a filter, makes of @bytes. */
static GBytes *filter(GBytes *bytes, const char *command)
{
	g_autofree char *from = path_of("from"), *to = path_of("to");
	g_autofree char *line = g_strdup_printf("%s <'%s' >'%s'", command, from, to);
	const char *argv[] = {"sh", "-c", line, NULL};
	char *data;
	gsize len;

	assert_true(g_file_set_contents(from, g_bytes_get_data(bytes, NULL),
					g_bytes_get_size(bytes), NULL));
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				 NULL, NULL, NULL));
	assert_true(g_file_get_contents(to, &data, &len, NULL));
	return g_bytes_new_take(data, len);
}

static void append(GByteArray *to, const void *data, gsize len)
{
	g_byte_array_append(to, data, len);
}

static GBytes *make_vmlinux(void)
{
	GByteArray *out = g_byte_array_new();
	g_autoptr(GBytes) text = g_bytes_new_static(CONFIG, strlen(CONFIG));
	g_autoptr(GBytes) packed = filter(text, "gzip");
	const char banners[] = "\0Linux version %s (%s)\0Linux version 6.9.7-test+ (me@here) #1";

	append(out,
	       "\x7f"
	       "ELF",
	       4);
	append(out, banners, sizeof(banners));
	append(out, "IKCFG_ST", 8);
	append(out, g_bytes_get_data(packed, NULL), g_bytes_get_size(packed));
	append(out, "IKCFG_ED", 8);
	return g_byte_array_free_to_bytes(out);
}

static void put_u32(guint8 *at, guint32 value)
{
	value = GUINT32_TO_LE(value);
	memcpy(at, &value, sizeof(value));
}

/* As Linux Documentation/arch/x86/boot.rst has it, of one sector of setup. */
static GByteArray *make_bzimage(GBytes *payload, gsize more)
{
	GByteArray *out = g_byte_array_new();
	guint32 size = GUINT32_TO_LE(12345);

	g_byte_array_set_size(out, PAYLOAD_AT);
	memset(out->data, 0, out->len);
	out->data[0x1f1] = 1;
	memcpy(out->data + 0x202, "HdrS", 4);
	put_u32(out->data + 0x20e, 0x100);
	memcpy(out->data + 0x300, "6.1.0-9-cloud (x@y) #1", 23);
	put_u32(out->data + 0x248, 0);
	put_u32(out->data + 0x24c, g_bytes_get_size(payload) + more);
	append(out, g_bytes_get_data(payload, NULL), g_bytes_get_size(payload));
	append(out, &size, sizeof(size));
	return out;
}

static char *save(const char *name, const void *data, gsize len)
{
	char *path = path_of(name);

	assert_true(g_file_set_contents(path, data, len, NULL));
	return path;
}

static void vmlinux_tells(void **state)
{
	g_autoptr(GBytes) image = make_vmlinux();
	g_autofree char *path = save("vmlinux", g_bytes_get_data(image, NULL),
				     g_bytes_get_size(image));
	g_autofree char *release = kernel_image_release(path);
	g_autofree char *config = kernel_image_config(path);

	(void)state;
	assert_string_equal(release, "6.9.7-test+");
	assert_string_equal(config, CONFIG);
}

static void bzimage_tells_however_packed(void **state)
{
	static const char *const packers[] = {"gzip", "xz --check=crc32", "zstd -q"};
	g_autoptr(GBytes) image = make_vmlinux();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(packers); i++) {
		g_autoptr(GBytes) payload = filter(image, packers[i]);
		g_autoptr(GByteArray) kernel = make_bzimage(payload, i == 0 ? 0 : 4);
		g_autofree char *path = save("bzImage", kernel->data, kernel->len);
		g_autofree char *release = kernel_image_release(path);
		g_autofree char *config = kernel_image_config(path);

		assert_string_equal(release, "6.1.0-9-cloud");
		assert_string_equal(config, CONFIG);
	}
}

/* Each prefix of an image, and lengths that lie */
static void damage_is_no_kernel(void **state)
{
	g_autoptr(GBytes) image = make_vmlinux();
	g_autoptr(GBytes) payload = filter(image, "gzip");
	g_autoptr(GByteArray) kernel = make_bzimage(payload, 0);
	g_autofree char *path = NULL;

	(void)state;
	for (gsize len = 0; len < kernel->len; len += 97) {
		g_autofree char *cut = save("cut", kernel->data, len);

		g_free(kernel_image_release(cut));
		if (len < PAYLOAD_AT)
			assert_null(kernel_image_config(cut));
	}
	put_u32(kernel->data + 0x20e, 0xffff);
	put_u32(kernel->data + 0x248, 0xfffffff0);
	put_u32(kernel->data + 0x24c, 0xfffffff0);
	path = save("lies", kernel->data, kernel->len);
	assert_null(kernel_image_release(path));
	assert_null(kernel_image_config(path));
	assert_null(kernel_image_release("/nonexistent"));
	assert_null(kernel_image_config("/nonexistent"));
}

static void values_are_of_whole_names(void **state)
{
	struct kernel_config config = {.text = (char *)CONFIG};

	(void)state;
	assert_int_equal(kernel_config_value(&config, "VIRTIO"), 'y');
	assert_int_equal(kernel_config_value(&config, "VIRTIO_PCI"), 'm');
	assert_int_equal(kernel_config_value(&config, "VIRTIO_BLK"), 'n');
	assert_int_equal(kernel_config_value(&config, "PCI"), 'n');
}

/* A distribution's file comes first, then what is inside, then a tree's. */
static void the_nearest_configuration_counts(void **state)
{
	g_autoptr(GBytes) image = make_vmlinux();
	g_autofree char *path = save("vmlinux", g_bytes_get_data(image, NULL),
				     g_bytes_get_size(image));
	g_autofree char *tree = save(".config", "CONFIG_A=y\n", 11);
	struct kernel_config config;

	(void)state;
	assert_true(kernel_config_find(&config, path, "6.9.7-test+"));
	assert_non_null(strstr(config.where, "the configuration in "));
	kernel_config_clear(&config);
	g_free(save("config-6.9.7-test+", "CONFIG_B=m\n", 11));
	assert_true(kernel_config_find(&config, path, "6.9.7-test+"));
	assert_int_equal(kernel_config_value(&config, "B"), 'm');
	kernel_config_clear(&config);
	g_free(save("vmlinux", "nothing", 7));
	assert_true(kernel_config_find(&config, path, NULL));
	assert_string_equal(config.where, tree);
	kernel_config_clear(&config);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	TEST(vmlinux_tells),
	TEST(bzimage_tells_however_packed),
	TEST(damage_is_no_kernel),
	TEST(values_are_of_whole_names),
	TEST(the_nearest_configuration_counts),
};

UNIT_MAIN(tests)
