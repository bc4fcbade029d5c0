/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS signatures, armoured or as the DER that armor would hold: any bytes are a signature or an
 * error with a rule, none verifies, and what is in it leads to no anchor.
 *
 * Covers: common/crypto/cms.c common/crypto/cms_read.c common/crypto/cms_attrs.c
 * common/crypto/x509cert.c common/crypto/der.c
 */
#include "crypto/cms.h"
#include "crypto/timestamp.h"
#include "fuzz.h"
#include "util/codec.h"
#include "util/limits.h"

static void judge(struct pdg_bytes armor)
{
	PDG_AUTO(cms) struct pdg_cms *cms = NULL;
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *none = NULL;
	struct pdg_error err = {0};
	struct pdg_x509_found found;
	int64_t at = 0;
	int rc = pdg_cms_parse(armor, &cms, &err);

	if (rc < 0) {
		MUST(cms == NULL);
		MUST(err.code == rc && (rc == PDG_E_NOMEM || err.rule[0] != '\0'));
		return;
	}
	MUST(pdg_cms_signed(cms).n > 0 && pdg_cms_value(cms).n > 0);
	/* No corpus file is made for this message, and nobody can make one by chance. */
	rc = pdg_cms_verify(cms, pdg_bytes_str("never signed by anybody"), &err);
	MUST(rc < 0 && err.code == rc);
	MUST(pdg_x509_anchors_new(&none, &err) == 0);
	MUST(pdg_cms_path(cms, none, 1700000000, true, &found, &err) == 0);
	MUST(found.end == PDG_X509_UNKNOWN);
	if (pdg_cms_token(cms).n) {
		rc = pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_cms_token(cms),
					  pdg_cms_value(cms), NULL, 0, &at, NULL, &err);
		MUST(rc < 0 && err.code == rc && at == 0);
	}
}

/* The same bytes with the armor around them that only base64 gets through. */
static void judge_der(struct pdg_bytes der)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(3 * PDG_LIMIT_COMMIT_SIGNATURE);
	struct pdg_bytes rest;

	pdg_base64(der, &text);
	pdg_buf_puts(&armor, "-----BEGIN SIGNED MESSAGE-----\n");
	for (rest = pdg_buf_bytes(&text); rest.n; rest = pdg_bytes_from(rest, 64)) {
		pdg_buf_put(&armor, pdg_bytes_head(rest, 64));
		pdg_buf_putc(&armor, '\n');
	}
	pdg_buf_puts(&armor, "-----END SIGNED MESSAGE-----\n");
	if (armor.failed == 0)
		judge(pdg_buf_bytes(&armor));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(x509) struct pdg_x509 *cert = NULL;
	struct pdg_error err = {0};
	struct pdg_bytes in = pdg_bytes(data, size);

	judge(in);
	if (size < PDG_LIMIT_COMMIT_SIGNATURE)
		judge_der(in);
	if (pdg_x509_parse(in, &cert, &err) < 0)
		MUST(err.code == PDG_E_NOMEM || err.rule[0] != '\0');
	return 0;
}
