/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two verdicts on each signature, Pedigree's and GnuPG's own, over real ones of every algorithm
 * that gpg makes (tests/data/pgp) and over mutations of each. Ours is never good where GnuPG's is
 * not. Where GnuPG's is good and ours is not, the mutation is of a kind that stands in a list here,
 * with the rule that refuses it: nothing else is lost.
 *
 * GnuPG is asked with the mutated bytes themselves, through `pedigree-pgp verify` as it stands in
 * the wire's description, and not through the library, whose strict reader would not let most of
 * them pass.
 */
#include <stdio.h>
#include <unistd.h>

#include "crypto/pgp_gnupg.h"
#include "crypto/pgp_sigbody.h"
#include "crypto/pgp_wire.h"
#include "proc/talk.h"
#include "unit/crypto/pgp_data.h"

#define ROOM	   8192
#define TIMEOUT_MS 60000

/* What was done to a signature. Flips are named by the field that they are in. */
enum kind {
	AS_MADE,
	OTHER_PAYLOAD,
	HEAD,	       /* flip: the packet's first bytes */
	FIXED,	       /* flip: version, type, algorithms */
	HASHED_N,      /* flip: length of the signed subpackets */
	HASHED,	       /* flip: in them */
	UNHASHED_N,    /* flip: length of the others */
	UNHASHED,      /* flip: in them */
	LEFT,	       /* flip: the digest's first bytes */
	NUMBER_BITS,   /* flip: length of a number */
	NUMBER,	       /* flip: in it */
	CUT,	       /* bytes taken off the end */
	BEHIND,	       /* bytes put behind the numbers */
	TWICE,	       /* the packet twice */
	LONG_LENGTH,   /* the packet's length in more bytes than needed */
	ZEROS,	       /* a number with a zero byte in front */
	SWAPPED,       /* its two numbers */
	UNSIGNED_MORE, /* a notation where nothing signs it */
	SIGNED_MORE,   /* the same where it is signed */
	NO_ISSUER,     /* what is unsigned taken away */
	OTHER_ISSUER,  /* another key id there */
	KINDS,
};

/* Where ours may be stricter: GnuPG takes it and this rule does not. */
static const struct stricter {
	enum kind kind;
	const char *rule;
	const char *why;
} stricter[] = {
	{TWICE, "PGP-2", "there are two: of two that have expired, gpg looks at the first alone"},
	{LONG_LENGTH, "PGP-2", "the packet's length is not the shortest"},
	{HEAD, "PGP-2", "so too when a flip makes it a form with a longer length"},
	{BEHIND, "PGP-2", "bytes stand behind the numbers"},
	{UNSIGNED_MORE, "PGP-2", "a subpacket stands where nothing signs it"},
	{UNHASHED, "PGP-2", "what is there is no issuer, or not the one that is signed"},
	{OTHER_ISSUER, "PGP-2", "the two issuers disagree"},
	{NUMBER_BITS, "PGP-2", "a number is longer than it says, or cut short"},
	{NUMBER_BITS, "SIG-1", "a number has zero bits in front"},
	{ZEROS, "SIG-1", "a number has zero bytes in front"},
	{LEFT, "SIG-1", "the digest's first bytes are not those of the digest"},
	{FIXED, "PGP-2", "version 3: the length of what it signs of itself is not five"},
	{FIXED, "PGP-3", "version 3: written as version 2, in which were MD5 alone"},
	{FIXED, "SIG-1", "version 3: RSA by another of its numbers, which are not signed there"},
};

static size_t seen[sizeof(stricter) / sizeof(stricter[0])];
static size_t asked;
static size_t good_both;

/* One signature that is mutated. */
struct subject {
	const char *name;
	const struct pdg_pgp_ring *ring;
	struct pdg_pgp_gnupg *gnupg;
	struct pdg_talk *talk;
	uint32_t cert; /* number of its certificate there */
	struct pdg_bytes msg;
	struct pdg_buf body;	   /* of the packet */
	struct pdg_pgp_sigbody at; /* points into it */
};

static int hear(struct pdg_talk *talk, struct pdg_pgp_answer *out)
{
	uint8_t head[PDG_PGP_ANSWER_HEAD];
	uint8_t text[PDG_PGP_ANSWER_TEXT + 1] = {0};
	int rc = pdg_talk_hear(talk, head, sizeof(head), TIMEOUT_MS, NULL);

	if (rc == 0)
		rc = pdg_pgp_answer_read(head, out, NULL);
	if (rc == 0)
		rc = pdg_talk_hear(talk, text, out->text_n, TIMEOUT_MS, NULL);
	if (rc == 0 && out->said == PDG_PGP_SAID_FAILED)
		fprintf(stderr, "%s\n", (const char *)text);
	return rc;
}

static void ask(struct pdg_talk *talk, const struct pdg_pgp_request *r, struct pdg_bytes a,
		struct pdg_bytes b, struct pdg_pgp_answer *out)
{
	uint8_t head[PDG_PGP_REQUEST_HEAD];

	pdg_pgp_request_put(r, head);
	if (pdg_talk_say(talk, pdg_bytes(head, sizeof(head)), TIMEOUT_MS, NULL) != 0 ||
	    pdg_talk_say(talk, a, TIMEOUT_MS, NULL) != 0 ||
	    pdg_talk_say(talk, b, TIMEOUT_MS, NULL) != 0 || hear(talk, out) != 0 ||
	    out->said == PDG_PGP_SAID_FAILED) {
		CHECK(false); /* GnuPG could not be asked */
		abort();
	}
	asked++;
}

static bool gnupg_says(const struct subject *s, struct pdg_bytes packets, struct pdg_bytes msg)
{
	const struct pdg_pgp_request r = {
		PDG_PGP_ASK_CHECK, s->cert, {(uint32_t)packets.n, (uint32_t)msg.n}};
	struct pdg_pgp_answer a;

	ask(s->talk, &r, packets, msg, &a);
	return a.said == PDG_PGP_SAID_GOOD;
}

/* Ours, as the judge of a commit comes to it. Not good: *@out_rule says by which rule, or "". */
static bool we_say(const struct subject *s, struct pdg_bytes packets, struct pdg_bytes msg,
		   char out_rule[PDG_ERROR_RULE_MAX])
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	const struct pdg_pgp_cert *cert = NULL;
	const struct pdg_pgp_key *key = NULL;
	struct pdg_error err = {0};
	int rc = pdg_pgp_sig_parse_binary(packets, &sig, &err);

	if (rc == 0)
		rc = pdg_pgp_sig_find(sig, s->ring, &cert, &key, &err);
	if (rc == 0 && !key)
		rc = pdg_reject(&err, "SGN-3", "another key");
	if (rc == 0 && pdg_pgp_sig_here(sig, key))
		rc = pdg_pgp_sig_verify(sig, key, msg, &err);
	else if (rc == 0)
		rc = pdg_pgp_gnupg_verify(s->gnupg, sig, s->ring, cert, key, msg, &err);
	memcpy(out_rule, err.rule, PDG_ERROR_RULE_MAX);
	CHECK(rc == 0 || rc == PDG_E_REJECTED || rc == PDG_E_FORMAT);
	return rc == 0;
}

static void compare(const struct subject *s, enum kind kind, struct pdg_bytes packets,
		    struct pdg_bytes msg)
{
	char rule[PDG_ERROR_RULE_MAX] = "";
	bool gnupg = gnupg_says(s, packets, msg);
	bool ours = we_say(s, packets, msg, rule);

	good_both += gnupg && ours;
	if (!gnupg) {
		CHECK(!ours);
		return;
	}
	if (ours)
		return;
	for (size_t i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
		if (stricter[i].kind == kind && strcmp(stricter[i].rule, rule) == 0) {
			seen[i]++;
			return;
		}
	}
	fprintf(stderr, "%s: kind %d: good to GnuPG, refused by \"%s\" here\n", s->name, (int)kind,
		rule);
	CHECK(false); /* a difference that is not in the list */
}

/* The packet around a body, as gpg writes it. */
static void put_packet(struct pdg_bytes body, struct pdg_buf *out)
{
	pdg_buf_putc(out, body.n < 256 ? 0x88 : 0x89);
	if (body.n >= 256)
		pdg_buf_putc(out, (uint8_t)(body.n >> 8));
	pdg_buf_putc(out, (uint8_t)(body.n & 0xFF));
	pdg_buf_put(out, body);
}

static void compare_body(const struct subject *s, enum kind kind, struct pdg_bytes body)
{
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(ROOM);

	put_packet(body, &packet);
	compare(s, kind, pdg_buf_bytes(&packet), s->msg);
}

/* In which field of the body is the byte @i? */
static enum kind field(const struct subject *s, size_t i)
{
	const uint8_t *p = s->body.p + i;
	const struct pdg_pgp_sigbody *b = &s->at;

	if (p >= b->left + 2) {
		for (size_t n = 0; n < pdg_pgp_algo_mpis(b->algo); n++) {
			if (p < b->mpis[n].v.p)
				return NUMBER_BITS;
			if (p < b->mpis[n].v.p + b->mpis[n].v.n)
				return NUMBER;
		}
	}
	if (p >= b->left)
		return LEFT;
	if (b->v3)
		return i < 3 || i >= 15 ? FIXED : HASHED;
	if (i < 4)
		return FIXED;
	if (i < 6)
		return HASHED_N;
	if (p < b->hashed.p + b->hashed.n)
		return HASHED;
	return p < b->unhashed.p ? UNHASHED_N : UNHASHED;
}

/* Each byte of the packet in turn, with one bit or @bits of it; of long numbers only some. */
static void flips(struct subject *s, size_t bits, size_t step)
{
	PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(ROOM);
	size_t head;

	put_packet(pdg_buf_bytes(&s->body), &packet);
	head = packet.n - s->body.n;
	for (size_t i = 0; i < packet.n; i++) {
		enum kind kind = i < head ? HEAD : field(s, i - head);
		size_t n;

		if (kind == NUMBER && i % step)
			continue;
		if (kind == NUMBER_BITS)
			n = 8;
		else
			n = kind == HASHED || kind == NUMBER ? 1 : bits;
		for (size_t b = 0; b < n; b++) {
			uint8_t mask = (uint8_t)(1U << (i * 3 + b * 5) % 8);

			packet.p[i] ^= mask;
			pdg_test_case("%s: byte %zu, 0x%02x", s->name, i, mask);
			compare(s, kind, pdg_buf_bytes(&packet), s->msg);
			packet.p[i] ^= mask;
		}
	}
}

static void lengths(const struct subject *s)
{
	static const uint8_t headers[][2] = {{0x89, 2}, {0x8A, 4}, {0xC2, 5}};
	PDG_AUTO(buf) struct pdg_buf p = PDG_BUF_INIT(ROOM);
	struct pdg_bytes body = pdg_buf_bytes(&s->body);

	for (size_t i = 0; i < 3; i++) {
		if (body.n >= 256 && i == 0)
			continue;
		pdg_buf_reset(&p);
		pdg_buf_putc(&p, headers[i][0]);
		if (headers[i][1] == 5)
			pdg_buf_putc(&p, 0xFF);
		if (headers[i][1] == 2)
			pdg_buf_u16be(&p, (uint16_t)body.n);
		else
			pdg_buf_u32be(&p, (uint32_t)body.n);
		pdg_buf_put(&p, body);
		compare(s, LONG_LENGTH, pdg_buf_bytes(&p), s->msg);
	}
	for (size_t n = 1; n < body.n; n += n < 4 ? 1 : body.n / 6)
		compare_body(s, CUT, pdg_bytes_head(body, body.n - n));
	pdg_buf_reset(&p);
	pdg_buf_put(&p, body);
	pdg_buf_putc(&p, 0);
	compare_body(s, BEHIND, pdg_buf_bytes(&p));
	pdg_buf_puts(&p, "more bytes");
	compare_body(s, BEHIND, pdg_buf_bytes(&p));
	pdg_buf_reset(&p);
	put_packet(body, &p);
	put_packet(body, &p);
	compare(s, TWICE, pdg_buf_bytes(&p), s->msg);
}

static void put_padded(const struct pdg_pgp_mpi *mpi, size_t zeros, struct pdg_buf *out)
{
	pdg_buf_u16be(out, (uint16_t)(mpi->v.n * 8 + zeros * 8));
	for (size_t i = 0; i < zeros; i++)
		pdg_buf_putc(out, 0);
	pdg_buf_put(out, mpi->v);
}

static void numbers(const struct subject *s)
{
	PDG_AUTO(buf) struct pdg_buf p = PDG_BUF_INIT(ROOM);
	size_t n = pdg_pgp_algo_mpis(s->at.algo);
	size_t before = (size_t)(s->at.left + 2 - s->body.p);

	for (size_t zeros = 1; zeros < 4; zeros++) {
		pdg_buf_reset(&p);
		pdg_buf_put(&p, pdg_bytes(s->body.p, before));
		for (size_t i = 0; i < n; i++)
			put_padded(&s->at.mpis[i], zeros, &p);
		compare_body(s, ZEROS, pdg_buf_bytes(&p));
	}
	if (n < 2)
		return;
	pdg_buf_reset(&p);
	pdg_buf_put(&p, pdg_bytes(s->body.p, before));
	pdg_buf_put(&p, pdg_bytes(s->at.mpis[1].v.p - 2, s->at.mpis[1].v.n + 2));
	pdg_buf_put(&p, pdg_bytes(s->at.mpis[0].v.p - 2, s->at.mpis[0].v.n + 2));
	compare_body(s, SWAPPED, pdg_buf_bytes(&p));
}

static void put_areas(const struct subject *s, struct pdg_bytes hashed, struct pdg_bytes unhashed,
		      struct pdg_buf *out)
{
	pdg_buf_reset(out);
	pdg_buf_put(out, pdg_bytes(s->body.p, 4));
	pdg_buf_u16be(out, (uint16_t)hashed.n);
	pdg_buf_put(out, hashed);
	pdg_buf_u16be(out, (uint16_t)unhashed.n);
	pdg_buf_put(out, unhashed);
	pdg_buf_put(out, pdg_bytes_from(pdg_buf_bytes(&s->body), (size_t)(s->at.left - s->body.p)));
}

static void subpackets(const struct subject *s)
{
	static const char notation[] = "\x0E\x14\x80\0\0\0\0\4\0\1note!";
	static const char keyid[] = "\x09\x10\1\2\3\4\5\6\7\x08";
	PDG_AUTO(buf) struct pdg_buf area = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf p = PDG_BUF_INIT(ROOM);

	if (s->at.v3)
		return;
	pdg_buf_put(&area, s->at.unhashed);
	pdg_buf_put(&area, pdg_bytes(notation, sizeof(notation) - 1));
	put_areas(s, s->at.hashed, pdg_buf_bytes(&area), &p);
	compare_body(s, UNSIGNED_MORE, pdg_buf_bytes(&p));
	pdg_buf_reset(&area);
	pdg_buf_put(&area, s->at.hashed);
	pdg_buf_put(&area, pdg_bytes(notation, sizeof(notation) - 1));
	put_areas(s, pdg_buf_bytes(&area), s->at.unhashed, &p);
	compare_body(s, SIGNED_MORE, pdg_buf_bytes(&p));
	put_areas(s, s->at.hashed, pdg_bytes(NULL, 0), &p);
	compare_body(s, NO_ISSUER, pdg_buf_bytes(&p));
	put_areas(s, s->at.hashed, pdg_bytes(keyid, sizeof(keyid) - 1), &p);
	compare_body(s, OTHER_ISSUER, pdg_buf_bytes(&p));
}

/* The only packet of @name, and who made it. False: there is nothing to compare. */
static bool subject_init(struct subject *s)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(ROOM);
	PDG_AUTO(buf) struct pdg_buf cert_packets = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	struct pdg_pgp_request r = {.kind = PDG_PGP_ASK_CERT};
	const struct pdg_pgp_cert *cert = NULL;
	struct pdg_pgp_packet p;
	struct pdg_pgp_answer a;
	struct pdg_bytes rest;
	const char *why;

	pgp_dearmor(s->name, &packets);
	rest = pdg_buf_bytes(&packets);
	if (!CHECK(pdg_pgp_packet_next(&rest, &p, &why)) ||
	    !CHECK(pdg_pgp_sig_parse_binary(pdg_buf_bytes(&packets), &sig, NULL) == 0) ||
	    !CHECK(pgp_find(sig, s->ring, &cert) != NULL))
		return false;
	pdg_buf_init(&s->body, ROOM);
	pdg_buf_put(&s->body, p.body);
	CHECK(pdg_pgp_sigbody_read(pdg_buf_bytes(&s->body), &s->at, NULL) == 0);
	CHECK(pdg_pgp_ring_packets(s->ring, cert, &cert_packets, NULL) == 0);
	r.n[0] = (uint32_t)cert_packets.n;
	ask(s->talk, &r, pdg_buf_bytes(&cert_packets), pdg_bytes(NULL, 0), &a);
	return CHECK(a.said == PDG_PGP_SAID_TAKEN);
}

static const struct {
	const char *name;
	size_t bits; /* of each byte that are flipped */
	size_t step; /* of the bytes of numbers, one in so many */
} subjects[] = {
	{"sig-alice.asc", 8, 1},   /* Ed25519, by a subkey */
	{"sig-bob.asc", 2, 16},	   /* RSA 2048 */
	{"sig-mia.asc", 0, 64},	   /* RSA 3072 */
	{"sig-carol.asc", 0, 128}, /* RSA 4096 */
	{"sig-dave.asc", 1, 8},	   /* P-256 */
	{"sig-dora.asc", 0, 16},   /* P-384 */
	{"sig-duke.asc", 1, 16},   /* P-521 */
	{"sig-ivan.asc", 1, 32},   /* RSA 1024 */
	{"sig-nora.asc", 0, 16},   /* DSA 1024 */
	{"sig-judy.asc", 2, 8},	   /* DSA 2048 */
	{"sig-brainpool.asc", 1, 8},
	{"sig-koblitz.asc", 0, 8},
	{"sig-lea.asc", 1, 32},	 /* brainpoolP384r1, by a subkey */
	{"sig-liam.asc", 1, 16}, /* Ed25519, by a subkey below DSA */
	{"sig-heidi.asc", 0, 64},
	{"sig-sha224.asc", 0, 64},
	{"sig-sha384.asc", 0, 64},
	{"sig-sha512.asc", 0, 64},
	{"sig-sha224-ed25519.asc", 0, 64},
	{"sig-ripemd160.asc", 0, 64},
	{"sig-text.asc", 1, 16},
	{"sig-v3.asc", 8, 64},
	{"sig-v3-text.asc", 0, 64},
	{"sig-v3-judy.asc", 0, 16},
	{"sig-expires.asc", 1, 64}, /* has expired: its mathematics is as good as ever */
	{"sig-notation.asc", 0, 64},
	{"sig-grace.asc", 0, 64},      /* by a revoked key */
	{"sig-erin.asc", 0, 64},       /* by an expired one */
	{"sig-bob-short.asc", 1, 512}, /* a number with zero bits in front */
};

static void differ(struct subject *s, size_t i)
{
	size_t before = good_both;

	s->name = subjects[i].name;
	s->cert = (uint32_t)i;
	pdg_test_case("%s", s->name);
	if (!subject_init(s))
		return;
	compare_body(s, AS_MADE, pdg_buf_bytes(&s->body));
	/* Whatever else may differ: the signature as gpg made it is good to both. */
	CHECK_UINT(good_both, before + 1);
	{
		PDG_AUTO(buf) struct pdg_buf packet = PDG_BUF_INIT(ROOM);

		put_packet(pdg_buf_bytes(&s->body), &packet);
		compare(s, OTHER_PAYLOAD, pdg_buf_bytes(&packet), pdg_bytes_str("another\n"));
		compare(s, OTHER_PAYLOAD, pdg_buf_bytes(&packet), pdg_bytes(NULL, 0));
	}
	if (subjects[i].bits) {
		flips(s, subjects[i].bits, subjects[i].step);
		lengths(s);
	}
	numbers(s);
	subpackets(s);
	pdg_buf_done(&s->body);
}

static struct pdg_talk *start(void)
{
	static const char *const argv[] = {"pedigree-pgp", "verify", NULL};
	static const char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	PDG_AUTO(mem) char *program = NULL;
	struct pdg_spawn spawn = {.argv = argv, .envp = env};
	struct pdg_talk *talk = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_program_path("pedigree-pgp", &program, &err), &err))
		abort();
	spawn.program = program;
	if (!CHECK_OK(pdg_talk_start(&spawn, &talk, &err), &err))
		abort();
	return talk;
}

static void all_of_them(void)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(pgp_ring) struct pdg_pgp_ring *ring = pgp_ring();
	PDG_AUTO(pgp_gnupg) struct pdg_pgp_gnupg *gnupg = NULL;
	struct subject s = {.ring = ring};

	if (access("/usr/bin/gpg", X_OK) != 0) {
		CHECK(getenv("CI") == NULL);
		return;
	}
	pdg_buf_init(&ring->file, PDG_LIMIT_KEY_FILE);
	pgp_read("keys.asc", &ring->file);
	pgp_read("msg.txt", &msg);
	CHECK(pdg_pgp_gnupg_new(&gnupg, NULL) == 0);
	s.gnupg = gnupg;
	s.msg = pdg_buf_bytes(&msg);
	s.talk = start();
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		differ(&s, i);
	pdg_talk_end(s.talk);
	printf("%zu questions, good to both %zu\n", asked, good_both);
	/* A line of the list that nothing needs would hide what one day does. */
	for (size_t i = 0; i < sizeof(stricter) / sizeof(stricter[0]); i++) {
		pdg_test_case("%s: %s", stricter[i].rule, stricter[i].why);
		CHECK(seen[i] > 0);
	}
}

PDG_TEST_MAIN("crypto.pgp_differ", {"all of them", all_of_them})
