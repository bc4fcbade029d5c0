/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CMS signature from armor to verdict. commit/judge_x509.c comes here with the signatures of
 * commits and tags, and asks afterwards whose they are.
 */
#include "crypto/cms_impl.h"

#include "util/codec.h"
#include "util/size.h"

#define ARMOR_BEGIN "-----BEGIN SIGNED MESSAGE-----\n"
#define ARMOR_END   "-----END SIGNED MESSAGE-----\n"

void pdg_cms_free(struct pdg_cms *cms)
{
	size_t i;

	if (!cms)
		return;
	for (i = 0; i < cms->n_certs; i++)
		pdg_x509_free(cms->certs[i]);
	pdg_buf_done(&cms->signed_attrs);
	pdg_buf_done(&cms->der);
	free(cms);
}

/* The lines between BEGIN and END: base64 of 64 characters each, but for the last (RFC 7468 2). */
static bool armor_body(struct pdg_bytes armor, struct pdg_bytes *out)
{
	static const size_t widths[] = {64, 0};
	struct pdg_columns columns = {0};
	struct pdg_bytes body;
	struct pdg_bytes rest;
	struct pdg_bytes line;

	if (!pdg_bytes_starts(armor, ARMOR_BEGIN) || !pdg_bytes_ends(armor, "\n" ARMOR_END))
		return false;
	body = pdg_bytes_from(armor, strlen(ARMOR_BEGIN));
	if (body.n <= strlen(ARMOR_END))
		return false;
	body.n -= strlen(ARMOR_END);
	rest = body;
	while (pdg_bytes_line(&rest, &line)) {
		if (!pdg_columns_take(&columns, widths, line.n) ||
		    pdg_bytes_find_byte(line, '\r', 0) != SIZE_MAX)
			return false;
	}
	*out = body;
	return true;
}

static int open_armor(struct pdg_cms *cms, struct pdg_bytes armor, struct pdg_error *err)
{
	struct pdg_bytes body;
	struct pdg_error inner = {0};
	int rc;

	if (armor.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "CMS-5", "the signature is too large (%zu bytes)", armor.n);
	if (!armor_body(armor, &body))
		return pdg_reject(err, PDG_CMS_RULE, "the signature's armor is not of its form");
	rc = pdg_unbase64(body, PDG_BASE64_LINES, &cms->der, &inner);
	if (rc == PDG_E_FORMAT)
		return pdg_reject(err, PDG_CMS_RULE, "the signature's armor is not base64");
	return rc < 0 ? pdg_fail(err, rc, "%s", inner.text) : 0;
}

int pdg_cms_parse(struct pdg_bytes armor, struct pdg_cms **out, struct pdg_error *err)
{
	PDG_AUTO(cms) struct pdg_cms *cms = pdg_calloc(1, sizeof(*cms));
	int rc;

	if (!cms)
		return pdg_nomem(err);
	pdg_buf_init(&cms->der, PDG_LIMIT_COMMIT_SIGNATURE);
	pdg_buf_init(&cms->signed_attrs, PDG_LIMIT_COMMIT_SIGNATURE);
	rc = open_armor(cms, armor, err);
	if (rc == 0)
		rc = pdg_cms_read(cms, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(cms);
	return 0;
}

/* RFC 5035 4: the certificate is not covered by the signature, but where its digest is. */
static int check_leaf(const struct pdg_cms *cms, struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];
	int rc;

	if (cms->leaf_digest.n == 0)
		return 0;
	rc = pdg_digest(cms->leaf_hash, pdg_x509_der(pdg_cms_leaf(cms)), sum, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(cms->leaf_digest, pdg_bytes(sum, pdg_digest_len(cms->leaf_hash))))
		return pdg_reject(err, "SIG-1", "the signer meant another certificate");
	return 0;
}

int pdg_cms_verify(const struct pdg_cms *cms, struct pdg_bytes msg, struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];
	int rc = pdg_x509_check(pdg_cms_leaf(cms), cms->algorithm, cms->hash, pdg_cms_signed(cms),
				cms->value, err);

	if (rc == 0)
		rc = check_leaf(cms, err);
	if (rc == 0)
		rc = pdg_digest(cms->hash, msg, sum, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(cms->digest, pdg_bytes(sum, pdg_digest_len(cms->hash))))
		return pdg_reject(err, "SIG-1", "the signature is over other bytes");
	return 0;
}

const struct pdg_x509 *pdg_cms_leaf(const struct pdg_cms *cms)
{
	return cms->certs[cms->leaf];
}

int pdg_cms_path(const struct pdg_cms *cms, const struct pdg_x509_anchors *a, int64_t at,
		 bool named, struct pdg_x509_found *out, struct pdg_error *err)
{
	const struct pdg_x509 *certs[PDG_LIMIT_CMS_CERTS];
	const struct pdg_x509_set set = {.certs = certs,
					 .n = cms->n_certs,
					 .leaf = cms->leaf,
					 .sorted = cms->sorted,
					 .named = named};
	size_t i;

	for (i = 0; i < cms->n_certs; i++)
		certs[i] = cms->certs[i];
	return pdg_x509_path(a, &set, at, out, err);
}

bool pdg_cms_signing_time(const struct pdg_cms *cms, int64_t *out)
{
	if (cms->has_time)
		*out = cms->time;
	return cms->has_time;
}

struct pdg_bytes pdg_cms_signed(const struct pdg_cms *cms)
{
	return pdg_buf_bytes(&cms->signed_attrs);
}

enum pdg_hash pdg_cms_hash(const struct pdg_cms *cms)
{
	return cms->hash;
}

struct pdg_bytes pdg_cms_value(const struct pdg_cms *cms)
{
	return cms->value;
}

struct pdg_bytes pdg_cms_log_entry(const struct pdg_cms *cms)
{
	return cms->log_entry;
}

struct pdg_bytes pdg_cms_token(const struct pdg_cms *cms)
{
	return cms->token;
}
