// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash that a device reports with a packet, as far as the stack: the key is that of
 * Microsoft's examples of RSS, and the packets are theirs and others. What each is to be
 * is computed here, bit by bit, and where they say it, by them.
 */
#include "test.h"

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define KEY_BYTES 40
#define FRAME 400
#define MARK 0x6b63681au /* in the payload, by which sockets know our packets, at ... */
#define MARK_AT 100
#define LEAST 64 /* of what a socket takes of a packet; see below */
#define PROTOCOL_NONE 253 /* for experiments (RFC 3692): no ports */

static const uint8_t microsofts_key[KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

struct example {
	const char *from;
	int from_port;
	const char *to;
	int to_port;
	uint32_t addresses, ports; /* what the hash is of each; 0: Microsoft does not say */
};

static const struct example examples[] = {
	{"66.9.149.187", 2794, "161.142.100.80", 1766, 0x323e8fc2, 0x51ccc178},
	{"199.92.111.2", 14230, "65.69.140.83", 4739, 0xd718262a, 0xc626b0ea},
	{"24.19.198.95", 12898, "12.22.207.184", 38024, 0xd2d0a5de, 0x5c2b394a},
	{"38.27.205.30", 48228, "209.142.163.6", 2217, 0x82989176, 0xafc7327f},
	{"153.39.163.191", 44251, "202.188.127.2", 1303, 0x5d1809c5, 0x10e828a2},
	{"3ffe:2501:200:1fff::7", 2794, "3ffe:2501:200:3::1", 1766, 0x2cc18cd5, 0x40207d3d},
	{"3ffe:501:8::260:97ff:fe40:efab", 14230, "ff02::1", 4739, 0x0f0c461c, 0xdde51bbf},
	{"3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251, "fe80::200:f8ff:fe21:67cf", 38024,
	 0x4b61e985, 0x02d1feef},
	{"255.255.255.255", 65535, "255.255.255.255", 65535, 0, 0},
	{"1.0.0.0", 1, "0.0.0.1", 32768, 0, 0},
	{"8000::1", 1, "::8000", 32768, 0, 0},
};

/* The 32 bits of the key from bit @at on */
static uint32_t window(const uint8_t *key, size_t at)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < 5; i++)
		bits = bits << 8 | key[at / 8 + i];
	return bits >> (8 - at % 8);
}

static uint32_t toeplitz(const uint8_t *key, const uint8_t *input, size_t len)
{
	uint32_t hash = 0;

	for (size_t bit = 0; bit < len * 8; bit++)
		if (input[bit / 8] >> (7 - bit % 8) & 1)
			hash ^= window(key, bit);
	return hash;
}

/*
 * A frame to us with the example's addresses, and its ports where @protocol has such.
 * *expected is what its hash is to be.
 */
static void write_packet(uint8_t *frame, const struct example *example, int protocol,
			 const uint8_t *key, uint32_t *expected)
{
	bool ipv6 = strchr(example->from, ':'), ports = protocol != PROTOCOL_NONE;
	size_t header = ipv6 ? 40 : 20, address = ipv6 ? 16 : 4;
	uint8_t *ip = frame + ETH_HLEN, *at = ip + header - 2 * address;
	uint16_t both[2] = {htons(example->from_port), htons(example->to_port)};
	uint16_t len = htons(FRAME - ETH_HLEN - (ipv6 ? header : 0));
	uint32_t mark = htonl(MARK);

	net_fill(frame, FRAME, example->from_port + protocol);
	net_mac(frame);
	*(uint16_t *)(frame + 12) = htons(ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	memset(ip, 0, header);
	ip[0] = ipv6 ? 0x60 : 0x45;
	memcpy(ip + (ipv6 ? 4 : 2), &len, 2);
	ip[ipv6 ? 6 : 9] = protocol;
	ip[ipv6 ? 7 : 8] = 64;
	inet_pton(ipv6 ? AF_INET6 : AF_INET, example->from, at);
	inet_pton(ipv6 ? AF_INET6 : AF_INET, example->to, at + address);
	memcpy(at + 2 * address, both, sizeof(both));
	memcpy(frame + MARK_AT, &mark, sizeof(mark));
	*expected = toeplitz(key, at, 2 * address + (ports ? sizeof(both) : 0));
}

/*
 * A filter says how much of a packet its socket gets: so much as one byte of the hash,
 * and a least. Four sockets have all of it.
 */
static int listen_to_byte(int byte)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, MARK_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RXHASH),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, byte * 8),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, LEAST),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};
	int fd = net_tap();

	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		return fd;
	close(fd);
	return -1;
}

static bool read_hash(const int *fds, uint32_t *hash)
{
	uint8_t frame[FRAME];
	ssize_t n;

	*hash = 0;
	for (int i = 0; i < 4; i++) {
		n = recv(fds[i], frame, sizeof(frame), 0);
		if (n < LEAST)
			return false;
		*hash |= (uint32_t)(n - LEAST) << 8 * i;
	}
	return true;
}

static bool has_hash(const int *fds, const uint8_t *frame, uint32_t expected, const char *what)
{
	uint32_t hash;

	if (!net_have_sent(frame, FRAME) || !read_hash(fds, &hash)) {
		printf("# %s: does not come\n", what);
		return false;
	}
	if (hash != expected)
		printf("# %s: the hash is %08x, not %08x\n", what, hash, expected);
	return hash == expected;
}

static bool are_hashed(const int *fds, const uint8_t *key)
{
	static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP, PROTOCOL_NONE};
	uint8_t frame[FRAME];
	uint32_t expected;
	bool ok = true;

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		for (int p = 0; p < 3; p++) {
			uint32_t theirs = p == 2 ? examples[i].addresses : examples[i].ports;

			write_packet(frame, &examples[i], protocols[p], key, &expected);
			if (key == microsofts_key && theirs && theirs != expected) {
				printf("# our own sum is wrong: %08x\n", expected);
				return false;
			}
			ok = has_hash(fds, frame, expected, examples[i].from) && ok;
		}
	/* What is not IP has no hash. */
	frame[12] = ETHER_TYPE >> 8;
	frame[13] = ETHER_TYPE & 0xff;
	return has_hash(fds, frame, 0, "no IP") && ok;
}

static bool set_key(const uint8_t *key)
{
	static struct {
		struct ethtool_rxfh head;
		uint8_t key[KEY_BYTES];
	} set;

	set.head = (struct ethtool_rxfh){.cmd = ETHTOOL_SRSSH,
					 .indir_size = ETH_RXFH_INDIR_NO_CHANGE,
					 .key_size = KEY_BYTES};
	memcpy(set.key, key, KEY_BYTES);
	return net_ethtool("key", &set);
}

static bool report_hashes(bool on)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};

	if (!net_ethtool("flags", &flags))
		return false;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data = on ? flags.data | ETH_FLAG_RXHASH : flags.data & ~ETH_FLAG_RXHASH;
	return net_ethtool("hashes", &flags);
}

/* With rxhash off the stack is told of none. */
static bool can_be_off(const int *fds)
{
	uint8_t frame[FRAME];
	uint32_t expected;

	write_packet(frame, &examples[0], IPPROTO_TCP, microsofts_key, &expected);
	return report_hashes(false) && has_hash(fds, frame, 0, "no hash wanted") &&
	       report_hashes(true) && has_hash(fds, frame, expected, "wanted again");
}

bool test_hash(void)
{
	uint8_t other[KEY_BYTES];
	int fds[4];
	bool ok = test_udp();

	for (int i = 0; i < 4; i++) {
		fds[i] = listen_to_byte(i);
		ok = ok && fds[i] >= 0;
	}
	net_fill(other, sizeof(other), 1);
	ok = ok && report_hashes(true) && set_key(other) && are_hashed(fds, other) &&
	     set_key(microsofts_key) && are_hashed(fds, microsofts_key) && can_be_off(fds);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	return ok;
}
