/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest's kernel is told to record, by our module or by itself. */
#include "trace/record/probes.h"
#include "../unit.h"

#include <string.h>
#include <unistd.h>

static const struct kernel_layout layout = {
	.vdev = 32,
	.index = 40,
	.num_free = 44,
	.packed_ring = 64,
	.free_head = 72,
	.last_used_idx = 80,
	.ring_num = 88,
	.split_avail = 122,
	.packed_wrap = 120,
	.packed_next = 124,
};

static struct guest_facts *some_kernel(void)
{
	static const char *const lines[] = {
		"fprobe",
		"release 6.12.1",
		"function virtqueue_add_sgs",
		"function virtqueue_add_outbuf",
		"function virtqueue_add_inbuf",
		"function virtqueue_kick_prepare",
		"function vring_interrupt",
		"function detach_buf_split",
		"function detach_buf_packed",
		"function vp_reset",
	};
	struct guest_facts *facts = guest_facts_new();

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++)
		assert_true(guest_facts_take(facts, lines[i], NULL));
	return facts;
}

static void test_without_module(void **state)
{
	const struct probe_plan plan = {
		.buffer_kib = 1024,
		.agent = 3,
		.only_queue = 2,
		.way = PROBE_BY_DETACH,
	};
	struct guest_facts *facts = some_kernel();
	g_autofree char *first = probe_script_first(facts, &layout, &plan);
	g_autofree char *start = probe_script_start(facts, &plan);

	(void)state;
	assert_non_null(strstr(first, "f:kc/add_sgs virtqueue_add_sgs dev=+0(+32($arg1)):u16"));
	assert_non_null(strstr(first, "f:kc/collect_packed detach_buf_packed"));
	assert_non_null(strstr(first, "f:kc/status_pcireset vp_reset"));
	assert_null(strstr(first, "vp_notify"));
	assert_non_null(strstr(start, "/add_sgs/filter dev != 3 && queue == 2\n"));
	assert_non_null(strstr(start, "/status_pcireset/filter dev != 3\n"));
	assert_null(strstr(start, "add_queue"));
	guest_facts_free(facts);
}

/* What the module sees is left to it, and nothing else is. */
static void test_with_module(void **state)
{
	const guint32 devices[] = {5, 7};
	const struct probe_plan plan = {
		.buffer_kib = 1024,
		.devices = devices,
		.n_devices = 2,
		.only_queue = -1,
		.module = true,
		.way = PROBE_BY_DETACH,
	};
	struct guest_facts *facts = some_kernel();
	g_autofree char *load = probe_script_module(facts, &layout, &plan, "/m.ko");
	g_autofree char *first = probe_script_first(facts, &layout, &plan);
	g_autofree char *start = probe_script_start(facts, &plan);
	g_autofree char *last = probe_script_last(facts, &plan);

	(void)state;
	assert_string_equal(load, "load /m.ko places=32,40,44,64,72,80,88,122,120,124 "
				  "add=virtqueue_add_sgs,virtqueue_add_outbuf,virtqueue_add_inbuf "
				  "kick=virtqueue_kick_prepare interrupt=vring_interrupt "
				  "collect=detach_buf_split,detach_buf_packed\n");
	assert_null(strstr(first, "virtqueue_add_sgs"));
	assert_null(strstr(first, "detach_buf"));
	assert_non_null(strstr(first, "f:kc/status_pcireset vp_reset"));
	assert_non_null(strstr(start, "/add_queue/filter (dev == 5 || dev == 7)\n"));
	assert_non_null(strstr(start, "/status_pcireset/filter (dev == 5 || dev == 7)\n"));
	assert_null(strstr(start, "add_sgs"));
	assert_null(strstr(start, "notify_queue"));
	assert_non_null(strstr(last, "/collect_queue/filter 0\n"));
	guest_facts_free(facts);
}

static void test_module_of_another_kernel(void **state)
{
	static const char module[] = "\177ELF\0license=GPL\0vermagic=6.12.1-lab SMP mod_unload \0";
	g_autofree char *name = NULL;

	(void)state;
	close(g_file_open_tmp("kc-unit-XXXXXX", &name, NULL));
	assert_true(g_file_set_contents(name, module, sizeof(module), NULL));
	assert_true(probe_module_fits(name, "6.12.1-lab"));
	assert_false(probe_module_fits(name, "6.12.1"));
	assert_false(probe_module_fits(name, "6.12.1-lab-debug"));
	assert_true(g_file_set_contents(name, module, 16, NULL));
	assert_false(probe_module_fits(name, "6.12.1-lab"));
	unlink(name);
	assert_false(probe_module_fits(name, "6.12.1-lab"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_without_module),
	cmocka_unit_test(test_with_module),
	cmocka_unit_test(test_module_of_another_kernel),
};

UNIT_MAIN(tests)
