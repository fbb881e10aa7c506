// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "refusal.h"

#define LINE_MAX_BYTES 256 /* the kernel's BINPRM_BUF_SIZE: more of "#!" it does not read */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* What a file begins with; as a string, too. */
struct head {
	int fd;
	ssize_t len;
	char bytes[LINE_MAX_BYTES + 1];
	Elf64_Ehdr elf;
};

static bool head_read(struct head *head, const char *path)
{
	memset(head, 0, sizeof(*head));
	head->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	head->len = pread(head->fd, head->bytes, LINE_MAX_BYTES, 0);
	memcpy(&head->elf, head->bytes, sizeof(head->elf));
	return head->len >= 0;
}

static void head_close(struct head *head)
{
	if (head->fd >= 0)
		close(head->fd);
}

static bool begins(const struct head *head, const char *magic)
{
	return !strncmp(head->bytes, magic, strlen(magic));
}

/* The one that execvp() finds first. */
static bool find(const char *name, char *path, size_t size)
{
	const char *folders = getenv("PATH") ? getenv("PATH") : "/usr/local/bin:/bin:/usr/bin";
	struct stat stat;

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return !lstat(path, &stat);
	}
	while (*folders) {
		int len = strcspn(folders, ":");

		snprintf(path, size, "%.*s/%s", len ? len : 1, len ? folders : ".", name);
		if (!lstat(path, &stat))
			return true;
		folders += len + !!folders[len];
	}
	return false;
}

/* A program that is linked with shared libraries names what loads them. */
static bool find_loader(const struct head *head, char *loader, size_t size)
{
	for (int i = 0; i < head->elf.e_phnum; i++) {
		Elf64_Phdr part;
		off_t at = head->elf.e_phoff + i * sizeof(part);
		ssize_t len;

		if (pread(head->fd, &part, sizeof(part), at) != sizeof(part))
			return false;
		if (part.p_type != PT_INTERP)
			continue;
		len = pread(head->fd, loader, size - 1, part.p_offset);
		if (len > 0)
			loader[len] = '\0';
		return len > 0;
	}
	return false;
}

/* The first word behind "#!", with whatever is not a blank. */
static void find_interpreter(const struct head *head, char *interpreter, size_t size)
{
	const char *from = head->bytes + 2;

	from += strspn(from, " \t");
	snprintf(interpreter, size, "%.*s", (int)strcspn(from, " \t\n"), from);
}

static void explain_script(const struct head *head, int error, char *text, size_t size)
{
	char interpreter[LINE_MAX_BYTES], why[LINE_MAX_BYTES * 2];
	size_t len;

	find_interpreter(head, interpreter, sizeof(interpreter));
	len = strlen(interpreter);
	if (!len) {
		snprintf(text, size, "its first line names no interpreter");
	} else if (interpreter[len - 1] == '\r') {
		interpreter[len - 1] = '\0';
		snprintf(text, size,
			 "its first line ends in CR LF, and no interpreter is called '%s\\r': "
			 "sed -i 's/\\r$//' FILE makes such lines end in LF",
			 interpreter);
	} else if (access(interpreter, F_OK)) {
		snprintf(text, size,
			 "its interpreter %s is not in the guest; the guest's shell is /bin/sh",
			 interpreter);
	} else {
		refusal_explain(interpreter, error, why, sizeof(why));
		snprintf(text, size, "its interpreter %s: %s", interpreter, why);
	}
}

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case EM_386:
		return "32-bit x86";
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	case EM_ARM:
		return "32-bit ARM";
	case EM_RISCV:
		return "RISC-V";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390";
	default:
		return "another processor";
	}
}

static void explain_elf(const struct head *head, char *text, size_t size)
{
	struct utsname guest;

	uname(&guest);
	if (strcmp(machine_name(head->elf.e_machine), guest.machine))
		snprintf(text, size, "it is built for %s, and the guest is %s",
			 machine_name(head->elf.e_machine), guest.machine);
	else if (head->elf.e_type == ET_REL)
		snprintf(text, size, "it is an object file, which is still to be linked");
	else
		snprintf(text, size, "it is a damaged program");
}

/* ENOEXEC */
static void explain_format(const struct head *head, const char *path, char *text, size_t size)
{
	if (!head->len)
		snprintf(text, size, "it is empty");
	else if (begins(head, ELFMAG))
		explain_elf(head, text, size);
	else if (begins(head, "#!"))
		explain_script(head, ENOEXEC, text, size);
	else if (begins(head, BYTE_ORDER_MARK))
		snprintf(text, size, "it begins with a byte order mark, where '#!' should be");
	else
		snprintf(text, size,
			 "it is neither a program nor a script that begins with '#!'; "
			 "'sh %s' runs it if it is for the shell",
			 path);
}

/* ENOENT of a file that is there */
static void explain_missing(const struct head *head, const char *path, char *text, size_t size)
{
	char other[PATH_MAX] = "";
	ssize_t len = readlink(path, other, sizeof(other) - 1);

	if (begins(head, "#!")) {
		explain_script(head, ENOENT, text, size);
	} else if (begins(head, ELFMAG) && find_loader(head, other, sizeof(other))) {
		snprintf(text, size,
			 "its loader %s is not in the guest: link the program statically "
			 "(-static), or --put its loader and libraries, too (ldd lists them)",
			 other);
	} else if (len > 0) {
		other[len] = '\0';
		snprintf(text, size, "it is a link to %s, which is not in the guest", other);
	} else {
		snprintf(text, size, "%s", strerror(ENOENT));
	}
}

/* EACCES */
static void explain_forbidden(const struct head *head, const char *path, char *text, size_t size)
{
	struct statvfs place;
	struct stat file;
	bool known = !stat(path, &file);

	if (known && S_ISDIR(file.st_mode))
		snprintf(text, size, "it is a folder");
	else if (known && !S_ISREG(file.st_mode))
		snprintf(text, size, "it is not a regular file");
	else if (known && !(file.st_mode & 0111))
		snprintf(text, size, "it is not executable (chmod +x)");
	else if (!statvfs(path, &place) && place.f_flag & ST_NOEXEC)
		snprintf(text, size, "its file system is mounted noexec");
	else if (begins(head, "#!"))
		explain_script(head, EACCES, text, size);
	else
		snprintf(text, size, "%s", strerror(EACCES));
}

static void explain_found(const char *path, int error, char *text, size_t size)
{
	struct head head;

	head_read(&head, path);
	if (error == ENOENT)
		explain_missing(&head, path, text, size);
	else if (error == ENOEXEC)
		explain_format(&head, path, text, size);
	else if (error == EACCES)
		explain_forbidden(&head, path, text, size);
	else
		snprintf(text, size, "%s", strerror(error));
	head_close(&head);
}

void refusal_explain(const char *name, int error, char *text, size_t size)
{
	char path[PATH_MAX];

	if (find(name, path, sizeof(path)))
		explain_found(path, error, text, size);
	else if (error != ENOENT)
		snprintf(text, size, "%s", strerror(error));
	else
		snprintf(text, size, "not found in the guest%s",
			 strchr(name, '/') ? "; --put brings a file of the host's there" : "");
}
