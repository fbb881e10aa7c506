/*
 * virtio-hello: what the parts of the device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_HELLO_DEVICE_H
#define VIRTIO_HELLO_DEVICE_H

#include "qemu/queue.h"
#include "qemu/units.h"
#include "hw/virtio/virtio.h"
#include "abi.h"

#define TYPE_VIRTIO_HELLO "virtio-hello-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOHello, VIRTIO_HELLO)

#define HELLO_DESC "takes messages, transforms them and gives them back"

#define HELLO_BACKLOG           64
#define HELLO_LATENCY_LIMIT_US  (60 * 1000 * 1000)

/* Payload is copied in pieces, so no guest decides what is allocated */
#define HELLO_PIECE             (64 * KiB)

typedef struct HelloRequest {
    VirtQueueElement elem;
    int64_t deadline;           /* ns of QEMU_CLOCK_VIRTUAL */
    QTAILQ_ENTRY(HelloRequest) next;
} HelloRequest;

typedef QTAILQ_HEAD(HelloRequests, HelloRequest) HelloRequests;

struct VirtIOHello {
    VirtIODevice parent_obj;

    VirtQueue *request_vq;
    VirtQueue *event_vq;        /* NULL without VIRTIO_HELLO_F_EVENT */
    QEMUBH *worker;
    QEMUTimer *timer;           /* wakes the worker for the next deadline */
    uint8_t *piece;

    HelloRequests requests;     /* popped and not yet completed */
    uint64_t in_flight;         /* how many they are */

    /* A ring of messages that wait for a buffer of the driver */
    struct virtio_hello_event backlog[HELLO_BACKLOG];
    uint32_t backlog_first;
    uint32_t backlog_len;
    uint32_t seq;
    uint64_t events_sent;
    uint64_t events_dropped;

    uint8_t greeting[VIRTIO_HELLO_GREETING_MAX];
    uint16_t greeting_len;
    uint32_t max_payload;
    uint16_t queue_size;
    uint16_t window;            /* 0: as many as the queue holds */
    uint64_t latency_us;
    bool reorder;
};

/* device-queues.c */
bool hello_well_formed(const VirtQueueElement *elem);
bool hello_window_open(VirtIOHello *s);
void hello_take_requests(VirtIOHello *s);
void hello_complete_requests(VirtIOHello *s);
void hello_drop_requests(VirtIOHello *s);
void hello_queue_event(VirtIOHello *s, const char *text, size_t len);
void hello_send_events(VirtIOHello *s);

/* device-control.c */
bool hello_greeting_ok(const char *text, size_t len, Error **errp);
bool hello_check_properties(VirtIOHello *s, Error **errp);
void hello_add_properties(DeviceClass *dc);

#endif
