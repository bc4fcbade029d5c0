/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of store that are loaded when they are configured (store/module.h). */
#ifndef PDG_SERVICE_STORE_MODULE_H
#define PDG_SERVICE_STORE_MODULE_H

#include "store/module.h"
#include "util/error.h"

/**
 * Load pedigree-store-postgresql.so from where our programs are, and open by it. STO-*; STO-3 also:
 * the file is not there, cannot be loaded, or belongs to another version.
 */
int pdg_store_module_open(const struct pdg_store_open *how, struct pdg_store **out, bool *out_new,
			  struct pdg_error *err) PDG_MUST_CHECK;

#endif
