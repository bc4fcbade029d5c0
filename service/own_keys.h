/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signing keys that this service has had, each with the time in which it was in use: what was
 * countersigned by a former one is still logged, checked and served. Public halves only.
 *
 * The store keeps them as one text, a line a key, the one in use last:
 *
 *	SINCE UNTIL BASE64(SPKI)		Unix seconds; UNTIL is 0 for the one in use
 */
#ifndef PDG_SERVICE_OWN_KEYS_H
#define PDG_SERVICE_OWN_KEYS_H

#include "store/store.h"
#include "trust/policy.h"

/** Read the text (NULL: there is none yet) into @out, which is empty. Returns 0, PDG_E_IO (STO-3:
 * it is none). */
int pdg_own_keys_read(const char *text, struct pdg_key_list *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Let @key be in use from @now on (@since, where it was already, unknown to the list): the one
 * before is until then, and a former one is in use again. The oldest of more than
 * PDG_LIMIT_OWN_KEYS are forgotten. Nothing changes when it is the one in use.
 */
int pdg_own_keys_turn(struct pdg_key_list *list, const struct pdg_key *key, int64_t since,
		      int64_t now, struct pdg_error *err) PDG_MUST_CHECK;

/** One more key at the end of the list, with its bounds. */
int pdg_own_keys_add(struct pdg_key_list *list, struct pdg_bytes spki, int64_t since, int64_t until,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Append the text. */
int pdg_own_keys_write(const struct pdg_key_list *list, struct pdg_buf *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Inside a transaction: let the store's value @name be the public half of @key, in base64. */
int pdg_own_key_keep(struct pdg_store *store, const char *name, const struct pdg_key *key,
		     struct pdg_error *err) PDG_MUST_CHECK;

void pdg_own_keys_done(struct pdg_key_list *list);
PDG_AUTO_DEFINE_VALUE(own_keys, struct pdg_key_list, pdg_own_keys_done)

#endif
