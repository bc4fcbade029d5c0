/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is refused for its form, or for who signed it: nobody known, somebody who may not say that,
 * a signature that is wrong or one of too many.
 */
#include "unit/service/core_refusal.h"

#define PLAIN "https://git.example.com/plain"
#define NONE  "https://git.example.com/none"

#define DSSE "\"payloadType\":\"application/vnd.in-toto+json\""

static void not_a_submission(void)
{
	static const struct {
		const char *text, *rule;
		int status;
	} cases[] = {
		{"", "JSN-1", 400},
		{"[]", "JSN-1", 400},
		{"{\"payload\":\"e30=\",\"payload\":\"e30=\"}", "JSN-1", 400},
		{"{\"payload\":\"e30=\"," DSSE, "JSN-1", 400},
		{"{\"payload\":\"e30=\"," DSSE ",\"signatures\":[]}", "ENV-3", 403},
		{"{\"payload\":\"e30=\",\"payloadType\":\"text/plain\","
		 "\"signatures\":[{\"sig\":\"AAAA\"}]}",
		 "ENV-4", 400},
		{"{\"payload\":\"e30=\"," DSSE ",\"signatures\":[{\"sig\":\"AAAA\"}]}", "IDN-1",
		 403},
		{"{\"attestation\":{},\"other\":1}", "JSN-4", 400},
		{"{\"attestation\":[]}", "JSN-3", 400},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%.60s", cases[i].text);
		refused_and(&w, pdg_bytes_str(cases[i].text), cases[i].rule, cases[i].status,
			    false);
	}
	pdg_test_case(NULL);
	CHECK_UINT(journal_size(&w), 0);
	world_done(&w);
}

/* With a section for hooks alone: it does not say where its sources come from. */
static void world_with_plain(struct world *w)
{
	world_init(w);
	world_configure(w, 1,
			"[repository \"" PLAIN "\"]\n\tprotect = " MAIN
			"\n\tsshAllowedSigners = " PDG_TEST_DATA "/commits/allowed_signers\n");
	world_open(w);
}

/* Builders, and whoever would be one. */
static void builds_by_who_may_not(void)
{
	static const struct build_refusal cases[] = {
		{CI, {NULL, PLAIN, "ssh-good.raw", NULL, 1, 0}, "SRC-8", 403, true},
		/* Nobody known */
		{STRANGER, {NULL, APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-1", 403, false},
		/* A builder under another builder's name, or one that is only nearly his */
		{CI, {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-2", 403, true},
		{CI, {BUILDER "/", APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-2", 403, true},
		{OTHER_CI, {BUILDER_2, APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-3", 403, true},
		{CI, {NULL, NONE, "ssh-good.raw", NULL, 1, 0}, "IDN-5", 403, true},
		/* Roles */
		{SERVER, {NULL, APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-4", 403, true},
		{SCANNER, {NULL, APP, "ssh-good.raw", MAIN, 1, 0}, "IDN-4", 403, true},
	};
	struct world w;

	world_with_plain(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	refused_builds(&w, cases, sizeof(cases) / sizeof(cases[0]));
	fsck_is_clean(&w);
	world_done(&w);
}

static void sources_by_who_may_not(void)
{
	static const struct source_refusal cases[] = {
		{SERVER, {PLAIN, "ssh-good.raw", MAIN, NULL, false}, "SRC-8", 403, true},
		{CLONE, {PLAIN, "ssh-good.raw", MAIN, NULL, false}, "SRC-8", 403, false},
		/* A source by the server of another repository */
		{SERVER, {LIB, "ssh-good.raw", MAIN, NULL, false}, "IDN-6", 403, true},
		{SERVER, {NONE, "ssh-good.raw", MAIN, NULL, false}, "IDN-5", 403, true},
		{SERVER,
		 {APP, "ssh-good.raw", "refs/heads/topic", NULL, false},
		 "SRC-5",
		 422,
		 true},
		/* Its server's sources alone: a clone's commit is no evidence of a protected ref */
		{CLONE, {APP, "ssh-good.raw", NULL, NULL, false}, "SRC-7", 403, false},
		{CI, {APP, "ssh-good.raw", NULL, NULL, false}, "SRC-7", 403, false},
		/* A git server that signs with another key than the policy knows is told that */
		{CLONE, {APP, "ssh-good.raw", MAIN, NULL, false}, "IDN-1", 403, false},
		{CI, {APP, "ssh-good.raw", MAIN, NULL, false}, "IDN-4", 403, false},
	};
	struct world w;

	world_with_plain(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	refused_sources(&w, cases, sizeof(cases) / sizeof(cases[0]));
	fsck_is_clean(&w);
	world_done(&w);
}

#define STATEMENT(type)                                                                            \
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\",\"digest\":"  \
	"{\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}],"     \
	"\"predicateType\":\"" type "\",\"predicate\":{}}"

static void foreign_statements(void)
{
	static const struct {
		enum who who;
		const char *payload, *rule;
		int status;
	} cases[] = {
		{SCANNER, STATEMENT("https://spdx.dev/Document"), "STG-2", 501},
		{CI, STATEMENT("https://spdx.dev/Document"), "IDN-4", 403},
		{CI, STATEMENT("https://example.com/mine"), "STG-1", 501},
		{CI, "{}", "STM-1", 400},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_open(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s by %s", cases[i].payload, who_names[cases[i].who]);
		refused_payload(&w, cases[i].who, pdg_bytes_str(cases[i].payload),
				pdg_bytes(NULL, 0), cases[i].rule, cases[i].status, true);
	}
	pdg_test_case(NULL);
	fsck_is_clean(&w);
	world_done(&w);
}

/* One bit of payload or signature, and the key that it names did not make it. */
static void damaged_signatures(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &e, &err), &err);
	for (i = 0; i < e->sigs[0].sig.n; i += 7) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		pdg_test_case("byte %zu", i);
		e->sigs[0].sig.p[i] ^= 1;
		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		e->sigs[0].sig.p[i] ^= 1;
		refused_and(&w, pdg_buf_bytes(&body), "ENV-5", 403, false);
	}
	pdg_test_case(NULL);
	{
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

		/* The key id of another enrolled key: a hint, and the right key is found all the
		 * same. */
		free(e->sigs[0].keyid);
		e->sigs[0].keyid = pdg_str_dup(pdg_key_hint(w.key[SERVER]));
		CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
		CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	}
	world_done(&w);
}

/* Who signed is found by trial when nobody is named, and a key that was only tried is no reason. */
static void the_same_refusal_without_a_name(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf named = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf unnamed = PDG_BUF_INIT(PDG_LIMIT_BODY);
	const char *hint, *at;

	world_init(&w);
	world_open(&w);
	hint = pdg_key_hint(w.key[CI]);
	source_body(&w, CI, &app_main, &named);
	at = strstr(pdg_buf_cstr(&named), hint);
	if (CHECK(at != NULL)) {
		pdg_buf_put(&unnamed, pdg_bytes(named.p, (size_t)(at - (const char *)named.p)));
		pdg_buf_puts(&unnamed, at + strlen(hint));
		refused_and(&w, pdg_buf_bytes(&named), "IDN-4", 403, false);
		refused_and(&w, pdg_buf_bytes(&unnamed), "IDN-4", 403, false);
	}
	world_done(&w);
}

/* More signatures than are tried: the right one is found only when its keyid says so. */
static void trials_are_bounded(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf named = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf unnamed = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(envelope) struct pdg_envelope *good = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[STRANGER], &e, &err), &err);
	free(e->sigs[0].keyid);
	e->sigs[0].keyid = pdg_str_dup("");
	for (i = 1; i < PDG_LIMIT_SIGNATURES - 1; i++) {
		uint8_t sig[2] = {0x30, (uint8_t)i};

		CHECK_OK(pdg_envelope_add(e, "", pdg_bytes(sig, 2), &err), &err);
	}
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &good, &err), &err);
	CHECK_OK(pdg_envelope_add(e, "", pdg_buf_bytes(&good->sigs[0].sig), &err), &err);
	CHECK_OK(pdg_envelope_write(e, &unnamed, &err), &err);
	refused_and(&w, pdg_buf_bytes(&unnamed), "IDN-1", 403, false);
	free(e->sigs[e->n_sigs - 1].keyid);
	e->sigs[e->n_sigs - 1].keyid = pdg_str_dup(pdg_key_hint(w.key[CI]));
	CHECK_OK(pdg_envelope_write(e, &named, &err), &err);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&named)), 201);
	world_done(&w);
}

/* A public source that a stranger puts beside his own build was judged good: its signer refused
 * nothing, and nothing stands in the journal about him. */
static void what_a_stranger_brings_along(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_key *ci;
	uint64_t was;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	was = journal_size(&w);
	ci = w.key[CI];
	w.key[CI] = w.key[STRANGER];
	body_with_source(&w, SERVER, &app_main, &app_build, &body);
	w.key[CI] = ci;
	refused(&w, pdg_buf_bytes(&body), "IDN-1", 403);
	CHECK_UINT(journal_size(&w), was);
	world_done(&w);
}

PDG_TEST_MAIN("refused_sender", {"what a stranger brings along", what_a_stranger_brings_along},
	      {"not a submission", not_a_submission},
	      {"builds by who may not", builds_by_who_may_not},
	      {"sources by who may not", sources_by_who_may_not},
	      {"foreign statements", foreign_statements},
	      {"damaged signatures", damaged_signatures},
	      {"the same refusal without a name", the_same_refusal_without_a_name},
	      {"trials are bounded", trials_are_bounded})
