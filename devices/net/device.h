/*
 * craft-net: what the parts of the device share.
 *
 * Everything runs under the BQL: in the main loop, or in the vCPU's thread
 * that kicks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CRAFT_NET_DEVICE_H
#define CRAFT_NET_DEVICE_H

#include "qemu/iov.h"
#include "qemu/queue.h"
#include "hw/virtio/virtio.h"
#include "net/announce.h"
#include "net/net.h"
#include "system/runstate.h"
#include "abi.h"

#define TYPE_CRAFT_NET "craft-net-device"
OBJECT_DECLARE_SIMPLE_TYPE(CraftNet, CRAFT_NET)

#define CRAFT_NET_DESC "a virtio network device on QEMU's netdevs"

/* Filtered exactly; of more addresses all of their kind are received */
#define CRAFT_NET_MACS_MAX      64

/* Flows, by their hash, of which the last used transmit queue is known */
#define CRAFT_NET_FLOWS         256

/* Bytes at a packet's begin in which its headers are looked for */
#define CRAFT_NET_HEAD_MAX      256

/* The largest frame: as long as IP may be, with a header and VLAN tags */
#define CRAFT_NET_FRAME_MAX     (14 + 2 * 4 + 65535)

typedef struct CraftNetQueue CraftNetQueue;

typedef struct CraftNetBuffer {
    VirtQueueElement elem;      /* first: virtqueue_pop() allocates the rest */
    uint32_t sent;              /* frames of it that the peer has taken */
    QSIMPLEQ_ENTRY(CraftNetBuffer) next;
} CraftNetBuffer;

typedef struct CraftNetCoal {
    uint32_t max_packets;
    uint32_t max_usecs;
} CraftNetCoal;

struct CraftNetQueue {
    CraftNet *dev;
    VirtQueue *vq;
    QEMUBH *bh;                 /* looks at the queue again */
    bool stopped;               /* reset and not enabled again */

    /*
     * Taken from the ring and not returned: a packet that the peer, or a VM
     * that does not run, makes wait; or room for the next one to be received.
     */
    QSIMPLEQ_HEAD(, CraftNetBuffer) held;
    size_t room;
    unsigned int filled;        /* in the ring, not yet visible */

    CraftNetCoal coal;
    uint32_t unannounced;       /* packets that no notification told of */
    QEMUTimer *timer;
};

/* One of the NIC's ways to its peer; a netdev of one queue has one for all */
typedef struct CraftNetPort {
    CraftNetQueue *busy;        /* its held packet is with the peer */
    unsigned int unsent;        /* frames that are queued there */
    bool purged;                /* one of them was dropped as the VM stopped */
} CraftNetPort;

typedef struct CraftNetMacs {
    uint32_t count;
    bool overflow;
    uint8_t macs[CRAFT_NET_MACS_MAX][CRAFT_NET_MAC_BYTES];
} CraftNetMacs;

typedef struct CraftNetRss {
    bool steers;                /* or reports alone */
    bool on;
    uint32_t hash_types;
    uint16_t table_mask;
    uint16_t unclassified;
    uint16_t table[CRAFT_NET_RSS_TABLE_LENGTH];
    uint8_t key[CRAFT_NET_RSS_KEY_BYTES];
} CraftNetRss;

/* Where the headers of a packet are; 0 for what it has not */
typedef struct CraftNetHeaders {
    uint16_t l3;
    uint16_t l4;                /* TCP or UDP, and no fragment */
    uint16_t l4_len;            /* its header and payload, without padding */
    uint8_t protocol;
    bool ipv6;
} CraftNetHeaders;

struct CraftNet {
    VirtIODevice parent_obj;

    NICState *nic;
    NICConf conf;
    CraftNetPort *ports;
    unsigned int num_ports;
    CraftNetQueue *queues;
    uint16_t num_queues;        /* 2 * max_pairs + 1, see abi.h */
    VMChangeStateEntry *vm_change;
    AnnounceTimer announce;
    bool peer_has_header;
    bool busy;                  /* a kick out of our own hands must wait */
    unsigned int unanswered;    /* kicks to send since a frame came */
    uint8_t *frame;             /* of CRAFT_NET_FRAME_MAX, while it is sent */

    /* What the driver sets */
    uint16_t pairs;
    uint16_t status;
    uint64_t offloads;          /* bits of GUEST_* */
    uint8_t mac[CRAFT_NET_MAC_BYTES];
    bool promisc, allmulti, alluni, nomulti, nouni, nobcast;
    CraftNetMacs unicast, multicast;
    uint32_t vlans[CRAFT_NET_VLANS / 32];
    CraftNetCoal tx_coal, rx_coal;
    CraftNetRss rss;
    uint16_t flows[CRAFT_NET_FLOWS];    /* pair + 1, 0: not known */

    /* What set_link and others call it: the proxy's, where there is one */
    const char *name;
    const char *model;

    /* Properties */
    uint16_t max_pairs;
    uint16_t rx_queue_size;
    uint16_t tx_queue_size;
    uint16_t mtu;
    int32_t speed;
    char *duplex_name;
    uint8_t duplex;
    uint32_t tx_burst;
};

#define CRAFT_NET_AUTO_PAIRS    0

static inline bool craft_net_has(CraftNet *s, unsigned int feature)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(s), feature);
}

static inline unsigned int craft_net_index(CraftNetQueue *queue)
{
    return queue - queue->dev->queues;
}

/* Of each packet in a queue */
static inline size_t craft_net_header_len(CraftNet *s)
{
    return craft_net_has(s, CRAFT_NET_F_HASH_REPORT)
               ? sizeof(struct craft_net_hdr_hash)
               : sizeof(struct craft_net_hdr);
}

static inline unsigned int craft_net_control_index(CraftNet *s)
{
    return CRAFT_NET_VQ_CTRL(craft_net_has(s, CRAFT_NET_F_MQ) ||
                             craft_net_has(s, CRAFT_NET_F_RSS) ? s->max_pairs
                                                               : 1);
}

/* A VM that stops has stopped before all that ask for it have been told */
static inline bool craft_net_is_started(CraftNet *s)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);

    return runstate_is_running() && vdev->vm_running &&
           (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
           !virtio_device_disabled(vdev);
}

static inline bool craft_net_is_running(CraftNetQueue *queue)
{
    return craft_net_is_started(queue->dev) && !queue->stopped &&
           virtio_queue_ready(queue->vq);
}

/* device-ports.c */
void craft_net_use_ports(CraftNet *s);
void craft_net_look_again(CraftNet *s);
void craft_net_set_pairs(CraftNet *s, unsigned int pairs);

/* device-queues.c */
void craft_net_add_queues(CraftNet *s);
void craft_net_delete_queues(CraftNet *s);
void craft_net_reset_queues(CraftNet *s);
void craft_net_pause(CraftNet *s);
void craft_net_queue_reset(VirtIODevice *vdev, uint32_t n);
void craft_net_queue_enable(VirtIODevice *vdev, uint32_t n);

/* device-migrate.c */
extern const VMStateDescription craft_net_vmstate;

/* device-announce.c */
void craft_net_announce(NetClientState *nc);
void craft_net_announce_moved(CraftNet *s);
void craft_net_announced(CraftNet *s);

/* device-config.c */
uint64_t craft_net_get_features(VirtIODevice *vdev, uint64_t features,
                                Error **errp);
void craft_net_accept_features(CraftNet *s);
void craft_net_get_config(VirtIODevice *vdev, uint8_t *data);
void craft_net_set_offloads(CraftNet *s, uint64_t offloads);
uint64_t craft_net_known_offloads(CraftNet *s);
bool craft_net_check_properties(CraftNet *s, Error **errp);
void craft_net_add_properties(DeviceClass *dc);

/* device-control.c */
void craft_net_control(CraftNetQueue *queue);

/* device-filter.c */
void craft_net_reset_filter(CraftNet *s);
bool craft_net_passes_filter(CraftNet *s, const uint8_t *head, size_t len);
bool craft_net_set_rx_mode(CraftNet *s, unsigned int command, bool on);
bool craft_net_set_macs(CraftNet *s, const struct iovec *iov, unsigned int num,
                        size_t offset);
bool craft_net_set_vlan(CraftNet *s, unsigned int id, bool on);
RxFilterInfo *craft_net_query_filter(NetClientState *nc);

/* device-notify.c */
void craft_net_fill(CraftNetQueue *queue, CraftNetBuffer *buffer, size_t len);
void craft_net_flush(CraftNetQueue *queue, unsigned int packets);
void craft_net_announce_used(CraftNetQueue *queue);
void craft_net_set_coal(CraftNetQueue *queue, CraftNetCoal coal);
void craft_net_init_notify(CraftNetQueue *queue);
void craft_net_drop_notify(CraftNetQueue *queue);

/* device-receive.c */
bool craft_net_can_receive(NetClientState *nc);
ssize_t craft_net_receive(NetClientState *nc, const uint8_t *data, size_t len);
ssize_t craft_net_receive_iov(NetClientState *nc, const struct iovec *iov,
                              int num);
void craft_net_refilled(CraftNetQueue *queue);

/* device-segment.c */
typedef void CraftNetSend(void *opaque, const uint8_t *data, size_t len);
const char *craft_net_frames(const struct craft_net_hdr *hdr, uint8_t *data,
                             size_t len, uint32_t skip, CraftNetSend *send,
                             void *opaque);

/* device-steer.c */
bool craft_net_parse(const uint8_t *head, size_t head_len, size_t len,
                     CraftNetHeaders *h);
void craft_net_learn(CraftNetQueue *queue, const uint8_t *head,
                     const CraftNetHeaders *h);
CraftNetQueue *craft_net_steer(CraftNet *s, unsigned int port,
                               const uint8_t *head, const CraftNetHeaders *h,
                               struct craft_net_hdr_hash *hdr);
bool craft_net_set_rss(CraftNet *s, const struct iovec *iov, unsigned int num,
                       size_t offset, bool steers);

/* device-transmit.c */
void craft_net_transmit(CraftNetQueue *queue);
void craft_net_sent(NetClientState *nc, ssize_t ret);

/* device-verify.c */
void craft_net_verify(CraftNetQueue *queue, const struct craft_net_hdr *hdr,
                      size_t len);
void craft_net_verify_command(CraftNet *s, const struct craft_net_ctrl *ctrl,
                              size_t len, uint8_t ack);

#endif
