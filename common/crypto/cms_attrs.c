/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attributes of a CMS signature's signer (RFC 5652 5.3, 11). What is signed may hold what the
 * signer likes, beside the two that must be there; what is not signed is nobody's word, so only the
 * two are let through that judge_x509.c can prove.
 */
#include "crypto/cms_impl.h"

#include <stdio.h>

#include "crypto/der.h"
#include "util/time.h"

/* Object identifiers without their tag and length. */
static const uint8_t content_type[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03};
static const uint8_t message_digest[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04};
static const uint8_t signing_time[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05};
static const uint8_t certificate_v2[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
					 0x01, 0x09, 0x10, 0x02, 0x2f};
static const uint8_t timestamp_token[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
					  0x01, 0x09, 0x10, 0x02, 0x0e};
static const uint8_t gitsign_entry[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x03, 0x01};
static const uint8_t id_data[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};

struct attribute {
	struct pdg_bytes type; /* the OID's body */
	struct pdg_der value;  /* the only one; @single says so */
	bool single;
};

static int malformed(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, PDG_CMS_RULE, "the signature's attributes: %s", what);
}

/* Attribute ::= SEQUENCE { attrType, attrValues SET OF } */
static bool take_attribute(struct pdg_bytes *in, struct attribute *out)
{
	struct pdg_der whole;
	struct pdg_der type;
	struct pdg_der values;
	struct pdg_bytes rest;

	if (!pdg_der_take(in, PDG_DER_SEQUENCE, &whole))
		return false;
	rest = whole.body;
	if (!pdg_der_take(&rest, PDG_DER_OID, &type) || !pdg_der_only(rest, PDG_DER_SET, &values) ||
	    !pdg_der_sorted(values.body))
		return false;
	out->type = type.body;
	rest = values.body;
	if (!pdg_der_next(&rest, &out->value))
		return false;
	out->single = rest.n == 0;
	return true;
}

/* "261123093618Z" or "20261123093618Z" (RFC 5652 11.3) as RFC 3339 has it. */
static bool read_time(const struct pdg_der *v, int64_t *out)
{
	bool utc = v->tag == PDG_DER_UTC_TIME;
	const char *s = (const char *)v->body.p;
	const char *century = "";
	char text[PDG_TIME_TEXT];
	size_t i;

	if ((!utc && v->tag != PDG_DER_TIME) || v->body.n != (utc ? 13U : 15U) ||
	    s[v->body.n - 1] != 'Z')
		return false;
	for (i = 0; i + 1 < v->body.n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
	}
	/* RFC 5280 4.1.2.5.1: two digits are of 1950 to 2049. */
	if (utc)
		century = s[0] >= '5' ? "19" : "20";
	i = utc ? 2 : 4;
	(void)snprintf(text, sizeof(text), "%s%.*s-%.2s-%.2sT%.2s:%.2s:%.2sZ", century, (int)i, s,
		       s + i, s + i + 2, s + i + 4, s + i + 6, s + i + 8);
	return pdg_time_parse(pdg_bytes_str(text), out, NULL) == 0;
}

/*
 * SigningCertificateV2 (RFC 5035 3): of a list of ESSCertIDv2 { hashAlgorithm DEFAULT SHA-256,
 * certHash, … } the first is the signer's.
 */
static bool read_certificate(struct pdg_cms *cms, struct pdg_bytes body)
{
	struct pdg_der list;
	struct pdg_der id;
	struct pdg_der v;
	struct pdg_bytes rest;

	if (!pdg_der_take(&body, PDG_DER_SEQUENCE, &list))
		return false;
	rest = list.body;
	if (!pdg_der_take(&rest, PDG_DER_SEQUENCE, &id))
		return false;
	rest = id.body;
	cms->leaf_hash = PDG_SHA256;
	if (pdg_der_take(&rest, PDG_DER_SEQUENCE, &v) && !pdg_cms_digest(v.body, &cms->leaf_hash))
		return false;
	if (!pdg_der_take(&rest, PDG_DER_OCTETS, &v) || v.body.n == 0)
		return false;
	cms->leaf_digest = v.body;
	return true;
}

static int take_signed(struct pdg_cms *cms, const struct attribute *a, bool *typed,
		       struct pdg_error *err)
{
	const struct pdg_der *v = &a->value;
	bool known = true;
	bool good = true;

	if (pdg_cms_oid(a->type, content_type, sizeof(content_type))) {
		good = v->tag == PDG_DER_OID && pdg_cms_oid(v->body, id_data, sizeof(id_data));
		*typed = good;
	} else if (pdg_cms_oid(a->type, message_digest, sizeof(message_digest))) {
		good = v->tag == PDG_DER_OCTETS && v->body.n == pdg_digest_len(cms->hash);
		cms->digest = v->body;
	} else if (pdg_cms_oid(a->type, signing_time, sizeof(signing_time))) {
		good = read_time(v, &cms->time);
		cms->has_time = good;
	} else if (pdg_cms_oid(a->type, certificate_v2, sizeof(certificate_v2))) {
		good = v->tag == PDG_DER_SEQUENCE && read_certificate(cms, v->body);
	} else {
		known = false;
	}
	return good && (a->single || !known)
		       ? 0
		       : malformed(err, "one that is signed is not of its form");
}

/* Call for each attribute of @in; none may be of a type that was there before. */
static int next_attribute(struct pdg_bytes *in, struct pdg_bytes *types, size_t *n,
			  struct attribute *out, struct pdg_error *err)
{
	size_t i;

	if (*n == PDG_LIMIT_CMS_ATTRIBUTES)
		return pdg_reject(err, "CMS-5", "the signature has more than %d attributes",
				  PDG_LIMIT_CMS_ATTRIBUTES);
	if (!take_attribute(in, out))
		return malformed(err, "one is not of its form");
	for (i = 0; i < *n; i++) {
		if (pdg_bytes_eq(types[i], out->type))
			return malformed(err, "one is there twice");
	}
	types[(*n)++] = out->type;
	return 0;
}

/* RFC 5652 5.4: what is signed is not the [0] that stands there, but a SET OF of the same. */
static int keep_signed(struct pdg_cms *cms, struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_buf *out = &cms->signed_attrs;

	pdg_buf_putc(out, PDG_DER_SET);
	if (body.n < 0x80) {
		pdg_buf_putc(out, (uint8_t)body.n);
	} else if (body.n <= 0xff) {
		pdg_buf_putc(out, 0x81);
		pdg_buf_putc(out, (uint8_t)body.n);
	} else {
		/* Base64 of a length that needs more would not fit into the armor. */
		_Static_assert(PDG_LIMIT_COMMIT_SIGNATURE / 4 * 3 <= UINT16_MAX,
			       "attributes have a length of two bytes");
		pdg_buf_putc(out, 0x82);
		pdg_buf_u16be(out, (uint16_t)body.n);
	}
	pdg_buf_put(out, body);
	return pdg_buf_check(out, err);
}

int pdg_cms_signed_attrs(struct pdg_cms *cms, struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_bytes types[PDG_LIMIT_CMS_ATTRIBUTES];
	struct pdg_bytes rest = body;
	struct attribute a;
	bool typed = false;
	size_t n = 0;
	int rc;

	if (!pdg_der_sorted(body))
		return malformed(err, "those that are signed are no SET OF in DER");
	while (rest.n) {
		rc = next_attribute(&rest, types, &n, &a, err);
		if (rc == 0)
			rc = take_signed(cms, &a, &typed, err);
		if (rc < 0)
			return rc;
	}
	if (!typed || cms->digest.n == 0)
		return malformed(err, "contentType or messageDigest is not signed");
	return keep_signed(cms, body, err);
}

int pdg_cms_unsigned_attrs(struct pdg_cms *cms, struct pdg_bytes body, struct pdg_error *err)
{
	struct pdg_bytes types[PDG_LIMIT_CMS_ATTRIBUTES];
	struct attribute a;
	size_t n = 0;
	int rc;

	if (body.n == 0 || !pdg_der_sorted(body))
		return malformed(err, "those that are not signed are no SET OF in DER");
	while (body.n) {
		rc = next_attribute(&body, types, &n, &a, err);
		if (rc < 0)
			return rc;
		if (!a.single)
			return pdg_reject(err, "CMS-4",
					  "an attribute that is not signed has "
					  "several values");
		if (pdg_cms_oid(a.type, timestamp_token, sizeof(timestamp_token)))
			cms->token = a.value.whole;
		else if (!pdg_cms_oid(a.type, gitsign_entry, sizeof(gitsign_entry)))
			return pdg_reject(err, "CMS-4",
					  "an attribute that is not signed, and no "
					  "log entry and no timestamp");
		else if (a.value.tag == PDG_DER_OCTETS && a.value.body.n)
			cms->log_entry = a.value.body;
		else
			return pdg_reject(err, "CMS-2", "a log entry in gitsign's form of 2023");
	}
	return 0;
}
