/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the service's tests; see core_world.h. */
#include "unit/service/core_world.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "proc/spawn.h"
#include "service/core_impl.h"

const char *const who_names[KEYS] = {"server", "server2", "libserver", "ci",   "ci2",
				     "other",  "scanner", "stranger",  "clone"};

const struct source_of app_main = {APP, "ssh-good.raw", MAIN, NULL, false};
const struct build_of app_build = {NULL, APP, "ssh-good.raw", MAIN, 1, 0};

struct build_of build_no(unsigned artifact)
{
	struct build_of b = app_build;

	b.artifact = artifact;
	return b;
}

static int64_t world_now(void *ctx)
{
	struct world *w = ctx;

	return atomic_load(&w->now);
}

struct pdg_key *world_make_key(struct world *w, const char *name)
{
	PDG_AUTO(mem) char *private_name = pdg_str_printf("%s.pem", name);
	PDG_AUTO(mem) char *public_name = pdg_str_printf("%s.pub", name);
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, private_name);
	PDG_AUTO(mem) char *public_path = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	struct pdg_key *key = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err) ||
	    !CHECK_OK(pdg_key_private_save(key, path, &err), &err) ||
	    !CHECK_OK(pdg_key_public_text(key, &pem, &err), &err))
		abort();
	public_path = pdg_test_file(w->dir, public_name, pdg_buf_bytes(&pem));
	return key;
}

void world_configure(struct world *w, unsigned version, const char *extra)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);

	pdg_buf_puts(&b, "[service]\n\tstore = sqlite:p.db\n\tsigningKey = signing.pem\n"
			 "[log]\n\tdirectory = log\n\torigin = localhost\n\tpendingLimit = 1h\n");
	pdg_buf_printf(&b, "[policy]\n\tversion = %u\n", version);
	pdg_buf_printf(
		&b,
		"[repository \"" APP "\"]\n\tprotect = " MAIN "\n\tprotect = refs/heads/release/*\n"
		"\tsshAllowedSigners = %s/commits/allowed_signers\n\tforgeKeys = %s/commits/forge_ssh.pub\n"
		"\tsourceFrom = server\n\tserverKey = server.pub\n\tserverKey = server2.pub\n",
		PDG_TEST_DATA, PDG_TEST_DATA);
	pdg_buf_printf(
		&b,
		"[repository \"" LIB "\"]\n\tprotect = " MAIN "\n"
		"\tsshAllowedSigners = %s/commits/allowed_signers\n\tforgeKeys = %s/commits/forge_ssh.pub\n"
		"\tsourceFrom = clone\n\tserverKey = libserver.pub\n",
		PDG_TEST_DATA, PDG_TEST_DATA);
	pdg_buf_puts(&b, "[builder \"" BUILDER "\"]\n\trepository = https://git.example.com/*\n"
			 "\tkey = ci.pub\n\tkey = ci2.pub\n\tslsaLevel = 3\n"
			 "[builder \"" BUILDER_2 "\"]\n\trepository = " LIB "\n\tkey = other.pub\n"
			 "[producer \"scanner\"]\n\trepository = https://git.example.com/*\n"
			 "\tstage = sbom\n\tkey = scanner.pub\n"
			 "[require]\n\tstage = source\n\tstage = build\n");
	pdg_buf_puts(&b, extra ? extra : "");
	free(w->config);
	w->config = pdg_test_file(w->dir, "pedigreed.conf", pdg_buf_bytes(&b));
}

void world_reconfigure(struct world *w, const char *from, const char *to)
{
	PDG_AUTO(buf) struct pdg_buf old = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	size_t at;

	pdg_test_read(w->config, &old);
	at = pdg_bytes_find(pdg_buf_bytes(&old), pdg_bytes_str(from), 0);
	if (!CHECK(at != SIZE_MAX))
		return;
	pdg_buf_put(&b, pdg_bytes_head(pdg_buf_bytes(&old), at));
	pdg_buf_puts(&b, to);
	pdg_buf_put(&b, pdg_bytes_from(pdg_buf_bytes(&old), at + strlen(from)));
	free(w->config);
	w->config = pdg_test_file(w->dir, "pedigreed.conf", pdg_buf_bytes(&b));
}

void world_move(struct world *w, const char *from, const char *to)
{
	PDG_AUTO(mem) char *a = pdg_test_path(w->dir, from);
	PDG_AUTO(mem) char *b = pdg_test_path(w->dir, to);

	if (!CHECK_INT(rename(a, b), 0))
		(void)fprintf(stderr, "%s: %s\n", a, strerror(errno));
}

void world_copy(struct world *w, const char *from, const char *to)
{
	PDG_AUTO(mem) char *a = pdg_test_path(w->dir, from);
	PDG_AUTO(mem) char *b = pdg_test_path(w->dir, to);
	const char *argv[] = {"cp", "-a", a, b, NULL};
	struct pdg_spawn cp = {.program = "/bin/cp", .argv = argv};
	struct pdg_error err = {0};
	int status = -1;

	CHECK_OK(pdg_spawn(&cp, &status, &err), &err);
	CHECK_INT(status, 0);
}

void world_init(struct world *w)
{
	struct pdg_policy_repository repo = {.uri = NULL, .require_committer_match = true};
	PDG_AUTO(mem) char *allowed = pdg_str_printf("%s/commits/allowed_signers", PDG_TEST_DATA);
	PDG_AUTO(mem) char *forge = pdg_str_printf("%s/commits/forge_ssh.pub", PDG_TEST_DATA);
	PDG_AUTO(mem) char *uri = pdg_str_dup(APP);
	struct pdg_key *signing;
	struct pdg_error err = {0};
	size_t i;

	*w = (struct world){.dir = pdg_test_dir()};
	atomic_store(&w->now, NOW);
	w->clock = (struct pdg_clock){world_now, w};
	for (i = 0; i < KEYS; i++)
		w->key[i] = world_make_key(w, who_names[i]);
	signing = world_make_key(w, "signing");
	pdg_key_free(signing);
	world_configure(w, 1, NULL);
	repo.uri = uri;
	repo.ssh_allowed_signers = (struct pdg_strings){&allowed, 1};
	repo.forge_keys = (struct pdg_strings){&forge, 1};
	if (!CHECK_OK(pdg_signers_load(&repo, NULL, &w->signers, &err), &err))
		abort();
}

int world_try_open(struct world *w, struct pdg_error *err)
{
	int rc = pdg_service_config_load(w->config, &w->cfg, err);

	if (rc == 0)
		rc = pdg_core_open(w->cfg, &w->clock, &w->core, err);
	if (rc < 0) {
		pdg_service_config_free(w->cfg);
		w->cfg = NULL;
	}
	return rc;
}

void world_open(struct world *w)
{
	struct pdg_error err = {0};

	if (!CHECK_OK(world_try_open(w, &err), &err))
		abort();
}

void world_refuses_to_open(struct world *w, const char *rule)
{
	struct pdg_error err = {0};
	int rc = world_try_open(w, &err);

	CHECK_RULE(rc, &err, rule);
	if (rc == 0)
		world_close(w);
}

void world_close(struct world *w)
{
	pdg_core_close(w->core);
	w->core = NULL;
	pdg_service_config_free(w->cfg);
	w->cfg = NULL;
}

void world_done(struct world *w)
{
	size_t i;

	world_close(w);
	pdg_signers_free(w->signers);
	for (i = 0; i < KEYS; i++)
		pdg_key_free(w->key[i]);
	free(w->config);
	pdg_test_dir_remove(w->dir);
}

void commit_read(const char *name, struct pdg_buf *raw)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("%s/commits/%s", PDG_TEST_DATA, name);

	pdg_test_read(path, raw);
}

void source_statement(struct world *w, const struct source_of *s, struct pdg_buf *raw,
		      struct pdg_buf *out)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = s->uri,
				    .ref = s->ref,
				    .previous = s->previous,
				    .late = s->late,
				    .verdict = &v};
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	commit_read(s->commit, raw);
	m.raw = pdg_buf_bytes(raw);
	if (!CHECK_OK(pdg_judge_commit(w->signers, m.raw, false, NOW, &v, &err), &err))
		abort();
	/* The makers of statements refuse what is not good; a hostile sender would not. */
	v.result = PDG_RESULT_GOOD;
	if (!CHECK_OK(pdg_source_make(&m, out, &err), &err))
		abort();
}

void envelope_of(const struct pdg_key *key, struct pdg_bytes payload, struct pdg_bytes raw,
		 struct pdg_buf *out)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_envelope_sign(payload, key, &e, &err), &err) ||
	    !CHECK_OK(pdg_submission_write(e, raw, out, &err), &err))
		abort();
}

void source_body(struct world *w, enum who who, const struct source_of *s, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);

	source_statement(w, s, &raw, &payload);
	envelope_of(w->key[who], pdg_buf_bytes(&payload), pdg_buf_bytes(&raw), out);
}

void artifact_hex(unsigned artifact, char out[65])
{
	(void)snprintf(out, 65, "%064x", artifact);
}

void build_statement(const struct build_of *b, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	char oid[PDG_OID_HEX], hex[65];
	struct pdg_build_artifact a = {.name = "app.tar.gz", .sha256 = hex};
	struct pdg_build_make m = {.builder_id = b->builder ? b->builder : BUILDER,
				   .source_uri = b->uri,
				   .source_ref = b->ref,
				   .source_commit = oid,
				   .finished = b->finished,
				   .artifacts = &a,
				   .n_artifacts = 1};
	struct pdg_error err = {0};

	artifact_hex(b->artifact, hex);
	commit_read(b->commit, &raw);
	if (!CHECK_OK(pdg_object_name("commit", pdg_buf_bytes(&raw), false, oid, &err), &err) ||
	    !CHECK_OK(pdg_build_make(&m, out, &err), &err))
		abort();
}

void build_body(struct world *w, enum who who, const struct build_of *b, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);

	build_statement(b, &payload);
	envelope_of(w->key[who], pdg_buf_bytes(&payload), pdg_bytes(NULL, 0), out);
}

void body_with_source(struct world *w, enum who who, const struct source_of *source,
		      const struct build_of *build, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf s = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_bytes bytes;

	source_body(w, who, source, &s);
	build_body(w, CI, build, &b);
	bytes = pdg_bytes_head(pdg_buf_bytes(&b), b.n - 1); /* without its last brace */
	pdg_buf_put(out, bytes);
	pdg_buf_puts(out, ",\"source\":");
	pdg_buf_put(out, pdg_buf_bytes(&s));
	pdg_buf_putc(out, '}');
}

void got_init(struct got *g)
{
	*g = (struct got){.body = PDG_BUF_INIT(PDG_LIMIT_RECORD)};
	(void)pthread_mutex_init(&g->mutex, NULL);
	(void)pthread_cond_init(&g->cond, NULL);
}

void got_done(struct got *g)
{
	pdg_buf_done(&g->body);
	(void)pthread_cond_destroy(&g->cond);
	(void)pthread_mutex_destroy(&g->mutex);
}

void got_answer(void *ctx, const struct pdg_answer *a)
{
	struct got *g = ctx;

	(void)pthread_mutex_lock(&g->mutex);
	g->times++;
	g->status = a->status;
	g->retry_after = a->retry_after;
	if (a->err) {
		memcpy(g->rule, a->err->rule, sizeof(g->rule));
		memcpy(g->text, a->err->text, sizeof(g->text));
	}
	if (a->reference)
		(void)snprintf(g->reference, sizeof(g->reference), "%s", a->reference);
	pdg_buf_put(&g->body, a->body);
	(void)pthread_cond_signal(&g->cond);
	(void)pthread_mutex_unlock(&g->mutex);
}

void submit(struct world *w, struct pdg_bytes body, int wait_ms, struct got *g)
{
	got_init(g);
	pdg_core_submit(w->core, NULL, body, wait_ms, got_answer, g);
	(void)pthread_mutex_lock(&g->mutex);
	while (g->times == 0)
		(void)pthread_cond_wait(&g->cond, &g->mutex);
	(void)pthread_mutex_unlock(&g->mutex);
}

int submit_status(struct world *w, struct pdg_bytes body)
{
	PDG_AUTO(got) struct got g;

	submit(w, body, WAIT_MS, &g);
	if (g.status >= 400)
		(void)fprintf(stderr, "    %d [%s] %s\n", g.status, g.rule, g.text);
	return g.status;
}

int submit_source(struct world *w, enum who who, const struct source_of *s)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	source_body(w, who, s, &body);
	return submit_status(w, pdg_buf_bytes(&body));
}

int submit_build(struct world *w, enum who who, const struct build_of *b)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);

	build_body(w, who, b, &body);
	return submit_status(w, pdg_buf_bytes(&body));
}

bool refused(struct world *w, struct pdg_bytes body, const char *rule, int status)
{
	PDG_AUTO(got) struct got g;
	bool ok;

	submit(w, body, WAIT_MS, &g);
	ok = CHECK_STR(g.rule, rule);
	ok = CHECK_INT(g.status, status) && ok;
	ok = CHECK_UINT(g.body.n, 0) && ok;
	if (!ok)
		(void)fprintf(stderr, "    %s\n", g.text);
	return ok;
}

uint64_t journal_size(struct world *w)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_core_log_file(w->core, true, "checkpoint", &note, &err), &err);
	return CHECK_OK(pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, &err), &err) ? c->size : 0;
}

void fsck_line(void *ctx, const char *text)
{
	pdg_buf_printf(ctx, "%s\n", text);
}

void fsck_is_clean(struct world *w)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_core_fsck(w->core, fsck_line, NULL, &text, NULL, &err), &err))
		(void)fprintf(stderr, "%s", pdg_buf_cstr(&text));
}

int world_keep_version(struct world *w, const struct pdg_policy *policy, struct pdg_error *err)
{
	PDG_AUTO(job) struct pdg_job *job = pdg_job_new(PDG_JOB_META);
	PDG_AUTO(got) struct got g;
	int rc;

	got_init(&g);
	CHECK_UINT(policy->version, 2);
	pdg_policy_box_coming(w->core->policy, 2);
	if (!CHECK(job != NULL))
		abort();
	job->to.done = got_answer;
	job->to.ctx = &g;
	rc = pdg_job_value(job, "policy-version", "2", err);
	if (rc == 0)
		rc = pdg_writer_put(w->core->writer, job, err);
	if (rc < 0)
		return rc;
	job = NULL;
	(void)pthread_mutex_lock(&g.mutex);
	while (g.times == 0)
		(void)pthread_cond_wait(&g.cond, &g.mutex);
	(void)pthread_mutex_unlock(&g.mutex);
	CHECK_STR(g.rule, "");
	return 0;
}

void world_disk_full(struct world *w, struct rlimit *out_old)
{
	PDG_AUTO(mem) char *wal = pdg_test_path(w->dir, "p.db-wal");
	struct rlimit small;
	struct stat st;

	CHECK_INT(stat(wal, &st), 0);
	CHECK_INT(getrlimit(RLIMIT_FSIZE, out_old), 0);
	small = *out_old;
	small.rlim_cur = (rlim_t)st.st_size;
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
}

void world_disk_free(const struct rlimit *old)
{
	CHECK_INT(setrlimit(RLIMIT_FSIZE, old), 0);
}

void world_sql(const struct world *w, const char *sql)
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	sqlite3 *db = NULL;

	CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
	if (!CHECK_INT(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK))
		(void)fprintf(stderr, "%s\n", sqlite3_errmsg(db));
	CHECK_INT(sqlite3_changes(db) > 0, 1);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

char *chain_verdict(struct world *w, unsigned artifact, bool print)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(8));
	PDG_AUTO(json) json_t *root = NULL;
	const char *verdict = NULL;
	struct pdg_error err = {0};
	char hex[65];

	artifact_hex(artifact, hex);
	if (!CHECK_OK(pdg_core_chain(w->core, hex, &text, &err), &err) ||
	    !CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_MIB(8), &root, &err), &err) ||
	    !CHECK_OK(pdg_json_str(root, "verdict", &verdict, &err), &err))
		return NULL;
	if (print)
		(void)fprintf(stderr, "%s\n", pdg_buf_cstr(&text));
	return pdg_str_dup(verdict);
}

void chain_is(struct world *w, unsigned artifact, const char *want)
{
	PDG_AUTO(mem) char *got = chain_verdict(w, artifact, false);

	if (!CHECK_STR(got, want))
		free(chain_verdict(w, artifact, true));
}
