/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the SQLite store and the numbered steps that lead to them. Private to store/. */
#ifndef PDG_STORE_SCHEMA_H
#define PDG_STORE_SCHEMA_H

#include <sqlite3.h>
#include <stdbool.h>

#include "util/error.h"

/* SQLite's application_id of our files: "PDGR". */
#define PDG_SCHEMA_APPLICATION 0x50444752

/**
 * Bring @db up to date, each missing migration in a transaction of its own. *@out_new: it had no
 * schema at all.
 *
 * Returns 0, PDG_E_REJECTED (STO-1: the schema is of a later version), PDG_E_USAGE (STO-5: a
 * database of something else), PDG_E_IO (STO-4).
 */
int pdg_schema_migrate(sqlite3 *db, const char *path, bool *out_new,
		       struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Look at the file @path before anything is done with it or beside it: it may be absent or empty,
 * else it must begin as a database of ours. PDG_E_USAGE (STO-5), PDG_E_IO (STO-3).
 */
int pdg_schema_look(const char *path, struct pdg_error *err) PDG_MUST_CHECK;

#endif
