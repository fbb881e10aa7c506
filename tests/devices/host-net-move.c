// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest moves from one QEMU to another, and on to a third, while it sends and receives: a
 * stream, and frames with numbers that a second guest returns. The switch between them sees
 * what each place sends. All that the guest sent comes out, once; what comes back comes
 * once; and what is lost is what the place that it left had not read.
 */
#include "net-switch.h"
#include "../unit.h"
#include "base/spawn.h"
#include "lab/lab.h"
#include "vm/machine.h"
#include "vm/qmp.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECONDS 120 /* for a boot, a move and a test; on a busy host they take their time */
#define MORE 50 /* frames that are back after a move, before the next */
#define PLACES 3
#define SAMPLE 2 /* tests without SOAK */
/* Frames that a netdev has read, and its NIC does not take: before the VM stops, and then. */
#define HELD 2
#define PROMPT ":~# "
#define MAC "52:54:00:6b:63:0"

struct place {
	GSubprocess *process;
	struct qmp *qmp;
	int console, agent;
	unsigned port;
};

static struct {
	struct lab *lab;
	char *folder;
	struct net_switch *net_switch;
	struct place peer, places[PLACES];
	GString *said; /* by the guest that moves, wherever it was */
} lan;

struct how {
	bool ours; /* the driver */
	const char *nic; /* type and properties */
	unsigned moves;
};

static int wire(struct spawn_fd *fd, int number)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	*fd = (struct spawn_fd){ends[1], number};
	return ends[0];
}

static char **words_of(const char *nic, unsigned number, bool ours, const char *incoming)
{
	g_autofree char *netdev = g_strdup_printf("dgram,id=net0,local.type=fd,local.str=%d",
						  MACHINE_FD_NET);
	g_autofree char *device = g_strdup_printf("%s,netdev=net0,mac=" MAC "%u", nic, number);
	g_autofree char *config = g_strdup_printf(MAC "%u,10.0.3.%u/24", number, number);
	const char *netdevs[] = {netdev, NULL}, *nics[] = {device, NULL}, *none[] = {NULL};
	const struct machine machine = {
		.qemu = lan.lab->parts[LAB_QEMU],
		.firmware = lan.lab->parts[LAB_FIRMWARE],
		.smp = 1,
		.memory_mib = 128,
		.kernel = lan.lab->parts[LAB_VMLINUX],
		.initrd = lan.lab->parts[LAB_INITRAMFS],
		.incoming = incoming,
		.netdevs = netdevs,
		.nics = nics,
		.net_config = config,
		/* The kernel's own driver is there from boot on, and would take the NIC. */
		.append = ours ? "initcall_blacklist=virtio_net_driver_init" : NULL,
		.devices = none,
	};

	return machine_argv(&machine, MACHINE_WIRED);
}

static void start(struct place *place, const char *nic, unsigned number, bool ours,
		  const char *incoming)
{
	g_auto(GStrv) argv = words_of(nic, number, ours, incoming);
	struct spawn_fd fds[4];
	GError *error = NULL;
	int control;

	control = wire(&fds[0], MACHINE_FD_QMP);
	place->console = wire(&fds[1], MACHINE_FD_CONSOLE);
	place->agent = wire(&fds[2], MACHINE_FD_AGENT);
	fds[3].theirs = MACHINE_FD_NET;
	place->port = switch_plug(lan.net_switch, &fds[3].ours);
	place->process = spawn((const char *const *)argv, NULL, fds, 4, &error);
	if (!place->process)
		fail_msg("%s", error->message);
	place->qmp = qmp_new(control, NULL, NULL);
}

static void end(struct place *place)
{
	if (!place->process)
		return;
	g_subprocess_force_exit(place->process);
	g_subprocess_wait(place->process, NULL, NULL);
	g_clear_object(&place->process);
	g_clear_pointer(&place->qmp, qmp_free);
	close(place->console);
	close(place->agent);
}

/* Reads on until all that was @said has @text; what was, goes into the failure. */
static void await_words(const struct place *place, GString *said, const char *text)
{
	gint64 limit = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;
	struct pollfd fd = {.fd = place->console, .events = POLLIN};
	char chunk[512];
	ssize_t n;

	while (!strstr(said->str, text)) {
		if (g_get_monotonic_time() > limit)
			fail_msg("no '%s' after %d s of:\n%s", text, SECONDS, said->str);
		if (poll(&fd, 1, 200) <= 0)
			continue;
		n = read(place->console, chunk, sizeof(chunk));
		if (n <= 0)
			fail_msg("QEMU ended after:\n%s", said->str);
		g_string_append_len(said, chunk, n);
	}
}

static void type(const struct place *place, const char *line)
{
	assert_int_equal(write(place->console, line, strlen(line)), strlen(line));
}

static void await_count(unsigned least)
{
	for (int i = 0; switch_count(lan.net_switch, SWITCH_BACK) < least; i++) {
		if (i == SECONDS * 100)
			fail_msg("%u frames went back, not %u",
				 switch_count(lan.net_switch, SWITCH_BACK), least);
		g_usleep(10000);
	}
}

static JsonNode *call(const struct place *place, const char *command, JsonObject *arguments)
{
	GError *error = NULL;
	JsonNode *node = qmp_call(place->qmp, command, arguments, &error);

	if (!node)
		fail_msg("%s: %s", command, error->message);
	return node;
}

/* Until QEMU's answer to @command has @wanted in "status" */
static void await_status(const struct place *place, const char *command, const char *wanted)
{
	gint64 limit = g_get_monotonic_time() + SECONDS * G_USEC_PER_SEC;

	for (;;) {
		g_autoptr(JsonNode) node = call(place, command, NULL);
		const char *status = json_object_get_string_member_with_default(
			json_node_get_object(node), "status", "none");

		if (g_str_equal(status, wanted))
			return;
		if (g_str_equal(status, "failed") || g_get_monotonic_time() > limit)
			fail_msg("%s: the status is '%s', not '%s'", command, status, wanted);
		g_usleep(20000);
	}
}

/* All at once rather than little by little: what is tested is what is under way. */
static void send_state(const struct place *from, const char *uri)
{
	JsonObject *limits = json_object_new(), *where = json_object_new();

	json_object_set_int_member(limits, "max-bandwidth", 1 << 30);
	json_object_set_int_member(limits, "downtime-limit", 5000);
	json_node_unref(call(from, "migrate-set-parameters", limits));
	json_object_set_string_member(where, "uri", uri);
	json_node_unref(call(from, "migrate", where));
	await_status(from, "query-migrate", "completed");
}

/* Returns how many frames are lost by it: those that the old place never read. */
static unsigned move(const struct how *how, unsigned n)
{
	g_autofree char *uri = g_strdup_printf("unix:%s/move%u", lan.folder, n);
	struct place *from = &lan.places[n], *to = &lan.places[n + 1];

	start(to, how->nic, 1, how->ours, uri);
	await_status(to, "query-status", "inmigrate");
	send_state(from, uri);
	await_status(to, "query-status", "running");
	await_count(switch_count(lan.net_switch, SWITCH_BACK) + MORE);
	assert_int_equal(switch_where(lan.net_switch), to->port);
	end(from);
	return switch_unread(lan.net_switch, from->port);
}

static void boot(const struct how *how)
{
	GString *said = g_string_new(NULL);

	lan.said = g_string_new(NULL);
	start(&lan.peer, "virtio-net-pci", 2, false, NULL);
	assert_int_equal(lan.peer.port, SWITCH_PEER);
	start(&lan.places[0], how->nic, 1, how->ours, NULL);
	await_words(&lan.peer, said, PROMPT);
	type(&lan.peer, "net_test serve\n");
	await_words(&lan.places[0], lan.said, PROMPT);
	g_string_free(said, TRUE);
}

/* What net_test says of its frames is the same as what the switch has seen. */
static void compare(unsigned unread, unsigned moves)
{
	unsigned sent = 0, back = 0, lost = 0, streams = 0, went;
	const char *line = strstr(lan.said->str, "frames sent");

	while (line && line > lan.said->str && line[-1] != '#')
		line--;
	if (!line ||
	    sscanf(line, " %u frames sent, %u back, %u lost; %u streams", &sent, &back, &lost,
		   &streams) != 4 ||
	    !strstr(lan.said->str, "\nok 1 move"))
		fail_msg("the guest's test failed:\n%s", lan.said->str);
	went = switch_count(lan.net_switch, SWITCH_BACK);
	print_message("# %u sent, %u back; %u of %u lost in %u moves; %u streams\n", sent, back,
		      went - back, went, moves, streams);
	assert_int_equal(switch_twice(lan.net_switch, SWITCH_OUT), 0);
	assert_int_equal(switch_twice(lan.net_switch, SWITCH_BACK), 0);
	assert_int_equal(switch_count(lan.net_switch, SWITCH_OUT), sent);
	assert_in_range(went - back, unread, unread + HELD * moves);
}

static void moves_under_traffic(void **state)
{
	const struct how *how = *state;
	unsigned unread = 0;

	lan.net_switch = switch_new();
	boot(how);
	type(&lan.places[0], how->ours ? "dmesg -n 1; insmod craft_net.ko; net_test move\n"
				       : "dmesg -n 1; net_test move\n");
	await_words(&lan.places[0], lan.said, "# to be moved");
	for (unsigned n = 0; n < how->moves; n++)
		unread += move(how, n);
	type(&lan.places[how->moves], "\n");
	await_words(&lan.places[how->moves], lan.said, "\n1..1");
	compare(unread, how->moves);
}

static int tear_down(void **state)
{
	(void)state;
	end(&lan.peer);
	for (int i = 0; i < PLACES; i++)
		end(&lan.places[i]);
	g_clear_pointer(&lan.net_switch, switch_free);
	if (lan.said)
		g_string_free(lan.said, TRUE);
	lan.said = NULL;
	return 0;
}

static void say(int fd, guint8 number)
{
	guint8 frame[60] = {[12] = SWITCH_TYPE >> 8, [13] = SWITCH_TYPE & 0xff};

	frame[SWITCH_NUMBER_AT] = number;
	assert_int_equal(send(fd, frame, sizeof(frame), 0), sizeof(frame));
}

static void hear(int fd, guint8 number)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	guint8 frame[61];

	assert_int_equal(poll(&poll_fd, 1, SECONDS * 1000), 1);
	assert_int_equal(recv(fd, frame, sizeof(frame), 0), 60);
	assert_int_equal(frame[SWITCH_NUMBER_AT], number);
}

/* One that is sent again is seen; what lies unread at a place that was left is counted. */
static void the_switch_takes_notes(void **state)
{
	int peer, old, new;

	(void)state;
	lan.net_switch = switch_new();
	switch_plug(lan.net_switch, &peer);
	switch_plug(lan.net_switch, &old);
	for (guint8 i = 0; i < 4; i++) {
		say(old, MIN(i, 2));
		hear(peer, MIN(i, 2));
		say(peer, MIN(i, 2));
	}
	await_count(3);
	while (!switch_twice(lan.net_switch, SWITCH_BACK))
		g_usleep(1000);
	switch_plug(lan.net_switch, &new);
	say(new, 3);
	hear(peer, 3);
	say(peer, 3);
	hear(new, 3);
	assert_int_equal(switch_where(lan.net_switch), 2);
	assert_int_equal(switch_count(lan.net_switch, SWITCH_OUT), 4);
	assert_int_equal(switch_twice(lan.net_switch, SWITCH_OUT), 1);
	assert_int_equal(switch_unread(lan.net_switch, 1), 4);
	close(peer);
	close(old);
	close(new);
}

static int set_up(void **state)
{
	GError *error = NULL;

	(void)state;
	lan.lab = lab_find(&error);
	if (!lan.lab)
		fail_msg("%s", error->message);
	lan.folder = g_dir_make_tmp("kc-move-XXXXXX", NULL);
	return lan.folder ? 0 : -1;
}

static int drop(void **state)
{
	void *folder = lan.folder;

	(void)state;
	lab_free(lan.lab);
	return unit_folder_drop(&folder);
}

#define MOVES(ours, nic)                                                   \
	unit_named("moves " #ours " " nic, moves_under_traffic, tear_down, \
		   (&(const struct how){ours, nic, PLACES - 1}))

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_named("the switch takes notes", the_switch_takes_notes, tear_down, NULL),
		MOVES(true, "craft-net-pci,packed=on"),
		MOVES(true, "craft-net-pci,mrg_rxbuf=off"),
		MOVES(true, "virtio-net-pci"),
		MOVES(false, "craft-net-pci"),
		MOVES(false, "craft-net-pci,packed=on,ioeventfd=off"),
		MOVES(false, "virtio-net-pci"),
	};

	size_t count = g_getenv("SOAK") ? G_N_ELEMENTS(tests) : SAMPLE;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return _cmocka_run_group_tests("moves", tests, count, set_up, drop);
}
