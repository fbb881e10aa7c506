/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EARLY_ROOT_H
#define EARLY_ROOT_H

#include <stdbool.h>

/*
 * Goes over to the root file system on a disk that the kernel's command line names, as Linux
 * init/do_mounts.c does: by root=, rw or ro, rootfstype=, rootflags=, rootdelay= and rootwait.
 * @own, the file of this program, takes up no memory then. False if it cannot, which the
 * console is told.
 */
bool root_change(const char *own);

/*
 * Runs the init of the root that is there now, by init= or by Linux' own list. Returns if it
 * cannot, which the console is told.
 */
void root_run_init(char **argv);

#endif
