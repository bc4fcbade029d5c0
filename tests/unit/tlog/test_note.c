/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: the vectors of the formats, forms that are refused, and which signature lines count.
 */
#include "tlog/note.h"

#include <string.h>

#include "crypto/digest.h"
#include "support/check.h"
#include "unit/tlog/keys.h"
#include "unit/tlog/naive.h"
#include "util/limits.h"

#define DASH "\xe2\x80\x94 "
#define ROOT "YJ9uNtJAVYUYjVz9dh9AfHzEan0/MUyIJwRp3eMV/NE="
#define TEXT "log.example\n1\n" ROOT "\n"
#define SIG                                                                                        \
	DASH "log.example "                                                                        \
	     "slLQz/qd/Rsticl6Essqb9LWlMSOJglph7E4V+sPiq8h4u05ZnbA8uEskc+3CxTHnp/BelCbdKdQai22EsecfGQnrgU=\n"
#define COSIG                                                                                      \
	DASH "witness.example "                                                                    \
	     "eQqKDQAAAABlU/EAjVQURjzHaxHFYJoVN8mSjEx4c513u/2KEdVCI4PP7YGiPYWCE+z83Y/V0+bm0uJ67Xo8lo3tM/xUihLDWZGPDw==\n"
#define NOTE TEXT "\n" SIG

static int parse(const char *note, struct pdg_checkpoint **out, struct pdg_error *err)
{
	return pdg_checkpoint_parse(pdg_bytes_str(note), out, err);
}

static void vector_is_signed_and_read(void)
{
	PDG_AUTO(key) struct pdg_key *key = key_of_seed(0);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);
	struct pdg_error err = {0};
	struct pdg_hash32 root;
	char hex[PDG_SHA256_HEX];

	CHECK_OK(pdg_merkle_leaf(pdg_bytes_str("abc"), &root, &err), &err);
	CHECK_OK(pdg_checkpoint_sign("log.example", 1, &root, key, &out, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&out), NOTE);
	CHECK_UINT(out.n, 169);
	CHECK_OK(pdg_sha256_hex(pdg_buf_bytes(&out), hex, &err), &err);
	CHECK_STR(hex, "acd039021c120fdac6ae2f6d313f624f37e237837144847ebc0a688ebbbe7136");
	if (!CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&out), &c, &err), &err))
		return;
	CHECK_STR(c->origin, "log.example");
	CHECK_UINT(c->size, 1);
	CHECK(hash_same(&c->root, &root));
	CHECK_BYTES_STR(c->body, TEXT);
	CHECK_UINT(c->n_sigs, 1);
	CHECK_OK(pdg_checkpoint_verify(c, "log.example", key, &err), &err);
}

static void key_ids(void)
{
	static const struct {
		const char *spki;
		const char *name;
		const char *id;
	} t[] = {
		{"MCowBQYDK2VwAyEAREvJyNZGjX6B3DAIuD3BTg9rIwV00GY8Xg5FU+IFDUQ=", "rekor-local",
		 "d80b4420c7c6e98e35c8ad2d730453052dad8e13ab8ca188a43907160a7ae60d"},
		{"MCowBQYDK2VwAyEAeZz2djG7/acmX3whbysyqvIK2rxLqpEv09lG4H+S7Vg=",
		 "rekor.test.example",
		 "847e74d89cc51a2bf49bf3e8d882ed1cf88dd1529240bae40fd8c5fd83a8cbfe"},
		{"MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=",
		 "log2025-1.rekor.sigstore.dev",
		 "cf1199155bddd051268d1f16ac5c0c75c009f6fb5a63f4177f8e18d7051e3fa0"},
		{"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==",
		 "rekor.sigstore.dev - 2605736670972794746",
		 "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = key_of_spki(t[i].spki);
		uint8_t id[32];
		char hex[65];

		CHECK_OK(pdg_note_key_id(t[i].name, key, id, &err), &err);
		pdg_hex(pdg_bytes(id, 32), hex);
		CHECK_STR(hex, t[i].id);
	}
}

/* The checkpoint of formats.md 5.3, as a real rekor-tiles server signed it. */
static void real_checkpoint(void)
{
	static const char note[] =
		"rekor.test.example\n1\nGgHJAOgCz4HQzAvsITIFSTPuE1yZZoQZz4g+ko+1+0A=\n\n" DASH
		"rekor.test.example "
		"hH502NlvOUswwdErx3VyiAkxspNU/5yO3VaPbVxADVojEfeW1lLTNJ8jjezG4eHQ8pnICxFb4i06riOFEjTWbKbhFw4=\n";
	PDG_AUTO(key)
	struct pdg_key *key =
		key_of_spki("MCowBQYDK2VwAyEAeZz2djG7/acmX3whbysyqvIK2rxLqpEv09lG4H+S7Vg=");
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(parse(note, &c, &err), &err))
		return;
	CHECK_OK(pdg_checkpoint_verify(c, "rekor.test.example", key, &err), &err);
	CHECK_RULE(pdg_checkpoint_verify(c, "rekor.test.exampl", key, &err), &err, "LOG-4");
	CHECK_RULE(pdg_checkpoint_verify(c, "rekor-local", key, &err), &err, "LOG-4");
}

static void lines_that_count(void)
{
	static const struct {
		const char *note;
		const char *rule; /* NULL: verifies */
	} t[] = {
		{NOTE, NULL},
		{TEXT "\n" COSIG SIG, NULL},
		{TEXT "\n" SIG COSIG, NULL},
		{TEXT "\n" SIG SIG, NULL},
		/* the log's name with another key's id, and the log's id under another name */
		{TEXT "\n" DASH "log.example AAAAAAAA\n" SIG, NULL},
		{TEXT "\n" DASH "log.exampl slLQzwAA\n" SIG, NULL},
		{TEXT "\n" COSIG, "LOG-4"},
		{TEXT "\n" DASH "log.example AAAAAAAA\n", "LOG-4"},
		{TEXT
		 "\n" DASH "other "
		 "slLQz/qd/Rsticl6Essqb9LWlMSOJglph7E4V+sPiq8h4u05ZnbA8uEskc+3CxTHnp/BelCbdKdQai22EsecfGQnrgU=\n",
		 "LOG-4"},
		/* one good line does not excuse a bad one of the same key */
		{TEXT "\n" SIG DASH "log.example slLQzwAA\n", "LOG-5"},
		{TEXT "\n" DASH "log.example slLQzwAA\n" SIG, "LOG-5"},
		{"log.example\n2\n" ROOT "\n\n" SIG, "LOG-5"},
		{TEXT "extension\n\n" SIG, "LOG-5"},
		{"log.exampl\n1\n" ROOT "\n\n" SIG, "LOG-5"},
	};
	PDG_AUTO(key) struct pdg_key *key = key_of_seed(0);
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
		int rc;

		pdg_test_case("case %zu", i);
		if (!CHECK_OK(parse(t[i].note, &c, &err), &err))
			continue;
		rc = pdg_checkpoint_verify(c, "log.example", key, &err);
		if (t[i].rule)
			CHECK_RULE(rc, &err, t[i].rule);
		else
			CHECK_OK(rc, &err);
	}
	pdg_test_case(NULL);
}

static void forms_that_are_refused(void)
{
	static const char *const bad[] = {
		"",
		"\n",
		"\n\n",
		TEXT,
		TEXT "\n",
		TEXT "\n\n",
		TEXT "\n\n" SIG,		   /* two empty lines: the text ends with one */
		"\n1\n" ROOT "\n\n" SIG,	   /* no origin */
		"log.example\n\n" ROOT "\n\n" SIG, /* no size */
		"log.example\n01\n" ROOT "\n\n" SIG,
		"log.example\n+1\n" ROOT "\n\n" SIG,
		"log.example\n-1\n" ROOT "\n\n" SIG,
		"log.example\n1 \n" ROOT "\n\n" SIG,
		"log.example\n0x1\n" ROOT "\n\n" SIG,
		"log.example\n18446744073709551616\n" ROOT "\n\n" SIG,
		"log.example\n9223372036854775808\n" ROOT "\n\n" SIG, /* no tree is that large */
		"log.example\n1\n\n" SIG,			      /* no root */
		"log.example\n1\nAAAA\n\n" SIG,
		"log.example\n1\nYJ9uNtJAVYUYjVz9dh9AfHzEan0/MUyIJwRp3eMV/NE\n\n" SIG,
		"log.example\n1\nYJ9uNtJAVYUYjVz9dh9AfHzEan0_MUyIJwRp3eMV_NE=\n\n" SIG,
		"log.example\n1\n" ROOT " \n\n" SIG,
		TEXT "a\n\nb\n\n" SIG, /* an empty line in the text */
		TEXT "\n"
		     "- log.example slLQzwAA\n",
		TEXT "\n" DASH "log.example\n",
		TEXT "\n" DASH " slLQzwAA\n",
		TEXT "\n" DASH "log.example \n",
		TEXT "\n" DASH "log.example slLQzw==\n", /* a key id and no signature */
		TEXT "\n" DASH "log.example slLQzwA\n",
		TEXT "\n" DASH "log.example slLQzwAA \n",
		TEXT "\n" DASH "log.example  slLQzwAA\n",
		TEXT "\n" DASH "log+example slLQzwAA\n",
		TEXT "\n" DASH "log\xc2\xa0"
		     "example slLQzwAA\n",
		TEXT "\n" SIG "x",
		TEXT "\n" SIG "x\n",
		TEXT "\n" DASH "log.example slLQzwAA", /* no newline at the end */
		"log.exam\tple\n1\n" ROOT "\n\n" SIG,
		"log.example\r\n1\r\n" ROOT "\r\n\r\n" SIG,
		"log.ex\xff"
		"ample\n1\n" ROOT "\n\n" SIG,
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pdg_checkpoint *c = NULL;

		pdg_test_case("case %zu", i);
		CHECK_RULE(parse(bad[i], &c, &err), &err, "LOG-3");
		CHECK(c == NULL);
		pdg_checkpoint_free(c);
	}
	pdg_test_case(NULL);
}

static void forms_that_are_read(void)
{
	static const char *const good[] = {
		"log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n" SIG,
		"log.example\n9223372036854775807\n" ROOT "\n\n" SIG,
		"an origin with spaces - 1\n1\n" ROOT "\n\n" SIG,
		TEXT "Timestamp: 1679349379\n\n" SIG,
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;

		CHECK_OK(parse(good[i], &c, &err), &err);
	}
}

/* Everything cut off the note, and every flipped bit, is refused by one of the two steps. */
static void damaged_notes(void)
{
	PDG_AUTO(key) struct pdg_key *key = key_of_seed(0);
	char note[sizeof(NOTE)];
	size_t n = sizeof(NOTE) - 1;
	unsigned accepted = 0;
	size_t i;

	memcpy(note, NOTE, sizeof(note));
	for (i = 0; i < 8 * n; i++) {
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;

		note[i / 8] = (char)(note[i / 8] ^ (1 << (i % 8)));
		accepted += pdg_checkpoint_parse(pdg_bytes(note, n), &c, NULL) == 0 &&
			    pdg_checkpoint_verify(c, "log.example", key, NULL) == 0;
		note[i / 8] = NOTE[i / 8];
	}
	for (i = 0; i < n; i++) {
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;

		accepted += pdg_checkpoint_parse(pdg_bytes(note, i), &c, NULL) == 0 &&
			    pdg_checkpoint_verify(c, "log.example", key, NULL) == 0;
	}
	CHECK_UINT(accepted, 0);
}

static void limits(void)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_checkpoint *none = NULL;
	struct pdg_error err = {0};
	size_t i;

	pdg_buf_puts(&note, TEXT "\n");
	for (i = 0; i < PDG_LIMIT_NOTE_SIGNATURES; i++)
		pdg_buf_puts(&note, SIG);
	CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, &err), &err);
	pdg_buf_puts(&note, SIG);
	CHECK_RULE(pdg_checkpoint_parse(pdg_buf_bytes(&note), &none, &err), &err, "LOG-15");
	pdg_buf_reset(&note);
	for (i = 0; i < PDG_LIMIT_CHECKPOINT; i++)
		pdg_buf_putc(&note, 'a');
	pdg_buf_puts(&note, "\n1\n" ROOT "\n\n" SIG);
	CHECK_RULE(pdg_checkpoint_parse(pdg_buf_bytes(&note), &none, &err), &err, "LOG-15");
}

static void every_key_type_signs(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ED25519, PDG_KEY_ECDSA_P256};
	struct pdg_hash32 root = naive_leaf(1);
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = key_new(types[i]);
		PDG_AUTO(key) struct pdg_key *other = key_new(types[i]);
		PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);

		CHECK_OK(pdg_checkpoint_sign("a", 5, &root, key, &out, &err), &err);
		CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&out), &c, &err), &err);
		CHECK_OK(pdg_checkpoint_verify(c, "a", key, &err), &err);
		CHECK_RULE(pdg_checkpoint_verify(c, "a", other, &err), &err, "LOG-4");
	}
}

static void origins_that_cannot_sign(void)
{
	static const char *const bad[] = {"",
					  "a b",
					  "a+b",
					  "a\nb",
					  "a\x01"
					  "b",
					  "a\xff"
					  "b"};
	PDG_AUTO(key) struct pdg_key *key = key_of_seed(0);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);
	struct pdg_hash32 root = naive_leaf(1);
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_CODE(pdg_checkpoint_sign(bad[i], 1, &root, key, &out, &err), &err,
			   PDG_E_USAGE);
		CHECK_UINT(out.n, 0);
	}
}

PDG_TEST_MAIN("note", {"vector is signed and read", vector_is_signed_and_read},
	      {"key ids", key_ids}, {"a real checkpoint", real_checkpoint},
	      {"lines that count", lines_that_count},
	      {"forms that are refused", forms_that_are_refused},
	      {"forms that are read", forms_that_are_read}, {"damaged notes", damaged_notes},
	      {"limits", limits}, {"every key type signs", every_key_type_signs},
	      {"origins that cannot sign", origins_that_cannot_sign})
