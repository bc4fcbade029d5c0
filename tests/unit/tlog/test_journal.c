/* SPDX-License-Identifier: Apache-2.0 */
/* Journal leaves: one spelling, strict reading; and proofs, as records carry them. */
#include "tlog/journal.h"

#include "support/check.h"
#include "unit/tlog/keys.h"
#include "unit/tlog/naive.h"
#include "util/limits.h"
#include "util/str.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define D3 "sha256:3333333333333333333333333333333333333333333333333333333333333333"

#define ACCEPTED                                                                                   \
	"{\"decision\":\"accepted\",\"envelope\":\"" D2 "\",\"links\":[{\"reference\":\"" D3       \
	"\",\"stage\":\"source\"}],\"policy\":{\"digest\":\"" D3 "\",\"version\":7},"              \
	"\"producer\":\"builder https://ci.example/release\",\"producerKey\":\"abc=\","            \
	"\"received\":\"2026-11-23T03:17:00Z\",\"reference\":\"" D1                                \
	"\",\"stage\":\"build\",\"v\":1}"
#define SOURCE                                                                                     \
	"{\"decision\":\"accepted\",\"envelope\":\"" D2 "\",\"grade\":\"clone\",\"links\":[],"     \
	"\"policy\":{\"digest\":\"" D3 "\",\"version\":0},\"producer\":\"clone\","                 \
	"\"received\":\"1970-01-01T00:00:00Z\",\"reference\":\"" D1                                \
	"\",\"stage\":\"source\",\"v\":1}"
#define REFUSED                                                                                    \
	"{\"decision\":\"refused\",\"envelope\":\"" D2 "\",\"links\":[],"                          \
	"\"policy\":{\"digest\":\"" D3 "\",\"version\":7},\"producer\":\"builder x\","             \
	"\"received\":\"2026-11-23T03:17:00Z\",\"reference\":\"" D1                                \
	"\",\"rule\":\"LNK-3\",\"v\":1}"

static int parse(const char *text, struct pdg_journal_leaf **out, struct pdg_error *err)
{
	return pdg_journal_leaf_parse(pdg_bytes_str(text), out, err);
}

static void leaf_is_read(void)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(parse(ACCEPTED, &l, &err), &err))
		return;
	CHECK_STR(l->decision, "accepted");
	CHECK_STR(l->reference, D1);
	CHECK_STR(l->envelope, D2);
	CHECK_STR(l->producer, "builder https://ci.example/release");
	CHECK_STR(l->producer_key, "abc=");
	CHECK_STR(l->stage, "build");
	CHECK_STR(l->grade, NULL);
	CHECK_STR(l->rule, NULL);
	CHECK_UINT(l->n_links, 1);
	CHECK_STR(l->links[0].stage, "source");
	CHECK_STR(l->links[0].reference, D3);
	CHECK_STR(l->policy_digest, D3);
	CHECK_UINT(l->policy_version, 7);
	CHECK_INT(l->received, 1795403820);
}

static void leaf_is_written(void)
{
	static const char *const good[] = {ACCEPTED, SOURCE, REFUSED};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);

		if (!CHECK_OK(parse(good[i], &l, &err), &err))
			continue;
		CHECK_OK(pdg_journal_leaf_write(l, &out, &err), &err);
		CHECK_BYTES_STR(pdg_buf_bytes(&out), good[i]);
	}
}

/* A good leaf with @from replaced by @to. */
static void edited(const char *leaf, const char *from, const char *to, struct pdg_buf *out)
{
	struct pdg_bytes all = pdg_bytes_str(leaf);
	size_t at = pdg_bytes_find(all, pdg_bytes_str(from), 0);

	pdg_buf_put(out, pdg_bytes_head(all, at));
	pdg_buf_puts(out, to);
	pdg_buf_put(out, pdg_bytes_from(all, at + strlen(from)));
}

static void leaves_that_are_refused(void)
{
	static const struct {
		const char *leaf, *from, *to;
	} t[] = {
		{ACCEPTED, "accepted", "maybe"},
		{ACCEPTED, "accepted", "Accepted"},
		{ACCEPTED, "\"v\":1", "\"v\":2"},
		{ACCEPTED, "\"v\":1", "\"v\":\"1\""},
		{ACCEPTED, ",\"v\":1", ""},
		{ACCEPTED, "\"v\":1", "\"v\":1,\"w\":1"},
		{ACCEPTED, "\"v\":1", "\"v\":1 "},
		{ACCEPTED, "{\"decision\"", " {\"decision\""},
		{ACCEPTED, "\"decision\":\"accepted\",", ""},
		{ACCEPTED, "\"links\"", "\"lynks\""},
		{ACCEPTED, "\"stage\":\"build\",", ""},
		{ACCEPTED, "\"stage\":\"build\"", "\"stage\":\"\""},
		{ACCEPTED, "\"stage\":\"build\"", "\"stage\":null"},
		{ACCEPTED, "\"producerKey\":\"abc=\",", "\"producerKey\":null,"},
		{ACCEPTED, "\"producerKey\":\"abc=\",", "\"producerKey\":\"\","},
		{ACCEPTED, "\"links\":[{", "\"links\":[7,{"},
		{ACCEPTED, "\"stage\":\"source\"}]", "\"stage\":\"source\",\"x\":1}]"},
		{ACCEPTED, "\"version\":7", "\"version\":7,\"x\":1"},
		{ACCEPTED, "\"version\":7", "\"version\":-7"},
		{ACCEPTED, "\"version\":7", "\"version\":\"7\""},
		{ACCEPTED, "03:17:00Z", "04:17:00+01:00"},
		{ACCEPTED, "03:17:00Z", "03:17:00.5Z"},
		{ACCEPTED, "2026-11-23", "1969-11-23"},
		{ACCEPTED, "\"reference\":\"" D1, "\"reference\":\"sha256:11"},
		{ACCEPTED, "2222", "222A"},
		{ACCEPTED, "\"" D2 "\"", "null"},
		{ACCEPTED, "\"producer\":\"builder https", "\"producer\":\"builder\\u0020https"},
		{ACCEPTED, "\"stage\":\"build\"", "\"rule\":\"LNK-3\",\"stage\":\"build\""},
		{ACCEPTED, "\"links\":[", "\"grade\":\"server\",\"links\":["},
		{REFUSED, "\"rule\":\"LNK-3\",", ""},
		{REFUSED, "LNK-3", ""},
		{SOURCE, "\"grade\":\"clone\"", "\"grade\":\"\""},
		{SOURCE, "\"decision\":\"accepted\",\"envelope\":\"" D2 "\"",
		 "\"envelope\":\"" D2 "\",\"decision\":\"accepted\""},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);
		struct pdg_journal_leaf *l = NULL;

		pdg_test_case("case %zu", i);
		edited(t[i].leaf, t[i].from, t[i].to, &text);
		CHECK_RULE(parse(pdg_buf_cstr(&text), &l, &err), &err, "JNL-1");
		CHECK(l == NULL);
		pdg_journal_leaf_free(l);
	}
	pdg_test_case(NULL);
}

static void leaves_that_are_not_written(void)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};
	char *was;

	if (!CHECK_OK(parse(SOURCE, &l, &err), &err))
		return;
	was = l->reference;
	l->reference = NULL;
	CHECK_CODE(pdg_journal_leaf_write(l, &out, &err), &err, PDG_E_USAGE);
	l->reference = was;
	was = l->producer;
	l->producer = NULL;
	CHECK_CODE(pdg_journal_leaf_write(l, &out, &err), &err, PDG_E_USAGE);
	l->producer = was;
	l->policy_version = UINT64_MAX;
	CHECK_CODE(pdg_journal_leaf_write(l, &out, &err), &err, PDG_E_USAGE);
	l->policy_version = 0;
	l->received = -1;
	CHECK_CODE(pdg_journal_leaf_write(l, &out, &err), &err, PDG_E_USAGE);
	CHECK_UINT(out.n, 0);
}

/* A journal of five leaves in which SOURCE is number 3, and its proof as JSON. */
static void proof_text(const struct pdg_key *key, struct pdg_buf *out)
{
	PDG_AUTO(mem) struct pdg_hash32 *leaf = naive_leaves(5);
	struct pdg_journal_proof p = {.index = 3, .size = 5};
	struct pdg_hash32 root;
	struct pdg_error err = {0};
	struct pdg_jw w;

	pdg_buf_init(&p.leaf, 4096);
	pdg_buf_init(&p.checkpoint, 4096);
	pdg_buf_puts(&p.leaf, SOURCE);
	CHECK_OK(pdg_merkle_leaf(pdg_buf_bytes(&p.leaf), &leaf[3], &err), &err);
	naive_path(3, leaf, 5, &p.proof);
	root = naive_mth(leaf, 5);
	CHECK_OK(pdg_checkpoint_sign("localhost/journal", 5, &root, key, &p.checkpoint, &err),
		 &err);
	pdg_jw_init(&w, out);
	pdg_journal_proof_write(&p, &w);
	CHECK_OK(pdg_buf_check(out, &err), &err);
	pdg_buf_done(&p.leaf);
	pdg_buf_done(&p.checkpoint);
}

static int read_proof(struct pdg_bytes text, struct pdg_journal_proof **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(text, PDG_LIMIT_MIB(1), &j, err);

	return rc < 0 ? rc : pdg_journal_proof_read(j, out, err);
}

static void proof_is_checked(void)
{
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ED25519);
	PDG_AUTO(key) struct pdg_key *other = key_new(PDG_KEY_ED25519);
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8192);
	struct pdg_error err = {0};

	proof_text(key, &text);
	if (!CHECK_OK(read_proof(pdg_buf_bytes(&text), &p, &err), &err))
		return;
	CHECK_BYTES_STR(pdg_buf_bytes(&p->leaf), SOURCE);
	CHECK_OK(pdg_journal_proof_verify(p, key, &err), &err);
	CHECK_RULE(pdg_journal_proof_verify(p, other, &err), &err, "JNL-2");
	p->index = 2;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-3");
	p->index = 3;
	p->size = 6;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-2");
	p->size = 5;
	p->proof.n--;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-3");
	p->proof.n++;
	p->leaf.p[20] ^= 1;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-3");
	p->leaf.p[20] ^= 1;
	p->checkpoint.p[0] ^= 1;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-2");
	p->checkpoint.p[0] ^= 1;
	p->checkpoint.n--;
	CHECK_RULE(pdg_journal_proof_verify(p, key, &err), &err, "JNL-2");
	p->checkpoint.n++;
	CHECK_OK(pdg_journal_proof_verify(p, key, &err), &err);
}

static void proofs_that_are_refused(void)
{
	static const char *const bad[][2] = {
		{"\"index\":3", "\"index\":-3"},
		{"\"index\":3", "\"index\":3,\"x\":1"},
		{"\"index\":3,", ""},
		{"\"treeSize\":5,", ""},
		{"\"hashes\":[", "\"hashes\":[7,"},
		{"\"hashes\":[", "\"hashes\":[\"AAAA\","},
		{"\"hashes\":[", "\"hashes\":[\"*\","},
		{"{\"leaf\":\"", "{\"leaf\":\"*"},
		{"{\"leaf\"", "{\"x\":1,\"leaf\""},
		{"\"checkpoint\":\"", "\"checkpoint\":[],\"x\":\""},
		{"\"proof\":{", "\"proof\":7,\"x\":{"},
	};
	PDG_AUTO(key) struct pdg_key *key = key_new(PDG_KEY_ED25519);
	PDG_AUTO(buf) struct pdg_buf good = PDG_BUF_INIT(8192);
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_error err = {0};
	size_t i;

	proof_text(key, &good);
	text = pdg_str_dup(pdg_buf_cstr(&good));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(16384);
		struct pdg_journal_proof *p = NULL;

		pdg_test_case("case %zu", i);
		edited(text, bad[i][0], bad[i][1], &b);
		CHECK_RULE(read_proof(pdg_buf_bytes(&b), &p, &err), &err, "JNL-1");
		CHECK(p == NULL);
		pdg_journal_proof_free(p);
	}
	pdg_test_case(NULL);
}

PDG_TEST_MAIN("journal", {"a leaf is read", leaf_is_read}, {"a leaf is written", leaf_is_written},
	      {"leaves that are refused", leaves_that_are_refused},
	      {"leaves that are not written", leaves_that_are_not_written},
	      {"a proof is checked", proof_is_checked},
	      {"proofs that are refused", proofs_that_are_refused})
