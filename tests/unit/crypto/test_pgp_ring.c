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
	for (size_t i = 0; i < pdg_pgp_ring_count(ring); i++) {
		for (size_t u = 0; u < pgp_cert(ring, i)->n_uids; u++) {
			if (pdg_str_eq(pgp_cert(ring, i)->uids[u].address, address))
				return pgp_cert(ring, i);
		}
	}
	abort();
}

static void what_it_says(void)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	const struct pdg_pgp_cert *c;
	uint64_t keyid;

	CHECK_UINT(pdg_pgp_ring_count(ring), 19);
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

/* Once, the text @from in the lines of the certificates becomes @to. */
static const struct {
	const char *from;
	const char *to;
} swaps[] = {
	{"{", "{}{"},
	{"{", "[{"},
	{"{", "null{"},
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
	{"\"askGnupg\":false,", ""},
	{"\"askGnupg\":false", "\"askGnupg\":null"},
	{"\"packet\":\"", "\"packet\":\"*"},
	{"\"packet\":\"", "\"packet\":\"AAAA"},
	{"\"packet\":\"B", "\"packet\":\"A"},
	{"\"packet\":\"", "\"packet\":\"\",\"x\":\""},
};

/* Is the description with these @lines refused, as soon as all of it has been read? */
static void check_refused(struct pdg_bytes lines, size_t n)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	struct pdg_error err = {0};
	int rc;

	pgp_describe(lines, n, &text);
	rc = pdg_pgp_ring_of(&text, NULL, &ring, &err);
	CHECK_INT(rc == 0, ring != NULL);
	if (rc == 0)
		rc = pdg_pgp_ring_check(ring, &err);
	CHECK_RULE(rc, &err, "PGP-4");
}

static struct pdg_bytes lines_of(const struct pdg_buf *text)
{
	struct pdg_bytes rest = pdg_buf_bytes(text);
	struct pdg_bytes head;

	CHECK(pdg_bytes_line(&rest, &head));
	return rest;
}

static void distortions(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};

	read_text(&text);
	for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		struct pdg_bytes from = pdg_bytes_str(swaps[i].from);
		struct pdg_bytes all = lines_of(&text);
		size_t at = pdg_bytes_find(all, from, 0);

		pdg_test_case("%s -> %s", swaps[i].from, swaps[i].to);
		if (!CHECK(at != SIZE_MAX))
			continue;
		pdg_buf_put(&other, pdg_bytes_head(all, at));
		pdg_buf_puts(&other, swaps[i].to);
		pdg_buf_put(&other, pdg_bytes_from(all, at + from.n));
		check_refused(pdg_buf_bytes(&other), 19);
	}
}

/* Each certificate stands on a line of its own, and there are as many as the head says. */
static void counts(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	struct pdg_bytes all;

	read_text(&text);
	all = lines_of(&text);
	check_refused(all, 18);
	check_refused(all, 20);
	check_refused(all, 0);
	check_refused(pdg_bytes(NULL, 0), 1);
	check_refused(pdg_bytes_str("\n"), 1);
	check_refused(pdg_bytes_str("{\"fingerprint\":\"ABC\n"), 1);
}

/* One that was damaged after it was read whole is a failure of the machine, no verdict. */
static void read_late(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
	const struct pdg_pgp_cert *cert = NULL;
	struct pdg_error err = {0};

	pgp_describe(pdg_bytes_str("{}\n"), 1, &text);
	if (!CHECK_OK(pdg_pgp_ring_of(&text, NULL, &ring, &err), &err))
		return;
	CHECK_CODE(pdg_pgp_ring_cert(ring, 0, &cert, &err), &err, PDG_E_IO);
	CHECK(cert == NULL);
}

static void searches(void)
{
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	const struct pdg_pgp_cert *cert = NULL;
	struct pdg_error err = {0};
	size_t found = 0;
	size_t at = 0;

	CHECK_OK(
		pdg_pgp_ring_search(ring, pdg_bytes_str("\"alice@example.com\""), &at, &cert, &err),
		&err);
	if (CHECK(cert != NULL))
		CHECK_UINT(cert->n_uids, 3);
	CHECK_OK(
		pdg_pgp_ring_search(ring, pdg_bytes_str("\"alice@example.com\""), &at, &cert, &err),
		&err);
	CHECK(cert == NULL);
	at = 0;
	while (pdg_pgp_ring_search(ring, pdg_bytes_str("example.com"), &at, &cert, &err) == 0 &&
	       cert)
		found++;
	CHECK_UINT(found, 19);
}

/* The head, one member changed at a time. */
static void heads(void)
{
	static const struct {
		const char *from;
		const char *to;
	} rows[] = {
		{"\"version\":3", "\"version\":2"},
		{"\"version\":3", "\"version\":4"},
		{"\"version\":3,", ""},
		{"\"version\":3", "\"version\":3,\"more\":1"},
		{"\"source\":\"", "\"source\":\"0"},
		{"\"source\":\"", "\"source\":\"X"},
		{"\"certs\":19", "\"certs\":0"},
		{"\"certs\":19", "\"certs\":\"x\""},
		{"\"sha256\":\"", "\"sha256\":\"0"},
		{"\"sha256\":", "\"sha512\":"},
		{"}\n{", "},\n{"},
		{"{", ""},
	};
	PDG_AUTO(buf) struct pdg_buf text = {0};

	read_text(&text);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_bytes all = pdg_buf_bytes(&text);
		size_t at = pdg_bytes_find(all, pdg_bytes_str(rows[i].from), 0);
		struct pdg_error err = {0};

		pdg_test_case("%s -> %s", rows[i].from, rows[i].to);
		if (!CHECK(at != SIZE_MAX))
			continue;
		pdg_buf_put(&other, pdg_bytes_head(all, at));
		pdg_buf_puts(&other, rows[i].to);
		pdg_buf_put(&other, pdg_bytes_from(all, at + strlen(rows[i].from)));
		CHECK_RULE(pdg_pgp_ring_of(&other, NULL, &ring, &err), &err, "PGP-4");
		CHECK(ring == NULL);
	}
}

/* Another Ed25519 point is as good a key, but not the one of the fingerprint. */
static void other_key(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	size_t at;

	read_text(&text);
	at = pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("\"packet\":\""), 0) + 10 + 40;
	text.p[at] = text.p[at] == 'x' ? 'y' : 'x';
	check_refused(lines_of(&text), 19);
}

/* A damaged entry of the cache is seen before anything of it is believed. */
static void damage(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	size_t n;

	read_text(&text);
	n = text.n;
	for (size_t at = 0; at < n; at += 97) {
		PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_error err = {0};

		pdg_test_case("byte %zu", at);
		pdg_buf_put(&other, pdg_buf_bytes(&text));
		other.p[at] ^= 1;
		/* Which key file it is of is the caller's to compare. */
		if (at >= 24 && at < 90)
			continue;
		CHECK_RULE(pdg_pgp_ring_of(&other, NULL, &ring, &err), &err, "PGP-4");
	}
}

static void nothing(void)
{
	static const char *const texts[] = {
		"", "\n", "{}\n", "[]\n", "null\n", "{\"version\":3}\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", texts[i]);
		pdg_buf_puts(&text, texts[i]);
		CHECK_RULE(pdg_pgp_ring_of(&text, NULL, &ring, &err), &err, "PGP-4");
	}
}

static void lengths(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};

	read_text(&text);
	for (size_t n = 0; n < text.n; n += n < text.n - 40 ? 31 : 1) {
		PDG_AUTO(buf) struct pdg_buf cut = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = NULL;
		struct pdg_error err = {0};

		pdg_test_case("cut to %zu bytes", n);
		pdg_buf_put(&cut, pdg_bytes(text.p, n));
		CHECK_RULE(pdg_pgp_ring_of(&cut, NULL, &ring, &err), &err, "PGP-4");
	}
}

PDG_TEST_MAIN("crypto.pgp_ring", {"what the description says", what_it_says}, {"heads", heads},
	      {"distortions", distortions}, {"another key", other_key}, {"damage", damage},
	      {"counts", counts}, {"read late", read_late}, {"searches", searches},
	      {"nothing in it", nothing}, {"cut short", lengths})
