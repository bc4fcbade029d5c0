/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service's keys, which another program holds (signer/): here they are keys whose private half
 * is elsewhere, and this is where they are had to sign.
 *
 *	pdg_signer_start … pdg_signer_key … pdg_signer_seal	before there are threads
 *	pdg_key_sign						from any thread, after that
 *	pdg_signer_turn						another signing key, at any time
 *
 * One that ended (or a token that went away) is begun again by whoever needs a signature next, at
 * once and then with back-off; in the meantime signing is SVC-3. What is signed has no other
 * effect, so a signature that was not had is asked for once more, unless the time of one answer is
 * over by then.
 */
#ifndef PDG_SERVICE_SIGNER_H
#define PDG_SERVICE_SIGNER_H

#include "agent/wire.h"
#include "crypto/key.h"

struct pdg_signer;

/* All copied. */
struct pdg_signer_options {
	const char *program; /* pedigree-signer, an absolute path */
	const char *config;  /* the daemon's file: it names the signing key */
	const char *origin;
	const char *journal_key; /* a file or pkcs11:… */
	const char *log_key;	 /* the same; NULL: the log is not kept here */
};

/** Start the program; no key is opened yet. Returns 0, PDG_E_IO, PDG_E_NOMEM. */
int pdg_signer_start(const struct pdg_signer_options *opt, struct pdg_signer **out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/** Before the seal: open the key of @purpose. *@out is freed before the signer is ended.
 * Returns 0, PDG_E_USAGE (KEY-2 to KEY-5, and what the daemon's file is refused by), PDG_E_IO. */
int pdg_signer_key(struct pdg_signer *s, enum pdg_purpose purpose, struct pdg_key **out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** From here on it signs, and does nothing else. Before there are threads. PDG_E_IO. */
int pdg_signer_seal(struct pdg_signer *s, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Take in the signing key that the daemon's file names now: *@out is it, also when it is the same
 * as before. Keys that were had before go on signing until they are freed. One thread at a time.
 * Waits for nothing longer than a few times ten seconds.
 * Returns 0, what pdg_signer_key() does, PDG_E_USAGE (CFG-4: the journal's or the log's key is
 * another one than at the start), SVC-3: none can be begun.
 */
int pdg_signer_turn(struct pdg_signer *s, struct pdg_key **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The service stops: nobody waits any more for a process that has answered nobody for @ms or
 * longer, and none is begun in its place; who would have waited hears SVC-2. Again and again, from
 * any thread.
 */
void pdg_signer_stop(struct pdg_signer *s, int64_t ms);
/** End the program. NULL is fine. */
void pdg_signer_end(struct pdg_signer *s);
/** How many times one was begun in the place of one that had ended. Thread-safe. */
uint64_t pdg_signer_restarts(struct pdg_signer *s);
PDG_AUTO_DEFINE(signer, struct pdg_signer *, pdg_signer_end)

#endif
