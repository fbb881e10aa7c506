/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qtest-rig.h"
#include "lab/lab.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "../../devices/echo/abi.h"
#include "../../devices/fault/abi.h"
#include "../../devices/hello/abi.h"
#include "../unit.h"

#define MAGIC 0x74726976u
#define MMIO_SIZE 0x200u
#define MMIOS 24
#define LOOK_US 2000
#define LOOKS_DOUBTFUL 50 /* for what may */

/* "hello", with a header before it where there is one */
const struct device devices[] = {
	[HELLO] = {"virtio-hello-device", VIRTIO_ID_HELLO, "68656c6c6f", "48454c4c4f", 5, 5},
	[ECHO] = {"virtio-echo-device", VIRTIO_ID_ECHO,
		  "0100000005000000070000000000000068656c6c6f",
		  "0000000005000000070000000000000048454c4c4f", 21, 21},
	[FAULT] = {"virtio-fault-device", VIRTIO_ID_FAULT, "2a00000000000000", "2a00000000000000",
		   8, 8},
};

const char *ask(struct rig *rig, const char *format, ...)
{
	static char line[16384];
	va_list args;

	va_start(args, format);
	vfprintf(rig->to, format, args);
	va_end(args);
	fputc('\n', rig->to);
	fflush(rig->to);
	alarm(60); /* a device that never ends its loop ends this test */
	if (rig->dead || !fgets(line, sizeof(line), rig->from)) {
		rig->dead = true;
		return "0";
	}
	alarm(0);
	if (!g_str_has_prefix(line, "OK"))
		fail_msg("qtest: %s", line);
	return g_strstrip(line + 2);
}

uint32_t get(struct rig *rig, uint32_t reg)
{
	return strtoul(ask(rig, "readl 0x%x", rig->base + reg), NULL, 0);
}

void put(struct rig *rig, uint32_t reg, uint32_t value)
{
	ask(rig, "writel 0x%x 0x%x", rig->base + reg, value);
}

/* Where QEMU is on the other end of @monitor */
static char **command_line(struct rig *rig, int monitor, const char *incoming)
{
	g_autoptr(GError) error = NULL;
	struct lab *lab = lab_find(&error);
	g_autoptr(GString) line = g_string_new("-nodefaults -display none -m 64");
	char **argv;

	if (!lab)
		fail_msg("%s", error->message);
	g_string_append(line, " -machine microvm,pcie=on -bios qboot.rom -accel qtest -qtest stdio"
			      " -global virtio-mmio.force-legacy=false");
	g_string_append_printf(line, " -chardev socket,id=m,fd=%d -mon m,mode=control", monitor);
	g_string_append_printf(line, " -device %s%s", rig->device->name, rig->options);
	if (incoming)
		g_string_append_printf(line, " -incoming file:%s", incoming);
	g_string_prepend(line, " -L FIRMWARE ");
	argv = g_strsplit(line->str, " ", -1);
	g_free(argv[0]);
	argv[0] = g_strdup(lab->parts[LAB_QEMU]);
	g_free(argv[2]);
	argv[2] = g_strdup(lab->parts[LAB_FIRMWARE]);
	lab_free(lab);
	return argv;
}

/* A test that fails does not get as far as to end it. */
static void end_with_the_test(void *unused)
{
	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void start_qemu(struct rig *rig, const char *incoming)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = NULL;
	int to, from, monitor[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, monitor), 0);
	fcntl(monitor[0], F_SETFD, FD_CLOEXEC);
	argv = command_line(rig, monitor[1], incoming);
	if (!g_spawn_async_with_pipes(NULL, argv, NULL,
				      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL |
					      G_SPAWN_LEAVE_DESCRIPTORS_OPEN,
				      end_with_the_test, NULL, &rig->pid, &to, &from, NULL, &error))
		fail_msg("%s", error->message);
	close(monitor[1]);
	fcntl(to, F_SETFD, FD_CLOEXEC);
	fcntl(from, F_SETFD, FD_CLOEXEC);
	rig->to = fdopen(to, "w");
	rig->from = fdopen(from, "r");
	rig->qmp = fdopen(monitor[0], "r");
}

void power_on(struct rig *rig, const struct device *device, const char *options)
{
	*rig = (struct rig){.device = device, .options = options};
	start_qemu(rig, NULL);
}

void set_up(struct rig *rig, const struct device *device, const char *options)
{
	power_on(rig, device, options);
	for (int i = 0; i < MMIOS; i++) {
		rig->base = MMIO + i * MMIO_SIZE;
		if (get(rig, VIRTIO_MMIO_MAGIC_VALUE) == MAGIC &&
		    get(rig, VIRTIO_MMIO_DEVICE_ID) == device->id)
			return;
	}
	fail_msg("%s: %s", device->name,
		 rig->dead ? "QEMU does not start" : "on no virtio-mmio of the machine");
}

void tear_down(struct rig *rig)
{
	fclose(rig->to);
	fclose(rig->from);
	fclose(rig->qmp);
	kill(rig->pid, SIGKILL);
	waitpid(rig->pid, NULL, 0);
}

bool qmp_says(struct rig *rig, const char *command, const char *words)
{
	char line[16384];

	dprintf(fileno(rig->qmp), "%s\n", command);
	alarm(60);
	do {
		if (!fgets(line, sizeof(line), rig->qmp))
			fail_msg("QEMU ended at %s", command);
	} while (!strstr(line, "\"return\"") && !strstr(line, "\"error\""));
	alarm(0);
	return strstr(line, words);
}

static void save(struct rig *rig, const char *file)
{
	g_autofree char *go_on = g_strdup_printf(
		"{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"file:%s\"}}", file);
	int looks = LOOKS_CERTAIN;

	assert_true(qmp_says(rig, "{\"execute\": \"qmp_capabilities\"}", "return"));
	assert_true(qmp_says(rig, go_on, "return"));
	while (!qmp_says(rig, "{\"execute\": \"query-migrate\"}", "\"completed\"")) {
		assert_true(looks--);
		usleep(LOOK_US);
	}
}

void migrate(struct rig *rig)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *file = NULL;
	int fd = g_file_open_tmp("kc-qtest-XXXXXX", &file, &error);

	if (fd < 0)
		fail_msg("%s", error->message);
	close(fd);
	save(rig, file);
	tear_down(rig);
	start_qemu(rig, file);
	for (int looks = LOOKS_CERTAIN; !get(rig, VIRTIO_MMIO_STATUS); usleep(LOOK_US))
		if (rig->dead || !looks--)
			fail_msg("%s: what was saved is not taken", rig->device->name);
	unlink(file);
}

static void put_address(struct rig *rig, uint32_t reg, uint64_t address)
{
	put(rig, reg, (uint32_t)address);
	put(rig, reg + 4, address >> 32);
}

void set_queue(struct rig *rig, uint32_t queue, uint64_t desc, uint64_t avail, uint64_t used)
{
	put(rig, VIRTIO_MMIO_QUEUE_SEL, queue);
	put(rig, VIRTIO_MMIO_QUEUE_NUM, NUM);
	put_address(rig, VIRTIO_MMIO_QUEUE_DESC_LOW, desc);
	put_address(rig, VIRTIO_MMIO_QUEUE_AVAIL_LOW, avail);
	put_address(rig, VIRTIO_MMIO_QUEUE_USED_LOW, used);
	put(rig, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* As the specification has it, up to FEATURES_OK */
void negotiate(struct rig *rig)
{
	const uint32_t known = 1u << VIRTIO_RING_F_INDIRECT_DESC | 1u << VIRTIO_ECHO_F_EVENT |
			       1u << VIRTIO_ECHO_F_TRANSFORM;
	uint32_t status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;

	put(rig, VIRTIO_MMIO_STATUS, 0);
	ask(rig, "memset 0x%x 0x8000 0", DESC);
	rig->added = rig->used = 0;
	put(rig, VIRTIO_MMIO_STATUS, status);
	put(rig, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	put(rig, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	put(rig, VIRTIO_MMIO_DRIVER_FEATURES, get(rig, VIRTIO_MMIO_DEVICE_FEATURES) & known);
	put(rig, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	put(rig, VIRTIO_MMIO_DRIVER_FEATURES,
	    1u << (VIRTIO_F_VERSION_1 - 32) | (rig->in_order ? 1u << (VIRTIO_F_IN_ORDER - 32) : 0));
	put(rig, VIRTIO_MMIO_STATUS, status | VIRTIO_CONFIG_S_FEATURES_OK);
}

void go(struct rig *rig)
{
	put(rig, VIRTIO_MMIO_STATUS, get(rig, VIRTIO_MMIO_STATUS) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void initialize(struct rig *rig)
{
	negotiate(rig);
	set_queue(rig, 0, DESC, AVAIL, USED);
	go(rig);
}

/* Buffers */

void describe(struct rig *rig, uint32_t table, unsigned i, uint64_t address, uint32_t len,
	      uint16_t flags, uint16_t next)
{
	uint32_t at = table + i * sizeof(struct vring_desc);

	ask(rig, "writeq 0x%x 0x%llx", at, (unsigned long long)address);
	ask(rig, "writel 0x%x 0x%x", at + 8, len);
	ask(rig, "writew 0x%x 0x%x", at + 12, flags);
	ask(rig, "writew 0x%x 0x%x", at + 14, next);
}

void out(struct rig *rig, unsigned i, uint32_t len, uint16_t next)
{
	describe(rig, DESC, i, OUT, len, VRING_DESC_F_NEXT, next);
}

void in(struct rig *rig, unsigned i, uint32_t len)
{
	describe(rig, DESC, i, IN, len, VRING_DESC_F_WRITE, 0);
}

void set_index(struct rig *rig, uint16_t index)
{
	ask(rig, "writew 0x%x 0x%x", AVAIL + 2, index);
	put(rig, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
}

void offer(struct rig *rig, uint16_t head)
{
	ask(rig, "writew 0x%x 0x%x", AVAIL + 4 + rig->added % NUM * 2, head);
	set_index(rig, ++rig->added);
}

void request(struct rig *rig)
{
	ask(rig, "write 0x%x 0x%x 0x%s", OUT, rig->device->out_len, rig->device->out);
}

enum outcome await(struct rig *rig, enum outcome expected)
{
	int looks = expected & NOTHING ? LOOKS_DOUBTFUL : LOOKS_CERTAIN;

	while (looks-- && !rig->dead) {
		if (get(rig, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET)
			return BROKEN;
		if (strtoul(ask(rig, "readw 0x%x", USED + 2), NULL, 0) != rig->used)
			return ANSWERED;
		usleep(LOOK_US);
	}
	return NOTHING;
}

void must_go_well(struct rig *rig, const char *after)
{
	g_autofree char *answer = NULL;

	initialize(rig);
	request(rig);
	ask(rig, "memset 0x%x 0x%x 0", IN, rig->device->in_len);
	out(rig, 0, rig->device->out_len, 1);
	in(rig, 1, rig->device->in_len);
	offer(rig, 0);
	if (await(rig, ANSWERED) != ANSWERED)
		fail_msg("%s, after '%s': %s", rig->device->name, after,
			 rig->dead ? "QEMU has ended" : "no answer to a healthy request");
	answer = g_strdup(ask(rig, "read 0x%x 0x%x", IN, rig->device->in_len));
	if (!g_str_equal(answer + 2, rig->device->in))
		fail_msg("%s, after '%s': the answer is %s", rig->device->name, after, answer);
}
