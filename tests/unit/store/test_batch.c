/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Batches of every kind of store: what was committed is there after a reopen, what was not is not,
 * also when the process was killed; and many readers beside the writer.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/store/store_world.h"

static void kept_across_reopen(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(7);
	struct pdg_error err = {0};

	setup(&f);
	put(&f, 7, "source", HEX64);
	reopen(&f);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK_STR(a->reference, ref);
		CHECK_STR(a->stage, "source");
		CHECK(!a->logged);
		CHECK_INT(a->received, 1700000007);
		CHECK_STR(a->repository, "https://example.com/r");
		CHECK_STR(a->git_commit, "c0ffee");
		CHECK_STR(a->grade, "server");
		CHECK_STR(a->service_key, "hint");
		CHECK_UINT(a->journal_index, 7);
		CHECK_BYTES_STR(pdg_buf_bytes(&a->envelope), "{\"payload\":1}");
		CHECK_BYTES_STR(pdg_buf_bytes(&a->payload), "{\"x\":1}");
		CHECK_BYTES(pdg_buf_bytes(&a->countersig), pdg_bytes("\0\1\2\3", 4));
		CHECK_BYTES_STR(pdg_buf_bytes(&a->links), "[]");
		CHECK_UINT(a->commit.n, 0);
		CHECK_UINT(a->bundle.n, 0);
	}
	teardown(&f);
}

static void one_row_a_reference(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = example(3, "build");
	struct pdg_error err = {0};
	uint64_t all = 0, pending = 0;
	int64_t oldest = 0;

	setup(&f);
	put(&f, 3, "build", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_CODE(f.s->ops->insert(f.s, a, NULL, 0, &err), &err, PDG_E_REJECTED);
	CHECK_STR(err.rule, "");
	f.s->ops->rollback(f.s);
	CHECK_OK(f.s->ops->count(f.s, &all, &pending, &oldest, &err), &err);
	CHECK_UINT(all, 1);
	CHECK_UINT(pending, 1);
	CHECK_INT(oldest, 1700000003);
	teardown(&f);
}

static void rollback_leaves_nothing(void)
{
	struct fixture f;
	struct pdg_store_subject subject = {"sha256", HEX64};
	PDG_AUTO(stored) struct pdg_stored *a = example(9, "source");
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);
	struct pdg_error err = {0};

	setup(&f);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->insert(f.s, a, &subject, 1, &err), &err);
	CHECK_OK(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("leaf"), &err), &err);
	/* The writer's own thread sees its batch; nobody else does. */
	CHECK_OK(f.s->ops->get(f.s, a->reference, &got, &err), &err);
	CHECK_OK(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err);
	f.s->ops->rollback(f.s);
	pdg_stored_free(PDG_TAKE(got));
	CHECK_CODE(f.s->ops->get(f.s, a->reference, &got, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 10), 0);
	teardown(&f);
}

/* Where the store answers that for many at once. */
static void known_references(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *first = reference(1);
	PDG_AUTO(mem) char *second = reference(2);
	PDG_AUTO(mem) char *none = reference(3);
	const char *const all[] = {none, second, first, second};
	const char *const wrong[] = {first, "sha256:none"};
	bool known[4] = {true, false, false, false};
	struct pdg_error err = {0};

	setup(&f);
	put(&f, 1, "source", HEX64);
	put(&f, 2, "source", HEX64);
	if (f.s->ops->known) {
		CHECK_OK(f.s->ops->known(f.s, all, 4, known, &err), &err);
		CHECK(!known[0] && known[1] && known[2] && known[3]);
		CHECK_CODE(f.s->ops->known(f.s, wrong, 2, known, &err), &err, PDG_E_USAGE);
		CHECK_OK(f.s->ops->known(f.s, all, 0, known, &err), &err);
	}
	/* A batch begins as before, and what it keeps is known at once. */
	put(&f, 3, "source", HEX64);
	if (f.s->ops->known) {
		CHECK_OK(f.s->ops->known(f.s, all, 4, known, &err), &err);
		CHECK(known[0]);
	}
	teardown(&f);
}

static void logged_once(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(1);
	const struct pdg_bytes none = {0};
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 9;

	setup(&f);
	put(&f, 1, "source", HEX64);
	put(&f, 2, "source", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->set_logged(f.s, 1, ref, none, pdg_bytes_str("{\"first\":1}"), &err),
		 &err);
	CHECK_INT(f.s->ops->set_logged(f.s, 1, ref, none, pdg_bytes_str("{\"second\":1}"), &err),
		  1);
	CHECK_INT(f.s->ops->set_logged(f.s, 3, ref, none, pdg_bytes_str("{}"), &err), 1);
	/* That row is another's: it goes on waiting. */
	CHECK_INT(f.s->ops->set_logged(f.s, 2, ref, none, pdg_bytes_str("{}"), &err), 1);
	CHECK_CODE(f.s->ops->set_logged(f.s, 2, "2", none, pdg_bytes_str("{}"), &err), &err,
		   PDG_E_USAGE);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	reopen(&f);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK(a->logged);
		CHECK_BYTES_STR(pdg_buf_bytes(&a->bundle), "{\"first\":1}");
	}
	CHECK_OK(f.s->ops->pending(f.s, 0, 10, SIZE_MAX, &v, &n, &err), &err);
	if (CHECK_UINT(n, 1))
		CHECK_INT(v[0]->received, 1700000002);
	pdg_stored_list_done(v, n);
	teardown(&f);
}

static int64_t newest_logged(struct fixture *f, int64_t before)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	int rc = f->s->ops->last_logged(f->s, before, &a, &err);

	CHECK(rc == 0 || rc == PDG_E_NOTFOUND);
	return rc == 0 && CHECK(a->logged) ? a->id : 0;
}

/* From the newest down, each by what the one before it was. */
static void newest_first(void)
{
	struct fixture f;
	struct pdg_error err = {0};
	unsigned i;

	setup(&f);
	CHECK_INT(newest_logged(&f, INT64_MAX), 0);
	for (i = 1; i <= 4; i++)
		put(&f, i, "source", HEX64);
	CHECK_INT(newest_logged(&f, INT64_MAX), 0);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	for (i = 1; i <= 3; i += 2) {
		PDG_AUTO(mem) char *of = reference(i);

		CHECK_OK(f.s->ops->set_logged(f.s, i, of, pdg_bytes(NULL, 0), pdg_bytes_str("{}"),
					      &err),
			 &err);
	}
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	CHECK_INT(newest_logged(&f, INT64_MAX), 3);
	CHECK_INT(newest_logged(&f, 3), 1);
	CHECK_INT(newest_logged(&f, 1), 0);
	teardown(&f);
}

static void joined_envelope(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	PDG_AUTO(mem) char *ref = reference(1);
	PDG_AUTO(mem) char *other = reference(2);
	struct pdg_error err = {0};

	setup(&f);
	put(&f, 1, "source", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->update_envelope(f.s, ref, pdg_bytes_str("{\"two\":2}"), "clone", &err),
		 &err);
	CHECK_CODE(f.s->ops->update_envelope(f.s, other, pdg_bytes_str("{}"), NULL, &err), &err,
		   PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	if (CHECK_OK(f.s->ops->get(f.s, ref, &a, &err), &err)) {
		CHECK_BYTES_STR(pdg_buf_bytes(&a->envelope), "{\"two\":2}");
		CHECK_STR(a->grade, "clone");
		CHECK_UINT(a->journal_index, 1);
	}
	teardown(&f);
}

static void journal_and_meta(void)
{
	struct fixture f;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(4096);
	PDG_AUTO(mem) char *value = NULL;
	struct pdg_error err = {0};
	uint64_t size = 0;

	setup(&f);
	CHECK_CODE(f.s->ops->journal_state(f.s, &size, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_CODE(f.s->ops->meta_get(f.s, "log-origin", &value, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("leaf"), &err), &err);
	CHECK_OK(f.s->ops->journal_tile_write(f.s, 1, 0, pdg_bytes_str("old"), &err), &err);
	CHECK_OK(f.s->ops->journal_tile_write(f.s, 1, 0, pdg_bytes_str("tile"), &err), &err);
	CHECK_OK(f.s->ops->journal_checkpoint_write(f.s, 0, pdg_bytes_str("zero"), &err), &err);
	CHECK_OK(f.s->ops->journal_checkpoint_write(f.s, 1, pdg_bytes_str("note"), &err), &err);
	CHECK_OK(f.s->ops->meta_set(f.s, "log-origin", "a", &err), &err);
	CHECK_OK(f.s->ops->meta_set(f.s, "log-origin", "localhost", &err), &err);
	/* A leaf is never written twice. */
	CHECK_RULE(f.s->ops->journal_append(f.s, 0, pdg_bytes_str("other"), &err), &err, "STO-4");
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	reopen(&f);
	CHECK_OK(f.s->ops->journal_state(f.s, &size, &b, &err), &err);
	CHECK_UINT(size, 1);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "note");
	pdg_buf_reset(&b);
	CHECK_OK(f.s->ops->journal_leaf(f.s, 0, &b, &err), &err);
	CHECK_OK(f.s->ops->journal_tile_read(f.s, 1, 0, &b, &err), &err);
	CHECK_BYTES_STR(pdg_buf_bytes(&b), "leaftile");
	CHECK_CODE(f.s->ops->journal_tile_read(f.s, 0, 0, &b, &err), &err, PDG_E_NOTFOUND);
	CHECK_OK(f.s->ops->meta_get(f.s, "log-origin", &value, &err), &err);
	CHECK_STR(value, "localhost");
	teardown(&f);
}

/* Use token @name with body @body in a batch of its own, which keeps @reference for it if that is
 * not NULL; what was kept for it before is in @out. */
static int use_for(struct fixture *f, uint8_t name, uint8_t body, int64_t expires, int64_t now,
		   const char *ref, char out[PDG_STORED_REFERENCE], struct pdg_error *err)
{
	uint8_t n[32] = {name}, b[32] = {body};
	int rc;

	CHECK_OK(f->s->ops->begin(f->s, err), err);
	rc = f->s->ops->token_use(f->s, n, b, expires, now, out, err);
	if (rc == 0 && ref)
		CHECK_OK(f->s->ops->token_keep(f->s, n, ref, err), err);
	CHECK_OK(f->s->ops->commit(f->s, err), err);
	return rc;
}

static int use(struct fixture *f, uint8_t name, uint8_t body, int64_t expires, int64_t now,
	       struct pdg_error *err)
{
	char was[PDG_STORED_REFERENCE] = "";
	int rc = use_for(f, name, body, expires, now, NULL, was, err);

	CHECK_STR(was, "");
	return rc;
}

/* What a reader finds of it. */
static void kept_is(struct fixture *f, uint8_t name, uint8_t body, int64_t now, const char *want)
{
	uint8_t n[32] = {name}, b[32] = {body};
	char was[PDG_STORED_REFERENCE] = "?";
	struct pdg_error err = {0};

	CHECK_OK(f->s->ops->token_kept(f->s, n, b, now, was, &err), &err);
	CHECK_STR(was, want);
}

/* With a token goes what was kept for it, as long as it is known, and for its body alone. */
static void what_a_token_was_used_for(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *one = reference(1);
	PDG_AUTO(mem) char *two = reference(2);
	char was[PDG_STORED_REFERENCE] = "?";
	struct pdg_error err = {0};

	setup(&f);
	CHECK_OK(use_for(&f, 1, 1, 100, 50, NULL, was, &err), &err);
	CHECK_STR(was, "");
	kept_is(&f, 1, 1, 50, "");
	CHECK_OK(use_for(&f, 1, 1, 100, 50, one, was, &err), &err);
	CHECK_STR(was, "");
	kept_is(&f, 1, 1, 100, one);
	kept_is(&f, 1, 2, 50, "");
	kept_is(&f, 2, 1, 50, "");
	reopen(&f);
	CHECK_OK(use_for(&f, 1, 1, 100, 50, NULL, was, &err), &err);
	CHECK_STR(was, one);
	CHECK_CODE(use_for(&f, 1, 2, 100, 50, NULL, was, &err), &err, PDG_E_REJECTED);
	kept_is(&f, 1, 1, 101, "");
	/* Expired, it is another token of that name, which nothing was kept for. */
	CHECK_OK(use_for(&f, 1, 1, 300, 200, NULL, was, &err), &err);
	CHECK_STR(was, "");
	kept_is(&f, 1, 1, 200, "");
	/* Within its batch it is known, and with a batch that is lost it is not. */
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->token_keep(f.s, (const uint8_t[32]){1}, two, &err), &err);
	CHECK_OK(f.s->ops->token_use(f.s, (const uint8_t[32]){1}, (const uint8_t[32]){1}, 300, 200,
				     was, &err),
		 &err);
	CHECK_STR(was, two);
	f.s->ops->rollback(f.s);
	kept_is(&f, 1, 1, 200, "");
	teardown(&f);
}

/* A token goes with one body; after its time it is forgotten. */
static void tokens_are_used_once(void)
{
	struct fixture f;
	char was[PDG_STORED_REFERENCE];
	struct pdg_error err = {0};
	uint8_t i;

	setup(&f);
	CHECK_OK(use(&f, 1, 1, 100, 50, &err), &err);
	CHECK_OK(use(&f, 1, 1, 100, 50, &err), &err);
	CHECK_CODE(use(&f, 1, 2, 100, 50, &err), &err, PDG_E_REJECTED);
	CHECK_STR(err.rule, "");
	CHECK_OK(use(&f, 2, 2, 100, 50, &err), &err);
	reopen(&f);
	CHECK_CODE(use(&f, 1, 3, 100, 100, &err), &err, PDG_E_REJECTED);
	/* Whoever waits for the end of its time cannot use it again: that is the caller's rule. */
	CHECK_OK(use(&f, 1, 3, 200, 101, &err), &err);
	for (i = 10; i < 60; i++)
		CHECK_OK(use(&f, i, 1, 300, 202, &err), &err);
	for (i = 10; i < 60; i++)
		CHECK_CODE(use(&f, i, 2, 300, 202, &err), &err, PDG_E_REJECTED);
	for (i = 10; i < 60; i++)
		CHECK_OK(use(&f, i, 2, 400, 350, &err), &err);
	/* A batch that is lost has used nothing. */
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->token_use(f.s, (const uint8_t[32]){99}, (const uint8_t[32]){1}, 999, 350,
				     was, &err),
		 &err);
	f.s->ops->rollback(f.s);
	CHECK_OK(use(&f, 99, 2, 999, 350, &err), &err);
	teardown(&f);
}

/* A child that dies at a kill inside a batch: what it committed is there, the rest is not. */
static void killed_in_a_batch(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *second = reference(2);
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	int status = 0;
	pid_t pid;

	place(&f);
	pid = fork();
	if (pid == 0) {
		PDG_AUTO(stored) struct pdg_stored *b = example(2, "source");

		if (!open_store(&f, NULL))
			_exit(1);
		put(&f, 1, "source", HEX64);
		if (f.s->ops->begin(f.s, &err) < 0 || f.s->ops->insert(f.s, b, NULL, 0, &err) < 0)
			_exit(1);
		(void)kill(getpid(), SIGKILL);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	if (open_store(&f, NULL)) {
		CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 10), 1);
		CHECK_CODE(f.s->ops->get(f.s, second, &a, &err), &err, PDG_E_NOTFOUND);
	}
	teardown(&f);
}

/* --- a writer and many readers --- */

#define WRITES	200
#define READERS 6

struct race {
	struct fixture *f;
	atomic_uint committed;
	atomic_bool bad;
};

static void *reader(void *ctx)
{
	struct race *r = ctx;
	struct pdg_store *s = r->f->s;
	unsigned n = 0;

	while (n < WRITES && !atomic_load(&r->bad)) {
		PDG_AUTO(mem) char *ref = NULL;
		PDG_AUTO(stored) struct pdg_stored *a = NULL;
		struct pdg_error err = {0};

		n = atomic_load(&r->committed);
		if (n == 0)
			continue;
		ref = reference(n);
		if (s->ops->get(s, ref, &a, &err) < 0) {
			(void)fprintf(stderr, "reader: %s\n", err.text);
			atomic_store(&r->bad, true);
		}
	}
	return NULL;
}

/* What was committed is seen at once, by more threads than there are connections. */
static void readers_beside_the_writer(void)
{
	struct fixture f;
	struct race r = {.f = &f};
	pthread_t t[READERS];
	unsigned i;

	setup(&f);
	for (i = 0; i < READERS; i++)
		CHECK_INT(pthread_create(&t[i], NULL, reader, &r), 0);
	for (i = 1; i <= WRITES; i++) {
		put(&f, i, "source", HEX64);
		atomic_store(&r.committed, i);
	}
	for (i = 0; i < READERS; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	CHECK(!atomic_load(&r.bad));
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 1000), WRITES);
	teardown(&f);
}

PDG_TEST_MAIN("batch", {"kept across reopen", kept_across_reopen},
	      {"known references", known_references}, {"one row a reference", one_row_a_reference},
	      {"rollback leaves nothing", rollback_leaves_nothing}, {"logged once", logged_once},
	      {"newest first", newest_first}, {"joined envelope", joined_envelope},
	      {"journal and meta", journal_and_meta},
	      {"tokens are used once", tokens_are_used_once},
	      {"what a token was used for", what_a_token_was_used_for},
	      {"killed in a batch", killed_in_a_batch},
	      {"readers beside the writer", readers_beside_the_writer})
