/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a chain may be judged from is added up before any of it is read: too many statements, too
 * many bytes, on the artifact itself or on the commit that its build names.
 */
#include <stdio.h>

#include "service/record.h"
#include "store/sqlite.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

#define ARTIFACT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define URI	 "https://git.company.example/myapp"
#define COMMIT	 "c0ffee"

struct fixture {
	char *dir, *path;
	struct pdg_store *s;
	unsigned n;
};

static bool setup(struct fixture *f)
{
	struct pdg_error err = {0};
	bool is_new;

	f->dir = pdg_test_dir();
	f->path = pdg_test_path(f->dir, "p.db");
	f->s = NULL;
	f->n = 0;
	return CHECK_OK(pdg_sqlite_open(f->path, &f->s, &is_new, &err), &err);
}

static void teardown(struct fixture *f)
{
	pdg_store_close(f->s);
	free(f->path);
	pdg_test_dir_remove(f->dir);
}

/* @count statements of @stage with envelopes of @size bytes, in one batch. */
static void keep(struct fixture *f, const char *stage, size_t count, size_t size)
{
	const bool source = pdg_str_eq(stage, "source");
	struct pdg_store_subject subject = {source ? "gitCommit" : "sha256",
					    source ? COMMIT : ARTIFACT};
	struct pdg_error err = {0};

	CHECK_OK(f->s->ops->begin(f->s, &err), &err);
	for (; count; count--) {
		PDG_AUTO(stored) struct pdg_stored *a = calloc(1, sizeof(*a));
		uint8_t *room;

		if (!a)
			abort();
		a->reference = pdg_str_printf("sha256:%064x", ++f->n);
		a->stage = pdg_str_dup(stage);
		a->service_key = pdg_str_dup("hint");
		a->repository = pdg_str_dup(URI);
		a->git_commit = pdg_str_dup(COMMIT);
		pdg_buf_init(&a->envelope, size);
		room = pdg_buf_room(&a->envelope, size);
		if (room)
			memset(room, ' ', size);
		pdg_buf_init(&a->countersig, 8);
		pdg_buf_puts(&a->countersig, "sig");
		pdg_buf_init(&a->links, 8);
		pdg_buf_puts(&a->links, "[]");
		CHECK_OK(f->s->ops->insert(f->s, a, &subject, 1, &err), &err);
	}
	CHECK_OK(f->s->ops->commit(f->s, &err), &err);
}

/* True: refused as too much. False: it went on to read the first, which is no record. */
static bool refused(struct fixture *f)
{
	PDG_AUTO(evidence) struct pdg_evidence *e = NULL;
	struct pdg_error err = {0};
	int rc = pdg_stored_evidence(f->s, ARTIFACT, &e, &err);

	CHECK(rc < 0);
	if (!pdg_str_eq(err.rule, "HTP-10"))
		return false;
	CHECK_RULE(rc, &err, "HTP-10");
	CHECK_HAS(err.fix, "pedigree verify");
	return true;
}

static void too_many_statements(void)
{
	struct fixture f;

	if (setup(&f)) {
		keep(&f, "build", PDG_LIMIT_CHAIN_STATEMENTS, 10);
		CHECK(!refused(&f));
		keep(&f, "build", 1, 10);
		CHECK(refused(&f));
	}
	teardown(&f);
}

static void too_many_bytes(void)
{
	struct fixture f;

	if (setup(&f)) {
		keep(&f, "build", 4, PDG_LIMIT_CHAIN_EVIDENCE / 4);
		CHECK(!refused(&f));
		keep(&f, "build", 1, 1);
		CHECK(refused(&f));
	}
	teardown(&f);
}

static void sources_count_once(void)
{
	struct fixture f;

	if (setup(&f)) {
		keep(&f, "build", 3, 10);
		keep(&f, "source", PDG_LIMIT_CHAIN_STATEMENTS - 3, 10);
		CHECK(!refused(&f));
		keep(&f, "source", 1, 10);
		CHECK(refused(&f));
	}
	teardown(&f);
}

/* A listing is a page of fixed size, whatever lies behind it. */
static void a_listing_has_no_bodies(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(64 * 1024);
	struct pdg_error err = {0};
	struct fixture f;

	if (setup(&f)) {
		keep(&f, "build", PDG_LIMIT_PAGE + 1, PDG_LIMIT_KIB(64));
		CHECK_OK(pdg_subjects_write(f.s, "sha256", ARTIFACT, NULL, 0, &out, &err), &err);
		CHECK_HAS(pdg_buf_cstr(&out), "\"next\":100}");
	}
	teardown(&f);
}

PDG_TEST_MAIN("evidence", {"too many statements", too_many_statements},
	      {"too many bytes", too_many_bytes}, {"sources count once", sources_count_once},
	      {"a listing has no bodies", a_listing_has_no_bodies})
