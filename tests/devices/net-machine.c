// SPDX-License-Identifier: GPL-2.0-or-later
#include "net-machine.h"
#include "virtqueue-pci.h"
#include "../unit.h"
#include "bare-machine.h"
#include "../../devices/net/abi.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <linux/sockios.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONFIG (0xfeb00000ull + 0x100)
#define OUT 0x100000ull /* packets to be sent, one after the other */
#define OUT_BYTES 0x300000ull
#define IN 0x400000ull /* receive buffers, each of NET_ROOM bytes */
#define COMMAND 0xf0000ull
#define ANSWER 0xf8000ull
#define LIMIT_MS 20000

struct net_machine net;

static struct bare_machine bare;

static struct {
	guint64 out; /* where the next packet is put */
	unsigned machines;
} here;

int net_set_up(void **state)
{
	(void)state;
	bare_set_up(&bare);
	return 0;
}

int net_drop(void **state)
{
	(void)state;
	bare_drop(&bare);
	return 0;
}

int net_tear_down(void **state)
{
	(void)state;
	if (net.qtest.process) {
		qtest_end(&net.qtest);
		close(net.wire);
	}
	return 0;
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		fail_msg("%s: %s", path, g_strerror(errno));
	return fd;
}

static int accept_at(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int wire = -1;

	if (poll(&poll_fd, 1, LIMIT_MS) == 1)
		wire = accept(fd, NULL, NULL);
	if (wire >= 0)
		fcntl(wire, F_SETFD, FD_CLOEXEC);
	close(fd);
	return wire;
}

/* Before that it takes all frames, and drops them. */
static void await_wire(void)
{
	for (int i = 0; i < LIMIT_MS / 10; i++) {
		JsonObject *arguments = json_object_new();
		g_autoptr(JsonNode) node = NULL;

		json_object_set_string_member(arguments, "command-line", "info network");
		node = qmp_call(net.qtest.qmp, "human-monitor-command", arguments, NULL);
		if (node && !strstr(json_node_get_string(node), "connecting"))
			return;
		g_usleep(10000);
	}
	fail_msg("the netdev does not connect");
}

void net_start(const char *device, const char *properties, const char *incoming)
{
	g_autofree char *path = g_strdup_printf("%s/wire%u", bare.folder, here.machines++);
	g_autofree char *netdev = g_strdup_printf(
		"stream,id=n,server=off,addr.type=unix,addr.path=%s", path);
	bool pci = g_str_has_suffix(device, "-pci");
	g_autofree char *option = g_strdup_printf("%s,netdev=n,mac=52:54:00:00:00:01%s%s", device,
						  pci ? "" : ",bus=virtio-mmio-bus.0", properties);
	int fd = listen_at(path);
	char *options[] = {
		"-machine", pci ? "pcie=on" : "pcie=off", "-netdev",   netdev,		 "-device",
		option,	    incoming ? "-S" : NULL,	  "-incoming", (char *)incoming, NULL};

	net.pci = pci;
	bare_start(&bare, &net.qtest, "16M", options);
	net.wire = accept_at(fd);
}

static void await_state(const char *wanted)
{
	for (int i = 0; i < LIMIT_MS / 10; i++) {
		g_autofree char *state = qtest_state(&net.qtest);

		if (g_strcmp0(state, wanted) == 0)
			return;
		g_usleep(10000);
	}
	fail_msg("the state never is \"%s\"", wanted);
}

void net_move(const char *device, const char *properties, int *old_wire)
{
	g_autofree char *uri = g_strdup_printf("file:%s/saved", bare.folder);
	struct vq *vqs[] = {net.rx, net.tx, &net.control};

	qtest_command(&net.qtest, "migrate", "uri", uri);
	await_state("postmigrate");
	qtest_end(&net.qtest);
	*old_wire = net.wire;
	net_start(device, properties, uri);
	await_wire();
	qtest_command(&net.qtest, "cont", NULL, NULL);
	await_state("running");
	for (unsigned i = 0; i < 2 * NET_PAIRS + 1; i++)
		vqs[i / NET_PAIRS][i % NET_PAIRS].qtest = &net.qtest;
}

static guint64 wanted(enum vq_ring ring, guint64 without)
{
	guint64 want = ~(1ull << VIRTIO_RING_F_EVENT_IDX | 1ull << VIRTIO_F_RING_PACKED |
			 1ull << VIRTIO_F_ACCESS_PLATFORM | 1ull << CRAFT_NET_F_HASH_REPORT |
			 1ull << VIRTIO_F_IN_ORDER);

	if (ring == VQ_PACKED || ring == VQ_PACKED_INDIRECT)
		want |= 1ull << VIRTIO_F_RING_PACKED;
	return want & ~without;
}

void net_driver(enum vq_ring ring, guint64 without, unsigned pairs)
{
	void (*set_up)(struct vq *, struct qtest *, enum vq_ring,
		       unsigned) = net.pci ? vq_pci_set_up : vq_set_up;
	guint64 want = wanted(ring, without);
	bool multi;

	await_wire();
	net.ring = ring;
	net.offered = (net.pci ? vq_pci_negotiate : vq_negotiate)(&net.qtest, VIRTIO_ID_NET, want);
	net.has = net.offered & want;
	multi = net.has & (1ull << CRAFT_NET_F_MQ | 1ull << CRAFT_NET_F_RSS);
	for (unsigned i = 0; i < pairs; i++) {
		set_up(&net.rx[i], &net.qtest, ring, CRAFT_NET_VQ_RX(i));
		set_up(&net.tx[i], &net.qtest, ring, CRAFT_NET_VQ_TX(i));
	}
	set_up(&net.control, &net.qtest, ring, CRAFT_NET_VQ_CTRL(multi ? pairs : 1));
	(net.pci ? vq_pci_driver_ok : vq_driver_ok)(&net.qtest);
	here.out = 0;
}

void net_put_frame(const void *frame, size_t len)
{
	guint32 head = GUINT32_TO_BE(len);

	assert_int_equal(write(net.wire, &head, sizeof(head)), sizeof(head));
	assert_int_equal(write(net.wire, frame, len), len);
}

/* QEMU has read them once nothing is on the wire, and dealt with them once it answers. */
void net_await_read(void)
{
	guint8 byte;
	int left;

	for (int i = 0; i < LIMIT_MS / 2; i++) {
		assert_int_equal(ioctl(net.wire, SIOCOUTQ, &left), 0);
		if (!left) {
			qtest_read(&net.qtest, COMMAND, &byte, 1);
			return;
		}
		g_usleep(2000);
	}
	fail_msg("frames stay on the wire");
}

static bool read_all(int wire, void *data, size_t len, int limit_ms, int *end)
{
	for (size_t at = 0; at < len;) {
		struct pollfd poll_fd = {.fd = wire, .events = POLLIN};
		ssize_t got;

		*end = -1;
		if (poll(&poll_fd, 1, at ? LIMIT_MS : limit_ms) != 1)
			return false;
		*end = 0;
		got = read(wire, (char *)data + at, len - at);
		if (got <= 0)
			return false;
		at += got;
	}
	return true;
}

int net_get_frame(int wire, void *frame, int limit_ms)
{
	guint32 len;
	int end;

	if (!read_all(wire, &len, sizeof(len), limit_ms, &end))
		return end;
	len = GUINT32_FROM_BE(len);
	assert_true(len <= NET_FRAME_MAX);
	return read_all(wire, frame, len, LIMIT_MS, &end) ? (int)len : end;
}

void net_send(unsigned pair, const void *packet, size_t len, unsigned cuts)
{
	struct vq_part parts[VQ_PARTS];
	size_t at = 0;

	if (here.out + len > OUT_BYTES)
		here.out = 0;
	qtest_write(&net.qtest, OUT + here.out, packet, len);
	for (unsigned i = 0; i < cuts; i++) {
		size_t end = i + 1 == cuts ? len : len * (i + 1) / cuts;

		parts[i] = (struct vq_part){OUT + here.out + at, end - at, false};
		at = end;
	}
	here.out += len;
	vq_add(&net.tx[pair], parts, cuts);
	vq_kick(&net.tx[pair]);
}

/* Looks until a chain of @vq was returned, for as long */
static bool await_used(struct vq *vq, guint32 *len, int limit_ms)
{
	for (int i = 0; !vq_get(vq, len); i++) {
		if (i == limit_ms / 2 || vq_is_broken(&net.qtest))
			return false;
		g_usleep(2000);
	}
	return true;
}

bool net_is_sent(unsigned pair, guint32 *len)
{
	return await_used(&net.tx[pair], len, LIMIT_MS);
}

void net_add_room(unsigned pair, unsigned n, size_t len)
{
	struct vq_part part = {IN + n * NET_ROOM, len, true};

	vq_add(&net.rx[pair], &part, 1);
	vq_kick(&net.rx[pair]);
}

int net_received(unsigned pair, unsigned n, void *packet, int limit_ms)
{
	guint32 len;

	if (!await_used(&net.rx[pair], &len, limit_ms))
		return -1;
	assert_true(len <= NET_ROOM);
	qtest_read(&net.qtest, IN + n * NET_ROOM, packet, len);
	return len;
}

unsigned net_command(const void *command, size_t len, void *answer, size_t answer_len)
{
	const struct vq_part parts[] = {{COMMAND, len, false}, {ANSWER, answer_len + 1, true}};
	guint8 ack = 0xee;
	guint32 used;

	qtest_write(&net.qtest, COMMAND, command, len);
	qtest_write(&net.qtest, ANSWER + answer_len, &ack, 1);
	vq_add(&net.control, parts, 2);
	vq_kick(&net.control);
	if (!await_used(&net.control, &used, LIMIT_MS))
		return vq_is_broken(&net.qtest) ? 256 : 257;
	assert_int_equal(used, answer_len + 1);
	if (answer)
		qtest_read(&net.qtest, ANSWER, answer, answer_len);
	qtest_read(&net.qtest, ANSWER + answer_len, &ack, 1);
	return ack;
}

void net_config(size_t offset, void *data, size_t len)
{
	qtest_read(&net.qtest, CONFIG + offset, data, len);
}
