/* SPDX-License-Identifier: Apache-2.0 */
/* --fsck over what is damaged in several places: it goes on behind each, and what it could not read
 * is told as that. */
#include "store/shared.h"
#include "store/sqlite.h"
#include "unit/service/core_world.h"

#define PAGE   4096 /* of the database */
#define BUILDS 60
#define ROWS   (BUILDS + 1)

#define BUNDLE "application/vnd.dev.sigstore.bundle"

/* A source and builds of it, whose ids are so many ahead; then the service is closed. */
static void filled(struct world *w, int64_t ahead, struct pdg_buf *db)
{
	PDG_AUTO(mem) char *put = pdg_str_printf("INSERT INTO pending VALUES (%d)", (int)ahead + 1);
	PDG_AUTO(mem) char *path = NULL;
	unsigned i;

	world_init(w);
	world_open(w);
	CHECK_INT(submit_source(w, SERVER, &app_main), 201);
	if (ahead)
		world_sql(w, put);
	for (i = 1; i <= BUILDS; i++) {
		struct build_of b = build_no(i);

		CHECK_INT(submit_build(w, CI, &b), 201);
	}
	if (ahead)
		world_sql(w, "DELETE FROM pending");
	world_close(w);
	path = pdg_test_path(w->dir, "p.db");
	pdg_test_read(path, db);
}

static void put_db(const struct world *w, const struct pdg_buf *db)
{
	free(pdg_test_file(w->dir, "p.db", pdg_buf_bytes(db)));
}

/* The bytes by which row @id is found in its table. */
static void key_of(const struct world *w, int64_t id, uint8_t out[32])
{
	PDG_AUTO(mem) char *path = pdg_test_path(w->dir, "p.db");
	PDG_AUTO(store) struct pdg_store *s = NULL;
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_error err = {0};
	bool is_new;

	if (!CHECK_OK(pdg_sqlite_open(path, &s, &is_new, &err), &err) ||
	    !CHECK_OK(s->ops->row(s, id, &a, &err), &err))
		abort();
	CHECK(pdg_store_reference(a->reference, out));
}

/* Spoil the last leaf of a table that has @what in it, of those before leaf @n of them. */
static void spoil(const struct world *w, const struct pdg_buf *db, struct pdg_bytes what,
		  unsigned n)
{
	PDG_AUTO(buf) struct pdg_buf now = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	size_t at, found = 0;

	pdg_buf_put(&now, pdg_buf_bytes(db));
	for (at = PAGE; at + PAGE <= now.n && n > 0; at += PAGE) {
		struct pdg_bytes page = pdg_bytes(now.p + at, PAGE);

		if (page.p[0] != 0x0d || pdg_bytes_find(page, what, 0) == SIZE_MAX)
			continue;
		found = at;
		n--;
	}
	if (CHECK(found > 0))
		memset(now.p + found, 0xa5, PAGE);
	put_db(w, &now);
}

/* 0, or why not; what it says is in @text. */
static int check(struct world *w, struct pdg_buf *text, struct pdg_fsck_counts *out,
		 struct pdg_error *err)
{
	int rc;

	pdg_buf_reset(text);
	*out = (struct pdg_fsck_counts){0};
	CHECK_OK(pdg_service_config_load(w->config, &w->cfg, err), err);
	rc = pdg_core_open_to_check(w->cfg, &w->clock, &w->core, err);
	if (rc == 0)
		rc = pdg_core_fsck(w->core, fsck_line, NULL, text, out, err);
	world_close(w);
	return rc;
}

/* The number at *@at, if @end follows, and step over both. */
static bool number(const char **at, const char *end, uint64_t *out)
{
	size_t n = strspn(*at, "0123456789");

	if (!pdg_str_starts(*at + n, end) || !pdg_bytes_u64(pdg_bytes(*at, n), UINT64_MAX, out))
		return false;
	*at += n + strlen(end);
	return true;
}

/* How many rows it says that it could not read. */
static uint64_t unread(const char *text)
{
	uint64_t all = 0, first, last;
	const char *at;

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		at = text + strlen("row ");
		if (pdg_str_starts(text, "row ") && number(&at, ":", &first))
			all++;
		at = text + strlen("rows ");
		if (pdg_str_starts(text, "rows ") && number(&at, " to ", &first) &&
		    number(&at, ":", &last))
			all += last - first + 1;
	}
	return all;
}

static void behind_damaged_pages(int64_t ahead)
{
	static const struct {
		const char *what;
		int64_t row; /* 0: a bundle */
		unsigned n;
	} cases[] = {
		{"first of the attestations", 1, 99},	{"in the middle", 30, 99},
		{"last of the attestations", ROWS, 99}, {"first of the bundles", 0, 1},
		{"bundles in the middle", 0, 6},	{"last of the bundles", 0, 99},
	};
	PDG_AUTO(buf) struct pdg_buf db = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts;
	struct pdg_error err = {0};
	struct world w;
	size_t i;

	filled(&w, ahead, &db);
	CHECK_OK(check(&w, &text, &counts, &err), &err);
	CHECK_UINT(counts.attestations, ROWS);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdg_bytes what = pdg_bytes_str(BUNDLE);
		uint8_t key[32];
		uint64_t gone;

		/* Behind the first, on its page, are ids that no row has. */
		if (ahead && cases[i].row == 1)
			continue;
		pdg_test_case("%s", cases[i].what);
		if (cases[i].row) {
			key_of(&w, cases[i].row + ahead, key);
			what = pdg_bytes(key, sizeof(key));
		}
		spoil(&w, &db, what, cases[i].n);
		CHECK_RULE(check(&w, &text, &counts, &err), &err, "FSK-1");
		gone = unread(pdg_buf_cstr(&text));
		if (!CHECK(gone > 0 && gone < ROWS / 2))
			(void)fprintf(stderr, "%s", pdg_buf_cstr(&text));
		CHECK_UINT(counts.attestations, ROWS - gone);
		CHECK_UINT(counts.leaves, ROWS);
		CHECK_UINT(counts.entries, ROWS);
		CHECK_HAS(pdg_buf_cstr(&text), "[STO-5]");
		CHECK(!strstr(pdg_buf_cstr(&text), "journal:"));
		put_db(&w, &db);
	}
	pdg_test_case(NULL);
	world_done(&w);
}

static void behind_a_damaged_page(void)
{
	behind_damaged_pages(0);
}

static void where_ids_are_ahead_of_the_leaves(void)
{
	behind_damaged_pages(1000);
}

/* It is said though no row has it, and does not keep the check from its end. */
static void of_the_last_id(void)
{
	PDG_AUTO(buf) struct pdg_buf db = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts;
	struct pdg_error err = {0};
	struct world w;
	uint8_t key[32];

	filled(&w, 0, &db);
	key_of(&w, ROWS, key);
	spoil(&w, &db, pdg_bytes(key, sizeof(key)), 99);
	world_sql(&w, "UPDATE journal_state SET last_id = 9223372036854775807");
	CHECK_RULE(check(&w, &text, &counts, &err), &err, "FSK-1");
	CHECK_HAS(pdg_buf_cstr(&text), "ids: behind 9223372036854775807");
	CHECK(counts.attestations > ROWS / 2 && counts.attestations < ROWS);
	world_done(&w);
}

/* Its own damage is a line, and the rows are looked at all the same. */
static void beside_a_damaged_log(void)
{
	static const struct {
		const char *file;
		bool gone;
	} cases[] = {
		{"log/tile/0/000.p/61", false},
		{"log/tile/0/000.p/61", true},
		{"log/tile/entries/000.p/61", false},
		{"log/tile/entries/000.p/61", true},
	};
	PDG_AUTO(buf) struct pdg_buf db = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts;
	struct pdg_error err = {0};
	struct world w;
	size_t i;

	filled(&w, 0, &db);
	world_sql(&w, "UPDATE attestation SET grade = 'clone' WHERE id = 1");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(mem) char *path = pdg_test_path(w.dir, cases[i].file);
		PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
		PDG_AUTO(buf) struct pdg_buf now = PDG_BUF_INIT(PDG_LIMIT_MIB(16));

		pdg_test_case("%s %s", cases[i].file, cases[i].gone ? "gone" : "spoilt");
		pdg_test_read(path, &was);
		pdg_buf_put(&now, pdg_buf_bytes(&was));
		now.p[40] ^= 1;
		if (cases[i].gone)
			CHECK_INT(unlink(path), 0);
		else
			free(pdg_test_file(w.dir, cases[i].file, pdg_buf_bytes(&now)));
		CHECK_RULE(check(&w, &text, &counts, &err), &err, "FSK-1");
		if (!CHECK_UINT(counts.faults, 2))
			(void)fprintf(stderr, "%s", pdg_buf_cstr(&text));
		CHECK_HAS(pdg_buf_cstr(&text), "[LOG-12]");
		CHECK_HAS(pdg_buf_cstr(&text), "[FSK-1]");
		CHECK_UINT(counts.attestations, ROWS);
		world_refuses_to_open(&w, "LOG-12");
		free(pdg_test_file(w.dir, cases[i].file, pdg_buf_bytes(&was)));
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* The tree that the store knows is held against the log whatever became of the rows. */
static void of_another_history(void)
{
	PDG_AUTO(buf) struct pdg_buf db = PDG_BUF_INIT(PDG_LIMIT_MIB(16));
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_fsck_counts counts;
	struct pdg_error err = {0};
	struct world w;

	filled(&w, 0, &db);
	world_sql(&w, "UPDATE meta SET value = substr(value, 1, length(value) - 4) || '0000'"
		      " WHERE name = 'log-head'");
	CHECK_RULE(check(&w, &text, &counts, &err), &err, "FSK-1");
	CHECK_UINT(counts.faults, 1);
	CHECK_HAS(pdg_buf_cstr(&text), "[LOG-2]");
	world_done(&w);
}

PDG_TEST_MAIN("fsck", {"behind a damaged page", behind_a_damaged_page},
	      {"where ids are ahead of the leaves", where_ids_are_ahead_of_the_leaves},
	      {"of the last id", of_the_last_id}, {"beside a damaged log", beside_a_damaged_log},
	      {"of another history", of_another_history})
