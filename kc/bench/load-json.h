/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of a program in the guest, which nobody has to believe. */
#ifndef KC_BENCH_LOAD_JSON_H
#define KC_BENCH_LOAD_JSON_H

#include <json-glib/json-glib.h>
#include <stdbool.h>

/*
 * The object in @output, in front of which a program may have put lines of its own. NULL
 * with STATUS_TEST_FAILED; @who printed it. Caller unrefs.
 */
JsonNode *load_json_parse(const char *output, const char *who, GError **error);

/* A member that is a number, not less than 0 and finite; NAN for any other. */
double load_json_number(JsonObject *object, const char *name);

#endif
