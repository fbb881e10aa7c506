/*
 * virtio-fault: what the parts of the device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_FAULT_DEVICE_H
#define VIRTIO_FAULT_DEVICE_H

#include "qemu/queue.h"
#include "hw/virtio/virtio.h"
#include "abi.h"

#define TYPE_VIRTIO_FAULT "virtio-fault-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOFault, VIRTIO_FAULT)

#define FAULT_DESC "does wrong what its property fault says"

typedef struct FaultBuffer {
    VirtQueueElement elem;
    QSIMPLEQ_ENTRY(FaultBuffer) next;
} FaultBuffer;

/* What a fault cannot do without */
typedef enum FaultNeeds {
    FAULT_NEEDS_NOTHING,
    FAULT_NEEDS_EVENT_IDX,
    FAULT_NEEDS_VECTORS,
} FaultNeeds;

/* A way to do wrong; where it says nothing the device does right */
typedef struct FaultKind {
    const char *name;
    FaultNeeds needs;
    bool blind;                             /* never looks at the queue */
    bool single;                            /* takes one buffer a look */
    void (*ready)(VirtIOFault *s);          /* at DRIVER_OK */
    /* Takes over @buf: gives it back, holds it or frees it */
    void (*finish)(VirtIOFault *s, FaultBuffer *buf);
    /* Says from which buffer on the device wants to be notified */
    void (*listen)(VirtIOFault *s);
} FaultKind;

struct VirtIOFault {
    VirtIODevice parent_obj;

    VirtQueue *vq;
    QEMUBH *worker;
    QEMUTimer *timer;                       /* gives back what is held */
    const FaultKind *kind;
    bool stopped;                           /* takes no more until a reset */

    QSIMPLEQ_HEAD(, FaultBuffer) held;      /* popped and not completed */
    uint32_t held_count;

    char *fault;
    uint16_t queue_size;
    uint32_t delay_ms;
};

/* device-queue.c */
void fault_answer(VirtIOFault *s, FaultBuffer *buf);
void fault_hold(VirtIOFault *s, FaultBuffer *buf);
FaultBuffer *fault_release(VirtIOFault *s);
void fault_drop_held(VirtIOFault *s);

/* device-faults.c */
const FaultKind *fault_find(const char *name);
char *fault_names(void);

#endif
