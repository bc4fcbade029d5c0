/* SPDX-License-Identifier: Apache-2.0 */
/* The store in one SQLite file (WAL, synchronous=FULL). */
#ifndef PDG_STORE_SQLITE_H
#define PDG_STORE_SQLITE_H

#include "store/store.h"

/**
 * Open or make the database; its folder must exist; mode 0600; the schema is brought up to
 * date by numbered migrations in one transaction each; a newer schema is refused (STO-1).
 * One process at a time: the file's lock is taken for the lifetime (STO-2 when it is held).
 *
 * *@out_new: the database was made by this call.
 * A file that is no database, or another program's, is left as it is, with nothing beside it.
 *
 * Returns 0, PDG_E_IO (STO-3: cannot be opened), PDG_E_USAGE (STO-5: damaged, or none of ours),
 * PDG_E_REJECTED.
 */
int pdg_sqlite_open(const char *path, struct pdg_store **out, bool *out_new,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Copy the database @from, which another process may be writing, as of one commit to the new file
 * @to. Nothing of it is durable before the caller has synced it. @progress (or NULL) is told how
 * many pages of how many are copied. *@out_size: how many entries that commit knows its log to have
 * ("log-size"). Returns 0, STO-3, STO-4, STO-5, PDG_E_NOMEM.
 */
int pdg_sqlite_backup(const char *from, const char *to,
		      void (*progress)(void *ctx, uint64_t done, uint64_t all), void *ctx,
		      uint64_t *out_size, struct pdg_error *err) PDG_MUST_CHECK;

#endif
