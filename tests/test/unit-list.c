/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests as data: what a file may say, what it must not, and which tests a word names. */
#include "base/status.h"
#include "test/file.h"
#include "test/list.h"
#include "../unit.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static char *write_file(const char *root, const char *folder, const char *text)
{
	g_autofree char *path = g_build_filename(root, folder, NULL);
	char *file = g_build_filename(path, TEST_FILE_NAME, NULL);

	g_mkdir_with_parents(path, 0777);
	assert_true(g_file_set_contents(file, text, -1, NULL));
	return file;
}

static GPtrArray *load(const char *root, const char *text, GError **error)
{
	g_autofree char *file = write_file(root, "devices/x", text);
	GPtrArray *tests = g_ptr_array_new_with_free_func((GDestroyNotify)test_free);

	if (test_file_load(tests, file, "x", error))
		return tests;
	g_ptr_array_unref(tests);
	return NULL;
}

static void a_whole_file_is_read(void **state)
{
	g_autofree char *folder = g_build_filename(*state, "devices/x", NULL);
	g_autofree char *disk = g_build_filename(*state, "devices/x/my.img", NULL);
	g_autoptr(GPtrArray) tests = load(*state,
					  "# a comment\n"
					  "[defaults]\n"
					  "device = virtio-hello-pci,packed=on; virtio-rng-pci\n"
					  "timeout = 7.5\n"
					  "[first]\n"
					  "smp = 4\n"
					  "memory = 1G\n"
					  "command = sh -c 'echo \"a  b\"; true'\n"
					  "module = hello_virtio max=3 ; own/y.ko\n"
					  "put = data\n"
					  "allow = WARNING: a* | known; WARNING: b* | known, too\n"
					  "kernel = debug\n"
					  "[second]\n"
					  "device = virtio-hello-device\n"
					  "transport = mmio\n"
					  "root = my.img\n"
					  "skip = needs a disk\n",
					  NULL);
	const struct test *test;

	assert_non_null(tests);
	assert_int_equal(tests->len, 2);
	test = g_ptr_array_index(tests, 0);
	assert_string_equal(test->name, "x/first");
	assert_int_equal(test->launch.smp, 4);
	assert_int_equal(test->launch.memory_mib, 1024);
	assert_true(test->launch.timeout > 7.4 && test->launch.timeout < 7.6);
	assert_string_equal(test->launch.devices[0], "virtio-hello-pci,packed=on");
	assert_string_equal(test->launch.devices[1], "virtio-rng-pci");
	assert_null(test->launch.devices[2]);
	assert_false(test->launch.no_device);
	assert_string_equal(test->command[2], "echo \"a  b\"; true");
	assert_string_equal(test->transfer.modules[0], "hello_virtio max=3");
	assert_string_equal(test->transfer.modules[1], "own/y.ko");
	assert_string_equal(test->transfer.puts[0], "data");
	assert_string_equal(test->transfer.host_dir, folder);
	assert_string_equal(test->launch.dir, folder);
	assert_int_equal(g_strv_length((char **)test->allow), 2);
	assert_int_equal(test->kernels, TEST_DEBUG);
	test = g_ptr_array_index(tests, 1);
	assert_string_equal(test->command[0], "x_test");
	assert_int_equal(g_strv_length((char **)test->launch.devices), 1);
	assert_string_equal(test->launch.root, disk);
	assert_string_equal(test->skip, "needs a disk");
	assert_int_equal(test->kernels, TEST_BOTH);
}

/* It belongs to each test that names it, and is none itself. */
static void a_second_guest_is_no_test(void **state)
{
	g_autoptr(GPtrArray) tests = load(*state,
					  "[a]\npeer = server\nnet = peer,device=virtio-net-pci\n"
					  "[b]\npeer = server\n"
					  "[server]\ncommand = nc -l\nsmp = 2\n"
					  "[alone]\nnet = user\n",
					  NULL);
	const struct test *a, *b, *alone;

	assert_non_null(tests);
	assert_int_equal(tests->len, 3);
	a = g_ptr_array_index(tests, 0);
	b = g_ptr_array_index(tests, 1);
	alone = g_ptr_array_index(tests, 2);
	assert_string_equal(a->launch.net.texts[0], "peer,device=virtio-net-pci");
	assert_string_equal(b->launch.net.texts[0], "peer");
	assert_string_equal(a->peer->launch.net.texts[0], "peer");
	assert_string_equal(b->peer->command[0], "nc");
	assert_int_equal(b->peer->launch.smp, 2);
	assert_ptr_not_equal(a->peer, b->peer);
	assert_null(alone->peer);
	assert_string_equal(alone->launch.net.texts[0], "user");
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *words;
	} files[] = {
		{"", "no test in it"},
		{"[defaults]\nsmp = 1\n", "no test in it"},
		{"smp = 1\n", "devices/x/tests.ini"},
		{"[a]\nsmp = 0\n", "[a] smp: '0' is not a number from 1"},
		{"[a]\nsmp = 1\nsmp = 2\n", ":3: [a] smp is there twice"},
		{"[a]\nsmp = 1\n[a]\nmemory = 1G\n", ":3: [a] is there twice"},
		{"[a]\ntransports = mmio\n",
		 "[a] transports: no such key; did you mean 'transport'?"},
		{"[a]\ntransport = usb\n", "[a] transport: 'usb' is neither pci nor mmio"},
		{"[defaults]\nkernel = fast\n[a]\n", "[defaults] kernel: 'fast' is neither"},
		{"[a]\nkernel =\n", "[a] kernel: '' is neither"},
		{"[a]\ntimeout = soon\n", "[a] timeout: 'soon' is not a number of seconds"},
		{"[a]\nmemory = lots\n", "[a] memory: 'lots' is not a size"},
		{"[a]\nskip =\n", "[a] skip: a reason is needed"},
		{"[a]\nallow = WARNING: x\n",
		 "[a] allow: allow: 'WARNING: x' allows a splat without"},
		{"[a]\nallow = * | because\n", "allows anything"},
		{"[a]\ncommand = 'x\n", "[a] command: "},
		{"[a]\ncommand =\n", "[a] command: "},
		{"[a]\ntransport = mmio\ndevice = virtio-hello-pci\n", "virtio-hello-device"},
		{"[a b]\n", "[a b]: a name is of"},
		{"[a/b]\n", "[a/b]: a name is of"},
		{"[a]\nget = /etc/passwd\n", "[a] get: no such key"},
		{"[a]\nqemu-args = 'x\n", "[a] qemu-args: "},
		{"[a]\nnet = lan\n", "[a] net: no such network: 'lan'"},
		{"[a]\nnet = peer\n", "[a] net: 'peer' needs a second guest"},
		{"[a]\npeer = b\n", "[a] peer: 'b' is not another group"},
		{"[a]\npeer = a\n[b]\n", "[a] peer: 'a' is not another group"},
		{"[a]\npeer = b\n[b]\nnet = user,mq\n", "[b] net: 'mq' is not of the form"},
		{"[a]\nrubbish\n", "devices/x/tests.ini"},
		{"[a]\ncommand = \xff\n", "devices/x/tests.ini"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GError) error = NULL;

		if (load(*state, files[i].text, &error))
			fail_msg("%zu is taken", i);
		assert_refused(error, STATUS_MISUSE, files[i].words);
	}
}

/* Names of the tests that @word finds, parted by blanks; or the error's message. */
static char *found(const char *root, const char *word)
{
	struct lab lab = {.root = (char *)root};
	char *words[] = {(char *)word, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) tests = test_list_find(&lab, words, &error);
	GString *names = g_string_new(NULL);

	if (!tests)
		g_string_append(names, error->message);
	for (guint i = 0; tests && i < tests->len; i++)
		g_string_append_printf(names, "%s%s", i ? " " : "",
				       ((struct test *)g_ptr_array_index(tests, i))->name);
	return g_string_free(names, FALSE);
}

static void words_name_tests(void **state)
{
	static const struct {
		const char *word, *names;
	} words[] = {
		{NULL, "blk/a blk/b hello/a hello/mmio modules/hello/b"},
		{"blk", "blk/a blk/b"},
		{"devices/blk", "blk/a blk/b"},
		{"devices/blk/", "blk/a blk/b"},
		{"hello", "hello/a hello/mmio"},
		{"modules/hello", "modules/hello/b"},
		{"modules/hello/b", "modules/hello/b"},
		{"hello/*", "hello/a hello/mmio"},
		{"*/b", "blk/b modules/hello/b"},
		{"hello/a", "hello/a"},
		{"devices/hello/a", "hello/a"},
		{"*/a", "blk/a hello/a"},
		{"*mm*", "hello/mmio"},
		{"h?llo/m*", "hello/mmio"},
		{"tests/own", "tests/own/x tests/own/y"},
		{"tests/own/y", "tests/own/y"},
		{"tests/own/tests.ini", "tests/own/x tests/own/y"},
	};

	g_free(write_file(*state, "devices/hello", "[a]\n[mmio]\n"));
	g_free(write_file(*state, "devices/blk", "[a]\n[b]\n"));
	g_free(write_file(*state, "modules/hello", "[b]\n"));
	g_free(write_file(*state, "tests/own", "[x]\n[y]\n"));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		g_autofree char *names = found(*state, words[i].word);

		assert_string_equal(names, words[i].names);
	}
}

static void unknown_words_are_refused(void **state)
{
	g_autofree char *near = NULL, *far = NULL, *file = NULL;

	g_free(write_file(*state, "devices/hello", "[a]\n"));
	near = found(*state, "helo");
	assert_non_null(strstr(near, "did you mean 'hello'?"));
	far = found(*state, "frobnicate");
	assert_non_null(strstr(far, "kc test --list"));
	file = found(*state, "/etc/passwd");
	assert_non_null(strstr(file, "no test is called '/etc/passwd'"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, unit_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	TEST(a_whole_file_is_read), TEST(a_second_guest_is_no_test), TEST(what_is_wrong_is_named),
	TEST(words_name_tests),	    TEST(unknown_words_are_refused),
};

UNIT_MAIN(tests)
