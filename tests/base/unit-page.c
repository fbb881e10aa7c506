/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others said is text on a page, whatever it looks like. */
#include "base/page.h"
#include "../unit.h"

#include <stdlib.h>

static void said(void (*put)(FILE *out, const char *text), const char *text, const char *wanted)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	put(out, text);
	fclose(out);
	assert_string_equal(got, wanted);
	free(got);
}

static void markup_is_text(void **state)
{
	(void)state;
	said(page_put_text, "</pre><script>a && 'b'",
	     "&lt;/pre&gt;&lt;script&gt;a &amp;&amp; &apos;b&apos;");
	said(page_put_code, "if (a < b && \"c\")", "if (a &lt; b &amp;&amp; &quot;c&quot;)");
}

static void bytes_that_are_no_text_are_shown(void **state)
{
	(void)state;
	said(page_put_text, "\033[31mred\xff\tend", "?[31mred\357\277\275 end");
}

static void a_source_keeps_its_columns(void **state)
{
	(void)state;
	said(page_put_code, "\tcaf\303\251\xff", "\tcaf\303\251\357\277\275");
}

static void put_tagged(FILE *out, const char *text)
{
	page_put_tagged(out, "<td>", text, "</td>\n");
}

static void what_stands_around_it_is_markup(void **state)
{
	(void)state;
	said(put_tagged, "a<b", "<td>a&lt;b</td>\n");
	said(put_tagged, "", "<td></td>\n");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(markup_is_text),
	cmocka_unit_test(bytes_that_are_no_text_are_shown),
	cmocka_unit_test(a_source_keeps_its_columns),
	cmocka_unit_test(what_stands_around_it_is_markup),
};

UNIT_MAIN(tests)
