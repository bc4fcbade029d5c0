/* SPDX-License-Identifier: Apache-2.0 */
/* A whole bundle against a plain key: signature, log entries, artifact (formats.md 7.4, 8). */
#ifndef PDG_ATTEST_BUNDLE_VERIFY_H
#define PDG_ATTEST_BUNDLE_VERIFY_H

#include "attest/bundle.h"
#include "crypto/digest.h"

/**
 * The bundle's timestamps over its signature @sig, by the authorities of @root: each must hold.
 * Where @root names no authority they show nothing.
 *
 * @latest  none may be later (now, but for the tolerance of rules.md 1)
 *
 * *@out: the earliest time, 0: none. Returns 0, PDG_E_REJECTED, PDG_E_FORMAT, PDG_E_LIMIT (TSA-*).
 */
int pdg_bundle_time(const struct pdg_bundle *b, const struct pdg_root *root, struct pdg_bytes sig,
		    int64_t latest, int64_t *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * @root      logs that count; at least one entry must be in one of them
 * @sha256    digest of the artifact: a subject of the statement, or what the message signature is
 * over
 * @now       the time where nothing in the bundle shows an earlier one: a log whose window in @root
 *            is over shows nothing then (rules.md 1). A timestamp of an authority of @root, and the
 *            signed time of a Rekor v1, show one
 *
 * Every log entry must match this signature and key, and hold; so must every timestamp.
 * Returns 0, PDG_E_REJECTED (BND-6: no log entry; BND-7: a certificate bundle, which needs an
 * identity; BND-8: the artifact is no subject; BND-9: digest hint; ENV-5, SIG-1, SIG-2, LOG-*,
 * STM-*, TSA-*, TIM-1, TIM-2).
 */
int pdg_bundle_verify(const struct pdg_bundle *b, const struct pdg_key *key,
		      const struct pdg_root *root, const uint8_t sha256[PDG_SHA256_LEN],
		      int64_t now, struct pdg_error *err) PDG_MUST_CHECK;

#endif
