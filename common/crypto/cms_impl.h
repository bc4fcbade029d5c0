/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of CMS know of one another: cms.c (armor, verdict), cms_read.c (SignedData down to
 * its one SignerInfo), cms_attrs.c (attributes). Private to this folder.
 */
#ifndef PDG_CRYPTO_CMS_IMPL_H
#define PDG_CRYPTO_CMS_IMPL_H

#include "crypto/cms.h"
#include "util/buf.h"
#include "util/limits.h"

#define PDG_CMS_RULE "CMS-1"

struct pdg_cms {
	struct pdg_buf der; /* what the spans below point into */
	struct pdg_x509 *certs[PDG_LIMIT_CMS_CERTS];
	size_t n_certs;
	size_t leaf;
	bool sorted; /* the certificates stand as in a SET OF in DER */
	enum pdg_hash hash;
	enum pdg_x509_algorithm algorithm;
	struct pdg_buf signed_attrs;  /* as a SET OF */
	struct pdg_bytes digest;      /* the attribute messageDigest */
	struct pdg_bytes leaf_digest; /* of ESSCertIDv2; empty: not said */
	enum pdg_hash leaf_hash;      /* by which it is made */
	bool has_time;
	int64_t time; /* signingTime */
	struct pdg_bytes value;
	struct pdg_bytes log_entry;
	struct pdg_bytes token;
};

/** Read cms->der. Returns as pdg_cms_parse(). */
int pdg_cms_read(struct pdg_cms *cms, struct pdg_error *err) PDG_MUST_CHECK;

/** Read the signed attributes: the body of [0] in a SignerInfo. */
int pdg_cms_signed_attrs(struct pdg_cms *cms, struct pdg_bytes body,
			 struct pdg_error *err) PDG_MUST_CHECK;
/** Read the unsigned ones: the body of [1]. */
int pdg_cms_unsigned_attrs(struct pdg_cms *cms, struct pdg_bytes body,
			   struct pdg_error *err) PDG_MUST_CHECK;

/** The digest that the AlgorithmIdentifier with the body @algorithm names, parameters NULL or
 * absent. False: none that is judged. */
bool pdg_cms_digest(struct pdg_bytes algorithm, enum pdg_hash *out);

/** The same of a signature algorithm beside the digest @hash. */
bool pdg_cms_algorithm(struct pdg_bytes algorithm, enum pdg_hash hash,
		       enum pdg_x509_algorithm *out);

static inline bool pdg_cms_oid(struct pdg_bytes oid, const uint8_t *want, size_t n)
{
	return pdg_bytes_eq(oid, pdg_bytes(want, n));
}

#endif
