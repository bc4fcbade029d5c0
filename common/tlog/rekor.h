/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clients of Rekor. Version 2 (rekor-tiles) takes a hashedrekord over the PAE and answers after its
 * next checkpoint (formats.md 5); version 1 takes a dsse entry of the whole envelope and answers
 * with its signed time too (formats.md 4).
 */
#ifndef PDG_TLOG_REKOR_H
#define PDG_TLOG_REKOR_H

#include "http/client.h"
#include "tlog/log.h"

struct pdg_rekor_options {
	const char *url;      /* write prefix, e.g. http://localhost:3003 */
	const char *read_url; /* v2: of checkpoint and tiles, NULL: url + "/api/v2"; v1: NULL */
	const char *origin;   /* checkpoint origin: host of the log's baseUrl */
	const struct pdg_key *key; /* the log's public key, by configuration: never fetched */
	const char *proxy;	   /* or NULL */
	int timeout_ms;		   /* of a submission, which may wait for a checkpoint; 0: 40 s */
	struct pdg_log_head known; /* of the run before; size 0: none */
};

/**
 * A client whose items are logged by the two functions below: it has no add(). Returns 0,
 * PDG_E_USAGE (v1: a key that signs no entry timestamps too). No connection is made yet.
 */
int pdg_rekor_v1_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
int pdg_rekor_v2_open(const struct pdg_rekor_options *opt, struct pdg_log **out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Describe in *@out the call that logs @item. @json is its body, to be kept as long as *@out.
 * Returns 0, PDG_E_USAGE (a key that cannot be logged; v1: no statement), PDG_E_LIMIT (LOG-15).
 */
int pdg_rekor_request(struct pdg_log *rekor, const struct pdg_log_item *item, struct pdg_buf *json,
		      struct pdg_http_request *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * What came back for @item: sets its results. May read from the log, on this thread. From many
 * threads at once.
 *
 * The item's rc is then 0 (its entry is verified, by pdg_entry_judge() against the configured key
 * and origin, and its tree continues those before; v1: it has a signed time and a proof); PDG_E_IO
 * (NET-1 to 3, LOG-13: try later); PDG_E_LIMIT (NET-4, LOG-15); PDG_E_REJECTED (LOG-14: refused for
 * good; LOG-2 and what pdg_entry_judge() gives: the log is not to be believed).
 */
void pdg_rekor_judge(struct pdg_log *rekor, const struct pdg_http_answer *answer,
		     struct pdg_log_item *item);

/**
 * Hold a tree that another program was shown against those that are known. *@out: it was, and is
 * known from now on; else the log gave no proof, and may be asked again. May read from the log, on
 * this thread. Returns 0, PDG_E_REJECTED (LOG-2), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_rekor_hold(struct pdg_log *rekor, const struct pdg_log_head *head, bool *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Take in that an earlier client saw the log with @head; once it has seen one itself, that changes
 * nothing. */
void pdg_rekor_remember(struct pdg_log *rekor, const struct pdg_log_head *head);

#endif
