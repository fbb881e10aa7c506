/*
 * virtio-fault: the ways in which the device does wrong. What is cited in the
 * table are sections of the virtio specification, those of split rings; packed
 * rings have rules to the same effect.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/dma.h"
#include "device.h"

#define FAULT_USED_EXCESS       4096

/* The end of QEMU, with the first buffer */

static void finish_abort(VirtIOFault *s, FaultBuffer *buf)
{
    abort();
}

static void finish_exit(VirtIOFault *s, FaultBuffer *buf)
{
    exit(1);
}

static void finish_segfault(VirtIOFault *s, FaultBuffer *buf)
{
    raise(SIGSEGV);
}

/* With the main loop and its lock: the vCPUs, QMP and signals all wait */
static void finish_freeze(VirtIOFault *s, FaultBuffer *buf)
{
    for (;;) {
        pause();
    }
}

/* Buffers that do not come back, or not as they should */

static void finish_late(VirtIOFault *s, FaultBuffer *buf)
{
    fault_hold(s, buf);
    if (!timer_pending(s->timer)) {
        timer_mod(s->timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + s->delay_ms);
    }
}

static void finish_silently(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_push(s->vq, &buf->elem, sizeof(struct virtio_fault_resp));
    g_free(buf);
}

static void finish_unflushed(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_fill(s->vq, &buf->elem, sizeof(struct virtio_fault_resp), 0);
    virtio_notify(VIRTIO_DEVICE(s), s->vq);
    g_free(buf);
}

static void finish_dropped(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_detach_element(s->vq, &buf->elem, 0);
    g_free(buf);
}

static void finish_bad_id(VirtIOFault *s, FaultBuffer *buf)
{
    buf->elem.index = virtio_queue_get_num(VIRTIO_DEVICE(s),
                                           VIRTIO_FAULT_VQ_REQUEST);
    fault_answer(s, buf);
}

/* Half a ring away: not in flight, unless half the ring is */
static void finish_idle_id(VirtIOFault *s, FaultBuffer *buf)
{
    unsigned int num = virtio_queue_get_num(VIRTIO_DEVICE(s),
                                            VIRTIO_FAULT_VQ_REQUEST);

    buf->elem.index = (buf->elem.index + num / 2) % num;
    fault_answer(s, buf);
}

static void finish_used(VirtIOFault *s, FaultBuffer *buf, uint32_t len)
{
    virtqueue_push(s->vq, &buf->elem, len);
    virtio_notify(VIRTIO_DEVICE(s), s->vq);
    g_free(buf);
}

static void finish_long_used(VirtIOFault *s, FaultBuffer *buf)
{
    finish_used(s, buf, sizeof(struct virtio_fault_resp) + FAULT_USED_EXCESS);
}

static void finish_short_used(VirtIOFault *s, FaultBuffer *buf)
{
    finish_used(s, buf, 0);
}

/* QEMU's own count of buffers is wrong from here on: it pops no more */
static void finish_twice(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_push(s->vq, &buf->elem, sizeof(struct virtio_fault_resp));
    fault_answer(s, buf);
    s->stopped = true;
}

static void finish_needs_reset(VirtIOFault *s, FaultBuffer *buf)
{
    virtio_error(VIRTIO_DEVICE(s), "virtio-fault: fault=needs-reset");
    virtqueue_detach_element(s->vq, &buf->elem, 0);
    g_free(buf);
}

static void finish_reset_itself(VirtIOFault *s, FaultBuffer *buf)
{
    virtqueue_detach_element(s->vq, &buf->elem, 0);
    g_free(buf);
    virtio_reset(VIRTIO_DEVICE(s));
}

static void ready_wrong_vector(VirtIOFault *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    virtio_queue_set_vector(vdev, VIRTIO_FAULT_VQ_REQUEST,
                            vdev->config_vector);
}

static void ready_no_vector(VirtIOFault *s)
{
    virtio_queue_set_vector(VIRTIO_DEVICE(s), VIRTIO_FAULT_VQ_REQUEST,
                            VIRTIO_NO_VECTOR);
}

/*
 * What the driver reads to know whether to kick. In a split ring the event
 * index follows the used ring; in a packed ring it is a position, with the
 * wrap counter in bit 15, and the flags say that it counts.
 */

static void fault_write_split_event(VirtIOFault *s, int delta)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    int n = VIRTIO_FAULT_VQ_REQUEST;
    hwaddr event = virtio_queue_get_used_addr(vdev, n) +
                   offsetof(struct vring_used, ring) +
                   virtio_queue_get_num(vdev, n) *
                       sizeof(struct vring_used_elem);

    stw_le_dma(vdev->dma_as, event,
               virtio_queue_get_last_avail_idx(vdev, n) + delta,
               MEMTXATTRS_UNSPECIFIED);
}

static void fault_write_packed_event(VirtIOFault *s, int delta)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    int n = VIRTIO_FAULT_VQ_REQUEST;
    int num = virtio_queue_get_num(vdev, n);
    unsigned int avail = virtio_queue_get_last_avail_idx(vdev, n) & 0xffff;
    int at = (avail & 0x7fff) + delta;
    bool wrap = avail >> 15;
    hwaddr event = virtio_queue_get_used_addr(vdev, n);

    if (at < 0 || at >= num) {
        at = (at + num) % num;
        wrap = !wrap;
    }
    stw_le_dma(vdev->dma_as, event, at | wrap << 15, MEMTXATTRS_UNSPECIFIED);
    stw_le_dma(vdev->dma_as, event + sizeof(uint16_t),
               VRING_PACKED_EVENT_FLAG_DESC, MEMTXATTRS_UNSPECIFIED);
}

static void fault_write_event(VirtIOFault *s, int delta)
{
    virtio_queue_set_notification(s->vq, 1);
    if (virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_F_RING_PACKED)) {
        fault_write_packed_event(s, delta);
    } else {
        fault_write_split_event(s, delta);
    }
}

static void listen_behind(VirtIOFault *s)
{
    fault_write_event(s, -1);
}

static void listen_ahead(VirtIOFault *s)
{
    fault_write_event(s, 1);
}

/* With an event index a split ring has no flag: ask for the buffer before */
static void listen_never(VirtIOFault *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    virtio_queue_set_notification(s->vq, 0);
    if (virtio_vdev_has_feature(vdev, VIRTIO_RING_F_EVENT_IDX) &&
        !virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED)) {
        fault_write_split_event(s, -1);
    }
}

static const FaultKind fault_kinds[] = {
    { "none" },
    /* The device's side of every rule: there is no device any more */
    { "abort", .finish = finish_abort },
    { "exit", .finish = finish_exit },
    { "segfault", .finish = finish_segfault },
    { "freeze", .finish = finish_freeze },
    /* Virtqueues: the device executes the requests made available ... */
    { "never-pops", .blind = true },
    { "pops-one", .single = true },
    /* ... and, when complete, adds a used buffer to the queue */
    { "never-completes", .finish = fault_hold },
    { "no-flush", .finish = finish_unflushed },
    { "drops", .finish = finish_dropped },
    /* None: as slow as delay-ms says, but right */
    { "late", .finish = finish_late },
    /* Used Buffer Notification Suppression: MUST notify what is not exempt */
    { "no-interrupt", .finish = finish_silently },
    /* Used Buffer Notifications (PCI): queue_msix_vector names the vector */
    { "wrong-vector", FAULT_NEEDS_VECTORS, .ready = ready_wrong_vector },
    { "no-vector", FAULT_NEEDS_VECTORS, .ready = ready_no_vector },
    /* The Virtqueue Used Ring: id is the head of the used chain */
    { "bad-id", .finish = finish_bad_id },
    { "idle-id", .finish = finish_idle_id },
    { "twice", .finish = finish_twice },
    /* The Virtqueue Used Ring: MUST have written at least len bytes */
    { "long-used", .finish = finish_long_used },
    /* None: len may be an underestimate; our driver needs the whole answer */
    { "short-used", .finish = finish_short_used },
    /* None: Device Status Field asks for it where a device cannot go on */
    { "needs-reset", .finish = finish_needs_reset },
    /* Device Reset: it is the driver's to initiate */
    { "resets-itself", .finish = finish_reset_itself },
    /*
     * Available Buffer Notification Suppression: only notifications that are
     * not needed, and avail_event is the index waited for
     */
    { "no-notify", .ready = listen_never, .listen = listen_never },
    { "event-behind", FAULT_NEEDS_EVENT_IDX, .listen = listen_behind },
    { "event-ahead", FAULT_NEEDS_EVENT_IDX, .listen = listen_ahead },
};

const FaultKind *fault_find(const char *name)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(fault_kinds); i++) {
        if (!strcmp(fault_kinds[i].name, name)) {
            return &fault_kinds[i];
        }
    }
    return NULL;
}

char *fault_names(void)
{
    GString *names = g_string_new(NULL);
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(fault_kinds); i++) {
        g_string_append_printf(names, "%s%s", i ? ", " : "",
                               fault_kinds[i].name);
    }
    return g_string_free(names, FALSE);
}
