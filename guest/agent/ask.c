// SPDX-License-Identifier: GPL-2.0-or-later
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_MAX 4096
#define PATIENCE 30 /* seconds */

/* In no file system: neither a root that is read-only nor another's file matters. */
static const struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "\0kc-host"};
#define PLACE_LEN (offsetof(struct sockaddr_un, sun_path) + sizeof("kc-host"))

static int listener = -1;
static int client = -1;
static char words[WORDS_MAX];
static size_t words_len;
static bool asked;

static void drop_client(void)
{
	close(client);
	client = -1;
	words_len = 0;
	asked = false;
}

void ask_listen(void)
{
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0)
		return;
	if (bind(listener, (const struct sockaddr *)&place, PLACE_LEN) || listen(listener, 16)) {
		close(listener);
		listener = -1;
	}
}

void ask_poll(struct pollfd *fd)
{
	fd->fd = asked ? -1 : client >= 0 ? client : listener;
	fd->events = POLLIN;
}

/* True once the client has said all. */
static bool read_words(void)
{
	ssize_t n = read(client, words + words_len, sizeof(words) - words_len);

	if (n > 0)
		words_len += n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		drop_client();
	return n == 0;
}

void ask_take(struct port *port)
{
	if (client < 0 && listener >= 0)
		client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0 || asked || !port_has_frames(port, 1) || !read_words())
		return;
	port_send(port, KC_ASK, words, words_len, NULL, 0);
	asked = true;
}

void ask_answer(const unsigned char *payload, size_t len)
{
	if (!asked)
		return;
	/* Few bytes into an empty socket: they fit, or the client is gone. */
	send(client, payload, len, MSG_NOSIGNAL);
	drop_client();
}

static int fail(const char *what)
{
	fprintf(stderr, "kc-host: %s: %s\n", what, strerror(errno));
	return 1;
}

static bool say(int fd, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (write(fd, argv[i], strlen(argv[i]) + 1) < 0)
			return false;
	return !shutdown(fd, SHUT_WR);
}

/* The status, then what there is to say of it. */
static int hear(int fd)
{
	char answer[WORDS_MAX];
	uint32_t status;
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, answer + len, sizeof(answer) - len)) > 0)
		len += n;
	if (n < 0 || len < sizeof(status)) {
		fputs("kc-host: no answer from the host\n", stderr);
		return 1;
	}
	memcpy(&status, answer, sizeof(status));
	if (len > sizeof(status))
		fprintf(status ? stderr : stdout, "%s%.*s\n", status ? "kc-host: " : "",
			(int)(len - sizeof(status)), answer + sizeof(status));
	return status;
}

int ask_main(int argc, char **argv)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 2) {
		fputs("usage: kc-host set ID PROPERTY VALUE\n"
		      "       kc-host unplug ID\n"
		      "       kc-host plug DEVICE[,PROPERTY=VALUE...]\n"
		      "       kc-host link NIC on|off\n"
		      "       kc-host announce\n\n"
		      "Asks kc, which runs this guest, to do what only a host can.\n",
		      stderr);
		return 2;
	}
	alarm(PATIENCE);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&place, PLACE_LEN))
		return fail("cannot reach the agent");
	if (!say(fd, argc, argv))
		return fail("cannot ask");
	return hear(fd);
}
