/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3161 timestamps: no bytes are one over a certain signature of an authority of others but
 * those that it made, and its time is the one that it signed.
 *
 * Covers: common/crypto/timestamp.c common/crypto/tsa.c common/crypto/der.c
 */
#include "crypto/timestamp.h"
#include "fuzz.h"
#include "tsa_real.h"
#include "util/codec.h"

static struct pdg_tsa *authority;
static struct pdg_buf signature;

static void set_up(void)
{
	struct pdg_buf leaf = PDG_BUF_INIT(4096);
	struct pdg_buf root = PDG_BUF_INIT(4096);
	struct pdg_bytes certs[2];

	pdg_buf_init(&signature, 4096);
	MUST(pdg_unbase64(pdg_bytes_str(tsa_real_leaf), PDG_BASE64_STD, &leaf, NULL) == 0);
	MUST(pdg_unbase64(pdg_bytes_str(tsa_real_root), PDG_BASE64_STD, &root, NULL) == 0);
	MUST(pdg_unbase64(pdg_bytes_str(tsa_real_sig), PDG_BASE64_STD, &signature, NULL) == 0);
	certs[0] = pdg_buf_bytes(&leaf);
	certs[1] = pdg_buf_bytes(&root);
	MUST(pdg_tsa_new(certs, 2, 0, 0, &authority, NULL) == 0);
	pdg_buf_done(&leaf);
	pdg_buf_done(&root);
}

static void judge(enum pdg_timestamp_form form, struct pdg_bytes in)
{
	struct pdg_error err = {0};
	int64_t at = 0;
	int rc = pdg_timestamp_verify(form, in, pdg_buf_bytes(&signature), &authority, 1, &at, NULL,
				      &err);

	if (rc == 0) {
		MUST(at == TSA_REAL_TIME);
	} else {
		MUST(at == 0);
		MUST(rc == PDG_E_NOMEM || err.rule[0] != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PDG_AUTO(tsa) struct pdg_tsa *own = NULL;
	struct pdg_bytes in = pdg_bytes(data, size);
	struct pdg_error err = {0};

	if (!authority)
		set_up();
	judge(PDG_TIMESTAMP_TOKEN, in);
	judge(PDG_TIMESTAMP_RESPONSE, in);
	if (pdg_tsa_new(&in, 1, 0, 0, &own, &err) < 0)
		MUST(own == NULL && err.rule[0] != '\0');
	return 0;
}
