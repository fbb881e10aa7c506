/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of drivers and devices a command's guests have run, by gcov's counters of both
 * sides: from the guest's kernel and from QEMU.
 */
#ifndef KC_COVERAGE_COVERAGE_H
#define KC_COVERAGE_COVERAGE_H

#include "vm/launch.h"

struct coverage;

/* Of a command's options: --coverage, and where to */
struct coverage_options {
	bool wanted;
	const char *folder; /* implies it; NULL: build/coverage of the lab */
};

/* clang-format off */
#define COVERAGE_ROWS(type, member)                                                         \
	{"coverage", 0, NULL,                                                               \
	 "say which lines of drivers and devices were run, in build/coverage ('make coverage' " \
	 "builds the kernel and the QEMU that count)",                                      \
	 option_on, offsetof(type, member.wanted)},                                         \
	{"coverage-to", 0, "FOLDER", "the same, in this folder", option_string,             \
	 offsetof(type, member.folder)}
/* clang-format on */

#define COVERAGE_HELP                                                                              \
	"--coverage runs a kernel and a QEMU whose virtio drivers and devices count, by gcov, "    \
	"which of their lines are run, and shows both halves of each device on one page, "         \
	"index.html in build/coverage; beside it are coverage.json (kc-coverage-json(5)), "        \
	"lcov.info and, in gcov/, the counters themselves. The guest's are set to zero once it "   \
	"is up, before modules are inserted: what is run at boot counts only with --cold, or "     \
	"where before-save is part of the test. QEMU's are from its start. What kc itself has to " \
	"say to the guest goes over virtio, too, and counts as virtio's own."

/*
 * Begins: checks the lab and the place of the results. NULL with @error. Caller frees, which
 * removes what is not a result.
 */
struct coverage *coverage_new(const struct coverage_options *options,
			      const struct launch_options *launch, GError **error);
void coverage_free(struct coverage *coverage);

/* Where the counters of guests are gathered, for coverage_guest_open(). */
const char *coverage_scratch(const struct coverage *coverage);

/* Whether it is wanted. */
bool coverage_is_wanted(const struct coverage_options *options);

/*
 * Adds up what the guests counted, writes the results, and tells the sums on stderr. @what
 * was run: a command, for the page.
 */
bool coverage_report(const struct coverage *coverage, const char *what, GError **error);

#endif
