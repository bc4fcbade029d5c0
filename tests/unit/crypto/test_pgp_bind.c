/* SPDX-License-Identifier: Apache-2.0 */
/* What signatures between keys prove: gpg's exports as they are and changed (attacks.md 14). */
#include "crypto/pgp_bind.h"

#include "crypto/pgp_sigbody.h"
#include "unit/crypto/pgp_data.h"

#define FRANK_REVOKED 1709251200 /* retired: 2024-03-01, see make-pgp.sh */
#define HEIDI_REVOKED 1709337600 /* superseded: 2024-03-02 */

static void load(const char *name, struct pdg_buf *out)
{
	pdg_buf_init(out, PDG_LIMIT_KEY_FILE);
	pgp_read(name, out);
}

static int bind(const struct pdg_buf *file, struct pdg_pgp_bounds *out, struct pdg_error *err)
{
	return pdg_pgp_bind_read(pdg_buf_bytes(file), out, err);
}

/* The body of the @nth packet with @tag in @file, as bytes that may be changed. */
static uint8_t *packet_body(struct pdg_buf *file, unsigned tag, size_t nth, size_t *out_n)
{
	struct pdg_bytes rest = pdg_buf_bytes(file);
	struct pdg_pgp_packet p;
	const char *why;

	while (rest.n > 0 && pdg_pgp_packet_next(&rest, &p, &why)) {
		if (p.tag == tag && nth-- == 0) {
			*out_n = p.body.n;
			return file->p + (p.body.p - file->p);
		}
	}
	abort();
}

static void as_exported(void)
{
	static const struct {
		const char *file;
		size_t n;
		size_t key;
		bool cross_certified;
		int64_t revoked_at;
	} rows[] = {
		{"alice.gpg", 3, 0, true, 0},
		{"alice.gpg", 3, 1, true, 0},
		{"alice.gpg", 3, 2, false, 0}, /* for encryption */
		{"frank.gpg", 1, 0, true, FRANK_REVOKED},
		{"heidi.gpg", 2, 0, true, 0},
		{"heidi.gpg", 2, 1, true, HEIDI_REVOKED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf file = {0};
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
		struct pdg_error err = {0};

		pdg_test_case("%s, key %zu", rows[i].file, rows[i].key);
		load(rows[i].file, &file);
		if (!CHECK_OK(bind(&file, &b, &err), &err) || !CHECK_UINT(b.n, rows[i].n))
			return;
		CHECK(b.v[rows[i].key].primary == (rows[i].key == 0));
		CHECK(b.v[rows[i].key].cross_certified == rows[i].cross_certified);
		/* gpg's faked clock runs on while it asks. */
		CHECK(b.v[rows[i].key].revoked_at >= rows[i].revoked_at);
		CHECK(b.v[rows[i].key].revoked_at < rows[i].revoked_at + 60);
	}
}

/* Grace's revocation gives no reason: her key may be in other hands, since nobody knows when. */
static void revoked_without_reason(void)
{
	PDG_AUTO(buf) struct pdg_buf text = {0};
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	struct pdg_error err = {0};
	size_t revoked = 0;
	size_t at = 0;

	load("keys.asc", &text);
	if (!CHECK_OK(pdg_pgp_armor_keys(pdg_buf_bytes(&text), &file, &err), &err) ||
	    !CHECK_OK(bind(&file, &b, &err), &err))
		return;
	/* The description was made of this file: all its keys, in this order, with these facts. */
	for (size_t c = 0; c < pdg_pgp_ring_count(ring); c++) {
		for (size_t k = 0; k < pgp_cert(ring, c)->n_keys; k++, at++) {
			const struct pdg_pgp_key *key = &pgp_cert(ring, c)->keys[k];

			if (!CHECK(at < b.n))
				return;
			CHECK_STR(b.v[at].fingerprint, key->fingerprint);
			CHECK(b.v[at].cross_certified == key->cross_certified);
			CHECK_INT(b.v[at].revoked_at, key->revoked_at);
			revoked += key->revoked && key->revoked_at == 0;
		}
	}
	CHECK_UINT(at, b.n);
	CHECK_UINT(revoked, 1);
}

/* Flip each bit of what @s signs and of its numbers; @key must lose what @s gave. */
static void flip_signed(struct pdg_buf *file, struct pdg_bytes body, const char *what,
			bool (*holds)(const struct pdg_pgp_bounds *b))
{
	struct pdg_pgp_sigbody s;
	struct pdg_error err = {0};
	size_t held = 0;
	size_t start = (size_t)(body.p - file->p);
	size_t numbers;

	if (!CHECK_OK(pdg_pgp_sigbody_read(body, &s, &err), &err))
		return;
	numbers = (size_t)(s.left - body.p);
	for (size_t bit = 0; bit < 8 * body.n; bit++) {
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};

		if (bit / 8 >= s.head.n && bit / 8 < numbers)
			continue; /* nothing signs these */
		file->p[start + bit / 8] ^= (uint8_t)(1U << bit % 8);
		if (bind(file, &b, NULL) == 0 && holds(&b)) {
			pdg_test_case("%s: bit %zu of byte %zu", what, bit % 8, bit / 8);
			CHECK(!holds(&b)); /* a changed signature proves nothing */
			held++;
		}
		file->p[start + bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CHECK_UINT(held, 0);
}

static bool second_agreed(const struct pdg_pgp_bounds *b)
{
	return b->n > 1 && b->v[1].cross_certified;
}

static bool first_retired(const struct pdg_pgp_bounds *b)
{
	return b->v[0].revoked_at > 0;
}

/* The embedded signature of the binding @body. */
static struct pdg_bytes embedded(struct pdg_bytes body)
{
	struct pdg_pgp_sigbody s;
	struct pdg_pgp_subpacket sub;
	struct pdg_bytes rest;
	const char *why;

	if (pdg_pgp_sigbody_read(body, &s, NULL) != 0)
		abort();
	rest = s.unhashed;
	while (rest.n > 0 && pdg_pgp_subpacket_next(&rest, &sub, &why)) {
		if (sub.type == PDG_PGP_SUB_EMBEDDED)
			return sub.body;
	}
	abort();
}

/* alice.gpg: primary, its user ids' signatures (4), subkey, its binding. */
static struct pdg_bytes alice_binding(struct pdg_buf *file)
{
	struct pdg_pgp_sigbody s;
	size_t n;

	for (size_t i = 0;; i++) {
		uint8_t *p = packet_body(file, PDG_PGP_TAG_SIGNATURE, i, &n);

		if (pdg_pgp_sigbody_read(pdg_bytes(p, n), &s, NULL) == 0 &&
		    s.type == PDG_PGP_TYPE_SUBKEY_BINDING)
			return pdg_bytes(p, n);
	}
}

static void every_bit(void)
{
	PDG_AUTO(buf) struct pdg_buf alice = {0};
	PDG_AUTO(buf) struct pdg_buf frank = {0};
	struct pdg_bytes binding;
	uint8_t *p;
	size_t n;

	load("alice.gpg", &alice);
	binding = alice_binding(&alice);
	flip_signed(&alice, binding, "binding", second_agreed);
	flip_signed(&alice, embedded(binding), "back signature", second_agreed);
	load("frank.gpg", &frank);
	p = packet_body(&frank, PDG_PGP_TAG_SIGNATURE, 0, &n);
	flip_signed(&frank, pdg_bytes(p, n), "revocation", first_retired);
}

/* Without a back signature: its subpacket is called something else, which nothing signs. */
static void no_consent(void)
{
	PDG_AUTO(buf) struct pdg_buf file = {0};
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	struct pdg_error err = {0};
	struct pdg_bytes back;

	load("alice.gpg", &file);
	back = embedded(alice_binding(&file));
	CHECK_UINT(back.p[-1], PDG_PGP_SUB_EMBEDDED);
	file.p[back.p - 1 - file.p] = 100;
	if (!CHECK_OK(bind(&file, &b, &err), &err) || !CHECK_UINT(b.n, 3))
		return;
	CHECK(!b.v[1].cross_certified);
}

/* uid-ends.gpg (make-pgp-uid.py): user ids stays, ended, renewed, critical, foreign. */
static void user_ids_end(void)
{
	static const struct {
		const char *text;
		bool known;
		int64_t expires;
	} rows[] = {
		{"stays <stays@example.com>", true, 0},
		{"ended <ended@example.com>", true, 1704070800},
		{"renewed <renewed@example.com>", true, 0},
		{"critical <critical@example.com>", true, 1704070800},
		{"foreign <foreign@example.com>", true, 1704070800},
		/* One of the five may be meant. */
		{"Stays <stays@example.com>", false, 0},
	};
	PDG_AUTO(buf) struct pdg_buf file = {0};
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	struct pdg_error err = {0};
	int64_t at = -1;

	load("uid-ends.gpg", &file);
	if (!CHECK_OK(bind(&file, &b, &err), &err) || !CHECK_UINT(b.n_uids, 5))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pdg_test_case("%s", rows[i].text);
		CHECK(pdg_pgp_bind_uid_expires(&b, &b.v[0], pdg_bytes_str(rows[i].text), &at) ==
		      rows[i].known);
		CHECK_INT(at, rows[i].expires);
	}
}

static bool second_ends(const struct pdg_pgp_bounds *b)
{
	return b->uids[1].expires > 0;
}

/* No end that the primary key did not sign. */
static void every_bit_of_an_end(void)
{
	PDG_AUTO(buf) struct pdg_buf file = {0};
	uint8_t *p;
	size_t n;

	load("uid-ends.gpg", &file);
	p = packet_body(&file, PDG_PGP_TAG_SIGNATURE, 1, &n);
	flip_signed(&file, pdg_bytes(p, n), "self-signature", second_ends);
}

static void put_packet(struct pdg_buf *out, unsigned tag, const uint8_t *p, size_t n)
{
	pdg_buf_putc(out, (uint8_t)(0x80 | tag << 2 | 1));
	pdg_buf_u16be(out, (uint16_t)n);
	pdg_buf_put(out, pdg_bytes(p, n));
}

/* Heidi's primary key above Alice's subkey with all its signatures. */
static void adopted(void)
{
	PDG_AUTO(buf) struct pdg_buf alice = {0};
	PDG_AUTO(buf) struct pdg_buf heidi = {0};
	PDG_AUTO(buf) struct pdg_buf both = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	struct pdg_error err = {0};
	struct pdg_bytes binding;
	uint8_t *p;
	size_t n;

	load("alice.gpg", &alice);
	load("heidi.gpg", &heidi);
	p = packet_body(&heidi, PDG_PGP_TAG_PUBLIC_KEY, 0, &n);
	put_packet(&both, PDG_PGP_TAG_PUBLIC_KEY, p, n);
	p = packet_body(&alice, PDG_PGP_TAG_PUBLIC_SUBKEY, 0, &n);
	put_packet(&both, PDG_PGP_TAG_PUBLIC_SUBKEY, p, n);
	binding = alice_binding(&alice);
	put_packet(&both, PDG_PGP_TAG_SIGNATURE, binding.p, binding.n);
	if (!CHECK_OK(bind(&both, &b, &err), &err) || !CHECK_UINT(b.n, 2))
		return;
	CHECK(!b.v[1].cross_certified);
}

/* A revocation of a form that is not read may be for any reason. */
static void unread_revocation(void)
{
	PDG_AUTO(buf) struct pdg_buf file = {0};
	PDG_AUTO(buf) struct pdg_buf more = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
	static const uint8_t v3[] = {3, 5, 0x20, 0, 0, 0, 0};
	struct pdg_error err = {0};
	uint8_t *p;
	size_t n;

	load("frank.gpg", &file);
	p = packet_body(&file, PDG_PGP_TAG_PUBLIC_KEY, 0, &n);
	put_packet(&more, PDG_PGP_TAG_PUBLIC_KEY, p, n);
	p = packet_body(&file, PDG_PGP_TAG_SIGNATURE, 0, &n);
	put_packet(&more, PDG_PGP_TAG_SIGNATURE, p, n);
	if (!CHECK_OK(bind(&more, &b, &err), &err))
		return;
	CHECK(b.v[0].revoked_at > 0);
	pdg_pgp_bounds_done(&b);
	put_packet(&more, PDG_PGP_TAG_SIGNATURE, v3, sizeof(v3));
	if (!CHECK_OK(bind(&more, &b, &err), &err))
		return;
	CHECK_INT(b.v[0].revoked_at, 0);
}

static void not_public_certificates(void)
{
	static const struct {
		const char *what;
		const char *p;
		size_t n;
	} rows[] = {
		{"signature first", "\x88\x01\x04", 3},
		{"user id first", "\xB4\x01x", 3},
		{"subkey first", "\xB8\x06\x04\0\0\0\0\1", 8},
		{"literal data", "\xAC\x00", 2},
		{"marker", "\xA8\x03PGP", 5},
		{"key of version 3", "\x98\x06\x03\0\0\0\0\1", 8},
		{"key of version 6", "\x98\x06\x06\0\0\0\0\1", 8},
		{"key cut short", "\x98\x05\x04\0\0\0\0", 7},
		{"RSA key without numbers", "\x98\x06\x04\0\0\0\0\1", 8},
		{"packet cut short", "\x98\x06\x04", 3},
		{"no packet", "hello", 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
		struct pdg_error err = {0};

		pdg_test_case("%s", rows[i].what);
		CHECK_RULE(pdg_pgp_bind_read(pdg_bytes(rows[i].p, rows[i].n), &b, &err), &err,
			   "PGP-4");
	}
}

static void secret_keys(void)
{
	static const unsigned tags[] = {PDG_PGP_TAG_SECRET_KEY, PDG_PGP_TAG_SECRET_SUBKEY};

	for (size_t i = 0; i < 2; i++) {
		PDG_AUTO(buf) struct pdg_buf file = {0};
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
		struct pdg_error err = {0};

		load("alice.gpg", &file);
		put_packet(&file, tags[i], (const uint8_t *)"\x04", 1);
		CHECK_RULE(bind(&file, &b, &err), &err, "PGP-4");
		CHECK(err.fix[0] != '\0');
	}
}

static void every_length(void)
{
	PDG_AUTO(buf) struct pdg_buf file = {0};
	size_t whole = 0;

	load("heidi.gpg", &file);
	for (size_t n = 1; n < file.n; n++) {
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};
		struct pdg_error err = {0};
		int rc = pdg_pgp_bind_read(pdg_bytes(file.p, n), &b, &err);

		/* A cut between packets is a shorter file of its own right. */
		if (rc == 0)
			whole++;
		else
			CHECK_RULE(rc, &err, "PGP-4");
	}
	CHECK(whole < 6);
}

PDG_TEST_MAIN("crypto.pgp_bind", {"as gpg exports them", as_exported},
	      {"revoked without a reason, and all of keys.asc", revoked_without_reason},
	      {"every bit", every_bit}, {"no back signature", no_consent},
	      {"user ids end", user_ids_end}, {"every bit of an end", every_bit_of_an_end},
	      {"a subkey below another's primary key", adopted},
	      {"a revocation that is not read", unread_revocation},
	      {"not public certificates", not_public_certificates}, {"secret keys", secret_keys},
	      {"every length", every_length})
