// SPDX-License-Identifier: GPL-2.0-only
/* What happens to a NIC: it changes its driver, goes down, is reset, goes and comes. */
#include "test.h"

#define STOCK "/sys/bus/virtio/drivers/virtio_net/"
#define OURS "/sys/bus/virtio/drivers/craft_net/"

/* The folder of the driver that has the NIC */
static const char *driver(void)
{
	return kc_find(OURS "virtio*") ? OURS : STOCK;
}

/* The agent gives it the address anew. */
static bool is_up(void)
{
	return kc_await("/sys/class/net/e*", true) && kc_shows("/sys/class/net/e*/carrier", "1");
}

bool test_take(void)
{
	if (kc_find(OURS "virtio*")) {
		puts("# craft_net has a device that nobody gave it");
		return false;
	}
	return kc_move(STOCK, OURS) && is_up();
}

static unsigned long long statistic(const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "/sys/class/net/e*/statistics/%s", name);
	return strtoull(kc_get(file), NULL, 10);
}

/* What goes is counted, and nothing was in error. */
bool test_statistics(void)
{
	static const char *const errors[] = {"rx_errors", "tx_errors", "rx_length_errors",
					     "rx_crc_errors"};
	unsigned long long sent = statistic("tx_packets"), got = statistic("rx_packets");
	unsigned long long bytes = statistic("tx_bytes");

	if (!test_burst())
		return false;
	for (int i = 0; i < 4; i++)
		if (statistic(errors[i])) {
			printf("# %s is %llu\n", errors[i], statistic(errors[i]));
			return false;
		}
	sent = statistic("tx_packets") - sent;
	got = statistic("rx_packets") - got;
	bytes = statistic("tx_bytes") - bytes;
	printf("# %llu packets out, %llu in, %llu bytes out\n", sent, got, bytes);
	return sent >= 1280 && got >= 1280 && bytes >= 1280 * 1242;
}

bool test_down_and_up(void)
{
	for (int i = 0; i < 5; i++) {
		char command[128];

		snprintf(command, sizeof(command), "ip link set %s down && ip link set %s up",
			 net_name(), net_name());
		if (system(command) || !is_up())
			return false;
	}
	return test_udp();
}

/* Without a driver it is reset. */
bool test_rebind(void)
{
	const char *here = driver();

	for (int i = 0; i < 3; i++)
		if (!kc_rebind(here) || !is_up())
			return false;
	return test_udp() && test_tcp();
}

/* Of the type that the environment names; the stock driver takes it. */
bool test_replug(void)
{
	const char *device = getenv("NET_DEVICE");
	char type[160];

	snprintf(type, sizeof(type), "%.99s,netdev=net0,mac=52:54:00:6b:63:01",
		 device ? device : "virtio-net-pci");
	return kc_replug("nic0", type, "/sys/class/net/e*") && is_up() && test_tcp();
}
