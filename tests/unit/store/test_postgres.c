/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only a store in PostgreSQL has: several processes over one database, a server that goes away
 * and comes back, a schema that somebody else may have made, rows lent for a while.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/store/postgres_world.h"
#include "unit/store/store_world.h"
#include "util/limits.h"

#define ROWS_OF_PAGES 250

/* Another process's view of @f's database. */
static struct pdg_store *second(const struct fixture *f)
{
	const struct pdg_store_open how = {.url = f->path};
	struct pdg_store *s = NULL;
	struct pdg_error err = {0};
	bool is_new = true;

	if (!CHECK_OK(open_postgresql(&how, &s, &is_new, &err), &err))
		abort();
	CHECK(!is_new);
	return s;
}

static size_t pending_of(struct pdg_store *s)
{
	struct pdg_stored **v = NULL;
	struct pdg_error err = {0};
	size_t n = 0;

	CHECK_OK(s->ops->pending(s, 0, 100, SIZE_MAX, &v, &n, &err), &err);
	pdg_stored_list_done(v, n);
	return n;
}

/* Who keeps a row publishes it; others get it when he ended, or after a while. */
static void rows_are_lent(void)
{
	struct fixture f;
	struct pdg_store *b, *c;
	unsigned i;

	setup(&f);
	for (i = 1; i <= 3; i++)
		put(&f, i, "build", HEX64);
	b = second(&f);
	CHECK_UINT(pending_of(f.s), 3);
	CHECK_UINT(pending_of(f.s), 3);
	CHECK_UINT(pending_of(b), 0);
	/* The time of one of them is over: whoever asks first has it. */
	(void)postgresql_ask(f.path, "UPDATE pending SET until = now() WHERE id = 2");
	c = second(&f);
	CHECK_UINT(pending_of(b), 1);
	CHECK_UINT(pending_of(c), 0);
	CHECK_UINT(pending_of(f.s), 2);
	/* An orderly end gives back what was lent. */
	pdg_store_close(PDG_TAKE(f.s));
	CHECK_UINT(pending_of(c), 2);
	pdg_store_close(b);
	CHECK_UINT(pending_of(c), 3);
	pdg_store_close(c);
	teardown(&f);
}

struct turn {
	struct pdg_store *s;
	struct fixture *f;
	unsigned first;
	atomic_uint kept;
};

static void *write_turn(void *ctx)
{
	struct turn *t = ctx;
	unsigned i;

	for (i = 0; i < 50; i++) {
		PDG_AUTO(stored) struct pdg_stored *a = example(t->first + i % 25, "build");
		struct pdg_error err = {0};
		int rc = t->s->ops->begin(t->s, &err);

		if (rc == 0)
			rc = t->s->ops->insert(t->s, a, NULL, 0, &err);
		if (rc == 0)
			rc = t->s->ops->commit(t->s, &err);
		else
			t->s->ops->rollback(t->s);
		if (rc == 0)
			atomic_fetch_add(&t->kept, 1);
		else if (rc != PDG_E_REJECTED)
			(void)fprintf(stderr, "%s\n", err.text);
	}
	return NULL;
}

/* Two write at once: one after another, each reference once, ids without gaps. */
static void writers_take_turns(void)
{
	struct fixture f;
	struct turn t[2];
	pthread_t thread[2];
	uint64_t all = 0, pending = 0;
	int64_t oldest;
	struct pdg_error err = {0};
	size_t i;

	setup(&f);
	t[0] = (struct turn){.s = f.s, .f = &f, .first = 1};
	t[1] = (struct turn){.s = second(&f), .f = &f, .first = 11};
	for (i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, write_turn, &t[i]), 0);
	for (i = 0; i < 2; i++)
		CHECK_INT(pthread_join(thread[i], NULL), 0);
	CHECK_UINT(atomic_load(&t[0].kept) + atomic_load(&t[1].kept), 35);
	CHECK_OK(f.s->ops->count(f.s, &all, &pending, &oldest, &err), &err);
	CHECK_UINT(all, 35);
	CHECK_UINT(pending, 35);
	CHECK_INT(postgresql_ask(f.path, "SELECT count(*) FROM attestation"), 35);
	pdg_store_close(t[1].s);
	teardown(&f);
}

/* The server dies in a batch: nothing of it was kept, and the next works without being told. */
static void server_dies_in_a_batch(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = example(2, "build");
	PDG_AUTO(stored) struct pdg_stored *b = example(3, "build");
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	struct pdg_error err = {0};

	setup(&f);
	put(&f, 1, "build", HEX64);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->insert(f.s, a, NULL, 0, &err), &err);
	postgresql("restart", "immediate");
	CHECK_RULE(f.s->ops->insert(f.s, b, NULL, 0, &err), &err, "STO-4");
	/* Not on a new connection, behind the back of the batch. */
	CHECK_RULE(f.s->ops->insert(f.s, b, NULL, 0, &err), &err, "STO-4");
	CHECK_RULE(f.s->ops->commit(f.s, &err), &err, "STO-4");
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 9), 1);
	CHECK_CODE(f.s->ops->get(f.s, a->reference, &got, &err), &err, PDG_E_NOTFOUND);
	put(&f, 2, "build", HEX64);
	/* Between batches nobody notices. */
	postgresql("restart", "immediate");
	put(&f, 3, "build", HEX64);
	postgresql("restart", "fast");
	CHECK_UINT(count_subject(&f, "sha256", HEX64, 0, 9), 3);
	CHECK_OK(f.s->ops->there(f.s, &err), &err);
	teardown(&f);
}

/* While it is away everything fails at once, by name and without the password. */
static void server_is_away(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	PDG_AUTO(mem) char *ref = reference(1);
	struct pdg_error err = {0};
	const struct timespec tick = {.tv_nsec = 300 * 1000 * 1000};

	setup(&f);
	put(&f, 1, "build", HEX64);
	postgresql("stop", "immediate");
	CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-3");
	CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-4");
	CHECK_RULE(f.s->ops->get(f.s, ref, &got, &err), &err, "STO-3");
	CHECK_RULE(f.s->ops->there(f.s, &err), &err, "STO-4");
	CHECK(strstr(err.text, "\n") == NULL);
	postgresql("start", NULL);
	(void)nanosleep(&tick, NULL);
	CHECK_OK(f.s->ops->get(f.s, ref, &got, &err), &err);
	put(&f, 2, "build", HEX64);
	teardown(&f);
}

/* One that hangs in a batch loses the writer's lock. */
static void a_writer_that_hangs(void)
{
	struct fixture f;
	struct pdg_store *b;
	struct pdg_error err = {0};

	setup(&f);
	b = second(&f);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_RULE(b->ops->begin(b, &err), &err, "STO-4");
	(void)postgresql_ask(f.path, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
				     " WHERE state = 'idle in transaction'");
	CHECK_OK(b->ops->begin(b, &err), &err);
	CHECK_OK(b->ops->commit(b, &err), &err);
	CHECK_RULE(f.s->ops->commit(f.s, &err), &err, "STO-4");
	pdg_store_close(b);
	teardown(&f);
}

/* What failed on the way is not committed by COMMIT, which says so without an error. */
static void a_failed_batch_is_not_committed(void)
{
	struct fixture f;
	PDG_AUTO(stored) struct pdg_stored *a = example(1, "build");
	struct pdg_error err = {0};

	setup(&f);
	CHECK_OK(f.s->ops->begin(f.s, &err), &err);
	CHECK_OK(f.s->ops->insert(f.s, a, NULL, 0, &err), &err);
	CHECK_RULE(f.s->ops->meta_set(f.s, "bad", "\xff", &err), &err, "STO-4");
	CHECK_RULE(f.s->ops->commit(f.s, &err), &err, "STO-4");
	CHECK_INT(postgresql_ask(f.path, "SELECT count(*) FROM attestation"), 0);
	put(&f, 1, "build", HEX64);
	teardown(&f);
}

/* A password from a file serves for connections that are made when the file is out of reach. */
static void password_from_a_file(void)
{
	struct fixture f = {.dir = pdg_test_dir(), .path = postgresql_new_database()};
	PDG_AUTO(mem)
	char *file = pdg_test_file(f.dir, "pass", pdg_bytes_str("127.0.0.1:*:*:secret:hunter2\n"));
	char *own = f.path;
	struct pdg_error err = {0};

	(void)postgresql_ask(own, "CREATE ROLE secret LOGIN PASSWORD 'hunter2';"
				  "GRANT CREATE ON SCHEMA public TO secret");
	f.path = pdg_str_printf("postgresql://secret@%s", strchr(own, '@') + 1);
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-3");
	CHECK_INT(chmod(file, 0600), 0);
	CHECK_INT(setenv("PGPASSFILE", file, 1), 0);
	if (open_store(&f, NULL)) {
		CHECK_INT(unlink(file), 0);
		put(&f, 1, "build", HEX64);
		postgresql_drop_connections(own);
		put(&f, 2, "build", HEX64);
		CHECK_UINT(pending_of(f.s), 2);
	}
	CHECK_INT(unsetenv("PGPASSFILE"), 0);
	free(own);
	teardown(&f);
}

static void refused_databases(void)
{
	static const struct {
		const char *url, *rule;
	} bad[] = {
		{"postgresql://u:hunter2@127.0.0.1:1/p", "STO-3"},
		{"postgresql://u:hunter2%zz@127.0.0.1:1/p", "CFG-1"},
		{"postgresql://u@h:port/p", "CFG-1"},
		{"postgresql://u:hunter2@127.0.0.1/p?nonsense=1", "CFG-1"},
		{"postgresql://u:a?hunter2@127.0.0.1/p?nonsense=1", "CFG-1"},
	};
	struct fixture f;
	PDG_AUTO(mem) char *other = NULL;
	struct pdg_error err = {0};
	size_t i;

	setup(&f);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("%s", bad[i].url);
		CHECK_RULE(postgresql_try_open(bad[i].url, false, &err), &err, bad[i].rule);
		CHECK(!strstr(err.text, "hunter2") && !strstr(err.text, "\n"));
		CHECK(err.fix[0] != '\0');
	}
	pdg_test_case(NULL);
	CHECK_RULE(postgresql_try_open("postgresql://u:hunter2@h/p?sslmod=require", false, &err),
		   &err, "CFG-1");
	CHECK(strstr(err.text, "sslmod"));
	(void)postgresql_ask(f.path, "INSERT INTO pedigree_schema VALUES (99)");
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-1");
	other = postgresql_new_database();
	(void)postgresql_ask(other, "CREATE TABLE theirs (a int)");
	CHECK_RULE(postgresql_try_open(other, false, &err), &err, "STO-5");
	CHECK_INT(postgresql_ask(other, "SELECT count(*) FROM pg_class WHERE relname = 'meta'"), 0);
	teardown(&f);
}

/* Tokens of before go on as they did: nothing is known of what they were used for. */
static void migrated_from_version_1(void)
{
	const uint8_t name[32] = {1}, body[32] = {2};
	char used[PDG_STORED_REFERENCE] = "?";
	struct pdg_error err = {0};
	struct fixture f;
	bool is_new = true;

	setup(&f);
	pdg_store_close(PDG_TAKE(f.s));
	(void)postgresql_ask(f.path, POSTGRESQL_AS_VERSION_1
			     "INSERT INTO token VALUES (decode(rpad('01', 64, '0'), 'hex'),"
			     " decode(rpad('02', 64, '0'), 'hex'), 100)");
	CHECK_RULE(postgresql_try_open(f.path, true, &err), &err, "STO-3");
	if (open_store(&f, &is_new)) {
		CHECK(!is_new);
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->token_use(f.s, name, body, 100, 50, used, &err), &err);
		CHECK_STR(used, "");
		CHECK_CODE(f.s->ops->token_use(f.s, name, name, 100, 50, used, &err), &err,
			   PDG_E_REJECTED);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
	}
	teardown(&f);
}

/* A store that was put in the place of the one that is open takes nothing. */
static void another_store_in_its_place(void)
{
	struct fixture f;
	struct pdg_error err = {0};

	setup(&f);
	put(&f, 1, "build", HEX64);
	(void)postgresql_ask(f.path, "UPDATE meta SET value = 'other' WHERE name = 'store-id'");
	CHECK_RULE(f.s->ops->there(f.s, &err), &err, "STO-3");
	postgresql("restart", "fast");
	CHECK_RULE(f.s->ops->begin(f.s, &err), &err, "STO-3");
	teardown(&f);
}

/* Said at the start, not at the first statement that needs it. */
static void a_table_that_is_gone(void)
{
	struct fixture f;
	struct pdg_error err = {0};

	setup(&f);
	pdg_store_close(f.s);
	f.s = NULL;
	(void)postgresql_ask(f.path, "DROP TABLE token");
	CHECK_RULE(postgresql_try_open(f.path, false, &err), &err, "STO-5");
	CHECK_RULE(postgresql_try_open(f.path, true, &err), &err, "STO-5");
	teardown(&f);
}

/* To look at it alone: as it was when it was opened, and nothing is made. */
static void only_looked_at(void)
{
	struct fixture f;
	PDG_AUTO(mem) char *empty = postgresql_new_database();
	struct pdg_store *s = NULL;
	uint64_t all = 0, pending = 0;
	int64_t oldest;
	struct pdg_error err = {0};
	bool is_new = true;

	setup(&f);
	CHECK_RULE(postgresql_try_open(empty, true, &err), &err, "STO-3");
	CHECK_INT(postgresql_ask(empty, "SELECT count(*) FROM pg_class WHERE relname = 'meta'"), 0);
	put(&f, 1, "build", HEX64);
	CHECK_OK(open_postgresql(&(struct pdg_store_open){.url = f.path, .only_look = true}, &s,
				 &is_new, &err),
		 &err);
	put(&f, 2, "build", HEX64);
	CHECK_OK(s->ops->count(s, &all, &pending, &oldest, &err), &err);
	CHECK_UINT(all, 1);
	CHECK_RULE(s->ops->meta_set(s, "a", "b", &err), &err, "STO-4");
	pdg_store_close(s);
	CHECK_UINT(pending_of(f.s), 2);
	teardown(&f);
}

/* The server's files may not grow: it plays the full disk. Of those of the tables alone, for a
 * server that cannot write its log of changes ends itself. */
static void the_server_has_no_room(void)
{
	struct fixture f;
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};
	unsigned i;
	int rc = 0;
	size_t kept = 0;

	setup(&f);
	postgresql("limit", "18000000");
	postgresql_drop_connections(f.path);
	for (i = 0; i < PDG_LIMIT_MIB(1) / 4; i++)
		pdg_buf_printf(&b, "%04x", i * 40503u & 0xffff);
	for (i = 1; rc == 0 && i < 60; i++) {
		PDG_AUTO(stored) struct pdg_stored *a = example(i, "build");

		pdg_buf_done(&a->payload);
		pdg_buf_init(&a->payload, PDG_LIMIT_MIB(1));
		pdg_buf_put(&a->payload, pdg_buf_bytes(&b));
		rc = f.s->ops->begin(f.s, &err);
		if (rc == 0)
			rc = f.s->ops->insert(f.s, a, NULL, 0, &err);
		if (rc == 0)
			rc = f.s->ops->commit(f.s, &err);
		else
			f.s->ops->rollback(f.s);
		kept += rc == 0;
	}
	CHECK_RULE(rc, &err, "STO-4");
	CHECK(kept > 0);
	CHECK_UINT(pending_of(f.s), kept);
	/* What has room is kept, and with more room everything is. */
	CHECK_INT(postgresql_ask(f.path, "SELECT count(*) FROM attestation"), kept);
	postgresql("limit", "unlimited");
	postgresql_drop_connections(f.path);
	put(&f, 1000, "build", HEX64);
	CHECK_UINT(pending_of(f.s), kept + 1);
	teardown(&f);
}

/* synchronous_commit = off, as somebody may have set for his database, is not for us. */
static void commits_are_durable(void)
{
	PDG_AUTO(mem) char *url = postgresql_new_database();
	const char *name = strrchr(url, '/') + 1;
	PDG_AUTO(mem)
	char *off = pdg_str_printf("ALTER DATABASE %s SET synchronous_commit = off", name);
	struct fixture f = {.path = pdg_str_dup(url)};
	struct pdg_error err = {0};

	(void)postgresql_ask(url, off);
	f.dir = pdg_test_dir();
	if (open_store(&f, NULL)) {
		CHECK_OK(f.s->ops->begin(f.s, &err), &err);
		CHECK_OK(f.s->ops->meta_set(f.s, "a", "b", &err), &err);
		CHECK_OK(f.s->ops->commit(f.s, &err), &err);
		postgresql("restart", "immediate");
		CHECK_INT(postgresql_ask(url, "SELECT count(*) FROM meta WHERE name = 'a'"), 1);
	}
	teardown(&f);
}

struct seen {
	unsigned rows, unread;
};

static int see(void *ctx, const struct pdg_stored *a, struct pdg_error *err)
{
	struct seen *w = ctx;

	(void)a;
	(void)err;
	w->rows++;
	return 0;
}

static void not_seen(void *ctx, int64_t first, int64_t last, const struct pdg_error *why)
{
	struct seen *w = ctx;

	CHECK_STR(why->rule, "STO-5");
	w->unread += (unsigned)(last - first + 1);
}

/* Who looks goes on behind it, in the transaction in which he looks. */
static void a_page_that_cannot_be_read(void)
{
	static const char spoil[] =
		"DO $$BEGIN EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'cat >/dev/null;"
		" printf %08192d 0 | dd of=' || pg_relation_filepath('attestation') ||"
		" ' bs=8192 seek=2 count=1 iflag=fullblock conv=notrunc'); END$$";
	struct fixture f;
	struct seen w = {0};
	struct pdg_store *s = NULL;
	PDG_AUTO(mem) char *ref = reference(ROWS_OF_PAGES);
	PDG_AUTO(stored) struct pdg_stored *got = NULL;
	struct pdg_error err = {0};
	bool is_new = true;
	unsigned i;

	setup(&f);
	for (i = 1; i <= ROWS_OF_PAGES; i++)
		put(&f, i, "build", HEX64);
	postgresql("restart", "fast");
	(void)postgresql_ask(f.path, spoil);
	CHECK_OK(open_postgresql(&(struct pdg_store_open){.url = f.path, .only_look = true}, &s,
				 &is_new, &err),
		 &err);
	CHECK_OK(pdg_store_each(
			 s,
			 &(struct pdg_store_walk){
				 .each = see, .unread = not_seen, .ctx = &w, .last = ROWS_OF_PAGES},
			 &err),
		 &err);
	CHECK(w.unread > 0 && w.unread < ROWS_OF_PAGES / 2);
	CHECK_UINT(w.rows + w.unread, ROWS_OF_PAGES);
	CHECK_OK(s->ops->get(s, ref, &got, &err), &err);
	pdg_store_close(s);
	teardown(&f);
}

PDG_TEST_MAIN("postgres", {"rows are lent", rows_are_lent},
	      {"a table that is gone", a_table_that_is_gone},
	      {"a page that cannot be read", a_page_that_cannot_be_read},
	      {"writers take turns", writers_take_turns},
	      {"server dies in a batch", server_dies_in_a_batch},
	      {"server is away", server_is_away}, {"a writer that hangs", a_writer_that_hangs},
	      {"a failed batch is not committed", a_failed_batch_is_not_committed},
	      {"password from a file", password_from_a_file},
	      {"refused databases", refused_databases},
	      {"migrated from version 1", migrated_from_version_1},
	      {"another store in its place", another_store_in_its_place},
	      {"only looked at", only_looked_at}, {"commits are durable", commits_are_durable},
	      {"the server has no room", the_server_has_no_room})
