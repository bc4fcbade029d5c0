/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking issuers: each way to misbehave has its rule and reaches no other host; keys are kept,
 * asked for anew when they rotate, and not oftener than that whoever sends garbage can make a
 * server be asked.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "oidc/issuers.h"
#include "support/check.h"
#include "unit/oidc/issuer_made.h"
#include "util/limits.h"

#define START 1700000000

static atomic_int_fast64_t now;

static int64_t fake_now(void *ctx)
{
	(void)ctx;
	return atomic_load(&now);
}

static const struct pdg_clock clock_ = {fake_now, NULL};
static const struct pdg_http_options options = {0};
static struct made_key *first;
static struct made_key *second;

/* The rule by which the question for @kid is answered, "" when there is a key. */
static const char *ask(struct pdg_issuers *s, const struct issuer_made *i, const char *kid)
{
	static char rule[PDG_ERROR_RULE_MAX];
	PDG_AUTO(jwk) struct pdg_jwk k = {0};
	struct pdg_error err = {0};

	if (pdg_issuers_key(s, issuer_url(i), kid, &k, &err) == 0)
		CHECK_STR(k.kid, kid);
	(void)snprintf(rule, sizeof(rule), "%s", err.rule);
	return rule;
}

static struct pdg_issuers *open_issuers(void)
{
	struct pdg_issuers *s = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_issuers_new(&options, &clock_, &s, &err), &err))
		abort();
	return s;
}

static void open_one(struct issuer_made *i)
{
	issuer_open(i);
	i->keys[0] = first;
	i->n_keys = 1;
	atomic_store(&now, START);
}

static void bad_manners(void)
{
	static const struct {
		enum manner manner;
		const char *rule;
		unsigned keys; /* requests for them */
	} cases[] = {
		{GOOD, "", 1},
		{REDIRECTS, "ISS-2", 0},
		{KEYS_REDIRECT, "ISS-2", 0},
		{OTHER_ISSUER, "ISS-3", 0},
		{OTHER_HOST, "ISS-3", 0},
		{OTHER_PORT, "ISS-3", 0},
		{HTML, "ISS-5", 0},
		{HTML_AS_JSON, "ISS-5", 0},
		{ERROR_500, "ISS-1", 0},
		{NOT_FOUND, "ISS-1", 0},
		{ENDLESS, "ISS-4", 1},
		{CUT, "ISS-1", 0},
		{NO_KEYS, "ISS-5", 1},
	};
	size_t c;

	for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
		struct issuer_made i, other;

		pdg_test_case("manner %zu", c);
		open_one(&i);
		open_one(&other);
		(void)snprintf(i.elsewhere, sizeof(i.elsewhere), "%s", issuer_url(&other));
		issuer_behave(&i, cases[c].manner);
		CHECK_STR(ask(s, &i, "first"), cases[c].rule);
		issuer_close(&i);
		issuer_close(&other);
		CHECK_UINT(i.asked_keys, cases[c].keys);
		/* T70, T78: nobody else was asked, and nobody was given anything. */
		CHECK_UINT(other.asked_document + other.asked_keys, 0);
		CHECK(!i.credential);
	}
	pdg_test_case(NULL);
}

static void nobody_there(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	PDG_AUTO(jwk) struct pdg_jwk k = {0};
	struct pdg_error err = {0};
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", fake_http_dead_port());
	CHECK_RULE(pdg_issuers_key(s, url, "first", &k, &err), &err, "ISS-1");
}

static void keys_are_kept(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;
	int k;

	open_one(&i);
	for (k = 0; k < 100; k++)
		CHECK_STR(ask(s, &i, "first"), "");
	CHECK_UINT(i.asked_keys, 1);
	atomic_store(&now, START + PDG_ISSUER_FRESH - 1);
	CHECK_STR(ask(s, &i, "first"), "");
	CHECK_UINT(i.asked_keys, 1);
	atomic_store(&now, START + PDG_ISSUER_FRESH);
	CHECK_STR(ask(s, &i, "first"), "");
	CHECK_UINT(i.asked_keys, 2);
	issuer_close(&i);
}

static void keys_rotate(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;
	int k;

	open_one(&i);
	CHECK_STR(ask(s, &i, "first"), "");
	/* Garbage makes nobody ask again; a new key is found after a pause. Whether a name is that
	 * of a new key nobody knows until then. */
	for (k = 0; k < 100; k++)
		CHECK_STR(ask(s, &i, "../../etc/passwd"), "ISS-6");
	CHECK_UINT(i.asked_keys, 1);
	fake_http_lock(i.http);
	i.keys[1] = second;
	i.n_keys = 2;
	fake_http_unlock(i.http);
	CHECK_STR(ask(s, &i, "second"), "ISS-6");
	atomic_store(&now, START + PDG_LIMIT_ISSUER_PAUSE);
	CHECK_STR(ask(s, &i, "third"), "TOK-6");
	atomic_store(&now, START + 2 * PDG_LIMIT_ISSUER_PAUSE - 1);
	CHECK_STR(ask(s, &i, "third"), "ISS-6");
	CHECK_STR(ask(s, &i, "second"), "");
	CHECK_STR(ask(s, &i, "first"), "");
	CHECK_UINT(i.asked_keys, 2);
	/* One that was withdrawn is gone with the next answer. */
	fake_http_lock(i.http);
	i.keys[0] = second;
	i.n_keys = 1;
	fake_http_unlock(i.http);
	atomic_store(&now, START + 2 * PDG_LIMIT_ISSUER_PAUSE + PDG_ISSUER_FRESH);
	CHECK_STR(ask(s, &i, "first"), "TOK-6");
	CHECK_STR(ask(s, &i, "second"), "");
	issuer_close(&i);
}

static void an_issuer_is_away(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;
	unsigned asked;

	open_one(&i);
	CHECK_STR(ask(s, &i, "first"), "");
	issuer_behave(&i, ERROR_500);
	atomic_store(&now, START + PDG_ISSUER_FRESH);
	CHECK_STR(ask(s, &i, "first"), ""); /* by what was kept */
	CHECK_STR(ask(s, &i, "second"), "ISS-1");
	atomic_store(&now, START + PDG_ISSUER_KEPT - 1);
	CHECK_STR(ask(s, &i, "first"), "");
	atomic_store(&now, START + PDG_ISSUER_KEPT);
	CHECK_STR(ask(s, &i, "first"), "ISS-1");
	asked = i.asked_document;
	CHECK_STR(ask(s, &i, "first"), "ISS-1"); /* it is not asked for each of them */
	CHECK_UINT(i.asked_document, asked);
	issuer_behave(&i, GOOD);
	CHECK_STR(ask(s, &i, "first"), "ISS-1");
	atomic_store(&now, START + PDG_ISSUER_KEPT + PDG_ISSUER_RETRY);
	CHECK_STR(ask(s, &i, "first"), "");
	issuer_close(&i);
}

#define MANY 16

static atomic_int refused; /* of those who asked too */

struct asker {
	struct pdg_issuers *s;
	const struct issuer_made *i;
	const char *kid;
	char rule[PDG_ERROR_RULE_MAX];
};

static void *ask_too(void *arg)
{
	struct asker *a = arg;
	PDG_AUTO(jwk) struct pdg_jwk k = {0};
	struct pdg_error err = {0};

	(void)pdg_context(&err, pdg_issuers_key(a->s, issuer_url(a->i), a->kid, &k, &err), "asked");
	(void)snprintf(a->rule, sizeof(a->rule), "%s", err.rule);
	if (strcmp(err.rule, "ISS-1") == 0)
		atomic_fetch_add(&refused, 1);
	return NULL;
}

/* MANY ask while the issuer is silent, then it answers: how many hear the rule "" (the key). The
 * others were refused by ISS-1 before. */
static void of_a_silent_one(struct pdg_issuers *s, struct issuer_made *i, int answered)
{
	struct asker askers[MANY];
	pthread_t threads[MANY];
	int k, got = 0;

	atomic_store(&refused, 0);
	fake_http_lock(i->http); /* which its handler needs */
	for (k = 0; k < MANY; k++) {
		askers[k] = (struct asker){s, i, "first", ""};
		CHECK_INT(pthread_create(&threads[k], NULL, ask_too, &askers[k]), 0);
	}
	for (k = 0; k < 500 && atomic_load(&refused) < MANY - answered; k++)
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	CHECK_INT(atomic_load(&refused), MANY - answered);
	fake_http_unlock(i->http);
	for (k = 0; k < MANY; k++) {
		(void)pthread_join(threads[k], NULL);
		got += askers[k].rule[0] == '\0';
	}
	CHECK_INT(got, answered);
	CHECK_INT(atomic_load(&refused), MANY - answered);
}

/* Whoever comes while an issuer is asked waits for that, if few do; after a failure nobody does. */
static void a_silent_issuer(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;

	open_one(&i);
	of_a_silent_one(s, &i, 1 + PDG_ISSUER_WAITING);
	CHECK_UINT(i.asked_keys, 1);
	CHECK(1 + PDG_ISSUER_WAITING < PDG_LIMIT_CALLERS);
	issuer_behave(&i, ERROR_500);
	atomic_store(&now, START + PDG_ISSUER_KEPT);
	CHECK_STR(ask(s, &i, "first"), "ISS-1");
	issuer_behave(&i, GOOD);
	atomic_store(&now, START + PDG_ISSUER_KEPT + PDG_ISSUER_RETRY);
	of_a_silent_one(s, &i, 1);
	CHECK_UINT(i.asked_keys, 2);
	issuer_close(&i);
}

/* Keys that are there are used while others are asked for. */
static void many_at_once(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;
	struct asker askers[MANY];
	pthread_t threads[MANY];
	size_t k;

	open_one(&i);
	CHECK_STR(ask(s, &i, "first"), "");
	for (k = 0; k < MANY; k++) {
		askers[k] = (struct asker){s, &i, k % 2 ? "first" : "second", ""};
		CHECK_INT(pthread_create(&threads[k], NULL, ask_too, &askers[k]), 0);
	}
	for (k = 0; k < MANY; k++) {
		(void)pthread_join(threads[k], NULL);
		CHECK_STR(askers[k].rule, k % 2 ? "" : "ISS-6");
	}
	issuer_close(&i);
	CHECK_UINT(i.asked_keys, 1);
}

/* More issuers than are kept: those of a policy of before make room. */
static void more_than_are_kept(void)
{
	PDG_AUTO(issuers) struct pdg_issuers *s = open_issuers();
	struct issuer_made i;
	char url[128];
	int k;

	open_one(&i);
	for (k = 0; k < PDG_LIMIT_ISSUERS + 2; k++) {
		PDG_AUTO(jwk) struct pdg_jwk key = {0};
		struct pdg_error err = {0};

		(void)snprintf(url, sizeof(url), "%s/none-%d", issuer_url(&i), k);
		CHECK_RULE(pdg_issuers_key(s, url, "first", &key, &err), &err, "ISS-3");
	}
	CHECK_STR(ask(s, &i, "first"), "");
	issuer_close(&i);
}

static void open_keys(void)
{
	first = made_key_new(MADE_P256, "first");
	second = made_key_new(MADE_P256, "second");
	CHECK(first && second);
}

static void close_keys(void)
{
	CHECK(first && second);
	made_key_free(first);
	made_key_free(second);
}

PDG_TEST_MAIN("issuers", {"keys are made", open_keys}, {"bad manners", bad_manners},
	      {"nobody there", nobody_there}, {"keys are kept", keys_are_kept},
	      {"keys rotate", keys_rotate}, {"an issuer is away", an_issuer_is_away},
	      {"a silent issuer", a_silent_issuer}, {"many at once", many_at_once},
	      {"more than are kept", more_than_are_kept}, {"keys are freed", close_keys})
