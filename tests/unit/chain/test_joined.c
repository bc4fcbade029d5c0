/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signatures that joined a kept envelope later: the journal's leaf is about those before them, and
 * what it says of time it says of those alone.
 */
#include "unit/chain/scene.h"

#define TWO_KEYS                                                                                   \
	WORLD_TRUST WORLD_REPOSITORIES "[builder \"" WORLD_BUILDER                                 \
				       "\"]\n\trepository = https://git.example.com/*\n"           \
				       "\tkey = keys/builder.pub\n\tkey = keys/nightly.pub\n"      \
				       "\tslsaLevel = 3\n" WORLD_REQUIRE

enum change { JOIN, SWAP, DROP_FIRST };

/* What is made of the build's envelope once it is in the journal. */
static void change_envelope(struct scene *s, enum change change)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	const struct pdg_key *key = s->w.key[WORLD_NIGHTLY_KEY];
	const struct pdg_envelope_keep swapped[] = {{1, "second"}, {0, "first"}};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_envelope_parse(pdg_buf_bytes(&s->build.envelope), &e, &err), &err) ||
	    !CHECK_OK(pdg_key_sign(key, pdg_buf_bytes(&e->pae), &sig, &err), &err) ||
	    !CHECK_OK(pdg_envelope_add(e, pdg_key_hint(key), pdg_buf_bytes(&sig), &err), &err))
		return;
	if (change != JOIN)
		CHECK_OK(pdg_envelope_keep(e, swapped, change == SWAP ? 2 : 1, &err), &err);
	pdg_buf_reset(&s->build.envelope);
	CHECK_OK(pdg_envelope_write(e, &s->build.envelope, &err), &err);
	scene_both(s);
}

/* The builder's two keys; @until: neither counts after it. */
static struct pdg_key_list *builder_keys(struct scene *s, int64_t until)
{
	struct pdg_key_list *keys = &s->w.policy->builders[0].keys;
	size_t i;

	for (i = 0; i < keys->n; i++)
		keys->v[i].when.before = until;
	return keys;
}

static void who_joins_does_no_harm(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, TWO_KEYS);
	expect_good(&s);
	change_envelope(&s, JOIN);
	expect_good(&s);
	CHECK_INT(s.r->newest, WORLD_BUILD_AT);
	/* The first signature is still as old as it was. */
	(void)builder_keys(&s, WORLD_BUILD_AT + 10);
	expect_good(&s);
}

static void the_leaf_is_about_the_first(void)
{
	PDG_AUTO(scene) struct scene s;

	scene_init(&s, TWO_KEYS);
	change_envelope(&s, SWAP);
	expect_read_build(&s, "CHN-5");
	scene_make(&s, NULL, NULL);
	change_envelope(&s, DROP_FIRST);
	expect_read_build(&s, "CHN-5");
}

/* Whoever has an outlived key can sign now; beside a statement of then that makes it no older. */
static void who_joins_has_no_time_but_now(void)
{
	PDG_AUTO(scene) struct scene s;
	struct pdg_make both = {0};
	struct pdg_key_list *keys;

	scene_init(&s, TWO_KEYS);
	change_envelope(&s, JOIN);
	keys = builder_keys(&s, WORLD_BUILD_AT + 10);
	keys->v[0].when.compromised_since = WORLD_COMMITTED;
	expect_read_build(&s, "TIM-3");
	keys->v[0].when.compromised_since = 0;
	keys->v[0].when.after = WORLD_NOW;
	keys->v[0].when.before = 0;
	expect_read_build(&s, "TIM-1");
	keys->v[1].when.before = 0;
	expect_good(&s); /* good now, and signed now */
	/* The leaf was about both: then the second is as old as the first. */
	keys->v[1].when.before = WORLD_BUILD_AT + 10;
	both.second = s.w.key[WORLD_NIGHTLY_KEY];
	scene_make(&s, NULL, &both);
	scene_both(&s);
	expect_good(&s);
}

PDG_TEST_MAIN("joined", {"who joins does no harm", who_joins_does_no_harm},
	      {"the leaf is about the first", the_leaf_is_about_the_first},
	      {"who joins has no time but now", who_joins_has_no_time_but_now})
