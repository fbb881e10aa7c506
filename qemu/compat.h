/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's releases since 10.0 declare otherwise, for devices that are to be
 * built with each of them.
 */
#ifndef HW_VIRTIO_KERNELCRAFT_H
#define HW_VIRTIO_KERNELCRAFT_H

#if QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR >= 1001
/* The data of a type is constant */
typedef const void ClassData;
/* set_status() may fail */
typedef int StatusResult;
#define STATUS_TAKEN 0
#else
typedef void ClassData;
typedef void StatusResult;
#define STATUS_TAKEN ((void)0)
#endif

#if QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR >= 1002
/* The virtio core knows by itself when it runs in an iothread */
#define virtio_notify_irqfd(vdev, vq) virtio_notify(vdev, vq)
/* A second handler is one that may fail */
#define add_vm_change_handler(dev, changed, opaque) \
    qdev_add_vm_change_state_handler(dev, changed, NULL, opaque)
/* Offloads are a struct */
#define set_peer_offloads(nc, has_csum, has_tso4, has_tso6, has_ecn, \
                          has_uso4, has_uso6) \
    qemu_set_offload(nc, &(NetOffloads) { \
        .csum = has_csum, .tso4 = has_tso4, .tso6 = has_tso6, \
        .ecn = has_ecn, .uso4 = has_uso4, .uso6 = has_uso6 })
#else
#define add_vm_change_handler(dev, changed, opaque) \
    qdev_add_vm_change_state_handler(dev, changed, opaque)
#define set_peer_offloads(nc, csum, tso4, tso6, ecn, uso4, uso6) \
    qemu_set_offload(nc, !!(csum), !!(tso4), !!(tso6), !!(ecn), 0, \
                     !!(uso4), !!(uso6))
#endif

#if QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR >= 1100
/* All hosts have 64 bits */
#define qatomic_read_u64 qatomic_read
#define qatomic_set_u64 qatomic_set
#endif

/* What a stream and the device have to agree on; until 11.0 with a hint */
#if QEMU_VERSION_MAJOR * 100 + QEMU_VERSION_MINOR >= 1101
#define VMSTATE_SAME_UINT16(field, state, hint) \
    VMSTATE_UINT16_EQUAL(field, state)
#define VMSTATE_SAME_UINT32(field, state, hint) \
    VMSTATE_UINT32_EQUAL(field, state)
#else
#define VMSTATE_SAME_UINT16(field, state, hint) \
    VMSTATE_UINT16_EQUAL(field, state, hint)
#define VMSTATE_SAME_UINT32(field, state, hint) \
    VMSTATE_UINT32_EQUAL(field, state, hint)
#endif

#endif
