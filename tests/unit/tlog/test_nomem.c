/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails, for every n: each function says so, leaks nothing, and the log goes
 * on. */
#include "support/failalloc.h"
#include "tlog/journal.h"
#include "tlog/log.h"
#include "tlog/rekor.h"
#include "unit/tlog/items.h"
#include "unit/tlog/rekor1_made.h"

#define D "sha256:1111111111111111111111111111111111111111111111111111111111111111"

PDG_AUTO_DEFINE(log, struct pdg_log *, pdg_log_free)

static struct pdg_key *item_key;
static struct pdg_key *log_key;
static struct pdg_log *the_log;
static char *folder;
static struct pdg_buf note;
static struct pdg_buf entry;
static struct pdg_buf root_text;
static struct rekor1 v1;
static struct pdg_buf v1_entry;

static int checkpoint(struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	int rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, err);

	CHECK((rc == 0) == (c != NULL));
	return rc < 0 ? rc : pdg_checkpoint_verify(c, "localhost", log_key, err);
}

static int sign_checkpoint(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	struct pdg_hash32 root = {{7}};
	int rc = pdg_checkpoint_sign("localhost", 5, &root, log_key, &out, err);

	CHECK((rc == 0) == (out.n > 0));
	return rc;
}

static int read_root(struct pdg_error *err)
{
	PDG_AUTO(root) struct pdg_root *r = NULL;
	int rc = pdg_root_parse(pdg_buf_bytes(&root_text), &r, err);

	CHECK((rc == 0) == (r != NULL));
	return rc;
}

static int read_entry(struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(65536);
	struct pdg_jw w;
	int rc = pdg_json_load(pdg_buf_bytes(&entry), PDG_LIMIT_MIB(1), &j, err);

	if (rc < 0)
		return rc;
	rc = pdg_entry_read(j, &e, err);
	CHECK((rc == 0) == (e != NULL));
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, &out);
	pdg_entry_write(e, &w);
	return pdg_buf_check(&out, err);
}

static int rekor_v1(struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_rekor1_shown shown;
	int rc = pdg_rekor1_read(pdg_buf_bytes(&v1_entry), &e, err);

	CHECK((rc == 0) == (e != NULL));
	return rc < 0 ? rc : pdg_rekor1_verify(e, &v1.claim, v1.root, REKOR1_TIME, &shown, err);
}

static int journal_leaf(struct pdg_error *err)
{
	static const char text[] =
		"{\"decision\":\"refused\",\"envelope\":\"" D "\",\"links\":[{\"reference\":\"" D
		"\",\"stage\":\"source\"}],\"policy\":{\"digest\":\"" D "\",\"version\":7},"
		"\"producer\":\"builder x\",\"producerKey\":\"k\",\"received\":\"2026-11-23T03:17:00Z\","
		"\"reference\":\"" D "\",\"rule\":\"LNK-3\",\"stage\":\"build\",\"v\":1}";
	PDG_AUTO(journal_leaf) struct pdg_journal_leaf *l = NULL;
	int rc = pdg_journal_leaf_parse(pdg_bytes_str(text), &l, err);

	CHECK((rc == 0) == (l != NULL));
	return rc;
}

static int journal_proof(struct pdg_error *err)
{
	static const char text[] =
		"{\"leaf\":\"AAAA\",\"proof\":{\"index\":1,\"treeSize\":2,"
		"\"hashes\":[\"GgHJAOgCz4HQzAvsITIFSTPuE1yZZoQZz4g+ko+1+0A=\"]},\"checkpoint\":\"note\"}";
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = NULL;
	int rc = pdg_json_load(pdg_bytes_str(text), 1000, &j, err);

	if (rc < 0)
		return rc;
	rc = pdg_journal_proof_read(j, &p, err);
	CHECK((rc == 0) == (p != NULL));
	return rc;
}

static int open_log(struct pdg_error *err)
{
	const struct pdg_embedded_options opt = {
		.directory = folder, .origin = "localhost", .may_create = true};
	PDG_AUTO(log) struct pdg_log *log = NULL;
	int rc = pdg_embedded_open(&opt, &log, err);

	CHECK((rc == 0) == (log != NULL));
	return rc;
}

/* New items into the same log, with the @nth allocation failing. *@out_hit: it did. */
static int append(size_t nth, bool *out_hit, struct pdg_error *err)
{
	PDG_AUTO(items) struct items it = {0};
	uint64_t before = pdg_embedded_size(the_log);
	size_t i;
	int rc;

	items_init(&it, item_key, nth * 3, 3);
	pdg_failalloc_at(nth);
	rc = the_log->ops->add(the_log, it.v, 3, err);
	*out_hit = pdg_failalloc_hit();
	pdg_failalloc_at(0);
	if (rc < 0)
		CHECK_UINT(pdg_embedded_size(the_log), before);
	for (i = 0; rc == 0 && i < 3; i++) {
		CHECK((it.v[i].rc == 0) == (it.v[i].entry != NULL));
		if (it.v[i].rc < 0)
			return it.v[i].rc;
	}
	return rc;
}

/*
 * After each failure the log goes on as it was. Behind the record nothing fails any more:
 * what cannot be removed for want of memory is left.
 */
static void appends(void)
{
	bool hit = true;
	unsigned failed = 0;
	size_t n;

	for (n = 1; hit && n < 10000; n++) {
		struct pdg_error err = {0};
		int rc = append(n, &hit, &err);

		pdg_test_case("append, allocation %zu", n);
		CHECK(rc == 0 || (rc == PDG_E_NOMEM && hit));
		failed += rc < 0;
	}
	CHECK(failed > 30 && !hit);
	pdg_test_case(NULL);
}

static int serve(struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(65536);
	int rc = pdg_embedded_file(the_log, "tile/0/000.p/1", &out, err);

	return rc < 0 ? rc : pdg_embedded_file(the_log, "tile/entries/000.p/1", &out, err);
}

static int check_all(struct pdg_error *err)
{
	uint64_t n;

	return pdg_embedded_fsck(the_log, &n, err);
}

static int open_rekor(struct pdg_error *err)
{
	PDG_AUTO(log) struct pdg_log *log = NULL;
	const struct pdg_rekor_options opt = {.url = "http://localhost:1",
					      .origin = "localhost",
					      .key = log_key,
					      .proxy = "http://p"};
	int rc = pdg_rekor_v2_open(&opt, &log, err);
	CHECK((rc == 0) == (log != NULL));
	return rc;
}

static void set_up(void)
{
	const struct pdg_embedded_options opt = {
		.directory = folder, .origin = "localhost", .may_create = true};
	PDG_AUTO(items) struct items it = {0};
	struct pdg_hash32 root = {{7}};
	struct pdg_jw w;
	uint8_t id[32];

	item_key = key_new(PDG_KEY_ECDSA_P256);
	log_key = key_of_seed(0);
	pdg_buf_init(&note, 4096);
	pdg_buf_init(&entry, 65536);
	pdg_buf_init(&root_text, 65536);
	naive_must(pdg_checkpoint_sign("localhost", 5, &root, log_key, &note, NULL));
	naive_must(pdg_note_key_id("localhost", log_key, id, NULL));
	naive_must(pdg_root_write(&(struct pdg_root_make){.base_url = "http://localhost",
							  .key = log_key,
							  .log_id = id,
							  .valid_from = 1},
				  &root_text, NULL));
	naive_must(pdg_embedded_open(&opt, &the_log, NULL));
	items_init(&it, item_key, 1000, 2);
	naive_must(the_log->ops->add(the_log, it.v, 2, NULL));
	pdg_jw_init(&w, &entry);
	pdg_entry_write(it.v[1].entry, &w);
	rekor1_init(&v1);
	pdg_buf_init(&v1_entry, 65536);
	rekor1_proto(&v1, &(struct rekor1_fields)REKOR1_ALL, &v1_entry);
}

static void forms(void)
{
	pdg_failalloc_run("checkpoint", checkpoint);
	pdg_failalloc_run("sign checkpoint", sign_checkpoint);
	pdg_failalloc_run("root", read_root);
	pdg_failalloc_run("entry", read_entry);
	pdg_failalloc_run("Rekor v1 entry", rekor_v1);
	pdg_failalloc_run("journal leaf", journal_leaf);
	pdg_failalloc_run("journal proof", journal_proof);
}

static void embedded(void)
{
	char *dir = folder;

	pdg_failalloc_run("serve", serve);
	pdg_failalloc_run("fsck", check_all);
	appends();
	pdg_failalloc_run("serve", serve);
	pdg_failalloc_run("fsck", check_all);
	pdg_log_free(PDG_TAKE(the_log));
	pdg_failalloc_run("open", open_log);
	/* and a beginning, which goes on from where it was cut off */
	folder = pdg_test_path(dir, "new");
	pdg_failalloc_run("begin", open_log);
	pdg_failalloc_run("rekor", open_rekor);
	free(folder);
	folder = dir;
}

static void all(void)
{
	folder = pdg_test_dir();
	set_up();
	forms();
	embedded();
	pdg_log_free(PDG_TAKE(the_log));
	pdg_key_free(item_key);
	pdg_key_free(log_key);
	pdg_buf_done(&note);
	pdg_buf_done(&entry);
	pdg_buf_done(&root_text);
	rekor1_done(&v1);
	pdg_buf_done(&v1_entry);
	pdg_test_dir_remove(folder);
}

PDG_TEST_MAIN("nomem", {"every allocation fails once", all})
