/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be exported, and by whom. */
#ifndef KC_DEVICE_EXPORT_PLAN_H
#define KC_DEVICE_EXPORT_PLAN_H

#include "device/folder.h"

struct export_plan {
	const struct device_folder *folder;
	const char *linux_tree, *qemu_tree; /* only read; NULL: no series for it */
	const char *out; /* a folder that is not there yet */
	const char *author; /* "NAME <ADDRESS>" */
	bool signoff; /* the author's, in each patch */
};

#endif
