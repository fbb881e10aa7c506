/*
 * virtio-hello: what happens on the request queue and on the event queue.
 * Everything here that touches guest memory is called by the worker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "trace/trace-hw_virtio_kernelcraft_hello.h"
#include "device.h"

#define HELLO_EVENT_HEADER      offsetof(struct virtio_hello_event, text)

/* Payload of one run of the worker: more would keep the main loop busy */
#define HELLO_BATCH_BYTES       (4 * MiB)

/* Requests */

bool hello_well_formed(const VirtQueueElement *elem)
{
    return iov_size(elem->out_sg, elem->out_num) >=
               sizeof(struct virtio_hello_req) &&
           iov_size(elem->in_sg, elem->in_num) >=
               sizeof(struct virtio_hello_resp);
}

static int64_t hello_deadline(VirtIOHello *s)
{
    int64_t deadline = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                       s->latency_us * SCALE_US;
    HelloRequest *last = QTAILQ_LAST(&s->requests);

    /* A latency that was lowered must not let a request overtake another */
    if (last && virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_F_IN_ORDER)) {
        deadline = MAX(deadline, last->deadline);
    }
    return deadline;
}

static bool hello_take_request(VirtIOHello *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    HelloRequest *req = virtqueue_pop(s->request_vq, sizeof(*req));

    if (!req) {
        return false;
    }
    if (!hello_well_formed(&req->elem)) {
        virtio_error(vdev, "virtio-hello: request at head %u has no room for "
                     "its header or its response", req->elem.index);
        virtqueue_detach_element(s->request_vq, &req->elem, 0);
        g_free(req);
        return false;
    }

    req->deadline = hello_deadline(s);
    QTAILQ_INSERT_TAIL(&s->requests, req, next);
    s->in_flight++;
    trace_virtio_hello_request(vdev, req->elem.index, req->deadline);
    return true;
}

bool hello_window_open(VirtIOHello *s)
{
    return s->in_flight < (s->window ?: VIRTQUEUE_MAX_SIZE);
}

void hello_take_requests(VirtIOHello *s)
{
    do {
        virtio_queue_set_notification(s->request_vq, 0);
        while (hello_window_open(s) && hello_take_request(s)) {
            ;
        }
        virtio_queue_set_notification(s->request_vq, 1);
    } while (hello_window_open(s) && !virtio_queue_empty(s->request_vq));
}

static uint32_t hello_check(VirtIOHello *s, const VirtQueueElement *elem,
                            uint32_t op, uint32_t len)
{
    bool transforms = virtio_vdev_has_feature(VIRTIO_DEVICE(s),
                                              VIRTIO_HELLO_F_TRANSFORM);

    if (op > VIRTIO_HELLO_OP_REVERSE ||
        (op != VIRTIO_HELLO_OP_ECHO && !transforms)) {
        return VIRTIO_HELLO_S_BAD_OP;
    }
    if (len > s->max_payload ||
        len > iov_size(elem->out_sg, elem->out_num) -
              sizeof(struct virtio_hello_req)) {
        return VIRTIO_HELLO_S_BAD_LEN;
    }
    if (len > iov_size(elem->in_sg, elem->in_num) -
              sizeof(struct virtio_hello_resp)) {
        return VIRTIO_HELLO_S_NO_ROOM;
    }
    return VIRTIO_HELLO_S_OK;
}

static void hello_transform_piece(uint32_t op, uint8_t *piece, size_t len)
{
    size_t i;

    if (op == VIRTIO_HELLO_OP_UPPER) {
        for (i = 0; i < len; i++) {
            if (piece[i] >= 'a' && piece[i] <= 'z') {
                piece[i] -= 'a' - 'A';
            }
        }
    } else if (op == VIRTIO_HELLO_OP_REVERSE) {
        for (i = 0; i < len / 2; i++) {
            uint8_t byte = piece[i];

            piece[i] = piece[len - 1 - i];
            piece[len - 1 - i] = byte;
        }
    }
}

static void hello_transform(VirtIOHello *s, const VirtQueueElement *elem,
                            uint32_t op, size_t len)
{
    size_t done, n, from;

    for (done = 0; done < len; done += n) {
        n = MIN(len - done, HELLO_PIECE);
        from = op == VIRTIO_HELLO_OP_REVERSE ? len - done - n : done;
        iov_to_buf(elem->out_sg, elem->out_num,
                   sizeof(struct virtio_hello_req) + from, s->piece, n);
        hello_transform_piece(op, s->piece, n);
        iov_from_buf(elem->in_sg, elem->in_num,
                     sizeof(struct virtio_hello_resp) + done, s->piece, n);
    }
}

/* Returns the used length */
static uint32_t hello_answer(VirtIOHello *s, const VirtQueueElement *elem)
{
    struct virtio_hello_req req;
    struct virtio_hello_resp resp;
    uint32_t op, len, status;

    /* Read once: the driver can change it under our hands */
    iov_to_buf(elem->out_sg, elem->out_num, 0, &req, sizeof(req));
    op = le32_to_cpu(req.op);
    len = le32_to_cpu(req.payload_len);

    status = hello_check(s, elem, op, len);
    if (status == VIRTIO_HELLO_S_OK) {
        hello_transform(s, elem, op, len);
    } else {
        len = 0;
    }

    resp.status = cpu_to_le32(status);
    resp.payload_len = cpu_to_le32(len);
    resp.cookie = req.cookie;
    iov_from_buf(elem->in_sg, elem->in_num, 0, &resp, sizeof(resp));
    trace_virtio_hello_response(s, elem->index, op, status, len);
    return sizeof(resp) + len;
}

/* Moves what is due now, and not too much for one run, to @due */
static void hello_collect_due(VirtIOHello *s, HelloRequests *due)
{
    bool reverse = s->reorder && !virtio_vdev_has_feature(VIRTIO_DEVICE(s),
                                                          VIRTIO_F_IN_ORDER);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    HelloRequest *req, *next;
    size_t bytes = 0;

    QTAILQ_FOREACH_SAFE(req, &s->requests, next, next) {
        if (bytes >= HELLO_BATCH_BYTES) {
            break;
        }
        if (req->deadline > now) {
            continue;
        }
        bytes += iov_size(req->elem.out_sg, req->elem.out_num);
        QTAILQ_REMOVE(&s->requests, req, next);
        s->in_flight--;
        if (reverse) {
            QTAILQ_INSERT_HEAD(due, req, next);
        } else {
            QTAILQ_INSERT_TAIL(due, req, next);
        }
    }
}

void hello_complete_requests(VirtIOHello *s)
{
    HelloRequests due = QTAILQ_HEAD_INITIALIZER(due);
    HelloRequest *req, *next;
    unsigned int count = 0;

    hello_collect_due(s, &due);
    if (QTAILQ_EMPTY(&due)) {
        return;
    }

    RCU_READ_LOCK_GUARD();
    QTAILQ_FOREACH_SAFE(req, &due, next, next) {
        virtqueue_fill(s->request_vq, &req->elem, hello_answer(s, &req->elem),
                       count++);
        g_free(req);
    }
    virtqueue_flush(s->request_vq, count);
    virtio_notify(VIRTIO_DEVICE(s), s->request_vq);
}

void hello_drop_requests(VirtIOHello *s)
{
    HelloRequest *req, *next;

    trace_virtio_hello_drop_requests(s, s->in_flight);
    QTAILQ_FOREACH_SAFE(req, &s->requests, next, next) {
        QTAILQ_REMOVE(&s->requests, req, next);
        virtqueue_detach_element(s->request_vq, &req->elem, 0);
        g_free(req);
    }
    s->in_flight = 0;
    timer_del(s->timer);
}

/* Events */

static bool hello_has_events(VirtIOHello *s)
{
    return s->backlog_len &&
           virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_HELLO_F_EVENT);
}

static void hello_drop_oldest_event(VirtIOHello *s)
{
    s->backlog_first = (s->backlog_first + 1) % HELLO_BACKLOG;
    s->backlog_len--;
}

void hello_queue_event(VirtIOHello *s, const char *text, size_t len)
{
    struct virtio_hello_event *event;

    if (s->backlog_len == HELLO_BACKLOG) {
        event = &s->backlog[s->backlog_first];
        trace_virtio_hello_event_dropped(s, le32_to_cpu(event->seq));
        s->events_dropped++;
        hello_drop_oldest_event(s);
    }

    event = &s->backlog[(s->backlog_first + s->backlog_len++) % HELLO_BACKLOG];
    trace_virtio_hello_event_queued(s, s->seq, len);
    event->seq = cpu_to_le32(s->seq++);
    event->len = cpu_to_le32(len);
    memcpy(event->text, text, len);
    qemu_bh_schedule(s->worker);
}

static bool hello_send_event(VirtIOHello *s)
{
    const struct virtio_hello_event *event = &s->backlog[s->backlog_first];
    size_t used = HELLO_EVENT_HEADER + le32_to_cpu(event->len);
    g_autofree VirtQueueElement *elem = NULL;

    elem = virtqueue_pop(s->event_vq, sizeof(*elem));
    if (!elem) {
        return false;
    }
    if (elem->out_num || iov_size(elem->in_sg, elem->in_num) < sizeof(*event)) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-hello: event buffer at head %u "
                     "is not %zu writable bytes", elem->index, sizeof(*event));
        virtqueue_detach_element(s->event_vq, elem, 0);
        return false;
    }

    iov_from_buf(elem->in_sg, elem->in_num, 0, event, used);
    trace_virtio_hello_event_sent(s, le32_to_cpu(event->seq), elem->index,
                                  used);
    virtqueue_push(s->event_vq, elem, used);
    s->events_sent++;
    hello_drop_oldest_event(s);
    return true;
}

void hello_send_events(VirtIOHello *s)
{
    bool sent = false;

    while (hello_has_events(s)) {
        virtio_queue_set_notification(s->event_vq, 0);
        while (hello_has_events(s) && hello_send_event(s)) {
            sent = true;
        }
        virtio_queue_set_notification(s->event_vq, 1);
        if (virtio_queue_empty(s->event_vq)) {
            break;
        }
    }
    if (sent) {
        virtio_notify(VIRTIO_DEVICE(s), s->event_vq);
    }
}
