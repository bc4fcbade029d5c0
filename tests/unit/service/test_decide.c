/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sender may choose of what is kept: no signature that nobody verified, no text that does
 * not follow from the commit, no place in a crowd of sources where the true one is not found, no
 * age.
 */
#include "store/sqlite.h"
#include "unit/service/core_world.h"

static const struct source_of lib_clone = {LIB, "ssh-good.raw", NULL, NULL, false};

/* The record of @reference as the service gives it. */
static struct pdg_record *record_of(struct world *w, const char *reference)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	struct pdg_record *r = NULL;
	struct pdg_error err = {0};
	bool pending;

	if (!CHECK_OK(pdg_core_record(w->core, reference, &json, &pending, &err), &err) ||
	    !CHECK_OK(pdg_record_parse(pdg_buf_bytes(&json), "record", &r, &err), &err))
		abort();
	return r;
}

static int64_t leaf_received(const struct pdg_record *r)
{
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *leaf = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_journal_leaf_parse(pdg_buf_bytes(&r->journal->leaf), &leaf, &err), &err))
		return 0;
	return leaf->received;
}

/* --- signatures --- */

/* The statement of @b, signed by @who, with as many signatures more as there may be: junk. */
static struct pdg_envelope *junk_envelope(struct world *w, enum who who, const struct build_of *b)
{
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};
	unsigned i;

	build_statement(b, &payload);
	if (!CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w->key[who], &e, &err), &err))
		abort();
	for (i = 1; i < PDG_LIMIT_SIGNATURES; i++) {
		uint8_t sig[2] = {0x30, (uint8_t)i};

		CHECK_OK(pdg_envelope_add(e, "somebody", pdg_bytes(sig, 2), &err), &err);
	}
	return e;
}

/* Submit @e; the status must be @status. Its record, owned by the caller. */
static struct pdg_record *submit_envelope(struct world *w, const struct pdg_envelope *e, int status)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};

	CHECK_OK(pdg_envelope_write(e, &body, &err), &err);
	CHECK_INT(submit_status(w, pdg_buf_bytes(&body)), status);
	return record_of(w, e->reference);
}

static void signed_by(const struct pdg_record *r, size_t i, const struct pdg_key *key)
{
	struct pdg_error err = {0};

	if (!CHECK(i < r->envelope->n_sigs))
		return;
	CHECK_STR(r->envelope->sigs[i].keyid, pdg_key_hint(key));
	CHECK_OK(pdg_key_verify(key, pdg_buf_bytes(&r->envelope->pae),
				pdg_buf_bytes(&r->envelope->sigs[i].sig), &err),
		 &err);
}

static void junk_locks_nobody_out(void)
{
	struct world w;
	PDG_AUTO(envelope) struct pdg_envelope *one = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *two = NULL;
	PDG_AUTO(record) struct pdg_record *first = NULL;
	PDG_AUTO(record) struct pdg_record *joined = NULL;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	one = junk_envelope(&w, CI, &app_build);
	two = junk_envelope(&w, CI_2, &app_build);
	first = submit_envelope(&w, one, 201);
	CHECK_UINT(first->envelope->n_sigs, 1);
	signed_by(first, 0, w.key[CI]);
	atomic_store(&w.now, NOW + 3600);
	joined = submit_envelope(&w, two, 200);
	CHECK_UINT(joined->envelope->n_sigs, 2);
	signed_by(joined, 0, w.key[CI]);
	signed_by(joined, 1, w.key[CI_2]);
	/* It is in the journal that he came; the statement is no younger for it. */
	CHECK_UINT(journal_size(&w), 3);
	CHECK_INT(joined->received, NOW);
	CHECK_INT(leaf_received(joined), NOW);
	CHECK_UINT(joined->journal->index, first->journal->index);
	chain_is(&w, 1, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

static void signed_by_two_at_once(void)
{
	struct world w;
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *other = NULL;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(record) struct pdg_record *again = NULL;
	static const enum who signers[] = {SCANNER, OTHER_CI, CI_2};
	struct pdg_error err = {0};
	size_t i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CI], &e, &err), &err);
	/* Others who may not speak here are no obstacle, and are not kept. */
	for (i = 0; i < 3; i++) {
		CHECK_OK(
			pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[signers[i]], &other, &err),
			&err);
		CHECK_OK(pdg_envelope_add(e, other->sigs[0].keyid,
					  pdg_buf_bytes(&other->sigs[0].sig), &err),
			 &err);
		if (i < 2)
			pdg_envelope_free(PDG_TAKE(other));
	}
	r = submit_envelope(&w, e, 201);
	CHECK_UINT(r->envelope->n_sigs, 2);
	signed_by(r, 0, w.key[CI]);
	signed_by(r, 1, w.key[CI_2]);
	/* Neither of them is new. */
	again = submit_envelope(&w, other, 200);
	CHECK_UINT(again->envelope->n_sigs, 2);
	CHECK_UINT(journal_size(&w), 2);
	fsck_is_clean(&w);
	world_done(&w);
}

static void a_clones_signature_is_nobodys(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(record) struct pdg_record *r = NULL;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	source_statement(&w, &lib_clone, &raw, &payload);
	CHECK_OK(pdg_envelope_sign(pdg_buf_bytes(&payload), w.key[CLONE], &e, &err), &err);
	CHECK_OK(pdg_envelope_add(e, "more", pdg_bytes_str("0"), &err), &err);
	free(e->sigs[0].keyid);
	e->sigs[0].keyid = pdg_str_dup("whatever one might like to have countersigned");
	CHECK_OK(pdg_submission_write(e, pdg_buf_bytes(&raw), &body, &err), &err);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	r = record_of(&w, e->reference);
	CHECK_UINT(r->envelope->n_sigs, 1);
	CHECK_STR(r->envelope->sigs[0].keyid, "");
	fsck_is_clean(&w);
	world_done(&w);
}

/* --- what a source says --- */

/* The source statement of @s with @from replaced by @to, signed by @who. */
static void altered_source(struct world *w, enum who who, const struct source_of *s,
			   const char *from, struct pdg_bytes to, struct pdg_buf *body)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf altered = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_bytes all;
	size_t at;

	source_statement(w, s, &raw, &payload);
	all = pdg_buf_bytes(&payload);
	at = pdg_bytes_find(all, pdg_bytes_str(from), 0);
	if (!CHECK(at != SIZE_MAX))
		abort();
	pdg_buf_put(&altered, pdg_bytes_head(all, at));
	pdg_buf_put(&altered, to);
	pdg_buf_put(&altered, pdg_bytes_from(all, at + strlen(from)));
	envelope_of(w->key[who], pdg_buf_bytes(&altered), pdg_buf_bytes(&raw), body);
}

static void sources_say_no_more(void)
{
	static const struct {
		const char *from, *to;
		const char *rule;
		int status;
	} cases[] = {
		{"\"name\":\"", "\"name\":\"an essay on ", "SRC-1", 400},
		{"https://git.example.com/", "https://git.example.com:443/", "SRC-3", 422},
		{"https://git.example.com/", "git+https://git.example.com/", "SRC-3", 422},
		{"https://git.example.com/", "https://GIT.example.com/", "SRC-3", 422},
	};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf blanks = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	size_t i;

	world_init(&w);
	world_open(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i].to);
		pdg_buf_reset(&body);
		altered_source(&w, SERVER, &app_main, cases[i].from, pdg_bytes_str(cases[i].to),
			       &body);
		refused(&w, pdg_buf_bytes(&body), cases[i].rule, cases[i].status);
		pdg_buf_reset(&body);
		altered_source(&w, CLONE, &lib_clone, cases[i].from, pdg_bytes_str(cases[i].to),
			       &body);
		refused(&w, pdg_buf_bytes(&body), cases[i].rule, cases[i].status);
	}
	pdg_test_case(NULL);
	/* White space is JSON too. */
	for (i = 0; i < PDG_LIMIT_MIB(1); i++)
		pdg_buf_putc(&blanks, ' ');
	pdg_buf_puts(&blanks, "\"predicate\":");
	pdg_buf_reset(&body);
	altered_source(&w, CLONE, &lib_clone, "\"predicate\":", pdg_buf_bytes(&blanks), &body);
	refused(&w, pdg_buf_bytes(&body), "STM-2", 413);
	CHECK_INT(submit_source(&w, CLONE, &lib_clone), 201);
	world_done(&w);
}

/* --- a crowd of sources --- */

#define CROWD 330

struct crowd {
	struct pdg_store *s;
	char oid[PDG_OID_HEX], sha256[PDG_OID_HEX];
	unsigned n;
};

/* As kept, of the commit: a source of @repository, or a build that says its digest is an
 * artifact's.
 */
static void put(struct crowd *c, const char *stage, const char *repository, const char *ref,
		const struct pdg_buf *payload)
{
	PDG_AUTO(stored) struct pdg_stored *a = calloc(1, sizeof(*a));
	struct pdg_store_subject subjects[] = {{"sha256", c->sha256}, {"gitCommit", c->oid}};
	struct pdg_error err = {0};

	if (!a)
		abort();
	a->reference = pdg_str_printf("sha256:%064x", ++c->n);
	a->stage = pdg_str_dup(stage);
	a->repository = pdg_str_dup(repository);
	a->git_commit = pdg_str_dup(c->oid);
	a->grade = pdg_str_dup(ref ? "server" : "clone");
	a->service_key = pdg_str_dup("nobody");
	pdg_buf_init(&a->payload, PDG_LIMIT_PAYLOAD);
	pdg_buf_put(&a->payload, pdg_buf_bytes(payload));
	CHECK_OK(c->s->ops->insert(c->s, a, subjects, 2, &err), &err);
}

/* The true source of the commit, for main, behind three crowds: no page of a hundred shows it. */
static void fill(struct world *w, struct crowd *c)
{
	static const struct source_of on_release = {APP, "ssh-good.raw", "refs/heads/release/1",
						    NULL, false};
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf release = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf truth = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	struct pdg_error err = {0};
	bool is_new;
	unsigned i;

	source_statement(w, &on_release, &raw, &release);
	source_statement(w, &app_main, &again, &truth);
	if (!CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, c->oid, &err), &err) ||
	    !CHECK_OK(pdg_commit_sha256(pdg_buf_bytes(&raw), c->sha256, &err), &err) ||
	    !CHECK_OK(pdg_sqlite_open(path, &c->s, &is_new, &err), &err))
		abort();
	CHECK_OK(c->s->ops->begin(c->s, &err), &err);
	for (i = 0; i < CROWD; i++) {
		put(c, "build", APP, MAIN, &truth);
		put(c, "source", "https://git.example.com/fork", MAIN, &truth);
		put(c, "source", APP, MAIN, &release);
	}
	put(c, "source", APP, MAIN, &truth);
	CHECK_OK(c->s->ops->commit(c->s, &err), &err);
	pdg_store_close(c->s);
}

/* A build of the commit by its object name, or by its sha256 alone. */
static void build_by_digest(const struct crowd *c, bool by_name, struct pdg_buf *out)
{
	pdg_buf_printf(
		out,
		"{\"_type\":\"" PDG_STATEMENT_V1 "\",\"subject\":[{\"name\":\"a\",\"digest\":"
		"{\"sha256\":\"%064x\"}}],\"predicateType\":\"https://slsa.dev/provenance/v1\","
		"\"predicate\":{\"buildDefinition\":{\"buildType\":\"https://example.com/t\","
		"\"externalParameters\":{\"source\":{\"uri\":\"" APP "\",\"ref\":\"" MAIN
		"\",\"digest\":{\"%s\":\"%s\"}}}},\"runDetails\":{\"builder\":{\"id\":\"" BUILDER
		"\"}}}}",
		5U, by_name ? "gitCommit" : "sha256", by_name ? c->oid : c->sha256);
}

static void the_true_source_is_found(void)
{
	struct world w;
	struct crowd c = {.n = 0};
	PDG_AUTO(mem) char *link = NULL;
	int by_name;

	world_init(&w);
	world_open(&w); /* its journal is begun */
	world_close(&w);
	fill(&w, &c);
	link = pdg_str_printf("sha256:%064x", c.n);
	world_open(&w);
	for (by_name = 0; by_name < 2; by_name++) {
		PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		PDG_AUTO(got) struct got g;

		build_by_digest(&c, by_name, &payload);
		envelope_of(w.key[CI], pdg_buf_bytes(&payload), pdg_bytes(NULL, 0), &body);
		submit(&w, pdg_buf_bytes(&body), 0, &g);
		if (!CHECK_INT(g.status, 202))
			(void)fprintf(stderr, "    [%s] %s\n", g.rule, g.text);
		else
			CHECK_HAS(strstr(pdg_buf_cstr(&g.body), "\"links\":"), link);
	}
	world_done(&w);
}

/* A clone's statement is found among the server's, however many there are. */
static void the_clones_statement_is_found(void)
{
	static const struct source_of lib_server = {LIB, "ssh-good.raw", MAIN, NULL, false};
	struct world w;
	struct crowd c = {.n = 0};
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};
	bool is_new;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, LIB_SERVER, &lib_server), 201);
	world_close(&w);
	source_statement(&w, &lib_clone, &raw, &payload);
	path = pdg_test_path(w.dir, "p.db");
	if (!CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, c.oid, &err), &err) ||
	    !CHECK_OK(pdg_commit_sha256(pdg_buf_bytes(&raw), c.sha256, &err), &err) ||
	    !CHECK_OK(pdg_sqlite_open(path, &c.s, &is_new, &err), &err))
		abort();
	CHECK_OK(c.s->ops->begin(c.s, &err), &err);
	for (i = 0; i < CROWD; i++)
		put(&c, "source", LIB, MAIN, &payload);
	CHECK_OK(c.s->ops->commit(c.s, &err), &err);
	pdg_store_close(c.s);

	world_open(&w);
	CHECK_INT(submit_source(&w, CLONE, &lib_clone), 201);
	pdg_buf_put(&other, pdg_buf_bytes(&payload));
	pdg_buf_putc(&other, '\n');
	envelope_of(w.key[STRANGER], pdg_buf_bytes(&other), pdg_buf_bytes(&raw), &body);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	CHECK_UINT(journal_size(&w), 2);
	world_done(&w);
}

PDG_TEST_MAIN("decide", {"junk locks nobody out", junk_locks_nobody_out},
	      {"signed by two at once", signed_by_two_at_once},
	      {"a clone's signature is nobody's", a_clones_signature_is_nobodys},
	      {"sources say no more", sources_say_no_more},
	      {"the true source is found", the_true_source_is_found},
	      {"the clone's statement is found", the_clones_statement_is_found})
