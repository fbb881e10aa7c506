/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kc trace learns of a kernel that it does not know: where its fields are, which functions to probe. */
#include "base/status.h"
#include "trace/record/kernel-layout.h"
#include "trace/record/probes.h"
#include "../unit.h"

#include <bpf/btf.h>
#include <string.h>

enum { VOID, WORD, HALF, BYTE, DEVICE, POINTER, TYPEDEF, CONST, QUEUE, SPLIT, PACKED, RINGS, RING };

static void add_field(struct btf *btf, const char *name, int type, guint32 byte)
{
	assert_int_equal(btf__add_field(btf, name, type, byte * 8, 0), 0);
}

/* The types of a virtqueue, with @flag as what tells a packed ring; in the order of the enum. */
static struct btf *queue_types(const char *flag, bool in_order)
{
	struct btf *btf = btf__new_empty();

	btf__add_int(btf, "int", 4, 0);
	btf__add_int(btf, "u16", 2, 0);
	btf__add_int(btf, "bool", 1, 0);
	btf__add_struct(btf, "virtio_device", 8);
	add_field(btf, "index", WORD, 4);
	btf__add_ptr(btf, DEVICE);
	btf__add_typedef(btf, "queue_t", CONST);
	btf__add_const(btf, QUEUE);
	btf__add_struct(btf, "virtqueue", 32);
	add_field(btf, "vdev", POINTER, 8);
	add_field(btf, "index", WORD, 16);
	add_field(btf, "num_free", WORD, 20);
	btf__add_struct(btf, "vring_virtqueue_split", 16);
	add_field(btf, "vring", RINGS, 0);
	add_field(btf, "avail_idx_shadow", HALF, 10);
	btf__add_struct(btf, "vring_virtqueue_packed", 16);
	add_field(btf, "vring", RINGS, 0);
	add_field(btf, "avail_wrap_counter", BYTE, 12);
	add_field(btf, "next_avail_idx", HALF, 14);
	btf__add_struct(btf, NULL, 8);
	add_field(btf, "num", WORD, 4);
	btf__add_struct(btf, "vring_virtqueue", 80);
	add_field(btf, "vq", TYPEDEF, 0);
	add_field(btf, flag, BYTE, 32);
	add_field(btf, "free_head", WORD, 36);
	add_field(btf, "last_used_idx", HALF, 40);
	if (in_order)
		add_field(btf, "last_used", HALF, 42);
	add_field(btf, NULL, RING + 1, 48);
	btf__add_union(btf, NULL, 16);
	add_field(btf, "split", SPLIT, 0);
	add_field(btf, "packed", PACKED, 0);
	return btf;
}

static char *save(const char *folder, const void *data, size_t len)
{
	char *name = g_build_filename(folder, "btf", NULL);

	assert_true(g_file_set_contents(name, data, len, NULL));
	return name;
}

static bool describe(const char *folder, const void *data, size_t len, struct kernel_layout *layout,
		     GError **error)
{
	g_autofree char *name = save(folder, data, len);
	g_autofree char *why = NULL;
	struct kernel_types *types = kernel_types_open_btf(name, NULL, &why);
	bool described = types && kernel_layout_describe(layout, types, error);

	if (!types)
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED, "%s", why);
	kernel_types_free(types);
	return described;
}

static bool describe_types(const char *folder, struct btf *btf, struct kernel_layout *layout,
			   GError **error)
{
	guint32 len;
	const void *data = btf__raw_data(btf, &len);
	bool described = describe(folder, data, len, layout, error);

	btf__free(btf);
	return described;
}

static void check_layout(const struct kernel_layout *layout, guint32 last_used)
{
	assert_int_equal(layout->device_index, 4);
	assert_int_equal(layout->vdev, 8);
	assert_int_equal(layout->index, 16);
	assert_int_equal(layout->num_free, 20);
	assert_int_equal(layout->packed_ring, 32);
	assert_int_equal(layout->free_head, 36);
	assert_int_equal(layout->last_used_idx, 40);
	assert_int_equal(layout->last_used, last_used);
	assert_int_equal(layout->ring_num, 52);
	assert_int_equal(layout->split_avail, 58);
	assert_int_equal(layout->packed_wrap, 60);
	assert_int_equal(layout->packed_next, 62);
}

static void test_btf(void **state)
{
	g_autoptr(GError) error = NULL;
	struct kernel_layout layout;

	assert_true(describe_types(*state, queue_types("packed_ring", false), &layout, &error));
	check_layout(&layout, 0);
	assert_true(describe_types(*state, queue_types("layout", true), &layout, &error));
	check_layout(&layout, 42);
	assert_false(describe_types(*state, queue_types("kind", true), &layout, &error));
	assert_refused(error, STATUS_NOT_CARRIED,
		       "has no packed_ring|layout in its struct vring_virtqueue");
}

static void test_btf_without_queues(void **state)
{
	struct btf *btf = btf__new_empty();
	g_autoptr(GError) error = NULL;
	struct kernel_layout layout;

	btf__add_int(btf, "int", 4, 0);
	btf__add_struct(btf, "virtio_device", 8);
	add_field(btf, "index", WORD, 0);
	assert_false(describe_types(*state, btf, &layout, &error));
	assert_refused(error, STATUS_NOT_CARRIED, "CONFIG_DEBUG_INFO_BTF_MODULES");
}

/* A structure that holds itself, a type that is made of itself, a member far outside, a bit field. */
static void test_hostile_btf(void **state)
{
	static const struct {
		guint32 type, byte, bits;
	} vrings[] = {
		{SPLIT, 0, 0}, {CONST, 0, 0},	 {9999, 0, 0},	       {VOID, 0, 0},
		{RINGS, 9, 0}, {RINGS, 4000, 0}, {RINGS, 1u << 28, 0}, {WORD, 0, 0},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(vrings); i++) {
		struct btf *btf = queue_types("packed_ring", false);
		struct btf_type *split = (struct btf_type *)btf__type_by_id(btf, SPLIT);
		struct btf_type *loop = (struct btf_type *)btf__type_by_id(btf, CONST);
		g_autoptr(GError) error = NULL;
		struct kernel_layout layout;

		if (vrings[i].type == CONST)
			loop->type = TYPEDEF;
		btf_members(split)->type = vrings[i].type;
		btf_members(split)->offset = vrings[i].byte * 8;
		assert_false(describe_types(*state, btf, &layout, &error));
		assert_non_null(error);
	}
}

/* Whatever byte is wrong or wherever it ends: an answer or an error, and no other end. */
static void test_damaged_btf(void **state)
{
	struct btf *btf = queue_types("packed_ring", false);
	guint32 len;
	const guint8 *whole = btf__raw_data(btf, &len);

	for (guint32 i = 0; i < 2 * len; i++) {
		g_autofree guint8 *data = g_memdup2(whole, len);
		g_autoptr(GError) error = NULL;
		struct kernel_layout layout;

		if (i >= len)
			data[i - len] ^= 0xff;
		assert_true(describe(*state, data, i < len ? i : len, &layout, &error) != !!error);
	}
	btf__free(btf);
}

static void test_no_kernel(void **state)
{
	static const char *const sources[] = {"drivers/virtio/virtio_ring.c", NULL};
	g_autofree char *none = g_build_filename(*state, "none", NULL);
	g_autofree char *text = save(*state, "no kernel at all", 16);
	g_autofree char *why = NULL;
	char *other;

	assert_null(kernel_types_open(none, sources, &why));
	assert_non_null(strstr(why, "No such file"));
	assert_null(kernel_types_open(text, sources, &other));
	assert_non_null(strstr(other, "neither DWARF of drivers/virtio/virtio_ring.c nor BTF"));
	g_free(other);
	assert_null(kernel_types_open_btf(none, NULL, &other));
	g_free(other);
}

static void test_releases(void **state)
{
	static const struct {
		const char *release;
		guint32 free_head; /* 0: it is not known */
	} releases[] = {
		{"6.0.19", 0},	   {"6.1.0-56-amd64", 80}, {"6.3.1", 80},
		{"6.4.0", 72},	   {"6.19.14", 72},	   {"6.20.0", 0},
		{"7.0.0-rc1", 76}, {"7.3.4", 76},	   {"7.4.0", 0},
		{"6", 0},	   {"six.1", 0},	   {"6.11000", 0},
		{"", 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(releases); i++) {
		struct kernel_layout layout = {0};
		bool known = kernel_layout_by_release(&layout, releases[i].release);

		assert_int_equal(known, releases[i].free_head != 0);
		assert_int_equal(layout.free_head, releases[i].free_head);
	}
	assert_string_equal(KERNEL_RELEASES, "6.1 to 7.3");
}

/* Facts of a guest with what every kernel has, and @lines. */
static struct guest_facts *facts_with(const char *lines)
{
	static const char every[] =
		"release 6.99\nfunction virtqueue_add_sgs\nfunction virtqueue_add_outbuf\n"
		"function virtqueue_add_inbuf\nfunction virtqueue_kick_prepare\n"
		"function vring_interrupt\nfunction virtqueue_get_buf\n"
		"function virtqueue_get_buf_ctx\nfunction virtqueue_detach_unused_buf\n";
	g_autofree char *all = g_strconcat(every, lines, NULL);
	g_auto(GStrv) words = g_strsplit(all, "\n", -1);
	struct guest_facts *facts = guest_facts_new();

	for (int i = 0; words[i]; i++)
		if (*words[i])
			assert_true(guest_facts_take(facts, words[i], NULL));
	return facts;
}

#define PLAIN "function detach_buf_split\nfunction detach_buf_packed\n"
#define ORDERED "function detach_buf_split_in_order\nfunction detach_buf_packed_in_order\n"

static void test_way(void **state)
{
	static const struct {
		const char *lines;
		bool in_order;
		enum probe_way way; /* 0: none */
	} kernels[] = {
		{"kprobe\n" PLAIN, false, PROBE_BY_DETACH},
		{"fprobe\n" PLAIN, false, PROBE_BY_DETACH},
		{"fprobe\nreturn-arguments\n" ORDERED, true, PROBE_BY_DETACH},
		{"fprobe\nreturn-arguments\n" PLAIN ORDERED, true, PROBE_BY_DETACH},
		{"fprobe\nreturn-arguments\n" PLAIN, true, PROBE_BY_GET},
		{"fprobe\nreturn-arguments\nfunction detach_buf_split\n", false, PROBE_BY_GET},
		{"fprobe\nreturn-arguments\nfunction detach_buf_packed\n", false, PROBE_BY_GET},
		{"kprobe\nreturn-arguments\n", false, PROBE_BY_GET},
		{"kprobe\nreturn-arguments\n" PLAIN "function detach_buf_split.constprop.0\n",
		 false, PROBE_BY_GET},
		{"kprobe\nreturn-arguments\n" PLAIN "function detach_buf_split\n", false,
		 PROBE_BY_GET},
		{"kprobe\n" PLAIN "function detach_buf_split.isra.0\n", false, 0},
		{"kprobe\nfprobe\n", false, 0},
		{PLAIN, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(kernels); i++) {
		struct guest_facts *facts = facts_with(kernels[i].lines);
		struct kernel_layout layout = {.last_used = kernels[i].in_order ? 94 : 0};
		g_autoptr(GError) error = NULL;
		struct probe_plan plan = {.only_queue = -1};

		assert_int_equal(probe_choose(facts, &layout, &plan, &error), kernels[i].way != 0);
		if (kernels[i].way)
			assert_int_equal(plan.way, kernels[i].way);
		else
			assert_non_null(error);
		guest_facts_free(facts);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *lines, *words;
	} kernels[] = {
		{"kprobe\n" PLAIN "function detach_buf_split.isra.0\n",
		 "(found: detach_buf_split detach_buf_split.isra.0 detach_buf_packed)"},
		{"kprobe\n", "(found: none of them)"},
		{PLAIN, "neither fprobe nor kprobe events"},
	};
	struct kernel_layout layout = {0};
	struct probe_plan plan = {.only_queue = -1};
	g_autoptr(GError) error = NULL;
	struct guest_facts *facts;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(kernels); i++) {
		facts = facts_with(kernels[i].lines);
		assert_false(probe_choose(facts, &layout, &plan, &error));
		assert_refused(error, STATUS_NOT_CARRIED, kernels[i].words);
		guest_facts_free(facts);
	}
	facts = guest_facts_new();
	guest_facts_take(facts, "function virtqueue_add_sgs", NULL);
	assert_false(probe_choose(facts, &layout, &plan, &error));
	assert_refused(error, STATUS_NOT_CARRIED,
		       "followed: virtqueue_add_outbuf() virtqueue_add_inbuf() "
		       "virtqueue_kick_prepare() vring_interrupt();");
	guest_facts_free(facts);
}

/* The script for @lines must (or, from behind a '!', must not) have each of @words. */
static void check_script(const char *lines, bool in_order, const char *const *words)
{
	struct guest_facts *facts = facts_with(lines);
	struct kernel_layout layout = {.vdev = 32, .index = 40, .last_used = in_order ? 94 : 0};
	struct probe_plan plan = {.buffer_kib = 64, .only_queue = -1};
	g_autofree char *first = NULL, *start = NULL, *script = NULL;

	assert_true(probe_choose(facts, &layout, &plan, NULL));
	first = probe_script_first(facts, &layout, &plan);
	start = probe_script_start(facts, &plan);
	script = g_strconcat(first, start, NULL);
	for (int i = 0; words[i]; i++) {
		bool unwanted = *words[i] == '!';

		if (unwanted == !!strstr(script, words[i] + unwanted))
			fail_msg("'%s' in:\n%s", words[i], script);
	}
	guest_facts_free(facts);
}

static void test_scripts(void **state)
{
	static const char *const plain[] = {
		"p:kc/collect_split detach_buf_split dev=+0(+32($arg1)):u16",
		"head=$arg2:u16",
		"!get_plain",
		"!_in_order",
		"/trace  collect_",
		NULL,
	};
	static const char *const ordered[] = {
		"f:kc/collect_splitorder detach_buf_split_in_order ",
		"f:kc/collect_packedorder ",
		"!kc/collect_split ",
		NULL,
	};
	static const char *const by_get[] = {
		"r:kc/got_ctx virtqueue_get_buf_ctx dev",
		"p:kc/get_plain virtqueue_get_buf ",
		"ret=$retval:u64",
		"events/kc/got_ctx/filter dev != 0 && ret != 0",
		"!kc/collect_",
		"!kc/unused_",
		"/trace  got_",
		NULL,
	};
	static const char *const by_fprobe[] = {
		"f:kc/got_ctx virtqueue_get_buf_ctx%return dev",
		"f:kc/status_pci vp_set_status ",
		"last=+94($arg1):u16",
		NULL,
	};
	static const char *const twice[] = {
		"p:kc/status_pci 0xffffffffc0001000 dev=+0(%di):u16 status=%si:u8",
		"p:kc/status_pci1 0xffffffffc0002000 ",
		"events/kc/status_pci1/filter dev != 0",
		NULL,
	};
#define TWICE "function vp_set_status\nfunction vp_set_status\n"

	(void)state;
	check_script("kprobe\n" PLAIN, false, plain);
	check_script("fprobe\n" PLAIN ORDERED, true, ordered);
	check_script("kprobe\nreturn-arguments\n", false, by_get);
	check_script("fprobe\nreturn-arguments\n" TWICE, true, by_fprobe);
	check_script("kprobe\n" PLAIN TWICE "address ffffffffc0001000 vp_set_status\n"
		     "address ffffffffc0002000 vp_set_status\n",
		     false, twice);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, unit_folder, unit_folder_drop)

static const struct CMUnitTest tests[] = {
	IN_FOLDER(test_btf),
	IN_FOLDER(test_btf_without_queues),
	IN_FOLDER(test_hostile_btf),
	IN_FOLDER(test_damaged_btf),
	IN_FOLDER(test_no_kernel),
	cmocka_unit_test(test_releases),
	cmocka_unit_test(test_way),
	cmocka_unit_test(test_refusals),
	cmocka_unit_test(test_scripts),
};

UNIT_MAIN(tests)
