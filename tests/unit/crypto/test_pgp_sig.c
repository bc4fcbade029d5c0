/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that gpg made (tests/data/pgp): what is good verifies, and after any change, of the
 * signature or of what is signed, it does not.
 */
#include "crypto/pgp_material.h"
#include "unit/crypto/pgp_data.h"

#define SIGNED_AT 1706745600 /* when make-pgp.sh signs */

static struct pdg_pgp_ring *ring;

/* Parse, find, verify @sig over @msg: 0 and the certificate, or why not. */
static int judge(struct pdg_bytes sig, bool armored, struct pdg_bytes msg,
		 const struct pdg_pgp_cert **out, struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	const struct pdg_pgp_key *key;
	int rc = armored ? pdg_pgp_sig_parse(sig, &s, err) : pdg_pgp_sig_parse_binary(sig, &s, err);

	if (rc < 0)
		return rc;
	key = pgp_find(s, ring, out);
	if (!key)
		return pdg_fail(err, PDG_E_NOTFOUND, "nobody's");
	return pdg_pgp_sig_verify(s, key, msg, err);
}

static int judge_file(const char *sig, const char *msg, const struct pdg_pgp_cert **out,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf s = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf m = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

	pgp_read(sig, &s);
	pgp_read(msg, &m);
	return judge(pdg_buf_bytes(&s), pdg_str_ends(sig, ".asc"), pdg_buf_bytes(&m), out, err);
}

static const struct {
	const char *sig;
	const char *msg;
	const char *address;
} good[] = {
	{"sig-alice.asc", "msg.txt", "alice@example.com"}, /* Ed25519, signing subkey */
	{"sig-alice.bin", "msg.txt", "alice@example.com"},
	{"sig-bob.asc", "msg.txt", "bob@example.com"}, /* RSA 2048 */
	{"sig-bob-short.asc", "msg.txt", "bob@example.com"},
	{"sig-carol.asc", "msg.txt", "carol@example.com"}, /* RSA 4096 */
	{"sig-dave.asc", "msg.txt", "dave@example.com"},   /* P-256 */
	{"sig-dora.asc", "msg.txt", "dora@example.com"},   /* P-384 */
	{"sig-duke.asc", "msg.txt", "duke@example.com"},   /* P-521 */
	{"sig-erin.asc", "msg.txt", "erin@example.com"},   /* expired key: mathematics alone */
	{"sig-frank.asc", "msg.txt", "frank@example.com"}, /* revoked key: the same */
	{"sig-heidi.asc", "msg.txt", "heidi@example.com"}, /* RSA 2048, signing subkey */
	{"sig-mallory.asc", "msg.txt", "mallory@example.com"},
	{"sig-headers.asc", "msg.txt", "alice@example.com"},
	{"sig-expires.asc", "msg.txt", "alice@example.com"},
	{"sig-notation.asc", "msg.txt", "alice@example.com"},
	{"sig-sha224.asc", "msg.txt", "bob@example.com"},
	{"sig-sha512.asc", "msg.txt", "bob@example.com"},
	{"commit.asc", "commit.payload", "alice@example.com"},
};

static bool has_address(const struct pdg_pgp_cert *cert, const char *address)
{
	for (size_t i = 0; i < cert->n_uids; i++) {
		if (pdg_str_eq(cert->uids[i].address, address))
			return true;
	}
	return false;
}

static void good_ones(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct pdg_pgp_cert *cert = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", good[i].sig);
		if (CHECK_OK(judge_file(good[i].sig, good[i].msg, &cert, &err), &err))
			CHECK(has_address(cert, good[i].address));
		CHECK_RULE(judge_file(good[i].sig, "commit.raw", &cert, &err), &err, "SIG-1");
	}
}

/* Forms that are never judged, and those that GnuPG is asked about elsewhere (test_pgp_gnupg.c). */
static void refused_files(void)
{
	static const struct {
		const char *sig;
		const char *rule;
	} rows[] = {
		{"sig-two.asc", "PGP-2"},	{"sig-critical.asc", "PGP-2"},
		{"sig-text.asc", "PGP-3"},	{"sig-sha1.asc", "PGP-3"},
		{"sig-ripemd160.asc", "PGP-3"}, {"sig-judy.asc", "PGP-3"}, /* DSA */
		{"sig-ivan.asc", "PGP-3"},				   /* RSA 1024 */
		{"clearsigned.asc", "PGP-1"},	{"inline.asc", "PGP-1"},
		{"inline.bin", "PGP-2"},	{"keys.asc", "PGP-1"},
		{"alice.gpg", "PGP-2"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pdg_pgp_cert *cert = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i].sig);
		CHECK_RULE(judge_file(rows[i].sig, "msg.txt", &cert, &err), &err, rows[i].rule);
	}
}

/* An inline-signed message whose armor calls itself a signature (attacks.md M16). */
static void inline_in_disguise(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	const struct pdg_bytes label = pdg_bytes_str("PGP MESSAGE");
	struct pdg_error err = {0};
	struct pdg_bytes rest;
	size_t at;

	pgp_read("inline.asc", &text);
	rest = pdg_buf_bytes(&text);
	while ((at = pdg_bytes_find(rest, label, 0)) != SIZE_MAX) {
		pdg_buf_put(&sig, pdg_bytes_head(rest, at));
		pdg_buf_puts(&sig, "PGP SIGNATURE");
		rest = pdg_bytes_from(rest, at + label.n);
	}
	pdg_buf_put(&sig, rest);
	CHECK_RULE(pdg_pgp_sig_parse(pdg_buf_bytes(&sig), &s, &err), &err, "PGP-2");
}

static void times(void)
{
	static const struct {
		const char *sig;
		int64_t expires;
	} rows[] = {{"sig-alice.asc", 0}, {"sig-expires.asc", SIGNED_AT + 86400}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
		PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
		struct pdg_error err = {0};

		pgp_read(rows[i].sig, &text);
		if (!CHECK_OK(pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, &err), &err))
			return;
		/* gpg's faked clock runs on while it works. */
		CHECK(pdg_pgp_sig_created(s) >= SIGNED_AT &&
		      pdg_pgp_sig_created(s) < SIGNED_AT + 60);
		if (rows[i].expires == 0)
			CHECK_INT(pdg_pgp_sig_expires(s), 0);
		else
			CHECK_INT(pdg_pgp_sig_expires(s) - pdg_pgp_sig_created(s), 86400);
	}
}

/* Flip each bit of the signature: none of the results may verify. */
static void flip_all(const char *name)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	bool armored = pdg_str_ends(name, ".asc");
	const struct pdg_pgp_cert *cert;
	struct pdg_error err = {0};
	size_t verified = 0;

	pgp_read(name, &sig);
	pgp_read("msg.txt", &msg);
	for (size_t bit = 0; bit < 8 * sig.n; bit++) {
		int rc;

		sig.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		rc = judge(pdg_buf_bytes(&sig), armored, pdg_buf_bytes(&msg), &cert, NULL);
		if (rc == 0) {
			pdg_test_case("%s: bit %zu of byte %zu", name, bit % 8, bit / 8);
			CHECK(rc < 0);
			verified++;
		}
		sig.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_UINT(verified, 0);
	CHECK_OK(judge(pdg_buf_bytes(&sig), armored, pdg_buf_bytes(&msg), &cert, &err), &err);
	for (size_t bit = 0; bit < 8 * msg.n; bit++) {
		msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK_RULE(judge(pdg_buf_bytes(&sig), armored, pdg_buf_bytes(&msg), &cert, &err),
			   &err, "SIG-1");
		msg.p[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void every_bit(void)
{
	flip_all("sig-alice.bin");
	flip_all("sig-alice.asc");
	flip_all("sig-bob.asc");
	flip_all("sig-bob-short.asc");
	flip_all("sig-dave.asc");
}

static void every_length(void)
{
	static const char *const names[] = {"sig-alice.asc", "sig-alice.bin", "sig-bob.asc"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
		bool armored = pdg_str_ends(names[i], ".asc");

		pgp_read(names[i], &sig);
		for (size_t n = 0; n < sig.n; n++) {
			PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
			struct pdg_error err = {0};
			uint8_t *exact = malloc(n ? n : 1);
			struct pdg_bytes in = pdg_bytes(exact, n);

			memcpy(exact, sig.p, n);
			pdg_test_case("%s cut to %zu bytes", names[i], n);
			CHECK_RULE(armored ? pdg_pgp_sig_parse(in, &s, &err)
					   : pdg_pgp_sig_parse_binary(in, &s, &err),
				   &err, armored ? "PGP-1" : "PGP-2");
			free(exact);
		}
	}
}

/* @sig's packet, one with an RSA number of fewer bits than its modulus, with that number written
 * anew. */
static int judge_number(struct pdg_bytes sig, unsigned bits, size_t zeros)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const struct pdg_pgp_cert *cert;
	size_t at = sig.n - 256;
	size_t body = sig.n - 3 + zeros;

	pgp_read("msg.txt", &msg);
	pdg_buf_putc(&out, 0x89);
	pdg_buf_u16be(&out, (uint16_t)body);
	pdg_buf_put(&out, pdg_bytes(sig.p + 3, at - 2 - 3));
	pdg_buf_u16be(&out, (uint16_t)bits);
	for (size_t i = 0; i < zeros; i++)
		pdg_buf_putc(&out, 0);
	pdg_buf_put(&out, pdg_bytes_from(sig, at));
	return judge(pdg_buf_bytes(&out), false, pdg_buf_bytes(&msg), &cert, NULL);
}

/* GitHub's signatures: a number of 2048 bits whatever its first byte is. */
static void rsa_numbers(void)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	unsigned bits;

	pgp_dearmor("sig-bob-short.asc", &sig);
	CHECK_UINT(sig.p[0], 0x89);
	bits = (unsigned)sig.p[sig.n - 258] << 8 | sig.p[sig.n - 257];
	if (!CHECK(bits > 2040 && bits < 2048))
		return;
	CHECK_INT(judge_number(pdg_buf_bytes(&sig), bits, 0), 0);
	CHECK_INT(judge_number(pdg_buf_bytes(&sig), 2048, 0), 0);
	for (unsigned other = 2040; other < 2048; other++) {
		if (other != bits)
			CHECK(judge_number(pdg_buf_bytes(&sig), other, 0) < 0);
	}
	CHECK_INT(judge_number(pdg_buf_bytes(&sig), 2056, 1), PDG_E_REJECTED);
}

static void wrong_key(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	const struct pdg_pgp_cert *cert = NULL;
	const struct pdg_pgp_key *own;
	struct pdg_error err = {0};

	pgp_read("sig-alice.asc", &text);
	pgp_read("msg.txt", &msg);
	if (!CHECK_OK(pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, &err), &err))
		return;
	own = pgp_find(s, ring, &cert);
	for (size_t c = 0; c < pdg_pgp_ring_count(ring); c++) {
		for (size_t k = 0; k < pgp_cert(ring, c)->n_keys; k++) {
			const struct pdg_pgp_key *key = &pgp_cert(ring, c)->keys[k];

			pdg_test_case("key %s", key->fingerprint);
			if (key == own)
				CHECK_OK(pdg_pgp_sig_verify(s, key, pdg_buf_bytes(&msg), &err),
					 &err);
			else
				CHECK_RULE(pdg_pgp_sig_verify(s, key, pdg_buf_bytes(&msg), &err),
					   &err, pdg_pgp_sig_here(s, key) ? "SIG-1" : "PGP-3");
		}
	}
}

/* The line of the description in which @text stands, and with its first @from behind
 * "primary":false as @to. */
static void put_line(struct pdg_bytes in, const char *text, const char *from, const char *to,
		     struct pdg_buf *out)
{
	struct pdg_bytes line = {0};
	size_t at;

	while (pdg_bytes_line(&in, &line) &&
	       pdg_bytes_find(line, pdg_bytes_str(text), 0) == SIZE_MAX)
		;
	at = pdg_bytes_find(line, pdg_bytes_str("\"primary\":false"), 0);
	at = pdg_bytes_find(line, pdg_bytes_str(from), at);
	if (!CHECK(at != SIZE_MAX))
		abort();
	pdg_buf_put(out, pdg_bytes_head(line, at));
	pdg_buf_puts(out, to);
	pdg_buf_put(out, pdg_bytes_from(line, at + strlen(from)));
	pdg_buf_putc(out, '\n');
}

/* Of certificates that list one subkey, the one that it has agreed to is its own; then the one of
 * which GnuPG must be asked. */
static void adopted_subkey(void)
{
	static const char *const consents[] = {
		"\"crossCertified\":false,\"askGnupg\":false",
		"\"crossCertified\":false,\"askGnupg\":true",
		"\"crossCertified\":true,\"askGnupg\":false",
		"\"crossCertified\":false,\"askGnupg\":false",
	};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	struct pdg_error err = {0};

	pgp_read("sig-alice.asc", &text);
	pgp_read("keys.json", &json);
	if (!CHECK_OK(pdg_pgp_sig_parse(pdg_buf_bytes(&text), &s, &err), &err))
		return;
	for (size_t n = 1; n <= 4; n++) {
		PDG_AUTO(buf) struct pdg_buf all = {0};
		PDG_AUTO(pgp_ring) struct pdg_pgp_ring *some = NULL;
		const struct pdg_pgp_cert *cert = NULL;

		put_line(pdg_buf_bytes(&json), "alice@example.com", consents[2], consents[n - 1],
			 &lines);
		pgp_describe(pdg_buf_bytes(&lines), n, &all);
		if (!CHECK_OK(pdg_pgp_ring_of(&all, NULL, &some, &err), &err))
			return;
		CHECK(pgp_find(s, some, &cert) == &cert->keys[1]);
		CHECK(cert == pgp_cert(some, n < 3 ? n - 1 : 2));
	}
}

/* A digest shorter than the curve is refused before it is looked at. */
static void short_digests(void)
{
	static const struct {
		const char *address;
		enum pdg_hash hash;
		unsigned algo;
		const char *rule;
	} rows[] = {
		{"frank@example.com", PDG_SHA224, PDG_PGP_EDDSA, "PGP-3"},
		{"frank@example.com", PDG_SHA256, PDG_PGP_EDDSA, "SIG-1"},
		{"dave@example.com", PDG_SHA224, PDG_PGP_ECDSA, "PGP-3"},
		{"dave@example.com", PDG_SHA256, PDG_PGP_ECDSA, "SIG-1"},
		{"dora@example.com", PDG_SHA256, PDG_PGP_ECDSA, "PGP-3"},
		{"dora@example.com", PDG_SHA384, PDG_PGP_ECDSA, "SIG-1"},
		{"duke@example.com", PDG_SHA384, PDG_PGP_ECDSA, "PGP-3"},
		{"duke@example.com", PDG_SHA512, PDG_PGP_ECDSA, "SIG-1"},
		{"duke@example.com", PDG_SHA512, PDG_PGP_EDDSA, "SIG-1"},
	};
	static const uint8_t one = 1;
	static const struct pdg_pgp_mpi mpis[] = {
		{.bits = 1, .shortest = true, .v = {&one, 1}},
		{.bits = 1, .shortest = true, .v = {&one, 1}},
	};
	static const uint8_t digest[PDG_DIGEST_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pdg_pgp_key *key = NULL;
		struct pdg_error err = {0};

		for (size_t c = 0; c < pdg_pgp_ring_count(ring); c++) {
			if (has_address(pgp_cert(ring, c), rows[i].address))
				key = &pgp_cert(ring, c)->keys[0];
		}
		pdg_test_case("%s, digest %zu", rows[i].address, pdg_digest_len(rows[i].hash));
		if (!key)
			abort();
		CHECK_RULE(pdg_pgp_material_verify(key->material, rows[i].algo, rows[i].hash,
						   digest, mpis, &err),
			   &err, rows[i].rule);
	}
}

static void too_long(void)
{
	PDG_AUTO(buf) struct pdg_buf big = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *s = NULL;
	struct pdg_error err = {0};

	memset(pdg_buf_room(&big, PDG_LIMIT_COMMIT_SIGNATURE + 1), 'A',
	       PDG_LIMIT_COMMIT_SIGNATURE + 1);
	CHECK_RULE(pdg_pgp_sig_parse(pdg_buf_bytes(&big), &s, &err), &err, "PGP-1");
	CHECK_RULE(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&big), &s, &err), &err, "PGP-2");
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"good signatures verify, over these bytes alone", good_ones},
		{"forms that are refused", refused_files},
		{"an inline-signed message in a signature's armor", inline_in_disguise},
		{"times", times},
		{"every bit", every_bit},
		{"every length", every_length},
		{"how RSA numbers may be written", rsa_numbers},
		{"every other key", wrong_key},
		{"an adopted subkey", adopted_subkey},
		{"short digests", short_digests},
		{"too long", too_long},
	};
	int status;

	ring = pgp_ring();
	status = pdg_test_run("crypto.pgp_sig", tests, sizeof(tests) / sizeof(tests[0]));
	pdg_pgp_ring_free(ring);
	return status;
}
