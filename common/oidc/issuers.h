/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of issuers, kept for a while: asked for when there are none, when they are old, and when
 * a token names a key that is not among them; the last not oftener than so, for whoever sends
 * garbage chooses when. Thread-safe.
 */
#ifndef PDG_OIDC_ISSUERS_H
#define PDG_OIDC_ISSUERS_H

#include "oidc/discovery.h"
#include "util/time.h"

/* Seconds. */
#define PDG_ISSUER_FRESH 3600	     /* keys are not asked for again */
#define PDG_ISSUER_KEPT	 (24 * 3600) /* and are used for as long when the issuer cannot be asked */
#define PDG_ISSUER_RETRY 5	     /* between two requests to an issuer that could not be asked */

/* Who may wait for an answer that is under way; with whoever asks, fewer than PDG_LIMIT_CALLERS: a
 * silent issuer leaves a thread to the others. */
#define PDG_ISSUER_WAITING 2

struct pdg_issuers;

/** @opt, @clock: borrowed for its life. */
int pdg_issuers_new(const struct pdg_http_options *opt, const struct pdg_clock *clock,
		    struct pdg_issuers **out, struct pdg_error *err) PDG_MUST_CHECK;
/** No call may be under way. */
void pdg_issuers_free(struct pdg_issuers *s);
PDG_AUTO_DEFINE(issuers, struct pdg_issuers *, pdg_issuers_free)

/**
 * The key @kid of @issuer, which the caller has found among those that the policy pins. One request
 * to an issuer at a time; PDG_ISSUER_WAITING who need its outcome wait for it. More, or any where
 * the request before failed, are refused at once (ISS-1): anybody can name an issuer in a token.
 *
 * A key that was not among those of a moment ago may be new: ISS-6 until the pause is over, TOK-6
 * by who was asked for it.
 *
 * Returns 0, PDG_E_REJECTED (TOK-6), PDG_E_IO (ISS-*), PDG_E_NOMEM.
 */
int pdg_issuers_key(struct pdg_issuers *s, const char *issuer, const char *kid, struct pdg_jwk *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
