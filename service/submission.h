/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The body of POST /api/v1/attestations (rules.md 8): an envelope, a bundle, or {"attestation":
 * either, "commit": base64, "source": another such object}.
 */
#ifndef PDG_SERVICE_SUBMISSION_H
#define PDG_SERVICE_SUBMISSION_H

#include "attest/dsse.h"

struct pdg_submission {
	struct pdg_envelope *envelope;
	char *hint; /* a bundle's public key hint, or NULL */
	bool has_commit;
	struct pdg_buf commit; /* raw object */
	struct pdg_submission
		*source; /* that a build brings along, or NULL; it brings none itself */
};

/** An empty one; NULL: no memory. */
struct pdg_submission *pdg_submission_new(void);

/**
 * Read a body. Nothing is verified.
 * Returns 0, PDG_E_FORMAT (JSN-*, ENV-*, BND-*, ENC-1, SUB-1), PDG_E_LIMIT, PDG_E_REJECTED (ENV-3,
 * ENV-4, BND-*).
 */
int pdg_submission_parse(struct pdg_bytes body, struct pdg_submission **out,
			 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_submission_free(struct pdg_submission *s);
PDG_AUTO_DEFINE(submission, struct pdg_submission *, pdg_submission_free)

#endif
