/* SPDX-License-Identifier: Apache-2.0 */
/* The store of its tests; see store_world.h. */
#include "unit/store/store_world.h"

#include <sqlite3.h>

#include "unit/store/postgres_world.h"

void place(struct fixture *f)
{
	f->dir = pdg_test_dir();
	f->path = is_postgresql() ? postgresql_new_database() : pdg_test_path(f->dir, "p.db");
	f->s = NULL;
}

bool open_store(struct fixture *f, bool *out_new)
{
	const struct pdg_store_open how = {.url = f->path};
	struct pdg_error err = {0};
	bool is_new = false;
	int rc = is_postgresql() ? open_postgresql(&how, &f->s, &is_new, &err)
				 : pdg_sqlite_open(f->path, &f->s, &is_new, &err);

	if (!CHECK_OK(rc, &err))
		return false;
	if (out_new)
		*out_new = is_new;
	return true;
}

void setup(struct fixture *f)
{
	place(f);
	if (!open_store(f, NULL))
		abort();
}

void teardown(struct fixture *f)
{
	pdg_store_close(f->s);
	free(f->path);
	pdg_test_dir_remove(f->dir);
}

void reopen(struct fixture *f)
{
	bool is_new = true;

	pdg_store_close(f->s);
	f->s = NULL;
	if (open_store(f, &is_new))
		CHECK(!is_new);
}

void other_sql(const struct fixture *f, const char *text)
{
	sqlite3 *db = NULL;

	if (is_postgresql()) {
		(void)postgresql_ask(f->path, text);
		return;
	}
	CHECK_INT(sqlite3_open(f->path, &db), SQLITE_OK);
	CHECK_INT(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

char *reference(unsigned i)
{
	return pdg_str_printf("sha256:%064x", i);
}

static void fill(struct pdg_buf *b, const char *text)
{
	pdg_buf_init(b, 1 << 20);
	pdg_buf_puts(b, text);
}

struct pdg_stored *example(unsigned i, const char *stage)
{
	struct pdg_stored *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->reference = reference(i);
	a->stage = pdg_str_dup(stage);
	a->received = 1700000000 + i;
	a->service_key = pdg_str_dup("hint");
	a->repository = pdg_str_dup("https://example.com/r");
	a->git_commit = pdg_str_dup("c0ffee");
	a->grade = pdg_str_dup("server");
	a->journal_index = i;
	fill(&a->envelope, "{\"payload\":1}");
	fill(&a->payload, "{\"x\":1}");
	pdg_buf_init(&a->countersig, 64);
	pdg_buf_put(&a->countersig, pdg_bytes("\0\1\2\3", 4));
	fill(&a->links, "[]");
	pdg_buf_init(&a->commit, 64);
	pdg_buf_init(&a->bundle, 64);
	return a;
}

void put(struct fixture *f, unsigned i, const char *stage, const char *sha256)
{
	struct pdg_store_subject subjects[] = {{"sha256", sha256}, {"gitCommit", "c0ffee"}};
	PDG_AUTO(stored) struct pdg_stored *a = example(i, stage);
	struct pdg_error err = {0};

	CHECK_OK(f->s->ops->begin(f->s, &err), &err);
	CHECK_OK(f->s->ops->insert(f->s, a, subjects, 2, &err), &err);
	CHECK(a->id > 0);
	CHECK_OK(f->s->ops->commit(f->s, &err), &err);
}

size_t count_subject(struct fixture *f, const char *algorithm, const char *value, int64_t after,
		     size_t max)
{
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_OK(f->s->ops->by_subject(f->s, algorithm, value, after, max, &v, &n, &err), &err);
	pdg_stored_list_done(v, n);
	return n;
}

size_t count_sources(struct fixture *f, const char *repository, const char *algorithm,
		     const char *value, int64_t after, size_t max, size_t max_bytes)
{
	PDG_AUTO(mem) char *uri = pdg_str_printf("https://example.com/%s", repository);
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_OK(f->s->ops->sources(f->s, uri, algorithm, value, after, max, max_bytes, &v, &n,
				    &err),
		 &err);
	if (n)
		CHECK_INT(v[0]->received, 1700000001 + after);
	pdg_stored_list_done(v, n);
	return n;
}
