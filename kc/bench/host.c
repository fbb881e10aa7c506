/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench/host.h"
#include "base/status.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xxhash.h>

/* "model name\t: Intel(R) ..." of the first CPU */
static char *cpu_model(void)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return g_strdup("?");
	line = strstr(text, "model name");
	line = line ? strchr(line, ':') : NULL;
	return line ? g_strstrip(g_strndup(line + 1, strcspn(line + 1, "\n"))) : g_strdup("?");
}

void host_fill(struct bench_host *host)
{
	struct utsname name;

	uname(&name);
	host->cpu = cpu_model();
	host->kernel = g_strdup(name.release);
	host->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	host->memory_mib = (gint64)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024) / 1024;
}

char *host_build_of(const char *file)
{
	GMappedFile *map = g_mapped_file_new(file, FALSE, NULL);
	XXH128_hash_t hash;

	if (!map)
		return NULL;
	hash = XXH3_128bits(g_mapped_file_get_contents(map), g_mapped_file_get_length(map));
	g_mapped_file_unref(map);
	return g_strdup_printf("%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x",
			       (guint64)hash.high64, (guint64)hash.low64);
}

static bool same(const char *what, const char *of, const char *then, const char *now,
		 GError **error)
{
	if (g_strcmp0(then, now) == 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--baseline: not comparable, as the %s%s%s%s was '%s' then and is '%s' now",
		    what, of ? " of '" : "", of ? of : "", of ? "'" : "", then ? then : "",
		    now ? now : "");
	return false;
}

static bool same_number(const char *what, gint64 then, gint64 now, GError **error)
{
	g_autofree char *before = g_strdup_printf("%" G_GINT64_FORMAT, then);
	g_autofree char *after = g_strdup_printf("%" G_GINT64_FORMAT, now);

	return same(what, NULL, before, after, error);
}

static bool same_host(const struct bench_host *then, const struct bench_host *now, GError **error)
{
	return same("host's CPU", NULL, then->cpu, now->cpu, error) &&
	       same_number("number of the host's CPUs", then->cpus, now->cpus, error) &&
	       same("host's kernel", NULL, then->kernel, now->kernel, error);
}

static bool same_builds(const struct bench_machine *then, const struct bench_machine *now,
			GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (same("build of QEMU", now->name, then->qemu_build, now->qemu_build, &cause) &&
	    same("build of the kernel", now->name, then->kernel_build, now->kernel_build, &cause) &&
	    same("build of modules and files", now->name, then->files_build, now->files_build,
		 &cause))
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "%s; where that is what you measure, --rebuilt compares all the same",
		    cause->message);
	return false;
}

static bool same_machine(const struct bench_machine *then, const struct bench_machine *now,
			 bool rebuilt, GError **error)
{
	if (!same("accelerator", now->name, bench_accelerator(then), bench_accelerator(now),
		  error) ||
	    !same("set of options", now->name, then->settings, now->settings, error))
		return false;
	return rebuilt || same_builds(then, now, error);
}

bool host_comparable(const struct bench *now, const struct bench *then, bool rebuilt,
		     GError **error)
{
	guint shared = 0;

	if (!same_host(&then->host, &now->host, error) ||
	    !same("load", NULL, then->load, now->load, error))
		return false;
	for (guint i = 0; i < now->machines->len; i++) {
		const struct bench_machine *machine = g_ptr_array_index(now->machines, i);
		const struct bench_machine *before = bench_find_machine(then, machine->name);

		if (before && !same_machine(before, machine, rebuilt, error))
			return false;
		shared += before != NULL;
	}
	if (shared)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "--baseline: not comparable, as it has none of these machines by name");
	return false;
}
