/* SPDX-License-Identifier: Apache-2.0 */
/* A publisher with all that it works with, over a log of the test's own, and rows to publish. */
#ifndef PDG_TESTS_SERVICE_PUBLISHER_BENCH_H
#define PDG_TESTS_SERVICE_PUBLISHER_BENCH_H

#include "service/countersign.h"
#include "service/publisher.h"
#include "store/sqlite.h"
#include "unit/service/core_log.h"
#include "util/time.h"

static inline struct pdg_entry *entry_of(uint64_t index)
{
	struct pdg_entry *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->log_index = index;
	e->kind = pdg_str_dup("hashedrekord");
	e->version = pdg_str_dup("0.0.2");
	pdg_buf_init(&e->log_id, 32);
	pdg_buf_put(&e->log_id, pdg_bytes("01234567890123456789012345678901", 32));
	e->has_proof = true;
	e->proof_index = index;
	e->proof_size = index + 1;
	pdg_buf_init(&e->set, 16);
	pdg_buf_init(&e->checkpoint, 64);
	pdg_buf_puts(&e->checkpoint, "a checkpoint");
	pdg_buf_init(&e->body, 64);
	pdg_buf_puts(&e->body, "{}");
	return e;
}

/* Everything that a publisher works with, and rows to publish. */
struct bench {
	struct world w;
	struct pdg_log *log;
	struct pdg_store *store;
	struct pdg_key *signing, *journal_key;
	struct pdg_buf root;
	struct pdg_policy_box *policy;
	struct pdg_journal *journal;
	struct pdg_writer *writer;
	struct pdg_publisher *publisher;
};

static inline void bench_init(struct bench *b, struct pdg_log *log)
{
	PDG_AUTO(mem) char *db = NULL;
	struct pdg_own_trust own = {.service = NULL};
	uint8_t id[32] = {1};
	struct pdg_error err = {0};
	bool is_new;

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	b->log = log;
	db = pdg_test_path(b->w.dir, "p.db");
	b->signing = world_make_key(&b->w, "mine");
	b->journal_key = world_make_key(&b->w, "journal");
	pdg_buf_init(&b->root, PDG_LIMIT_KIB(64));
	CHECK_OK(pdg_root_write(&(struct pdg_root_make){.base_url = "http://localhost",
							.key = b->w.key[STRANGER],
							.log_id = id,
							.valid_from = NOW},
				&b->root, &err),
		 &err);
	own = (struct pdg_own_trust){.service = b->signing,
				     .journal = b->journal_key,
				     .root_json = pdg_buf_bytes(&b->root)};
	if (!CHECK_OK(pdg_service_config_load(b->w.config, &b->w.cfg, &err), &err) ||
	    !CHECK_OK(pdg_sqlite_open(db, &b->store, &is_new, &err), &err) ||
	    !CHECK_OK(pdg_policy_box_new(b->w.cfg, &own, NULL, &b->w.clock, 0, &b->policy, &err),
		      &err) ||
	    !CHECK_OK(pdg_journal_open(b->store, b->journal_key, "localhost/journal", false,
				       &b->journal, &err),
		      &err) ||
	    !CHECK_OK(pdg_writer_new(b->store, b->journal, 0, &b->writer, &err), &err))
		abort();
}

/* No thread runs yet. */
static inline void bench_make(struct bench *b)
{
	struct pdg_publisher_options opt = {
		.store = b->store, .log = b->log, .writer = b->writer, .policy = b->policy};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_publisher_new(&opt, &b->publisher, &err), &err))
		abort();
	pdg_writer_publisher(b->writer, b->publisher);
}

static inline void bench_start(struct bench *b)
{
	struct pdg_error err = {0};

	if (!b->publisher)
		bench_make(b);
	CHECK_OK(pdg_publisher_start(b->publisher, &err), &err);
}

static inline void bench_done(struct bench *b)
{
	while (!pdg_publisher_stop(b->publisher, 1000))
		;
	CHECK(pdg_writer_end(b->writer, 10000));
	pdg_publisher_free(b->publisher);
	pdg_writer_free(b->writer);
	pdg_journal_free(b->journal);
	pdg_policy_box_free(b->policy);
	pdg_store_close(b->store);
	pdg_key_free(b->signing);
	pdg_key_free(b->journal_key);
	pdg_buf_done(&b->root);
	world_done(&b->w);
}

/* A pending row, as another run could have left it. @out_digest: what the log would be given. */
static inline struct pdg_stored *add_row(struct bench *b, unsigned no, const char *service_key,
					 uint8_t out_digest[32])
{
	struct pdg_stored *a = calloc(1, sizeof(*a));
	struct pdg_error err = {0};

	if (!a)
		abort();
	a->reference = pdg_str_printf("sha256:%064x", no);
	a->stage = pdg_str_dup("build");
	a->service_key = pdg_str_dup(service_key ? service_key : pdg_key_hint(b->signing));
	a->received = NOW;
	pdg_buf_init(&a->payload, 64);
	pdg_buf_printf(&a->payload, "{\"no\":%u}", no);
	pdg_buf_init(&a->countersig, 64);
	pdg_buf_puts(&a->countersig, "signature");
	CHECK_OK(pdg_signed_digest(pdg_buf_bytes(&a->payload), out_digest, &err), &err);
	CHECK_OK(b->store->ops->begin(b->store, &err), &err);
	CHECK_OK(b->store->ops->insert(b->store, a, NULL, 0, &err), &err);
	CHECK_OK(b->store->ops->commit(b->store, &err), &err);
	return a;
}

static inline void add_rows(struct bench *b, unsigned n)
{
	uint8_t digest[32];
	unsigned i;

	for (i = 1; i <= n; i++)
		pdg_stored_free(add_row(b, i, NULL, digest));
}

static inline uint64_t pending(struct bench *b)
{
	uint64_t all = 0, n = 99;
	int64_t oldest;

	CHECK_OK(b->store->ops->count(b->store, &all, &n, &oldest, NULL), NULL);
	return n;
}

static inline bool down_to(struct bench *b, uint64_t want)
{
	int i;

	for (i = 0; i < 600 && pending(b) > want; i++)
		pause_ms(20);
	return pending(b) == want;
}

#endif
