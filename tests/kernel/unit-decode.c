/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces to source lines, by files that are compiled here. */
#include "kernel/decode.h"
#include "../unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Line by line: the tests name these lines. */
static const char kernel_source[] = /* kernel/start.c */
	"static inline __attribute__((always_inline)) int inner(volatile int *p)\n"
	"{\n"
	"	return *p + p[1] * p[2];\n" /* 3 */
	"}\n"
	"__attribute__((noinline)) int outer(volatile int *p)\n" /* 5 */
	"{\n"
	"	p[7] = 1;\n"
	"	return inner(p);\n" /* 8 */
	"}\n"
	"static __attribute__((noinline, used)) int twice(int a)\n" /* 10 */
	"{\n"
	"	return a + 1;\n"
	"}\n"
	"void _start(void)\n" /* 14 */
	"{\n"
	"	volatile int x[8] = {0};\n"
	"	outer(x);\n"
	"	x[0] = twice(x[1]);\n"
	"	for (;;);\n"
	"}\n";

static const char other_source[] = /* kernel/other.c */
	"\n\n\nstatic __attribute__((noinline, used)) int twice(volatile int *p)\n" /* 4 */
	"{\n"
	"	for (int i = 0; i < 100; i++)\n"
	"		p[i] = p[i * 3] * p[i + 1] + p[i + 2];\n"
	"	return p[0] + p[3] * 5;\n"
	"}\n"
	"int (*keep)(volatile int *) = twice;\n";

static const char module_source[] = /* drivers/my-mod.c */
	"int extern_call(int a);\n"
	"__attribute__((section(\".init.text\"))) int mod_init(void)\n" /* 2 */
	"{\n"
	"	return extern_call(1) + 1;\n"
	"}\n"
	"int mod_read(int a)\n" /* 6 */
	"{\n"
	"	return extern_call(a) * 3;\n" /* 8 */
	"}\n";

struct fixture {
	char *tree, *vmlinux, *modules;
	struct decode *decode;
};

G_GNUC_PRINTF(2, 3)
static char *shell(const char *folder, const char *format, ...)
{
	g_autofree char *command = NULL;
	const char *argv[] = {"sh", "-ec", NULL, NULL};
	char *out = NULL;
	int status = -1;
	va_list values;

	va_start(values, format);
	command = g_strdup_vprintf(format, values);
	va_end(values);
	argv[2] = command;
	g_spawn_sync(folder, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, NULL,
		     &status, NULL);
	if (status != 0)
		fail_msg("%s: status %d", command, status);
	return out;
}

static void write_source(const char *tree, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(tree, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_mkdir_with_parents(folder, 0777);
	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int build(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->tree = g_dir_make_tmp("kc-decode-XXXXXX", NULL);
	write_source(fixture->tree, "kernel/start.c", kernel_source);
	write_source(fixture->tree, "kernel/other.c", other_source);
	write_source(fixture->tree, "drivers/my-mod.c", module_source);
	g_free(shell(
		fixture->tree,
		"mkdir -p m/extra\n"
		"gcc -g -O0 -fno-stack-protector -nostdlib -static -fno-pic -no-pie -fcf-protection=none "
		"kernel/start.c kernel/other.c -o vmlinux\n"
		"gcc -g -O0 -fno-stack-protector -fno-pic -fcf-protection=none -c drivers/my-mod.c -o m/extra/my-mod.ko\n"
		"cp m/extra/my-mod.ko m/extra/bare.ko.debug; strip -g m/extra/bare.ko.debug\n"
		"cp m/extra/my-mod.ko m/extra/two.ko.debug; strip -g -o m/extra/two.ko "
		"m/extra/my-mod.ko\n"
		"echo no elf >m/extra/broken.ko\n"));
	fixture->vmlinux = g_build_filename(fixture->tree, "vmlinux", NULL);
	fixture->modules = g_build_filename(fixture->tree, "m", NULL);
	*state = fixture;
	return 0;
}

static int clean(void **state)
{
	struct fixture *fixture = *state;

	g_free(shell("/", "rm -rf '%s'", fixture->tree));
	g_free(fixture->tree);
	g_free(fixture->vmlinux);
	g_free(fixture->modules);
	g_free(fixture);
	return 0;
}

static int open_both(void **state)
{
	struct fixture *fixture = *state;
	const char *modules[] = {"/nowhere", fixture->modules, NULL};
	const char *trees[] = {"/nowhere", fixture->tree, NULL};

	fixture->decode = decode_new(fixture->vmlinux, modules, trees);
	return 0;
}

static int close_both(void **state)
{
	struct fixture *fixture = *state;

	g_clear_pointer(&fixture->decode, decode_free);
	return 0;
}

static void assert_decoded(struct fixture *fixture, const char *text, const char *wanted)
{
	g_autofree char *out = decode_text(fixture->decode, text, -1);

	assert_string_equal(out, wanted);
}

static void functions_get_their_places(void **state)
{
	assert_decoded(*state, "[    1.0] RIP: 0010:outer+0x0/0x20\nx",
		       "[    1.0] RIP: 0010:outer+0x0/0x20 (kernel/start.c:6)\nx");
	assert_decoded(*state, "[    1.0][   T85]  ? mod_read+0x0/0x20 [my_mod]",
		       "[    1.0][   T85]  ? mod_read+0x0/0x20 [my_mod] (drivers/my-mod.c:7)");
	assert_decoded(*state,
		       " mod_read+0x0/0x20 [my_mod 0123456789abcdef0123456789abcdef01234567]",
		       " mod_read+0x0/0x20 [my_mod 0123456789abcdef0123456789abcdef01234567] "
		       "(drivers/my-mod.c:7)");
	assert_decoded(*state, " mod_init+0x0/0x20 [my_mod]\n outer+0x0/0x20",
		       " mod_init+0x0/0x20 [my_mod] (drivers/my-mod.c:3)\n"
		       " outer+0x0/0x20 (kernel/start.c:6)");
	assert_decoded(*state, " mod_read+0x0/0x20 [two]",
		       " mod_read+0x0/0x20 [two] (drivers/my-mod.c:7)");
	assert_null(decode_trouble(((struct fixture *)*state)->decode));
}

/* What the line is where @offset into mod_read() is returned to, and where it happened. */
static void a_call_is_meant_by_where_it_returns(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *dump = shell(
		fixture->tree,
		"objdump -d m/extra/my-mod.ko | "
		"sed -n '/<mod_read>:/,$p' | sed -n '/call/{n;s/^ *\\([0-9a-f]*\\):.*/\\1/p}'");
	unsigned long offset = strtoul(dump, NULL, 16);
	g_autofree char *text = g_strdup_printf(" mod_read+0x%lx/0x40 [my_mod]", offset);
	g_autofree char *wanted = g_strdup_printf("%s (drivers/my-mod.c:8)", text);

	assert_true(offset > 0);
	assert_decoded(fixture, text, wanted);
}

static void inlined_frames_are_told(void **state)
{
	struct fixture *fixture = *state;
	bool told = false;

	for (int offset = 0; offset < 0x50; offset++) {
		g_autofree char *text = g_strdup_printf("RIP: 0010:outer+0x%x/0x60", offset);
		g_autofree char *out = decode_text(fixture->decode, text, -1);

		told |= g_str_has_suffix(out, " (kernel/start.c:3, inlined at kernel/start.c:8)");
	}
	assert_true(told);
}

static void the_size_tells_namesakes_apart(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *sizes = shell(
		fixture->tree, "nm -S vmlinux | sed -n 's/^[^ ]* 0*\\([^ ]*\\) t twice$/\\1/p'");
	g_auto(GStrv) size = g_strsplit(g_strchomp(sizes), "\n", -1);

	assert_int_equal(g_strv_length(size), 2);
	for (int i = 0; i < 2; i++) {
		bool small = strtoul(size[i], NULL, 16) < strtoul(size[!i], NULL, 16);
		g_autofree char *text = g_strdup_printf("twice+0x0/0x%s", size[i]);
		g_autofree char *wanted = g_strdup_printf("%s (kernel/%s)", text,
							  small ? "start.c:11" : "other.c:5");

		assert_decoded(fixture, text, wanted);
	}
}

static void an_address_becomes_a_function(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *at = shell(fixture->tree, "nm vmlinux | sed -n 's/ T outer//p'");
	g_autofree char *out = decode_address(fixture->decode, strtoull(at, NULL, 16));

	assert_true(g_str_has_prefix(out, "outer+0x0/0x"));
	assert_true(g_str_has_suffix(out, " (kernel/start.c:6)"));
	assert_null(decode_address(fixture->decode, 5));
	assert_null(decode_address(fixture->decode, G_MAXUINT64));
}

static void what_is_unknown_stays_and_is_told_once(void **state)
{
	static const char *const same[] = {
		"outer+0x30/0x20",
		"nothing+0x1/0x2",
		"mod_read+0x1/0x2 [absent]",
		"mod_read+0x1/0x2 [absent]",
		"mod_read+0x1/0x2 [broken]",
		"mod_read+0x1/0x2 [bare]",
		"mod_read+0x2/0x4 [bare]",
		"outer+0x/0x20",
		"outer+1/2",
		"+0x1/0x2",
		"outer+0x1",
		"../../x+0x1/0x2 [..]",
		"outer+0x123456789/0x1234567890",
		"",
	};
	struct fixture *fixture = *state;
	g_autofree char *trouble = NULL;
	g_auto(GStrv) lines = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(same); i++)
		assert_decoded(fixture, same[i], same[i]);
	trouble = decode_trouble(fixture->decode);
	lines = g_strsplit(g_strchomp(trouble), "\n", -1);
	assert_int_equal(g_strv_length(lines), 3);
	assert_non_null(strstr(trouble, "'absent'"));
	assert_non_null(strstr(trouble, "broken.ko"));
	assert_non_null(strstr(trouble, "bare.ko.debug"));
}

static void nothing_to_decode_with_is_no_error(void **state)
{
	struct decode *decode = decode_new(NULL, NULL, NULL);
	g_autofree char *out = decode_text(decode, "a outer+0x1/0x2 b\xff\xfe", -1);
	g_autofree char *trouble = decode_trouble(decode);

	(void)state;
	assert_string_equal(out, "a outer+0x1/0x2 b\xff\xfe");
	assert_non_null(strstr(trouble, "vmlinux"));
	assert_null(decode_address(decode, 1));
	decode_free(decode);
}

static void any_text_is_survived(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *name = g_strnfill(300000, 'a');
	g_autofree char *text = g_strdup_printf("%s+0x1/0x2 outer+0x0/0x20", name);
	g_autofree char *out = decode_text(fixture->decode, text, -1);

	assert_true(g_str_has_suffix(out, "(kernel/start.c:6)"));
	for (int round = 1; round < 100; round++) {
		char bytes[256];

		for (int i = 0; i < 256; i++)
			bytes[i] = i * round + 1;
		g_free(decode_text(fixture->decode, bytes, sizeof(bytes)));
	}
}

/* It lies in no folder of modules, and its file is called otherwise. */
static void a_module_of_ones_own_is_found(void **state)
{
	struct fixture *fixture = *state;
	g_autofree char *theirs = g_build_filename(fixture->modules, "extra", "my-mod.ko", NULL);
	g_autofree char *mine = g_build_filename(fixture->tree, "renamed.ko", NULL);
	const char *trees[] = {fixture->tree, NULL};
	g_autofree char *contents = NULL;
	struct decode *decode;
	gsize len;

	if (g_file_get_contents(theirs, &contents, &len, NULL))
		g_file_set_contents(mine, contents, len, NULL);
	for (int gone = 0; gone < 2; gone++) {
		g_autofree char *out = NULL;

		decode = decode_new(NULL, NULL, trees);
		decode_add_module(decode, "my_mod", mine);
		if (gone) {
			decode_open_module(decode, "my_mod");
			unlink(mine);
		}
		out = decode_text(decode, " mod_read+0x0/0x20 [my_mod]", -1);
		assert_string_equal(out, " mod_read+0x0/0x20 [my_mod] (drivers/my-mod.c:7)");
		decode_free(decode);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)

static const struct CMUnitTest tests[] = {
	TEST(functions_get_their_places),
	TEST(a_call_is_meant_by_where_it_returns),
	TEST(inlined_frames_are_told),
	TEST(the_size_tells_namesakes_apart),
	TEST(an_address_becomes_a_function),
	TEST(what_is_unknown_stays_and_is_told_once),
	TEST(nothing_to_decode_with_is_no_error),
	TEST(any_text_is_survived),
	TEST(a_module_of_ones_own_is_found),
};

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, build, clean);
}
