/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that this test makes and signs itself, with what gpg would never make: consent and
 * revocations of the wrong type, by the wrong key, with an end, in the wrong order.
 */
#include "crypto/key.h"
#include "crypto/pgp_bind.h"
#include "crypto/pgp_sigbody.h"
#include "support/check.h"
#include "support/pgp_made.h"
#include "util/limits.h"

#define ROOM	     4096
#define CREATED(n)   "\x05\x02\x00\x00\x00" n
#define SIGNS	     "\x02\x1B\x02"
#define ENCRYPTS     "\x02\x1B\x0C"
#define ENDS	     "\x05\x03\x00\x00\x00\x09"
#define ODD	     "\x01\x64"
#define ODD_CRITICAL "\x01\xE4"
#define REASON(n)    "\x02\x1D" n

enum who { PRIMARY, SUBKEY, OTHER, WHO };

static struct pdg_key *keys[WHO];
static struct pdg_buf bodies[WHO]; /* of their public-key packets */

static void make_keys(void)
{
	for (size_t i = 0; i < WHO; i++) {
		pdg_buf_init(&bodies[i], ROOM);
		if (pdg_key_generate(PDG_KEY_ED25519, &keys[i], NULL) != 0 ||
		    pdg_made_pgp_body(keys[i], 1, &bodies[i], NULL) != 0)
			abort();
	}
}

static void put_area(struct pdg_buf *out, struct pdg_bytes area)
{
	pdg_buf_u16be(out, (uint16_t)area.n);
	pdg_buf_put(out, area);
}

/* A signature to be made over @first's key, and over @second's too unless that is WHO. */
struct sig {
	unsigned type;
	enum who by;
	enum who first;
	enum who second;
	const char *hashed; /* subpackets */
	size_t hashed_n;
};
#define SIG(type, by, first, second, hashed)                                                       \
	{                                                                                          \
		type, by, first, second, hashed, sizeof(hashed) - 1                                \
	}

/* The body of @s, with @in_hashed and @in_unhashed as embedded signatures in its areas. */
static void make(const struct sig *s, struct pdg_bytes in_hashed, struct pdg_bytes in_unhashed,
		 struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf hashed = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf signed_bytes = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf signature = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf head = PDG_BUF_INIT(ROOM);
	uint8_t sum[PDG_SHA256_LEN];

	pdg_buf_put(&hashed, pdg_bytes(s->hashed, s->hashed_n));
	pdg_buf_put(&hashed, in_hashed);
	pdg_buf_putc(&head, 4);
	pdg_buf_putc(&head, (uint8_t)s->type);
	pdg_buf_putc(&head, 22);
	pdg_buf_putc(&head, 8);
	put_area(&head, pdg_buf_bytes(&hashed));
	pdg_made_pgp_hashed_key(&signed_bytes, pdg_buf_bytes(&bodies[s->first]));
	if (s->second != WHO)
		pdg_made_pgp_hashed_key(&signed_bytes, pdg_buf_bytes(&bodies[s->second]));
	pdg_buf_put(&signed_bytes, pdg_buf_bytes(&head));
	pdg_buf_u16be(&signed_bytes, 0x04FF);
	pdg_buf_u32be(&signed_bytes, (uint32_t)head.n);
	if (pdg_sha256(pdg_buf_bytes(&signed_bytes), sum, NULL) != 0 ||
	    pdg_key_sign(keys[s->by], pdg_bytes(sum, sizeof(sum)), &signature, NULL) != 0)
		abort();
	pdg_buf_put(out, pdg_buf_bytes(&head));
	put_area(out, in_unhashed);
	pdg_buf_put(out, pdg_bytes(sum, 2));
	pdg_made_pgp_mpi(out, pdg_bytes_head(pdg_buf_bytes(&signature), 32));
	pdg_made_pgp_mpi(out, pdg_bytes_from(pdg_buf_bytes(&signature), 32));
	if (pdg_buf_check(out, NULL) != 0)
		abort();
}

/* @body as a subpacket. Its length takes one byte: these signatures are about 100 bytes long. */
static void put_embedded(struct pdg_buf *out, struct pdg_bytes body)
{
	if (body.n == 0)
		return;
	if (body.n > 190)
		abort();
	pdg_buf_putc(out, (uint8_t)(body.n + 1));
	pdg_buf_putc(out, PDG_PGP_SUB_EMBEDDED);
	pdg_buf_put(out, body);
}

/* A binding packet for the subkey: @binding carrying @back (NULL: nothing). */
static void put_binding(struct pdg_buf *out, const struct sig *binding, const struct sig *back,
			bool in_hashed)
{
	PDG_AUTO(buf) struct pdg_buf consent = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf embedded = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(ROOM);
	const struct pdg_bytes none = {0};

	if (back)
		make(back, none, none, &consent);
	put_embedded(&embedded, pdg_buf_bytes(&consent));
	make(binding, in_hashed ? pdg_buf_bytes(&embedded) : none,
	     in_hashed ? none : pdg_buf_bytes(&embedded), &body);
	pdg_made_pgp_packet(out, PDG_PGP_TAG_SIGNATURE, pdg_buf_bytes(&body));
}

static const struct sig good_binding = SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS);
static const struct sig good_back = SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"));

static const struct {
	const char *what;
	bool agreed;
	bool in_hashed;
	struct sig binding;
	struct sig back;
} consents[] = {
	{"as it should be", true, false, SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in the signed part", true, true, SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"with something odd", true, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5") ODD)},
	{"with something odd and critical", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5") ODD_CRITICAL)},
	{"that ends", false, false, SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5") ENDS)},
	{"without a time", false, false, SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, ODD)},
	{"over a document that looks so", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x00, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"of the binding's type", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x18, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"by the primary key", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, PRIMARY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"by another key", false, false, SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, OTHER, PRIMARY, SUBKEY, CREATED("\5"))},
	{"to another primary key", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, OTHER, SUBKEY, CREATED("\5"))},
	{"over the subkey alone", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, SUBKEY, WHO, CREATED("\5"))},
	{"in a binding that is not for signing", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") ENCRYPTS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in a binding without usage", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5")),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in a binding that ends", false, false,
	 SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS ENDS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in a binding by another key", false, false,
	 SIG(0x18, OTHER, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in a binding to another primary key", false, false,
	 SIG(0x18, PRIMARY, OTHER, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
	{"in a binding of another type", false, false,
	 SIG(0x1F, PRIMARY, PRIMARY, SUBKEY, CREATED("\5") SIGNS),
	 SIG(0x19, SUBKEY, PRIMARY, SUBKEY, CREATED("\5"))},
};

/* Primary key and subkey; what comes behind either is the caller's. */
static void put_primary(struct pdg_buf *out)
{
	pdg_made_pgp_packet(out, PDG_PGP_TAG_PUBLIC_KEY, pdg_buf_bytes(&bodies[PRIMARY]));
}

static void put_subkey(struct pdg_buf *out)
{
	pdg_made_pgp_packet(out, PDG_PGP_TAG_PUBLIC_SUBKEY, pdg_buf_bytes(&bodies[SUBKEY]));
}

static bool read(const struct pdg_buf *cert, struct pdg_pgp_bounds *out)
{
	struct pdg_error err = {0};

	return CHECK_OK(pdg_pgp_bind_read(pdg_buf_bytes(cert), out, &err), &err) &&
	       CHECK_UINT(out->n, 2);
}

static void consent(void)
{
	for (size_t i = 0; i < sizeof(consents) / sizeof(consents[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf cert = PDG_BUF_INIT(ROOM);
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};

		pdg_test_case("consent %s", consents[i].what);
		put_primary(&cert);
		put_subkey(&cert);
		put_binding(&cert, &consents[i].binding, &consents[i].back, consents[i].in_hashed);
		if (read(&cert, &b))
			CHECK(b.v[1].cross_certified == consents[i].agreed);
	}
}

/* The newest binding decides, wherever it stands. */
static void newest(void)
{
	static const struct sig later = SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\6") SIGNS);
	static const struct sig encrypts =
		SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\6") ENCRYPTS);
	static const struct sig earlier = SIG(0x18, PRIMARY, PRIMARY, SUBKEY, CREATED("\4") SIGNS);
	static const struct {
		const struct sig *other; /* carries no consent */
		bool first;
		bool agreed;
	} rows[] = {
		{&later, false, false}, {&later, true, false},	   {&earlier, false, true},
		{&earlier, true, true}, {&encrypts, false, false}, {&encrypts, true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf cert = PDG_BUF_INIT(ROOM);
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};

		pdg_test_case("order %zu", i);
		put_primary(&cert);
		put_subkey(&cert);
		if (rows[i].first)
			put_binding(&cert, rows[i].other, NULL, false);
		put_binding(&cert, &good_binding, &good_back, false);
		if (!rows[i].first)
			put_binding(&cert, rows[i].other, NULL, false);
		if (read(&cert, &b))
			CHECK(b.v[1].cross_certified == rows[i].agreed);
	}
}

static void put_sig(struct pdg_buf *out, const struct sig *s)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(ROOM);
	const struct pdg_bytes none = {0};

	if (s->hashed_n == 0)
		return;
	make(s, none, none, &body);
	pdg_made_pgp_packet(out, PDG_PGP_TAG_SIGNATURE, pdg_buf_bytes(&body));
}

#define REV(by, n, reason)    SIG(0x20, by, PRIMARY, WHO, CREATED(n) REASON(reason))
#define SUBREV(by, n, reason) SIG(0x28, by, PRIMARY, SUBKEY, CREATED(n) REASON(reason))

static const struct {
	const char *what;
	struct sig primary[2];
	struct sig subkey[2];
	int64_t primary_at;
	int64_t subkey_at;
} revocations[] = {
	{"none", {{0}}, {{0}}, 0, 0},
	{"retired", {REV(PRIMARY, "\7", "\3")}, {{0}}, 7, 7},
	{"superseded", {REV(PRIMARY, "\7", "\1")}, {{0}}, 7, 7},
	{"compromised", {REV(PRIMARY, "\7", "\2")}, {{0}}, 0, 0},
	{"no reason", {REV(PRIMARY, "\7", "\0")}, {{0}}, 0, 0},
	{"no subpacket for it", {SIG(0x20, PRIMARY, PRIMARY, WHO, CREATED("\7"))}, {{0}}, 0, 0},
	{"twice", {REV(PRIMARY, "\7", "\3"), REV(PRIMARY, "\6", "\1")}, {{0}}, 6, 6},
	{"twice, later last", {REV(PRIMARY, "\6", "\3"), REV(PRIMARY, "\7", "\1")}, {{0}}, 6, 6},
	{"and then compromised", {REV(PRIMARY, "\6", "\3"), REV(PRIMARY, "\7", "\2")}, {{0}}, 0, 0},
	{"by a designated revoker", {REV(OTHER, "\7", "\3")}, {{0}}, 0, 0},
	{"and by a designated revoker",
	 {REV(PRIMARY, "\6", "\3"), REV(OTHER, "\7", "\3")},
	 {{0}},
	 0,
	 0},
	{"of the subkey's kind", {SUBREV(PRIMARY, "\7", "\3")}, {{0}}, 0, 0},
	{"and of the subkey's kind",
	 {REV(PRIMARY, "\6", "\3"), SUBREV(PRIMARY, "\7", "\2")},
	 {{0}},
	 6,
	 6},
	{"the subkey alone", {{0}}, {SUBREV(PRIMARY, "\7", "\3")}, 0, 7},
	{"the subkey by itself", {{0}}, {SUBREV(SUBKEY, "\7", "\3")}, 0, 0},
	{"the subkey, compromised", {{0}}, {SUBREV(PRIMARY, "\7", "\2")}, 0, 0},
	{"both, primary first", {REV(PRIMARY, "\6", "\3")}, {SUBREV(PRIMARY, "\7", "\3")}, 6, 6},
	{"both, subkey first", {REV(PRIMARY, "\7", "\3")}, {SUBREV(PRIMARY, "\6", "\3")}, 7, 6},
	{"both, subkey compromised",
	 {REV(PRIMARY, "\6", "\3")},
	 {SUBREV(PRIMARY, "\7", "\2")},
	 6,
	 0},
	{"both, primary compromised",
	 {REV(PRIMARY, "\6", "\2")},
	 {SUBREV(PRIMARY, "\7", "\3")},
	 0,
	 0},
};

static void revoked(void)
{
	for (size_t i = 0; i < sizeof(revocations) / sizeof(revocations[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf cert = PDG_BUF_INIT(ROOM);
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};

		pdg_test_case("revoked: %s", revocations[i].what);
		put_primary(&cert);
		put_sig(&cert, &revocations[i].primary[0]);
		put_sig(&cert, &revocations[i].primary[1]);
		put_subkey(&cert);
		put_sig(&cert, &revocations[i].subkey[0]);
		put_sig(&cert, &revocations[i].subkey[1]);
		if (!read(&cert, &b))
			continue;
		CHECK_INT(b.v[0].revoked_at, revocations[i].primary_at);
		CHECK_INT(b.v[1].revoked_at, revocations[i].subkey_at);
	}
}

/* The next certificate begins anew. */
static void next_certificate(void)
{
	static const struct sig rev = REV(PRIMARY, "\7", "\3");
	PDG_AUTO(buf) struct pdg_buf certs = PDG_BUF_INIT(ROOM);
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds b = {0};

	put_primary(&certs);
	put_sig(&certs, &rev);
	pdg_made_pgp_packet(&certs, PDG_PGP_TAG_PUBLIC_KEY, pdg_buf_bytes(&bodies[OTHER]));
	if (!read(&certs, &b))
		return;
	CHECK_INT(b.v[0].revoked_at, 7);
	CHECK(b.v[1].primary);
	CHECK_INT(b.v[1].revoked_at, 0);
}

static void lost_revocations(void)
{
	static const struct sig first = REV(PRIMARY, "\7", "\3");
	static const struct sig second = REV(PRIMARY, "\6", "\3");
	static const struct sig uid = SIG(0x30, PRIMARY, PRIMARY, WHO, CREATED("\5"));
	const struct sig *all[] = {&first, &second, &uid};

	for (size_t left_out = 0; left_out <= 3; left_out++) {
		PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(ROOM);
		PDG_AUTO(buf) struct pdg_buf export = PDG_BUF_INIT(ROOM);
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds f = {0};
		PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds e = {0};

		pdg_test_case("without revocation %zu", left_out);
		put_primary(&file);
		put_primary(&export);
		for (size_t i = 0; i < 3; i++) {
			if (i == 2) {
				pdg_made_pgp_packet(&file, PDG_PGP_TAG_USER_ID, pdg_bytes_str("a"));
				pdg_made_pgp_packet(&export, PDG_PGP_TAG_USER_ID,
						    pdg_bytes_str("a"));
			}
			put_sig(&file, all[i]);
			if (i != left_out)
				put_sig(&export, all[i]);
		}
		put_subkey(&file);
		put_subkey(&export);
		if (read(&file, &f) && read(&export, &e)) {
			CHECK(pdg_pgp_bind_lost_revocation(&f, &e) == (left_out < 3));
			CHECK(!pdg_pgp_bind_lost_revocation(&e, &f));
		}
	}
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"consent of a subkey", consent},
		{"the newest binding decides", newest},
		{"when and why a key was revoked", revoked},
		{"the next certificate", next_certificate},
		{"a revocation that was thrown away", lost_revocations},
	};
	int status;

	make_keys();
	status = pdg_test_run("crypto.pgp_made", tests, sizeof(tests) / sizeof(tests[0]));
	for (size_t i = 0; i < WHO; i++) {
		pdg_key_free(keys[i]);
		pdg_buf_done(&bodies[i]);
	}
	return status;
}
