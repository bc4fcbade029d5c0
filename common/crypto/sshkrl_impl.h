/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two files that read KRLs know of one another: sshkrl.c the list and its keys,
 * sshkrl_certs.c the sections on certificates. Private to this folder.
 */
#ifndef PDG_CRYPTO_SSHKRL_IMPL_H
#define PDG_CRYPTO_SSHKRL_IMPL_H

#include "crypto/digest.h"
#include "crypto/sshkrl.h"

struct pdg_krl_range;

/* The certificates of one authority, or of any. Zero before; to be given to pdg_krl_issuer_done. */
struct pdg_krl_issuer {
	bool any;
	uint8_t ca[PDG_SHA256_LEN];   /* its key's fingerprint */
	struct pdg_krl_range *ranges; /* of serial numbers */
	size_t n_ranges;
	size_t cap_ranges;
	struct pdg_bytes *ids;
	size_t n_ids;
	size_t cap_ids;
};

/** Refuse the list (SSH-6): "the KRL …". */
int pdg_krl_malformed(struct pdg_error *err, const char *what);

/**
 * Room for one element more in an array of the list; *@entries counts those of all its arrays.
 * Returns 0, PDG_E_NOMEM, PDG_E_LIMIT.
 */
int pdg_krl_grow(size_t *entries, void *items, size_t n, size_t *cap, size_t size,
		 struct pdg_error *err) PDG_MUST_CHECK;

/** Could @blob be that of a plain key, of whatever type? */
bool pdg_krl_is_key(struct pdg_bytes blob);

/** Take an extension, in a list or in a section of it: one that is critical is refused. */
int pdg_krl_extension(struct pdg_bytes *rest, struct pdg_error *err) PDG_MUST_CHECK;

/** Read a section on certificates, whose key ids then point into @in, and put it in order. */
int pdg_krl_issuer_read(struct pdg_krl_issuer *to, struct pdg_bytes in, size_t *entries,
			struct pdg_error *err) PDG_MUST_CHECK;
void pdg_krl_issuer_done(struct pdg_krl_issuer *in);

/** By what @cert, which is this authority's, is revoked; NULL: by nothing. Static. */
const char *pdg_krl_issuer_find(const struct pdg_krl_issuer *in, const struct pdg_sshcert *cert);

#endif
