/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main job against a real store and a real embedded log: sources and builds are accepted,
 * countersigned, journalled and logged; what comes again is known; another signer joins; what was
 * answered verifies.
 */
#include "commit/object.h"
#include "service/core_impl.h"
#include "unit/service/core_log.h"

/* Everything that a stranger would check of an answer, from the record that the core gives. */
static void record_holds(struct world *w, const char *reference, enum pdg_stage_id stage)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(buf) struct pdg_buf keys = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf root_text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(json) json_t *root_keys = NULL;
	PDG_AUTO(key) struct pdg_key *service = NULL;
	PDG_AUTO(key) struct pdg_key *journal = NULL;
	PDG_AUTO(root) struct pdg_root *root = NULL;
	const struct pdg_root_log *log;
	const json_t *list;
	const char *pem;
	uint8_t digest[32];
	struct pdg_error err = {0};
	size_t which;
	bool pending = true;

	if (!CHECK_OK(pdg_core_record(w->core, reference, &json, &pending, &err), &err) ||
	    !CHECK_OK(pdg_record_parse(pdg_buf_bytes(&json), "record", &r, &err), &err))
		return;
	CHECK(!pending);
	CHECK_STR(r->reference, reference);
	CHECK(r->stage == pdg_stage(stage));
	CHECK_INT(r->received, NOW);
	CHECK((r->commit.n > 0) == (stage == PDG_STAGE_SOURCE));

	/* keys.json and trusted-root.json are all that it takes. */
	if (!CHECK_OK(pdg_core_keys(w->core, &keys, &err), &err) ||
	    !CHECK_OK(pdg_json_load(pdg_buf_bytes(&keys), PDG_LIMIT_MIB(1), &root_keys, &err),
		      &err) ||
	    !CHECK_OK(pdg_json_arr(root_keys, "keys", &list, &err), &err) ||
	    !CHECK_OK(pdg_json_str(pdg_json_at(list, 0), "publicKey", &pem, &err), &err) ||
	    !CHECK_OK(pdg_key_public_pem(pdg_bytes_str(pem), &service, &err), &err) ||
	    !CHECK_OK(pdg_json_arr(root_keys, "journalKeys", &list, &err), &err) ||
	    !CHECK_OK(pdg_json_str(pdg_json_at(list, 0), "publicKey", &pem, &err), &err) ||
	    !CHECK_OK(pdg_key_public_pem(pdg_bytes_str(pem), &journal, &err), &err) ||
	    !CHECK_OK(pdg_core_trusted_root(w->core, &root_text, &err), &err) ||
	    !CHECK_OK(pdg_root_parse(pdg_buf_bytes(&root_text), &root, &err), &err))
		return;
	CHECK_OK(pdg_journal_proof_verify(r->journal, journal, &err), &err);
	if (!CHECK(r->bundle && r->bundle->envelope && r->bundle->n_entries == 1))
		return;
	CHECK_STR(r->bundle->key_hint, pdg_key_hint(service));
	CHECK_OK(pdg_envelope_verify(r->bundle->envelope, service, &which, &err), &err);
	CHECK_OK(pdg_digest(PDG_SHA256, pdg_buf_bytes(&r->bundle->envelope->pae), digest, &err),
		 &err);
	CHECK_OK(pdg_entry_verify(r->bundle->entries[0], root, digest,
				  pdg_buf_bytes(&r->bundle->envelope->sigs[0].sig), service, &log,
				  &err),
		 &err);
}

static void source_and_build(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf source = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf build = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_core_stats stats;
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	source_body(&w, SERVER, &app_main, &source);
	build_body(&w, CI, &app_build, &build);
	{
		PDG_AUTO(got) struct got s;
		PDG_AUTO(got) struct got b;

		submit(&w, pdg_buf_bytes(&source), WAIT_MS, &s);
		CHECK_INT(s.status, 201);
		CHECK_STR(s.rule, "");
		submit(&w, pdg_buf_bytes(&build), WAIT_MS, &b);
		CHECK_INT(b.status, 201);
		CHECK_STR(b.rule, "");
		record_holds(&w, s.reference, PDG_STAGE_SOURCE);
		record_holds(&w, b.reference, PDG_STAGE_BUILD);
		/* The build's links name the source. */
		CHECK_HAS(pdg_buf_cstr(&b.body), "\"state\":\"logged\"");
		CHECK_HAS(pdg_buf_cstr(&b.body),
			  "\"links\":[{\"stage\":\"source\",\"reference\":\"sha256:");
		CHECK_HAS(strstr(pdg_buf_cstr(&b.body), "\"links\":"), s.reference);
		CHECK_HAS(pdg_buf_cstr(&s.body), "\"links\":[]");
	}
	chain_is(&w, 1, "good");
	chain_is(&w, 2, "refused");
	CHECK_UINT(journal_size(&w), 2);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 2);
	CHECK_UINT(stats.logged, 2);
	CHECK_UINT(stats.pending, 0);
	CHECK(stats.commits >= 4);
	CHECK_OK(pdg_core_ready(w.core, &err), &err);
	fsck_is_clean(&w);
	world_done(&w);
}

static void known_again(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got again;
	PDG_AUTO(got) struct got resigned;
	struct pdg_core_stats stats;

	world_init(&w);
	world_open(&w);
	source_body(&w, SERVER, &app_main, &body);
	submit(&w, pdg_buf_bytes(&body), WAIT_MS, &first);
	CHECK_INT(first.status, 201);
	submit(&w, pdg_buf_bytes(&body), 0, &again);
	CHECK_INT(again.status, 200);
	CHECK_BYTES(pdg_buf_bytes(&again.body), pdg_buf_bytes(&first.body));
	/* ECDSA signs anew each time: other bytes, the same signer. */
	pdg_buf_reset(&body);
	source_body(&w, SERVER, &app_main, &body);
	submit(&w, pdg_buf_bytes(&body), 0, &resigned);
	CHECK_INT(resigned.status, 200);
	CHECK_BYTES(pdg_buf_bytes(&resigned.body), pdg_buf_bytes(&first.body));
	CHECK_UINT(journal_size(&w), 1);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 1);
	CHECK_UINT(stats.known, 2);
	world_done(&w);
}

static void second_signer_joins(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf one = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf two = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got joined;
	PDG_AUTO(got) struct got again;
	struct pdg_error err = {0};
	bool pending;
	size_t which;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_body(&w, CI, &app_build, &one);
	build_body(&w, CI_2, &app_build, &two);
	submit(&w, pdg_buf_bytes(&one), WAIT_MS, &first);
	CHECK_INT(first.status, 201);
	atomic_store(&w.now, NOW + 60);
	submit(&w, pdg_buf_bytes(&two), WAIT_MS, &joined);
	CHECK_INT(joined.status, 200);
	CHECK_STR(joined.reference, first.reference);
	CHECK_UINT(journal_size(&w), 3);
	submit(&w, pdg_buf_bytes(&two), WAIT_MS, &again);
	CHECK_BYTES(pdg_buf_bytes(&again.body), pdg_buf_bytes(&joined.body));
	CHECK_UINT(journal_size(&w), 3);
	if (CHECK_OK(pdg_core_record(w.core, first.reference, &json, &pending, &err), &err) &&
	    CHECK_OK(pdg_record_parse(pdg_buf_bytes(&json), "record", &r, &err), &err)) {
		CHECK_UINT(r->envelope->n_sigs, 2);
		CHECK_OK(pdg_envelope_verify(r->envelope, w.key[CI], &which, &err), &err);
		CHECK_OK(pdg_envelope_verify(r->envelope, w.key[CI_2], &which, &err), &err);
	}
	chain_is(&w, 1, "good");
	fsck_is_clean(&w);
	world_done(&w);
}

/* Reference, state, envelope and bundle, byte for byte; the journal's proof leads to its latest
 * tree. */
static void same_but_proof(struct got *a, struct got *b)
{
	size_t at = pdg_bytes_find(pdg_buf_bytes(&b->body), pdg_bytes_str(",\"journal\":"), 0);

	CHECK(at != SIZE_MAX && at > 1000);
	CHECK_BYTES(pdg_bytes_head(pdg_buf_bytes(&a->body), at),
		    pdg_bytes_head(pdg_buf_bytes(&b->body), at));
}

static void clone_statements(void)
{
	static const struct source_of lib = {LIB, "ssh-good.raw", NULL, NULL, false};
	static const struct source_of lib_server = {LIB, "ssh-good.raw", MAIN, NULL, false};
	static const struct build_of build = {NULL, LIB, "ssh-good.raw", NULL, 7, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf one = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf two = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(got) struct got first;
	PDG_AUTO(got) struct got other;

	world_init(&w);
	world_open(&w);
	/* By a key that nobody enrolled: the commit stands for it. */
	source_body(&w, CLONE, &lib, &one);
	submit(&w, pdg_buf_bytes(&one), WAIT_MS, &first);
	CHECK_INT(first.status, 201);
	CHECK_STR(first.text, "");
	record_holds(&w, first.reference, PDG_STAGE_SOURCE);
	CHECK_INT(submit_build(&w, CI, &build), 201);
	chain_is(&w, 7, "good");

	/* Another clone's statement about it, in other bytes: answered with the kept one. */
	source_statement(&w, &lib, &raw, &payload);
	pdg_buf_putc(&payload, '\n');
	envelope_of(w.key[STRANGER], pdg_buf_bytes(&payload), pdg_buf_bytes(&raw), &two);
	submit(&w, pdg_buf_bytes(&two), WAIT_MS, &other);
	CHECK_INT(other.status, 200);
	CHECK_STR(other.reference, first.reference);
	same_but_proof(&other, &first);
	CHECK_UINT(journal_size(&w), 2);

	/* The server's own is another statement, and of the better grade. */
	CHECK_INT(submit_source(&w, LIB_SERVER, &lib_server), 201);
	fsck_is_clean(&w);
	world_done(&w);
}

static void forge_merge_is_the_servers_word(void)
{
	static const struct source_of by_server = {APP, "ssh-forge-merge.raw", MAIN, NULL, false};
	static const struct source_of by_clone = {LIB, "ssh-forge-merge.raw", NULL, NULL, false};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &by_server), 201);
	source_body(&w, CLONE, &by_clone, &body);
	refused(&w, pdg_buf_bytes(&body), "SRC-10", 422);
	world_done(&w);
}

static void build_brings_its_source(void)
{
	static const struct source_of lib = {LIB, "ssh-team.raw", NULL, NULL, false};
	static const struct source_of other = {APP, "ssh-team.raw", MAIN, NULL, false};
	static const struct build_of lib_build = {NULL, LIB, "ssh-team.raw", NULL, 3, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_core_stats stats;

	world_init(&w);
	world_open(&w);
	body_with_source(&w, SERVER, &app_main, &app_build, &body);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	chain_is(&w, 1, "good");
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 200);
	CHECK_UINT(journal_size(&w), 2);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 200);

	/* Only the git server's may come along, and it must be the build's. */
	pdg_buf_reset(&body);
	body_with_source(&w, CLONE, &lib, &lib_build, &body);
	refused(&w, pdg_buf_bytes(&body), "SUB-1", 400);
	pdg_buf_reset(&body);
	body_with_source(&w, SERVER, &other, &app_build, &body);
	refused(&w, pdg_buf_bytes(&body), "BLD-5", 422);
	pdg_core_stats(w.core, &stats);
	CHECK_UINT(stats.accepted, 2);
	fsck_is_clean(&w);
	world_done(&w);
}

/*
 * A source that comes along with a build is kept by itself: it is logged although the build, which
 * has all the signatures that one may have, is refused another one.
 */
static void source_outlives_its_build(void)
{
	static const struct source_of on_release = {APP, "ssh-good.raw", "refs/heads/release/1",
						    NULL, false};
	static const struct build_of build = {NULL, APP, "ssh-good.raw", NULL, 1, 0};
	struct world w;
	PDG_AUTO(buf) struct pdg_buf conf = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_core_stats stats;
	struct pdg_error err = {0};
	unsigned i;

	world_init(&w);
	pdg_buf_puts(&conf, "key = ci.pub\n");
	for (i = 0; i < PDG_LIMIT_SIGNATURES; i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf("more%u", i);

		pdg_key_free(world_make_key(&w, name));
		pdg_buf_printf(&conf, "\tkey = more%u.pub\n", i);
	}
	world_reconfigure(&w, "key = ci.pub\n", pdg_buf_cstr(&conf));
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	for (i = 0; i < PDG_LIMIT_SIGNATURES; i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf("more%u.pem", i);
		PDG_AUTO(mem) char *path = pdg_test_path(w.dir, name);
		PDG_AUTO(key) struct pdg_key *key = NULL;

		CHECK_OK(pdg_key_private_file(path, &key, &err), &err);
		pdg_key_free(w.key[CI_2]);
		w.key[CI_2] = PDG_TAKE(key);
		CHECK_INT(submit_build(&w, CI_2, &build), i == 0 ? 201 : 200);
	}
	body_with_source(&w, SERVER, &on_release, &build, &body);
	refused(&w, pdg_buf_bytes(&body), "ENV-2", 413);
	for (i = 0; i < 200; i++) {
		struct timespec ts = {.tv_nsec = 20 * 1000000};

		pdg_core_stats(w.core, &stats);
		if (stats.pending == 0)
			break;
		(void)nanosleep(&ts, NULL);
	}
	CHECK_UINT(stats.pending, 0);
	CHECK_UINT(stats.accepted, 3);
	CHECK_UINT(stats.logged, 3);
	fsck_is_clean(&w);
	world_done(&w);
}

/* A bundle, as cosign would send it: the key is named by its hint alone. */
static void bundle_is_a_submission(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error err = {0};

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	build_statement(&app_build, &payload);
	pdg_pae(pdg_bytes_str(PDG_PAYLOAD_TYPE), pdg_buf_bytes(&payload), &pae);
	CHECK_OK(pdg_key_sign(w.key[CI], pdg_buf_bytes(&pae), &sig, &err), &err);
	CHECK_OK(pdg_bundle_write(&(struct pdg_bundle_parts){.key = w.key[CI],
							     .payload = pdg_buf_bytes(&payload),
							     .sig = pdg_buf_bytes(&sig)},
				  &body, &err),
		 &err);
	CHECK_INT(submit_status(&w, pdg_buf_bytes(&body)), 201);
	chain_is(&w, 1, "good");
	world_done(&w);
}

/* The listing of @value behind @after has @n entries, all of @stage where one is asked for. */
static void listed(struct world *w, const char *algorithm, const char *value, const char *stage,
		   int64_t after, size_t n)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(8));
	PDG_AUTO(json) json_t *root = NULL;
	const json_t *list = NULL;
	struct pdg_error err = {0};
	size_t i;

	CHECK_OK(pdg_core_subjects(w->core, algorithm, value, stage, after, &out, &err), &err);
	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&out), PDG_LIMIT_MIB(8), &root, &err), &err) ||
	    !CHECK_OK(pdg_json_arr(root, "attestations", &list, &err), &err))
		return;
	CHECK_UINT(pdg_json_len(list), n);
	for (i = 0; stage && i < pdg_json_len(list); i++) {
		const char *is = NULL;

		CHECK_OK(pdg_json_str(pdg_json_at(list, i), "stage", &is, &err), &err);
		CHECK_STR(is, stage);
	}
}

static void commit_hex(const char *name, char out[PDG_OID_HEX])
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct pdg_error err = {0};

	commit_read(name, &raw);
	CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, out, &err), &err);
}

static void listings_and_files(void)
{
	struct world w;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_MIB(8));
	PDG_AUTO(json) json_t *root = NULL;
	const json_t *list = NULL;
	struct pdg_error err = {0};
	char hex[65], commit[PDG_OID_HEX];
	bool pending;
	unsigned i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	artifact_hex(1, hex);
	commit_hex(app_build.commit, commit);
	for (i = 0; i < PDG_LIMIT_PAGE + 2; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = app_build;

		b.finished = NOW - 1000 + i; /* other builds of one artifact */
		build_body(&w, CI, &b, &body);
		{
			PDG_AUTO(got) struct got g;

			submit(&w, pdg_buf_bytes(&body), 0, &g);
			CHECK(g.status == 202 || g.status == 201);
		}
	}
	CHECK_OK(pdg_core_subjects(w.core, "sha256", hex, NULL, 0, &out, &err), &err);
	if (CHECK_OK(pdg_json_load(pdg_buf_bytes(&out), PDG_LIMIT_MIB(8), &root, &err), &err) &&
	    CHECK_OK(pdg_json_arr(root, "attestations", &list, &err), &err)) {
		uint64_t next = 0;

		CHECK_UINT(pdg_json_len(list), PDG_LIMIT_PAGE);
		CHECK_OK(pdg_json_u64(root, "next", &next, &err), &err);
		pdg_json_free(PDG_TAKE(root));
		pdg_buf_reset(&out);
		CHECK_OK(pdg_core_subjects(w.core, "sha256", hex, NULL, (int64_t)next, &out, &err),
			 &err);
		CHECK_OK(pdg_json_load(pdg_buf_bytes(&out), PDG_LIMIT_MIB(8), &root, &err), &err);
		CHECK_OK(pdg_json_arr(root, "attestations", &list, &err), &err);
		CHECK_UINT(pdg_json_len(list), 2);
		CHECK_HAS(pdg_buf_cstr(&out), "\"next\":null");
	}
	/* The commit has its source and the builds that name it; of each stage only those. */
	listed(&w, "gitCommit", commit, NULL, 0, PDG_LIMIT_PAGE);
	listed(&w, "gitCommit", commit, "source", 0, 1);
	listed(&w, "gitCommit", commit, "build", PDG_LIMIT_PAGE, 3);
	listed(&w, "gitCommit", commit, "sbom", 0, 0);
	listed(&w, "sha256", hex, "build", 0, PDG_LIMIT_PAGE);
	listed(&w, "sha256", hex, "source", 0, 0);
	CHECK_CODE(pdg_core_record(w.core, "sha256:00", &out, &pending, &err), &err,
		   PDG_E_NOTFOUND);
	CHECK_CODE(pdg_core_chain(w.core, "abc", &out, &err), &err, PDG_E_USAGE);

	pdg_buf_reset(&out);
	CHECK_OK(pdg_core_log_file(w.core, true, "tile/0/000.p/3", &out, &err), &err);
	CHECK_UINT(out.n, 3 * 32);
	pdg_buf_reset(&out);
	CHECK_OK(pdg_core_log_file(w.core, true, "tile/entries/000.p/2", &out, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&out) + 2, "\"decision\":\"accepted\"");
	CHECK_CODE(pdg_core_log_file(w.core, true, "tile/0/000", &out, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_core_log_file(w.core, true, "../p.db", &out, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(pdg_core_log_file(w.core, false, "key.pem", &out, &err), &err, PDG_E_NOTFOUND);
	pdg_buf_reset(&out);
	CHECK_OK(pdg_core_log_file(w.core, false, "checkpoint", &out, &err), &err);
	CHECK(pdg_bytes_starts(pdg_buf_bytes(&out), "localhost\n"));
	fsck_is_clean(&w);
	world_done(&w);
}

/* A bundle that comes for what has one already is none that was kept. */
static void logged_already(void)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_writer_stats was, now;
	struct pdg_error err = {0};
	struct pdg_job *job;
	struct world w;
	int i;

	world_init(&w);
	world_open(&w);
	CHECK_INT(submit_source(&w, SERVER, &app_main), 201);
	pdg_writer_stats(w.core->writer, &was);
	CHECK_UINT(was.logged, 1);
	job = pdg_job_new(PDG_JOB_LOGGED);
	if (!job || !CHECK_OK(w.core->store->ops->row(w.core->store, 1, &a, &err), &err))
		abort();
	job->id = a->id;
	memcpy(job->reference, a->reference, strlen(a->reference) + 1);
	pdg_buf_put(&job->payload, pdg_buf_bytes(&a->payload));
	pdg_buf_put(&job->bundle, pdg_buf_bytes(&a->bundle));
	pdg_writer_put_logged(w.core->writer, job);
	for (i = 0; i < 200; i++) {
		pdg_writer_stats(w.core->writer, &now);
		if (now.commits > was.commits)
			break;
		pause_ms(20);
	}
	CHECK(now.commits > was.commits);
	CHECK_UINT(now.logged, 1);
	world_done(&w);
}

PDG_TEST_MAIN("core", {"logged already", logged_already}, {"source and build", source_and_build},
	      {"known again", known_again}, {"second signer joins", second_signer_joins},
	      {"clone statements", clone_statements},
	      {"forge merge is the server's word", forge_merge_is_the_servers_word},
	      {"build brings its source", build_brings_its_source},
	      {"source outlives its build", source_outlives_its_build},
	      {"bundle is a submission", bundle_is_a_submission},
	      {"listings and files", listings_and_files})
