/* SPDX-License-Identifier: Apache-2.0 */
/* The process that starts holders of keys, for a daemon that has given up the right to. */
#ifndef PDG_SIGNER_KEEPER_H
#define PDG_SIGNER_KEEPER_H

#include "signer/keys.h"

/**
 * Serve START on @control until it is closed. Returns 0, or what went wrong with the conversation.
 */
int pdg_signer_keep(const struct pdg_signer_places *places, int control,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
