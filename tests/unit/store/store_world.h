/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store of the test's own, and attestations to keep in it: a SQLite file in a folder, or with
 * PDG_TEST_STORE=postgresql a database in a PostgreSQL that the first setup() starts and the end of
 * the program stops.
 */
#ifndef PDG_TESTS_STORE_STORE_WORLD_H
#define PDG_TESTS_STORE_STORE_WORLD_H

#include "store/sqlite.h"
#include "support/check.h"
#include "util/str.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct fixture {
	char *dir;
	char *path; /* of the file, or the database's URL */
	struct pdg_store *s;
};

/* Where a new store will be. */
void place(struct fixture *f);
/* Open what is at @f->path. */
bool open_store(struct fixture *f, bool *out_new);

/* A new, empty store; ends the program where it cannot be had. */
void setup(struct fixture *f);
void teardown(struct fixture *f);
/* Close it and open it again: it is not new. */
void reopen(struct fixture *f);

/* Attestation @i: its reference, and what it says. */
char *reference(unsigned i);
struct pdg_stored *example(unsigned i, const char *stage);

/* Keep attestation @i of the artifact @sha256 and of the commit c0ffee, in a batch of its own. */
void put(struct fixture *f, unsigned i, const char *stage, const char *sha256);

/* Run @text, statements of either kind of store, beside it. */
void other_sql(const struct fixture *f, const char *text);

/* How many are found by subject; and how many sources of https://example.com/@repository. */
size_t count_subject(struct fixture *f, const char *algorithm, const char *value, int64_t after,
		     size_t max);
size_t count_sources(struct fixture *f, const char *repository, const char *algorithm,
		     const char *value, int64_t after, size_t max, size_t max_bytes);

#endif
