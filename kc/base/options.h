/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options as tables: each row says what a user types, what the help says of it
 * and which field it fills. Strings in the filled structure are those of argv.
 */
#ifndef KC_BASE_OPTIONS_H
#define KC_BASE_OPTIONS_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* Checks @value and stores it; an error names what would have been right. */
typedef bool (*option_parse)(const char *value, void *field, GError **error);

struct option_row {
	const char *name; /* without dashes; NULL ends a table */
	char letter; /* or 0 */
	const char *value; /* what the help calls it; NULL: a switch */
	const char *help;
	option_parse parse;
	size_t offset; /* of the field */
};

/* For a switch, @value is NULL. */
bool option_on(const char *value, void *field, GError **error); /* bool */
bool option_string(const char *value, void *field, GError **error); /* const char * */
bool option_list(const char *value, void *field, GError **error); /* const char ** */
bool option_seconds(const char *value, void *field, GError **error); /* double */
bool option_count(const char *value, void *field, GError **error); /* unsigned, from 1 */
bool option_mebibytes(const char *value, void *field, GError **error); /* unsigned */

/*
 * Parses options at the front of @argv into @fields, until "--" or a word that
 * is no option. Returns what follows; NULL with STATUS_MISUSE. Sets *help and
 * stops when help is asked for.
 */
char **options_parse(const struct option_row *const *tables, char **argv, void *fields, bool *help,
		     GError **error);

/* Gives @fields, a copy of others, lists of their own: what is parsed next comes behind them. */
void options_copy_lists(const struct option_row *const *tables, void *fields);

/*
 * Those of @fields that are not as in @defaults, as words for a shell; without those whose
 * parser is none of the above, and without times. Caller frees.
 */
char *options_text(const struct option_row *const *tables, const void *fields,
		   const void *defaults);

/* Frees the lists that were made; strings are argv's. */
void options_clear(const struct option_row *const *tables, void *fields);

/* The file that an option names; where options stand in a file, from @folder. Caller frees. */
char *options_path(const char *folder, const char *path);

/* The entry of @names (NULL-terminated) most like @word, if any is; NULL if not. */
const char *options_nearest(const char *word, const char *const *names);

#endif
