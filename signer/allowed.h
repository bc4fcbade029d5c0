/* SPDX-License-Identifier: Apache-2.0 */
/* What a key of the service signs, by its purpose, and nothing else. */
#ifndef PDG_SIGNER_ALLOWED_H
#define PDG_SIGNER_ALLOWED_H

#include "agent/wire.h"

/**
 * May the key of @purpose sign @msg? The signing key: the PAE (DSSE v1) of one payload of type
 * application/vnd.in-toto+json, to its last byte. The log's: a checkpoint's body (C2SP
 * tlog-checkpoint) of @origin without further lines; the journal's: of "@origin/journal".
 * Returns 0, PDG_E_USAGE (KEY-6).
 */
int pdg_signer_allowed(enum pdg_purpose purpose, const char *origin, struct pdg_bytes msg,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
