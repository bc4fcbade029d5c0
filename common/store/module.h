/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kind of store that comes as a file of its own, so that what it links is loaded by nobody who
 * does not use it: pedigree-store-postgresql.so exports one symbol, PDG_STORE_MODULE, of this type.
 */
#ifndef PDG_STORE_MODULE_H
#define PDG_STORE_MODULE_H

#include "store/store.h"

/* Changes with struct pdg_store_ops, struct pdg_stored and struct pdg_error. */
#define PDG_STORE_MODULE_ABI 3
#define PDG_STORE_MODULE     "pdg_store_module"

struct pdg_store_open {
	const char *url; /* as the database's client library takes it; never printed */
	/*
	 * To be looked at alone: it must be there with the newest schema, everything is read as it
	 * is at this moment, by one thread, and nothing is written.
	 */
	bool only_look;
};

struct pdg_store_module {
	unsigned abi;
	unsigned ops_size; /* of struct pdg_store_ops, as it was built */
	/**
	 * Returns 0, PDG_E_REJECTED (STO-1: the schema is of a later version), PDG_E_IO (STO-3: no
	 * connection, or nothing to look at; STO-4), PDG_E_USAGE (STO-5: another program's).
	 * *@out_new: the tables were made by this call.
	 */
	int (*open)(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
		    struct pdg_error *err);
};

#endif
