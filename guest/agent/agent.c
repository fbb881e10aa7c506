// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kc's hand in the guest: takes files and commands from the host over a
 * virtio-serial port. One poll loop, nothing in it blocks: a command that does
 * not read its input, or a host that does not read its output, stops only its
 * own stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "ask.h"
#include "command.h"
#include "kmsg.h"
#include "net.h"
#include "port.h"
#include "setup.h"

/* Each carries several frames: more than the kernel's log holds. */
#define KMSG_TURNS 16
#define KMSG_SPARE 4 /* frames that the log leaves to answers and output */

static struct port port;
static struct command command = {.in = -1, .out = -1, .err = -1};
static int file = -1; /* of a PUT or a GET */
static bool getting;
static char got[256]; /* the name of what is got */
static unsigned char pending[KC_STDIN_WINDOW]; /* not yet taken by command */
static size_t pending_len;
static bool pending_eof;

static void send_text(enum kc_frame_type type, const char *text)
{
	port_send(&port, type, text, strlen(text) + 1, NULL, 0);
}

static void send_number(enum kc_frame_type type, uint32_t number)
{
	port_send(&port, type, &number, sizeof(number), NULL, 0);
}

static void send_error(const char *what, const char *why)
{
	char text[4096 + 256]; /* @what may be a path */

	snprintf(text, sizeof(text), "%s: %s", what, why);
	send_text(KC_ERROR, text);
}

static void send_ready(void)
{
	uint32_t version = KC_PROTOCOL_VERSION;
	struct utsname name;

	uname(&name);
	port_send(&port, KC_READY, &version, sizeof(version), name.release,
		  strlen(name.release) + 1);
}

static void do_setup(const unsigned char *payload, size_t len)
{
	const char *failed = setup(payload, len);

	if (failed)
		send_error(failed, strerror(errno));
	else
		port_send(&port, KC_OK, NULL, 0, NULL, 0);
}

static void make_parents(const char *path)
{
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
}

static void do_put(const unsigned char *payload, size_t len)
{
	const char *path = (const char *)payload + sizeof(uint32_t);
	uint32_t mode;

	command_close(&file);
	if (len < sizeof(mode) + 2) {
		send_error("PUT", "too short");
		return;
	}
	memcpy(&mode, payload, sizeof(mode));
	make_parents(path);
	/* A running program cannot be opened for writing, but replaced. */
	unlink(path);
	file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode & 07777);
	if (file < 0)
		send_error(path, strerror(errno));
	else
		fchmod(file, mode & 07777);
	getting = false;
}

static void do_data(const unsigned char *payload, size_t len)
{
	/* After a failed PUT its data still comes: it was answered already. */
	while (file >= 0 && !getting && len) {
		ssize_t n = write(file, payload, len);

		if (n < 0 && errno != EINTR) {
			send_error("cannot write the file", strerror(errno));
			command_close(&file);
		} else if (n > 0) {
			payload += n;
			len -= n;
		}
	}
}

static void do_eof(void)
{
	if (file < 0 || getting)
		return;
	command_close(&file);
	port_send(&port, KC_OK, NULL, 0, NULL, 0);
}

static void do_get(const char *path)
{
	struct stat stat;

	command_close(&file);
	snprintf(got, sizeof(got), "%s", path);
	file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	getting = true;
	if (file < 0 || fstat(file, &stat)) {
		send_error(path, strerror(errno));
	} else if (!S_ISREG(stat.st_mode) && !S_ISBLK(stat.st_mode)) {
		/* A terminal or a pipe need never end. */
		send_error(path,
			   S_ISDIR(stat.st_mode) ? strerror(EISDIR) : "it is not a regular file");
		command_close(&file);
	}
}

static void do_exec(const unsigned char *payload, size_t len)
{
	const char *error = command_start(&command, payload, len);

	pending_len = 0;
	pending_eof = false;
	if (error)
		send_error("cannot run the command", error);
}

static void write_stdin(void)
{
	ssize_t n = 0;

	if (pending_len && command.in >= 0)
		n = write(command.in, pending, pending_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Whoever will not read any more takes all of it. */
	if (n < 0 || command.in < 0)
		n = pending_len;
	if (n) {
		pending_len -= n;
		memmove(pending, pending + n, pending_len);
		send_number(KC_STDIN_ACK, n);
	}
	if (pending_eof && !pending_len && !command.tty)
		command_close(&command.in);
}

static void do_stdin(const unsigned char *payload, size_t len)
{
	static const unsigned char end_of_transmission = 4;

	if (!len) {
		pending_eof = true;
		/* A terminal's input ends by a character. */
		if (command.tty && pending_len < sizeof(pending)) {
			pending[pending_len++] = end_of_transmission;
		}
	}
	if (len > sizeof(pending) - pending_len)
		len = sizeof(pending) - pending_len;
	memcpy(pending + pending_len, payload, len);
	pending_len += len;
	write_stdin();
}

static uint32_t number_in(const unsigned char *payload, size_t len)
{
	uint32_t number = 0;

	memcpy(&number, payload, len < sizeof(number) ? len : sizeof(number));
	return number;
}

static void poweroff(void)
{
	sync();
	reboot(RB_POWER_OFF);
}

static void handle_frame(int type, const unsigned char *payload, size_t len)
{
	uint32_t number = number_in(payload, len);

	switch (type) {
	case KC_HELLO:
		send_ready();
		break;
	case KC_SETUP:
		do_setup(payload, len);
		break;
	case KC_PUT:
		do_put(payload, len);
		break;
	case KC_GET:
		do_get((const char *)payload);
		break;
	case KC_DATA:
		do_data(payload, len);
		break;
	case KC_EOF:
		do_eof();
		break;
	case KC_EXEC:
		do_exec(payload, len);
		break;
	case KC_STDIN:
		do_stdin(payload, len);
		break;
	case KC_SIGNAL:
		command_signal(&command, number);
		break;
	case KC_WINSIZE:
		command_winsize(&command, number & 0xffff, number >> 16);
		break;
	case KC_ANSWER:
		ask_answer(payload, len);
		break;
	case KC_POWEROFF:
		poweroff();
		break;
	default:
		send_error("agent", "unknown frame");
	}
}

/* Passes on what fd has now, up to one frame; what read() said. */
static ssize_t pass_on(int fd, enum kc_frame_type type)
{
	static unsigned char bytes[KC_FRAME_MAX];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0)
		port_send(&port, type, bytes, n, NULL, 0);
	return n;
}

/* The same, and closes it at its end. */
static bool pump_once(int *fd, enum kc_frame_type type)
{
	ssize_t n;

	if (*fd < 0 || !port_has_frames(&port, 1))
		return false;
	n = pass_on(*fd, type);
	if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
		command_close(fd);
	return n > 0;
}

static void pump(int *fd, enum kc_frame_type type)
{
	while (pump_once(fd, type))
		;
}

/* A file that cannot be read to its end is none that the host should keep. */
static void end_file(ssize_t n)
{
	/* What would wait for more, such as trace_pipe, has given all that there is. */
	if (!n || errno == EAGAIN)
		port_send(&port, KC_EOF, NULL, 0, NULL, 0);
	else
		send_error(got, strerror(errno));
	command_close(&file);
}

static void pump_file(void)
{
	while (getting && file >= 0 && port_has_frames(&port, 2)) {
		ssize_t n = pass_on(file, KC_DATA);

		if (n <= 0 && !(n < 0 && errno == EINTR))
			end_file(n);
	}
}

static void close_command(void)
{
	/* A terminal is one file for both ways. */
	if (!command.tty)
		command_close(&command.in);
	command.in = -1;
	command_close(&command.out);
	command_close(&command.err);
	command.pid = 0;
}

/*
 * The command has ended: what it wrote is in the pipes, a frame each at most.
 * Take that and no more, as a child of it that lives on may hold them open and
 * write for ever.
 */
static void finish_command(void)
{
	static int turns;

	if (!command.pid || !command_reap(&command) || !port_has_frames(&port, 4))
		return;
	pump_once(&command.out, KC_STDOUT);
	pump_once(&command.err, KC_STDERR);
	/*
	 * More may be waiting than there is room for: then at the next turn, but
	 * a kernel that never falls silent does not hold the end back.
	 */
	if (!kmsg_send(&port, 1) && turns++ < KMSG_TURNS)
		return;
	turns = 0;
	close_command();
	send_number(KC_EXIT, command.status);
}

static void pump_command(void)
{
	/* Before the last read: what is written after it is a survivor's. */
	command_reap(&command);
	pump(&command.out, KC_STDOUT);
	if (command.tty)
		command.in = command.out;
	pump(&command.err, KC_STDERR);
	finish_command();
}

static void receive(void)
{
	const unsigned char *payload;
	size_t len;
	int type;

	/* An answer must always find room, so none is asked for without it. */
	while (port_has_frames(&port, 1) && (type = port_receive(&port, &payload, &len)) > 0)
		handle_frame(type, payload, len);
}

static void wait_for_something(int signals, int kmsg, int net)
{
	bool room = port_has_frames(&port, 1);
	struct pollfd fds[] = {
		{.fd = port.fd, .events = (room ? POLLIN : 0) | (port.out_len ? POLLOUT : 0)},
		{.fd = signals, .events = POLLIN},
		{.fd = room ? command.out : -1, .events = POLLIN},
		{.fd = room ? command.err : -1, .events = POLLIN},
		{.fd = pending_len ? command.in : -1, .events = POLLOUT},
		{.fd = port_has_frames(&port, KMSG_SPARE + 1) ? kmsg : -1, .events = POLLIN},
		{.fd = -1},
		{.fd = net, .events = POLLIN},
	};

	if (room)
		ask_poll(&fds[6]);
	poll(fds, 8, getting && file >= 0 && port_has_frames(&port, 2) ? 0 : -1);
	/* With no host at the other end, poll would return at once for ever. */
	if (fds[0].revents & POLLHUP)
		usleep(2000);
}

static int watch_children(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	int signals, kmsg, net;

	if (!strcmp(basename(argv[0]), "kc-host"))
		return ask_main(argc, argv);
	signals = watch_children();
	kmsg = kmsg_open();
	ask_listen();
	net = net_open();

	/* A machine without our port: a user's own QEMU, or a kernel without its drivers. */
	if (!port_open(&port, 3000)) {
		port_tell_missing();
		for (;;)
			pause();
	}
	send_ready();
	for (;;) {
		wait_for_something(signals, kmsg, net);
		while (read(signals, &info, sizeof(info)) > 0)
			;
		port_flush(&port);
		kmsg_send(&port, KMSG_SPARE);
		/* Before the next command, which may want what the last one brought. */
		net_take();
		receive();
		write_stdin();
		pump_file();
		ask_take(&port);
		pump_command();
	}
}
