/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/term.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios found;
static bool is_raw;

bool term_raw(void)
{
	static bool registered;
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &found) < 0)
		return false;
	raw = found;
	cfmakeraw(&raw);
	/* The guest's programs end lines themselves, our own messages do not. */
	raw.c_oflag |= OPOST | ONLCR;
	if (!registered)
		atexit(term_restore);
	registered = true;
	is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	return is_raw;
}

/* Safe in a signal's handler; a terminal that is stopped does not hold it up. */
void term_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &found);
	is_raw = false;
}

void term_size(guint16 *rows, guint16 *columns)
{
	struct winsize size;

	*rows = 24;
	*columns = 80;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return;
	*rows = size.ws_row;
	*columns = size.ws_col;
}
