/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SignedData, from ContentInfo down to its one SignerInfo (RFC 5652 5.1, 5.3), between cms.c's
 * armor and cms_attrs.c. DER throughout; and beside it, to the byte, the one layout of BER that
 * GnuPG's libksba writes: four values of indefinite length around what is DER again.
 */
#include "crypto/cms_impl.h"

#include "crypto/der.h"

/* Object identifiers without their tag and length. */
static const uint8_t signed_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02}; /* and 1 to 3 */
static const uint8_t pkcs1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01};
static const uint8_t ecdsa_sha2[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03}; /* and 2 to 4 */
static const uint8_t ed25519[] = {0x2b, 0x65, 0x70};

#define RSA_ENCRYPTION 1  /* behind pkcs1 */
#define SHA256_RSA     11 /* SHA-384 and SHA-512 follow */
#define ECDSA_SHA256   2

/* EncapsulatedContentInfo of id-data without content (5.2), in DER and as libksba writes it. */
static const uint8_t detached[] = {0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48,
				   0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t detached_ber[] = {0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07, 0x01, 0x00, 0x00};

static int malformed(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, PDG_CMS_RULE, "the signature is no strict CMS SignedData: %s", what);
}

static bool take_bytes(struct pdg_bytes *in, const uint8_t *want, size_t n)
{
	if (in->n < n || memcmp(in->p, want, n) != 0)
		return false;
	*in = pdg_bytes_from(*in, n);
	return true;
}

/* The last value of *@in: of definite length, or with @ber of an indefinite one. */
static bool enter(struct pdg_bytes *in, uint8_t tag, bool ber)
{
	struct pdg_der v;

	if (!ber) {
		if (!pdg_der_only(*in, tag, &v))
			return false;
		*in = v.body;
		return true;
	}
	if (in->n < 4 || in->p[0] != tag || in->p[1] != 0x80 || in->p[in->n - 2] != 0 ||
	    in->p[in->n - 1] != 0)
		return false;
	*in = pdg_bytes(in->p + 2, in->n - 4);
	return true;
}

/* AlgorithmIdentifier: its OID, and parameters that are absent or NULL (RFC 5754 2). */
static bool split_algorithm(struct pdg_bytes body, struct pdg_bytes *out_oid, bool *out_null)
{
	static const uint8_t null[] = {0x05, 0x00};
	struct pdg_der oid;

	if (!pdg_der_take(&body, PDG_DER_OID, &oid))
		return false;
	*out_oid = oid.body;
	*out_null = body.n > 0;
	return body.n == 0 || pdg_cms_oid(body, null, sizeof(null));
}

/* Does @oid begin with @arc, one number behind it? */
static bool under(struct pdg_bytes oid, const uint8_t *arc, size_t n, unsigned *out)
{
	if (oid.n != n + 1 || memcmp(oid.p, arc, n) != 0)
		return false;
	*out = oid.p[n];
	return true;
}

bool pdg_cms_digest(struct pdg_bytes algorithm, enum pdg_hash *out)
{
	static const enum pdg_hash hashes[] = {PDG_SHA256, PDG_SHA384, PDG_SHA512};
	struct pdg_bytes oid;
	unsigned which;
	bool null;

	if (!split_algorithm(algorithm, &oid, &null) || !under(oid, sha2, sizeof(sha2), &which) ||
	    which < 1 || which > 3)
		return false;
	*out = hashes[which - 1];
	return true;
}

/* Is the digest that a signature algorithm names, counted from SHA-256's number on, @hash? */
static bool same_hash(unsigned which, unsigned sha256, enum pdg_hash hash)
{
	return which >= sha256 && which - sha256 == (unsigned)hash - PDG_SHA256;
}

bool pdg_cms_algorithm(struct pdg_bytes body, enum pdg_hash hash, enum pdg_x509_algorithm *out)
{
	struct pdg_bytes oid;
	unsigned which;
	bool null;

	if (!split_algorithm(body, &oid, &null))
		return false;
	if (under(oid, pkcs1, sizeof(pkcs1), &which)) {
		/* RFC 3370 3.2 wants NULL behind either; Go's signers leave it out of the second.
		 */
		*out = PDG_X509_RSA;
		return (which == RSA_ENCRYPTION && null) || same_hash(which, SHA256_RSA, hash);
	}
	if (under(oid, ecdsa_sha2, sizeof(ecdsa_sha2), &which)) {
		*out = PDG_X509_ECDSA;
		return !null && same_hash(which, ECDSA_SHA256, hash);
	}
	/* RFC 8419 3.1: with SHA-512 */
	*out = PDG_X509_ED25519;
	return pdg_cms_oid(oid, ed25519, sizeof(ed25519)) && !null && hash == PDG_SHA512;
}

static int add_cert(struct pdg_cms *cms, struct pdg_bytes der, struct pdg_error *err)
{
	size_t i;

	if (cms->n_certs == PDG_LIMIT_CMS_CERTS)
		return pdg_reject(err, "CMS-5", "the signature has more than %d certificates",
				  PDG_LIMIT_CMS_CERTS);
	for (i = 0; i < cms->n_certs; i++) {
		if (pdg_bytes_eq(pdg_x509_der(cms->certs[i]), der))
			return pdg_reject(err, "CMS-4", "the signature has a certificate twice");
	}
	return pdg_x509_parse(der, &cms->certs[cms->n_certs], err);
}

static int read_certs(struct pdg_cms *cms, struct pdg_bytes *in, struct pdg_error *err)
{
	struct pdg_der set;
	struct pdg_der cert;
	struct pdg_bytes rest;
	int rc;

	if (!pdg_der_is(*in, PDG_DER_PART(0)))
		return pdg_reject(err, "CMS-3", "the signature comes without a certificate");
	if (!pdg_der_take(in, PDG_DER_PART(0), &set))
		return malformed(err, "its certificates");
	rest = set.body;
	while (rest.n) {
		if (!pdg_der_take(&rest, PDG_DER_SEQUENCE, &cert))
			return malformed(err, "a certificate of another kind");
		rc = add_cert(cms, cert.whole, err);
		if (rc < 0)
			return rc;
		cms->n_certs++;
	}
	cms->sorted = pdg_der_sorted(set.body);
	if (pdg_der_is(*in, PDG_DER_PART(1)))
		return pdg_reject(err, "CMS-4", "the signature comes with revocation lists");
	return 0;
}

/* Which certificate the signer names: exactly one, or none of them is his. */
static int find_leaf(struct pdg_cms *cms, struct pdg_bytes sid, struct pdg_error *err)
{
	size_t found = 0;
	size_t i;

	for (i = 0; i < cms->n_certs; i++) {
		if (!pdg_x509_is(cms->certs[i], sid))
			continue;
		cms->leaf = i;
		found++;
	}
	if (found == 0)
		return pdg_reject(err, "CMS-3",
				  "the signature comes without its signer's "
				  "certificate");
	return found == 1
		       ? 0
		       : pdg_reject(err, "CMS-4", "two certificates of one issuer have one number");
}

/* SignerInfo from sid on; @algorithm is what SignedData says of the digest. */
static int read_signer(struct pdg_cms *cms, struct pdg_bytes in, struct pdg_bytes algorithm,
		       struct pdg_error *err)
{
	struct pdg_der sid;
	struct pdg_der digest;
	struct pdg_der attrs;
	struct pdg_der signature;
	struct pdg_der value;
	struct pdg_der extra;
	int rc;

	if (!pdg_der_take(&in, PDG_DER_SEQUENCE, &sid) ||
	    !pdg_der_take(&in, PDG_DER_SEQUENCE, &digest))
		return malformed(err, "its signer");
	if (!pdg_bytes_eq(digest.whole, algorithm))
		return malformed(err, "it names two digest algorithms");
	if (!pdg_cms_digest(digest.body, &cms->hash))
		return pdg_reject(err, "CMS-2", "a digest that is not SHA-256, 384 or 512");
	if (!pdg_der_take(&in, PDG_DER_PART(0), &attrs))
		return malformed(err, "it has no signed attributes");
	if (!pdg_der_take(&in, PDG_DER_SEQUENCE, &signature) ||
	    !pdg_der_take(&in, PDG_DER_OCTETS, &value) || value.body.n == 0)
		return malformed(err, "its signature");
	cms->value = value.body;
	if (!pdg_cms_algorithm(signature.body, cms->hash, &cms->algorithm))
		return pdg_reject(err, "CMS-2",
				  "a signature algorithm that is not judged, or "
				  "with another digest or parameters");
	rc = find_leaf(cms, sid.body, err);
	if (rc == 0)
		rc = pdg_cms_signed_attrs(cms, attrs.body, err);
	if (rc == 0 && pdg_der_take(&in, PDG_DER_PART(1), &extra))
		rc = pdg_cms_unsigned_attrs(cms, extra.body, err);
	if (rc == 0 && in.n > 0)
		return malformed(err, "bytes follow its signer");
	return rc;
}

static int read_signers(struct pdg_cms *cms, struct pdg_bytes in, struct pdg_bytes algorithm,
			struct pdg_error *err)
{
	static const uint8_t v1[] = {PDG_DER_INTEGER, 1, 1};
	static const uint8_t v3[] = {PDG_DER_INTEGER, 1, 3};
	struct pdg_der set;
	struct pdg_der signer;
	struct pdg_bytes rest;

	if (!pdg_der_only(in, PDG_DER_SET, &set) || !pdg_der_strict(set.whole))
		return malformed(err, "its signers");
	rest = set.body;
	if (!pdg_der_take(&rest, PDG_DER_SEQUENCE, &signer))
		return malformed(err, "it has no signer");
	if (rest.n > 0)
		return malformed(err, "it has more than one signer");
	rest = signer.body;
	if (take_bytes(&rest, v1, sizeof(v1)))
		return read_signer(cms, rest, algorithm, err);
	if (take_bytes(&rest, v3, sizeof(v3)))
		return pdg_reject(err, "CMS-2", "it names its signer by a key identifier");
	return malformed(err, "its signer's version");
}

int pdg_cms_read(struct pdg_cms *cms, struct pdg_error *err)
{
	static const uint8_t v1[] = {PDG_DER_INTEGER, 1, 1};
	static const uint8_t v3[] = {PDG_DER_INTEGER, 1, 3};
	struct pdg_bytes in = pdg_buf_bytes(&cms->der);
	bool ber = in.n > 1 && in.p[1] == 0x80;
	struct pdg_der oid;
	struct pdg_der digests;
	struct pdg_der algorithm;
	int rc;

	if (!enter(&in, PDG_DER_SEQUENCE, ber) || !pdg_der_take(&in, PDG_DER_OID, &oid) ||
	    !pdg_cms_oid(oid.body, signed_data, sizeof(signed_data)) ||
	    !enter(&in, PDG_DER_PART(0), ber) || !enter(&in, PDG_DER_SEQUENCE, ber))
		return malformed(err, "its outermost values");
	/* RFC 5652, 5.1: of such a signer, or of a content that is not git's. */
	if (take_bytes(&in, v3, sizeof(v3)))
		return pdg_reject(err, "CMS-2",
				  "its version is 3, as where a signer is named by key identifier");
	if (!take_bytes(&in, v1, sizeof(v1)))
		return malformed(err, "its version is not 1");
	if (!pdg_der_take(&in, PDG_DER_SET, &digests) ||
	    !pdg_der_only(digests.body, PDG_DER_SEQUENCE, &algorithm))
		return malformed(err, "it has not exactly one digest algorithm");
	if (!take_bytes(&in, ber ? detached_ber : detached,
			ber ? sizeof(detached_ber) : sizeof(detached)))
		return malformed(err, "it is not detached from data");
	rc = read_certs(cms, &in, err);
	return rc == 0 ? read_signers(cms, in, algorithm.whole, err) : rc;
}
