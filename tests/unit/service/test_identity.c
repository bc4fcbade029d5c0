/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signed: signatures that do not stand, whatever they claim and however many, keep none beside
 * them from standing; and where none stands, the best of them says why.
 */
#include "service/identity.h"

#include "support/check.h"
#include "util/str.h"

#define NOW  INT64_C(1700000000)
#define KEYS 3

static char server_uri[] = "https://git.example.com/app";
static char builder_id[] = "https://ci.example.com/b";

/* A policy with one serverKey and a builder of two keys; and a key that nobody enrolled. */
struct fixture {
	struct pdg_key *key[KEYS + 1];
	struct pdg_trusted_key server, builders[2];
	struct pdg_policy_repository repository;
	struct pdg_policy_builder builder;
	struct pdg_policy policy;
	struct pdg_candidates candidates;
	struct pdg_envelope *e;
};

enum { SERVER, OLD, NEW, STRANGER };

static void fixture_done(struct fixture *f)
{
	size_t i;

	pdg_envelope_free(f->e);
	pdg_candidates_done(&f->candidates);
	for (i = 0; i <= KEYS; i++)
		pdg_key_free(f->key[i]);
}
PDG_AUTO_DEFINE_VALUE(fixture, struct fixture, fixture_done)

static void fixture_init(struct fixture *f)
{
	struct pdg_error err = {0};
	size_t i;

	*f = (struct fixture){.e = NULL};
	for (i = 0; i <= KEYS; i++) {
		if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &f->key[i], &err), &err))
			abort();
	}
	f->server = (struct pdg_trusted_key){.key = f->key[SERVER]};
	f->builders[0] = (struct pdg_trusted_key){.key = f->key[OLD]};
	f->builders[1] = (struct pdg_trusted_key){.key = f->key[NEW]};
	f->repository = (struct pdg_policy_repository){
		.uri = server_uri, .server_keys = {&f->server, 1}, .line = 1};
	f->builder =
		(struct pdg_policy_builder){.id = builder_id, .keys = {f->builders, 2}, .line = 2};
	f->policy.repositories = &f->repository;
	f->policy.n_repositories = 1;
	f->policy.builders = &f->builder;
	f->policy.n_builders = 1;
	if (!CHECK_OK(pdg_candidates_init(&f->candidates, &f->policy, &err), &err))
		abort();
}

/* Another signature on the envelope: by @key, said to be by @named; NULL: by nobody. */
static void sign(struct fixture *f, int key, const struct pdg_key *named)
{
	PDG_AUTO(envelope) struct pdg_envelope *one = NULL;
	const char *keyid = named ? pdg_key_hint(named) : "";
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_envelope_sign(pdg_bytes_str("{}"), f->key[key], &one, &err), &err))
		abort();
	if (f->e) {
		CHECK_OK(pdg_envelope_add(f->e, keyid, pdg_buf_bytes(&one->sigs[0].sig), &err),
			 &err);
		return;
	}
	f->e = PDG_TAKE(one);
	free(f->e->sigs[0].keyid);
	f->e->sigs[0].keyid = pdg_str_dup(keyid);
}

static void forget(struct fixture *f)
{
	pdg_envelope_free(PDG_TAKE(f->e));
}

/* The envelope is found to be signed by @n keys, the first of which is @key. */
static void found(struct fixture *f, size_t n, int key, size_t signature)
{
	struct pdg_identity id = {.n = 0};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_identify(&f->candidates, f->e, NULL, NOW, &id, &err), &err) ||
	    !CHECK_UINT(id.n, n))
		return;
	CHECK_INT(err.code, 0); /* trials that failed are nobody's fault */
	CHECK(id.v[0].who->key->key == f->key[key]);
	CHECK_UINT(id.v[0].signature, signature);
}

static void not_found(struct fixture *f, const char *rule)
{
	struct pdg_identity id = {.n = 0};
	struct pdg_error err = {0};

	CHECK_RULE(pdg_identify(&f->candidates, f->e, NULL, NOW, &id, &err), &err, rule);
	CHECK_UINT(id.n, 0);
}

static void every_key_counts_once(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	sign(&f, STRANGER, NULL);
	sign(&f, NEW, f.key[NEW]);
	sign(&f, NEW, f.key[NEW]);
	sign(&f, OLD, f.key[OLD]);
	found(&f, 2, NEW, 1);
	forget(&f);
	/* Nobody is named: the first that is enrolled and made one */
	sign(&f, STRANGER, NULL);
	sign(&f, NEW, NULL);
	sign(&f, OLD, NULL);
	found(&f, 1, OLD, 2);
}

static void a_key_that_had_its_time(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	f.builders[0].when.before = NOW - 1;
	sign(&f, OLD, f.key[OLD]);
	not_found(&f, "TIM-2");
	sign(&f, NEW, f.key[NEW]);
	found(&f, 1, NEW, 1);
	forget(&f);
	sign(&f, OLD, NULL);
	not_found(&f, "TIM-2");
	sign(&f, NEW, NULL);
	found(&f, 1, NEW, 1);
	forget(&f);
	f.builders[1].when.after = NOW + 1;
	sign(&f, NEW, f.key[NEW]);
	sign(&f, OLD, f.key[OLD]);
	not_found(&f, "TIM-1");
	sign(&f, SERVER, NULL);
	found(&f, 1, SERVER, 2);
}

static void the_best_says_why(void)
{
	PDG_AUTO(fixture) struct fixture f;

	fixture_init(&f);
	sign(&f, STRANGER, NULL);
	not_found(&f, "IDN-1");
	sign(&f, STRANGER, f.key[NEW]);
	not_found(&f, "ENV-5");
	f.builders[0].when.compromised_since = NOW - 10;
	sign(&f, OLD, NULL);
	not_found(&f, "TIM-3");
	sign(&f, STRANGER, f.key[SERVER]);
	not_found(&f, "TIM-3");
}

static void junk_does_not_hide_it(void)
{
	PDG_AUTO(fixture) struct fixture f;
	int i;

	fixture_init(&f);
	for (i = 0; i < PDG_LIMIT_SIGNATURES - 1; i++)
		sign(&f, STRANGER, f.key[i % KEYS]);
	sign(&f, NEW, f.key[NEW]);
	found(&f, 1, NEW, PDG_LIMIT_SIGNATURES - 1);
}

static void roles_and_sections(void)
{
	PDG_AUTO(fixture) struct fixture f;
	struct pdg_identity id = {.n = 0};
	struct pdg_error err = {0};

	fixture_init(&f);
	sign(&f, SERVER, f.key[SERVER]);
	sign(&f, NEW, f.key[NEW]);
	sign(&f, OLD, f.key[OLD]);
	CHECK_OK(pdg_identify(&f.candidates, f.e, NULL, NOW, &id, &err), &err);
	CHECK_UINT(id.n, 3);
	CHECK(pdg_identity_has(&id, PDG_AS_SERVER) && pdg_identity_has(&id, PDG_AS_BUILDER));
	CHECK(!pdg_identity_has(&id, PDG_AS_PRODUCER));
	CHECK(pdg_identity_narrow(&id, &f.builder.keys));
	CHECK_UINT(id.n, 2);
	CHECK(id.v[0].who->key->key == f.key[NEW] && id.v[1].who->key->key == f.key[OLD]);
	CHECK(!pdg_identity_narrow(&id, &f.repository.server_keys));
	CHECK_UINT(id.n, 2);
}

PDG_TEST_MAIN("identity", {"every key counts once", every_key_counts_once},
	      {"a key that had its time", a_key_that_had_its_time},
	      {"the best says why", the_best_says_why},
	      {"junk does not hide it", junk_does_not_hide_it},
	      {"roles and sections", roles_and_sections})
