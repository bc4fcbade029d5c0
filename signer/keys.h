/* SPDX-License-Identifier: Apache-2.0 */
/* Where the keys of the service are, and opening them. */
#ifndef PDG_SIGNER_KEYS_H
#define PDG_SIGNER_KEYS_H

#include "agent/wire.h"
#include "crypto/key.h"

/*
 * Given once, by command line and environment, before the process that asks has heard a byte from
 * outside. Of the daemon's file two values are read anew whenever keys are opened, for they may
 * change: [service] signingKey and signingKeyPassphrase.
 */
struct pdg_signer_places {
	const char *config; /* the daemon's file */
	const char *origin; /* [log] origin */
	const char *
		journal_key; /* a file, or pkcs11:…; NULL: this service's journal is kept without */
	const char *log_key;	     /* the same; NULL: the log is not kept here */
	char *modules[PDG_PURPOSES]; /* pdg_signer_modules(); NULL: no module for that key */
};

/**
 * Note which modules the keys need now: no other is loaded later, whatever the daemon's file says
 * then. What cannot be read is left out; opening the key says why. The caller frees @modules.
 * Returns 0, PDG_E_NOMEM.
 */
int pdg_signer_modules(struct pdg_signer_places *places, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Open the key of @purpose. *@out_in_token: it is in a PKCS#11 token, whose module needs what a
 * process that holds a file's key does not.
 *
 * Returns 0, PDG_E_USAGE (KEY-2 to KEY-5 (also: another module), POL-1, POL-9, CFG-1),
 * PDG_E_NOTFOUND: this service has no key for @purpose.
 */
int pdg_signer_open(const struct pdg_signer_places *places, enum pdg_purpose purpose,
		    struct pdg_key **out, bool *out_in_token, struct pdg_error *err) PDG_MUST_CHECK;

#endif
