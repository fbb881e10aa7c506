/*
 * craft-net: a packet for a netdev that takes no header: its checksum is
 * completed, and what is too long for the wire is cut into frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "device.h"

/* A driver that wants more frames of a packet does not mean it */
#define FRAMES_MAX      2048
#define VLAN_TAGS_MAX   2
#define HEADERS_MAX     256

#define IP4_LEN         2       /* offsets of fields */
#define IP4_ID          4
#define IP4_SUM         10
#define IP4_MIN         20
#define IP6_LEN         4
#define IP6_MIN         40
#define TCP_SEQ         4
#define TCP_FLAGS       13
#define TCP_SUM         16
#define TCP_MIN         20
#define UDP_LEN         4
#define UDP_SUM         6
#define UDP_BYTES       8

#define TCP_FIN         0x01
#define TCP_PSH         0x08
#define TCP_CWR         0x80

typedef struct Cut {
    uint8_t *data;
    size_t payload;             /* bytes of it, behind the headers */
    uint8_t headers[HEADERS_MAX];
    unsigned int headers_len;
    unsigned int l3, l4;
    unsigned int size;          /* payload of a frame */
    bool ipv6, udp;
} Cut;

static unsigned int find_l3(const uint8_t *data, size_t len, uint16_t *type)
{
    unsigned int at = 12, tags = 0;

    *type = 0;
    while (at + 2 <= len) {
        *type = lduw_be_p(data + at);
        at += 2;
        if ((*type != ETH_P_VLAN && *type != ETH_P_DVLAN) ||
            tags++ == VLAN_TAGS_MAX) {
            break;
        }
        at += 2;
    }
    return at;
}

static bool find_ip(Cut *cut, size_t len, unsigned int gso_type)
{
    const uint8_t *ip;
    uint16_t type;

    cut->l3 = find_l3(cut->data, len, &type);
    ip = cut->data + cut->l3;
    cut->ipv6 = type == ETH_P_IPV6;
    cut->udp = gso_type == CRAFT_NET_GSO_UDP_L4;
    if (cut->ipv6) {
        return gso_type != CRAFT_NET_GSO_TCPV4 &&
               cut->l4 >= cut->l3 + IP6_MIN;
    }
    return type == ETH_P_IP && gso_type != CRAFT_NET_GSO_TCPV6 &&
           cut->l4 >= cut->l3 + IP4_MIN &&
           cut->l4 == cut->l3 + (ip[0] & 0xf) * 4;
}

/* The driver says where the transport header is; that leads to the rest */
static const char *find_headers(Cut *cut, const struct craft_net_hdr *hdr,
                                size_t len)
{
    unsigned int least = hdr->gso_type == CRAFT_NET_GSO_UDP_L4 ? UDP_BYTES
                                                               : TCP_MIN;

    cut->l4 = le16_to_cpu(hdr->csum_start);
    cut->size = le16_to_cpu(hdr->gso_size);
    if (!(hdr->flags & CRAFT_NET_HDR_NEEDS_CSUM)) {
        return "is to be cut, but not summed";
    }
    if (cut->l4 + least > len ||
        !find_ip(cut, len, hdr->gso_type & ~CRAFT_NET_GSO_ECN)) {
        return "is not of the kind that it is to be cut as";
    }
    cut->headers_len = cut->l4 + (cut->udp ? UDP_BYTES
                                  : (cut->data[cut->l4 + 12] >> 4) * 4);
    if (cut->headers_len < cut->l4 + least ||
        cut->headers_len > MIN(len, HEADERS_MAX)) {
        return "has a header that cannot be";
    }
    cut->payload = len - cut->headers_len;
    if (!cut->size || cut->payload / cut->size >= FRAMES_MAX) {
        return "would be cut into too many frames";
    }
    memcpy(cut->headers, cut->data, cut->headers_len);
    return NULL;
}

static void put_ip(Cut *cut, uint8_t *ip, unsigned int i, size_t l4_len)
{
    unsigned int len = cut->l4 - cut->l3;

    if (cut->ipv6) {
        stw_be_p(ip + IP6_LEN, len - IP6_MIN + l4_len);
        return;
    }
    stw_be_p(ip + IP4_LEN, len + l4_len);
    stw_be_p(ip + IP4_ID, lduw_be_p(ip + IP4_ID) + i);
    stw_be_p(ip + IP4_SUM, 0);
    stw_be_p(ip + IP4_SUM, net_raw_checksum(ip, len));
}

static void put_tcp(Cut *cut, uint8_t *tcp, unsigned int i, bool last)
{
    uint32_t seq = ldl_be_p(tcp + TCP_SEQ) + i * cut->size;

    stl_be_p(tcp + TCP_SEQ, seq);
    if (i) {
        tcp[TCP_FLAGS] &= ~TCP_CWR;
    }
    if (!last) {
        tcp[TCP_FLAGS] &= ~(TCP_FIN | TCP_PSH);
    }
}

/* The sum of the pseudo header is there, with the length of the whole packet */
static void put_sum(Cut *cut, uint8_t *l4, size_t l4_len)
{
    uint8_t *sum = l4 + (cut->udp ? UDP_SUM : TCP_SUM);
    uint32_t whole = cut->headers_len - cut->l4 + cut->payload;
    uint32_t pseudo = lduw_be_p(sum) + (0xffff - (whole & 0xffff)) +
                      (0xffff - (whole >> 16)) + l4_len;

    stw_be_p(sum, 0);
    stw_be_p(sum, net_checksum_finish_nozero(pseudo +
                                             net_checksum_add(l4_len, l4)));
}

/*
 * The headers go right before the frame's payload, over that of the frame
 * before it, which is sent.
 */
static uint8_t *make_frame(Cut *cut, unsigned int i, size_t bytes, bool last)
{
    uint8_t *frame = cut->data + (size_t)i * cut->size;
    uint8_t *l4 = frame + cut->l4;
    size_t l4_len = cut->headers_len - cut->l4 + bytes;

    memcpy(frame, cut->headers, cut->headers_len);
    put_ip(cut, frame + cut->l3, i, l4_len);
    if (cut->udp) {
        stw_be_p(l4 + UDP_LEN, l4_len);
    } else {
        put_tcp(cut, l4, i, last);
    }
    put_sum(cut, l4, l4_len);
    return frame;
}

static const char *send_cut(const struct craft_net_hdr *hdr, uint8_t *data,
                            size_t len, uint32_t skip, CraftNetSend *send,
                            void *opaque)
{
    Cut cut = { .data = data };
    const char *why = find_headers(&cut, hdr, len);
    unsigned int i, count;

    if (why) {
        return why;
    }
    count = MAX(DIV_ROUND_UP(cut.payload, cut.size), 1);
    for (i = skip; i < count; i++) {
        size_t bytes = MIN(cut.size, cut.payload - (size_t)i * cut.size);

        send(opaque, make_frame(&cut, i, bytes, i == count - 1),
             cut.headers_len + bytes);
    }
    return NULL;
}

static bool put_checksum(const struct craft_net_hdr *hdr, uint8_t *data,
                         size_t len)
{
    size_t start = le16_to_cpu(hdr->csum_start);
    size_t at = start + le16_to_cpu(hdr->csum_offset);

    if (at + 2 > len) {
        return false;
    }
    stw_be_p(data + at, net_checksum_finish_nozero(
                            net_checksum_add(len - start, data + start)));
    return true;
}

/*
 * Sends all frames of the packet but the first @skip, which are sent. Returns
 * why none can be.
 */
const char *craft_net_frames(const struct craft_net_hdr *hdr, uint8_t *data,
                             size_t len, uint32_t skip, CraftNetSend *send,
                             void *opaque)
{
    if (len < ETH_HLEN) {
        return "is no frame";
    }
    switch (hdr->gso_type & ~CRAFT_NET_GSO_ECN) {
    case CRAFT_NET_GSO_NONE:
        break;
    case CRAFT_NET_GSO_TCPV4:
    case CRAFT_NET_GSO_TCPV6:
    case CRAFT_NET_GSO_UDP_L4:
        return send_cut(hdr, data, len, skip, send, opaque);
    default:
        return "is to be cut as nobody knows";
    }
    if ((hdr->flags & CRAFT_NET_HDR_NEEDS_CSUM) &&
        !put_checksum(hdr, data, len)) {
        return "has no place for its checksum";
    }
    send(opaque, data, len);
    return NULL;
}
