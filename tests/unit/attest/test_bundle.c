/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles: what Sigstore's clients write is read, and what breaks their format is refused,
 * member by member (formats.md 7.1).
 */
#include "attest/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define TYPE	    PDG_BUNDLE_V03
#define TYPE_01	    "application/vnd.dev.sigstore.bundle+json;version=0.1"
#define TYPE_02	    "application/vnd.dev.sigstore.bundle+json;version=0.2"
#define KEY	    "\"publicKey\":{\"hint\":\"aGludA==\"}"
#define HASH	    "GgHJAOgCz4HQzAvsITIFSTPuE1yZZoQZz4g+ko+1+0A="
#define ENTRY	    ENTRY_AT("0")
#define ENTRY_AT(i) ENTRY_IN(i, i)
#define ENTRY_IN(i, leaf)                                                                          \
	"{\"logIndex\":\"" i "\",\"logId\":{\"keyId\":\"" HASH                                     \
	"\"},\"kindVersion\":{\"kind\":\"hashedrekord\","                                          \
	"\"version\":\"0.0.2\"},\"inclusionProof\":{\"logIndex\":\"" leaf                          \
	"\",\"rootHash\":\"" HASH "\","                                                            \
	"\"treeSize\":\"1\",\"hashes\":[],\"checkpoint\":{\"envelope\":\"note\"}},"                \
	"\"canonicalizedBody\":\"e30=\"}"
#define ENVELOPE                                                                                   \
	"\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\"," \
	"\"signatures\":[{\"sig\":\"AAEC\",\"keyid\":\"\"}]}"
#define MESSAGE                                                                                    \
	"\"messageSignature\":{\"messageDigest\":{\"algorithm\":\"SHA2_256\",\"digest\":\"" HASH   \
	"\"},"                                                                                     \
	"\"signature\":\"AAEC\"}"
#define BUNDLE(type, material, content)                                                            \
	"{\"mediaType\":\"" type "\",\"verificationMaterial\":{" material "}," content "}"
#define PLAIN(material, content) BUNDLE(TYPE, material, content)

static int parse(const char *text, struct pdg_bundle **out, struct pdg_error *err)
{
	return pdg_bundle_parse(pdg_bytes_str(text), out, err);
}

static void versions(void)
{
	static const struct {
		const char *text;
		enum pdg_bundle_version version;
		bool certificate;
	} cases[] = {
		{PLAIN(KEY, ENVELOPE), PDG_BUNDLE_0_3, false},
		{BUNDLE("application/vnd.dev.sigstore.bundle+json;version=0.3", KEY, ENVELOPE),
		 PDG_BUNDLE_0_3, false},
		{BUNDLE(TYPE_02, KEY, ENVELOPE), PDG_BUNDLE_0_2, false},
		{BUNDLE(TYPE_01,
			"\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AAEC\"}]}",
			MESSAGE),
		 PDG_BUNDLE_0_1, true},
		{PLAIN("\"certificate\":{\"rawBytes\":\"AAEC\"}", MESSAGE), PDG_BUNDLE_0_3, true},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		if (!CHECK_OK(parse(cases[i].text, &b, &err), &err))
			continue;
		CHECK_INT(b->version, cases[i].version);
		CHECK(b->has_certificate == cases[i].certificate);
		CHECK_STR(b->key_hint, cases[i].certificate ? NULL : "aGludA==");
	}
}

static void contents(void)
{
	PDG_AUTO(bundle) struct pdg_bundle *dsse = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *message = NULL;
	struct pdg_error err = {0};

	if (CHECK_OK(
		    parse(PLAIN(KEY ",\"tlogEntries\":[" ENTRY "," ENTRY_AT(
					"1") "],\"timestampVerificationData\":{"
					     "\"rfc3161Timestamps\":[{\"signedTimestamp\":\"AAEC\"}]}",
				ENVELOPE),
			  &dsse, &err),
		    &err)) {
		CHECK_UINT(dsse->n_entries, 2);
		CHECK_STR(dsse->entries[1]->kind, "hashedrekord");
		CHECK_BYTES_STR(pdg_buf_bytes(&dsse->envelope->payload), "{}");
		CHECK_UINT(dsse->message_sig.n, 0);
	}
	if (CHECK_OK(parse(PLAIN(KEY ",\"tlogEntries\":null,\"timestampVerificationData\":null",
				 MESSAGE ",\"dsseEnvelope\":null"),
			   &message, &err),
		     &err)) {
		CHECK_UINT(message->n_entries, 0);
		CHECK(message->envelope == NULL);
		CHECK_UINT(message->message_digest.n, 32);
		CHECK_BYTES(pdg_buf_bytes(&message->message_sig), pdg_bytes("\0\1\2", 3));
	}
}

/* The rule of hint and keyid: both set means both equal. */
static void hint_and_keyid(void)
{
	static const struct {
		const char *hint;
		const char *keyid;
		bool good;
	} cases[] = {
		{"{\"hint\":\"k\"}", "\"k\"", true},
		{"{\"hint\":\"k\"}", "\"\"", true},
		{"{\"hint\":\"k\"}", "null", true},
		{"{\"hint\":\"\"}", "\"k\"", true},
		{"{}", "\"k\"", true},
		{"{\"hint\":\"k\"}", "\"l\"", false},
		{"{\"hint\":\"k\"}", "\"K\"", false},
		{"{\"hint\":\"k\"}", "\"k \"", false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
		PDG_AUTO(mem) char *text = NULL;
		struct pdg_error err = {0};
		int rc;

		text = pdg_str_printf(
			PLAIN("\"publicKey\":%s",
			      "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":"
			      "\"application/vnd.in-toto+json\",\"signatures\":[{\"sig\":\"AAEC\","
			      "\"keyid\":%s}]}"),
			cases[i].hint, cases[i].keyid);
		rc = parse(text, &b, &err);
		pdg_test_case("%s", text);
		if (cases[i].good)
			CHECK_OK(rc, &err);
		else
			CHECK_RULE(rc, &err, "BND-5");
	}
}

static void refused(void)
{
#define SIGS(s)                                                                                    \
	"\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\"," \
	"\"signatures\":" s "}"
	static const struct {
		const char *rule;
		const char *text;
	} cases[] = {
		{"BND-1", ""},
		{"BND-1", PLAIN(KEY, ENVELOPE) "x"},
		{"BND-1", "{\"mediaType\":\"" TYPE "\"," ENVELOPE "}"},
		{"BND-1", "{\"verificationMaterial\":{" KEY "}," ENVELOPE "}"},
		{"BND-1", "{\"mediaType\":3,\"verificationMaterial\":{" KEY "}," ENVELOPE "}"},
		/* versions */
		{"BND-3", BUNDLE("application/vnd.dev.sigstore.bundle.v0.4+json", KEY, ENVELOPE)},
		{"BND-3",
		 BUNDLE("application/vnd.dev.sigstore.bundle+json;version=1.0", KEY, ENVELOPE)},
		{"BND-3", BUNDLE("application/vnd.dev.sigstore.bundle.v0.3+json;x", KEY, ENVELOPE)},
		{"BND-3", BUNDLE("", KEY, ENVELOPE)},
		/* members that are not there: the format is protojson by its camel-case names only
		 */
		{"BND-1", PLAIN(KEY, ENVELOPE ",\"x\":1")},
		{"BND-1", PLAIN(KEY ",\"x\":1", ENVELOPE)},
		{"BND-1",
		 "{\"media_type\":\"" TYPE "\",\"verificationMaterial\":{" KEY "}," ENVELOPE "}"},
		{"BND-1", PLAIN("\"public_key\":{\"hint\":\"k\"}", ENVELOPE)},
		{"BND-1", PLAIN("\"publicKey\":{\"hint\":\"k\",\"rawBytes\":\"AAEC\"}", ENVELOPE)},
		{"BND-1", PLAIN(KEY, SIGS("[{\"sig\":\"AAEC\",\"x\":1}]"))},
		{"BND-1",
		 PLAIN(KEY,
		       "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payload_type\":\"x\",\"signatures\":[]}")},
		{"BND-1", PLAIN(KEY ",\"tlogEntries\":[{\"logIndex\":\"0\",\"x\":1}]", ENVELOPE)},
		{"BND-1", PLAIN(KEY ",\"tlogEntries\":[{\"inclusionProof\":{\"tree_size\":\"1\"}}]",
				ENVELOPE)},
		{"BND-1",
		 PLAIN(KEY
		       ",\"tlogEntries\":[{\"inclusionProof\":{\"checkpoint\":{\"note\":\"\"}}}]",
		       ENVELOPE)},
		{"BND-1", PLAIN(KEY ",\"timestampVerificationData\":{\"x\":[]}", ENVELOPE)},
		{"BND-1",
		 PLAIN(KEY ",\"tlogEntries\":[" ENTRY "," ENTRY_AT("1") "," ENTRY "]", ENVELOPE)},
		/* Nobody signed the index of one without a promise: its leaf says which it is. */
		{"BND-1",
		 PLAIN(KEY ",\"tlogEntries\":[" ENTRY "," ENTRY_IN("7", "0") "]", ENVELOPE)},
		/* exactly one signer */
		{"BND-1", PLAIN("", ENVELOPE)},
		{"BND-1", PLAIN("\"publicKey\":null", ENVELOPE)},
		{"BND-1", PLAIN(KEY ",\"certificate\":{\"rawBytes\":\"AAEC\"}", ENVELOPE)},
		{"BND-1", PLAIN("\"publicKey\":\"k\"", ENVELOPE)},
		{"BND-1", PLAIN("\"publicKey\":{\"hint\":1}", ENVELOPE)},
		/* certificates */
		{"BND-1", PLAIN("\"certificate\":{}", ENVELOPE)},
		{"BND-1", PLAIN("\"certificate\":{\"rawBytes\":\"\"}", ENVELOPE)},
		{"BND-1", PLAIN("\"certificate\":{\"rawBytes\":\"A\"}", ENVELOPE)},
		{"BND-1",
		 PLAIN("\"x509CertificateChain\":{\"certificates\":[{\"rawBytes\":\"AAEC\"}]}",
		       MESSAGE)},
		{"BND-1",
		 BUNDLE(TYPE_01, "\"x509CertificateChain\":{\"certificates\":[]}", MESSAGE)},
		{"BND-1", BUNDLE(TYPE_01, "\"x509CertificateChain\":{}", MESSAGE)},
		{"BND-1", BUNDLE(TYPE_01, "\"x509CertificateChain\":{\"certificates\":[\"AAEC\"]}",
				 MESSAGE)},
		/* exactly one content */
		{"BND-1", "{\"mediaType\":\"" TYPE "\",\"verificationMaterial\":{" KEY "}}"},
		{"BND-1", PLAIN(KEY, ENVELOPE "," MESSAGE)},
		{"BND-1", PLAIN(KEY, "\"dsseEnvelope\":[]")},
		/* exactly one signature */
		{"BND-4", PLAIN(KEY, SIGS("[]"))},
		{"BND-4", PLAIN(KEY, SIGS("null"))},
		{"BND-4", PLAIN(KEY, SIGS("[{\"sig\":\"AAEC\"},{\"sig\":\"AAEC\"}]"))},
		{"ENV-1", PLAIN(KEY, SIGS("[{\"sig\":\"AAF=\"}]"))},
		{"ENV-1", PLAIN(KEY, SIGS("[\"AAEC\"]"))},
		{"ENV-1", PLAIN(KEY, "\"dsseEnvelope\":{\"signatures\":[{\"sig\":\"AAEC\"}]}")},
		{"ENV-4",
		 PLAIN(KEY, "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"text/plain\","
			    "\"signatures\":[{\"sig\":\"AAEC\"}]}")},
		/* messages */
		{"BND-1", PLAIN(KEY, "\"messageSignature\":{}")},
		{"BND-1", PLAIN(KEY, "\"messageSignature\":{\"signature\":\"\"}")},
		{"BND-1", PLAIN(KEY, "\"messageSignature\":{\"signature\":\"*\"}")},
		{"BND-1",
		 PLAIN(KEY, "\"messageSignature\":{\"signature\":\"AAEC\",\"messageDigest\":{"
			    "\"algorithm\":\"SHA2_256\",\"digest\":\"AAEC\"}}")},
		{"BND-1",
		 PLAIN(KEY, "\"messageSignature\":{\"signature\":\"AAEC\",\"messageDigest\":{"
			    "\"algorithm\":1,\"digest\":\"" HASH "\"}}")},
		{"BND-1",
		 PLAIN(KEY, "\"messageSignature\":{\"signature\":\"AAEC\",\"messageDigest\":{"
			    "\"digest\":\"" HASH "\"}}")},
		/* log entries: tlog/ has more of them */
		{"BND-1", PLAIN(KEY ",\"tlogEntries\":{}", ENVELOPE)},
		{"BND-1", PLAIN(KEY ",\"tlogEntries\":[7]", ENVELOPE)},
		{"LOG-6", PLAIN(KEY ",\"tlogEntries\":[{}]", ENVELOPE)},
		{"LOG-6", PLAIN(KEY ",\"tlogEntries\":[{\"logIndex\":\"-1\"}]", ENVELOPE)},
		/* timestamps */
		{"BND-1", PLAIN(KEY ",\"timestampVerificationData\":{\"rfc3161Timestamps\":[{}]}",
				ENVELOPE)},
		{"BND-1",
		 PLAIN(KEY ",\"timestampVerificationData\":{\"rfc3161Timestamps\":[\"AAEC\"]}",
		       ENVELOPE)},
		{"BND-1", PLAIN(KEY ",\"timestampVerificationData\":[]", ENVELOPE)},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].text);
		CHECK_RULE(parse(cases[i].text, &b, &err), &err, cases[i].rule);
		CHECK(b == NULL);
	}
}

/* A bundle with @n of @item in the list @list, each log entry another one, to be parsed. */
static int parse_many(const char *list, const char *item, size_t n, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	static const char zero[] = "{\"logIndex\":\"0\"";
	bool is_entry = strncmp(item, zero, strlen(zero)) == 0;
	size_t i;

	pdg_buf_printf(&text,
		       "{\"mediaType\":\"" TYPE "\"," ENVELOPE ",\"verificationMaterial\":{" KEY
		       ",%s[",
		       list);
	for (i = 0; i < n; i++) {
		pdg_buf_puts(&text, i ? "," : "");
		if (is_entry) {
			const char *rest = item + strlen(zero);
			const char *leaf = strstr(rest, zero);

			pdg_buf_printf(&text, "{\"logIndex\":\"%zu\"%.*s{\"logIndex\":\"%zu\"", i,
				       (int)(leaf - rest), rest, i);
			pdg_buf_puts(&text, leaf + strlen(zero));
			continue;
		}
		pdg_buf_puts(&text, item);
	}
	pdg_buf_puts(&text, strchr(list, '{') ? "]}}}" : "]}}");
	return pdg_bundle_parse(pdg_buf_bytes(&text), &b, err);
}

static void limits_are_kept(void)
{
	static const char times[] = "\"timestampVerificationData\":{\"rfc3161Timestamps\":";
	static const char token[] = "{\"signedTimestamp\":\"AAEC\"}";
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_BUNDLE);
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	struct pdg_error err = {0};

	CHECK_OK(parse_many("\"tlogEntries\":", ENTRY, PDG_LIMIT_TLOG_ENTRIES, &err), &err);
	CHECK_RULE(parse_many("\"tlogEntries\":", ENTRY, PDG_LIMIT_TLOG_ENTRIES + 1, &err), &err,
		   "BND-2");
	CHECK_OK(parse_many(times, token, PDG_LIMIT_TLOG_ENTRIES, &err), &err);
	CHECK_RULE(parse_many(times, token, PDG_LIMIT_TLOG_ENTRIES + 1, &err), &err, "BND-2");
	while (text.n <= PDG_LIMIT_BUNDLE)
		pdg_buf_puts(&text, "                                ");
	CHECK_RULE(pdg_bundle_parse(pdg_buf_bytes(&text), &b, &err), &err, "BND-2");
}

/* What we write is what we read, byte for byte as Sigstore's clients take it. */
static void written_and_read_again(void)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *with = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	struct pdg_error err = {0};
	struct pdg_bytes payload = pdg_bytes_str("{\"a\":1}");
	size_t which = 99;

	if (!CHECK_OK(parse(PLAIN(KEY ",\"tlogEntries\":[" ENTRY "]", ENVELOPE), &with, &err),
		      &err) ||
	    !CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err) ||
	    !CHECK_OK(pdg_envelope_sign(payload, key, &e, &err), &err))
		return;
	CHECK_OK(pdg_bundle_write(&(struct pdg_bundle_parts){.key = key,
							     .entry = with->entries[0],
							     .payload = payload,
							     .sig = pdg_buf_bytes(&e->sigs[0].sig)},
				  &out, &err),
		 &err);
	CHECK_HAS(pdg_buf_cstr(&out), "\"tlogEntries\":[" ENTRY "]");
	if (CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&out), &b, &err), &err)) {
		CHECK_INT(b->version, PDG_BUNDLE_0_3);
		CHECK_STR(b->key_hint, pdg_key_hint(key));
		/* cosign skips a signature whose keyid is not one of its own */
		CHECK_STR(b->envelope->sigs[0].keyid, "");
		CHECK_UINT(b->n_entries, 1);
		CHECK_STR(b->envelope->reference, e->reference);
		CHECK_OK(pdg_envelope_verify(b->envelope, key, &which, &err), &err);
	}

	pdg_bundle_free(PDG_TAKE(b));
	pdg_buf_reset(&out);
	CHECK_OK(pdg_bundle_write(&(struct pdg_bundle_parts){.key = key,
							     .payload = payload,
							     .sig = pdg_buf_bytes(&e->sigs[0].sig)},
				  &out, &err),
		 &err);
	CHECK(strstr(pdg_buf_cstr(&out), "tlogEntries") == NULL);
	if (CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&out), &b, &err), &err))
		CHECK_UINT(b->n_entries, 0);
}

PDG_TEST_MAIN("bundle", {"versions", versions}, {"contents", contents},
	      {"hint and keyid", hint_and_keyid}, {"refused", refused},
	      {"limits are kept", limits_are_kept},
	      {"written and read again", written_and_read_again})
