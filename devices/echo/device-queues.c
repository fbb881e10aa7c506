/*
 * virtio-echo: what happens on the request queue and on the event queue.
 * Everything here that touches guest memory is called by the worker.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "trace/trace-hw_virtio_kernelcraft_echo.h"
#include "device.h"

#define ECHO_EVENT_HEADER       offsetof(struct virtio_echo_event, text)

/* Payload of one run of the worker: more would keep the main loop busy */
#define ECHO_BATCH_BYTES        (4 * MiB)

/* Requests */

bool echo_well_formed(const VirtQueueElement *elem)
{
    return iov_size(elem->out_sg, elem->out_num) >=
               sizeof(struct virtio_echo_req) &&
           iov_size(elem->in_sg, elem->in_num) >=
               sizeof(struct virtio_echo_resp);
}

static int64_t echo_deadline(VirtIOEcho *s)
{
    int64_t deadline = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                       s->latency_us * SCALE_US;
    EchoRequest *last = QTAILQ_LAST(&s->requests);

    /* A latency that was lowered must not let a request overtake another */
    if (last && virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_F_IN_ORDER)) {
        deadline = MAX(deadline, last->deadline);
    }
    return deadline;
}

static bool echo_take_request(VirtIOEcho *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    EchoRequest *req = virtqueue_pop(s->request_vq, sizeof(*req));

    if (!req) {
        return false;
    }
    if (!echo_well_formed(&req->elem)) {
        virtio_error(vdev, "virtio-echo: request at head %u has no room for "
                     "its header or its response", req->elem.index);
        virtqueue_detach_element(s->request_vq, &req->elem, 0);
        g_free(req);
        return false;
    }

    req->deadline = echo_deadline(s);
    QTAILQ_INSERT_TAIL(&s->requests, req, next);
    s->in_flight++;
    trace_virtio_echo_request(vdev, req->elem.index, req->deadline);
    return true;
}

bool echo_window_open(VirtIOEcho *s)
{
    return s->in_flight < (s->window ?: VIRTQUEUE_MAX_SIZE);
}

void echo_take_requests(VirtIOEcho *s)
{
    do {
        virtio_queue_set_notification(s->request_vq, 0);
        while (echo_window_open(s) && echo_take_request(s)) {
            ;
        }
        virtio_queue_set_notification(s->request_vq, 1);
    } while (echo_window_open(s) && !virtio_queue_empty(s->request_vq));
}

static uint32_t echo_check(VirtIOEcho *s, const VirtQueueElement *elem,
                           uint32_t op, uint32_t len)
{
    bool transforms = virtio_vdev_has_feature(VIRTIO_DEVICE(s),
                                              VIRTIO_ECHO_F_TRANSFORM);

    if (op > VIRTIO_ECHO_OP_REVERSE ||
        (op != VIRTIO_ECHO_OP_ECHO && !transforms)) {
        return VIRTIO_ECHO_S_BAD_OP;
    }
    if (len > s->max_payload ||
        len > iov_size(elem->out_sg, elem->out_num) -
              sizeof(struct virtio_echo_req)) {
        return VIRTIO_ECHO_S_BAD_LEN;
    }
    if (len > iov_size(elem->in_sg, elem->in_num) -
              sizeof(struct virtio_echo_resp)) {
        return VIRTIO_ECHO_S_NO_ROOM;
    }
    return VIRTIO_ECHO_S_OK;
}

static void echo_transform_piece(uint32_t op, uint8_t *piece, size_t len)
{
    size_t i;

    if (op == VIRTIO_ECHO_OP_UPPER) {
        for (i = 0; i < len; i++) {
            if (piece[i] >= 'a' && piece[i] <= 'z') {
                piece[i] -= 'a' - 'A';
            }
        }
    } else if (op == VIRTIO_ECHO_OP_REVERSE) {
        for (i = 0; i < len / 2; i++) {
            uint8_t byte = piece[i];

            piece[i] = piece[len - 1 - i];
            piece[len - 1 - i] = byte;
        }
    }
}

static void echo_transform(VirtIOEcho *s, const VirtQueueElement *elem,
                           uint32_t op, size_t len)
{
    size_t done, n, from;

    for (done = 0; done < len; done += n) {
        n = MIN(len - done, ECHO_PIECE);
        from = op == VIRTIO_ECHO_OP_REVERSE ? len - done - n : done;
        iov_to_buf(elem->out_sg, elem->out_num,
                   sizeof(struct virtio_echo_req) + from, s->piece, n);
        echo_transform_piece(op, s->piece, n);
        iov_from_buf(elem->in_sg, elem->in_num,
                     sizeof(struct virtio_echo_resp) + done, s->piece, n);
    }
}

/* Returns the used length */
static uint32_t echo_answer(VirtIOEcho *s, const VirtQueueElement *elem)
{
    struct virtio_echo_req req;
    struct virtio_echo_resp resp;
    uint32_t op, len, status;

    /* Read once: the driver can change it under our hands */
    iov_to_buf(elem->out_sg, elem->out_num, 0, &req, sizeof(req));
    op = le32_to_cpu(req.op);
    len = le32_to_cpu(req.payload_len);

    status = echo_check(s, elem, op, len);
    if (status == VIRTIO_ECHO_S_OK) {
        echo_transform(s, elem, op, len);
    } else {
        len = 0;
    }

    resp.status = cpu_to_le32(status);
    resp.payload_len = cpu_to_le32(len);
    resp.cookie = req.cookie;
    iov_from_buf(elem->in_sg, elem->in_num, 0, &resp, sizeof(resp));
    trace_virtio_echo_response(s, elem->index, op, status, len);
    return sizeof(resp) + len;
}

/* Moves what is due now, and not too much for one run, to @due */
static void echo_collect_due(VirtIOEcho *s, EchoRequests *due)
{
    bool reverse = s->reorder && !virtio_vdev_has_feature(VIRTIO_DEVICE(s),
                                                          VIRTIO_F_IN_ORDER);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    EchoRequest *req, *next;
    size_t bytes = 0;

    QTAILQ_FOREACH_SAFE(req, &s->requests, next, next) {
        if (bytes >= ECHO_BATCH_BYTES) {
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

void echo_complete_requests(VirtIOEcho *s)
{
    EchoRequests due = QTAILQ_HEAD_INITIALIZER(due);
    EchoRequest *req, *next;
    unsigned int count = 0;

    echo_collect_due(s, &due);
    if (QTAILQ_EMPTY(&due)) {
        return;
    }

    RCU_READ_LOCK_GUARD();
    QTAILQ_FOREACH_SAFE(req, &due, next, next) {
        virtqueue_fill(s->request_vq, &req->elem, echo_answer(s, &req->elem),
                       count++);
        g_free(req);
    }
    virtqueue_flush(s->request_vq, count);
    virtio_notify(VIRTIO_DEVICE(s), s->request_vq);
}

void echo_drop_requests(VirtIOEcho *s)
{
    EchoRequest *req, *next;

    trace_virtio_echo_drop_requests(s, s->in_flight);
    QTAILQ_FOREACH_SAFE(req, &s->requests, next, next) {
        QTAILQ_REMOVE(&s->requests, req, next);
        virtqueue_detach_element(s->request_vq, &req->elem, 0);
        g_free(req);
    }
    s->in_flight = 0;
    timer_del(s->timer);
}

/* Events */

static bool echo_has_events(VirtIOEcho *s)
{
    return s->backlog_len &&
           virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_ECHO_F_EVENT);
}

static void echo_drop_oldest_event(VirtIOEcho *s)
{
    s->backlog_first = (s->backlog_first + 1) % ECHO_BACKLOG;
    s->backlog_len--;
}

void echo_queue_event(VirtIOEcho *s, const char *text, size_t len)
{
    struct virtio_echo_event *event;

    if (s->backlog_len == ECHO_BACKLOG) {
        event = &s->backlog[s->backlog_first];
        trace_virtio_echo_event_dropped(s, le32_to_cpu(event->seq));
        s->events_dropped++;
        echo_drop_oldest_event(s);
    }

    event = &s->backlog[(s->backlog_first + s->backlog_len++) % ECHO_BACKLOG];
    trace_virtio_echo_event_queued(s, s->seq, len);
    event->seq = cpu_to_le32(s->seq++);
    event->len = cpu_to_le32(len);
    memcpy(event->text, text, len);
    qemu_bh_schedule(s->worker);
}

static bool echo_send_event(VirtIOEcho *s)
{
    const struct virtio_echo_event *event = &s->backlog[s->backlog_first];
    size_t used = ECHO_EVENT_HEADER + le32_to_cpu(event->len);
    g_autofree VirtQueueElement *elem = NULL;

    elem = virtqueue_pop(s->event_vq, sizeof(*elem));
    if (!elem) {
        return false;
    }
    if (elem->out_num || iov_size(elem->in_sg, elem->in_num) < sizeof(*event)) {
        virtio_error(VIRTIO_DEVICE(s), "virtio-echo: event buffer at head %u "
                     "is not %zu writable bytes", elem->index, sizeof(*event));
        virtqueue_detach_element(s->event_vq, elem, 0);
        return false;
    }

    iov_from_buf(elem->in_sg, elem->in_num, 0, event, used);
    trace_virtio_echo_event_sent(s, le32_to_cpu(event->seq), elem->index,
                                 used);
    virtqueue_push(s->event_vq, elem, used);
    s->events_sent++;
    echo_drop_oldest_event(s);
    return true;
}

void echo_send_events(VirtIOEcho *s)
{
    bool sent = false;

    while (echo_has_events(s)) {
        virtio_queue_set_notification(s->event_vq, 0);
        while (echo_has_events(s) && echo_send_event(s)) {
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
