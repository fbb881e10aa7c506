/*
 * virtio-echo: what the parts of the device share.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef VIRTIO_ECHO_DEVICE_H
#define VIRTIO_ECHO_DEVICE_H

#include "qemu/queue.h"
#include "qemu/units.h"
#include "hw/virtio/virtio.h"
#include "abi.h"

#define TYPE_VIRTIO_ECHO "virtio-echo-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOEcho, VIRTIO_ECHO)

#define ECHO_DESC "takes messages, transforms them and gives them back"

#define ECHO_BACKLOG            64
#define ECHO_LATENCY_LIMIT_US   (60 * 1000 * 1000)

/* Payload is copied in pieces, so no guest decides what is allocated */
#define ECHO_PIECE              (64 * KiB)

typedef struct EchoRequest {
    VirtQueueElement elem;
    int64_t deadline;           /* ns of QEMU_CLOCK_VIRTUAL */
    QTAILQ_ENTRY(EchoRequest) next;
} EchoRequest;

typedef QTAILQ_HEAD(EchoRequests, EchoRequest) EchoRequests;

struct VirtIOEcho {
    VirtIODevice parent_obj;

    VirtQueue *request_vq;
    VirtQueue *event_vq;        /* NULL without VIRTIO_ECHO_F_EVENT */
    QEMUBH *worker;
    QEMUTimer *timer;           /* wakes the worker for the next deadline */
    uint8_t *piece;

    EchoRequests requests;      /* popped and not yet completed */
    uint64_t in_flight;         /* how many they are */

    /* A ring of messages that wait for a buffer of the driver */
    struct virtio_echo_event backlog[ECHO_BACKLOG];
    uint32_t backlog_first;
    uint32_t backlog_len;
    uint32_t seq;
    uint64_t events_sent;
    uint64_t events_dropped;

    uint8_t greeting[VIRTIO_ECHO_GREETING_MAX];
    uint16_t greeting_len;
    uint32_t max_payload;
    uint16_t queue_size;
    uint16_t window;            /* 0: as many as the queue holds */
    uint64_t latency_us;
    bool reorder;
};

/* device-queues.c */
bool echo_well_formed(const VirtQueueElement *elem);
bool echo_window_open(VirtIOEcho *s);
void echo_take_requests(VirtIOEcho *s);
void echo_complete_requests(VirtIOEcho *s);
void echo_drop_requests(VirtIOEcho *s);
void echo_queue_event(VirtIOEcho *s, const char *text, size_t len);
void echo_send_events(VirtIOEcho *s);

/* device-control.c */
bool echo_greeting_ok(const char *text, size_t len, Error **errp);
bool echo_check_properties(VirtIOEcho *s, Error **errp);
void echo_add_properties(DeviceClass *dc);

#endif
