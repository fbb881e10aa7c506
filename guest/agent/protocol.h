/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kc on the host and the agent in the guest say to each other over one
 * virtio-serial port. Shared by both; depends on nothing but the C library.
 *
 * Each side sends frames: a header of 8 bytes, then len bytes of payload.
 * Numbers are little-endian. A reader that meets a frame it does not know, a
 * payload over KC_FRAME_MAX or a wrong magic has lost its peer and gives up.
 *
 * The guest opens with READY, as often as it is asked by HELLO. Then the host
 * may SETUP once, PUT any number of files, and EXEC one command at a time.
 * KMSG comes at any time; what the kernel has said before a command ended comes
 * before its EXIT.
 */
#ifndef KC_PROTOCOL_H
#define KC_PROTOCOL_H

#include <stdint.h>

#define KC_PORT_NAME "org.kernelcraft.agent"
#define KC_CLOCK_PORT_NAME "org.kernelcraft.clock" /* carries nothing: is opened and closed */
#define KC_NET_PARAMETER "kc.net=" /* of the kernel: how the agent sets a NIC up (net.h) */
#define KC_PROTOCOL_VERSION 3
#define KC_FRAME_MAGIC 0x6b63 /* "ck" on the wire */
#define KC_FRAME_MAX 65536 /* bytes of payload */

/*
 * Bytes of standard input that may be under way and not yet written to the
 * command. Less than the virtio-serial ring, so that a command that does not
 * read never keeps a SIGNAL from passing.
 */
#define KC_STDIN_WINDOW 65536

/* On the console, with an option of the kernel's behind it: no frame will ever come. */
#define KC_NO_DRIVER "kc-agent: this kernel has no driver for the host's port: "

struct kc_frame {
	uint16_t magic;
	uint8_t type;
	uint8_t pad;
	uint32_t len;
};

enum kc_frame_type {
	/* host to guest */
	KC_HELLO = 1, /* u32 version: who are you? */
	KC_SETUP, /* struct kc_setup, then entropy to the end */
	KC_PUT, /* u32 mode, path with NUL: DATA frames follow, then EOF */
	KC_GET, /* path with NUL: answered by DATA frames, then EOF */
	KC_EXEC, /* struct kc_exec, then strings: see there */
	KC_STDIN, /* bytes; an empty payload closes it */
	KC_SIGNAL, /* u32 signal number, to the command's process group */
	KC_WINSIZE, /* u16 rows, u16 columns */
	KC_POWEROFF, /* end the VM at once */
	KC_ANSWER, /* to ASK: u32 status, 0 for done, then text without NUL */

	/* either way */
	KC_DATA = 32, /* bytes of the file in hand */
	KC_EOF, /* end of the file in hand; from the guest: done */

	/* guest to host */
	KC_READY = 64, /* u32 version, then uname -r with NUL */
	KC_OK, /* SETUP, or a PUT, was carried out */
	KC_ERROR, /* text with NUL: why SETUP, PUT, GET or EXEC was not */
	KC_STDOUT, /* bytes */
	KC_STDERR, /* bytes */
	KC_STDIN_ACK, /* u32: so many more bytes of STDIN were taken */
	KC_EXIT, /* u32: wait status as exit code, 128 + n for signal n */
	KC_KMSG, /* records of /dev/kmsg, whole ones */
	KC_ASK, /* a program's words for the host, each with NUL; one at a time */
};

struct kc_setup {
	int64_t sec; /* wall clock: since 1970, UTC */
	uint32_t nsec;
	uint32_t pad;
	char hostname[64]; /* NUL-terminated; empty: leave it */
	char machine_id[33]; /* likewise; for /etc/machine-id where there is one */
	char pad2[7];
};

/*
 * Behind this: argc NUL-terminated arguments, envc NUL-terminated NAME=VALUE,
 * then the working directory with NUL ("" is the agent's own).
 */
#define KC_EXEC_TTY 1u /* on a terminal; its output is all STDOUT */
struct kc_exec {
	uint32_t flags;
	uint32_t argc;
	uint32_t envc;
	uint16_t rows, columns; /* with KC_EXEC_TTY */
};

#endif
