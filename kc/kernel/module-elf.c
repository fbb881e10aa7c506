/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module-elf.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

/* The value of @key in .modinfo, which is "KEY=VALUE" with NUL, again and again. */
static char *find_in(const char *info, size_t len, const char *key)
{
	const char *end = info + len;

	while (info < end) {
		size_t size = strnlen(info, end - info);

		if (size >= strlen(key) && strncmp(info, key, strlen(key)) == 0)
			return g_strndup(info + strlen(key), size - strlen(key));
		info += size + 1;
	}
	return NULL;
}

static Elf_Data *find_section(Elf *elf, const char *name, const char **why)
{
	Elf_Scn *section = NULL;
	size_t names;

	*why = "it is cut short: its table of sections lies behind its end";
	if (elf_getshdrstrndx(elf, &names) != 0 || !elf_getscn(elf, 1))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *is = gelf_getshdr(section, &header)
					 ? elf_strptr(elf, names, header.sh_name)
					 : NULL;
		Elf_Data *data = is && strcmp(is, name) == 0 ? elf_rawdata(section, NULL) : NULL;

		if (data && data->d_buf)
			return data;
	}
	*why = NULL;
	return NULL;
}

/* What of a file is wanted; NULL with @why. */
typedef void *(*taker)(Elf *elf, const char *key, const char **why);

static void *take_value(Elf *elf, const char *key, const char **why)
{
	Elf_Data *data = find_section(elf, ".modinfo", why);

	if (!*why)
		*why = "it has no .modinfo";
	return data ? find_in(data->d_buf, data->d_size, key) : NULL;
}

static void *take_section(Elf *elf, const char *name, const char **why)
{
	Elf_Data *data = find_section(elf, name, why);

	return data ? g_bytes_new(data->d_buf, data->d_size) : NULL;
}

static const char *judge_header(Elf *elf)
{
	GElf_Ehdr header;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header))
		return "it is not an ELF file";
	if (header.e_machine != EM_X86_64)
		return "it is built for another processor than x86-64";
	if (header.e_type != ET_REL)
		return "it is a program or a library";
	return NULL;
}

static void *read_file(const char *path, taker take, const char *key, char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *wrong = NULL;
	void *value = NULL;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf)
		wrong = fd < 0 ? g_strerror(errno) : elf_errmsg(-1);
	else if (lseek(fd, 0, SEEK_END) == 0)
		wrong = "it is empty";
	else
		wrong = judge_header(elf);
	if (!wrong)
		value = take(elf, key, &wrong);
	if (!value)
		*why = g_strdup(wrong);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return value;
}

char *module_elf_info(const char *path, const char *key, char **why)
{
	g_autofree char *begin = g_strconcat(key, "=", NULL);

	return read_file(path, take_value, begin, why);
}

char *module_elf_name(const char *path, char **why)
{
	return module_elf_info(path, "name", why);
}

GBytes *module_elf_build(const char *path)
{
	g_autofree char *why = NULL;

	return read_file(path, take_section, MODULE_BUILD_NOTE, &why);
}
