/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kc-driven QEMU inherits: sockets, of which kc keeps the other ends, and files. */
#ifndef KC_VM_CHANNELS_H
#define KC_VM_CHANNELS_H

#include "base/spawn.h"
#include "vm/machine.h"

enum channel { CHANNEL_QMP, CHANNEL_CONSOLE, CHANNEL_AGENT, CHANNELS };

struct channels {
	int ours[CHANNELS];
	struct spawn_fd theirs[CHANNELS + 6];
	size_t count; /* of theirs */
};

/* Fails with STATUS_HOST_NOT_READY. The @machine's files stay the caller's. */
bool channels_open(struct channels *channels, const struct machine *machine, GError **error);

/* Closes our ends: nobody is there to speak with. */
void channels_close(struct channels *channels);

#endif
