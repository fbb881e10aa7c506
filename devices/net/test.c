// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest test of virtio-net, between two guests, whatever driver and device
 * each has. The second one runs 'serve'; 'take' first gives a NIC to our driver.
 */
#include "test.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* The peer ends once it has been told, however this test went. */
static void dismiss_peer(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT_END)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, PEER, &to.sin_addr);
	if (fd >= 0)
		connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "speed"))
		return speed_main(argv[2], atof(argv[3]));
	kc_test_begin(argc, argv);
	kc_test_by_name("take", test_take);
	if (kc_test_is_named("serve")) {
		kc_test_by_name("serve", test_serve);
		return kc_test_end();
	}
	kc_test("raw", test_raw);
	kc_test("udp", test_udp);
	kc_test("burst", test_burst);
	kc_test("tcp", test_tcp);
	kc_test("statistics", test_statistics);
	kc_test("down-and-up", test_down_and_up);
	kc_test("rebind", test_rebind);
	kc_test_by_name("room", test_room);
	kc_test_by_name("announce", test_announce);
	kc_test_by_name("link", test_link);
	kc_test_by_name("mtu", test_mtu);
	kc_test_by_name("jumbo", test_jumbo);
	kc_test_by_name("vlan", test_vlan);
	kc_test_by_name("netem", test_netem);
	kc_test_by_name("rings", test_rings);
	kc_test_by_name("tight", test_tight); /* needs mergeable buffers */
	kc_test_by_name("channels", test_channels); /* needs several pairs of queues */
	kc_test_by_name("coalesce", test_coalesce);
	kc_test_by_name("rss", test_rss); /* needs rss=on and several pairs */
	kc_test_by_name("hash", test_hash); /* needs hash=on */
	kc_test_by_name("xdp", test_xdp);
	kc_test_by_name("xdp-jumbo", test_xdp_jumbo); /* needs mergeable buffers */
	kc_test_by_name("move", test_move); /* of host-net-move.c */
	/* These need bus=hotplug0. */
	kc_test_by_name("replug", test_replug);
	kc_test_by_name("unplug", test_unplug);
	kc_test_by_name("surprise", test_surprise);
	dismiss_peer();
	return kc_test_end();
}
