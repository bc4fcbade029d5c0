/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CMS signatures: what gitsign, smimesign, gpgsm and OpenSSL write is read and verifies; every
 * other way of writing the same is refused by its rule (attacks.md T8, T10, CVE-2026-44309,
 * -44310).
 */
#include "crypto/cms.h"

#include <openssl/cms.h>
#include <openssl/evp.h>

#include "support/check.h"
#include "support/cms_made.h"

#define MSG  "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nmessage\n"
#define FROM INT64_C(1700000000)

/* A root, and whoever signs below it. */
struct place {
	struct pki_cert root;
	struct pki_cert leaf;
};

static struct place place_make(const char *key)
{
	struct place p;
	const struct pki_ask root = {.name = "Root",
				     .from = FROM,
				     .until = FROM + 1000000,
				     .constraints = "critical,CA:TRUE",
				     .usage = "critical,keyCertSign"};
	struct pki_ask leaf = {.name = "Alice",
			       .key = key,
			       .from = FROM,
			       .until = FROM + 1000000,
			       .usage = "critical,digitalSignature",
			       .extended = "emailProtection",
			       .san = "email:alice@example.com"};

	p.root = pki_make(&root);
	leaf.issuer = &p.root;
	p.leaf = pki_make(&leaf);
	return p;
}

static void place_done(struct place *p)
{
	pki_done(&p->leaf);
	pki_done(&p->root);
}

/* Read and check the signature of @armor over MSG. */
static int judge(struct pdg_bytes armor, struct pdg_error *err)
{
	PDG_AUTO(cms) struct pdg_cms *cms = NULL;
	int rc = pdg_cms_parse(armor, &cms, err);

	if (rc < 0) {
		CHECK(cms == NULL);
		return rc;
	}
	return pdg_cms_verify(cms, pdg_bytes_str(MSG), err);
}

static int judge_ask(const struct cms_ask *ask, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);
	struct cms_made made;
	int rc;

	cms_made_init(&made);
	cms_make(ask, pdg_bytes_str(MSG), &made);
	cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
	rc = judge(pdg_buf_bytes(&armor), err);
	cms_made_done(&made);
	return rc;
}

/* Does OpenSSL, too, find the signature right? Our judge stands beside a judge that we did not
 * write. */
static bool openssl_agrees(const struct cms_ask *ask)
{
	struct cms_made made;
	const unsigned char *p;
	CMS_ContentInfo *cms;
	BIO *data = BIO_new_mem_buf(MSG, (int)strlen(MSG));
	bool good;

	cms_made_init(&made);
	cms_make(ask, pdg_bytes_str(MSG), &made);
	p = made.der.p;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)made.der.n);
	good = cms &&
	       CMS_verify(cms, NULL, NULL, data, NULL, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
	CMS_ContentInfo_free(cms);
	BIO_free(data);
	cms_made_done(&made);
	return good;
}

static void every_maker_is_read(void)
{
	static const struct {
		const char *what;
		const char *key;
		const char *digest;
		bool gpgsm, with_null, sha_rsa, go_rsa;
	} cases[] = {
		{"gitsign", "P-256", "SHA256", false, false, false, false},
		{"smimesign, P-384", "P-384", "SHA384", false, false, false, false},
		{"smimesign, P-521", "P-521", "SHA512", false, false, false, false},
		{"P-384 with SHA-256", "P-384", "SHA256", false, false, false, false},
		{"smimesign, RSA", "RSA", "SHA256", false, false, false, true},
		{"openssl cms, RSA", "RSA", "SHA256", false, false, false, false},
		{"openssl cms -md sha512", "RSA", "SHA512", false, false, false, false},
		{"RFC 5754", "RSA", "SHA384", false, true, true, false},
		{"gpgsm, RSA", "RSA", "SHA256", true, false, false, false},
		{"gpgsm, ECDSA", "P-256", "SHA256", true, false, false, false},
		{"RFC 8419", "ED25519", "SHA512", false, false, false, false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct place p = place_make(cases[i].key);
		const struct cms_ask ask = {.signer = &p.leaf,
					    .certs = {&p.leaf},
					    .digest = cases[i].digest,
					    .gpgsm = cases[i].gpgsm,
					    .with_null = cases[i].with_null,
					    .sha_rsa = cases[i].sha_rsa,
					    .go_rsa = cases[i].go_rsa,
					    .time = FROM};
		struct pdg_error err = {0};

		pdg_test_case("%s", cases[i].what);
		CHECK_OK(judge_ask(&ask, &err), &err);
		/* OpenSSL 3.0 makes and checks no Ed25519 in CMS. */
		if (strcmp(cases[i].key, "ED25519") != 0)
			CHECK(openssl_agrees(&ask));
		pdg_test_case(NULL);
		place_done(&p);
	}
}

static void everything_else_is_refused(void)
{
	static const struct {
		enum cms_twist twist;
		const char *rule; /* NULL: good */
	} cases[] = {
		{CMS_AS_IS, NULL},
		{CMS_TWO_SIGNERS, "CMS-1"}, /* T10 */
		{CMS_NO_SIGNER, "CMS-1"},
		{CMS_NO_CERTS, "CMS-3"}, /* T8, CVE-2026-44310 */
		{CMS_EMPTY_CERTS, "CMS-3"},
		{CMS_CERT_TWICE, "CMS-4"},
		{CMS_CRLS, "CMS-4"},
		{CMS_NOT_DETACHED, "CMS-1"},
		{CMS_OTHER_CONTENT, "CMS-1"},
		{CMS_OTHER_TYPE_ATTR, "CMS-1"},
		{CMS_WRONG_DIGEST, "SIG-1"},
		{CMS_SHORT_DIGEST, "CMS-1"},
		{CMS_NO_DIGEST, "CMS-1"},
		{CMS_NO_CONTENT_TYPE, "CMS-1"},
		{CMS_DIGEST_TWICE, "CMS-1"},
		{CMS_UNSORTED, "CMS-1"},
		{CMS_NO_ATTRS, "CMS-1"},
		{CMS_KEY_ID, "CMS-2"},
		{CMS_OTHER_SERIAL, "CMS-3"},
		{CMS_OTHER_DIGEST, "CMS-1"},
		{CMS_SHA1, "CMS-2"},
		{CMS_VERSION, "CMS-1"},
		{CMS_VERSION_3, "CMS-2"},
		{CMS_BEHIND, "CMS-1"},
		{CMS_LONG_LENGTH, "CMS-1"},
		{CMS_BER_CERTS, "CMS-1"},
		{CMS_TWO_VALUES, "CMS-1"},
		{CMS_ATTRS_AS_THEY_STAND, "SIG-1"},
		{CMS_WRONG_ESS, "SIG-1"},
		{CMS_RIGHT_ESS, NULL},
		{CMS_BAD_TIME, "CMS-1"},
		{CMS_EMPTY_UNSIGNED, "CMS-1"},
		{CMS_PSS, "CMS-2"},
	};
	struct place p = place_make("P-256");
	size_t i;

	CHECK_UINT(sizeof(cases) / sizeof(cases[0]), CMS_TWISTS);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct cms_ask ask = {.signer = &p.leaf,
					    .certs = {&p.leaf},
					    .time = FROM,
					    .twist = cases[i].twist};
		struct pdg_error err = {0};
		int rc = judge_ask(&ask, &err);

		pdg_test_case("twist %u", cases[i].twist);
		if (cases[i].rule)
			CHECK_RULE(rc, &err, cases[i].rule);
		else
			CHECK_OK(rc, &err);
		pdg_test_case(NULL);
	}
	place_done(&p);
}

static void keys_that_are_too_small_or_others_are_refused(void)
{
	static const char *const kinds[] = {"RSA-1024", "P-224", "secp256k1", "brainpoolP256r1"};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct place p = place_make(kinds[i]);
		const struct cms_ask ask = {.signer = &p.leaf, .certs = {&p.leaf}};
		struct pdg_error err = {0};

		pdg_test_case("%s", kinds[i]);
		CHECK_RULE(judge_ask(&ask, &err), &err, "CMS-2");
		pdg_test_case(NULL);
		place_done(&p);
	}
}

/* Is @rule what comes of it when in the made signature the last @from is @to? */
static void check_edit(const struct cms_ask *ask, const char *from, const char *to, size_t n,
		       const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_error err = {0};
	struct cms_made made;
	size_t at = SIZE_MAX;
	size_t next = 0;

	cms_made_init(&made);
	cms_make(ask, pdg_bytes_str(MSG), &made);
	while ((next = pdg_bytes_find(pdg_buf_bytes(&made.der), pdg_bytes(from, n), next)) !=
	       SIZE_MAX)
		at = next++;
	if (CHECK(at != SIZE_MAX)) {
		memcpy(made.der.p + at, to, n);
		cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
		CHECK_RULE(judge(pdg_buf_bytes(&armor), &err), &err, rule);
	}
	cms_made_done(&made);
}

/* The names of the algorithms in SignerInfo, which no signature covers. */
static void algorithms_fit_each_other(void)
{
	struct place ec = place_make("P-256");
	struct place rsa = place_make("RSA");
	const struct cms_ask ask = {.signer = &ec.leaf, .certs = {&ec.leaf}};
	const struct cms_ask go = {.signer = &rsa.leaf, .certs = {&rsa.leaf}, .go_rsa = true};
	const struct cms_ask ours = {.signer = &rsa.leaf, .certs = {&rsa.leaf}};

	/* ecdsa-with-SHA256 becomes -SHA384; SHA-256 becomes SHA-384 */
	check_edit(&ask, "\xce\x3d\x04\x03\x02\x04", "\xce\x3d\x04\x03\x03\x04", 6, "CMS-2");
	check_edit(&ask, "\x65\x03\x04\x02\x01\xa0", "\x65\x03\x04\x02\x02\xa0", 6, "CMS-1");
	/* sha256WithRSAEncryption becomes sha384With…, sha1With… and RSASSA-PSS */
	check_edit(&go, "\x01\x01\x0b\x04\x82", "\x01\x01\x0c\x04\x82", 5, "CMS-2");
	check_edit(&go, "\x01\x01\x0b\x04\x82", "\x01\x01\x05\x04\x82", 5, "CMS-2");
	check_edit(&go, "\x01\x01\x0b\x04\x82", "\x01\x01\x0a\x04\x82", 5, "CMS-2");
	/* rsaEncryption, but without its NULL */
	check_edit(&go, "\x01\x01\x0b\x04\x82", "\x01\x01\x01\x04\x82", 5, "CMS-2");
	/* and with another value than NULL */
	check_edit(&ours, "\x01\x01\x01\x05\x00\x04", "\x01\x01\x01\x04\x00\x04", 6, "CMS-2");
	place_done(&ec);
	place_done(&rsa);
}

static void unsigned_attributes_are_two_at_most(void)
{
	static const struct {
		const char *oid;
		const char *value;
		size_t n;
		const char *rule;
	} cases[] = {
		{"1.3.6.1.4.1.57264.3.1", "\x04\x01\x08", 3, NULL},
		{"1.2.840.113549.1.9.16.2.14", "\x30\x00", 2, NULL},
		{"1.3.6.1.4.1.57264.3.1", "\x02\x01\x08", 3, "CMS-2"}, /* gitsign, early 2023 */
		{"1.3.6.1.4.1.57264.3.1", "\x04\x00", 2, "CMS-2"},
		{"1.3.6.1.4.1.57264.3.1", "\x04\x01\x08\x04\x01\x09", 6, "CMS-4"},
		{"1.3.6.1.4.1.57264.3.1", "\x04\x01\x09\x04\x01\x08", 6, "CMS-1"},
		{"1.3.6.1.4.1.57264.3.1", "", 0, "CMS-1"},
		{"1.3.6.1.4.1.57264.3.2", "\x04\x01\x08", 3, "CMS-4"},
		{"1.2.840.113549.1.9.6", "\x30\x00", 2, "CMS-4"}, /* countersignature */
	};
	struct place p = place_make("P-256");
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf attrs = PDG_BUF_INIT(PKI_DER_MAX);
		struct cms_ask ask = {.signer = &p.leaf, .certs = {&p.leaf}};
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("case %zu", i);
		cms_attribute(cases[i].oid, pdg_bytes(cases[i].value, cases[i].n), &attrs);
		ask.unsigned_attrs = pdg_buf_bytes(&attrs);
		rc = judge_ask(&ask, &err);
		if (cases[i].rule)
			CHECK_RULE(rc, &err, cases[i].rule);
		else
			CHECK_OK(rc, &err);
		/* The same attribute once more (T64: counted twice). */
		if (!cases[i].rule) {
			pdg_buf_put(&attrs, ask.unsigned_attrs);
			ask.unsigned_attrs = pdg_buf_bytes(&attrs);
			CHECK_RULE(judge_ask(&ask, &err), &err, "CMS-1");
		}
		pdg_test_case(NULL);
	}
	place_done(&p);
}

static void armor_has_one_form(void)
{
	static const struct {
		const char *before, *behind;
		size_t width;
	} cases[] = {{"", "", 70},   {"", "", 76},    {"", "", 63},   {" ", "", 64},
		     {"", "\n", 64}, {"", "x\n", 64}, {"\n", "", 64}, {"x\n", "", 64}};
	static const char *const edits[][2] = {
		{"\n-----END", "\r\n-----END"},
		{"\n-----END", "\n\n-----END"},
		{"MESSAGE-----\n", "MESSAGE-----\nX: y\n\n"},
		{"BEGIN SIGNED", "BEGIN SIGNEd"},
		{"-----END SIGNED MESSAGE-----\n", "-----END SIGNED MESSAGE-----"},
		{"-----END SIGNED MESSAGE-----\n", ""},
		{"MII", "M!I"},
	};
	struct place p = place_make("P-256");
	const struct cms_ask ask = {.signer = &p.leaf, .certs = {&p.leaf}};
	struct cms_made made;
	struct pdg_error err = {0};
	size_t i;

	cms_made_init(&made);
	cms_make(&ask, pdg_bytes_str(MSG), &made);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);

		pdg_test_case("case %zu", i);
		pdg_buf_puts(&armor, cases[i].before);
		cms_armor(pdg_buf_bytes(&made.der), cases[i].width, &armor);
		pdg_buf_puts(&armor, cases[i].behind);
		CHECK_RULE(judge(pdg_buf_bytes(&armor), &err), &err, "CMS-1");
	}
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PKI_DER_MAX);
		size_t at;

		pdg_test_case("edit %zu", i);
		cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
		at = pdg_bytes_find(pdg_buf_bytes(&armor), pdg_bytes_str(edits[i][0]), 0);
		if (!CHECK(at != SIZE_MAX))
			continue;
		pdg_buf_put(&text, pdg_bytes_head(pdg_buf_bytes(&armor), at));
		pdg_buf_puts(&text, edits[i][1]);
		pdg_buf_put(&text, pdg_bytes_from(pdg_buf_bytes(&armor), at + strlen(edits[i][0])));
		CHECK_RULE(judge(pdg_buf_bytes(&text), &err), &err, "CMS-1");
	}
	pdg_test_case(NULL);
	cms_made_done(&made);
	place_done(&p);
}

static void limits_are_kept(void)
{
	PDG_AUTO(buf) struct pdg_buf large = PDG_BUF_INIT((size_t)1 << 20);
	struct place p = place_make("P-256");
	struct pki_cert more[CMS_CERTS_MAX];
	struct cms_ask ask = {.signer = &p.leaf, .certs = {&p.leaf}};
	const struct pki_ask other = {.name = "x", .from = FROM, .until = FROM + 1};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < CMS_CERTS_MAX; i++)
		more[i] = pki_make(&other);
	for (i = 1; i < 8; i++)
		ask.certs[i] = &more[i];
	CHECK_OK(judge_ask(&ask, &err), &err);
	ask.certs[8] = &more[8];
	CHECK_RULE(judge_ask(&ask, &err), &err, "CMS-5");
	for (i = 0; i < CMS_CERTS_MAX; i++)
		pki_done(&more[i]);
	pdg_buf_puts(&large, "-----BEGIN SIGNED MESSAGE-----\n");
	memset(pdg_buf_room(&large, 70000), 'A', 70000);
	CHECK_RULE(judge(pdg_buf_bytes(&large), &err), &err, "CMS-5");
	place_done(&p);
}

/* What is asked of it afterwards. */
static void it_says_what_it_holds(void)
{
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(cms) struct pdg_cms *cms = NULL;
	struct place p = place_make("P-256");
	const struct cms_ask ask = {
		.signer = &p.leaf, .certs = {&p.root, &p.leaf}, .time = FROM + 7};
	const struct pdg_x509_name *names;
	struct cms_made made;
	struct pdg_error err = {0};
	int64_t time = 0;
	size_t n = 0;

	cms_made_init(&made);
	cms_make(&ask, pdg_bytes_str(MSG), &made);
	cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
	pki_der(&p.leaf, &der);
	if (CHECK_OK(pdg_cms_parse(pdg_buf_bytes(&armor), &cms, &err), &err)) {
		CHECK_BYTES(pdg_x509_der(pdg_cms_leaf(cms)), pdg_buf_bytes(&der));
		CHECK_BYTES(pdg_cms_signed(cms), pdg_buf_bytes(&made.signed_attrs));
		CHECK_BYTES(pdg_cms_value(cms), pdg_buf_bytes(&made.value));
		CHECK_UINT(pdg_cms_log_entry(cms).n, 0);
		CHECK_UINT(pdg_cms_token(cms).n, 0);
		CHECK(pdg_cms_hash(cms) == PDG_SHA256);
		CHECK(pdg_cms_signing_time(cms, &time));
		CHECK_INT(time, FROM + 7);
		names = pdg_x509_names(pdg_cms_leaf(cms), &n);
		if (CHECK_UINT(n, 1)) {
			CHECK_STR(names[0].text, "alice@example.com");
			CHECK_INT(names[0].kind, PDG_X509_EMAIL);
		}
		CHECK_STR(pdg_x509_oidc_issuer(pdg_cms_leaf(cms)), NULL);
		CHECK_UINT(strlen(pdg_x509_fingerprint(pdg_cms_leaf(cms))), 50);
		CHECK_RULE(pdg_cms_verify(cms, pdg_bytes_str(MSG "x"), &err), &err, "SIG-1");
	}
	cms_made_done(&made);
	place_done(&p);
}

/* Of a signature with all its parts no bit may be another: neither of what is signed, nor around.
 */
static void every_bit_counts(void)
{
	struct place p = place_make("P-256");
	const struct cms_ask ask = {.signer = &p.leaf, .certs = {&p.leaf}, .time = FROM};
	struct pdg_bytes whole;
	struct cms_made made;
	size_t good = 0;
	size_t cert;
	size_t end;
	size_t bit;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);

	cms_made_init(&made);
	cms_make(&ask, pdg_bytes_str(MSG), &made);
	pki_der(&p.leaf, &der);
	whole = pdg_buf_bytes(&made.der);
	/* The certificate's own signature is its issuer's business (x509chain). */
	cert = pdg_bytes_find(whole, pdg_buf_bytes(&der), 0);
	end = cert + der.n;
	for (bit = 0; bit < made.der.n * 8; bit++) {
		PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);

		if (bit / 8 >= cert && bit / 8 < end)
			continue;
		made.der.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
		good += judge(pdg_buf_bytes(&armor), NULL) == 0;
		made.der.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	CHECK_UINT(good, 0);
	cms_made_done(&made);
	place_done(&p);
}

PDG_TEST_MAIN("cms", {"every maker is read", every_maker_is_read},
	      {"everything else is refused", everything_else_is_refused},
	      {"keys that are too small or others are refused",
	       keys_that_are_too_small_or_others_are_refused},
	      {"algorithms fit each other", algorithms_fit_each_other},
	      {"unsigned attributes are two at most", unsigned_attributes_are_two_at_most},
	      {"armor has one form", armor_has_one_form}, {"limits are kept", limits_are_kept},
	      {"it says what it holds", it_says_what_it_holds},
	      {"every bit counts", every_bit_counts})
