/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EARLY_MODULES_H
#define EARLY_MODULES_H

/* Here they are, as NUMBER-NAME.ko: whoever made the archive put what others need first. */
#define MODULES_FOLDER "/kc-modules"

/*
 * Inserts all of them, each with its parameters of the kernel's command line, and removes the
 * files. One that cannot be inserted is told on the console; whether it was needed shows.
 */
void modules_insert(void);

#endif
