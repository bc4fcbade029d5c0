/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two services over one PostgreSQL, and a log that shows each a tree of its own under one key
 * (T65): what one of them believed the other does not go past, and where both did, --fsck finds it.
 */
#include "unit/service/core_world.h"
#include "unit/store/postgres_world.h"
#include "unit/tlog/fake_rekor.h"

/* @w is the first service, and the folder of both; @b writes to @tree_b, @w to @tree. */
struct split {
	struct world w, b;
	struct rekor tree, tree_b;
	char *store;
};

static char *where(const struct rekor *r)
{
	char *out = pdg_str_printf("url = %s\n\treadUrl = %s/read", fake_http_url(r->http),
				   fake_http_url(r->http));

	if (!out)
		abort();
	return out;
}

static void configure(struct split *s)
{
	PDG_AUTO(mem) char *at = where(&s->tree);
	PDG_AUTO(mem)
	char *store = pdg_str_printf("store = %s\n\tjournalKey = journal.pem", s->store);
	PDG_AUTO(mem)
	char *log = pdg_str_printf("type = rekor-v2\n\tkey = %s\n\t%s", s->tree.public_key, at);

	world_configure(&s->w, 1, NULL);
	world_reconfigure(&s->w, "store = sqlite:p.db", store);
	world_reconfigure(&s->w, "directory = log", log);
	world_reconfigure(&s->w, "origin = localhost", "origin = " ORIGIN);
}

/* The trees' items are by the services' own key. */
static void take_key(struct split *s)
{
	PDG_AUTO(mem) char *path = pdg_test_path(s->w.dir, "signing.pem");
	struct pdg_error err = {0};

	pdg_key_free(s->tree.key);
	s->tree.key = NULL;
	CHECK_OK(pdg_key_private_file(path, &s->tree.key, &err), &err);
	s->tree_b.key = s->tree.key;
}

static void split_open(struct split *s)
{
	PDG_AUTO(mem) char *at = NULL;
	PDG_AUTO(mem) char *at_b = NULL;
	struct pdg_error err = {0};
	struct pdg_key *journal;

	s->store = postgresql_new_database();
	rekor_init(&s->tree);
	s->tree_b = (struct rekor){.log = s->tree.other};
	s->tree_b.http = fake_http_start(answer, &s->tree_b);
	world_init(&s->w);
	journal = world_make_key(&s->w, "journal");
	pdg_key_free(journal);
	configure(s);
	world_open(&s->w);
	at = where(&s->tree);
	at_b = where(&s->tree_b);
	world_reconfigure(&s->w, at, at_b);
	s->b = s->w;
	s->b.core = NULL;
	s->b.cfg = NULL;
	if (!CHECK_OK(world_try_open(&s->b, &err), &err))
		abort();
	take_key(s);
	CHECK_INT(submit_source(&s->w, SERVER, &app_main), 201);
}

static void split_done(struct split *s)
{
	world_close(&s->b);
	world_done(&s->w);
	fake_http_stop(s->tree_b.http);
	pdg_entry_free(s->tree_b.before);
	free(s->tree_b.last_body);
	rekor_done(&s->tree);
	free(s->store);
}

/* Whether build @no, sent to @to, is logged soon (201), or waits for the log (202). */
static int send_build(struct split *s, struct world *to, unsigned no)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(got) struct got g;
	struct build_of b = build_no(no);

	build_body(&s->w, CI, &b, &body);
	submit(to, pdg_buf_bytes(&body), 3000, &g);
	return g.status;
}

/* How many still wait for the log after some time. */
static long long wait_until_empty(struct split *s)
{
	long long left = -1;
	int i;

	for (i = 0; left != 0 && i < 300; i++) {
		(void)usleep(i ? 100000 : 0);
		left = postgresql_ask(s->store, "SELECT count(*) FROM pending");
	}
	return left;
}

static int fsck(struct split *s, struct pdg_buf *lines, struct pdg_error *err)
{
	struct pdg_core *core = NULL;
	int rc = pdg_core_open_to_check(s->w.cfg, &s->w.clock, &core, err);

	if (rc < 0)
		return rc;
	rc = pdg_core_fsck(core, fsck_line, NULL, lines, NULL, err);
	CHECK(pdg_core_close(core));
	return rc;
}

static void the_second_is_not_believed(void)
{
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	static const char head[] = "SELECT split_part(value, ' ', 1)::int FROM meta WHERE name ="
				   " 'log-head'";
	struct pdg_error err = {0};
	struct split s;
	unsigned i;

	split_open(&s);
	for (i = 1; i <= 2; i++)
		CHECK_INT(send_build(&s, &s.w, i), 201);
	CHECK_INT(postgresql_ask(s.store, head), 3);
	/* To it the log is another: it takes everything, and is believed nothing. */
	for (i = 3; i <= 4; i++)
		CHECK_INT(send_build(&s, &s.b, i), 202);
	CHECK(s.tree_b.posts > 0);
	CHECK_RULE(pdg_core_ready(s.b.core, &err), &err, "RDY-9");
	CHECK_OK(pdg_core_ready(s.w.core, &err), &err);
	CHECK_INT(postgresql_ask(s.store, head), 3);
	CHECK_INT(postgresql_ask(s.store, "SELECT count(*) FROM bundle"), 3);
	CHECK_INT(postgresql_ask(s.store, "SELECT count(*) FROM pending"), 2);
	CHECK_OK(fsck(&s, &lines, &err), &err);
	CHECK_HAS(pdg_buf_cstr(&lines), "; 0 faults");
	/* The log is shown to both alike: what waited is logged, and nothing is amiss any more. */
	s.tree_b.log = s.tree.log;
	CHECK(wait_until_empty(&s) == 0);
	CHECK_OK(pdg_core_ready(s.b.core, &err), &err);
	split_done(&s);
}

/* As before a service held its log against what another was shown: each forgets the other's. */
static void both_were_believed(void)
{
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_error err = {0};
	struct split s;

	split_open(&s);
	CHECK_INT(send_build(&s, &s.w, 1), 201);
	(void)postgresql_ask(s.store, "DELETE FROM meta WHERE name = 'log-head'");
	CHECK_INT(send_build(&s, &s.b, 2), 201);
	(void)postgresql_ask(s.store, "DELETE FROM meta WHERE name = 'log-head'");
	CHECK_INT(postgresql_ask(s.store, "SELECT count(*) FROM bundle"), 3);
	CHECK_RULE(fsck(&s, &lines, &err), &err, "FSK-1");
	CHECK_HAS(pdg_buf_cstr(&lines), "[LOG-2]");
	CHECK_HAS(pdg_buf_cstr(&lines), "; 1 faults");
	split_done(&s);
}

PDG_TEST_MAIN("split", {"the second is not believed", the_second_is_not_believed},
	      {"both were believed", both_were_believed})
