/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kc trace --device: which words follow a device, and which add one. */
#include "unit.h"
#include "../kc/trace-word.h"

static const char *const added[] = {"virtio-echo-pci,fault=none,id=e7",
				    "virtio-blk-device,drive=d,id=vs2", NULL};
static const char *const lines[] = {"-netdev user,id=n0 -device 'virtio-net-pci,netdev=n0,id=nic'",
				    "an 'open quote", NULL};

static bool follows(const char *word)
{
	return trace_word_names(word, added, lines);
}

static void what_is_there_anyhow_is_followed(void **state)
{
	(void)state;
	assert_true(follows("virtio2"));
	assert_true(follows("0000:00:05.0"));
	assert_true(follows("blk"));
	assert_true(follows("virtio-blk"));
	assert_true(follows("virtio-nosuch"));
	assert_true(follows("hello"));
	assert_true(follows("hello0"));
}

static void what_another_word_adds_is_followed(void **state)
{
	(void)state;
	assert_true(follows("echo"));
	assert_true(follows("e7"));
	assert_true(follows("vs2"));
	assert_true(follows("nic"));
	assert_false(trace_word_names("echo", NULL, NULL));
	assert_false(trace_word_names("nic", added, NULL));
}

static void what_qemu_has_by_that_name_is_added(void **state)
{
	(void)state;
	assert_false(follows("virtio-blk-pci"));
	assert_false(follows("virtio-blk-device"));
	assert_false(follows("virtio-blk-pci-non-transitional"));
	assert_false(follows("virtio-vga"));
	assert_false(follows("virtio-blk,id=b"));
	assert_false(follows("echo,id=x"));
	assert_false(follows("edu"));
	assert_false(follows("n0"));
	assert_false(follows("virtio"));
	assert_false(follows(""));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_there_anyhow_is_followed),
	cmocka_unit_test(what_another_word_adds_is_followed),
	cmocka_unit_test(what_qemu_has_by_that_name_is_added),
};

UNIT_MAIN(tests)
