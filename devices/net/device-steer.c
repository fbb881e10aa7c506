/*
 * craft-net: which receive queue a packet goes to, and its hash.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "net/checksum.h"
#include "net/eth.h"
#include "device.h"

#define IP6_EXTENSIONS_MAX 8

/* What is hashed: addresses, source and destination, and ports likewise */
#define HASH_INPUT_MAX (2 * 16 + 2 * 2)

static bool parse_ip4(const uint8_t *head, size_t head_len, size_t len,
                      CraftNetHeaders *h)
{
    const uint8_t *ip = head + h->l3;
    unsigned int ip_len, header_len;

    if (h->l3 + 20 > head_len || ip[0] >> 4 != 4 || (ip[0] & 0xf) < 5) {
        return false;
    }
    header_len = (ip[0] & 0xf) * 4;
    ip_len = lduw_be_p(ip + 2);
    h->protocol = ip[9];
    if (!(lduw_be_p(ip + 6) & 0x3fff) && ip_len >= header_len &&
        h->l3 + ip_len <= len) {
        h->l4 = h->l3 + header_len;
        h->l4_len = ip_len - header_len;
    }
    return true;
}

/* Extension headers are passed over, a fragment's is the end */
static bool parse_ip6(const uint8_t *head, size_t head_len, size_t len,
                      CraftNetHeaders *h)
{
    const uint8_t *ip = head + h->l3;
    size_t end, at = h->l3 + 40;
    unsigned int i;

    if (at > head_len || ip[0] >> 4 != 6) {
        return false;
    }
    end = at + lduw_be_p(ip + 4);
    h->ipv6 = true;
    h->protocol = ip[6];
    for (i = 0; i < IP6_EXTENSIONS_MAX && at + 8 <= head_len; i++) {
        if (h->protocol == IPPROTO_TCP || h->protocol == IPPROTO_UDP) {
            if (at < end && end <= len) {
                h->l4 = at;
                h->l4_len = end - at;
            }
            break;
        }
        if (h->protocol != IPPROTO_HOPOPTS &&
            h->protocol != IPPROTO_DSTOPTS) {
            break;
        }
        h->protocol = head[at];
        at += (head[at + 1] + 1) * 8;
    }
    return true;
}

/*
 * @head is the begin of a packet of @len bytes. Of IPv6 with a routing header
 * the address that sums are made of is not in its usual place: no l4 then.
 */
bool craft_net_parse(const uint8_t *head, size_t head_len, size_t len,
                     CraftNetHeaders *h)
{
    unsigned int type = lduw_be_p(head + 12);
    bool known = false;

    *h = (CraftNetHeaders) { .l3 = 14 };
    if (type == ETH_P_VLAN && head_len >= 18) {
        type = lduw_be_p(head + 16);
        h->l3 = 18;
    }
    if (type == ETH_P_IP) {
        known = parse_ip4(head, head_len, len, h);
    } else if (type == ETH_P_IPV6) {
        known = parse_ip6(head, head_len, len, h);
    }
    if (h->l4 && ((h->protocol != IPPROTO_TCP && h->protocol != IPPROTO_UDP) ||
                  h->l4 + 8 > head_len || h->l4_len < 8)) {
        h->l4 = 0;
    }
    return known;
}

/* The same for both directions of a flow */
static unsigned int flow_of(const uint8_t *head, const CraftNetHeaders *h)
{
    const uint8_t *address = head + h->l3 + (h->ipv6 ? 8 : 12);
    unsigned int words = h->ipv6 ? 8 : 2, i;
    uint32_t mix = 0;

    for (i = 0; i < words; i++) {
        mix ^= ldl_he_p(address + i * 4);
    }
    if (h->l4) {
        mix ^= lduw_he_p(head + h->l4) ^ lduw_he_p(head + h->l4 + 2);
    }
    mix ^= mix >> 16;
    mix ^= mix >> 8;
    return mix % CRAFT_NET_FLOWS;
}

void craft_net_learn(CraftNetQueue *queue, const uint8_t *head,
                     const CraftNetHeaders *h)
{
    queue->dev->flows[flow_of(head, h)] = craft_net_index(queue) / 2 + 1;
}

/* A type of the header's and what it is reported as, the most detailed first */
static const struct {
    uint32_t type;
    uint16_t report;
    bool ipv6;
    uint8_t protocol;           /* 0: any, and of the addresses alone */
} hashes[] = {
    { CRAFT_NET_HASH_TCPV4, CRAFT_NET_REPORT_TCPV4, false, IPPROTO_TCP },
    { CRAFT_NET_HASH_UDPV4, CRAFT_NET_REPORT_UDPV4, false, IPPROTO_UDP },
    { CRAFT_NET_HASH_IPV4, CRAFT_NET_REPORT_IPV4, false, 0 },
    { CRAFT_NET_HASH_TCPV6, CRAFT_NET_REPORT_TCPV6, true, IPPROTO_TCP },
    { CRAFT_NET_HASH_UDPV6, CRAFT_NET_REPORT_UDPV6, true, IPPROTO_UDP },
    { CRAFT_NET_HASH_IPV6, CRAFT_NET_REPORT_IPV6, true, 0 },
};

static uint32_t toeplitz(CraftNet *s, const uint8_t *head,
                         const CraftNetHeaders *h, bool ports)
{
    uint8_t input[HASH_INPUT_MAX];
    unsigned int len = h->ipv6 ? 32 : 8;
    net_toeplitz_key key;
    uint32_t hash = 0;

    memcpy(input, head + h->l3 + (h->ipv6 ? 8 : 12), len);
    if (ports) {
        memcpy(input + len, head + h->l4, 4);
        len += 4;
    }
    net_toeplitz_key_init(&key, s->rss.key);
    net_toeplitz_add(&hash, input, len, &key);
    return hash;
}

static uint16_t put_hash(CraftNet *s, const uint8_t *head,
                         const CraftNetHeaders *h,
                         struct craft_net_hdr_hash *hdr)
{
    unsigned int i;

    for (i = 0; h && i < ARRAY_SIZE(hashes); i++) {
        if ((s->rss.hash_types & hashes[i].type) &&
            h->ipv6 == hashes[i].ipv6 &&
            (!hashes[i].protocol ||
             (h->l4 && h->protocol == hashes[i].protocol))) {
            hdr->hash_value = cpu_to_le32(toeplitz(s, head, h,
                                                   hashes[i].protocol));
            hdr->hash_report = cpu_to_le16(hashes[i].report);
            return hashes[i].report;
        }
    }
    return CRAFT_NET_REPORT_NONE;
}

static unsigned int choose_pair(CraftNet *s, unsigned int port,
                                const uint8_t *head, const CraftNetHeaders *h)
{
    unsigned int flow;

    if (s->num_ports > 1 || s->pairs == 1) {
        return port % s->pairs;
    }
    flow = h ? flow_of(head, h) : 0;
    return (s->flows[flow] ? s->flows[flow] - 1 : flow) % s->pairs;
}

static bool may_take(CraftNetQueue *queue)
{
    return craft_net_is_running(queue);
}

/*
 * A queue that is reset gets none: the driver's table has another, or, where
 * the choice is ours, the next one. NULL: the packet is dropped.
 */
CraftNetQueue *craft_net_steer(CraftNet *s, unsigned int port,
                               const uint8_t *head, const CraftNetHeaders *h,
                               struct craft_net_hdr_hash *hdr)
{
    uint16_t report = s->rss.on ? put_hash(s, head, h, hdr)
                                : CRAFT_NET_REPORT_NONE;
    unsigned int pair, i;

    if (s->rss.on && s->rss.steers) {
        pair = report == CRAFT_NET_REPORT_NONE
                   ? s->rss.unclassified
                   : s->rss.table[le32_to_cpu(hdr->hash_value) &
                                  s->rss.table_mask];
        return may_take(&s->queues[CRAFT_NET_VQ_RX(pair)])
                   ? &s->queues[CRAFT_NET_VQ_RX(pair)] : NULL;
    }
    pair = choose_pair(s, port, head, h);
    for (i = 0; i < s->pairs; i++) {
        unsigned int next = (pair + i) % s->pairs;

        if (may_take(&s->queues[CRAFT_NET_VQ_RX(next)])) {
            return &s->queues[CRAFT_NET_VQ_RX(next)];
        }
    }
    return NULL;
}

static bool take_key(CraftNetRss *rss, const struct iovec *iov,
                     unsigned int num, size_t at)
{
    uint8_t len;

    if (iov_to_buf(iov, num, at, &len, 1) != 1 || len > sizeof(rss->key)) {
        return false;
    }
    memset(rss->key, 0, sizeof(rss->key));
    return iov_to_buf(iov, num, at + 1, rss->key, len) == len;
}

static bool take_table(CraftNet *s, CraftNetRss *rss, const struct iovec *iov,
                       unsigned int num, size_t at, uint16_t *max_tx)
{
    size_t bytes = (rss->table_mask + 1) * sizeof(uint16_t);
    unsigned int i;

    if (rss->table_mask >= CRAFT_NET_RSS_TABLE_LENGTH ||
        !is_power_of_2(rss->table_mask + 1) ||
        rss->unclassified >= s->max_pairs ||
        iov_to_buf(iov, num, at, rss->table, bytes) != bytes ||
        iov_to_buf(iov, num, at + bytes, max_tx, 2) != 2) {
        return false;
    }
    for (i = 0; i <= rss->table_mask; i++) {
        rss->table[i] = le16_to_cpu(rss->table[i]);
        if (rss->table[i] >= s->max_pairs) {
            return false;
        }
    }
    *max_tx = le16_to_cpu(*max_tx);
    return *max_tx && *max_tx <= s->max_pairs;
}

/* What the driver says in struct craft_net_rss, or craft_net_hash */
bool craft_net_set_rss(CraftNet *s, const struct iovec *iov, unsigned int num,
                       size_t offset, bool steers)
{
    CraftNetRss rss = { .on = true, .steers = steers };
    struct craft_net_hash hash;
    struct craft_net_rss config;
    uint16_t max_tx = s->pairs;
    size_t at = offset + (steers ? sizeof(config) : sizeof(hash));

    if (iov_to_buf(iov, num, offset, &config, sizeof(config)) !=
        sizeof(config)) {
        return false;
    }
    rss.hash_types = le32_to_cpu(config.hash_types);
    if (rss.hash_types & ~CRAFT_NET_HASHES) {
        return false;
    }
    if (steers) {
        rss.table_mask = le16_to_cpu(config.table_mask);
        rss.unclassified = le16_to_cpu(config.unclassified);
        if (!take_table(s, &rss, iov, num, at, &max_tx)) {
            return false;
        }
        at += (rss.table_mask + 1) * sizeof(uint16_t) + sizeof(uint16_t);
    }
    if (!take_key(&rss, iov, num, at)) {
        return false;
    }
    craft_net_set_pairs(s, max_tx);
    s->rss = rss;
    return true;
}
