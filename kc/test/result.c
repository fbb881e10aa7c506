/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/result.h"

#define RESULT_TYPE "(usssdssa(uusss))"

struct test_result *test_result_new(void)
{
	struct test_result *result = g_new0(struct test_result, 1);

	result->results = g_ptr_array_new_with_free_func((GDestroyNotify)ktap_result_free);
	return result;
}

void test_result_free(struct test_result *result)
{
	if (!result)
		return;
	verdict_clear(&result->verdict);
	g_free(result->bundle);
	g_free(result->said);
	g_ptr_array_unref(result->results);
	g_free(result);
}

/* GVariant takes only valid UTF-8. */
static GVariant *string(const char *text)
{
	return g_variant_new_take_string(g_utf8_make_valid(text ? text : "", -1));
}

static GVariant *pack_results(const GPtrArray *results)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(uusss)"));
	for (guint i = 0; i < results->len; i++) {
		const struct ktap_result *result = g_ptr_array_index(results, i);

		g_variant_builder_add(&builder, "(uu@s@s@s)", result->outcome, result->depth,
				      string(result->name), string(result->reason),
				      string(result->comments));
	}
	return g_variant_builder_end(&builder);
}

GBytes *test_result_pack(const struct test_result *result)
{
	const struct verdict *verdict = &result->verdict;
	g_autoptr(GVariant) variant = g_variant_ref_sink(g_variant_new(
		"(u@s@s@sd@s@s@a(uusss))", verdict->kind, string(verdict->why),
		string(verdict->notes), string(verdict->next), result->seconds,
		string(result->bundle), string(result->said), pack_results(result->results)));

	return g_variant_get_data_as_bytes(variant);
}

static void unpack_results(GPtrArray *results, GVariant *array)
{
	GVariantIter iter;
	struct ktap_result one;

	g_variant_iter_init(&iter, array);
	while (g_variant_iter_next(&iter, "(uusss)", &one.outcome, &one.depth, &one.name,
				   &one.reason, &one.comments)) {
		one.outcome = MIN(one.outcome, KTAP_TODO);
		g_ptr_array_add(results, g_memdup2(&one, sizeof(one)));
	}
}

static char *null_if_empty(char *text)
{
	if (*text)
		return text;
	g_free(text);
	return NULL;
}

struct test_result *test_result_unpack(GBytes *bytes)
{
	g_autoptr(GVariant) variant = g_variant_ref_sink(
		g_variant_new_from_bytes(G_VARIANT_TYPE(RESULT_TYPE), bytes, FALSE));
	g_autoptr(GVariant) array = NULL;
	struct test_result *result;
	guint32 kind;

	/* One that is cut reads as a default. */
	if (!g_variant_is_normal_form(variant) || g_bytes_get_size(bytes) == 0)
		return NULL;
	result = test_result_new();
	g_variant_get(variant, "(usssdss@a(uusss))", &kind, &result->verdict.why,
		      &result->verdict.notes, &result->verdict.next, &result->seconds,
		      &result->bundle, &result->said, &array);
	result->verdict.kind = MIN(kind, VERDICT_KINDS - 1);
	result->verdict.next = null_if_empty(result->verdict.next);
	result->bundle = null_if_empty(result->bundle);
	unpack_results(result->results, array);
	return result;
}
