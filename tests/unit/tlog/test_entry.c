/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries: a real one of rekor-tiles, one of a tree of our own, and everything nearly right. */
#include "tlog/entry.h"

#include "support/check.h"
#include "tlog/note.h"
#include "unit/tlog/keys.h"
#include "unit/tlog/naive.h"
#include "util/limits.h"
#include "util/str.h"

#define DIGEST "V91WUzXHC6oun8SKRugJB0NOPG6iNC74BtrZg4kTSc0="
#define SIG                                                                                        \
	"MEYCIQC9LLTTXstTXRaG8RcuZPk1EH/+H/iAEDzNztFzm4joCgIhAMbYCwygg3+4uJ2zF1pfCttJc0PXjU7t4StJ5PiuHFSK"
#define KEY                                                                                        \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIX52fbxTm/GvvvpRSkcEn9UIwgGY3H8iSuD0S1N37wng9dj+VGfMBO6M2RcIkoIOF693xFovUCpgwVlQmY3HGQ=="
#define LOG_KEY "MCowBQYDK2VwAyEAeZz2djG7/acmX3whbysyqvIK2rxLqpEv09lG4H+S7Vg="
#define LOG_ID	"hH502JzFGiv0m/Po2ILtHPiN0VKSQLrkD9jF/YOoy/4="
#define ROOT	"GgHJAOgCz4HQzAvsITIFSTPuE1yZZoQZz4g+ko+1+0A="
#define BODY                                                                                       \
	"{\"apiVersion\":\"0.0.2\",\"kind\":\"hashedrekord\",\"spec\":{\"hashedRekordV002\":{"     \
	"\"data\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" DIGEST "\"},\"signature\":{"          \
	"\"content\":\"" SIG "\",\"verifier\":{\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\","        \
	"\"publicKey\":{\"rawBytes\":\"" KEY "\"}}}}}}"
#define CHECKPOINT                                                                                 \
	"rekor.test.example\\n1\\n" ROOT "\\n\\n\xe2\x80\x94 rekor.test.example "                  \
	"hH502NlvOUswwdErx3VyiAkxspNU/5yO3VaPbVxADVojEfeW1lLTNJ8jjezG4eHQ8pnICxFb4i06riOFEjTWbKbhFw4=\\n"

/* Parts of the real answer, each to be replaced. "%s" in @body: base64 of BODY. */
struct parts {
	const char *index, *id, *kind, *time, *promise, *proof, *body;
};

static const struct parts real = {
	"\"0\"",
	"{\"keyId\":\"" LOG_ID "\"}",
	"{\"kind\":\"hashedrekord\",\"version\":\"0.0.2\"}",
	"\"0\"",
	"null",
	"{\"logIndex\":\"0\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"1\",\"hashes\":[],"
	"\"checkpoint\":{\"envelope\":\"" CHECKPOINT "\"}}",
	NULL,
};

static void answer_of(const struct parts *p, struct pdg_buf *out)
{
	pdg_buf_printf(out,
		       "{\"logIndex\":%s,\"logId\":%s,\"kindVersion\":%s,\"integratedTime\":%s,"
		       "\"inclusionPromise\":%s,\"inclusionProof\":%s,\"canonicalizedBody\":",
		       p->index, p->id, p->kind, p->time, p->promise, p->proof);
	if (p->body) {
		pdg_buf_puts(out, p->body);
	} else {
		pdg_buf_putc(out, '"');
		pdg_base64(pdg_bytes_str(BODY), out);
		pdg_buf_putc(out, '"');
	}
	pdg_buf_putc(out, '}');
}

static int read_text(struct pdg_bytes text, struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	int rc = pdg_json_load(text, PDG_LIMIT_LOG_ANSWER, &j, err);

	return rc < 0 ? rc : pdg_entry_read(j, out, err);
}

static int read_parts(const struct parts *p, struct pdg_entry **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(2));

	answer_of(p, &text);
	return read_text(pdg_buf_bytes(&text), out, err);
}

/* What the caller of pdg_entry_verify() knows: the log, and the signature that it has verified. */
struct known {
	struct pdg_root *root;
	struct pdg_key *key;
	struct pdg_buf digest;
	struct pdg_buf sig;
};

static void known_init(struct known *k)
{
	PDG_AUTO(key) struct pdg_key *log = key_of_spki(LOG_KEY);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);
	uint8_t id[32];

	k->key = key_of_spki(KEY);
	pdg_buf_init(&k->digest, 64);
	pdg_buf_init(&k->sig, 256);
	CHECK_OK(pdg_unbase64(pdg_bytes_str(DIGEST), PDG_BASE64_STD, &k->digest, NULL), NULL);
	CHECK_OK(pdg_unbase64(pdg_bytes_str(SIG), PDG_BASE64_STD, &k->sig, NULL), NULL);
	CHECK_OK(pdg_note_key_id("rekor.test.example", log, id, NULL), NULL);
	CHECK_OK(pdg_root_write(
			 &(struct pdg_root_make){.base_url = "https://rekor.test.example:3003/x",
						 .key = log,
						 .log_id = id,
						 .valid_from = 1},
			 &text, NULL),
		 NULL);
	CHECK_OK(pdg_root_parse(pdg_buf_bytes(&text), &k->root, NULL), NULL);
}

static void known_done(struct known *k)
{
	pdg_root_free(k->root);
	pdg_key_free(k->key);
	pdg_buf_done(&k->digest);
	pdg_buf_done(&k->sig);
}
PDG_AUTO_DEFINE_VALUE(known, struct known, known_done)

static int verify(const struct pdg_entry *e, const struct known *k, struct pdg_error *err)
{
	const struct pdg_root_log *log = NULL;
	int rc = pdg_entry_verify(e, k->root, k->digest.p, pdg_buf_bytes(&k->sig), k->key, &log,
				  err);

	if (rc == 0)
		CHECK(log == &k->root->logs[0]);
	else
		CHECK(log == NULL);
	return rc;
}

static void real_entry(void)
{
	PDG_AUTO(known) struct known k = {0};
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(1024);
	struct pdg_error err = {0};

	known_init(&k);
	CHECK_OK(pdg_entry_body(k.digest.p, pdg_buf_bytes(&k.sig), k.key, &body, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&body), BODY);
	CHECK_UINT(body.n, 489);
	if (!CHECK_OK(read_parts(&real, &e, &err), &err))
		return;
	CHECK_UINT(e->log_index, 0);
	CHECK_STR(e->kind, "hashedrekord");
	CHECK_STR(e->version, "0.0.2");
	CHECK(e->has_proof);
	CHECK_UINT(e->proof_size, 1);
	CHECK_UINT(e->set.n, 0);
	CHECK_BYTES_STR(pdg_buf_bytes(&e->body), BODY);
	CHECK_OK(verify(e, &k, &err), &err);
}

static void written_and_read(void)
{
	struct parts p = real;
	PDG_AUTO(entry) struct pdg_entry *a = NULL;
	PDG_AUTO(entry) struct pdg_entry *b = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8192);
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(8192);
	PDG_AUTO(known) struct known k = {0};
	struct pdg_error err = {0};
	struct pdg_jw w;

	known_init(&k);
	p.index = "\"9223372036854775807\"";
	p.time = "\"1710869186\"";
	p.promise = "{\"signedEntryTimestamp\":\"AAEC\"}";
	CHECK_OK(read_parts(&p, &a, &err), &err);
	pdg_jw_init(&w, &text);
	pdg_entry_write(a, &w);
	CHECK_HAS(pdg_buf_cstr(&text), "\"logIndex\":\"9223372036854775807\"");
	CHECK_HAS(pdg_buf_cstr(&text), "\"integratedTime\":\"1710869186\"");
	CHECK_HAS(pdg_buf_cstr(&text), "{\"signedEntryTimestamp\":\"AAEC\"}");
	CHECK_OK(read_text(pdg_buf_bytes(&text), &b, &err), &err);
	pdg_jw_init(&w, &again);
	pdg_entry_write(b, &w);
	CHECK_BYTES(pdg_buf_bytes(&again), pdg_buf_bytes(&text));
	CHECK_INT(b->integrated_time, 1710869186);
	/* numbers may be numbers; zero values may be missing */
	pdg_entry_free(PDG_TAKE(a));
	p = real;
	p.index = "0";
	p.proof = "{\"rootHash\":\"" ROOT
		  "\",\"treeSize\":1,\"checkpoint\":{\"envelope\":\"" CHECKPOINT "\"}}";
	CHECK_OK(read_parts(&p, &a, &err), &err);
	CHECK_OK(verify(a, &k, &err), &err);
	pdg_buf_reset(&text);
	pdg_jw_init(&w, &text);
	pdg_entry_write(a, &w);
	CHECK(pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("integratedTime"), 0) == SIZE_MAX);
	CHECK(pdg_bytes_find(pdg_buf_bytes(&text), pdg_bytes_str("inclusionPromise"), 0) ==
	      SIZE_MAX);
}

static void other_entries(void)
{
	static const struct {
		struct parts p;
		const char *rule;
	} t[] = {
		{{.kind = "{\"kind\":\"dsse\",\"version\":\"0.0.2\"}"}, "LOG-9"},
		{{.kind = "{\"kind\":\"hashedrekord\",\"version\":\"0.0.1\"}"}, "LOG-9"},
		{{.id = "{\"keyId\":\"zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=\"}"}, "LOG-8"},
		{{.time = "\"1\""}, "LOG-17"},
		{{.time = "\"99999999999\""}, "LOG-17"},
		{{.promise = "{\"signedEntryTimestamp\":\"AAAA\"}"}, "LOG-17"},
		{{.id = "{\"keyId\":\"hH502A==\"}"}, "LOG-8"},
		{{.proof = "null"}, "LOG-10"},
		{{.proof = "{\"rootHash\":\"" ROOT "\"}"}, "LOG-10"},
		{{.proof = "{\"rootHash\":\"" ROOT "\",\"checkpoint\":{}}"}, "LOG-10"},
		{{.proof = "{\"rootHash\":\"" ROOT "\",\"checkpoint\":{\"envelope\":\"x\"}}"},
		 "LOG-3"},
		{{.index = "\"1\""}, "LOG-1"},
		{{.proof = "{\"logIndex\":\"1\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"1\","
			   "\"checkpoint\":{\"envelope\":\"" CHECKPOINT "\"}}"},
		 "LOG-1"},
		{{.proof = "{\"logIndex\":\"0\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"2\","
			   "\"checkpoint\":{\"envelope\":\"" CHECKPOINT "\"}}"},
		 "LOG-1"},
		{{.proof = "{\"logIndex\":\"0\",\"rootHash\":\"" DIGEST "\",\"treeSize\":\"1\","
			   "\"checkpoint\":{\"envelope\":\"" CHECKPOINT "\"}}"},
		 "LOG-1"},
		{{.proof = "{\"logIndex\":\"0\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"1\","
			   "\"hashes\":[\"" ROOT "\"],\"checkpoint\":{\"envelope\":\"" CHECKPOINT
			   "\"}}"},
		 "LOG-1"},
		{{.body = "\"e30=\""}, "LOG-1"},
	};
	PDG_AUTO(known) struct known k = {0};
	struct pdg_error err = {0};
	size_t i;

	known_init(&k);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		struct parts p = real;

		pdg_test_case("case %zu", i);
		p.index = t[i].p.index ? t[i].p.index : p.index;
		p.id = t[i].p.id ? t[i].p.id : p.id;
		p.kind = t[i].p.kind ? t[i].p.kind : p.kind;
		p.time = t[i].p.time ? t[i].p.time : p.time;
		p.promise = t[i].p.promise ? t[i].p.promise : p.promise;
		p.proof = t[i].p.proof ? t[i].p.proof : p.proof;
		p.body = t[i].p.body ? t[i].p.body : p.body;
		if (CHECK_OK(read_parts(&p, &e, &err), &err))
			CHECK_RULE(verify(e, &k, &err), &err, t[i].rule);
	}
	pdg_test_case(NULL);
}

static void malformed_entries(void)
{
	static const struct parts t[] = {
		{.index = "\"-1\""},
		{.index = "-1"},
		{.index = "\"18446744073709551616\""},
		{.index = "1.0"},
		{.index = "\"0x1\""},
		{.index = "[]"},
		{.id = "null"},
		{.id = "\"" LOG_ID "\""},
		{.id = "{\"keyId\":7}"},
		{.id = "{\"keyId\":\"*\"}"},
		{.kind = "null"},
		{.kind = "{\"kind\":\"hashedrekord\"}"},
		{.time = "\"-5\""},
		{.time = "\"9223372036854775808\""},
		{.promise = "[]"},
		{.promise = "{}"},
		{.proof = "[]"},
		{.proof = "{}"},
		{.proof = "{\"rootHash\":\"AAAA\"}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"hashes\":{}}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"hashes\":[7]}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"hashes\":[\"AAAA\"]}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"treeSize\":\"-1\"}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"treeSize\":\"9223372036854775808\"}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"checkpoint\":\"" CHECKPOINT "\"}"},
		{.proof = "{\"rootHash\":\"" ROOT "\",\"checkpoint\":{\"envelope\":[]}}"},
		{.body = "null"},
		{.body = "\"a b\""},
		{.body = "{}"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pdg_entry *e = NULL;
		struct parts p = real;

		pdg_test_case("case %zu", i);
		p.index = t[i].index ? t[i].index : p.index;
		p.id = t[i].id ? t[i].id : p.id;
		p.kind = t[i].kind ? t[i].kind : p.kind;
		p.time = t[i].time ? t[i].time : p.time;
		p.promise = t[i].promise ? t[i].promise : p.promise;
		p.proof = t[i].proof ? t[i].proof : p.proof;
		p.body = t[i].body ? t[i].body : p.body;
		CHECK_RULE(read_parts(&p, &e, &err), &err, "LOG-6");
		CHECK(e == NULL);
		pdg_entry_free(e);
	}
	pdg_test_case(NULL);
}

static void limits(void)
{
	PDG_AUTO(buf) struct pdg_buf big = PDG_BUF_INIT(PDG_LIMIT_MIB(2));
	PDG_AUTO(known) struct known k = {0};
	struct pdg_error err = {0};
	struct pdg_entry *e = NULL;
	struct parts p = real;
	size_t i;

	known_init(&k);
	pdg_buf_puts(&big, "{\"rootHash\":\"" ROOT "\",\"hashes\":[\"" ROOT "\"");
	for (i = 0; i < PDG_PROOF_MAX; i++)
		pdg_buf_puts(&big, ",\"" ROOT "\"");
	pdg_buf_puts(&big, "]}");
	p.proof = pdg_buf_cstr(&big);
	CHECK_RULE(read_parts(&p, &e, &err), &err, "LOG-15");
	p = real;
	pdg_buf_reset(&big);
	pdg_buf_puts(&big, "{\"rootHash\":\"" ROOT "\",\"checkpoint\":{\"envelope\":\"");
	for (i = 0; i <= PDG_LIMIT_CHECKPOINT; i++)
		pdg_buf_putc(&big, 'a');
	pdg_buf_puts(&big, "\"}}");
	p.proof = pdg_buf_cstr(&big);
	CHECK_RULE(read_parts(&p, &e, &err), &err, "LOG-15");
	/* an entry that no log takes */
	pdg_buf_reset(&big);
	for (i = 0; i < PDG_LIMIT_LOG_ENTRY * 3 / 4; i++)
		pdg_buf_putc(&big, 'a');
	CHECK_RULE(pdg_entry_body(k.digest.p, pdg_buf_bytes(&big), k.key, &k.sig, &err), &err,
		   "LOG-15");
	CHECK(e == NULL);
}

static void other_signatures(void)
{
	PDG_AUTO(known) struct known k = {0};
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(key) struct pdg_key *other = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(key) struct pdg_key *ed = key_new(PDG_KEY_ED25519);
	const struct pdg_root_log *log = NULL;
	struct pdg_error err = {0};
	uint8_t digest[32];
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);

	known_init(&k);
	if (!CHECK_OK(read_parts(&real, &e, &err), &err))
		return;
	memcpy(digest, k.digest.p, 32);
	digest[31] ^= 1;
	CHECK_RULE(pdg_entry_verify(e, k.root, digest, pdg_buf_bytes(&k.sig), k.key, &log, &err),
		   &err, "LOG-7");
	CHECK_RULE(pdg_entry_verify(e, k.root, k.digest.p, pdg_bytes(k.sig.p, k.sig.n - 1), k.key,
				    &log, &err),
		   &err, "LOG-7");
	CHECK_RULE(
		pdg_entry_verify(e, k.root, k.digest.p, pdg_buf_bytes(&k.sig), other, &log, &err),
		&err, "LOG-7");
	CHECK_RULE(pdg_entry_verify(e, k.root, k.digest.p, pdg_buf_bytes(&k.sig), ed, &log, &err),
		   &err, "LOG-7");
	CHECK_CODE(pdg_entry_body(k.digest.p, pdg_buf_bytes(&k.sig), ed, &out, &err), &err,
		   PDG_E_USAGE);
	CHECK_UINT(out.n, 0);
}

/* A body with the same meaning in other bytes is another leaf, also when the log signed it. */
static void other_spelling(void)
{
	PDG_AUTO(known) struct known k = {0};
	PDG_AUTO(key) struct pdg_key *log_key = key_of_seed(7);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(4096);
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(4096);
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(mem) char *body = pdg_str_printf(" %s", BODY);
	struct pdg_entry_parts parts = {.index = 0, .size = 1};
	struct pdg_proof none = {.n = 0};
	struct pdg_error err = {0};
	uint8_t id[32];

	known_init(&k);
	pdg_root_free(PDG_TAKE(k.root));
	CHECK_OK(pdg_note_key_id("localhost", log_key, id, &err), &err);
	CHECK_OK(pdg_root_write(&(struct pdg_root_make){.base_url = "http://localhost",
							.key = log_key,
							.log_id = id,
							.valid_from = 1},
				&text, &err),
		 &err);
	CHECK_OK(pdg_root_parse(pdg_buf_bytes(&text), &k.root, &err), &err);
	CHECK_OK(pdg_merkle_leaf(pdg_bytes_str(body), &parts.root, &err), &err);
	CHECK_OK(pdg_checkpoint_sign("localhost", 1, &parts.root, log_key, &note, &err), &err);
	parts.log_id = id;
	parts.proof = &none;
	parts.checkpoint = pdg_buf_bytes(&note);
	parts.body = pdg_bytes_str(body);
	CHECK_OK(pdg_entry_make(&parts, &e, &err), &err);
	CHECK_RULE(verify(e, &k, &err), &err, "LOG-7");
	pdg_entry_free(PDG_TAKE(e));
	/* the same checkpoint under another origin, signed by the same key */
	parts.body = pdg_bytes_str(BODY);
	CHECK_OK(pdg_merkle_leaf(parts.body, &parts.root, &err), &err);
	pdg_buf_reset(&note);
	CHECK_OK(pdg_checkpoint_sign("other", 1, &parts.root, log_key, &note, &err), &err);
	parts.checkpoint = pdg_buf_bytes(&note);
	CHECK_OK(pdg_entry_make(&parts, &e, &err), &err);
	CHECK_RULE(verify(e, &k, &err), &err, "LOG-4");
	pdg_entry_free(PDG_TAKE(e));
	pdg_buf_reset(&note);
	CHECK_OK(pdg_checkpoint_sign("localhost", 1, &parts.root, log_key, &note, &err), &err);
	parts.checkpoint = pdg_buf_bytes(&note);
	CHECK_OK(pdg_entry_make(&parts, &e, &err), &err);
	CHECK_OK(verify(e, &k, &err), &err);
}

/* Every character of the answer changed, and every prefix of it: nothing but the answer verifies.
 */
static void damaged_answers(void)
{
	PDG_AUTO(known) struct known k = {0};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(8192);
	unsigned verified = 0;
	unsigned read = 0;
	size_t i;

	known_init(&k);
	answer_of(&real, &text);
	for (i = 0; i < text.n; i++) {
		PDG_AUTO(entry) struct pdg_entry *e = NULL;
		uint8_t was = text.p[i];

		CHECK(read_text(pdg_bytes(text.p, i), &e, NULL) < 0);
		/* A digit one off, a letter in the other case, a bit elsewhere. */
		text.p[i] = (was >= '0' && was <= '9') ? (uint8_t)(was ^ 1) : (uint8_t)(was ^ 0x20);
		if (read_text(pdg_buf_bytes(&text), &e, NULL) == 0) {
			read++;
			verified += verify(e, &k, NULL) == 0;
		}
		text.p[i] = was;
	}
	CHECK(read > 1000);
	/* Harmless are only the names of members that may be absent. */
	CHECK_UINT(verified, strlen("inclusionPromise") + strlen("integratedTime") +
				     strlen("hashes") + 2 * strlen("logIndex"));
}

PDG_TEST_MAIN("entry", {"a real entry", real_entry}, {"written and read", written_and_read},
	      {"other entries", other_entries}, {"malformed entries", malformed_entries},
	      {"limits", limits}, {"other signatures", other_signatures},
	      {"other spelling", other_spelling}, {"damaged answers", damaged_answers})
