/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each bit of a key's own packet in turn: what is then a key at all has not made the signature. The
 * creation time and the length of a curve's point are none of the mathematics'; the fingerprint, by
 * which the key is found, has them.
 */
#include "crypto/pgp_bind.h"
#include "crypto/pgp_sigbody.h"
#include "unit/crypto/pgp_data.h"
#include "util/size.h"

static bool matters(struct pdg_bytes body, size_t at)
{
	size_t length = PDG_PGP_KEY_HEAD + 1 + (size_t)body.p[PDG_PGP_KEY_HEAD];

	if (at >= 1 && at <= 4)
		return false;
	return body.p[5] < PDG_PGP_ECDSA || at < length || at > length + 1;
}

static void every_bit_of_the_key(void)
{
	static const char *const names[] = {"sig-alice.asc", "sig-bob.asc", "sig-dave.asc"};
	PDG_AUTO(buf) struct pdg_buf keys = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds bounds = {0};
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	struct pdg_bytes piece;
	size_t keys_seen = 0;

	pgp_read("keys.asc", &keys);
	pgp_read("msg.txt", &msg);
	piece = pdg_buf_bytes(&msg);
	CHECK(pdg_pgp_armor_keys(pdg_buf_bytes(&keys), &packets, NULL) == 0);
	CHECK(pdg_pgp_bind_read(pdg_buf_bytes(&packets), &bounds, NULL) == 0);
	for (size_t i = 0; i < bounds.n * 3; i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		const struct pdg_pgp_bound *b = &bounds.v[i / 3];
		uint8_t *body = pdg_calloc(b->body.n, 1);

		memcpy(body, b->body.p, b->body.n);
		pgp_read(names[i % 3], &text);
		CHECK(pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, NULL) == 0);
		if (strcmp(pgp_find(s, ring, NULL)->fingerprint, b->fingerprint) != 0) {
			free(body);
			continue;
		}
		keys_seen++;
		for (size_t bit = 0; bit < 8 * b->body.n; bit++) {
			PDG_AUTO(pgp_material) struct pdg_pgp_material *m = NULL;
			char fingerprint[PDG_PGP_FINGERPRINT_HEX];
			struct pdg_bytes in = pdg_bytes(body, b->body.n);

			body[bit / 8] ^= (uint8_t)(1U << bit % 8);
			pdg_test_case("%s: bit %zu of its key", names[i % 3], bit);
			CHECK(pdg_pgp_fingerprint(in, fingerprint, NULL) == 0);
			CHECK(strcmp(fingerprint, b->fingerprint) != 0);
			if (pdg_pgp_material_new(in, &m, NULL) == 0 && m && matters(in, bit / 8))
				CHECK(pdg_pgp_sigbody_verify(pdg_pgp_sig_body(s), m, &piece, 1,
							     NULL) == PDG_E_REJECTED);
			body[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
		free(body);
	}
	CHECK_UINT(keys_seen, 3);
}

PDG_TEST_MAIN("crypto.pgp_key_bits", {"every bit of the key", every_bit_of_the_key})
