// SPDX-License-Identifier: GPL-2.0-only
/* What happens on the way: tags, large packets, a network that loses and corrupts, a pulled cable. */
#include "test.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/time.h>

#define JUMBO 65535
#define ASKS 20
#define STEP 997 /* bytes from one size to the next; NET_STEP has another */

bool net_run(const char *format, ...)
{
	char command[256];
	va_list values;

	va_start(values, format);
	vsnprintf(command, sizeof(command), format, values);
	va_end(values);
	if (!system(command))
		return true;
	printf("# '%s' fails\n", command);
	return false;
}

bool net_have_sent(const uint8_t *frame, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT_SEND)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	ssize_t n;

	inet_pton(AF_INET, PEER, &to.sin_addr);
	n = sendto(fd, frame, size, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
	return n == (ssize_t)size;
}

bool net_ask_peer(const char *what)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT_ASK)};
	struct timeval second = {.tv_sec = 2};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char answer = 0;

	inet_pton(AF_INET, PEER, &to.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	for (int i = 0; i < ASKS && !answer; i++) {
		sendto(fd, what, strlen(what), 0, (struct sockaddr *)&to, sizeof(to));
		recv(fd, &answer, 1, 0);
	}
	close(fd);
	if (answer != 'y')
		printf("# the peer %s '%s'\n", answer ? "refuses" : "does not answer", what);
	return answer == 'y';
}

/* Both sides; the larger one first where packets are to be larger. */
bool net_set_mtus(int mtu)
{
	char ask[32];

	snprintf(ask, sizeof(ask), "mtu %d", mtu);
	return net_ask_peer(ask) && net_run("ip link set %s mtu %d", net_name(), mtu);
}

static int largest_mtu(void)
{
	static const int mtus[] = {JUMBO, 9000};

	for (size_t i = 0; i < sizeof(mtus) / sizeof(*mtus); i++) {
		char command[128];

		snprintf(command, sizeof(command), "ip link set %s mtu %d 2>/dev/null", net_name(),
			 mtus[i]);
		if (!system(command))
			return mtus[i];
	}
	puts("# no MTU above 1500");
	return 0;
}

/* Frames up to 64 KiB, where the NIC has buffers for them, or 9000 bytes. */
bool test_jumbo(void)
{
	const char *step = getenv("NET_STEP");
	int mtu = largest_mtu(), fd = net_raw();
	bool ok = mtu && fd >= 0 && net_set_mtus(mtu);

	for (int size = 1500; ok && size < mtu + ETH_HLEN; size += step ? atoi(step) : STEP)
		ok = net_frame_returns(fd, size);
	ok = ok && net_frame_returns(fd, mtu + ETH_HLEN) && test_udp() && test_tcp();
	printf("# frames of up to %d bytes\n", mtu + ETH_HLEN);
	close(fd);
	return net_set_mtus(1500) && ok;
}

bool test_mtu(void)
{
	static const int mtus[] = {1400, 576, 1500, 1300, 1500};
	bool ok = flow_begin(true);

	for (size_t i = 0; ok && i < sizeof(mtus) / sizeof(*mtus); i++) {
		ok = net_run("ip link set %s mtu %d", net_name(), mtus[i]);
		usleep(100000);
	}
	return flow_end() && ok && test_udp();
}

/* A device that filters has been told of the tag, or nothing would come. */
bool test_vlan(void)
{
	bool ok;

	if (access("/proc/net/vlan", X_OK))
		return kc_skip("this kernel has no VLANs: CONFIG_VLAN_8021Q");
	ok = net_ask_peer("vlan") &&
	     net_run("ip link add link %s name lan7 type vlan id 7 && "
		     "ip addr add 10.0.7.1/24 dev lan7 && ip link set lan7 up",
		     net_name());
	net_go_by(VLAN_PEER);
	ok = ok && test_udp() && test_tcp();
	net_go_by(PEER);
	return ok && net_run("ip link del lan7") && test_udp();
}

bool test_link(void)
{
	bool ok = flow_begin(true);

	for (int i = 0; ok && i < 3; i++) {
		ok = net_run("kc-host link nic0 off") && kc_shows("/sys/class/net/e*/carrier", "0");
		usleep(300000);
		ok = net_run("kc-host link nic0 on") &&
		     kc_shows("/sys/class/net/e*/carrier", "1") && ok;
	}
	return flow_end() && ok && kc_shows("/sys/class/net/e*/operstate", "up") && test_udp();
}

/* The NIC's own ARP to all: who asks for his own address tells where he is. */
static bool is_announcement(const uint8_t *frame, ssize_t n)
{
	const struct ethhdr *eth = (const void *)frame;
	const uint8_t *arp = frame + ETH_HLEN;

	return n >= ETH_HLEN + 28 && eth->h_proto == htons(ETH_P_ARP) &&
	       !memcmp(arp + 14, arp + 24, 4) && !memcmp(arp + 8, eth->h_source, ETH_ALEN);
}

static bool announces(void)
{
	int fd = net_tap();
	uint8_t frame[128];
	ssize_t n = -1;
	bool seen = false;

	if (fd < 0 || !net_run("kc-host announce"))
		return false;
	while (!seen && (n = recv(fd, frame, sizeof(frame), 0)) >= 0)
		seen = is_announcement(frame, n);
	close(fd);
	if (!seen)
		puts("# nothing is announced");
	return seen;
}

/* The driver has acknowledged the first when it is asked a second time. */
bool test_announce(void)
{
	return announces() && announces();
}
