/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One page, which needs no other file: both halves of each pair side by side, with their sources. */
#include "base/page.h"
#include "coverage/results.h"

#include <string.h>

#define OPEN_LINES 400 /* a source of so many lines is seen at once */

/* glib-compile-resources' own; to name it is what brings the page out of its archive. */
GResource *coverage_get_resource(void);

/* Seven places */
static void put_count(FILE *out, const struct source_line *line)
{
	if (line->count < 1000000)
		fprintf(out, "%6" G_GUINT64_FORMAT, line->count);
	else
		fprintf(out, "%5.0fM", line->count / 1e6);
	fputc(line->count && line->partly ? '*' : ' ', out);
}

static char line_class(const struct source_line *line)
{
	return !line->count ? 'n' : line->partly ? 'p' : 'r';
}

/* A line is named by its file's hash, which is the same on each page. */
static void put_anchor(FILE *out, const struct source *source, unsigned line)
{
	fprintf(out, "f%x-%u", g_str_hash(source->path), line);
}

static void put_line(FILE *out, const struct source *source, unsigned number,
		     const struct source_line *line, const char *text)
{
	if (line) {
		fprintf(out, "<span class=%c id=", line_class(line));
		put_anchor(out, source, number);
		fprintf(out, "><i>%6u</i> ", number);
		put_count(out, line);
	} else {
		fprintf(out, "<span><i>%6u</i>        ", number);
	}
	/* So far 14 columns: the text's tabs are where they are in the source. */
	fputs("  ", out);
	page_put_code(out, text);
	fputs("</span>\n", out);
}

static void put_code(FILE *out, const struct source *source)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) rows = NULL;
	guint next = 0;

	if (!g_file_get_contents(source->path, &text, NULL, NULL)) {
		fputs("<p>the file is gone</p>\n", out);
		return;
	}
	rows = g_strsplit(g_strchomp(text), "\n", -1);
	fputs("<pre>", out);
	for (unsigned i = 0; rows[i]; i++) {
		const struct source_line *line = next < source->lines->len
							 ? &g_array_index(source->lines,
									  struct source_line, next)
							 : NULL;

		if (line && line->number == i + 1)
			next++;
		else
			line = NULL;
		put_line(out, source, i + 1, line, rows[i]);
	}
	fputs("</pre>\n", out);
}

static void put_source(FILE *out, const struct lab *lab, const struct source *source)
{
	g_autofree char *name = pair_file_name(lab, source->path);
	struct source_sum sum = {0};
	g_autofree char *lines = NULL;

	source_add_up(&sum, source);
	lines = results_share(sum.lines_run, sum.lines, "lines");
	fprintf(out, "<details%s><summary>", sum.lines <= OPEN_LINES ? " open" : "");
	page_put_tagged(out, "<code>", name, "</code> ");
	page_put_text(out, lines);
	fputs("</summary>\n", out);
	if (source->stale)
		fputs("<p class=warn>Changed after it was built to be counted: what stands here is "
		      "not what was run.</p>\n",
		      out);
	put_code(out, source);
	fputs("</details>\n", out);
}

static void put_never(FILE *out, const struct half *half)
{
	struct results_never place = {0};
	const struct source_function *function;
	const struct source *source;
	bool first = true;

	while ((function = results_next_never(half, &place, &source))) {
		fputs(first ? "<p>Never run: " : ", ", out);
		fputs("<a href=#", out);
		put_anchor(out, source, function->line);
		page_put_tagged(out, "><code>", function->name, "()</code></a>");
		first = false;
	}
	fputs(first ? "<p>Each function was run.</p>\n" : "</p>\n", out);
}

static void put_half(FILE *out, const struct lab *lab, const struct half *half, enum side side)
{
	g_autofree char *lines = results_share(half->sum.lines_run, half->sum.lines, "lines");
	g_autofree char *functions = results_share(half->sum.functions_run, half->sum.functions,
						   "functions");
	unsigned permille = source_permille(half->sum.lines_run, half->sum.lines);

	fprintf(out, "<div><h3>%s</h3>\n",
		side == SIDE_DRIVER ? "The driver, in the guest's kernel" : "The device, in QEMU");
	if (!half->sources->len || !half->met) {
		fputs(half->sources->len || side == SIDE_DEVICE
			      ? "<p>Not in these machines.</p></div>\n"
			      : "<p>Not inserted in the guests that were counted.</p></div>\n",
		      out);
		return;
	}
	fprintf(out,
		"<span class=bar><span style=\"width:%u.%u%%\"></span></span>\n<p>%s, %s</p>\n",
		permille / 10, permille % 10, lines, functions);
	put_never(out, half);
	for (guint i = 0; i < half->sources->len; i++)
		put_source(out, lab, g_ptr_array_index(half->sources, i));
	fputs("</div>\n", out);
}

static void put_cells(FILE *out, const struct half *half)
{
	unsigned permille = source_permille(half->sum.lines_run, half->sum.lines);

	if (half->met)
		fprintf(out,
			"<td class=number>%u.%u %%<td class=number>%u of %u"
			"<td class=number>%u of %u",
			permille / 10, permille % 10, half->sum.lines_run, half->sum.lines,
			half->sum.functions_run, half->sum.functions);
	else
		fputs("<td class=number>&ndash;<td class=number>&ndash;<td class=number>&ndash;",
		      out);
}

static void put_table(FILE *out, const struct results *results)
{
	fputs("<div class=wide><table><tr><th><th class=number>driver<th class=number>lines"
	      "<th class=number>functions<th class=number>device<th class=number>lines"
	      "<th class=number>functions</tr>\n",
	      out);
	for (guint i = 0; i < results->pairs->len; i++) {
		const struct pair *pair = g_ptr_array_index(results->pairs, i);

		fprintf(out, "<tr><td><a href=#p%u>", i);
		page_put_tagged(out, "", pair->name, "</a>");
		for (int side = 0; side < SIDES; side++)
			put_cells(out, &pair->halves[side]);
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void put_head(FILE *out, const struct results *results)
{
	page_put_head(out, coverage_get_resource(), "/kc/coverage", "coverage.css");
	page_put_tagged(out, "</head>\n<body>\n<h1>What <code>", results->what,
			"</code> ran</h1>\n");
	fprintf(out,
		"<p>%u guest%s. Behind its number each line with code has how often it was run: 0 for "
		"never, and a star where not all of it was. What was run may still be wrong: it was "
		"met, not proven.</p>\n",
		results->guests, results->guests == 1 ? "" : "s");
	for (guint i = 0; i < results->missing->len; i++)
		page_put_tagged(out, "<p class=warn>", g_ptr_array_index(results->missing, i),
				"</p>\n");
}

void results_put_html(FILE *out, const void *data)
{
	const struct results *results = data;

	put_head(out, results);
	put_table(out, results);
	for (guint i = 0; i < results->pairs->len; i++) {
		const struct pair *pair = g_ptr_array_index(results->pairs, i);

		fprintf(out, "<h2 id=p%u>", i);
		page_put_tagged(out, "", pair->name, "</h2>\n<div class=halves>\n");
		for (int side = 0; side < SIDES; side++)
			put_half(out, results->lab, &pair->halves[side], side);
		fputs("</div>\n", out);
	}
	fputs("</body>\n</html>\n", out);
}
