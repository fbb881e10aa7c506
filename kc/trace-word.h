/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a word behind --device means to kc trace: a device to add, or one to follow. */
#ifndef KC_TRACE_WORD_H
#define KC_TRACE_WORD_H

#include <stdbool.h>

#define TRACE_TYPE "virtio-" /* what QEMU's names of virtio devices begin with */

/* Of "virtio-blk" or "blk" the latter, within @word. */
const char *trace_word_type(const char *word);

/*
 * Whether @word names a device that there is anyhow: "virtio2", a place on the
 * PCI bus, a type without its transport ("virtio-blk"; "blk" where that is one
 * of the specification's or one that is added), or the id of one that is added.
 * @devices are all the words behind --device, @qemu_args the lines of
 * --qemu-args; either may be NULL.
 */
bool trace_word_names(const char *word, const char *const *devices, const char *const *qemu_args);

#endif
