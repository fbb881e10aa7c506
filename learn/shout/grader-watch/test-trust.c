// SPDX-License-Identifier: GPL-2.0-only
/* What a driver believes of what its device says. */
#include "steps.h"
#include "words.h"

/* config */

static bool set_max(unsigned int max)
{
	char command[64];

	snprintf(command, sizeof(command), "kc-host set shout0 max %u", max);
	return !system(command);
}

/* Whether a word of @len letters is taken; 2: it went wrong. */
static int taken(size_t len)
{
	char word[256] = "";

	memset(word, 'x', len);
	return say(word) ? 1 : seen.error == EMSGSIZE ? 0 : 2;
}

/* Waits while the driver has not heard of it; false with a mistake, or what was seen. */
static bool takes(size_t len, bool wanted, const char *otherwise)
{
	int now = taken(len);

	for (int i = 0; i < 20 && now == !wanted; i++) {
		usleep(50000);
		now = taken(len);
	}
	if (now == wanted)
		return true;
	if (now == 2)
		return false;
	printf("# a word of %zu bytes is %s\n", len, wanted ? "refused" : "taken");
	return otherwise ? mistake(otherwise) : false;
}

/* The device takes @max bytes now: did the driver look, did it keep what it saw? */
static bool changes(unsigned int max)
{
	int before = watched("config_reads"), locked = watched("line_locked");

	if (!set_max(max))
		return false;
	if (takes(max + 1, false, NULL))
		return watched("config_in_interrupt")	 ? mistake("in-interrupt")
		       : watched("line_locked") > locked ? true
							 : mistake("no-mutex");
	if (seen.error)
		return false;
	return mistake(watched("config_in_interrupt")	  ? "in-interrupt"
		       : watched("config_reads") > before ? "not-kept"
							  : "not-read");
}

bool smaller(void)
{
	return takes(20, true, NULL) && changes(10) && takes(10, true, "off-by-one");
}

bool larger(void)
{
	return changes(10) && set_max(30) && takes(30, true, "only-shrinks");
}

bool huge(void)
{
	if (!changes(10) || !set_max(300) || !takes(MAX, true, "huge-refused"))
		return false;
	switch (taken(MAX + 1)) {
	case 0:
		return true;
	case 1:
		return mistake("unclamped");
	default: /* the device, which is honest with words, does not take it */
		return seen.error == ETIMEDOUT ? mistake("unclamped") : false;
	}
}

/* hostile-length */

static bool explain_length(ssize_t honest)
{
	if (seen.error || seen.len - 1 == honest)
		return false;
	if (seen.len - 1 == 0)
		return mistake("discarded");
	if (seen.len - 1 == MAX)
		return mistake("room");
	return seen.len - 1 > honest ? mistake("trusted") : false;
}

bool beyond_room(void)
{
	return answers("hello", "HELLO") || explain_length(5);
}

bool beyond_word(void)
{
	if (answers("hello", "HELLO"))
		return true;
	if (!seen.error && seen.len - 1 == 0)
		return mistake("discarded");
	return !seen.error && seen.len - 1 == 5 + 8 ? mistake("room") : false;
}

/* The device says that it wrote three bytes less than the word has. */
bool shorter(void)
{
	if (answers("hello", "HE"))
		return true;
	return !seen.error && seen.len - 1 == 5 ? mistake("used-ignored") : false;
}
