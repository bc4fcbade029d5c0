/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher against a log that does as it is told: it fails, it refuses one entry for good, it
 * is slow. What can be logged is; what cannot does not hold up the rest; nothing is tried without
 * pause.
 */
#include "service/countersign.h"
#include "service/publisher.h"
#include "store/sqlite.h"
#include "unit/service/core_log.h"
#include "util/time.h"

#define MAX_CALLS 100

struct fake_log {
	struct pdg_log log;
	struct pdg_log_ops ops;
	pthread_mutex_t mutex; /* guards the rest */
	unsigned calls;
	size_t items[MAX_CALLS];
	uint8_t first[MAX_CALLS][32]; /* digest of each call's first item */
	int64_t at_ms[MAX_CALLS];     /* when each call came */
	unsigned fail_calls;	      /* so many calls fail as a whole */
	bool refuse;		      /* the item with digest @bad is refused for good */
	uint8_t bad[32];
	long slow_ms;
	uint64_t size;
};

static struct pdg_entry *entry_of(uint64_t index)
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

static int fake_add(struct pdg_log *log, struct pdg_log_item *items, size_t n,
		    struct pdg_error *err)
{
	struct fake_log *f = (struct fake_log *)log;
	long slow;
	size_t i;
	int rc = 0;

	(void)pthread_mutex_lock(&f->mutex);
	if (f->calls < MAX_CALLS) {
		f->items[f->calls] = n;
		memcpy(f->first[f->calls], items[0].digest, 32);
		f->at_ms[f->calls] = pdg_monotonic_ms();
	}
	f->calls++;
	slow = f->slow_ms;
	if (f->fail_calls > 0) {
		f->fail_calls--;
		rc = pdg_reject(err, "LOG-13", "the log is down");
	}
	for (i = 0; rc == 0 && i < n; i++) {
		if (f->refuse && memcmp(items[i].digest, f->bad, 32) == 0)
			items[i].rc = pdg_reject(&items[i].err, "LOG-14", "not this one");
		else
			items[i].entry = entry_of(f->size++);
	}
	(void)pthread_mutex_unlock(&f->mutex);
	if (slow)
		pause_ms(slow);
	return rc;
}

static unsigned calls(struct fake_log *f)
{
	unsigned n;

	(void)pthread_mutex_lock(&f->mutex);
	n = f->calls;
	(void)pthread_mutex_unlock(&f->mutex);
	return n;
}

static void fake_head(struct pdg_log *log, struct pdg_log_head *out)
{
	struct fake_log *f = (struct fake_log *)log;

	(void)pthread_mutex_lock(&f->mutex);
	out->size = f->size;
	memset(out->root.b, 0xab, sizeof(out->root.b));
	(void)pthread_mutex_unlock(&f->mutex);
}

/* Everything that a publisher works with, and rows to publish. */
struct bench {
	struct world w;
	struct fake_log log;
	struct pdg_store *store;
	struct pdg_key *signing, *journal_key;
	struct pdg_buf root;
	struct pdg_policy_box *policy;
	struct pdg_journal *journal;
	struct pdg_writer *writer;
	struct pdg_publisher *publisher;
};

static void bench_init(struct bench *b, size_t batch)
{
	PDG_AUTO(mem) char *db = NULL;
	struct pdg_own_trust own = {.service = NULL};
	uint8_t id[32] = {1};
	struct pdg_error err = {0};
	bool is_new;

	memset(b, 0, sizeof(*b));
	world_init(&b->w);
	(void)pthread_mutex_init(&b->log.mutex, NULL);
	b->log.ops = (struct pdg_log_ops){
		.name = "fake", .add = fake_add, .head = fake_head, .batch = batch, .parallel = 1};
	b->log.log.ops = &b->log.ops;
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
	own = (struct pdg_own_trust){b->signing, b->journal_key, NULL, pdg_buf_bytes(&b->root)};
	if (!CHECK_OK(pdg_service_config_load(b->w.config, &b->w.cfg, &err), &err) ||
	    !CHECK_OK(pdg_sqlite_open(db, &b->store, &is_new, &err), &err) ||
	    !CHECK_OK(pdg_policy_box_new(b->w.cfg, &own, NULL, &b->w.clock, 0, &b->policy, &err),
		      &err) ||
	    !CHECK_OK(pdg_journal_open(b->store, b->journal_key, "localhost/journal", &b->journal,
				       &err),
		      &err) ||
	    !CHECK_OK(pdg_writer_new(b->store, b->journal, 0, &b->writer, &err), &err))
		abort();
}

static void bench_start(struct bench *b)
{
	struct pdg_publisher_options opt = {b->store, &b->log.log, b->writer, b->signing,
					    b->policy};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_publisher_new(&opt, &b->publisher, &err), &err))
		abort();
	pdg_writer_publisher(b->writer, b->publisher);
	CHECK_OK(pdg_publisher_start(b->publisher, &err), &err);
}

static void bench_done(struct bench *b)
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
	(void)pthread_mutex_destroy(&b->log.mutex);
	world_done(&b->w);
}

/* A pending row, as another run could have left it. @out_digest: what the log would be given. */
static struct pdg_stored *add_row(struct bench *b, unsigned no, const char *service_key,
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

static void add_rows(struct bench *b, unsigned n)
{
	uint8_t digest[32];
	unsigned i;

	for (i = 1; i <= n; i++)
		pdg_stored_free(add_row(b, i, NULL, digest));
}

static uint64_t pending(struct bench *b)
{
	uint64_t all = 0, n = 99;
	int64_t oldest;

	CHECK_OK(b->store->ops->count(b->store, &all, &n, &oldest, NULL), NULL);
	return n;
}

static bool down_to(struct bench *b, uint64_t want)
{
	int i;

	for (i = 0; i < 600 && pending(b) > want; i++)
		pause_ms(20);
	return pending(b) == want;
}

/* What the log's newest tree is, for the run after this. */
static void newest_head_is_kept(struct bench *b)
{
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_error err = {0};

	CHECK(pdg_writer_close(b->writer, 10000));
	CHECK_OK(b->store->ops->meta_get(b->store, "log-head", &text, &err), &err);
	CHECK_STR(text, "25 abababababababababababababababababababababababababababababababab");
}

static void a_log_that_is_down(void)
{
	struct bench b;
	unsigned i;

	bench_init(&b, 10);
	add_rows(&b, 25);
	b.log.fail_calls = 4;
	bench_start(&b);
	while (calls(&b.log) < 1)
		pause_ms(5);
	CHECK_UINT(pending(&b), 25);
	CHECK(down_to(&b, 0));
	/* Half of 100 ms, of 200 ms, … at least: not again and again. */
	for (i = 0; i < 4; i++)
		CHECK(b.log.at_ms[i + 1] - b.log.at_ms[i] >= 50 << i);
	CHECK_UINT(pdg_publisher_failures(b.publisher), 40);
	CHECK_UINT(calls(&b.log), 4 + 3);
	newest_head_is_kept(&b);
	bench_done(&b);
}

static void one_that_is_refused(void)
{
	struct bench b;
	uint8_t digest[32];
	unsigned n;

	bench_init(&b, 10);
	add_rows(&b, 25);
	pdg_stored_free(add_row(&b, 26, NULL, b.log.bad));
	b.log.refuse = true;
	bench_start(&b);
	CHECK(down_to(&b, 1));
	/* New work is not held up by it. (There is one writer: it has nothing to do now.) */
	CHECK(pdg_writer_close(b.writer, 10000));
	{
		PDG_AUTO(stored) struct pdg_stored *fresh = add_row(&b, 27, NULL, digest);
		int64_t start = pdg_monotonic_ms();

		pdg_publisher_push(b.publisher, fresh, digest);
		CHECK(down_to(&b, 1));
		CHECK(pdg_monotonic_ms() - start < 1000);
	}
	n = calls(&b.log);
	pause_ms(500);
	CHECK(calls(&b.log) - n <= 4);
	/* And when the log takes it after all, it is there. */
	(void)pthread_mutex_lock(&b.log.mutex);
	b.log.refuse = false;
	(void)pthread_mutex_unlock(&b.log.mutex);
	CHECK(down_to(&b, 0));
	n = calls(&b.log);
	pause_ms(300);
	CHECK_UINT(calls(&b.log), n);
	bench_done(&b);
}

/* Countersigned by a key that the policy does not name any more: it waits, nothing else does. */
static void a_key_that_nobody_knows(void)
{
	struct bench b;
	uint8_t digest[32];

	bench_init(&b, 10);
	pdg_stored_free(add_row(&b, 1, "gone", digest));
	pdg_stored_free(add_row(&b, 2, NULL, digest));
	bench_start(&b);
	CHECK(down_to(&b, 1));
	pause_ms(300);
	CHECK_UINT(calls(&b.log), 1);
	CHECK_UINT(pending(&b), 1);
	bench_done(&b);
}

static void new_work_before_a_backlog(void)
{
	struct bench b;
	PDG_AUTO(stored) struct pdg_stored *fresh = NULL;
	uint8_t digest[32];
	unsigned i, at = 0, n;

	bench_init(&b, 5);
	/* The newest of all, so that the backlog alone would bring it last. */
	add_rows(&b, 200);
	fresh = add_row(&b, 1000, NULL, digest);
	b.log.slow_ms = 30;
	bench_start(&b);
	while (calls(&b.log) < 3)
		pause_ms(5);
	n = calls(&b.log);
	pdg_publisher_push(b.publisher, fresh, digest);
	CHECK(down_to(&b, 0));
	for (i = 0; i < b.log.calls && i < MAX_CALLS; i++) {
		if (memcmp(b.log.first[i], digest, 32) == 0)
			at = i;
	}
	CHECK(at >= n && at <= n + 2);
	CHECK_UINT(b.log.size, 201);
	CHECK(calls(&b.log) > 35);
	bench_done(&b);
}

/* --- the order and size of a backlog --- */

/* The store, and what was asked of it. */
static struct {
	const struct pdg_store_ops *real;
	size_t most_rows, most_bytes;
	unsigned reads;
} spied;

static int spy_pending(struct pdg_store *s, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	int rc = spied.real->pending(s, after, max, max_bytes, out, out_n, err);

	spied.reads++;
	if (max_bytes > spied.most_bytes)
		spied.most_bytes = max_bytes;
	if (rc == 0 && *out_n > spied.most_rows)
		spied.most_rows = *out_n;
	return rc;
}

static void oldest_first_and_by_pages(void)
{
	static const unsigned want[] = {1, 1, 11, 21, 31};
	struct pdg_store_ops ops;
	struct bench b;
	unsigned i;

	bench_init(&b, 10);
	add_rows(&b, 35);
	/* After an outage: the one that waits longest is tried first, again and again. */
	b.log.fail_calls = 1;
	b.log.slow_ms = 20;
	spied.real = b.store->ops;
	spied.most_rows = 0;
	ops = *spied.real;
	ops.pending = spy_pending;
	b.store->ops = &ops;
	bench_start(&b);
	CHECK(down_to(&b, 0));
	while (!pdg_publisher_stop(b.publisher, 1000))
		;
	CHECK(pdg_writer_close(b.writer, 10000));
	b.store->ops = spied.real;
	CHECK_UINT(calls(&b.log), 5);
	for (i = 0; i < 5; i++) {
		PDG_AUTO(buf) struct pdg_buf payload = PDG_BUF_INIT(64);
		uint8_t digest[32];

		pdg_buf_printf(&payload, "{\"no\":%u}", want[i]);
		CHECK_OK(pdg_signed_digest(pdg_buf_bytes(&payload), digest, NULL), NULL);
		CHECK_BYTES(pdg_bytes(b.log.first[i], 32), pdg_bytes(digest, 32));
	}
	/* However much is at hand or held back, no more than a call takes is read at once. */
	CHECK_UINT(spied.most_rows, 10);
	CHECK(spied.most_bytes <= PDG_LIMIT_MIB(16));
	CHECK(spied.reads < 20);
	bench_done(&b);
}

/* Stopped while the log is busy: what is left stays pending, and nobody waits long. */
static void stopped_in_the_middle(void)
{
	struct bench b;
	int64_t start;

	bench_init(&b, 5);
	add_rows(&b, 100);
	b.log.slow_ms = 50;
	bench_start(&b);
	while (calls(&b.log) < 2)
		pause_ms(5);
	start = pdg_monotonic_ms();
	CHECK(pdg_publisher_stop(b.publisher, 1000));
	CHECK(pdg_monotonic_ms() - start < 1000);
	CHECK(pdg_writer_close(b.writer, 10000));
	CHECK(pending(&b) > 0 && pending(&b) <= 90);
	bench_done(&b);
}

/* A call that hangs is not waited for, and does no harm when it comes back. */
static void a_call_that_hangs(void)
{
	struct bench b;
	int64_t start;

	bench_init(&b, 5);
	add_rows(&b, 5);
	b.log.slow_ms = 1500;
	bench_start(&b);
	while (calls(&b.log) < 1)
		pause_ms(5);
	start = pdg_monotonic_ms();
	CHECK(!pdg_publisher_stop(b.publisher, 100));
	CHECK(pdg_monotonic_ms() - start < 1000);
	CHECK(pdg_writer_end(b.writer, 10000));
	CHECK(pdg_publisher_stop(b.publisher, 5000));
	CHECK_UINT(pending(&b), 5);
	pdg_publisher_free(b.publisher);
	pdg_writer_free(b.writer);
	b.publisher = NULL;
	b.writer = NULL;
	bench_done(&b);
}

PDG_TEST_MAIN("publisher", {"a log that is down", a_log_that_is_down},
	      {"one that is refused", one_that_is_refused},
	      {"a key that nobody knows", a_key_that_nobody_knows},
	      {"new work before a backlog", new_work_before_a_backlog},
	      {"oldest first and by pages", oldest_first_and_by_pages},
	      {"stopped in the middle", stopped_in_the_middle},
	      {"a call that hangs", a_call_that_hangs})
