/* SPDX-License-Identifier: Apache-2.0 */
/* pedigreed --backup: what the service keeps, copied while it runs. */
#ifndef PDG_SERVICE_BACKUP_H
#define PDG_SERVICE_BACKUP_H

#include "service/config.h"

/* What a backup holds, in its folder. */
#define PDG_BACKUP_STORE "pedigree.db"
#define PDG_BACKUP_LOG	 "log"
#define PDG_BACKUP_ABOUT "backup.json"

struct pdg_backup_told {
	/** How far it is, of "database" pages. NULL: nobody wants to know. */
	void (*progress)(void *ctx, const char *what, uint64_t done, uint64_t all);
	void *ctx;
	uint64_t log_size; /* out: entries of the log in it; 0 with another log */
};

/**
 * Copy the database and the embedded log of @cfg, and the keys that the service made itself, to the
 * new folder @to (0700): the database as of one commit, then the log as it is after that, which
 * therefore has all that the database knows of. Made beside @to and renamed when it is whole and
 * durable: what has the name is complete. Keys that the configuration names are not in it.
 *
 * Returns 0, PDG_E_USAGE (BAK-1: @to is there, cannot be made, or this is not the service's user),
 * what reading and writing return.
 */
int pdg_backup(const struct pdg_service_config *cfg, const char *to, struct pdg_backup_told *told,
	       struct pdg_error *err) PDG_MUST_CHECK;

#endif
