/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PostgreSQL of the test's own (tests/support/postgresql), started when the first database is
 * asked for, stopped at the end of the program; and our module, loaded as pedigreed does.
 */
#ifndef PDG_TESTS_STORE_POSTGRES_WORLD_H
#define PDG_TESTS_STORE_POSTGRES_WORLD_H

#include "store/module.h"

/* Do the tests that are about every kind of store run with PostgreSQL? */
bool is_postgresql(void);

int open_postgresql(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
		    struct pdg_error *err);

/* Open the store at @where, a URL, and close it again. */
int postgresql_try_open(const char *where, bool only_look, struct pdg_error *err);

/* The URL of a new, empty database; owned by the caller. Ends the program, with 77 where PostgreSQL
 * is not installed. */
char *postgresql_new_database(void);

/* Run tests/support/postgresql @verb with the server's folder and @mode (or NULL). */
void postgresql(const char *verb, const char *mode);

/* End every other connection to the database of @url, so that the next is of a new process. */
void postgresql_drop_connections(const char *url);

/* Run @sql in the database of @url; what its only value is, as a number, or 0. CHECKs. */
long long postgresql_ask(const char *url, const char *sql);

/** Of a database as version 1 left it: today's without what the later migrations add. */
#define POSTGRESQL_AS_VERSION_1                                                                    \
	"ALTER TABLE journal_state DROP COLUMN last_id;"                                           \
	"ALTER TABLE token DROP COLUMN reference;"                                                 \
	"DELETE FROM pedigree_schema WHERE version > 1;"

#endif
