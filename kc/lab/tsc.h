/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KC_LAB_TSC_H
#define KC_LAB_TSC_H

/*
 * The rate of this host's time stamp counter in kHz, measured over a few
 * milliseconds; QEMU's emulation hands the guest the same counter. 0 where
 * there is none.
 */
unsigned tsc_khz(void);

#endif
