/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outbox (design 6): a folder of submissions that the service has not acknowledged yet,
 * one file a statement, written by rename and synced: signed and durable before a push returns.
 *
 * A file is named <reference hex>.json and holds the body of POST /api/v1/attestations as it is
 * sent. One that the service refused for good is renamed to <reference hex>.refused with the
 * problem document beside it (<reference hex>.problem); nothing is ever dropped silently.
 */
#ifndef PDG_ATTEST_OUTBOX_H
#define PDG_ATTEST_OUTBOX_H

#include "attest/dsse.h"
#include "util/fs.h"

/** Put a submission for the statement @reference. One that is there already stays. */
int pdg_outbox_put(const char *dir, const char *reference, struct pdg_bytes body,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Names of waiting submissions, oldest first. An absent folder has none. */
int pdg_outbox_list(const char *dir, struct pdg_names *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Append the body of the submission @name (an entry of pdg_outbox_list()). */
int pdg_outbox_read(const char *dir, const char *name, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Acknowledged: remove it. */
int pdg_outbox_done(const char *dir, const char *name, struct pdg_error *err) PDG_MUST_CHECK;

/** Refused for good: set it aside with the service's @problem. */
int pdg_outbox_refused(const char *dir, const char *name, struct pdg_bytes problem,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** Append {"attestation": envelope, "commit": "<base64>"} (no commit when @raw.n is 0). */
int pdg_submission_write(const struct pdg_envelope *e, struct pdg_bytes raw, struct pdg_buf *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

#endif
