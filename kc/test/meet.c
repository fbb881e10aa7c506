/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "test/meet.h"
#include "base/loop.h"
#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_SECONDS 0.05

enum word { WORD_UP = 'u', WORD_END = 'e', WORD_FAILED = 'f', WORD_PASSED = 'p' };

bool meet_new(struct meet ends[2], GError **error)
{
	int words[2], wire[2];

	for (int i = 0; i < 2; i++)
		ends[i] = (struct meet){.other = -1, .wire = -1, .number = i + 1};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, words) == 0) {
		ends[0].other = words[0];
		ends[1].other = words[1];
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, wire) == 0) {
		ends[0].wire = wire[0];
		ends[1].wire = wire[1];
	}
	if (ends[0].other >= 0 && ends[0].wire >= 0)
		return true;
	g_set_error(error, STATUS_ERROR, STATUS_HOST_NOT_READY, "no sockets for two guests: %s",
		    g_strerror(errno));
	return false;
}

void meet_clear(struct meet *meet)
{
	if (meet->other >= 0)
		close(meet->other);
	if (meet->wire >= 0)
		close(meet->wire);
	meet->other = meet->wire = -1;
}

struct hearing {
	struct meet *meet;
	char word;
};

static bool hear_step(void *data)
{
	struct hearing *hearing = data;
	ssize_t n = recv(hearing->meet->other, &hearing->word, 1, MSG_DONTWAIT);

	if (n == 1)
		return true;
	hearing->word = 0;
	/* It has ended, and all that it said was heard. */
	return n == 0 || (errno != EAGAIN && errno != EINTR);
}

/* The other's next word; 0: there is none. */
static char hear(struct meet *meet, gint64 deadline, enum loop_end *end)
{
	struct hearing hearing = {.meet = meet};
	gint64 now;

	do {
		now = g_get_monotonic_time();
		*end = loop_until(hear_step, &hearing, MIN(deadline, loop_deadline(LOOK_SECONDS)));
	} while (*end == LOOP_LATE && now < deadline);
	return *end == LOOP_DONE ? hearing.word : 0;
}

static void say(struct meet *meet, enum word word)
{
	char byte = word;

	if (meet->other >= 0)
		send(meet->other, &byte, 1, MSG_NOSIGNAL);
}

bool meet_up(struct meet *meet, gint64 deadline, GError **error)
{
	enum loop_end end;

	say(meet, WORD_UP);
	if (hear(meet, deadline, &end) == WORD_UP)
		return true;
	if (end != LOOP_DONE)
		loop_explain(end, "the other guest came up", error);
	else
		g_set_error(error, STATUS_ERROR, STATUS_NOT_CARRIED,
			    "the other guest did not come up");
	return false;
}

void meet_end(struct meet *meet, gint64 deadline)
{
	enum loop_end end;

	say(meet, WORD_END);
	hear(meet, deadline, &end);
}

bool meet_failed(struct meet *meet, bool failed, gint64 deadline)
{
	enum loop_end end;
	char word;

	say(meet, failed ? WORD_FAILED : WORD_PASSED);
	/* What it said before may not have been waited for. */
	do {
		word = hear(meet, deadline, &end);
	} while (word == WORD_UP || word == WORD_END);
	return word != WORD_PASSED;
}
