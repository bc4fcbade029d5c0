/* SPDX-License-Identifier: Apache-2.0 */
/* A token judged whole, by an issuer that is asked: T69, each with its rule and in the order of the
 * rules. */
#include <stdio.h>
#include <string.h>

#include "oidc/token.h"
#include "support/check.h"
#include "unit/oidc/issuer_made.h"

#define NOW 1700000000

static const struct pdg_http_options options = {0};
static struct issuer_made issuer;
static struct issuer_made stranger; /* one that nobody pins, with a key of the same name */
static struct made_key *key;
static struct made_key *ec;
static struct made_key *forged; /* named as @key is */
static struct pdg_issuers *issuers;

/* What a test changes of the usual claims; NULL and 0: nothing. */
struct saying {
	const char *iss, *aud, *more;
	int iat, exp; /* seconds from NOW; exp 0: 300 */
};

static void claims(const struct saying *s, struct pdg_buf *out)
{
	pdg_buf_printf(out, "{\"iss\":\"%s\",\"sub\":\"job\",\"aud\":%s,\"iat\":%d,\"exp\":%d%s}",
		       s->iss ? s->iss : issuer_url(&issuer), s->aud ? s->aud : "\"pedigree\"",
		       NOW + s->iat, NOW + (s->exp ? s->exp : 300), s->more ? s->more : "");
}

static const char *judge(struct pdg_bytes text, struct pdg_token *out)
{
	static char rule[PDG_ERROR_RULE_MAX];
	const struct pdg_pinned pins[] = {{"https://other.example", "elsewhere"},
					  {issuer_url(&issuer), "pedigree"},
					  {issuer_url(&issuer), "second"}};
	PDG_AUTO(token) struct pdg_token t = {0};
	struct pdg_error err = {0};
	int rc = pdg_token_verify(issuers, text, pins, 3, NOW, &t, &err);

	(void)snprintf(rule, sizeof(rule), "%s", err.rule);
	CHECK((rc < 0) == (rule[0] != '\0'));
	if (rc == 0 && out) {
		*out = t;
		t = (struct pdg_token){0};
	}
	return rule;
}

static const char *token(const struct made_key *k, const char *header, const struct saying *s)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(1 << 14);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 14);

	claims(s, &said);
	made_token(k, header, pdg_buf_cstr(&said), &text);
	return judge(pdg_buf_bytes(&text), NULL);
}

static void good_ones(void)
{
	CHECK_STR(token(key, NULL, &(struct saying){0}), "");
	CHECK_STR(token(ec, NULL, &(struct saying){.aud = "[\"second\"]"}), "");
	CHECK_STR(token(key, NULL, &(struct saying){.iat = -250, .exp = -30}), "");
	CHECK_UINT(issuer.asked_keys, 1);
}

static void bad_ones(void)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(1 << 14);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 21);

	CHECK_STR(token(key, NULL, &(struct saying){.aud = "\"another\""}), "TOK-8");
	CHECK_STR(token(key, NULL, &(struct saying){.aud = "\"elsewhere\""}), "TOK-8");
	CHECK_STR(token(key, NULL, &(struct saying){.aud = "[\"pedigree\",\"x\"]"}), "TOK-8");
	CHECK_STR(token(key, NULL, &(struct saying){.iss = "https://issuer.example"}), "TOK-5");
	CHECK_STR(token(forged, NULL, &(struct saying){.iss = issuer_url(&stranger)}), "TOK-5");
	CHECK_STR(token(key, NULL, &(struct saying){.iat = -600, .exp = -60}), "TOK-9");
	CHECK_STR(token(key, NULL, &(struct saying){.iat = 61}), "TOK-10");
	CHECK_STR(token(key, NULL, &(struct saying){.more = ",\"nbf\":1700000061"}), "TOK-10");
	CHECK_STR(token(key, NULL, &(struct saying){.exp = 86401}), "TOK-11");
	CHECK_STR(token(forged, NULL, &(struct saying){0}), "TOK-7");
	CHECK_STR(token(key, "{\"alg\":\"none\",\"kid\":\"key\"}", &(struct saying){0}), "TOK-4");
	CHECK_STR(token(key, "{\"alg\":\"ES256\",\"kid\":\"key\"}", &(struct saying){0}), "TOK-7");
	CHECK_STR(token(ec, "{\"alg\":\"ES256\",\"kid\":\"key\"}", &(struct saying){0}), "TOK-4");
	CHECK_STR(token(key, "{\"alg\":\"RS256\",\"kid\":\"/dev/null\"}", &(struct saying){0}),
		  "ISS-6");
	CHECK_STR(token(key, "{\"alg\":\"RS256\",\"kid\":\"key\",\"jku\":\"http://127.0.0.1\"}",
			&(struct saying){0}),
		  "TOK-2");
	claims(&(struct saying){0}, &said);
	made_token_hmac(key, "{\"alg\":\"HS256\",\"kid\":\"key\"}", pdg_buf_cstr(&said), &text);
	CHECK_STR(judge(pdg_buf_bytes(&text), NULL), "TOK-4");
	pdg_buf_reset(&text);
	memset(pdg_buf_room(&text, 1000000), '.', 1000000);
	CHECK_STR(judge(pdg_buf_bytes(&text), NULL), "TOK-3");
	CHECK_UINT(stranger.asked_document + stranger.asked_keys, 0);
	CHECK_UINT(issuer.asked_keys, 1);
}

static void name_of(const struct made_key *k, const struct saying *s, struct pdg_token *out)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(1 << 14);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 14);

	claims(s, &said);
	made_token(k, NULL, pdg_buf_cstr(&said), &text);
	CHECK_STR(judge(pdg_buf_bytes(&text), out), "");
}

/* Two signatures over the same are one token, and so are two tokens of one jti. */
static void names(void)
{
	static const struct saying with = {.more = ",\"jti\":\"a\""};
	static const struct saying later = {.more = ",\"jti\":\"a\"", .iat = -1};
	static const struct saying other = {.more = ",\"jti\":\"b\""};
	static const struct saying without = {0};
	static const struct saying changed = {.iat = -1};
	const struct saying *const all[] = {&with,    &with,	&later,	 &other,
					    &without, &without, &changed};
	struct pdg_token t[7];
	size_t i;

	memset(t, 0, sizeof(t));
	for (i = 0; i < 7; i++)
		name_of(ec, all[i], &t[i]);
	CHECK(memcmp(t[0].name, t[1].name, 32) == 0);
	CHECK(memcmp(t[0].name, t[2].name, 32) == 0);
	CHECK(memcmp(t[0].name, t[3].name, 32) != 0);
	CHECK(memcmp(t[0].name, t[4].name, 32) != 0);
	CHECK(memcmp(t[4].name, t[5].name, 32) == 0);
	CHECK(memcmp(t[4].name, t[6].name, 32) != 0);
	CHECK_STR(t[0].claims.subject, "job");
	for (i = 0; i < 7; i++)
		pdg_token_done(&t[i]);
}

static void open_all(void)
{
	struct pdg_error err = {0};

	issuer_open(&issuer);
	issuer_open(&stranger);
	key = made_key_new(MADE_RSA, "key");
	ec = made_key_new(MADE_P256, "ec");
	forged = made_key_new(MADE_RSA, "key");
	issuer.keys[0] = key;
	issuer.keys[1] = ec;
	issuer.n_keys = 2;
	stranger.keys[0] = forged;
	stranger.n_keys = 1;
	CHECK_OK(pdg_issuers_new(&options, &pdg_clock_system, &issuers, &err), &err);
}

static void close_all(void)
{
	CHECK(!issuer.credential && !stranger.credential);
	pdg_issuers_free(issuers);
	issuer_close(&issuer);
	issuer_close(&stranger);
	made_key_free(key);
	made_key_free(ec);
	made_key_free(forged);
}

PDG_TEST_MAIN("token", {"an issuer is opened", open_all}, {"good ones", good_ones},
	      {"bad ones", bad_ones}, {"names", names}, {"and closed", close_all})
