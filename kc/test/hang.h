/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest hangs, whatever of it still works: by SysRq over the serial
 * console, by an NMI that panics it, or by the registers that QEMU shows.
 */
#ifndef KC_TEST_HANG_H
#define KC_TEST_HANG_H

#include "kernel/decode.h"
#include "vm/vm.h"

enum hang_source {
	HANG_NONE, /* nothing could be learned */
	HANG_SYSRQ, /* the kernel takes interrupts and told it all */
	HANG_NMI, /* interrupts are off; the guest has panicked thereby */
	HANG_REGISTERS, /* not even an NMI was answered */
	HANG_QEMU /* QEMU itself does not answer */
};

struct hang {
	enum hang_source source;
	char *where; /* one line */
	char *text; /* all that was learned, decoded */
};

/*
 * Examines the VM, at most about a minute long. @decode may be NULL. @comm is the
 * name of the process that is suspected, as far as the kernel keeps it (15
 * bytes); or NULL. The guest is of no further use afterwards. Always fills
 * @hang; free it with hang_clear().
 */
void hang_examine(struct vm *vm, struct decode *decode, const char *comm, struct hang *hang);
void hang_clear(struct hang *hang);

#endif
