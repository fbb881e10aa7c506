/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --device means: folders, QEMU's types, what is neither, and what that costs. */
#include "base/status.h"
#include "lab/qemu-devices.h"
#include "vm/device-option.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <string.h>

static struct {
	struct lab lab;
	char *qemu, *asked;
} here;

/* A QEMU that counts how often it is asked; @how: its exit status. */
static void write_qemu(int how)
{
	g_autofree char *text = g_strdup_printf(
		"#!/bin/sh\necho >>%s\n"
		"echo 'Storage devices:'\n"
		"echo 'name \"virtio-blk-device\", bus virtio-bus'\n"
		"echo 'name \"virtio-blk-pci\", bus PCI, alias \"virtio-blk\"'\n"
		"echo 'name \"virtio-net-pci\", bus PCI, desc \"a, alias of none\"'\n"
		"exit %d\n",
		here.asked, how);

	assert_true(g_file_set_contents(here.qemu, text, -1, NULL));
	assert_int_equal(g_chmod(here.qemu, 0755), 0);
}

static unsigned asked(void)
{
	g_autofree char *text = NULL;
	gsize len = 0;

	g_file_get_contents(here.asked, &text, &len, NULL);
	return len;
}

static void add_device(const char *name, const char *id)
{
	g_autofree char *folder = g_build_filename(here.lab.root, "devices", name, NULL);
	g_autofree char *file = g_build_filename(folder, "abi.h", NULL);
	g_autofree char *text = g_strdup_printf("#define VIRTIO_ID_X %s\n", id);

	g_mkdir_with_parents(folder, 0777);
	assert_true(g_file_set_contents(file, text, -1, NULL));
}

/* A device whose folder has the short name, and QEMU another one. */
static void name_device(const char *name, const char *file, const char *type)
{
	g_autofree char *path = g_build_filename(here.lab.root, "devices", name, file, NULL);
	g_autofree char *text = g_strdup_printf("    .base_name = TYPE_X_PCI,\n"
						"    .generic_name = \"%s-pci\",\n",
						type);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int setup(void **state)
{
	(void)state;
	g_unsetenv("KC_DEVICES");
	here.lab.root = g_dir_make_tmp("kc-unit-XXXXXX", NULL);
	here.qemu = g_build_filename(here.lab.root, "qemu", NULL);
	here.asked = g_build_filename(here.lab.root, "asked", NULL);
	add_device("hello", "63");
	add_device("echo", "62");
	write_qemu(0);
	return 0;
}

static int teardown(void **state)
{
	const char *argv[] = {"rm", "-rf", here.lab.root, NULL};

	(void)state;
	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
	g_free(here.lab.root);
	g_free(here.qemu);
	g_free(here.asked);
	return 0;
}

static char *resolve(enum transport transport, const char *device, GError **error)
{
	struct device_names *names = device_names_new(&here.lab, here.qemu, error);
	char *resolved;

	assert_non_null(names);
	resolved = device_option_resolve(names, transport, device, error);
	device_names_free(names);
	return resolved;
}

static void becomes(enum transport transport, const char *device, const char *expected)
{
	g_autofree char *resolved = resolve(transport, device, NULL);

	assert_non_null(resolved);
	assert_string_equal(resolved, expected);
}

static void refused(enum transport transport, const char *device, const char *words)
{
	GError *error = NULL;

	assert_null(resolve(transport, device, &error));
	assert_refused(error, STATUS_MISUSE, words);
}

static void a_folder_stands_for_its_device(void **state)
{
	(void)state;
	becomes(TRANSPORT_PCI, "hello", "virtio-hello-pci");
	becomes(TRANSPORT_MMIO, "hello", "virtio-hello-device");
	becomes(TRANSPORT_PCI, "echo,packed=on,id=e,x=a,b", "virtio-echo-pci,packed=on,id=e,x=a,b");
	becomes(TRANSPORT_PCI, "virtio-echo-pci,id=e", "virtio-echo-pci,id=e");
	becomes(TRANSPORT_MMIO, "virtio-echo-device", "virtio-echo-device");
	assert_int_equal(asked(), 0);
}

static void a_folder_may_have_another_name_in_qemu(void **state)
{
	(void)state;
	add_device("blk", "2");
	name_device("blk", "device-pci.c", "craft-blk");
	name_device("echo", "device.c", "craft-echo");
	becomes(TRANSPORT_PCI, "blk,drive=d", "craft-blk-pci,drive=d");
	becomes(TRANSPORT_MMIO, "blk", "craft-blk-device");
	becomes(TRANSPORT_PCI, "craft-blk-pci,drive=d", "craft-blk-pci,drive=d");
	becomes(TRANSPORT_PCI, "echo", "craft-echo-pci");
	assert_int_equal(asked(), 0);
	becomes(TRANSPORT_PCI, "virtio-blk-pci,drive=d", "virtio-blk-pci,drive=d");
	refused(TRANSPORT_PCI, "craft-ehco-pci", "did you mean 'craft-echo-pci'?");
	refused(TRANSPORT_PCI, "craft-blk-device", "over pci it is 'craft-blk-pci'");
}

static void what_qemu_knows_is_left_as_it_is(void **state)
{
	static const char *const taken[] = {
		"virtio-blk-pci,drive=d",  "virtio-blk",	 "virtio-net-pci",	"help",
		"{\"driver\":\"nosuch\"}", "id=x,driver=nosuch", "virtio-net-pci,help",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(taken); i++)
		becomes(TRANSPORT_PCI, taken[i], taken[i]);
}

static void what_neither_knows_names_the_nearest(void **state)
{
	(void)state;
	refused(TRANSPORT_PCI, "helo", "no such device: 'helo'; did you mean 'hello'?");
	refused(TRANSPORT_PCI, "ehco,packed=on", "no such device: 'ehco'; did you mean 'echo'?");
	refused(TRANSPORT_PCI, "blk", "did you mean 'virtio-blk-pci'?");
	refused(TRANSPORT_MMIO, "blk,drive=d", "did you mean 'virtio-blk-device'?");
	refused(TRANSPORT_PCI, "virtio-bkl-pci", "did you mean 'virtio-blk-pci'?");
	refused(TRANSPORT_PCI, "virtio-helo-pci", "did you mean 'virtio-hello-pci'?");
	refused(TRANSPORT_PCI, "hello-pci", "no such device: 'hello-pci'");
	refused(TRANSPORT_PCI, "rubbish", "the project has echo, hello, and '");
	refused(TRANSPORT_PCI, "", "no such device: ''");
	refused(TRANSPORT_PCI, "none", "no such device: 'none'");
	refused(TRANSPORT_MMIO, "virtio-hello-pci", "over mmio it is 'virtio-hello-device'");
	assert_int_equal(asked(), 1);
}

static void each_build_of_qemu_is_asked_once(void **state)
{
	(void)state;
	becomes(TRANSPORT_PCI, "virtio-blk-pci", "virtio-blk-pci");
	becomes(TRANSPORT_PCI, "virtio-net-pci", "virtio-net-pci");
	assert_int_equal(asked(), 1);
	g_usleep(20000);
	write_qemu(0);
	becomes(TRANSPORT_PCI, "virtio-blk-pci", "virtio-blk-pci");
	assert_int_equal(asked(), 2);
}

static void a_qemu_that_does_not_say_judges_itself(void **state)
{
	(void)state;
	write_qemu(1);
	becomes(TRANSPORT_PCI, "nosuch", "nosuch");
	becomes(TRANSPORT_PCI, "hello", "virtio-hello-pci");
	g_unlink(here.qemu);
	becomes(TRANSPORT_PCI, "nosuch", "nosuch");
	assert_null(qemu_devices(&here.lab, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const struct CMUnitTest tests[] = {
	TEST(a_folder_stands_for_its_device),	TEST(a_folder_may_have_another_name_in_qemu),
	TEST(what_qemu_knows_is_left_as_it_is), TEST(what_neither_knows_names_the_nearest),
	TEST(each_build_of_qemu_is_asked_once), TEST(a_qemu_that_does_not_say_judges_itself),
};

UNIT_MAIN(tests)
