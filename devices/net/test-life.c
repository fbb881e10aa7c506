// SPDX-License-Identifier: GPL-2.0-only
/* What happens to a NIC: it changes its driver, goes down, is reset, goes and comes. */
#include "test.h"

#include <linux/pci_regs.h>
#include <limits.h>

#define STOCK "/sys/bus/virtio/drivers/virtio_net/"
#define LATE_MS 5000 /* the host counts what is lost, too */
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

static bool is_plugged(void)
{
	const char *device = getenv("NET_DEVICE");

	return net_run("kc-host plug %.99s,netdev=net0,mac=52:54:00:6b:63:01,id=nic0,bus=hotplug0",
		       device ? device : "virtio-net-pci");
}

/* The same driver has it again. */
static bool comes_back(bool ours)
{
	return is_up() && (!ours || test_take()) && test_udp() && test_tcp();
}

/* With frames on their way: those that came are right, and come once. */
bool test_unplug(void)
{
	bool ours = kc_find(OURS "virtio*");
	bool ok = flow_begin(false);

	ok = net_run("kc-host unplug nic0") && kc_await("/sys/class/net/e*", false) && ok;
	return flow_end() && ok && is_plugged() && comes_back(ours);
}

/* The host moves the VM meanwhile, and tells by a line when it has. */
bool test_move(void)
{
	bool ok = flow_begin(true);
	char line[16];

	puts("# to be moved");
	fflush(stdout);
	ok = fgets(line, sizeof(line), stdin) && ok;
	return flow_end_after(LATE_MS) && ok && test_udp() && test_tcp();
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

static struct {
	char config[512], remove[512]; /* the port's, the card's */
	int at; /* slot control of the port's */
} slot;

static bool find_slot(void)
{
	char path[PATH_MAX];
	const char *nic = kc_find("/sys/class/net/e*/device");
	int fd;

	if (!nic || !realpath(nic, path))
		return false;
	/* The port, the card, its virtio device */
	*strrchr(path, '/') = 0;
	snprintf(slot.remove, sizeof(slot.remove), "%.500s/remove", path);
	*strrchr(path, '/') = 0;
	snprintf(slot.config, sizeof(slot.config), "%.500s/config", path);
	fd = open(slot.config, O_RDONLY);
	slot.at = fd < 0 ? -1 : capability(fd, PCI_CAP_ID_EXP);
	close(fd);
	if (slot.at < 0)
		printf("# no port of PCIe: %s\n", path);
	slot.at += PCI_EXP_SLTCTL;
	return slot.at >= PCI_EXP_SLTCTL;
}

static bool set_power(bool on)
{
	uint16_t off = PCI_EXP_SLTCTL_PWR_OFF | PCI_EXP_SLTCTL_PWR_IND_OFF;
	int fd = open(slot.config, O_RDWR), n;
	uint16_t control;

	n = pread(fd, &control, 2, slot.at);
	control &= ~(PCI_EXP_SLTCTL_PCC | PCI_EXP_SLTCTL_PIC);
	control |= on ? PCI_EXP_SLTCTL_PWR_IND_ON : off;
	n = n == 2 ? pwrite(fd, &control, 2, slot.at) : -1;
	close(fd);
	return n == 2;
}

/*
 * The port loses its power behind the kernel's back: nothing is on its bus any more, and
 * nobody is told for a second. With power it is there again, and knows nothing of what it
 * was told before. A kernel that hears of such by itself (pciehp) has removed it by then.
 */
static bool pull_out(void)
{
	if (!find_slot() || !set_power(false))
		return false;
	sleep(1);
	if (kc_find(slot.remove) && !kc_put(slot.remove, "1"))
		return false;
	return kc_await("/sys/class/net/e*", false) && set_power(true);
}

bool test_surprise(void)
{
	bool ours = kc_find(OURS "virtio*");
	bool ok = flow_begin(false);

	ok = ok && pull_out();
	return flow_end() && ok && kc_put("/sys/bus/pci/rescan", "1") && comes_back(ours);
}
