/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small signed commit and each single bit of the key that signed it, as its description has it:
 * with no other key is the commit good, whether the description still calls it by the old
 * fingerprint or by the one that it then has. (Each bit of payload and signature: test_judge.c.)
 */
#include "crypto/pgp_material.h"
#include "unit/commit/commit_data.h"
#include "util/codec.h"

static const char packet_member[] = "\"packet\":\"";

/* The description of keys.asc with another packet for the subkey that signed pgp-good.raw. */
static void put_changed(struct pdg_bytes json, struct pdg_bytes packet, bool renamed,
			struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf base64 = PDG_BUF_INIT(1024);
	size_t key = pdg_bytes_find(json, pdg_bytes_str("\"primary\":false"), 0);
	size_t from = pdg_bytes_find(json, pdg_bytes_str(packet_member), key);
	size_t to = pdg_bytes_find_byte(json, '"', from + strlen(packet_member));
	char fingerprint[PDG_PGP_FINGERPRINT_HEX];
	size_t name = key - strlen("\",") - (sizeof(fingerprint) - 1);

	CHECK(pdg_pgp_fingerprint(packet, fingerprint, NULL) == 0);
	pdg_base64(packet, &base64);
	pdg_buf_put(out, pdg_bytes_head(json, name));
	if (renamed)
		pdg_buf_puts(out, fingerprint);
	else
		pdg_buf_put(out, pdg_bytes(json.p + name, sizeof(fingerprint) - 1));
	pdg_buf_put(out, pdg_bytes(json.p + key - 2, from + strlen(packet_member) - key + 2));
	pdg_buf_put(out, pdg_buf_bytes(&base64));
	pdg_buf_put(out, pdg_bytes_from(json, to));
}

static void read_packet(struct pdg_bytes json, struct pdg_buf *out)
{
	size_t key = pdg_bytes_find(json, pdg_bytes_str("\"primary\":false"), 0);
	size_t from =
		pdg_bytes_find(json, pdg_bytes_str(packet_member), key) + strlen(packet_member);
	size_t to = pdg_bytes_find_byte(json, '"', from);
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_unbase64(pdg_bytes(json.p + from, to - from), PDG_BASE64_STD, out, &err),
		      &err))
		abort();
}

/* Judge pgp-good.raw by that description. */
static bool is_good(struct world *w, struct pdg_bytes json, struct pdg_bytes raw)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};
	int rc;

	pdg_verdict_init(&v);
	world_describe(w, "keys.asc", json);
	world_load(w);
	rc = pdg_judge_commit(w->signers, raw, false, FEBRUARY, &v, &err);
	/* A description that cannot be read is a failure of the machine. */
	CHECK(rc == 0 || rc == PDG_E_IO);
	return rc == 0 && v.result == PDG_RESULT_GOOD;
}

static void every_bit_of_the_key(void)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct world w;
	size_t i;

	world_init(&w);
	/* Nothing else is to be loaded a thousand times. */
	w.repo.ssh_allowed_signers.n = 0;
	w.repo.forge_keys.n = 0;
	w.repo.revoked.n = 0;
	data_read("keys.json", &json);
	data_read("pgp-good.raw", &raw);
	read_packet(pdg_buf_bytes(&json), &packet);
	CHECK(packet.n > 40);
	for (i = 0; i < packet.n * 8; i++) {
		pdg_test_case("bit %zu of the key", i);
		packet.p[i / 8] ^= (uint8_t)(1U << i % 8);
		for (size_t renamed = 0; renamed < 2; renamed++) {
			PDG_AUTO(buf)
			struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);

			put_changed(pdg_buf_bytes(&json), pdg_buf_bytes(&packet), renamed == 1,
				    &other);
			CHECK(!is_good(&w, pdg_buf_bytes(&other), pdg_buf_bytes(&raw)));
		}
		packet.p[i / 8] ^= (uint8_t)(1U << i % 8);
	}
	{
		PDG_AUTO(buf) struct pdg_buf same = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);

		put_changed(pdg_buf_bytes(&json), pdg_buf_bytes(&packet), true, &same);
		CHECK(is_good(&w, pdg_buf_bytes(&same), pdg_buf_bytes(&raw)));
	}
	world_done(&w);
}

PDG_TEST_MAIN("key_bits", {"every bit of the key", every_bit_of_the_key})
