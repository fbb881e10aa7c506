// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue discipline that delays, loses, reorders, doubles and corrupts what the
 * NIC sends. BusyBox has no tc, so that the test asks by netlink itself.
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#define PERCENT(n) ((uint32_t)(UINT32_MAX / 100.0 * (n)))
#define STREAM (256 << 10)
#define DATAGRAMS 400
#define SIZE 1100

struct request {
	struct nlmsghdr head;
	struct tcmsg tc;
	char attrs[512];
};

static struct rtattr *end_of(struct request *request)
{
	return (void *)((char *)request + NLMSG_ALIGN(request->head.nlmsg_len));
}

static struct rtattr *add(struct request *request, int type, const void *data, size_t len)
{
	struct rtattr *attr = end_of(request);

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + RTA_ALIGN(attr->rta_len);
	return attr;
}

static int netlink(struct request *request)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), error = -EIO;
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer;

	if (send(fd, request, request->head.nlmsg_len, 0) > 0 &&
	    recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)NLMSG_LENGTH(sizeof(int)) &&
	    answer.head.nlmsg_type == NLMSG_ERROR)
		error = answer.error.error;
	close(fd);
	return error;
}

static struct request request_to(int type, int flags)
{
	return (struct request){
		.head = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
			 .nlmsg_type = type,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags},
		.tc = {.tcm_ifindex = if_nametoindex(net_name()), .tcm_parent = TC_H_ROOT},
	};
}

/* 0, or what the kernel answers: -ENOENT if it has no netem */
static int spoil(void)
{
	struct request request = request_to(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	struct tc_netem_qopt netem = {.limit = 1000, .loss = PERCENT(5), .duplicate = PERCENT(3)};
	struct tc_netem_corrupt corrupt = {.probability = PERCENT(2)};
	struct tc_netem_reorder reorder = {.probability = PERCENT(25)};
	int64_t delay = 2000000, jitter = 500000;
	struct rtattr *options;

	add(&request, TCA_KIND, "netem", sizeof("netem"));
	netem.gap = 1; /* without one nothing is reordered */
	options = add(&request, TCA_OPTIONS, &netem, sizeof(netem));
	add(&request, TCA_NETEM_CORRUPT, &corrupt, sizeof(corrupt));
	add(&request, TCA_NETEM_REORDER, &reorder, sizeof(reorder));
	add(&request, TCA_NETEM_LATENCY64, &delay, sizeof(delay));
	add(&request, TCA_NETEM_JITTER64, &jitter, sizeof(jitter));
	options->rta_len = (char *)end_of(&request) - (char *)options;
	return netlink(&request);
}

static bool heal(void)
{
	struct request request = request_to(RTM_DELQDISC, 0);

	return !netlink(&request);
}

/* Nothing protects ARP: what of it was corrupted would be believed. */
static void fix_peer(void)
{
	struct arpreq arp = {.arp_flags = ATF_COM | ATF_PERM};
	struct sockaddr_in *at = (struct sockaddr_in *)&arp.arp_pa;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	at->sin_family = AF_INET;
	inet_pton(AF_INET, PEER, &at->sin_addr);
	snprintf(arp.arp_dev, sizeof(arp.arp_dev), "%.15s", net_name());
	if (!ioctl(fd, SIOCGARP, &arp)) {
		arp.arp_flags |= ATF_COM | ATF_PERM;
		ioctl(fd, SIOCSARP, &arp);
	}
	close(fd);
}

/* Those that come back within a second of the one before; each is whole. */
static int take_all(int fd, bool *whole)
{
	static uint8_t data[65536];
	uint32_t number;
	int count = 0;
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), 0)) >= 0) {
		memcpy(&number, data, sizeof(number));
		net_fill(data, sizeof(number), number);
		if (n != SIZE || number >= DATAGRAMS || !net_is(data, SIZE, number)) {
			printf("# a datagram of %zd bytes is not what was sent\n", n);
			*whole = false;
		}
		count++;
	}
	return count;
}

/* What was corrupted is dropped by its sum, which the driver, or the device, has to judge. */
static bool datagrams_are_whole(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct timeval second = {.tv_sec = 1};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), back = 0;
	static uint8_t data[SIZE];
	bool whole = true;

	inet_pton(AF_INET, PEER, &to.sin_addr);
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	net_give_room(fd);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	for (uint32_t i = 0; i < DATAGRAMS; i++) {
		net_fill(data, SIZE, i);
		memcpy(data, &i, sizeof(i));
		send(fd, data, SIZE, 0);
	}
	back = take_all(fd, &whole);
	close(fd);
	printf("# %d datagrams sent, %d back\n", DATAGRAMS, back);
	return whole && back > DATAGRAMS / 2;
}

bool test_netem(void)
{
	bool ok = test_udp();
	int err;

	fix_peer();
	err = spoil();
	if (ok && err == -ENOENT)
		return kc_skip("this kernel has no netem: CONFIG_NET_SCH_NETEM");
	if (err)
		printf("# netem: %s\n", strerror(-err));
	if (!ok || err)
		return false;
	ok = datagrams_are_whole() && net_stream(STREAM);
	return heal() && ok && test_burst();
}
