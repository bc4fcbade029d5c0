/* SPDX-License-Identifier: Apache-2.0 */
/* A whole bundle against a plain key: signature, log entries, artifact (formats.md 7.4, 8). */
#ifndef PDG_ATTEST_BUNDLE_VERIFY_H
#define PDG_ATTEST_BUNDLE_VERIFY_H

#include "attest/bundle.h"
#include "crypto/digest.h"

/**
 * @root      logs that count; at least one entry must be in one of them
 * @sha256    digest of the artifact: a subject of the statement, or what the message signature is
 * over
 * @now       the only time there is: entries of the kind that is judged carry none, so a log whose
 *            window in @root is over shows nothing any more (rules.md 1)
 *
 * Every log entry must match this signature and key, and hold.
 * Returns 0, PDG_E_REJECTED (BND-6: no log entry; BND-7: a certificate bundle, which needs an
 * identity; BND-8: the artifact is no subject; BND-9: digest hint; ENV-5, SIG-1, SIG-2, LOG-*,
 * STM-*, TIM-1, TIM-2).
 */
int pdg_bundle_verify(const struct pdg_bundle *b, const struct pdg_key *key,
		      const struct pdg_root *root, const uint8_t sha256[PDG_SHA256_LEN],
		      int64_t now, struct pdg_error *err) PDG_MUST_CHECK;

#endif
