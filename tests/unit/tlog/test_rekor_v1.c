/* SPDX-License-Identifier: Apache-2.0 */
/* What a Rekor v1 entry shows: a log of our own, and everything it says spoilt in turn. */
#include "unit/tlog/rekor1_made.h"

#include "util/time.h"

#define LATEST (REKOR1_TIME + 10)

static const struct rekor1_fields all = REKOR1_ALL;

/* Read @proto and verify it; nothing is written on failure. */
static int judge_bytes(const struct rekor1 *r, struct pdg_bytes proto, int64_t latest,
		       struct pdg_rekor1_shown *out, struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_rekor1_shown shown = {0};
	int rc = pdg_rekor1_read(proto, &e, err);

	if (rc == 0)
		rc = pdg_rekor1_verify(e, &r->claim, r->root, latest, &shown, err);
	if (rc < 0 && (shown.log || shown.time || shown.proved))
		abort();
	*out = shown;
	return rc;
}

static int judge(const struct rekor1 *r, const struct rekor1_fields *f, int64_t latest,
		 struct pdg_rekor1_shown *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf proto = PDG_BUF_INIT(65536);

	rekor1_proto(r, f, &proto);
	return judge_bytes(r, pdg_buf_bytes(&proto), latest, out, err);
}

/* Judge it as it is now, with everything but the body. */
static int now(const struct rekor1 *r, struct pdg_error *err)
{
	struct pdg_rekor1_shown shown;

	return judge(r, &all, LATEST, &shown, err);
}

static void good(void)
{
	struct rekor1_fields f = all;
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_rekor1_shown shown = {0};
	struct pdg_error err = {0};

	rekor1_init(&r);
	CHECK_OK(judge(&r, &f, LATEST, &shown, &err), &err);
	CHECK_INT(shown.time, REKOR1_TIME);
	CHECK(shown.proved && shown.log == &r.root->logs[0]);

	f.entry |= 1u << 7;
	CHECK_OK(judge(&r, &f, LATEST, &shown, &err), &err);

	f.entry &= ~(1u << 6);
	CHECK_OK(judge(&r, &f, LATEST, &shown, &err), &err);
	CHECK(!shown.proved);
	CHECK_INT(shown.time, REKOR1_TIME);

	/* Without a SET the time is nobody's word, and counts for nothing. */
	f = all;
	f.entry &= ~(1u << 5);
	CHECK_OK(judge(&r, &f, LATEST, &shown, &err), &err);
	CHECK(shown.proved);
	CHECK_INT(shown.time, 0);

	f.entry &= ~(1u << 6);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-10");
}

static void body(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(65536);
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(65536);
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};
	uint8_t d[64] = {0};

	rekor1_init(&r);
	pdg_buf_puts(&want,
		     "{\"apiVersion\":\"0.0.1\",\"kind\":\"hashedrekord\",\"spec\":{\"data\":{"
		     "\"hash\":{\"algorithm\":\"sha256\",\"value\":\""
		     "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\"}},"
		     "\"signature\":{\"content\":\"");
	pdg_base64(pdg_buf_bytes(&r.sig), &want);
	pdg_buf_puts(&want, "\",\"publicKey\":{\"content\":\"");
	CHECK_OK(pdg_key_public_text(r.signer, &pem, &err), &err);
	pdg_base64(pdg_buf_bytes(&pem), &want);
	pdg_buf_puts(&want, "\"}}}}");
	CHECK_BYTES(pdg_buf_bytes(&r.body), pdg_buf_bytes(&want));

	r.claim.hash = PDG_SHA512;
	r.claim.digest = pdg_bytes(d, 64);
	r.claim.certificate = true;
	CHECK_OK(pdg_rekor1_body(&r.claim, &out, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&out), "{\"algorithm\":\"sha512\",\"value\":\"00000000");
	/* base64 of "-----BEGIN CERTIFICATE-----" */
	CHECK_HAS(pdg_buf_cstr(&out), "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t");

	r.claim.hash = PDG_SHA384;
	CHECK_CODE(pdg_rekor1_body(&r.claim, &out, &err), &err, PDG_E_USAGE);
	r.claim.digest.n = 48;
	CHECK_OK(pdg_rekor1_body(&r.claim, &out, &err), &err);
	r.claim.hash = PDG_SHA1;
	r.claim.digest.n = 20;
	CHECK_CODE(pdg_rekor1_body(&r.claim, &out, &err), &err, PDG_E_USAGE);
}

static void every_bit_counts(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(buf) struct pdg_buf proto = PDG_BUF_INIT(65536);
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};
	unsigned passed = 0;
	size_t i;

	rekor1_init(&r);
	rekor1_proto(&r, &all, &proto);
	for (i = 0; i < 8 * proto.n; i++) {
		proto.p[i / 8] ^= (uint8_t)(1u << i % 8);
		err.rule[0] = '\0';
		if (judge_bytes(&r, pdg_buf_bytes(&proto), LATEST, &shown, &err) == 0) {
			pdg_test_case("bit %zu", i);
			passed++;
		} else if (err.rule[0] == '\0') {
			passed++;
		}
		proto.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	CHECK_UINT(passed, 0);
	CHECK_OK(judge_bytes(&r, pdg_buf_bytes(&proto), LATEST, &shown, &err), &err);
	for (i = 0; i < proto.n; i++) {
		if (judge_bytes(&r, pdg_bytes(proto.p, i), LATEST, &shown, &err) == 0 &&
		    shown.proved)
			passed++;
	}
	CHECK_UINT(passed, 0);
}

static void another_claim(void)
{
	struct rekor1_fields with = all;
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(key) struct pdg_key *other = key_new(PDG_KEY_ECDSA_P256);
	struct pdg_rekor1_claim good_claim;
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};
	uint8_t d[64] = {1};
	unsigned i;

	with.entry |= 1u << 7;
	rekor1_init(&r);
	good_claim = r.claim;
	for (i = 0; i < 5; i++) {
		pdg_test_case("case %u", i);
		r.claim = good_claim;
		if (i == 0)
			r.claim.digest = pdg_bytes(d, 32);
		else if (i == 1)
			r.claim.sig.n--;
		else if (i == 2)
			r.claim.der = pdg_key_spki(other);
		else if (i == 3)
			r.claim.certificate = true;
		else
			r.claim = (struct pdg_rekor1_claim){.hash = PDG_SHA512,
							    .digest = pdg_bytes(d, 64),
							    .sig = good_claim.sig,
							    .der = good_claim.der};
		CHECK_RULE(judge(&r, &with, LATEST, &shown, &err), &err, "LOG-7");
		CHECK_RULE(judge(&r, &all, LATEST, &shown, &err), &err, "LOG-18");
	}
	pdg_test_case(NULL);
}

static void set(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(rekor1) struct rekor1 other;
	struct pdg_error err = {0};
	struct pdg_rekor1_shown shown;
	struct rekor1_fields f;
	unsigned i;

	rekor1_init(&r);
	rekor1_init(&other);
	for (i = 0; i < 4; i++) {
		pdg_test_case("case %u", i);
		pdg_buf_reset(&r.set);
		rekor1_set(i == 3 ? other.log : r.log, r.root,
			   i == 0 ? pdg_bytes_str("{}") : pdg_buf_bytes(&r.body),
			   REKOR1_TIME - (i == 1), REKOR1_INDEX + (i == 2), &r.set);
		CHECK_RULE(now(&r, &err), &err, "LOG-18");
	}
	pdg_test_case(NULL);
	pdg_buf_reset(&r.set);
	rekor1_set(r.log, r.root, pdg_buf_bytes(&r.body), REKOR1_TIME, REKOR1_INDEX, &r.set);
	CHECK_OK(now(&r, &err), &err);
	pdg_buf_putc(&r.set, 0);
	CHECK_RULE(now(&r, &err), &err, "LOG-18");
	r.set.n--;
	/* Index and time are in it, and so cannot be left out. */
	f = all;
	f.entry &= ~(1u << 1);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-18");
	f = all;
	f.entry &= ~(1u << 4);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-18");
	pdg_buf_reset(&r.set);
	rekor1_set(r.log, r.root, pdg_buf_bytes(&r.body), 0, REKOR1_INDEX, &r.set);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-18");
}

/* A log whose key signs checkpoints, but no entry timestamps as Rekor v1 has them. */
static void set_of_another_kind_of_key(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_error err = {0};
	struct pdg_root *root;

	rekor1_init(&r);
	pdg_key_free(r.log);
	r.log = key_new(PDG_KEY_ED25519);
	root = rekor1_root(r.log, 1);
	pdg_root_free(r.root);
	r.root = root;
	pdg_buf_reset(&r.set);
	rekor1_set(r.log, r.root, pdg_buf_bytes(&r.body), REKOR1_TIME, REKOR1_INDEX, &r.set);
	CHECK_RULE(now(&r, &err), &err, "LOG-18");
}

/* The service's own log dates nothing, whatever its key could sign: nor is that log's promise one.
 */
static void set_of_the_embedded_log(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};
	struct rekor1_fields f = all;

	rekor1_init(&r);
	r.root->logs[0].embedded = true;
	CHECK_RULE(now(&r, &err), &err, "LOG-9");
	/* Nor without the SET: such an entry is none of its tree. */
	f.entry &= ~(1u << 5);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-9");
}

static void times(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};
	struct rekor1_fields f = all;

	rekor1_init(&r);
	CHECK_OK(judge(&r, &all, REKOR1_TIME - PDG_TIME_TOLERANCE, &shown, &err), &err);
	CHECK_RULE(judge(&r, &all, REKOR1_TIME - PDG_TIME_TOLERANCE - 1, &shown, &err), &err,
		   "LOG-19");
	/* Both ends of the log's window count. */
	r.root->logs[0].valid_from = REKOR1_TIME;
	r.root->logs[0].valid_until = REKOR1_TIME;
	CHECK_OK(judge(&r, &all, LATEST, &shown, &err), &err);
	r.root->logs[0].valid_from = REKOR1_TIME + 1;
	CHECK_RULE(judge(&r, &all, LATEST, &shown, &err), &err, "TIM-1");
	r.root->logs[0].valid_from = 1;
	r.root->logs[0].valid_until = REKOR1_TIME - 1;
	CHECK_RULE(judge(&r, &all, LATEST, &shown, &err), &err, "TIM-2");
	/* What has no signed time is judged by the present, in which the key is retired. */
	r.root->logs[0].valid_until = REKOR1_TIME;
	f.entry &= ~(1u << 5 | 1u << 4);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "TIM-2");
}

static void logs(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(rekor1) struct rekor1 other;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf proto = PDG_BUF_INIT(65536);
	struct pdg_rekor1_shown shown;
	struct pdg_error err = {0};

	rekor1_init(&r);
	rekor1_init(&other);
	rekor1_proto(&r, &all, &proto);
	CHECK_OK(pdg_rekor1_read(pdg_buf_bytes(&proto), &e, &err), &err);
	CHECK_RULE(pdg_rekor1_verify(e, &r.claim, other.root, LATEST, &shown, &err), &err, "LOG-8");
	e->version[4] = '2';
	CHECK_RULE(pdg_rekor1_verify(e, &r.claim, r.root, LATEST, &shown, &err), &err, "LOG-9");
	e->version[4] = '1';
	e->kind[0] = 'H';
	CHECK_RULE(pdg_rekor1_verify(e, &r.claim, r.root, LATEST, &shown, &err), &err, "LOG-9");
}

static void checkpoints(void)
{
	static const struct {
		const char *rule, *origin, *name;
		bool other_key;
		unsigned size_off, root_off;
	} t[] = {
		{NULL, REKOR1_ORIGIN, REKOR1_HOST, false, 0, 0},
		/* One log, one key: what its host is called in a tree says nothing more. */
		{NULL, "localhost:8000 - 1", "localhost:8000", false, 0, 0},
		{"LOG-4", REKOR1_HOST, REKOR1_HOST, false, 0, 0},
		{"LOG-4", REKOR1_HOST " - ", REKOR1_HOST, false, 0, 0},
		{"LOG-4", REKOR1_HOST " - 1x", REKOR1_HOST, false, 0, 0},
		{"LOG-4", REKOR1_HOST " - 1 - 2", REKOR1_HOST, false, 0, 0},
		{"LOG-4", REKOR1_ORIGIN, "other.example", false, 0, 0},
		{"LOG-4", REKOR1_ORIGIN, REKOR1_HOST, true, 0, 0},
		{"LOG-1", REKOR1_ORIGIN, REKOR1_HOST, false, 1, 0},
		{"LOG-1", REKOR1_ORIGIN, REKOR1_HOST, false, 0, 1},
	};
	PDG_AUTO(rekor1) struct rekor1 r;
	PDG_AUTO(key) struct pdg_key *other = key_new(PDG_KEY_ECDSA_P256);
	struct pdg_error err = {0};
	size_t i;

	rekor1_init(&r);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pdg_hash32 root = r.tree;

		pdg_test_case("case %zu", i);
		root.b[0] ^= (uint8_t)t[i].root_off;
		pdg_buf_reset(&r.note);
		rekor1_note(t[i].other_key ? other : r.log, t[i].origin, t[i].name,
			    REKOR1_SIZE + t[i].size_off, &root, &r.note);
		if (t[i].rule)
			CHECK_RULE(now(&r, &err), &err, t[i].rule);
		else
			CHECK_OK(now(&r, &err), &err);
	}
	pdg_test_case(NULL);
	pdg_buf_reset(&r.note);
	rekor1_note(r.log, REKOR1_ORIGIN, REKOR1_HOST, REKOR1_SIZE, &r.tree, &r.note);
	r.note.p[strlen(REKOR1_HOST " - ")] = '1';
	CHECK_RULE(now(&r, &err), &err, "LOG-5");
	r.note.n--;
	CHECK_RULE(now(&r, &err), &err, "LOG-3");
}

static void proofs(void)
{
	PDG_AUTO(rekor1) struct rekor1 r;
	struct pdg_error err = {0};
	struct pdg_rekor1_shown shown;
	struct rekor1_fields f = all;
	struct pdg_proof real;

	rekor1_init(&r);
	real = r.proof;
	r.proof.n--;
	CHECK_RULE(now(&r, &err), &err, "LOG-1");
	r.proof.n += 2;
	CHECK_RULE(now(&r, &err), &err, "LOG-1");
	r.proof = real;
	r.proof.v[0].b[31] ^= 1;
	CHECK_RULE(now(&r, &err), &err, "LOG-1");
	r.proof = real;
	/* An index or size of zero may be left out, and is then another. */
	f.proof = all.proof & ~(1u << 1);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-1");
	f.proof = all.proof & ~(1u << 3);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-1");

	/* Without a checkpoint the proof shows nothing, and must be one all the same. */
	f.proof = all.proof & ~(1u << 5);
	CHECK_OK(judge(&r, &f, LATEST, &shown, &err), &err);
	CHECK(!shown.proved);
	CHECK_INT(shown.time, REKOR1_TIME);
	r.tree.b[0] ^= 1;
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-1");
	r.tree.b[0] ^= 1;
	f.entry &= ~(1u << 5);
	CHECK_RULE(judge(&r, &f, LATEST, &shown, &err), &err, "LOG-10");
}

PDG_TEST_MAIN("rekor_v1", {"good", good}, {"body", body}, {"every bit counts", every_bit_counts},
	      {"another claim", another_claim}, {"set", set},
	      {"set of another kind of key", set_of_another_kind_of_key},
	      {"set of the embedded log", set_of_the_embedded_log}, {"times", times},
	      {"logs", logs}, {"checkpoints", checkpoints}, {"proofs", proofs})
