/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens inside a commit's signature. The commit's name covers them, and no signature of the commit
 * does: what a token leaves open (its names of algorithms, certificates beside the signer's,
 * attributes that are not signed) would give one commit many names. timestamp.c has believed it.
 */
#include "crypto/timestamp_impl.h"

#include "crypto/cms_impl.h"
#include "crypto/der.h"

/* Object identifiers without their tag and length. */
static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t tst_info[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
				   0x01, 0x09, 0x10, 0x01, 0x04};

/* What of a token somebody else has to look at. */
struct parts {
	struct pdg_bytes certs; /* one behind the other */
	struct pdg_bytes sid;
};

static bool take_version(struct pdg_bytes *in, uint8_t version)
{
	struct pdg_der v;

	return pdg_der_take(in, PDG_DER_INTEGER, &v) && v.body.n == 1 && v.body.p[0] == version;
}

/* EncapsulatedContentInfo { id-ct-TSTInfo, [0] OCTET STRING } */
static bool take_content(struct pdg_bytes *in)
{
	struct pdg_der v;
	struct pdg_bytes rest;

	if (!pdg_der_take(in, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	return pdg_der_take(&rest, PDG_DER_OID, &v) &&
	       pdg_cms_oid(v.body, tst_info, sizeof(tst_info)) &&
	       pdg_der_only(rest, PDG_DER_PART(0), &v) && pdg_der_only(v.body, PDG_DER_OCTETS, &v);
}

/* The one SignerInfo, without unsigned attributes, with @digest as SignedData has it. */
static bool read_signer(struct pdg_bytes in, struct pdg_bytes digest, struct parts *out)
{
	enum pdg_x509_algorithm algorithm;
	enum pdg_hash hash;
	struct pdg_der v;
	struct pdg_bytes rest;

	if (!pdg_der_only(in, PDG_DER_SET, &v) || !pdg_der_only(v.body, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	if (!take_version(&rest, 1) || !pdg_der_take(&rest, PDG_DER_SEQUENCE, &v))
		return false;
	out->sid = v.body;
	return pdg_der_take(&rest, PDG_DER_SEQUENCE, &v) && pdg_bytes_eq(v.whole, digest) &&
	       pdg_cms_digest(v.body, &hash) && pdg_der_take(&rest, PDG_DER_PART(0), &v) &&
	       pdg_der_sorted(v.body) && pdg_der_take(&rest, PDG_DER_SEQUENCE, &v) &&
	       pdg_cms_algorithm(v.body, hash, &algorithm) &&
	       pdg_der_only(rest, PDG_DER_OCTETS, &v);
}

static bool read_token(struct pdg_bytes token, struct parts *out)
{
	struct pdg_der digests;
	struct pdg_der digest;
	struct pdg_der v;
	struct pdg_bytes rest;

	if (!pdg_der_only(token, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	if (!pdg_der_take(&rest, PDG_DER_OID, &v) ||
	    !pdg_cms_oid(v.body, signed_data, sizeof(signed_data)) ||
	    !pdg_der_only(rest, PDG_DER_PART(0), &v) || !pdg_der_only(v.body, PDG_DER_SEQUENCE, &v))
		return false;
	rest = v.body;
	if (!take_version(&rest, 3) || !pdg_der_take(&rest, PDG_DER_SET, &digests) ||
	    !pdg_der_only(digests.body, PDG_DER_SEQUENCE, &digest) || !take_content(&rest))
		return false;
	if (pdg_der_take(&rest, PDG_DER_PART(0), &v)) {
		if (v.body.n == 0)
			return false;
		out->certs = v.body;
	}
	return read_signer(rest, digest.whole, out);
}

/* Is @der a certificate of a trusted chain? *@out_signer: @sid is of one of them. */
static int look_up(struct pdg_tsa *const *tsas, size_t n, struct pdg_bytes der,
		   struct pdg_bytes sid, bool *out_known, bool *out_signer, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	*out_known = false;
	*out_signer = false;
	for (i = 0; rc == 0 && i < n; i++)
		rc = pdg_tsa_has(tsas[i], der, sid, out_known, out_signer, err);
	return rc;
}

/* Each certificate of a token must be in a trusted chain or be the signer's, and none twice. */
static int check_certs(struct pdg_tsa *const *tsas, size_t n, const struct parts *parts,
		       struct pdg_error *err)
{
	struct pdg_bytes rest = parts->certs;
	bool chained; /* the signer is in a chain: no other copy of his was looked at */
	bool named = false;
	bool known;
	struct pdg_der v;
	int rc = look_up(tsas, n, pdg_bytes(NULL, 0), parts->sid, &known, &chained, err);

	while (rc == 0 && pdg_der_take(&rest, PDG_DER_SEQUENCE, &v)) {
		PDG_AUTO(x509) struct pdg_x509 *cert = NULL;
		bool signer;

		rc = look_up(tsas, n, v.whole, parts->sid, &known, &signer, err);
		if (rc == 0)
			rc = pdg_x509_parse(v.whole, &cert, err);
		if (rc < 0)
			break;
		if (!known && !chained && !named && pdg_x509_is(cert, parts->sid))
			named = true;
		else if (!known || pdg_bytes_find(rest, v.whole, 0) != SIZE_MAX)
			return pdg_reject(err, "CMS-4",
					  "the timestamp has a certificate that it does not need");
	}
	if (rc == 0 && (rest.n || (!named && !chained)))
		return pdg_reject(err, "CMS-4",
				  "the timestamp does not name its signer, or has "
				  "certificates of another kind");
	return rc;
}

int pdg_timestamp_bare(struct pdg_bytes token, struct pdg_tsa *const *tsas, size_t n_tsas,
		       struct pdg_error *err)
{
	struct parts parts = {0};

	if (!read_token(token, &parts))
		return pdg_reject(err, "CMS-4", "the timestamp holds what no signature covers");
	return check_certs(tsas, n_tsas, &parts, err);
}
