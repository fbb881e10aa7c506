/*
 * virtio-fault: what becomes of a buffer that was popped: it is held for later,
 * given back, or dropped. Healthy and faulty devices do the same here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "device.h"

void fault_hold(VirtIOFault *s, FaultBuffer *buf)
{
    QSIMPLEQ_INSERT_TAIL(&s->held, buf, next);
    s->held_count++;
}

FaultBuffer *fault_release(VirtIOFault *s)
{
    FaultBuffer *buf = QSIMPLEQ_FIRST(&s->held);

    if (buf) {
        QSIMPLEQ_REMOVE_HEAD(&s->held, next);
        s->held_count--;
    }
    return buf;
}

void fault_drop_held(VirtIOFault *s)
{
    FaultBuffer *buf;

    while ((buf = fault_release(s))) {
        virtqueue_detach_element(s->vq, &buf->elem, 0);
        g_free(buf);
    }
    timer_del(s->timer);
}

void fault_answer(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_push(s->vq, &buf->elem, sizeof(struct virtio_fault_resp));
    virtio_notify(VIRTIO_DEVICE(s), s->vq);
    g_free(buf);
}
