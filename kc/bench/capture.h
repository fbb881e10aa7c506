/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One command in the guest, what it writes kept. */
#ifndef KC_BENCH_CAPTURE_H
#define KC_BENCH_CAPTURE_H

#include "vm/vm.h"

struct capture {
	GString *out; /* its stdout */
	GString *err; /* the end of its stderr */
	bool too_much; /* more than is kept of stdout */
	int status;
};

/* False with @error where it did not end by itself. The caller clears @capture in any case. */
bool capture_run(struct capture *capture, struct vm *vm, const char *const *argv,
		 const char *const *env, const char *dir, gint64 deadline, GError **error);
void capture_clear(struct capture *capture);

/* The last line of what it said, on stderr or else on stdout, fit for a message. Caller frees. */
char *capture_last_words(const struct capture *capture);

#endif
