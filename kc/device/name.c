/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "device/name.h"
#include "base/status.h"

#include <string.h>

#define LETTERS G_CSET_a_2_z
#define MORE_LETTERS G_CSET_a_2_z G_CSET_DIGITS "_"

/* C's, and what gcc defines where GNU's dialect is on, as it is in both worlds. */
static const char *const keywords[] = {
	"asm",	   "auto",     "bool",	 "break",    "case",   "char",	   "const",    "continue",
	"default", "do",       "double", "else",     "enum",   "extern",   "float",    "for",
	"goto",	   "if",       "inline", "int",	     "long",   "register", "restrict", "return",
	"short",   "signed",   "sizeof", "static",   "struct", "switch",   "typedef",  "typeof",
	"union",   "unsigned", "void",	 "volatile", "while",  "true",	   "false",    "null",
	"linux",   "unix",     "i386",	 NULL};

/* QEMU has a virtio-NAME of its own. */
static const char *const stock[] = {
	"9p",	  "balloon", "blk",	 "crypto", "dmabuf", "fs",    "gpio",	    "gpu", "i2c",
	"input",  "iommu",   "keyboard", "md",	   "mem",    "mouse", "multitouch", "net", "nsm",
	"pmem",	  "rng",     "rpmb",	 "rtc",	   "scmi",   "scsi",  "serial",	    "snd", "sound",
	"tablet", "vga",     "vsock",	 "video",  "bt",     NULL};

/*
 * NAME_probe() and its like would be the kernel's or QEMU's own, or the
 * project's folders: devices/NAME, tests and commands are found by these words.
 */
static const char *const taken[] = {
	"virtio", "device",  "driver", "module",    "pci",     "mmio",	 "bus",	 "class",
	"sysfs",  "kobject", "kernel", "qemu",	    "qdev",    "object", "type", "memory",
	"test",	  "tests",   "all",    "modules",   "devices", "abi",	 "dev",	 "irq",
	"init",	  "exit",    "vring",  "virtqueue", "error",   "main",	 NULL};

static bool wrong(const char *what, const char *name, const char *why, GError **error)
{
	g_set_error(error, STATUS_ERROR, STATUS_MISUSE, "%s '%s': %s", what, name, why);
	return false;
}

/* The same name as it could be: lower case, '_' for what is no letter; NULL if nothing is left. */
static char *mended(const char *name)
{
	g_autofree char *lower = g_ascii_strdown(name, -1);
	const char *start;

	g_strcanon(lower, MORE_LETTERS, '_');
	start = lower + strcspn(lower, LETTERS);
	return *start ? g_strndup(start, DEVICE_NAME_MAX) : NULL;
}

static bool has_form(const char *name)
{
	return strspn(name, LETTERS) && !name[strspn(name, MORE_LETTERS)] &&
	       strlen(name) <= DEVICE_NAME_MAX && !g_str_has_suffix(name, "_") &&
	       !strstr(name, "__");
}

static bool wrong_form(const char *what, const char *name, GError **error)
{
	g_autofree char *instead = mended(name);
	bool good = instead && has_form(instead) && !g_strv_contains(keywords, instead) &&
		    !g_strv_contains(stock, instead) && !g_strv_contains(taken, instead);

	g_set_error(error, STATUS_ERROR, STATUS_MISUSE,
		    "%s '%s': expected a lower-case letter, then lower-case letters, digits and "
		    "single '_', %d in all at most%s%s%s",
		    what, name, DEVICE_NAME_MAX, good ? "; try '" : "", good ? instead : "",
		    good ? "'" : "");
	return false;
}

bool device_part_name_check(const char *what, const char *name, GError **error)
{
	if (!has_form(name))
		return wrong_form(what, name, error);
	if (g_strv_contains(keywords, name))
		return wrong(what, name, "a word of C's, so no name in C; choose another", error);
	return true;
}

bool device_name_check(const char *name, GError **error)
{
	if (!device_part_name_check("device", name, error))
		return false;
	if (g_strv_contains(stock, name))
		return wrong("device", name,
			     "QEMU has a virtio device of this name; choose another", error);
	if (g_strv_contains(taken, name))
		return wrong("device", name,
			     "the kernel, QEMU or kc uses this word itself; choose another", error);
	return true;
}
