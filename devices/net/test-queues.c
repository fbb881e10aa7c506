// SPDX-License-Identifier: GPL-2.0-only
/* Rings, queues and coalescing, as ethtool sets them, while packets go there and back. */
#include "test.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define TIGHT_RING 32
#define TIGHT_MTU 65535
#define TIGHT_HEADER 14 /* of Ethernet */

static int ethtool(void *command)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;
	struct ifreq request = {.ifr_data = command};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%.15s", net_name());
	err = ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
	close(fd);
	return err;
}

bool net_ethtool(const char *what, void *command)
{
	int err = ethtool(command);

	if (err)
		printf("# %s: %s\n", what, strerror(-err));
	return !err;
}

static bool refused(const char *what, void *command)
{
	int err = ethtool(command);

	if (!err)
		printf("# %s is not refused\n", what);
	return err;
}

static bool set_rings(unsigned rx, unsigned tx)
{
	struct ethtool_ringparam ring = {
		.cmd = ETHTOOL_SRINGPARAM, .rx_pending = rx, .tx_pending = tx};

	if (!net_ethtool("rings", &ring))
		return false;
	ring = (struct ethtool_ringparam){.cmd = ETHTOOL_GRINGPARAM};
	if (net_ethtool("rings", &ring) && ring.rx_pending == rx && ring.tx_pending == tx)
		return true;
	printf("# rings are %u and %u, not %u and %u\n", ring.rx_pending, ring.tx_pending, rx, tx);
	return false;
}

/* Of whatever size what is in flight may be lost, and nothing else. */
bool test_rings(void)
{
	static const unsigned sizes[] = {64, 128, 32};
	struct ethtool_ringparam ring = {.cmd = ETHTOOL_GRINGPARAM}, more;
	bool ok = net_ethtool("rings", &ring) && flow_begin(true);

	for (int i = 0; ok && i < 6; i++) {
		unsigned size = sizes[i % 3], other = sizes[(i / 2) % 3];

		ok = size <= ring.rx_max_pending && set_rings(size, other);
		usleep(100000);
	}
	ok = ok && set_rings(ring.rx_max_pending, ring.tx_max_pending);
	ok = flow_end() && ok;
	more = (struct ethtool_ringparam){.cmd = ETHTOOL_SRINGPARAM,
					  .rx_pending = 2 * ring.rx_max_pending,
					  .tx_pending = ring.tx_max_pending};
	return ok && refused("a ring of twice the most", &more) && test_udp() && test_burst();
}

/* Between small frames the ring holds few buffers; the large one needs nearly all there are. */
static bool large_ones_return(int fd, size_t size)
{
	for (int i = 0; i < TIGHT_RING; i++) {
		for (int small = 0; small < i; small++)
			if (!net_frame_returns(fd, FRAME_LEAST + small))
				return false;
		if (!net_frame_returns(fd, size))
			return false;
	}
	return true;
}

/* A ring as small as the largest frame allows; with less the one or the other is refused. */
bool test_tight(void)
{
	struct ethtool_ringparam least = {
		.cmd = ETHTOOL_SRINGPARAM, .rx_pending = TIGHT_RING / 2, .tx_pending = TIGHT_RING};
	int fd = net_raw();
	bool ok = fd >= 0 && net_set_mtus(TIGHT_MTU) &&
		  refused("a ring too small for a frame", &least) &&
		  set_rings(TIGHT_RING, TIGHT_RING) &&
		  large_ones_return(fd, TIGHT_MTU + TIGHT_HEADER);

	close(fd);
	ok = net_set_mtus(1500) && ok && set_rings(TIGHT_RING / 2, TIGHT_RING / 2);
	if (ok && net_set_mtus(TIGHT_MTU)) {
		puts("# an MTU too large for the ring is not refused");
		ok = false;
	}
	return net_set_mtus(1500) && set_rings(256, 256) && ok && test_udp();
}

static bool set_channels(unsigned count)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};

	if (!net_ethtool("channels", &channels))
		return false;
	channels.cmd = ETHTOOL_SCHANNELS;
	channels.combined_count = count;
	/* The core has it that there is nothing to do where nothing changes. */
	if (!net_ethtool("channels", &channels))
		return false;
	channels = (struct ethtool_channels){.cmd = ETHTOOL_GCHANNELS};
	if (net_ethtool("channels", &channels) && channels.combined_count == count)
		return true;
	printf("# channels are %u, not %u\n", channels.combined_count, count);
	return false;
}

bool test_channels(void)
{
	struct ethtool_channels most = {.cmd = ETHTOOL_GCHANNELS}, wrong;
	bool ok = net_ethtool("channels", &most);

	if (most.max_combined < 2) {
		puts("# one pair of queues alone");
		return false;
	}
	ok = ok && flow_begin(true);
	for (unsigned i = 0; ok && i < 3 * most.max_combined; i++) {
		ok = set_channels(1 + i % most.max_combined);
		usleep(50000);
	}
	ok = flow_end() && ok;
	wrong = most;
	wrong.cmd = ETHTOOL_SCHANNELS;
	wrong.combined_count = most.max_combined + 1;
	ok = ok && refused("one channel more than there are", &wrong);
	wrong.combined_count = 0;
	return ok && refused("no channel", &wrong) && test_udp() && test_burst();
}

static bool coalesces(unsigned usecs, unsigned frames)
{
	struct ethtool_coalesce set = {.cmd = ETHTOOL_GCOALESCE};

	if (!net_ethtool("coalescing", &set))
		return false;
	set.cmd = ETHTOOL_SCOALESCE;
	set.rx_coalesce_usecs = set.tx_coalesce_usecs = usecs;
	set.rx_max_coalesced_frames = set.tx_max_coalesced_frames = frames;
	if (!net_ethtool("coalescing", &set))
		return false;
	memset(&set, 0, sizeof(set));
	set.cmd = ETHTOOL_GCOALESCE;
	if (net_ethtool("coalescing", &set) && set.rx_coalesce_usecs == usecs &&
	    set.tx_coalesce_usecs == usecs && set.rx_max_coalesced_frames == frames &&
	    set.tx_max_coalesced_frames == frames)
		return true;
	puts("# coalescing is not as it was set");
	return false;
}

/* Of one queue's pair alone */
static bool coalesces_one(unsigned usecs)
{
	static struct {
		struct ethtool_per_queue_op head;
		struct ethtool_coalesce coalesce;
	} set;

	memset(&set, 0, sizeof(set));
	set.head = (struct ethtool_per_queue_op){
		.cmd = ETHTOOL_PERQUEUE, .sub_command = ETHTOOL_SCOALESCE, .queue_mask = {1}};
	set.coalesce.cmd = ETHTOOL_SCOALESCE;
	set.coalesce.rx_coalesce_usecs = usecs;
	set.coalesce.rx_max_coalesced_frames = 4;
	if (!net_ethtool("coalescing of a queue", &set))
		return false;
	set.head.sub_command = ETHTOOL_GCOALESCE;
	memset(&set.coalesce, 0, sizeof(set.coalesce));
	return net_ethtool("coalescing of a queue", &set) &&
	       set.coalesce.rx_coalesce_usecs == usecs && set.coalesce.rx_max_coalesced_frames == 4;
}

/* The driver watches what comes, and sets the limits of its own accord. */
static bool adapts(bool on)
{
	struct ethtool_coalesce set = {.cmd = ETHTOOL_GCOALESCE};

	if (!net_ethtool("coalescing", &set))
		return false;
	set.cmd = ETHTOOL_SCOALESCE;
	set.use_adaptive_rx_coalesce = on;
	if (!net_ethtool("adaptive coalescing", &set) || !test_burst() || !net_stream(1 << 20))
		return false;
	set = (struct ethtool_coalesce){.cmd = ETHTOOL_GCOALESCE};
	return net_ethtool("coalescing", &set) && !set.use_adaptive_rx_coalesce == !on;
}

/* Late interrupts delay packets, and lose none; a ring that was reset has its limits again. */
bool test_coalesce(void)
{
	return coalesces(500, 16) && test_burst() && coalesces_one(300) && test_burst() &&
	       set_rings(64, 64) && test_burst() && set_rings(256, 256) && adapts(true) &&
	       adapts(false) && coalesces(0, 0) && test_udp();
}

#define TABLE_MAX 128
#define STATS_MAX 512
#define BURST_PACKETS 1280 /* of test_burst() */

/* The driver's counter of that name */
static unsigned long long count_of(const char *name)
{
	static struct {
		struct ethtool_gstrings head;
		char names[STATS_MAX][ETH_GSTRING_LEN];
	} strings;
	static struct {
		struct ethtool_stats head;
		__u64 of[STATS_MAX];
	} stats;
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (!net_ethtool("driver", &info) || info.n_stats > STATS_MAX)
		return 0;
	strings.head = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = info.n_stats};
	stats.head = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = info.n_stats};
	if (!net_ethtool("names of counters", &strings) || !net_ethtool("counters", &stats))
		return 0;
	for (unsigned i = 0; i < info.n_stats; i++)
		if (!strcmp(strings.names[i], name))
			return stats.of[i];
	printf("# no counter %s\n", name);
	return 0;
}

struct table {
	struct ethtool_rxfh_indir head;
	__u32 queue[TABLE_MAX];
};

/* Whatever a packet's hash is, that queue has it. */
static bool all_come_to(struct table *table, unsigned queue)
{
	char name[32];
	unsigned long long before;

	for (unsigned i = 0; i < table->head.size; i++)
		table->queue[i] = queue;
	snprintf(name, sizeof(name), "rx%u_packets", queue);
	before = count_of(name);
	if (!net_ethtool("table", table) || !test_burst())
		return false;
	before = count_of(name) - before;
	printf("# %llu packets came to queue %u\n", before, queue);
	return before >= BURST_PACKETS;
}

bool test_rss(void)
{
	struct table table = {.head = {.cmd = ETHTOOL_GRXFHINDIR}};
	bool ok = net_ethtool("table", &table) && table.head.size && table.head.size <= TABLE_MAX;

	if (!ok) {
		puts("# no table");
		return false;
	}
	table.head.cmd = ETHTOOL_SRXFHINDIR;
	ok = all_come_to(&table, 1) && all_come_to(&table, 0);
	table.queue[0] = 1000;
	ok = ok && refused("a queue that is not there", &table);
	table.head.size = 0; /* as it was */
	return ok && net_ethtool("table", &table) && test_burst() && test_tcp();
}
