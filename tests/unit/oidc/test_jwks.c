/* SPDX-License-Identifier: Apache-2.0 */
/* An issuer's keys: which are used, and that a signature is that of its key over all that is
 * signed. */
#include <stdio.h>
#include <string.h>

#include "oidc/jwks.h"
#include "support/check.h"
#include "support/token_made.h"

#define CLAIMS "{\"sub\":\"somebody\"}"

static struct made_key *rsa;
static struct made_key *ec;

static int read_set(const char *text, struct pdg_jwks *out, struct pdg_error *err)
{
	return pdg_jwks_read(pdg_bytes_str(text), out, err);
}

/* How many keys a set of the one key @k, with @more members, has; -1: refused by ISS-5. */
static int keys_of(const struct made_key *k, const char *more)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(jwks) struct pdg_jwks set = {0};
	struct pdg_error err = {0};

	pdg_buf_puts(&text, "{\"keys\":[");
	made_jwk(k, more, &text);
	pdg_buf_puts(&text, "]}");
	if (read_set(pdg_buf_cstr(&text), &set, &err) == 0)
		return (int)set.n;
	CHECK_STR(err.rule, "ISS-5");
	return -1;
}

static void keys_that_are_used(void)
{
	struct made_key *small = made_key_new(MADE_RSA_SHORT, "short");
	struct made_key *p384 = made_key_new(MADE_P384, "p384");
	struct made_key *unnamed = made_key_new(MADE_P256, "");

	CHECK_INT(keys_of(rsa, NULL), 1);
	CHECK_INT(keys_of(rsa, ",\"alg\":\"RS256\",\"use\":\"sig\",\"x5c\":[\"AA\"]"), 1);
	CHECK_INT(keys_of(ec, ",\"alg\":\"ES256\""), 1);
	CHECK_INT(keys_of(rsa, ",\"alg\":\"RS512\""), -1);
	CHECK_INT(keys_of(rsa, ",\"alg\":\"ES256\""), -1);
	CHECK_INT(keys_of(ec, ",\"alg\":\"RS256\""), -1);
	CHECK_INT(keys_of(rsa, ",\"use\":\"enc\""), -1);
	CHECK_INT(keys_of(rsa, ",\"d\":\"AQAB\""), -1);
	CHECK_INT(keys_of(small, NULL), -1);
	CHECK_INT(keys_of(p384, NULL), -1);
	CHECK_INT(keys_of(unnamed, NULL), -1);
	made_key_free(small);
	made_key_free(p384);
	made_key_free(unnamed);
}

static void sets_are_refused(void)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"keys\":{}}",
		"{\"keys\":[]}",
		"{\"keys\":[7]}",
		"<html></html>",
		"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"AAAA\",\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"e\":\"AQAB\"}]}",
		/* no point of the curve */
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"a\","
		"\"x\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\","
		"\"y\":\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\"}]}",
	};
	PDG_AUTO(buf) struct pdg_buf twice = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(buf) struct pdg_buf many = PDG_BUF_INIT(1 << 16);
	struct made_key *const same[] = {ec, ec};
	PDG_AUTO(jwks) struct pdg_jwks set = {0};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		pdg_test_case("%s", texts[i]);
		CHECK_RULE(read_set(texts[i], &set, &err), &err, "ISS-5");
	}
	pdg_test_case(NULL);
	made_jwks(same, 2, &twice);
	CHECK_RULE(read_set(pdg_buf_cstr(&twice), &set, &err), &err, "ISS-5");
	pdg_buf_puts(&many, "{\"keys\":[{}");
	for (i = 0; i < 64; i++)
		pdg_buf_puts(&many, ",{}");
	pdg_buf_puts(&many, "]}");
	CHECK_RULE(read_set(pdg_buf_cstr(&many), &set, &err), &err, "ISS-5");
}

/* The rule by which @token is refused under the key @kid of both, "" when it is right. */
static const char *verdict(const char *kid, struct pdg_bytes token)
{
	static char rule[PDG_ERROR_RULE_MAX];
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 16);
	PDG_AUTO(jwks) struct pdg_jwks set = {0};
	PDG_AUTO(jws) struct pdg_jws j = {0};
	struct made_key *const both[] = {rsa, ec};
	struct pdg_error err = {0};

	made_jwks(both, 2, &text);
	CHECK_OK(pdg_jwks_read(pdg_buf_bytes(&text), &set, &err), &err);
	CHECK_UINT(set.n, 2);
	if (pdg_jws_read(token, &j, &err) == 0 &&
	    pdg_jwk_verify(pdg_jwks_find(&set, kid), &j, &err) == 0)
		CHECK_STR(j.kid, kid);
	(void)snprintf(rule, sizeof(rule), "%s", err.rule);
	return rule;
}

static void signatures(void)
{
	PDG_AUTO(buf) struct pdg_buf by_rsa = PDG_BUF_INIT(1 << 13);
	PDG_AUTO(buf) struct pdg_buf by_ec = PDG_BUF_INIT(1 << 13);
	PDG_AUTO(buf) struct pdg_buf confused = PDG_BUF_INIT(1 << 13);
	PDG_AUTO(buf) struct pdg_buf hmac = PDG_BUF_INIT(1 << 13);
	size_t i, n = 0;

	made_token(rsa, NULL, CLAIMS, &by_rsa);
	made_token(ec, NULL, CLAIMS, &by_ec);
	CHECK_STR(verdict("rsa", pdg_buf_bytes(&by_rsa)), "");
	CHECK_STR(verdict("ec", pdg_buf_bytes(&by_ec)), "");
	CHECK_STR(verdict("ec", pdg_buf_bytes(&by_rsa)), "TOK-4");
	CHECK_STR(verdict("rsa", pdg_buf_bytes(&by_ec)), "TOK-4");
	made_token(ec, "{\"alg\":\"RS256\",\"kid\":\"ec\"}", CLAIMS, &confused);
	CHECK_STR(verdict("ec", pdg_buf_bytes(&confused)), "TOK-4");
	CHECK_STR(verdict("rsa", pdg_buf_bytes(&confused)), "TOK-7");
	made_token_hmac(rsa, "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", CLAIMS, &hmac);
	CHECK_STR(verdict("rsa", pdg_buf_bytes(&hmac)), "TOK-4");
	pdg_buf_reset(&hmac);
	made_token_hmac(rsa, "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", CLAIMS, &hmac);
	CHECK_STR(verdict("rsa", pdg_buf_bytes(&hmac)), "TOK-7");
	/* Every change of one character ends it: of the signature, of what is signed. */
	for (i = 0; i < by_ec.n; i++) {
		uint8_t was = by_ec.p[i];

		if (was == '.')
			continue;
		by_ec.p[i] = was == 'A' ? 'B' : 'A';
		n += strcmp(verdict("ec", pdg_buf_bytes(&by_ec)), "") == 0;
		by_ec.p[i] = was;
	}
	CHECK_UINT(n, 0);
}

/* Made once: an RSA key takes its time. */
static void open_keys(void)
{
	rsa = made_key_new(MADE_RSA, "rsa");
	ec = made_key_new(MADE_P256, "ec");
	CHECK(rsa && ec);
}

static void close_keys(void)
{
	CHECK(rsa && ec);
	made_key_free(rsa);
	made_key_free(ec);
}

PDG_TEST_MAIN("jwks", {"keys are made", open_keys}, {"keys that are used", keys_that_are_used},
	      {"sets are refused", sets_are_refused}, {"signatures", signatures},
	      {"keys are freed", close_keys})
