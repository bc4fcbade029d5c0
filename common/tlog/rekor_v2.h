/* SPDX-License-Identifier: Apache-2.0 */
/* A client of Rekor v2 (rekor-tiles): hashedrekord over the PAE (formats.md 5). */
#ifndef PDG_TLOG_REKOR_V2_H
#define PDG_TLOG_REKOR_V2_H

#include "tlog/log.h"

struct pdg_rekor_options {
	const char *url;	   /* write prefix, e.g. http://localhost:3003 */
	const char *read_url;	   /* read prefix for checkpoint and tiles; NULL: url + "/api/v2" */
	const char *origin;	   /* checkpoint origin: host of the log's baseUrl */
	const char *key_file;	   /* the log's public key, by configuration: never fetched */
	const char *proxy;	   /* or NULL */
	int timeout_ms;		   /* of a submission, which waits for a checkpoint; 0: 40 s */
	struct pdg_log_head known; /* head() of the run before; size 0: none */
};

/**
 * Returns 0, PDG_E_USAGE, PDG_E_NOTFOUND, PDG_E_FORMAT (the key). No connection is made yet.
 *
 * An item's rc after add(): 0 (its entry is verified, by pdg_entry_verify() against the configured
 * key and origin); PDG_E_IO (NET-1 to 3, LOG-13: try later); PDG_E_LIMIT (NET-4, LOG-15);
 * PDG_E_USAGE (a key that cannot be logged); PDG_E_REJECTED (LOG-14: refused for good; LOG-2 and
 * what pdg_entry_verify() gives: the log is not to be believed).
 */
int pdg_rekor_v2_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

#endif
