/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module.h"
#include "base/options.h"
#include "base/status.h"
#include "base/unpack.h"
#include "kernel/module-elf.h"

#include <string.h>
#include <unistd.h>

/* isspace() of the kernel: Latin-1, whose no-break space is a byte of many UTF-8 letters. */
static bool is_blank(guchar letter)
{
	return letter == ' ' || (letter >= '\t' && letter <= '\r') || letter == 0xa0;
}

/* As next_arg() of Linux lib/cmdline.c goes over it. */
static bool is_one_argument(const char *word)
{
	bool quoted = false;

	for (; *word && (quoted || !is_blank(*word)); word++)
		quoted ^= *word == '"';
	return !*word && !quoted;
}

char *module_quote(const char *word)
{
	const char *value = strchr(word, '=');
	g_autofree char *quoted = NULL;

	if (is_one_argument(word))
		return g_strdup(word);
	if (!value)
		return NULL;
	quoted = g_strdup_printf("%.*s\"%s\"", (int)(value + 1 - word), word, value + 1);
	return is_one_argument(quoted) ? g_steal_pointer(&quoted) : NULL;
}

static bool names_file(const char *word)
{
	return strchr(word, '/') || strstr(word, ".ko");
}

/* How much of @text, up to a blank or the end, is a file that is there; 0: nothing. */
static size_t file_length(const char *text, const char *folder)
{
	for (size_t len = strlen(text); len > 0; len--) {
		g_autofree char *word = g_strndup(text, len);
		g_autofree char *path = options_path(folder, word);

		if ((!text[len] || g_ascii_isspace(text[len])) && names_file(word) &&
		    g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return len;
	}
	return 0;
}

static bool split(const char *text, const char *folder, char ***words, GError **error)
{
	size_t len = file_length(text, folder);
	g_autofree char *file = g_strndup(text, len);
	g_autofree char *quoted = g_shell_quote(file);
	g_autofree char *line = g_strconcat(len ? quoted : "", text + len, NULL);
	g_autoptr(GError) cause = NULL;

	if (g_shell_parse_argv(line, NULL, words, &cause) && ***words)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s': %s", text,
		    cause && !g_error_matches(cause, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)
			    ? cause->message
			    : "the name or the file of a module is needed");
	return false;
}

static bool take_parameters(struct module *module, char **words, GError **error)
{
	guint count = g_strv_length(words);

	module->parameters = g_new0(char *, count + 1);
	for (guint i = 0; i < count; i++) {
		module->parameters[i] = module_quote(words[i]);
		if (module->parameters[i])
			continue;
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
			    strchr(words[i], '=')
				    ? "the kernel cannot be given '%s': it takes a blank only "
				      "between two '\"', which this value has itself"
				    : "'%s' is not of the form PARAMETER=VALUE",
			    words[i]);
		return false;
	}
	return true;
}

/* Whoever forgets quotes around a path has the rest of it among the parameters. */
static bool is_cut(char *const *parameters)
{
	for (; *parameters; parameters++)
		if (!strchr(*parameters, '=') && names_file(*parameters))
			return true;
	return false;
}

static char *nearest_module(const struct lab *lab, const char *name)
{
	g_autoptr(GDir) dir = g_dir_open(lab->parts[LAB_MODULES], 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		if (g_str_has_suffix(entry, ".ko"))
			g_ptr_array_add(names, g_strndup(entry, strlen(entry) - strlen(".ko")));
	g_ptr_array_add(names, NULL);
	return g_strdup(options_nearest(name, (const char *const *)names->pdata));
}

static bool require_file(const struct module *module, const char *word, const struct lab *lab,
			 GError **error)
{
	g_autofree char *nearest = NULL;

	if (g_file_test(module->file, G_FILE_TEST_IS_REGULAR))
		return true;
	if (module->in_lab && !is_cut(module->parameters))
		nearest = nearest_module(lab, word);
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "no file '%s'%s%s%s", module->file,
		    is_cut(module->parameters) ? "; quote a path that has blanks in it"
		    : nearest		       ? "; did you mean the module '"
		    : module->in_lab	       ? "; 'make all' builds the lab's"
					       : "",
		    nearest ? nearest : "", nearest ? "'?" : "");
	return false;
}

bool module_parse(struct module *module, const char *text, const struct lab *lab,
		  const char *folder, GError **error)
{
	g_auto(GStrv) words = NULL;

	*module = (struct module){.fd = -1};
	if (!split(text, folder, &words, error) || !take_parameters(module, words + 1, error))
		return false;
	module->in_lab = !names_file(words[0]);
	module->file = module->in_lab ? lab_module(lab, words[0]) : options_path(folder, words[0]);
	return require_file(module, words[0], lab, error);
}

bool module_open(struct module *module, GError **error)
{
	g_autofree char *why = NULL;

	if (unpack_tool_of(module->file)) {
		module->fd = unpack_file(module->file, error);
		if (module->fd < 0)
			return false;
		/* By kc's number: gdb is to read it, too. */
		module->contents = g_strdup_printf("/proc/%d/fd/%d", getpid(), module->fd);
	}
	module->name = module_elf_name(module_contents(module), &why);
	if (!module->name)
		g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "'%s' is not a kernel module: %s",
			    module->file, why);
	return module->name;
}

const char *module_contents(const struct module *module)
{
	return module->contents ? module->contents : module->file;
}

void module_clear(struct module *module)
{
	if (module->fd >= 0)
		close(module->fd);
	g_free(module->file);
	g_strfreev(module->parameters);
	g_free(module->name);
	g_free(module->contents);
	*module = (struct module){.fd = -1};
}
