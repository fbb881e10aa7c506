/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module as a user names it, "MODULE [PARAMETER=VALUE...]", split into words
 * as a shell does. MODULE is one of the lab's by its name, or a file: what has
 * a '/' or ".ko" in it. A file that is there may have blanks in its path
 * without being quoted.
 */
#ifndef KC_KERNEL_MODULE_H
#define KC_KERNEL_MODULE_H

#include "lab/lab.h"

struct module {
	char *file;
	bool in_lab;
	/* Words that the kernel takes as they are, '"' around those with blanks. */
	char **parameters;
	/* From here on of module_open() alone: */
	char *name; /* the kernel's, whatever the file is called */
	char *contents; /* what to read in place of a file that is packed; or NULL */
	int fd; /* behind contents; or -1 */
};

/*
 * @folder is what relative paths are relative to; NULL: the current one. Fails
 * with STATUS_MISUSE. The caller calls module_clear() in any case.
 */
bool module_parse(struct module *module, const char *text, const struct lab *lab,
		  const char *folder, GError **error);

/* Unpacks it where it is packed (.ko.xz, .ko.zst ...), and makes sure that it is a module. */
bool module_open(struct module *module, GError **error);

/* Of an opened one: the file to read. */
const char *module_contents(const struct module *module);

void module_clear(struct module *module);

/*
 * @word, "PARAMETER=VALUE", for the kernel, which parts parameters at blanks
 * outside of '"'. As with insmod, one that has such quotes already is let be.
 * NULL where the kernel has no way to be told. Caller frees.
 */
char *module_quote(const char *word);

#endif
