// SPDX-License-Identifier: GPL-2.0-or-later
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "protocol.h"

#define MAC_LEN 6

static int events = -1; /* of interfaces */
static int control = -1; /* for ioctl() */
static unsigned char mac[MAC_LEN];
static struct in_addr address, mask, gateway;
static unsigned done; /* the interface that was set up */

static bool parse_mac(const char *text)
{
	return text && sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2],
			      &mac[3], &mac[4], &mac[5]) == MAC_LEN;
}

static bool parse_address(char *text)
{
	char *slash = text ? strchr(text, '/') : NULL;
	int prefix = slash ? atoi(slash + 1) : 0;

	if (prefix < 1 || prefix > 32)
		return false;
	*slash = '\0';
	mask.s_addr = htonl(~0u << (32 - prefix));
	return inet_pton(AF_INET, text, &address) == 1;
}

static void use_dns(const char *server)
{
	FILE *file = fopen("/etc/resolv.conf", "w");

	if (!file)
		return;
	fprintf(file, "nameserver %s\n", server);
	fclose(file);
}

static bool parse(char *words)
{
	char *at = words;
	char *server;

	if (!parse_mac(strsep(&at, ",")) || !parse_address(strsep(&at, ",")))
		return false;
	if (at && inet_pton(AF_INET, strsep(&at, ","), &gateway) != 1)
		return false;
	server = strsep(&at, ",");
	if (server)
		use_dns(server);
	return true;
}

/* The parameter's value in @line, which is changed; or NULL. */
static char *find_parameter(char *line)
{
	for (char *word; (word = strsep(&line, " \n"));)
		if (!strncmp(word, KC_NET_PARAMETER, strlen(KC_NET_PARAMETER)))
			return word + strlen(KC_NET_PARAMETER);
	return NULL;
}

static bool read_parameter(void)
{
	char line[4096];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	char *value;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	value = find_parameter(line);
	return value && parse(value);
}

static void set_address(struct ifreq *request, unsigned long what, struct in_addr value)
{
	struct sockaddr_in *to = (struct sockaddr_in *)&request->ifr_addr;

	memset(&request->ifr_addr, 0, sizeof(request->ifr_addr));
	to->sin_family = AF_INET;
	to->sin_addr = value;
	ioctl(control, what, request);
}

static void add_route(char *interface)
{
	struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = interface};
	struct sockaddr_in via = {.sin_family = AF_INET, .sin_addr = gateway};

	if (!gateway.s_addr)
		return;
	route.rt_dst.sa_family = AF_INET;
	route.rt_genmask.sa_family = AF_INET;
	memcpy(&route.rt_gateway, &via, sizeof(via));
	ioctl(control, SIOCADDRT, &route);
}

static void set_up(const struct if_nameindex *interface)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface->if_name);
	if (ioctl(control, SIOCGIFHWADDR, &request) ||
	    memcmp(request.ifr_hwaddr.sa_data, mac, MAC_LEN))
		return;
	done = interface->if_index;
	set_address(&request, SIOCSIFADDR, address);
	set_address(&request, SIOCSIFNETMASK, mask);
	if (!ioctl(control, SIOCGIFFLAGS, &request)) {
		request.ifr_flags |= IFF_UP;
		ioctl(control, SIOCSIFFLAGS, &request);
	}
	add_route(request.ifr_name);
}

/* A number is not used again until the guest reboots. */
static void look(void)
{
	struct if_nameindex *all = if_nameindex();

	for (struct if_nameindex *one = all; one && one->if_index; one++)
		if (one->if_index > done)
			set_up(one);
	if (all)
		if_freenameindex(all);
}

int net_open(void)
{
	struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

	if (!read_parameter())
		return -1;
	control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	events = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (events >= 0 && bind(events, (struct sockaddr *)&links, sizeof(links))) {
		close(events);
		events = -1;
	}
	look();
	return events;
}

void net_take(void)
{
	static char message[8192];
	bool any = false;

	/* Too many at once (ENOBUFS) tell as much as one. */
	while (events >= 0 && (recv(events, message, sizeof(message), 0) >= 0 || errno == ENOBUFS))
		any = true;
	if (any)
		look();
}
