/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writer, the reader and the cache of key descriptions share (docs/FORMATS.md, "Key
 * descriptions"): a head on one line, and a certificate on each of the others.
 */
#ifndef PDG_CRYPTO_PGP_RING_H
#define PDG_CRYPTO_PGP_RING_H

#include <pthread.h>

#include "crypto/digest.h"
#include "crypto/pgp.h"

/* Raised when a description says more or other things than before: old cache entries then count
 * as damaged. */
#define PDG_PGP_DESCRIPTION_VERSION 3

/* Where a key is described. */
struct pdg_pgp_indexed {
	uint64_t keyid;
	size_t cert;
};

/* Certificates as far as they have been asked for. */
struct pdg_pgp_read {
	pthread_mutex_t lock; /* held while one is read, so that it is read once */
	_Atomic(struct pdg_pgp_cert *) certs[];
};

struct pdg_pgp_ring {
	struct pdg_buf text;	 /* the description */
	struct pdg_bytes *lines; /* of its certificates, into text */
	size_t n;
	struct pdg_pgp_indexed *index; /* sorted */
	size_t n_index;
	struct pdg_pgp_read *read;
	struct pdg_buf file; /* the key file itself, for GnuPG; empty: it was not read */
};

/**
 * Append a description's first line: the key file's SHA-256 @source (hex), how many certificates
 * follow, and the SHA-256 of @lines, which are to follow it.
 * Returns 0, PDG_E_CRYPTO, or @out's failure.
 */
int pdg_pgp_description_head(const char *source, size_t n, struct pdg_bytes lines,
			     struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read a description that pedigree-pgp printed: that it is whole, which key file it is of and which
 * keys it has. It must be that of the key file whose SHA-256 is @source (hex; NULL: of any).
 *
 * @text  is taken over, also on failure
 *
 * Returns 0, PDG_E_FORMAT (PGP-4; also: another source, no certificate at all), PDG_E_LIMIT,
 * PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_ring_of(struct pdg_buf *text, const char *source, struct pdg_pgp_ring **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Read all certificates. Returns 0, PDG_E_FORMAT (PGP-4), PDG_E_NOMEM, PDG_E_CRYPTO. */
int pdg_pgp_ring_check(const struct pdg_pgp_ring *ring, struct pdg_error *err) PDG_MUST_CHECK;

/** One certificate's line. Returns as pdg_pgp_ring_check(). */
int pdg_pgp_cert_of(struct pdg_bytes line, struct pdg_pgp_cert **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
void pdg_pgp_cert_free(struct pdg_pgp_cert *cert);
PDG_AUTO_DEFINE(pgp_cert, struct pdg_pgp_cert *, pdg_pgp_cert_free)

/**
 * The next certificate, from the *@at-th that the index has for @keyid on (0 first), that has a key
 * with that id. *@out NULL: there is none. Returns as pdg_pgp_ring_cert().
 */
int pdg_pgp_ring_with(const struct pdg_pgp_ring *ring, uint64_t keyid, size_t *at,
		      const struct pdg_pgp_cert **out, struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_PGP_PROGRAM "pedigree-pgp" /* the one that speaks to GnuPG */

struct pdg_spawn;

/**
 * What running it has in common, whatever is asked: which program, its surroundings, no error text
 * of its own. *@out_path: owned by the caller, to be kept while @s is used.
 * Returns 0, PDG_E_IO (it is not there), PDG_E_NOMEM.
 */
int pdg_pgp_program(struct pdg_spawn *s, char **out_path, struct pdg_error *err) PDG_MUST_CHECK;

#endif
