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

/**
 * Can @dir take statements? Makes it when it is absent, and writes and removes a file. Returns 0,
 * PDG_E_USAGE (FIL-1), PDG_E_IO.
 */
int pdg_outbox_ready(const char *dir, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Put a submission for the statement @reference; durable when this returns. The same again changes
 * nothing; another one of the same statement is replaced: its signature or its commit was damaged,
 * or the statement was signed anew, and this one was made just now.
 */
int pdg_outbox_put(const char *dir, const char *reference, struct pdg_bytes body,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Names of waiting submissions, oldest first. An absent folder has none. */
int pdg_outbox_list(const char *dir, struct pdg_names *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Is @dir an outbox: a repository's by its place, or does it hold what an outbox holds? */
bool pdg_outbox_is(const char *dir);

/**
 * Append the body of the submission @name (an entry of pdg_outbox_list()). Returns 0,
 * PDG_E_NOTFOUND (somebody else sent it), FIL-2 (no file that could be sent), PDG_E_IO.
 */
int pdg_outbox_read(const char *dir, const char *name, struct pdg_buf *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Acknowledged: remove it. */
int pdg_outbox_done(const char *dir, const char *name, struct pdg_error *err) PDG_MUST_CHECK;

/** Refused for good: set it aside with the service's @problem. Gone meanwhile: another run was
 * faster. */
int pdg_outbox_refused(const char *dir, const char *name, struct pdg_bytes problem,
		       struct pdg_error *err) PDG_MUST_CHECK;

/** No statement that could be sent, for the reason @why (FIL-2): set it aside with that. */
int pdg_outbox_set_aside(const char *dir, const char *name, const struct pdg_error *why,
			 struct pdg_error *err) PDG_MUST_CHECK;

/** Names of what was set aside (<reference hex>.refused), sorted. An absent folder has none. */
int pdg_outbox_list_refused(const char *dir, struct pdg_names *out,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What the service said when it refused @name (an entry of pdg_outbox_list_refused()): its rule,
 * words and remedy, recorded in @out. Always leaves a text there, PDG_E_REJECTED as its code.
 */
int pdg_outbox_problem(const char *dir, const char *name, struct pdg_error *out);

/**
 * The same of what was refused last (@out; *@out_n: of how many). Returns PDG_E_REJECTED,
 * PDG_E_NOTFOUND when nothing is set aside, PDG_E_IO.
 */
int pdg_outbox_last_problem(const char *dir, size_t *out_n, struct pdg_error *out);

/** Append {"attestation": envelope, "commit": "<base64>"} (no commit when @raw.n is 0). */
int pdg_submission_write(const struct pdg_envelope *e, struct pdg_bytes raw, struct pdg_buf *out,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The reference of the statement in @body: an envelope, a bundle, or a submission of either. Only
 * the payload is looked at. Returns 0, PDG_E_LIMIT (JSN-2), PDG_E_FORMAT (JSN-1, JSN-3: there is
 * none), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_submission_reference(struct pdg_bytes body, char out[PDG_REFERENCE_LEN],
			     struct pdg_error *err) PDG_MUST_CHECK;

#endif
