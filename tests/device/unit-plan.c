// SPDX-License-Identifier: GPL-2.0-or-later
/* What a device may be called, and what its parts may be. */
#include "base/status.h"
#include "device/name.h"
#include "device/plan.h"
#include "../unit.h"

#include <string.h>

static void test_names(void **state)
{
	static const char *const good[] = {"hash", "a", "x9", "crc_32", "abcdefghijklmnop"};
	static const char *const bad[] = {
		"",	      "9x",    "_x",  "x_",	"x__y",
		"X",	      "x-y",   "x y", "x\n",	"abcdefghijklmnopq",
		"int",	      "linux", "blk", "driver", "../x",
		"h\303\244sh"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		assert_true(device_name_check(good[i], NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		assert_false(device_name_check(bad[i], &error));
		assert_true(g_error_matches(error, STATUS_ERROR, STATUS_MISUSE));
	}
}

static JsonNode *read_plan(const char *queues, const char *config, const char *features)
{
	const struct device_plan plan = {DEVICE_PLAN_DEFAULTS, .name = "foo_bar", .id = 60,
					 .config = config, .features = features};
	struct device_plan own = plan;

	if (queues)
		own.queues = queues;
	return device_plan_read(&own, NULL);
}

static const char *part(JsonNode *node, const char *list, guint index, const char *member)
{
	JsonArray *parts = json_object_get_array_member(json_node_get_object(node), list);

	return json_object_get_string_member(json_array_get_object_element(parts, index), member);
}

static void test_parts(void **state)
{
	g_autoptr(JsonNode) node = read_plan("a, my_events,odd:event,events:request",
					     "n:u16,text:char[12]", "fast,SLOW");
	JsonObject *object = json_node_get_object(node);

	(void)state;
	assert_string_equal(json_object_get_string_member(object, "Name"), "FooBar");
	assert_string_equal(json_object_get_string_member(object, "pci_id"), "0x107c");
	assert_string_equal(part(node, "queues", 0, "kind"), "request");
	assert_string_equal(part(node, "queues", 1, "kind"), "event");
	assert_string_equal(part(node, "queues", 2, "kind"), "event");
	assert_string_equal(part(node, "queues", 3, "kind"), "request");
	assert_string_equal(part(node, "features", 1, "name"), "slow");
	assert_int_equal(json_object_get_int_member(object, "events"), 2);
}

/* Wide fields come first, so that the structure has no holes. */
static void test_config_has_no_holes(void **state)
{
	g_autoptr(JsonNode) node = read_plan(NULL, "a:u8,b:u64,c:char[3],d:u32,e:u16,f:u64", NULL);
	static const char *const order[] = {"b", "f", "d", "e", "a", "c"};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		assert_string_equal(part(node, "config", i, "name"), order[i]);
}

static void test_wrong_parts(void **state)
{
	static const char *const wrong[][3] = {
		{"", NULL, NULL},	  {"a,", NULL, NULL},	       {"a,a", NULL, NULL},
		{"a:b", NULL, NULL},	  {"a:event", NULL, NULL},     {"a:event:x", NULL, NULL},
		{NULL, "x", NULL},	  {NULL, "x:int", NULL},       {NULL, "x:char[0]", NULL},
		{NULL, "x:char[9", NULL}, {NULL, "x:char[999]", NULL}, {NULL, "features:u8", NULL},
		{NULL, NULL, "a:b"},	  {"a", "a:u8", NULL},	       {NULL, "a:u8", "a"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++)
		assert_null(read_plan(wrong[i][0], wrong[i][1], wrong[i][2]));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_names),
	cmocka_unit_test(test_parts),
	cmocka_unit_test(test_config_has_no_holes),
	cmocka_unit_test(test_wrong_parts),
};

UNIT_MAIN(tests)
