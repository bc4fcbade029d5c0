/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3161 timestamps over countersignatures, from the authority that [log] names, through the
 * relay. What comes back is verified here against that authority's certificates.
 */
#ifndef PDG_SERVICE_STAMPS_H
#define PDG_SERVICE_STAMPS_H

#include "service/relay.h"
#include "trust/root.h"
#include "util/time.h"

/* All borrowed. */
struct pdg_stamps {
	struct pdg_relay *relay;
	const struct pdg_root *root; /* the authority is its only one */
	const struct pdg_clock *clock;
};

/**
 * Ask for a timestamp over the signature @sig, which stays where it is until @done is called, once,
 * from the relay's thread. @received: when the statement was, before which nothing was signed over
 * it; a time of more than the tolerance of rules.md 1 before that is TSA-10. @rc 0 with the
 * authority's whole response, verified; else @err: TSA-12 (none for now: try again), TSA-* (it is
 * not to be believed). Returns 0, or why @done will not be called.
 */
int pdg_stamps_begin(const struct pdg_stamps *s, struct pdg_bytes sig, int64_t received,
		     void (*done)(void *ctx, int rc, struct pdg_bytes response,
				  const struct pdg_error *err),
		     void *ctx, struct pdg_error *err) PDG_MUST_CHECK;

#endif
