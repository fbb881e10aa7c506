/*
 * craft-net: packets from the netdev to the driver.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "net/checksum.h"
#include "trace/trace-hw_virtio_kernelcraft_net.h"
#include "device.h"

#define IP_ADDRESSES(h)     ((h)->ipv6 ? 8 : 12)
#define IP_ADDRESS_BYTES(h) ((h)->ipv6 ? 32 : 8)

/* A packet on its way in */
typedef struct Incoming {
    const struct iovec *iov;
    int num;
    size_t at;                  /* behind the netdev's header */
    size_t len;
    uint8_t head[CRAFT_NET_HEAD_MAX];
    size_t head_len;
    CraftNetHeaders headers;
    bool parsed;
    struct craft_net_hdr_hash hdr;
} Incoming;

/* What comes while the queues are reset is dropped, and waits for none */
bool craft_net_can_receive(NetClientState *nc)
{
    CraftNet *s = qemu_get_nic_opaque(nc);
    unsigned int i;

    for (i = 0; i < s->pairs; i++) {
        CraftNetQueue *queue = &s->queues[CRAFT_NET_VQ_RX(i)];

        if (craft_net_is_running(queue) ||
            (queue->stopped && craft_net_is_started(s))) {
            return true;
        }
    }
    return false;
}

static bool checksum_is_good(const Incoming *in)
{
    const CraftNetHeaders *h = &in->headers;
    uint8_t addresses[32];
    uint32_t sum;

    memcpy(addresses, in->head + h->l3 + IP_ADDRESSES(h), IP_ADDRESS_BYTES(h));
    sum = net_checksum_add(IP_ADDRESS_BYTES(h), addresses) + h->protocol +
          h->l4_len +
          net_checksum_add_iov(in->iov, in->num, in->at + h->l4, h->l4_len, 0);
    return net_checksum_finish(sum) == 0;
}

/* UDP over IPv4 need not have one */
static bool has_checksum(const Incoming *in)
{
    const CraftNetHeaders *h = &in->headers;

    return in->parsed && h->l4 &&
           (h->protocol != IPPROTO_UDP || lduw_he_p(in->head + h->l4 + 6));
}

/* False: the driver has not been asked whether it can take such a one */
static bool take_header(CraftNet *s, Incoming *in)
{
    struct craft_net_hdr *hdr = &in->hdr.hdr;
    static const struct {
        uint8_t gso_type;
        uint64_t offloads;
    } kinds[] = {
        { CRAFT_NET_GSO_TCPV4, BIT_ULL(CRAFT_NET_F_GUEST_TSO4) },
        { CRAFT_NET_GSO_TCPV6, BIT_ULL(CRAFT_NET_F_GUEST_TSO6) },
        { CRAFT_NET_GSO_UDP_L4, BIT_ULL(CRAFT_NET_F_GUEST_USO4) |
                                BIT_ULL(CRAFT_NET_F_GUEST_USO6) },
    };
    unsigned int i;

    iov_to_buf(in->iov, in->num, 0, hdr, sizeof(*hdr));
    if (hdr->gso_type == CRAFT_NET_GSO_NONE) {
        return !hdr->flags ||
               (s->offloads & BIT_ULL(CRAFT_NET_F_GUEST_CSUM));
    }
    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        if ((hdr->gso_type & ~CRAFT_NET_GSO_ECN) == kinds[i].gso_type) {
            return s->offloads & kinds[i].offloads;
        }
    }
    return false;
}

/* What is wrong with it, or NULL */
static const char *look_at(CraftNet *s, Incoming *in)
{
    size_t total = iov_size(in->iov, in->num);
    unsigned int tag;

    in->at = s->peer_has_header ? sizeof(struct craft_net_hdr) : 0;
    if (total < in->at + 14) {
        return "is no frame";
    }
    in->len = total - in->at;
    in->head_len = iov_to_buf(in->iov, in->num, in->at, in->head,
                              sizeof(in->head));
    if (!craft_net_passes_filter(s, in->head, in->head_len)) {
        return "is filtered out";
    }
    in->parsed = craft_net_parse(in->head, in->head_len, in->len,
                                 &in->headers);
    if (s->peer_has_header && !take_header(s, in)) {
        return "needs an offload that is off";
    }
    if (!s->peer_has_header && has_checksum(in) &&
        (s->offloads & BIT_ULL(CRAFT_NET_F_GUEST_CSUM)) &&
        checksum_is_good(in)) {
        in->hdr.hdr.flags = CRAFT_NET_HDR_DATA_VALID;
    }
    tag = in->head[12] == 0x81 && in->head[13] == 0 ? 4 : 0;
    if (craft_net_has(s, CRAFT_NET_F_MTU) && in->len > s->mtu + 14 + tag &&
        !in->hdr.hdr.gso_type) {
        return "is larger than the MTU";
    }
    return NULL;
}

/*
 * What is taken for a packet that needs still more stays until there is as
 * much. To look how much the ring has, without taking it, is slow where a
 * hostile driver says that a table has millions of descriptors.
 */
static bool take_room(CraftNetQueue *queue, size_t header_len, size_t len)
{
    CraftNet *s = queue->dev;
    bool merges = craft_net_has(s, CRAFT_NET_F_MRG_RXBUF);
    CraftNetBuffer *buffer;
    size_t size;

    while (QSIMPLEQ_EMPTY(&queue->held) || (merges && queue->room < len)) {
        buffer = virtqueue_pop(queue->vq, sizeof(*buffer));
        if (!buffer) {
            return false;
        }
        size = iov_size(buffer->elem.in_sg, buffer->elem.in_num);
        if (size < header_len) {
            virtio_error(VIRTIO_DEVICE(s), "craft-net: receive buffer at head "
                         "%u has no room for a header", buffer->elem.index);
            virtqueue_detach_element(queue->vq, &buffer->elem, 0);
            g_free(buffer);
            return false;
        }
        buffer->sent = 0;
        QSIMPLEQ_INSERT_TAIL(&queue->held, buffer, next);
        queue->room += size;
    }
    return true;
}

/* With notifications on it is looked at again, or a refill may be missed */
static bool await_room(CraftNetQueue *queue, size_t header_len, size_t len)
{
    if (!take_room(queue, header_len, len)) {
        virtio_queue_set_notification(queue->vq, 1);
        if (!take_room(queue, header_len, len)) {
            trace_craft_net_receive_wait(queue->dev, craft_net_index(queue),
                                         len);
            return false;
        }
    }
    virtio_queue_set_notification(queue->vq, 0);
    return true;
}

/* All that the ring holds is taken: what is too little now stays so */
static bool is_all_taken(CraftNetQueue *queue)
{
    CraftNetBuffer *buffer;
    int count = 0;

    QSIMPLEQ_FOREACH(buffer, &queue->held, next) {
        count++;
    }
    return count >= virtio_queue_get_num(VIRTIO_DEVICE(queue->dev),
                                         craft_net_index(queue));
}

/* Copies until either has no more. Returns how many bytes. */
static size_t copy(CraftNetBuffer *to, size_t to_at, const Incoming *in,
                   size_t from_at)
{
    VirtQueueElement *elem = &to->elem;
    size_t bytes = 0;
    int i;

    for (i = 0; i < in->num; i++) {
        const struct iovec *from = &in->iov[i];
        size_t want, got;

        if (from_at >= from->iov_len) {
            from_at -= from->iov_len;
            continue;
        }
        want = from->iov_len - from_at;
        got = iov_from_buf(elem->in_sg, elem->in_num, to_at + bytes,
                           (uint8_t *)from->iov_base + from_at, want);
        bytes += got;
        from_at = 0;
        if (got < want) {
            break;
        }
    }
    return bytes;
}

static void fill_buffers(CraftNetQueue *queue, Incoming *in, size_t header_len)
{
    CraftNetBuffer *buffers[VIRTQUEUE_MAX_SIZE];
    size_t lens[VIRTQUEUE_MAX_SIZE], done = 0, at = header_len;
    unsigned int count = 0, i;

    do {
        CraftNetBuffer *buffer = QSIMPLEQ_FIRST(&queue->held);

        QSIMPLEQ_REMOVE_HEAD(&queue->held, next);
        queue->room -= iov_size(buffer->elem.in_sg, buffer->elem.in_num);
        buffers[count] = buffer;
        lens[count] = copy(buffer, at, in, in->at + done);
        done += lens[count];
        lens[count++] += at;
        at = 0;
    } while (done < in->len);
    in->hdr.hdr.num_buffers = cpu_to_le16(count);
    iov_from_buf(buffers[0]->elem.in_sg, buffers[0]->elem.in_num, 0, &in->hdr,
                 header_len);
    for (i = 0; i < count; i++) {
        craft_net_fill(queue, buffers[i], lens[i]);
    }
    trace_craft_net_receive(queue->dev, craft_net_index(queue), in->len,
                            count);
    craft_net_flush(queue, 1);
}

/* A packet that is too large for a buffer leaves it to the next one */
static ssize_t deliver(CraftNetQueue *queue, Incoming *in)
{
    CraftNet *s = queue->dev;
    size_t header_len = craft_net_header_len(s);
    bool was_busy = s->busy;

    if (!await_room(queue, header_len, header_len + in->len)) {
        if (is_all_taken(queue)) {
            trace_craft_net_receive_drop(s, in->len, "exceeds its ring");
            return in->at + in->len;
        }
        return 0;
    }
    if (!craft_net_has(s, CRAFT_NET_F_MRG_RXBUF)) {
        VirtQueueElement *elem = &QSIMPLEQ_FIRST(&queue->held)->elem;

        if (iov_size(elem->in_sg, elem->in_num) < header_len + in->len) {
            trace_craft_net_receive_drop(s, in->len, "exceeds its buffer");
            return in->at + in->len;
        }
    }
    s->busy = true;
    fill_buffers(queue, in, header_len);
    s->busy = was_busy;
    return in->at + in->len;
}

/* 0: the netdev keeps the packet until there is room; -1: nobody takes it */
ssize_t craft_net_receive_iov(NetClientState *nc, const struct iovec *iov,
                              int num)
{
    CraftNet *s = qemu_get_nic_opaque(nc);
    Incoming in;
    CraftNetQueue *queue;
    const char *why;

    if (!craft_net_can_receive(nc)) {
        return -1;
    }
    s->unanswered = 0;
    in.iov = iov;
    in.num = num;
    memset(&in.hdr, 0, sizeof(in.hdr));
    why = look_at(s, &in);
    if (!why) {
        queue = craft_net_steer(s, nc->queue_index, in.head,
                                in.parsed ? &in.headers : NULL, &in.hdr);
        if (queue) {
            RCU_READ_LOCK_GUARD();

            return deliver(queue, &in);
        }
        why = "goes to a queue that is reset";
    }
    trace_craft_net_receive_drop(s, iov_size(iov, num), why);
    return iov_size(iov, num);
}

ssize_t craft_net_receive(NetClientState *nc, const uint8_t *data, size_t len)
{
    const struct iovec iov = { .iov_base = (void *)data, .iov_len = len };

    return craft_net_receive_iov(nc, &iov, 1);
}

/* The driver has put buffers there; a netdev of one queue may wait for any */
void craft_net_refilled(CraftNetQueue *queue)
{
    CraftNet *s = queue->dev;
    unsigned int port = craft_net_index(queue) / 2 % s->num_ports;

    qemu_flush_queued_packets(qemu_get_subqueue(s->nic, port));
}
