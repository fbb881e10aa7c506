/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm/module-insert.h"
#include "base/status.h"
#include "kernel/module-elf.h"
#include "vm/exec.h"
#include "vm/guest.h"

#include <stdio.h>
#include <string.h>

#define IN_USE 9

/* NAME FILE PARAMETER...: whoever uses it goes first, and comes back last. */
static const char replace[] =
	"away() {\n"
	"\tfor user in /sys/module/\"$1\"/holders/*; do\n"
	"\t\t[ ! -e \"$user\" ] || away \"${user##*/}\" || return\n"
	"\tdone\n"
	"\trmmod \"$1\" && back=\"$1 $back\"\n"
	"}\n"
	"name=$1 file=$2\n"
	"shift 2\n"
	"away \"$name\" || exit " G_STRINGIFY(
		IN_USE) "\n"
			"insmod \"$file\" \"$@\" || exit\n"
			"for other in $back; do\n"
			"\t[ \"$other\" = \"$name\" ] || modprobe \"$other\" || exit\n"
			"done\n";

/* insmod parts its words by blanks and hands them to the kernel. */
static char **argv_of(const char *const *first, const struct module *module)
{
	GPtrArray *argv = g_ptr_array_new();

	for (; *first; first++)
		g_ptr_array_add(argv, g_strdup(*first));
	for (int i = 0; module->parameters[i]; i++)
		g_ptr_array_add(argv, g_strdup(module->parameters[i]));
	g_ptr_array_add(argv, NULL);
	return (char **)g_ptr_array_free(argv, FALSE);
}

/* A packed one is not packed any more. */
static char *guest_file(const struct module *module)
{
	g_autofree char *name = g_path_get_basename(module->file);
	char *suffix = module->contents ? strstr(name, ".ko.") : NULL;

	if (suffix)
		suffix[strlen(".ko")] = '\0';
	return g_build_filename("/tmp", name, NULL);
}

static void keep(int fd, const char *data, size_t len, void *opaque)
{
	(void)fd;
	g_string_append_len(opaque, data, len);
}

static bool execute(struct vm *vm, char **argv, GString *said, gint64 deadline, int *status,
		    GError **error)
{
	const struct exec exec = {
		.argv = (const char *const *)argv,
		.output = keep,
		.output_opaque = said,
	};

	return exec_run(vm, &exec, deadline, status, error);
}

static bool run_insmod(struct vm *vm, const struct module *module, const char *guest, GString *said,
		       gint64 deadline, int *status, GError **error)
{
	const char *first[] = {"insmod", guest, NULL};
	g_auto(GStrv) argv = argv_of(first, module);

	return execute(vm, argv, said, deadline, status, error);
}

static bool run_replace(struct vm *vm, const struct module *module, const char *guest,
			GString *said, gint64 deadline, int *status, GError **error)
{
	const char *first[] = {"sh", "-c", replace, "sh", module->name, guest, NULL};
	g_auto(GStrv) argv = argv_of(first, module);

	g_string_truncate(said, 0);
	return execute(vm, argv, said, deadline, status, error);
}

/* An initramfs may have inserted this very build, as the one before a root on disk. */
static bool is_there(struct vm *vm, const struct module *module, gint64 deadline, bool *there,
		     GError **error)
{
	g_autoptr(GBytes) build = module_elf_build(module_contents(module));
	g_autofree char *note = g_strdup_printf("/sys/module/%s/notes/" MODULE_BUILD_NOTE,
						module->name);
	g_autoptr(GString) said = g_string_new(NULL);
	char *argv[] = {"cat", note, NULL};
	const void *data;
	gsize len;
	int status;

	*there = false;
	if (!build)
		return true;
	if (!execute(vm, argv, said, deadline, &status, error))
		return false;
	data = g_bytes_get_data(build, &len);
	*there = status == 0 && said->len == len && memcmp(said->str, data, len) == 0;
	return true;
}

static bool judge(struct vm *vm, const struct module *module, int status, unsigned logged,
		  GError **error)
{
	if (status == 0)
		return true;
	if (status == IN_USE) {
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "'%s' cannot take the place of the %s that is loaded, which is in use: "
			    "a root on a disk, or a mounted or open device, holds it",
			    module->file, module->name);
		return false;
	}
	kernel_log_print(vm_kernel_log(vm), logged, stderr);
	g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
		    "'%s' could not be inserted (insmod ended with %d)", module->file, status);
	return false;
}

bool module_insert(struct vm *vm, const struct module *module, bool may_replace, gint64 deadline,
		   GError **error)
{
	g_autofree char *guest = guest_file(module);
	g_autoptr(GString) said = g_string_new(NULL);
	unsigned logged = kernel_log_count(vm_kernel_log(vm));
	bool there = false;
	int status;

	if (!guest_put(vm, module_contents(module), guest, deadline, error) ||
	    !run_insmod(vm, module, guest, said, deadline, &status, error))
		return false;
	may_replace &= status && strstr(said->str, "File exists");
	if (may_replace && !*module->parameters && !is_there(vm, module, deadline, &there, error))
		return false;
	if (there)
		return true;
	if (may_replace && !run_replace(vm, module, guest, said, deadline, &status, error))
		return false;
	fputs(said->str, stderr);
	return judge(vm, module, status, logged, error);
}
