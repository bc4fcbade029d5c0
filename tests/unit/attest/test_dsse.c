/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes: the PAE of the DSSE specification, and what must be refused before anything in
 * a payload is believed (attacks.md 34 to 44, the envelope's part).
 */
#include "attest/dsse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "support/check.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"

#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""
#define SIG  "\"signatures\":[{\"sig\":\"AAEC\"}]"

/* Ed25519 with the seed 00 01 … 1f: its SPKI, and its signature over PAE(in-toto, "{}"). */
static const char seed_spki[] = "MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";
static const char seed_sig[] =
	"dWG98CPWh3lAzt/mxzJ7Nc6Avgf2tjap4msM5gNmMV9Lpu+TWkZMk3lP/u6Su450zcqkLQw21MTZ"
	"fwU07XgjCw==";
static const char seed_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			       "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
			       "-----END PRIVATE KEY-----\n";

static struct pdg_key *seed_key(void)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(128);
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;

	CHECK_OK(pdg_unbase64(pdg_bytes_str(seed_spki), PDG_BASE64_STD, &der, &err), &err);
	CHECK_OK(pdg_key_public_der(pdg_buf_bytes(&der), &key, &err), &err);
	return key;
}

static struct pdg_key *new_key(enum pdg_key_type type)
{
	struct pdg_error err = {0};
	struct pdg_key *key = NULL;

	CHECK_OK(pdg_key_generate(type, &key, &err), &err);
	return key;
}

static int parse(const char *text, struct pdg_envelope **out, struct pdg_error *err)
{
	return pdg_envelope_parse(pdg_bytes_str(text), out, err);
}

static void pae_vectors(void)
{
	static const struct {
		const char *type;
		const char *body;
		const char *pae;
		const char *sha256;
	} cases[] = {
		{"application/vnd.in-toto+json", "{}",
		 "DSSEv1 28 application/vnd.in-toto+json 2 {}",
		 "4842cb1ba6fed6e460d8a0d56f6b64ccf1f1e11f7714a7f282080d5780251b63"},
		/* the specification's own */
		{"http://example.com/HelloWorld", "hello world",
		 "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
		 "217751fac2c4f14edb2c9297fbc34abcb016ba88e74757e875ec4ac16fb6b6a1"},
		/* bytes are counted, not characters */
		{"t\xc3\xa9", "\xc3\xa9", "DSSEv1 3 t\xc3\xa9 2 \xc3\xa9", NULL},
		{"", "", "DSSEv1 0  0 ", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(256);
		char hex[PDG_SHA256_HEX];
		struct pdg_error err = {0};

		pdg_pae(pdg_bytes_str(cases[i].type), pdg_bytes_str(cases[i].body), &pae);
		CHECK_BYTES_STR(pdg_buf_bytes(&pae), cases[i].pae);
		if (cases[i].sha256 &&
		    CHECK_OK(pdg_sha256_hex(pdg_buf_bytes(&pae), hex, &err), &err))
			CHECK_STR(hex, cases[i].sha256);
	}
}

static void ed25519_vector(void)
{
	PDG_AUTO(key) struct pdg_key *key = seed_key();
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	char text[512];
	size_t which = 99;

	(void)snprintf(text, sizeof(text),
		       "{\"payload\":\"e30=\"," TYPE
		       ",\"signatures\":[{\"sig\":\"%s\",\"keyid\":\"x\"}]}",
		       seed_sig);
	if (!CHECK_OK(parse(text, &e, &err), &err))
		return;
	CHECK_BYTES_STR(pdg_buf_bytes(&e->payload), "{}");
	CHECK_STR(e->sigs[0].keyid, "x");
	CHECK_STR(e->reference,
		  "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
	CHECK_OK(pdg_envelope_verify(e, key, &which, &err), &err);
	CHECK_UINT(which, 0);
}

/* Ed25519 signatures are a function of key and message: ours is the vector's. */
static void signing_gives_the_vector(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1024);
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(1024);
	struct pdg_error err = {0};
	char *dir = pdg_test_dir();
	char *path = pdg_test_path(dir, "key.pem");

	CHECK_OK(pdg_fs_create(path, pdg_bytes_str(seed_pem), 0600, &err), &err);
	if (CHECK_OK(pdg_key_private_file(path, &key, &err), &err) &&
	    CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), key, &e, &err), &err) &&
	    CHECK_OK(pdg_envelope_write(e, &out, &err), &err)) {
		pdg_buf_printf(&want,
			       "{\"payload\":\"e30=\"," TYPE
			       ",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"%s\"}]}",
			       pdg_key_hint(key), seed_sig);
		CHECK_BYTES(pdg_buf_bytes(&out), pdg_buf_bytes(&want));
	}
	free(path);
	pdg_test_dir_remove(dir);
}

static void written_and_read_again(void)
{
	static const enum pdg_key_type types[] = {PDG_KEY_ECDSA_P256, PDG_KEY_ED25519};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		PDG_AUTO(key) struct pdg_key *key = new_key(types[i]);
		PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
		PDG_AUTO(envelope) struct pdg_envelope *again = NULL;
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
		PDG_AUTO(buf) struct pdg_buf out2 = PDG_BUF_INIT(4096);
		struct pdg_error err = {0};
		size_t which = 99;

		if (!CHECK_OK(
			    pdg_envelope_sign(pdg_bytes_str("{\"a\":\"\xc3\xa9\"}"), key, &e, &err),
			    &err) ||
		    !CHECK_OK(pdg_envelope_write(e, &out, &err), &err) ||
		    !CHECK_OK(pdg_envelope_parse(pdg_buf_bytes(&out), &again, &err), &err))
			continue;
		CHECK_STR(again->reference, e->reference);
		CHECK_BYTES(pdg_buf_bytes(&again->pae), pdg_buf_bytes(&e->pae));
		CHECK_OK(pdg_envelope_verify(again, key, &which, &err), &err);
		CHECK_OK(pdg_envelope_write(again, &out2, &err), &err);
		CHECK_BYTES(pdg_buf_bytes(&out2), pdg_buf_bytes(&out));
	}
}

static void forms_that_are_read(void)
{
	static const struct {
		const char *text;
		const char *payload;
		const char *keyid;
	} cases[] = {
		{"{\"payload\":\"e30=\"," TYPE "," SIG "}", "{}", ""},
		{"{\"payload\":\"e30\"," TYPE "," SIG "}", "{}", ""}, /* unpadded */
		{"{\"payload\":\"8J-YgA==\"," TYPE "," SIG "}", "\xf0\x9f\x98\x80",
		 ""}, /* URL-safe */
		{"{\"payload\":\"8J+YgA==\"," TYPE "," SIG "}", "\xf0\x9f\x98\x80", ""},
		{"{\"payload\":\"\"," TYPE "," SIG "}", "", ""},
		{"{\"payload\":\"e30=\"," TYPE
		 ",\"signatures\":[{\"sig\":\"AA==\",\"keyid\":\"k\"}]}",
		 "{}", "k"},
		{"{\"payload\":\"e30=\"," TYPE
		 ",\"signatures\":[{\"sig\":\"AA==\",\"keyid\":null}]}",
		 "{}", ""},
		/* unknown members are ignored (envelope.md) */
		{"{\"x\":1,\"payload\":\"e30=\"," TYPE
		 ",\"signatures\":[{\"sig\":\"AA==\",\"y\":[]}]}",
		 "{}", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		if (!CHECK_OK(parse(cases[i].text, &e, &err), &err))
			continue;
		CHECK_BYTES_STR(pdg_buf_bytes(&e->payload), cases[i].payload);
		CHECK_STR(e->sigs[0].keyid, cases[i].keyid);
	}
}

static void forms_that_are_refused(void)
{
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		/* T37: what is no single JSON object */
		{"ENV-1", ""},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE "," SIG},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE "," SIG "} x"},
		{"ENV-1", "\xef\xbb\xbf{\"payload\":\"e30=\"," TYPE "," SIG "}"},
		{"ENV-1", "[{\"payload\":\"e30=\"," TYPE "," SIG "}]"},
		/* T36: duplicate members */
		{"ENV-1", "{\"payload\":\"e30=\",\"payload\":\"e30=\"," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE "," SIG "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE
			  ",\"signatures\":[{\"sig\":\"AA==\",\"sig\":\"AA==\"}]}"},
		/* members */
		{"ENV-1", "{" TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e30=\"," SIG "}"},
		{"ENV-1", "{\"payload\":null," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":{}," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":{}}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[\"AA==\"]}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{}]}"},
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"\"}]}"},
		{"ENV-1",
		 "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AA==\",\"keyid\":1}]}"},
		{"ENV-1",
		 "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AA==\"},{\"sig\":7}]}"},
		/* T41: base64 */
		{"ENV-1", "{\"payload\":\"e3 0=\"," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e30=\\n\"," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"e31=\"," TYPE "," SIG "}"}, /* spare bits */
		{"ENV-1", "{\"payload\":\"e\"," TYPE "," SIG "}"},
		{"ENV-1", "{\"payload\":\"+_8=\"," TYPE "," SIG "}"}, /* both alphabets */
		{"ENV-1", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AB==\"}]}"},
		/* T42: no signature */
		{"ENV-3", "{\"payload\":\"e30=\"," TYPE "}"},
		{"ENV-3", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[]}"},
		{"ENV-3", "{\"payload\":\"e30=\"," TYPE ",\"signatures\":null}"},
		/* T34, T35: another payload type, by a letter or wholly */
		{"ENV-4",
		 "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+JSON\"," SIG "}"},
		{"ENV-4",
		 "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto.x+json\"," SIG
		 "}"},
		{"ENV-4",
		 "{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json \"," SIG
		 "}"},
		{"ENV-4", "{\"payload\":\"e30=\",\"payloadType\":\"\"," SIG "}"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(parse(cases[i].text, &e, &err), &err, cases[i].rule);
		CHECK(e == NULL);
	}
}

/* T38, T44: counts and sizes are looked at before any work. */
static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_ENVELOPE);
	PDG_AUTO(key) struct pdg_key *key = new_key(PDG_KEY_ED25519);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	size_t i;

	pdg_buf_puts(&text, "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"AA==\"}");
	for (i = 1; i < PDG_LIMIT_SIGNATURES; i++)
		pdg_buf_puts(&text, ",{\"sig\":\"AA==\"}");
	i = text.n;
	pdg_buf_puts(&text, "]}");
	if (CHECK_OK(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err))
		CHECK_UINT(e->n_sigs, PDG_LIMIT_SIGNATURES);
	pdg_envelope_free(PDG_TAKE(e));
	text.n = i;
	pdg_buf_puts(&text, ",{\"sig\":\"AA==\"}]}");
	CHECK_RULE(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err, "ENV-2");

	/* a signature larger than its own */
	pdg_buf_reset(&text);
	pdg_buf_puts(&text, "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"");
	for (i = 0; i < PDG_LIMIT_SIGNATURE / 3 * 4 + 8; i++)
		pdg_buf_putc(&text, 'A');
	pdg_buf_puts(&text, "\"}]}");
	CHECK_RULE(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err, "ENV-2");

	/* the whole text; and a payload that would not fit in one */
	pdg_buf_reset(&text);
	while (text.n <= PDG_LIMIT_ENVELOPE)
		pdg_buf_putc(&text, ' ');
	CHECK_RULE(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err, "ENV-2");
	CHECK_RULE(pdg_envelope_sign(pdg_bytes_head(pdg_buf_bytes(&text), PDG_LIMIT_PAYLOAD + 1),
				     key, &e, &err),
		   &err, "ENV-2");
	CHECK(e == NULL);
}

static void depth_is_bounded(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_ENVELOPE);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	size_t i;

	pdg_buf_puts(&text, "{\"x\":");
	for (i = 0; i < 1000000; i++)
		pdg_buf_putc(&text, '[');
	CHECK_RULE(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err, "ENV-2");
}

/* Which signature is found does not hang on what its keyid says. */
static void keyid_decides_nothing(void)
{
	PDG_AUTO(key) struct pdg_key *a = new_key(PDG_KEY_ED25519);
	PDG_AUTO(key) struct pdg_key *b = new_key(PDG_KEY_ECDSA_P256);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *lie = NULL;
	PDG_AUTO(buf) struct pdg_buf sig_b = PDG_BUF_INIT(256);
	struct pdg_error err = {0};
	size_t which = 99;

	if (!CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), a, &e, &err), &err))
		return;
	CHECK_RULE(pdg_envelope_verify(e, b, &which, &err), &err, "ENV-5");
	CHECK_UINT(which, 99);

	/* T42: b's signature under a's keyid, behind a's own, and under none */
	CHECK_OK(pdg_key_sign(b, pdg_buf_bytes(&e->pae), &sig_b, &err), &err);
	CHECK_OK(pdg_envelope_add(e, pdg_key_hint(a), pdg_buf_bytes(&sig_b), &err), &err);
	CHECK_UINT(e->n_sigs, 2);
	CHECK_OK(pdg_envelope_verify(e, a, &which, &err), &err);
	CHECK_UINT(which, 0);
	CHECK_OK(pdg_envelope_verify(e, b, &which, &err), &err);
	CHECK_UINT(which, 1);
	CHECK_OK(pdg_envelope_add(e, "", pdg_buf_bytes(&sig_b), &err), &err);
	CHECK_OK(pdg_envelope_add(e, pdg_key_hint(b), pdg_buf_bytes(&sig_b), &err), &err);
	CHECK_UINT(e->n_sigs, 4);
	CHECK_OK(pdg_envelope_verify(e, b, &which, &err), &err);
	CHECK_UINT(which, 3); /* the one with its own hint is tried first */

	/* a keyid alone is no signature */
	if (CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), a, &lie, &err), &err)) {
		free(lie->sigs[0].keyid);
		lie->sigs[0].keyid = pdg_bytes_dup(pdg_bytes_str(pdg_key_hint(b)));
		CHECK_RULE(pdg_envelope_verify(lie, b, &which, &err), &err, "ENV-5");
		CHECK_OK(pdg_envelope_verify(lie, a, &which, &err), &err);
	}
}

static void adding_a_signature(void)
{
	PDG_AUTO(key) struct pdg_key *a = new_key(PDG_KEY_ED25519);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf large = PDG_BUF_INIT(2 * PDG_LIMIT_SIGNATURE);
	char reference[PDG_REFERENCE_LEN];
	struct pdg_error err = {0};
	size_t i;

	if (!CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), a, &e, &err), &err))
		return;
	memcpy(reference, e->reference, sizeof(reference));
	/* the same once more changes nothing */
	CHECK_OK(pdg_envelope_add(e, pdg_key_hint(a), pdg_buf_bytes(&e->sigs[0].sig), &err), &err);
	CHECK_UINT(e->n_sigs, 1);
	for (i = 1; i < PDG_LIMIT_SIGNATURES; i++) {
		uint8_t byte = (uint8_t)i;

		CHECK_OK(pdg_envelope_add(e, "x", pdg_bytes(&byte, 1), &err), &err);
	}
	CHECK_STR(e->reference, reference);
	CHECK_RULE(pdg_envelope_add(e, "y", pdg_bytes_str("z"), &err), &err, "ENV-2");
	CHECK_UINT(e->n_sigs, PDG_LIMIT_SIGNATURES);

	e->n_sigs--;
	pdg_buf_done(&e->sigs[e->n_sigs].sig);
	free(PDG_TAKE(e->sigs[e->n_sigs].keyid));
	for (i = 0; i <= PDG_LIMIT_SIGNATURE; i++)
		pdg_buf_putc(&large, 's');
	CHECK_RULE(pdg_envelope_add(e, "y", pdg_buf_bytes(&large), &err), &err, "ENV-2");
	CHECK_UINT(e->n_sigs, PDG_LIMIT_SIGNATURES - 1);
}

/* Sign once; then no other bit of payload or signature may verify. */
static void every_bit_counts(enum pdg_key_type type)
{
	PDG_AUTO(key) struct pdg_key *key = new_key(type);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	struct pdg_buf *parts[2];
	size_t which = 99;
	size_t p;
	size_t i;

	if (!CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{\"n\":1}"), key, &e, &err), &err))
		return;
	parts[0] = &e->pae;
	parts[1] = &e->sigs[0].sig;
	for (p = 0; p < 2; p++) {
		for (i = 0; i < 8 * parts[p]->n; i++) {
			parts[p]->p[i / 8] ^= (uint8_t)(1U << i % 8);
			pdg_test_case("part %zu, bit %zu", p, i);
			CHECK_RULE(pdg_envelope_verify(e, key, &which, &err), &err, "ENV-5");
			parts[p]->p[i / 8] ^= (uint8_t)(1U << i % 8);
		}
		for (i = parts[p]->n; i-- > 0;) {
			size_t n = parts[p]->n;

			parts[p]->n = i;
			CHECK_RULE(pdg_envelope_verify(e, key, &which, &err), &err, "ENV-5");
			parts[p]->n = n;
		}
	}
	CHECK_OK(pdg_envelope_verify(e, key, &which, &err), &err);
}

static void every_bit_counts_ed25519(void)
{
	every_bit_counts(PDG_KEY_ED25519);
}

static void every_bit_counts_p256(void)
{
	every_bit_counts(PDG_KEY_ECDSA_P256);
}

/* T34: a signature over the payload itself, without PAE. */
static void signature_without_pae(void)
{
	PDG_AUTO(key) struct pdg_key *key = new_key(PDG_KEY_ED25519);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(256);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
	struct pdg_error err = {0};
	size_t which = 99;

	CHECK_OK(pdg_key_sign(key, pdg_bytes_str("{}"), &sig, &err), &err);
	pdg_buf_puts(&text, "{\"payload\":\"e30=\"," TYPE ",\"signatures\":[{\"sig\":\"");
	pdg_base64(pdg_buf_bytes(&sig), &text);
	pdg_buf_puts(&text, "\"}]}");
	if (CHECK_OK(pdg_envelope_parse(pdg_buf_bytes(&text), &e, &err), &err))
		CHECK_RULE(pdg_envelope_verify(e, key, &which, &err), &err, "ENV-5");
}

static void a_public_key_cannot_sign(void)
{
	PDG_AUTO(key) struct pdg_key *key = seed_key();
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_envelope_sign(pdg_bytes_str("{}"), key, &e, &err), &err, PDG_E_USAGE);
	CHECK(e == NULL);
}

static void references(void)
{
#define HEX64 "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
	char out[PDG_REFERENCE_LEN];
	struct pdg_error err = {0};

	if (CHECK_OK(pdg_reference(pdg_bytes_str("{}"), out, &err), &err))
		CHECK_STR(out, "sha256:" HEX64);
	CHECK(pdg_is_reference("sha256:" HEX64));
	CHECK(!pdg_is_reference(NULL));
	CHECK(!pdg_is_reference(""));
	CHECK(!pdg_is_reference("sha256:"));
	CHECK(!pdg_is_reference(HEX64));
	CHECK(!pdg_is_reference("SHA256:" HEX64));
	CHECK(!pdg_is_reference("sha256:" HEX64 "0"));
	CHECK(!pdg_is_reference("sha256:" HEX64 "\n"));
	CHECK(!pdg_is_reference(
		"sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"));
}

PDG_TEST_MAIN("dsse", {"PAE vectors", pae_vectors}, {"Ed25519 vector", ed25519_vector},
	      {"signing gives the vector", signing_gives_the_vector},
	      {"written and read again", written_and_read_again},
	      {"forms that are read", forms_that_are_read},
	      {"forms that are refused", forms_that_are_refused},
	      {"limits are kept", limits_are_kept}, {"depth is bounded", depth_is_bounded},
	      {"keyid decides nothing", keyid_decides_nothing},
	      {"adding a signature", adding_a_signature},
	      {"every bit counts (Ed25519)", every_bit_counts_ed25519},
	      {"every bit counts (P-256)", every_bit_counts_p256},
	      {"signature without PAE", signature_without_pae},
	      {"a public key cannot sign", a_public_key_cannot_sign}, {"references", references})
