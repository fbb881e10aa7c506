// SPDX-License-Identifier: GPL-2.0-only
/* How a driver takes a device, and lets go of it. */
#include "steps.h"
#include "words.h"

/* probe */

bool binds(void)
{
	if (watched("no_vdev"))
		return mistake("no-vdev");
	if (!kc_find(WORDS)) {
		printf("# the driver is loaded, and bound to no device: probe() returned %d\n",
		       watched("probe_result"));
		return watched("probe_result") > 0 ? mistake("returns-more") : false;
	}
	if (watched("no_priv"))
		return mistake("no-priv");
	if (watched("late_priv"))
		return mistake("late-priv");
	if (watched("no_vq"))
		return mistake("no-vq");
	if (watched("not_initialised"))
		return mistake("not-initialised");
	if (watched("not_managed"))
		return mistake("not-devm");
	return watched("too_small") ? mistake("too-small") : true;
}

/* Words go and come only if struct shout was zeroed, and the longest was read. */
static bool speaks(void)
{
	if (answers("hello", "HELLO"))
		return true;
	if (seen.error == EBUSY)
		return mistake("not-zeroed");
	if (seen.error == ETIMEDOUT && watched("taken") == 0)
		return mistake("no-callback");
	return seen.error == EMSGSIZE && !watched("config_reads") ? mistake("no-config") : false;
}

/* Bound again, as remove() waits for the work that probe() initialised. */
bool ready(void)
{
	if (!binds() || !speaks() || !say("?"))
		return false;
	if (seen.text[0] == 'E')
		return mistake("ready-first");
	if (watched("not_ready"))
		return mistake("not-ready");
	return rebind() && (warned("__flush_work") ? mistake("no-work") : true);
}

/* The second device has no queue, so its probe() has to fail. */
bool refuses(void)
{
	glob_t found = {0};
	size_t bound = glob(WORDS, 0, NULL, &found) ? 0 : found.gl_pathc;

	globfree(&found);
	if (bound == 0)
		return binds();
	if (bound != 1)
		return mistake("unchecked-queue");
	if (watched("probe_result") == watched("find_result"))
		return true;
	printf("# probe() failed with %d, and virtio_find_single_vq() with %d\n",
	       watched("probe_result"), watched("find_result"));
	return mistake("other-error");
}

/* reset */

/* Whether all was let go of, where the step itself went @well. */
static bool let_go(bool well)
{
	if (warned("virtio_dev_remove"))
		return mistake("no-reset");
	if (watched("late_reset"))
		return mistake("late-reset");
	if (warned("msi"))
		return mistake("queue-left");
	if (!well)
		return false;
	if (watched("freed"))
		return mistake("freed");
	if (!watched("cancelled"))
		return mistake("work-left");
	return watched("early_cancel") ? mistake("cancel-first") : true;
}

bool unbinds(void)
{
	char name[64];
	const char *path;

	if (!answers("hello", "HELLO"))
		return false;
	path = kc_find(DEVICE);
	if (!path)
		return false;
	snprintf(name, sizeof(name), "%s", strrchr(path, '/') + 1);
	return let_go(kc_put(DRIVER "/unbind", name) && !kc_find(DEVICE));
}

bool rebinds(void)
{
	bool well = true;

	for (int i = 0; well && i < 3; i++)
		well = rebind() && answers("hello", "HELLO");
	return let_go(well);
}

/* The device keeps every buffer. */
bool in_flight(void)
{
	if (say("hello") || seen.error != ETIMEDOUT)
		return false;
	return let_go(rebind() && !say("hello") && seen.error == ETIMEDOUT);
}
