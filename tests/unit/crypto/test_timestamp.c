/* SPDX-License-Identifier: Apache-2.0 */
/* Timestamps of an authority of our own, and every way in which one is none. */
#include "crypto/timestamp.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "support/check.h"
#include "unit/crypto/tsa_made.h"
#include "util/limits.h"

#define CRITICAL "critical,timeStamping"
#define DATA	 pdg_bytes_str("the bytes of a signature")

PDG_AUTO_DEFINE(tsa_made, struct pdg_tsa *, pdg_tsa_free)

/* root <- middle <- leaf, and a leaf beside it. */
static struct tsa_cert root, middle, leaf, sister;
static struct pdg_tsa *authority; /* all of the first three */

static void pki(void)
{
	tsa_cert_init(&root, &(struct tsa_cert_make){.name = "root", .ca = true});
	tsa_cert_init(&middle,
		      &(struct tsa_cert_make){.name = "middle", .issuer = &root, .ca = true});
	tsa_cert_init(&leaf,
		      &(struct tsa_cert_make){.name = "leaf", .issuer = &middle, .eku = CRITICAL});
	tsa_cert_init(&sister, &(struct tsa_cert_make){
				       .name = "sister", .issuer = &middle, .eku = CRITICAL});
	authority = tsa_of((const struct tsa_cert *[]){&leaf, &middle, &root, NULL}, 0, 0);
}

static void pki_done(void)
{
	tsa_cert_done(&root);
	tsa_cert_done(&middle);
	tsa_cert_done(&leaf);
	tsa_cert_done(&sister);
	pdg_tsa_free(authority);
}

static int verify(struct pdg_bytes der, struct pdg_tsa *tsa, struct pdg_error *err)
{
	int64_t at = -1;
	size_t which = 7;
	int rc = pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, der, DATA, &tsa, 1, &at, &which, err);

	CHECK(rc == 0 ? at == TSA_TIME && which == 0 : at == -1 && which == 7);
	return rc;
}

static void token_of(const struct tsa_token_make *make, struct pdg_buf *out)
{
	struct tsa_token_make m = *make;

	if (!m.signer)
		m.signer = &leaf;
	if (!m.data.p)
		m.data = DATA;
	tsa_token(&m, out);
}

static int verify_made(const struct tsa_token_make *make, struct pdg_tsa *tsa,
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(1 << 20);

	token_of(make, &token);
	return verify(pdg_buf_bytes(&token), tsa, err);
}

/* In a response, where certificates are links, whatever they are. */
static int verify_answer(const struct tsa_token_make *make, struct pdg_tsa *tsa,
			 struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(buf) struct pdg_buf resp = PDG_BUF_INIT(1 << 20);
	int64_t at;

	token_of(make, &token);
	tsa_response(0, pdg_buf_bytes(&token), &resp);
	return pdg_timestamp_verify(PDG_TIMESTAMP_RESPONSE, pdg_buf_bytes(&resp), DATA, &tsa, 1,
				    &at, NULL, err);
}

#define TOKEN(...)                                                                                 \
	&(struct tsa_token_make)                                                                   \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define CHAIN(...) tsa_of((const struct tsa_cert *[]){__VA_ARGS__, NULL}, 0, 0)

static void good(void)
{
	PDG_AUTO(tsa_made) struct pdg_tsa *without = CHAIN(&middle, &root);
	PDG_AUTO(tsa_made) struct pdg_tsa *only_root = CHAIN(&root);
	PDG_AUTO(tsa_made) struct pdg_tsa *only_leaf = CHAIN(&leaf);
	PDG_AUTO(tsa_made) struct pdg_tsa *not_self = CHAIN(&leaf, &middle);
	struct pdg_error err = {0};

	CHECK_OK(verify_made(TOKEN(0), authority, &err), &err);
	CHECK_OK(verify_made(TOKEN(.with = {&leaf}), authority, &err), &err);
	CHECK_OK(verify_made(TOKEN(.with = {&leaf}), without, &err), &err);
	CHECK_OK(verify_answer(TOKEN(.with = {&leaf, &middle}), only_root, &err), &err);
	CHECK_OK(verify_answer(TOKEN(.with = {&root, &leaf, &middle}), only_root, &err), &err);
	CHECK_OK(verify_made(TOKEN(0), only_leaf, &err), &err);
	CHECK_OK(verify_made(TOKEN(0), not_self, &err), &err);
	CHECK_OK(verify_made(TOKEN(.imprint = NID_sha384), authority, &err), &err);
	CHECK_OK(verify_made(TOKEN(.imprint = NID_sha512, .md = EVP_sha512()), authority, &err),
		 &err);
	CHECK_OK(verify_made(TOKEN(.time = "20260101000000.999Z"), authority, &err), &err);
	CHECK_OK(verify_made(TOKEN(.old_name = true), authority, &err), &err);
}

static void rsa(void)
{
	PDG_AUTO(tsa_cert) struct tsa_cert one = {0};
	PDG_AUTO(tsa_cert) struct tsa_cert weak = {0};
	PDG_AUTO(tsa_made) struct pdg_tsa *tsa = CHAIN(&middle, &root);
	struct pdg_error err = {0};

	tsa_cert_init(&one,
		      &(struct tsa_cert_make){
			      .name = "rsa", .issuer = &middle, .eku = CRITICAL, .rsa_bits = 2048});
	CHECK_OK(verify_made(TOKEN(.signer = &one, .with = {&one}), tsa, &err), &err);
	tsa_cert_init(&weak, &(struct tsa_cert_make){.name = "weak",
						     .issuer = &middle,
						     .eku = CRITICAL,
						     .rsa_bits = 1024});
	CHECK_RULE(verify_made(TOKEN(.signer = &weak, .with = {&weak}), tsa, &err), &err, "TSA-8");
}

static void responses(void)
{
	static const struct {
		unsigned status;
		bool token;
		const char *rule;
	} t[] = {
		{0, true, NULL},     {1, true, NULL},	 {2, false, "TSA-3"},
		{5, false, "TSA-3"}, {2, true, "TSA-1"}, {0, false, "TSA-1"},
	};
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);
	struct pdg_error err = {0};
	int64_t at;
	size_t i;

	tsa_token(TOKEN(.signer = &leaf, .data = DATA), &token);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf resp = PDG_BUF_INIT(65536);
		int rc;

		pdg_test_case("case %zu", i);
		tsa_response(t[i].status, t[i].token ? pdg_buf_bytes(&token) : pdg_bytes(NULL, 0),
			     &resp);
		at = 0;
		rc = pdg_timestamp_verify(PDG_TIMESTAMP_RESPONSE, pdg_buf_bytes(&resp), DATA,
					  &authority, 1, &at, NULL, &err);
		if (t[i].rule)
			CHECK_RULE(rc, &err, t[i].rule);
		else
			CHECK_OK(rc, &err);
		CHECK_INT(at, t[i].rule ? 0 : TSA_TIME);
		CHECK_RULE(verify(pdg_buf_bytes(&resp), authority, &err), &err, "TSA-1");
	}
	pdg_test_case(NULL);
	CHECK_RULE(pdg_timestamp_verify(PDG_TIMESTAMP_RESPONSE, pdg_buf_bytes(&token), DATA,
					&authority, 1, &at, NULL, &err),
		   &err, "TSA-1");
}

static void malformed(void)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(1 << 20);
	struct pdg_error err = {0};
	uint8_t *p;

	CHECK_RULE(verify(pdg_bytes(NULL, 0), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify(pdg_bytes_str("hello"), authority, &err), &err, "TSA-1");
	tsa_token(TOKEN(.signer = &leaf, .data = DATA), &token);
	pdg_buf_putc(&token, 0);
	CHECK_RULE(verify(pdg_buf_bytes(&token), authority, &err), &err, "TSA-1");
	/* BER: the outermost length indefinite, its end marked. */
	token.p[1] = 0x80;
	memmove(token.p + 2, token.p + 4, token.n - 4);
	token.n -= 3;
	pdg_buf_put(&token, pdg_bytes("\0\0", 2));
	CHECK_RULE(verify(pdg_buf_bytes(&token), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.second = &sister), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.type = NID_pkcs7_data), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.version = 2), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.critical = true), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.frame = 1), authority, &err), &err, "TSA-1");
	CHECK_RULE(verify_made(TOKEN(.unsigned_attribute = true), authority, &err), &err, "TSA-1");
	pdg_buf_reset(&token);
	p = pdg_buf_room(&token, PDG_LIMIT_TIMESTAMP + 1);
	memset(p, 0, token.n);
	CHECK_RULE(verify(pdg_buf_bytes(&token), authority, &err), &err, "TSA-2");
	CHECK_RULE(verify_made(TOKEN(.with = {&sister}, .times = PDG_LIMIT_CHAIN_CERTS + 1),
			       authority, &err),
		   &err, "TSA-2");
}

static void times(void)
{
	static const char *const t[] = {"20260101000000",
					"202601010000Z",
					"20260101000000+0000",
					"20260101000000.Z",
					"20260101000000,5Z",
					"20261301000000Z",
					"20260101000000Z0000000",
					"2026010100000aZ",
					"19691231235959Z",
					"",
					"20260101000000.1111111111111111111111111Z"};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pdg_test_case("%s", t[i]);
		CHECK_RULE(verify_made(TOKEN(.time = t[i]), authority, &err), &err, "TSA-1");
	}
	pdg_test_case(NULL);
}

static void over_what(void)
{
	struct pdg_error err = {0};

	CHECK_RULE(verify_made(TOKEN(.data = pdg_bytes_str("another")), authority, &err), &err,
		   "TSA-4");
	CHECK_RULE(verify_made(TOKEN(.imprint = NID_sha1), authority, &err), &err, "TSA-5");
	CHECK_RULE(verify_made(TOKEN(.imprint = NID_sha224), authority, &err), &err, "TSA-5");
	CHECK_RULE(verify_made(TOKEN(.md = EVP_sha1()), authority, &err), &err, "TSA-5");
	CHECK_RULE(verify_made(TOKEN(.md = EVP_sha224()), authority, &err), &err, "TSA-5");
}

static void whose(void)
{
	PDG_AUTO(tsa_cert) struct tsa_cert other = {0};
	PDG_AUTO(tsa_made) struct pdg_tsa *any = CHAIN(&middle, &root);
	PDG_AUTO(tsa_made) struct pdg_tsa *stranger = NULL;
	struct pdg_tsa *two[2];
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);
	struct pdg_error err = {0};
	int64_t at = 0;
	size_t which = 7;

	tsa_cert_init(&other, &(struct tsa_cert_make){.name = "other", .ca = true});
	stranger = CHAIN(&other);
	CHECK_RULE(verify_made(TOKEN(.unnamed = true), authority, &err), &err, "TSA-6");
	CHECK_RULE(verify_made(TOKEN(.named = &sister), authority, &err), &err, "TSA-6");
	CHECK_RULE(verify_made(TOKEN(0), any, &err), &err, "TSA-7");
	CHECK_RULE(verify_made(TOKEN(.with = {&leaf, &middle, &root}), stranger, &err), &err,
		   "TSA-7");
	/* Another certificate of the same authority signs for @any, and not where one is named. */
	CHECK_OK(verify_made(TOKEN(.signer = &sister, .with = {&sister}), any, &err), &err);
	CHECK_RULE(verify_made(TOKEN(.signer = &sister, .with = {&sister}), authority, &err), &err,
		   "TSA-7");

	tsa_token(TOKEN(.signer = &leaf, .data = DATA), &token);
	two[0] = stranger;
	two[1] = authority;
	CHECK_OK(pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA, two, 2, &at,
				      &which, &err),
		 &err);
	CHECK_UINT(which, 1);
	CHECK_INT(at, TSA_TIME);
	CHECK_RULE(pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA, NULL, 0,
					&at, &which, &err),
		   &err, "TSA-7");
	/* The nearest refusal is told, whichever stands last. */
	two[1] = stranger;
	two[0] = tsa_of((const struct tsa_cert *[]){&leaf, &middle, &root, NULL}, 0, 1);
	CHECK_RULE(pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA, two, 2,
					&at, &which, &err),
		   &err, "TSA-9");
	pdg_tsa_free(two[0]);
}

static void certificates(void)
{
	static const struct {
		struct tsa_cert_make leaf;
		struct tsa_cert_make middle;
		const char *rule;
	} t[] = {
		{{.eku = CRITICAL}, {.ca = true}, NULL},
		{{.eku = CRITICAL}, {.ca = true, .eku = "timeStamping"}, NULL},
		{{.eku = CRITICAL}, {.ca = true, .eku = "codeSigning,anyExtendedKeyUsage"}, NULL},
		{{.eku = CRITICAL}, {.ca = true, .eku = "codeSigning"}, "TSA-8"},
		{{.eku = "timeStamping"}, {.ca = true}, "TSA-8"},
		{{.eku = NULL}, {.ca = true}, "TSA-8"},
		{{.eku = "critical,codeSigning"}, {.ca = true}, "TSA-8"},
		{{.eku = "critical,anyExtendedKeyUsage"}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL ",codeSigning"}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL ",1.2.3.4"}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL, .ca = true}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL, .ca_in_name = true}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL, .until = TSA_TIME - 1}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL, .from = TSA_TIME + 1}, {.ca = true}, "TSA-8"},
		{{.eku = CRITICAL}, {.ca = true, .until = TSA_TIME - 1}, "TSA-8"},
		{{.eku = CRITICAL}, {.ca = false}, "TSA-7"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(tsa_cert) struct tsa_cert m = {0};
		PDG_AUTO(tsa_cert) struct tsa_cert l = {0};
		PDG_AUTO(tsa_made) struct pdg_tsa *tsa = NULL;
		struct tsa_cert_make make = t[i].middle;
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("case %zu", i);
		make.name = "m";
		make.issuer = &root;
		tsa_cert_init(&m, &make);
		make = t[i].leaf;
		make.name = "l";
		make.issuer = &m;
		tsa_cert_init(&l, &make);
		tsa = CHAIN(&root);
		rc = verify_answer(TOKEN(.signer = &l, .with = {&l, &m}), tsa, &err);
		if (t[i].rule)
			CHECK_RULE(rc, &err, t[i].rule);
		else
			CHECK_OK(rc, &err);
	}
	pdg_test_case(NULL);
}

/* An anchor is named by whoever writes the trusted root; links below it are not believed so. */
static void weak_links(void)
{
	PDG_AUTO(tsa_cert) struct tsa_cert weak = {0};
	PDG_AUTO(tsa_cert) struct tsa_cert forged = {0};
	PDG_AUTO(tsa_cert) struct tsa_cert liar = {0};
	struct pdg_error err = {0};
	PDG_AUTO(tsa_made) struct pdg_tsa *tsa = CHAIN(&root);

	tsa_cert_init(&weak,
		      &(struct tsa_cert_make){
			      .name = "weak", .issuer = &root, .eku = CRITICAL, .md = EVP_sha1()});
	CHECK_RULE(verify_made(TOKEN(.signer = &weak, .with = {&weak}), tsa, &err), &err, "TSA-8");
	/* Another "root" of the same name. */
	tsa_cert_init(&liar, &(struct tsa_cert_make){.name = "root", .ca = true});
	tsa_cert_init(&forged,
		      &(struct tsa_cert_make){.name = "f", .issuer = &liar, .eku = CRITICAL});
	CHECK_RULE(verify_made(TOKEN(.signer = &forged, .with = {&forged, &liar}), tsa, &err), &err,
		   "TSA-7");
}

static void window(void)
{
	static const struct {
		int64_t from, until;
		bool good;
	} t[] = {
		{TSA_TIME, TSA_TIME, true}, {TSA_TIME, 0, true},
		{0, TSA_TIME, true},	    {TSA_TIME + 1, 0, false},
		{0, TSA_TIME - 1, false},   {TSA_TIME + 1, TSA_TIME + 2, false},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(tsa_made)
		struct pdg_tsa *tsa =
			tsa_of((const struct tsa_cert *[]){&leaf, &middle, &root, NULL}, t[i].from,
			       t[i].until);

		pdg_test_case("case %zu", i);
		if (t[i].good)
			CHECK_OK(verify_made(TOKEN(0), tsa, &err), &err);
		else
			CHECK_RULE(verify_made(TOKEN(0), tsa, &err), &err, "TSA-9");
	}
	pdg_test_case(NULL);
}

/* No bit of a token may be another, and no end of it missing; certificates in it are none of it. */
static void every_bit_counts(void)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);
	struct pdg_error err = {0};
	unsigned passed = 0;
	int64_t at = 0;
	size_t i;

	tsa_token(TOKEN(.signer = &leaf, .data = DATA), &token);
	for (i = 0; i < 8 * token.n; i++) {
		token.p[i / 8] ^= (uint8_t)(1u << i % 8);
		err.rule[0] = '\0';
		if (pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_buf_bytes(&token), DATA,
					 &authority, 1, &at, NULL, &err) == 0 ||
		    err.rule[0] == '\0') {
			(void)fprintf(stderr, "bit %zu of byte %zu\n", i % 8, i / 8);
			passed++;
		}
		token.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	CHECK_UINT(passed, 0);
	for (i = 0; i < token.n; i++)
		passed += pdg_timestamp_verify(PDG_TIMESTAMP_TOKEN, pdg_bytes(token.p, i), DATA,
					       &authority, 1, &at, NULL, &err) == 0;
	CHECK_UINT(passed, 0);
	CHECK_INT(at, 0);
	CHECK_OK(verify(pdg_buf_bytes(&token), authority, &err), &err);
}

static void authorities(void)
{
	struct pdg_bytes many[PDG_LIMIT_CHAIN_CERTS + 1];
	struct pdg_tsa *tsa = NULL;
	struct pdg_bytes der = pdg_buf_bytes(&leaf.der);
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i <= PDG_LIMIT_CHAIN_CERTS; i++)
		many[i] = der;
	CHECK_RULE(pdg_tsa_new(many, 0, 0, 0, &tsa, &err), &err, "TSA-1");
	CHECK_RULE(pdg_tsa_new(many, PDG_LIMIT_CHAIN_CERTS + 1, 0, 0, &tsa, &err), &err, "TSA-2");
	der.n--;
	CHECK_RULE(pdg_tsa_new(&der, 1, 0, 0, &tsa, &err), &err, "TSA-1");
	der = pdg_bytes("\x30\x03\x02\x01\x00", 5);
	CHECK_RULE(pdg_tsa_new(&der, 1, 0, 0, &tsa, &err), &err, "TSA-1");
	CHECK(tsa == NULL);
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"good", good},
		{"rsa", rsa},
		{"responses", responses},
		{"malformed", malformed},
		{"times", times},
		{"over what", over_what},
		{"whose", whose},
		{"certificates", certificates},
		{"weak links", weak_links},
		{"window", window},
		{"every bit counts", every_bit_counts},
		{"authorities", authorities},
	};
	int rc;

	pki();
	rc = pdg_test_run("timestamp", tests, sizeof(tests) / sizeof(tests[0]));
	pki_done();
	return rc;
}
