/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 3161 tokens: form, what they are over and when they say they were made (formats.md 8.1, 1 to
 * 3 and 7); tsa.c says whose they are. OpenSSL's own checks of timestamps know nothing of weak
 * imprints, of the authority's window, or of a second signer's certificate.
 */
#include "crypto/timestamp_impl.h"

#include <openssl/err.h>
#include <openssl/ts.h>

#include "crypto/cms_impl.h"
#include "crypto/der.h"
#include "util/buf.h"
#include "util/limits.h"
#include "util/time.h"

#define VERSION 1

PDG_AUTO_DEFINE(pkcs7, PKCS7 *, PKCS7_free)
PDG_AUTO_DEFINE(ts_resp, TS_RESP *, TS_RESP_free)
PDG_AUTO_DEFINE(tst_info, TS_TST_INFO *, TS_TST_INFO_free)

static int malformed(struct pdg_error *err, const char *why)
{
	return pdg_ossl_reject(err, "TSA-1", why);
}

/*
 * OpenSSL overlooks marks (an implicit set that is not one made of others): what it read must be
 * what it writes: @n bytes at @mine, which is freed.
 */
static int same_again(int n, unsigned char *mine, struct pdg_bytes der, struct pdg_error *err)
{
	bool same = n > 0 && pdg_bytes_eq(pdg_bytes(mine, (size_t)n), der);

	OPENSSL_free(mine);
	return same ? 0 : malformed(err, "a timestamp that is not in DER");
}

/* Take the token out of an answer that grants one. */
static int open_response(struct pdg_bytes der, PKCS7 **out, struct pdg_error *err)
{
	const unsigned char *p = der.p;
	PDG_AUTO(ts_resp) TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)der.n);
	unsigned char *again = NULL;
	const ASN1_INTEGER *status;
	long value;
	int n;
	int rc;

	if (!resp)
		return malformed(err, "is not a timestamp response");
	n = i2d_TS_RESP(resp, &again);
	rc = same_again(n, again, der, err);
	if (rc < 0)
		return rc;
	status = TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp));
	value = ASN1_INTEGER_get(status);
	if (value != TS_STATUS_GRANTED && value != TS_STATUS_GRANTED_WITH_MODS)
		return pdg_reject(err, "TSA-3", "the authority did not grant a timestamp");
	*out = PKCS7_dup(TS_RESP_get_token(resp));
	return *out ? 0 : pdg_ossl_fail(err, "copy a timestamp token");
}

static int open_token(struct pdg_bytes der, PKCS7 **out, struct pdg_error *err)
{
	const unsigned char *p = der.p;
	PDG_AUTO(pkcs7) PKCS7 *token = d2i_PKCS7(NULL, &p, (long)der.n);
	unsigned char *again = NULL;
	int n;
	int rc;

	if (!token)
		return malformed(err, "is not a timestamp token");
	n = i2d_PKCS7(token, &again);
	rc = same_again(n, again, der, err);
	if (rc == 0)
		*out = PDG_TAKE(token);
	return rc;
}

/* Its body in DER, for the readers of cms_read.c. */
static int algorithm_of(const X509_ALGOR *a, struct pdg_buf *out, struct pdg_bytes *out_body,
			struct pdg_error *err)
{
	int n = i2d_X509_ALGOR(a, NULL);
	unsigned char *p = n > 0 ? pdg_buf_room(out, (size_t)n) : NULL;
	struct pdg_der v;

	if (!p)
		return pdg_nomem(err);
	if (i2d_X509_ALGOR(a, &p) != n || !pdg_der_only(pdg_buf_bytes(out), PDG_DER_SEQUENCE, &v))
		return malformed(err, "an algorithm of the token");
	*out_body = v.body;
	return 0;
}

/* The signer's two algorithms, by the names that CMS signatures may give them. */
static int read_algorithms(struct pdg_ts_token *t, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf one = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
	PDG_AUTO(buf) struct pdg_buf two = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
	struct pdg_bytes digest;
	struct pdg_bytes signature;
	enum pdg_hash hash;
	int rc = algorithm_of(t->si->digest_alg, &one, &digest, err);

	if (rc == 0)
		rc = algorithm_of(t->si->digest_enc_alg, &two, &signature, err);
	if (rc < 0)
		return rc;
	if (!pdg_cms_digest(digest, &hash) || !pdg_cms_algorithm(signature, hash, &t->algorithm))
		return pdg_reject(err, "TSA-5",
				  "the token is signed over a digest that is not SHA-2, or by an "
				  "algorithm that is not judged");
	return 0;
}

/*
 * What the signature does not cover is the one thing that RFC 3161 (2.4.2) and RFC 5652 (5.1, 5.3)
 * make of it: no sets that are there and empty. Certificates alone may differ (Sigstore's authority
 * writes an empty set where OpenSSL writes none); which they are is for tsa.c to look at.
 */
static int check_frame(const PKCS7_SIGNED *s, const PKCS7_SIGNER_INFO *si, struct pdg_error *err)
{
	if (ASN1_INTEGER_get(s->version) != 3 || ASN1_INTEGER_get(si->version) != 1 || s->crl ||
	    si->unauth_attr)
		return malformed(err, "the token is not as timestamps are made");
	if (sk_X509_ALGOR_num(s->md_algs) != 1 ||
	    X509_ALGOR_cmp(sk_X509_ALGOR_value(s->md_algs, 0), si->digest_alg) != 0)
		return malformed(err, "the token's digest is not its signer's");
	return 0;
}

/* The one signer, whose attributes say what is signed: without them, anything of his would do. */
static int one_signer(struct pdg_ts_token *t, struct pdg_error *err)
{
	STACK_OF(PKCS7_SIGNER_INFO) *all = PKCS7_get_signer_info(t->p7);
	const ASN1_TYPE *type;
	int rc;

	if (!all || sk_PKCS7_SIGNER_INFO_num(all) != 1)
		return malformed(err, "the token has not exactly one signer");
	if (sk_X509_num(t->p7->d.sign->cert) > PDG_LIMIT_CHAIN_CERTS)
		return pdg_reject(err, "TSA-2", "the token holds more than %d certificates",
				  PDG_LIMIT_CHAIN_CERTS);
	t->si = sk_PKCS7_SIGNER_INFO_value(all, 0);
	rc = read_algorithms(t, err);
	if (rc == 0)
		rc = check_frame(t->p7->d.sign, t->si, err);
	if (rc < 0)
		return rc;
	type = PKCS7_get_signed_attribute(t->si, NID_pkcs9_contentType);
	if (!type || type->type != V_ASN1_OBJECT ||
	    OBJ_obj2nid(type->value.object) != NID_id_smime_ct_TSTInfo)
		return malformed(err, "the token's signer does not say that it is a timestamp");
	return 0;
}

/* What the token says: a TSTInfo of version 1 with no extension that must be understood. */
static int read_info(PKCS7 *token, TS_TST_INFO **out, struct pdg_error *err)
{
	PDG_AUTO(tst_info) TS_TST_INFO *info = PKCS7_to_TS_TST_INFO(token);
	const ASN1_OCTET_STRING *content;

	if (!info)
		return malformed(err, "the token holds no TSTInfo");
	content = token->d.sign->contents->d.other->value.octet_string;
	if (!pdg_der_strict(pdg_bytes(content->data, (size_t)content->length)) ||
	    TS_TST_INFO_get_version(info) != VERSION ||
	    TS_TST_INFO_get_ext_by_critical(info, 1, -1) >= 0)
		return malformed(err, "the token's TSTInfo is not of version 1 in DER");
	*out = PDG_TAKE(info);
	return 0;
}

static int check_imprint(TS_TST_INFO *info, struct pdg_bytes data, struct pdg_error *err)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OCTET_STRING *said = TS_MSG_IMPRINT_get_msg(imprint);
	uint8_t digest[PDG_DIGEST_MAX];
	enum pdg_hash hash;
	int rc;

	switch (OBJ_obj2nid(TS_MSG_IMPRINT_get_algo(imprint)->algorithm)) {
	case NID_sha256:
		hash = PDG_SHA256;
		break;
	case NID_sha384:
		hash = PDG_SHA384;
		break;
	case NID_sha512:
		hash = PDG_SHA512;
		break;
	default:
		return pdg_reject(err, "TSA-5",
				  "the token is over a digest that is not SHA-256, 384 or 512");
	}
	rc = pdg_digest(hash, data, digest, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_bytes(said->data, (size_t)said->length),
			  pdg_bytes(digest, pdg_digest_len(hash))))
		return pdg_reject(err, "TSA-4", "the token is over another signature");
	return 0;
}

/* "20261123031700.5Z" (RFC 3161 2.4.2) as RFC 3339 has it, whose reader is strict. */
static int read_time(const TS_TST_INFO *info, int64_t *out, struct pdg_error *err)
{
	const ASN1_GENERALIZEDTIME *t = TS_TST_INFO_get_time(info);
	const char *s = (const char *)t->data;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_TIME_TEXT);

	if (t->length < 15 || t->data[t->length - 1] != 'Z')
		return malformed(err, "the token's time is not of its form");
	pdg_buf_printf(&text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s", s, s + 4, s + 6, s + 8, s + 10,
		       s + 12);
	pdg_buf_put(&text, pdg_bytes(s + 14, (size_t)t->length - 14));
	if (text.failed == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (text.failed || pdg_time_parse(pdg_buf_bytes(&text), out, NULL) < 0 || *out <= 0)
		return malformed(err, "the token's time is not of its form");
	return 0;
}

/* Of several authorities that did not sign, the one that came nearest has the word. */
static int ask_authorities(struct pdg_tsa *const *tsas, size_t n_tsas, const struct pdg_ts_token *t,
			   size_t *out_which, struct pdg_error *err)
{
	struct pdg_error why = {0};
	size_t i;
	int rc = pdg_reject(err, "TSA-7", "the token is of no timestamp authority that is trusted");

	for (i = 0; i < n_tsas; i++) {
		int one = pdg_tsa_signed(tsas[i], t, &why);

		if (one == 0) {
			*out_which = i;
			return 0;
		}
		if (one != PDG_E_REJECTED || strcmp(why.rule, "TSA-7") != 0) {
			rc = one;
			if (err)
				*err = why;
		}
		if (one != PDG_E_REJECTED && one != PDG_E_FORMAT)
			return rc;
	}
	return rc;
}

/* What the token says of itself, whoever made it. */
static int read_token(struct pdg_ts_token *t, struct pdg_bytes data, struct pdg_error *err)
{
	PDG_AUTO(tst_info) TS_TST_INFO *info = NULL;
	int rc = read_info(t->p7, &info, err);

	if (rc == 0)
		rc = read_time(info, &t->at, err);
	if (rc == 0)
		rc = check_imprint(info, data, err);
	return rc == 0 ? one_signer(t, err) : rc;
}

int pdg_timestamp_verify(enum pdg_timestamp_form form, struct pdg_bytes der, struct pdg_bytes data,
			 struct pdg_tsa *const *tsas, size_t n_tsas, int64_t *out_time,
			 size_t *out_which, struct pdg_error *err)
{
	PDG_AUTO(pkcs7) PKCS7 *p7 = NULL;
	struct pdg_ts_token token = {.bare = form == PDG_TIMESTAMP_TOKEN};
	size_t which = 0;
	int rc;

	if (der.n > PDG_LIMIT_TIMESTAMP)
		return pdg_reject(err, "TSA-2", "a timestamp of %zu bytes, the limit is %zu", der.n,
				  PDG_LIMIT_TIMESTAMP);
	if (!pdg_der_strict(der))
		return pdg_reject(err, "TSA-1", "a timestamp that is not DER, or has bytes behind");
	rc = form == PDG_TIMESTAMP_RESPONSE ? open_response(der, &p7, err)
					    : open_token(der, &p7, err);
	token.p7 = p7;
	if (rc == 0)
		rc = read_token(&token, data, err);
	if (rc == 0)
		rc = ask_authorities(tsas, n_tsas, &token, &which, err);
	if (rc < 0)
		return rc;
	*out_time = token.at;
	if (out_which)
		*out_which = which;
	return 0;
}
