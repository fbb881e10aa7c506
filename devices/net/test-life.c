// SPDX-License-Identifier: GPL-2.0-only
/* What happens to a NIC: it changes its driver, goes down, is reset, goes and comes. */
#include "test.h"

#include <linux/pci_regs.h>
#include <limits.h>

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

/* After an unplug: plugged in again, the same driver has it. */
static bool comes_back(bool ours)
{
	const char *device = getenv("NET_DEVICE");

	return net_run("kc-host plug %.99s,netdev=net0,mac=52:54:00:6b:63:01,id=nic0,bus=hotplug0",
		       device ? device : "virtio-net-pci") &&
	       is_up() && (!ours || test_take()) && test_udp() && test_tcp();
}

/* With frames on their way: those that came are right, and come once. */
bool test_unplug(void)
{
	bool ours = kc_find(OURS "virtio*");
	bool ok = flow_begin(false);

	ok = net_run("kc-host unplug nic0") && kc_await("/sys/class/net/e*", false) && ok;
	return flow_end() && ok && comes_back(ours);
}

static int capability(int fd, uint8_t wanted)
{
	uint8_t at = 0, id = 0;

	pread(fd, &at, 1, PCI_CAPABILITY_LIST);
	for (int i = 0; at && i < 48; i++) {
		pread(fd, &id, 1, at);
		if (id == wanted)
			return at;
		pread(fd, &at, 1, at + 1);
	}
	return -1;
}

/* The NIC's port loses its power behind the kernel's back: nobody is told before the card is gone. */
static bool pull_out(void)
{
	char path[PATH_MAX];
	const char *nic = kc_find("/sys/class/net/e*/device");
	uint16_t off = PCI_EXP_SLTCTL_PWR_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF, control = 0;
	int fd, at;

	if (!nic || !realpath(nic, path))
		return false;
	/* The port, the NIC, its virtio device */
	for (int i = 0; i < 2; i++)
		*strrchr(path, '/') = 0;
	strncat(path, "/config", sizeof(path) - strlen(path) - 1);
	fd = open(path, O_RDWR);
	at = fd < 0 ? -1 : capability(fd, PCI_CAP_ID_EXP);
	if (at < 0 || pread(fd, &control, 2, at + PCI_EXP_SLTCTL) != 2) {
		printf("# no port of PCIe: %s\n", path);
		return false;
	}
	control = (control & ~(PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PIC)) | off;
	at = pwrite(fd, &control, 2, at + PCI_EXP_SLTCTL);
	close(fd);
	return at == 2;
}

bool test_surprise(void)
{
	bool ours = kc_find(OURS "virtio*");
	bool ok = flow_begin(false);

	ok = ok && pull_out() && kc_await("/sys/class/net/e*", false);
	return flow_end() && ok && comes_back(ours);
}
