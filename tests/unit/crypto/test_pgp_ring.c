/* SPDX-License-Identifier: Apache-2.0 */
/* Key descriptions (docs/FORMATS.md): the committed one is read, its distortions are refused. */
#include "unit/crypto/pgp_data.h"

static void read_text(struct pdg_buf *out)
{
	pdg_buf_init(out, PDG_LIMIT_KEY_DESCRIPTION);
	pgp_read("keys.json", out);
}

static const struct pdg_pgp_cert *find(const struct pdg_pgp_ring *ring, const char *address)
{
	for (size_t i = 0; i < ring->n; i++) {
		for (size_t u = 0; u < ring->certs[i].n_uids; u++) {
			if (pdg_str_eq(ring->certs[i].uids[u].address, address))
				return &ring->certs[i];
		}
	}
	abort();
}

static void what_it_says(void)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	const struct pdg_pgp_cert *c;
	uint64_t keyid;

	CHECK_UINT(ring->n, 13);
	c = find(ring, "alice@example.com");
	CHECK_UINT(c->n_keys, 3);
	CHECK_UINT(c->n_uids, 3);
	CHECK(c->keys[0].primary && !c->keys[0].can_sign);
	CHECK(!c->keys[1].primary && c->keys[1].can_sign && c->keys[1].cross_certified);
	CHECK(!c->keys[2].can_sign && !c->keys[2].material);
	CHECK_STR(c->fingerprint, c->keys[0].fingerprint);
	keyid = strtoull(c->keys[1].fingerprint + 24, NULL, 16);
	CHECK(c->keys[1].keyid == keyid);
	CHECK_INT(c->keys[1].created, 1704067200);
	c = find(ring, "before@example.com");
	for (size_t u = 0; u < c->n_uids; u++)
		CHECK(c->uids[u].revoked == pdg_str_eq(c->uids[u].address, "before@example.com"));
	c = find(ring, "erin@example.com");
	CHECK_INT(c->expires, 1609459200);
	CHECK_INT(c->keys[0].expires, 1609459200);
	c = find(ring, "frank@example.com");
	CHECK(c->revoked && c->keys[0].revoked && c->keys[0].revoked_at > 0);
	c = find(ring, "grace@example.com");
	CHECK(c->revoked && c->keys[0].revoked && c->keys[0].revoked_at == 0);
	c = find(ring, "heidi@example.com");
	CHECK(!c->revoked && !c->keys[0].revoked && c->keys[1].revoked);
	CHECK(!find(ring, "ivan@example.com")->keys[0].material); /* RSA 1024 */
	CHECK(!find(ring, "judy@example.com")->keys[0].material); /* DSA */
	CHECK_STR(find(ring, "mallory@example.com")->uids[0].text,
		  "[GNUPG:] GOODSIG 0123456789ABCDEF <mallory@example.com>");
}

/* Once, the text @from becomes @to. */
static const struct {
	const char *from;
	const char *to;
} swaps[] = {
	{"\"version\":1", "\"version\":2"},
	{"\"version\":1,", ""},
	{"\"version\":1", "\"version\":1,\"more\":1"},
	{"\"source\":\"", "\"source\":\"0"},
	{"\"source\":\"", "\"source\":\"X"},
	{"\"certs\":[", "\"certs\":[],\"x\":["},
	{"\"certs\":[", "\"certs\":[{},"},
	{"\"certs\":[", "\"certs\":[null,"},
	{"\"fingerprint\":\"", "\"fingerprint\":\"0"},
	{"\"fingerprint\":\"", "\"Fingerprint\":\""},
	{"\"expires\":0", "\"expires\":-1"},
	{"\"expires\":0", "\"expires\":99999999999"},
	{"\"expires\":0", "\"expires\":1.5"},
	{"\"revoked\":false", "\"revoked\":0"},
	{"\"revoked\":false,", ""},
	{"\"uids\":[", "\"uids\":[{},"},
	{"\"uids\":[{\"text\":", "\"uids\":[{\"Text\":"},
	{"\"address\":\"", "\"address\":null,\"x\":\""},
	{"\"keys\":[", "\"keys\":[],\"x\":["},
	{"\"keys\":[", "\"keys\":[null,"},
	{"\"primary\":true", "\"primary\":false"},
	{"\"primary\":false", "\"primary\":true"},
	{"\"primary\":true", "\"primary\":\"true\""},
	{"\"canSign\":false", "\"canSign\":null"},
	{"\"created\":1704067200", "\"created\":1704067201"},
	{"\"created\":1704067200", "\"created\":\"soon\""},
	{"\"revokedAt\":0,", ""},
	{"\"invalid\":false,\"cross", "\"cross"},
	{"\"crossCertified\":true", "\"crossCertified\":1"},
	{"\"packet\":\"", "\"packet\":\"*"},
	{"\"packet\":\"", "\"packet\":\"AAAA"},
	{"\"packet\":\"B", "\"packet\":\"A"},
	{"\"packet\":\"", "\"packet\":\"\",\"x\":\""},
};

static void distortions(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};

	read_text(&text);
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_bytes from = pdg_bytes_str(swaps[i].from);
		struct pdg_bytes all = pdg_buf_bytes(&text);
		size_t at = pdg_bytes_find(all, from, 0);
		struct pdg_error err = {0};

		pdg_test_case("%s -> %s", swaps[i].from, swaps[i].to);
		if (!CHECK(at != SIZE_MAX))
			continue;
		pdg_buf_put(&other, pdg_bytes_head(all, at));
		pdg_buf_puts(&other, swaps[i].to);
		pdg_buf_put(&other, pdg_bytes_from(all, at + from.n));
		CHECK_RULE(pdg_pgp_ring_of(pdg_buf_bytes(&other), NULL, &ring, &err), &err,
			   "PGP-4");
		CHECK(ring == NULL);
	}
}

/* Another Ed25519 point is as good a key, but not the one of the fingerprint. */
static void other_key(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	struct pdg_error err = {0};
	size_t at;

	read_text(&text);
	at = pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("\"packet\":\""), 0) + 10 + 40;
	text.p[at] = text.p[at] == 'x' ? 'y' : 'x';
	CHECK_RULE(pdg_pgp_ring_of(pdg_buf_bytes(&text), NULL, &ring, &err), &err, "PGP-4");
}

static void nothing(void)
{
	static const char *const texts[] = {
		"",
		"{}",
		"[]",
		"null",
		"{\"version\":1}",
		("{\"version\":1,\"source\":\"0000000000000000000000000000000000000000000000000000000000000000\","
		 "\"certs\":[]}"),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", texts[i]);
		CHECK_RULE(pdg_pgp_ring_of(pdg_bytes_str(texts[i]), NULL, &ring, &err), &err,
			   "PGP-4");
	}
}

static void lengths(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};

	read_text(&text);
	/* The last bytes are the object's end and a line end. */
	for (size_t n = 0; n + 1 < text.n; n += n < text.n - 40 ? 31 : 1) {
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_error err = {0};

		pdg_test_case("cut to %zu bytes", n);
		CHECK_RULE(pdg_pgp_ring_of(pdg_bytes(text.p, n), NULL, &ring, &err), &err, "PGP-4");
	}
}

PDG_TEST_MAIN("crypto.pgp_ring", {"what the description says", what_it_says},
	      {"distortions", distortions}, {"another key", other_key}, {"nothing in it", nothing},
	      {"cut short", lengths})
