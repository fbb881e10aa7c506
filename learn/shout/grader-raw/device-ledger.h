/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device calls in place of virtqueue_*(), g_free*() and free() */
#ifndef LEARN_LEDGER_H
#define LEARN_LEDGER_H

#include "hw/virtio/virtio.h"

void *ledger_pop(VirtQueue *vq, size_t size);
void ledger_push(VirtQueue *vq, const VirtQueueElement *elem, unsigned len);
void ledger_fill(VirtQueue *vq, const VirtQueueElement *elem, unsigned len,
                 unsigned at);
void ledger_detach(VirtQueue *vq, const VirtQueueElement *elem, unsigned len);
void ledger_free(void *what);
void ledger_free_sized(void *what, size_t size);
void ledger_free_plainly(void *what);

#endif
