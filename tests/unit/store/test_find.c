/* SPDX-License-Identifier: Apache-2.0 */
/* What every kind of store finds: by subject and by commit, page by page, what is still pending,
 * and each of them in order. */
#include "unit/store/store_world.h"

/* One page of the pending ones behind @after: so many, the first of them received at @first. */
static int64_t pending_page(struct fixture *f, int64_t after, size_t max, size_t max_bytes,
			    size_t want, int64_t first)
{
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;
	int64_t last = 0;

	CHECK_OK(f->s->ops->pending(f->s, after, max, max_bytes, &v, &n, &err), &err);
	if (CHECK_UINT(n, want)) {
		CHECK_INT(v[0]->received, first);
		CHECK_BYTES_STR(pdg_buf_bytes(&v[0]->payload), "{\"x\":1}");
		CHECK_STR(v[0]->service_key, "hint");
		CHECK_UINT(v[0]->countersig.n, 4);
		CHECK_UINT(v[0]->envelope.n, 0);
		CHECK_INT(v[n - 1]->received, first + (int64_t)n - 1);
		last = v[n - 1]->id;
	}
	pdg_stored_list_done(v, n);
	return last;
}

/* Page by page, bounded in rows and in bytes; and without what nobody asks for. */
static void pending_oldest_first(void)
{
	struct fixture f;
	int64_t last;
	unsigned i;

	setup(&f);
	for (i = 1; i <= 5; i++)
		put(&f, i, "build", HEX64);
	last = pending_page(&f, 0, 3, SIZE_MAX, 3, 1700000001);
	(void)pending_page(&f, last, 3, SIZE_MAX, 2, 1700000004);
	/* Seven bytes each: the second passes the limit and is the last. */
	(void)pending_page(&f, 0, 5, 8, 2, 1700000001);
	(void)pending_page(&f, 0, 5, 1, 1, 1700000001);
	teardown(&f);
}

/* What a listing tells, and that its sizes are those of the parts. */
static void listed(void)
{
	struct pdg_listed *v = NULL;
	struct pdg_error err = {0};
	PDG_AUTO(mem) char *first = reference(1);
	size_t n = 0;
	struct fixture f;

	setup(&f);
	put(&f, 1, "build", HEX64);
	put(&f, 2, "source", HEX64);
	put(&f, 3, "source", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->set_logged(f.s, 1, first, (struct pdg_bytes){0},
				      pdg_bytes_str("{\"b\":1}"), &err),
		 &err);
	CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	CHECK_OK(f.s->ops->list(f.s, "sha256", HEX64, NULL, 0, 2, &v, &n, &err), &err);
	if (CHECK_UINT(n, 2)) {
		CHECK_STR(v[0].reference, first);
		CHECK_STR(v[0].stage, "build");
		CHECK_STR(v[0].repository, "https://example.com/r");
		CHECK_STR(v[0].git_commit, "c0ffee");
		CHECK(v[0].logged && !v[1].logged);
		CHECK_INT(v[0].received, 1700000001);
		CHECK_UINT(v[0].size, strlen("{\"payload\":1}") + strlen("{\"b\":1}"));
		CHECK_UINT(v[1].size, strlen("{\"payload\":1}"));
	}
	pdg_listed_done(v, n);
	v = NULL;
	CHECK_OK(f.s->ops->list_sources(f.s, "https://example.com/r", "c0ffee", 9, &v, &n, &err),
		 &err);
	if (CHECK_UINT(n, 2))
		CHECK(v[0].id == 2 && v[1].id == 3);
	pdg_listed_done(v, n);
	CHECK_OK(f.s->ops->list(f.s, "sha256", "00", NULL, 0, 9, &v, &n, &err), &err);
	CHECK_UINT(n, 0);
	pdg_listed_done(v, n);
	teardown(&f);
}

/* By commit and by stage: sources of it and builds that name it, a page at a time. */
static void listed_by_commit_and_stage(void)
{
	static const struct {
		const char *commit, *stage;
		int64_t after;
		size_t max, want;
		int64_t first;
	} cases[] = {
		{"c0ffee", NULL, 0, 9, 3, 1},	  {"c0ffee", NULL, 1, 9, 2, 2},
		{"c0ffee", NULL, 0, 2, 2, 1},	  {"c0ffee", "source", 0, 9, 2, 2},
		{"c0ffee", "source", 2, 9, 1, 3}, {"c0ffee", "build", 0, 9, 1, 1},
		{"c0ffee", "vsa", 0, 9, 0, 0},	  {"c0ffed", NULL, 0, 9, 0, 0},
	};
	struct pdg_listed *v = NULL;
	struct pdg_error err = {0};
	size_t i, n = 0;
	struct fixture f;

	setup(&f);
	put(&f, 1, "build", HEX64);
	put(&f, 2, "source", HEX64);
	put(&f, 3, "source", HEX64);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("case %zu", i);
		CHECK_OK(f.s->ops->list_commit(f.s, cases[i].commit, cases[i].stage, cases[i].after,
					       cases[i].max, &v, &n, &err),
			 &err);
		if (CHECK_UINT(n, cases[i].want) && n)
			CHECK_INT(v[0].id, cases[i].first);
		pdg_listed_done(v, n);
		v = NULL;
	}
	pdg_test_case(NULL);
	CHECK_OK(f.s->ops->list(f.s, "sha256", HEX64, "source", 0, 9, &v, &n, &err), &err);
	if (CHECK_UINT(n, 2))
		CHECK_INT(v[0].id, 2);
	pdg_listed_done(v, n);
	teardown(&f);
}

static void found_by_subject_and_commit(void)
{
	static const struct {
		const char *repository; /* NULL: by subject */
		const char *algorithm, *value;
		int64_t after;
		size_t max, want;
	} cases[] = {
		{NULL, "sha256", HEX64, 0, 100, 5},
		{NULL, "sha256", HEX64, 0, 2, 2},
		{NULL, "sha256", HEX64, 3, 100, 2},
		{NULL, "gitCommit", HEX64, 0, 100, 0},
		{NULL, "gitCommit", "c0ffee", 0, 100, 5},
		{"r", "gitCommit", "c0ffee", 0, 100, 4},
		{"r", "gitCommit", "c0ffee", 0, 3, 3},
		{"r", "gitCommit", "c0ffee", 1, 100, 3},
		{"r", "gitCommit", "c0ffed", 0, 100, 0},
		{"other", "gitCommit", "c0ffee", 0, 100, 0},
		{"r", "sha256", HEX64, 0, 100, 4},
		{"r", "sha256", HEX64, 0, 3, 3},
		{"r", "sha256", HEX64, 1, 100, 3},
		{"r", "sha256", "c0ffee", 0, 100, 0},
		{"other", "sha256", HEX64, 0, 100, 0},
	};
	struct fixture f;
	unsigned k;
	size_t i, n;

	setup(&f);
	for (k = 1; k <= 5; k++)
		put(&f, k, k == 5 ? "build" : "source", HEX64);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("case %zu: %s %.8s", i, cases[i].algorithm, cases[i].value);
		if (cases[i].repository)
			n = count_sources(&f, cases[i].repository, cases[i].algorithm,
					  cases[i].value, cases[i].after, cases[i].max, SIZE_MAX);
		else
			n = count_subject(&f, cases[i].algorithm, cases[i].value, cases[i].after,
					  cases[i].max);
		CHECK_UINT(n, cases[i].want);
	}
	pdg_test_case(NULL);
	/* A row has 20 bytes: whatever the page, no more are read than are asked for, but one. */
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100, 1), 1);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100, 20), 1);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 0, 100, 21), 2);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 3, 100, 1), 1);
	CHECK_UINT(count_sources(&f, "r", "gitCommit", "c0ffee", 4, 100, 1), 0);
	teardown(&f);
}

struct walk {
	unsigned seen;
	struct pdg_store *s;
	unsigned stop_at;
};

static int walk_one(void *ctx, const struct pdg_stored *a, struct pdg_error *err)
{
	struct walk *w = ctx;
	PDG_AUTO(stored) struct pdg_stored *again = NULL;

	w->seen++;
	CHECK_INT(a->received, 1700000000 + (int64_t)w->seen);
	CHECK_OK(w->s->ops->get(w->s, a->reference, &again, err), err);
	return w->seen == w->stop_at ? pdg_fail(err, PDG_E_FORMAT, "stop") : 0;
}

static void each_in_order(void)
{
	struct fixture f;
	struct walk w = {0};
	const struct pdg_store_walk all = {.each = walk_one, .ctx = &w};
	struct pdg_error err = {0};
	unsigned i;

	setup(&f);
	for (i = 1; i <= 150; i++)
		put(&f, i, "source", HEX64);
	w.s = f.s;
	CHECK_OK(pdg_store_each(f.s, &all, &err), &err);
	CHECK_UINT(w.seen, 150);
	w = (struct walk){.s = f.s, .stop_at = 70};
	CHECK_CODE(pdg_store_each(f.s, &all, &err), &err, PDG_E_FORMAT);
	CHECK_UINT(w.seen, 70);
	teardown(&f);
}

PDG_TEST_MAIN("find", {"pending oldest first", pending_oldest_first}, {"listed", listed},
	      {"listed by commit and stage", listed_by_commit_and_stage},
	      {"found by subject and commit", found_by_subject_and_commit},
	      {"each in order", each_in_order})
