/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heads of requests and answers about signatures: any bytes are one, which written again is the
 * same, or an error; and descriptions of key files behind a head that is right.
 *
 * Covers: common/crypto/pgp_wire.c common/crypto/pgp_ring.c common/crypto/pgp_cert.c
 */
#include "crypto/pgp_ring.h"
#include "crypto/pgp_wire.h"
#include "fuzz.h"
#include "util/limits.h"

static void heads(const uint8_t *data, size_t size)
{
	uint8_t in[PDG_PGP_ANSWER_HEAD] = {0};
	uint8_t out[PDG_PGP_ANSWER_HEAD];
	struct pdg_pgp_request r;
	struct pdg_pgp_answer a;

	if (size > 0)
		memcpy(in, data, size < sizeof(in) ? size : sizeof(in));
	if (pdg_pgp_request_read(in, &r, NULL) == 0) {
		MUST(r.n[0] <= PDG_LIMIT_KEY_FILE && r.n[1] <= PDG_LIMIT_GNUPG_PAYLOAD);
		pdg_pgp_request_put(&r, out);
		MUST(memcmp(in, out, PDG_PGP_REQUEST_HEAD) == 0);
	}
	if (pdg_pgp_answer_read(in, &a, NULL) == 0) {
		MUST(a.text_n <= PDG_PGP_ANSWER_TEXT);
		MUST((a.said == PDG_PGP_SAID_GOOD) == (a.fingerprint[0] != '\0'));
		pdg_pgp_answer_put(&a, out);
		MUST(memcmp(in, out, PDG_PGP_ANSWER_HEAD) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char source[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	const struct pdg_pgp_cert *cert;
	size_t lines = 0;
	int rc;

	heads(data, size);
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (pdg_pgp_description_head(source, lines, pdg_bytes(data, size), &text, NULL) != 0)
		return 0;
	pdg_buf_put(&text, pdg_bytes(data, size));
	rc = pdg_pgp_ring_of(&text, source, &ring, NULL);
	pdg_buf_done(&text);
	MUST((rc == 0) == (ring != NULL));
	if (rc < 0 || pdg_pgp_ring_check(ring, NULL) < 0)
		return 0;
	for (size_t i = 0; i < pdg_pgp_ring_count(ring); i++) {
		MUST(pdg_pgp_ring_cert(ring, i, &cert, NULL) == 0);
		MUST(cert->n_keys > 0 && cert->keys[0].primary);
	}
	return 0;
}
