/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/case.h"
#include "base/quote.h"

static void add_quoted(GString *line, const char *option, const char *value)
{
	g_autofree char *quoted = quote_shell(value);

	g_string_append_printf(line, "%s%s", option, quoted);
}

char *test_case_again(const struct test_case *test_case)
{
	g_autofree char *name = quote_shell(test_case->test->name);
	GString *line = g_string_new("build/bin/kc test ");

	g_string_append_printf(line, "%s --kernel ", name);
	if (test_case->kernel)
		add_quoted(line, "", test_case->kernel);
	else
		g_string_append(line, test_case->debug ? "debug" : "normal");
	if (test_case->modules)
		add_quoted(line, " --modules ", test_case->modules);
	if (test_case->rootfs)
		add_quoted(line, " --rootfs ", test_case->rootfs);
	return g_string_free(line, FALSE);
}
