/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher against a log that does as it is told: it fails, it refuses one entry for good, it
 * is slow. What can be logged is; what cannot does not hold up the rest; nothing is tried without
 * pause.
 */
#include "service/publisher_impl.h"
#include "service/shared.h"
#include "service/trial.h"
#include "unit/service/publisher_bench.h"

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
	uint64_t stands_at;	     /* head() says so ever; 0: it says size */
	struct pdg_log_head learned; /* last */
};

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
	out->size = f->stands_at ? f->stands_at : f->size;
	memset(out->root.b, 0xab, sizeof(out->root.b));
	(void)pthread_mutex_unlock(&f->mutex);
}

static void fake_learn(struct pdg_log *log, const struct pdg_log_head *head)
{
	struct fake_log *f = (struct fake_log *)log;

	(void)pthread_mutex_lock(&f->mutex);
	f->learned = *head;
	(void)pthread_mutex_unlock(&f->mutex);
}

/* A publisher over such a log; b.log is it. */
struct bed {
	struct bench bench;
	struct fake_log log;
};

static void bed_init(struct bed *b, size_t batch)
{
	memset(b, 0, sizeof(*b));
	(void)pthread_mutex_init(&b->log.mutex, NULL);
	b->log.ops = (struct pdg_log_ops){.name = "fake",
					  .add = fake_add,
					  .head = fake_head,
					  .learn = fake_learn,
					  .batch = batch};
	b->log.log.ops = &b->log.ops;
	bench_init(&b->bench, &b->log.log);
}

static void bed_done(struct bed *b)
{
	bench_done(&b->bench);
	(void)pthread_mutex_destroy(&b->log.mutex);
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
	struct bed b;
	unsigned i;

	bed_init(&b, 10);
	add_rows(&b.bench, 25);
	b.log.fail_calls = 4;
	bench_start(&b.bench);
	while (calls(&b.log) < 1)
		pause_ms(5);
	CHECK_UINT(pending(&b.bench), 25);
	CHECK(down_to(&b.bench, 0));
	/* Half of 100 ms, of 200 ms, … at least: not again and again. */
	for (i = 0; i < 4; i++)
		CHECK(b.log.at_ms[i + 1] - b.log.at_ms[i] >= 50 << i);
	CHECK_UINT(pdg_publisher_failures(b.bench.publisher), 40);
	CHECK_UINT(calls(&b.log), 4 + 3);
	newest_head_is_kept(&b.bench);
	bed_done(&b);
}

static void one_that_is_refused(void)
{
	struct bed b;
	uint8_t digest[32];
	unsigned n;

	bed_init(&b, 10);
	add_rows(&b.bench, 25);
	pdg_stored_free(add_row(&b.bench, 26, NULL, b.log.bad));
	b.log.refuse = true;
	bench_start(&b.bench);
	CHECK(down_to(&b.bench, 1));
	/* New work is not held up by it. (There is one writer: it has nothing to do now.) */
	CHECK(pdg_writer_close(b.bench.writer, 10000));
	{
		PDG_AUTO(stored) struct pdg_stored *fresh = add_row(&b.bench, 27, NULL, digest);
		int64_t start = pdg_monotonic_ms();

		pdg_publisher_add(b.bench.publisher, fresh, digest);
		pdg_publisher_wake(b.bench.publisher);
		CHECK(down_to(&b.bench, 1));
		CHECK(pdg_monotonic_ms() - start < 1000);
	}
	n = calls(&b.log);
	pause_ms(500);
	CHECK(calls(&b.log) - n <= 4);
	/* And when the log takes it after all, it is there. */
	(void)pthread_mutex_lock(&b.log.mutex);
	b.log.refuse = false;
	(void)pthread_mutex_unlock(&b.log.mutex);
	CHECK(down_to(&b.bench, 0));
	n = calls(&b.log);
	pause_ms(300);
	CHECK_UINT(calls(&b.log), n);
	bed_done(&b);
}

/* Countersigned by a key that the policy does not name any more: it waits, nothing else does. */
static void a_key_that_nobody_knows(void)
{
	struct bed b;
	uint8_t digest[32];

	bed_init(&b, 10);
	pdg_stored_free(add_row(&b.bench, 1, "gone", digest));
	pdg_stored_free(add_row(&b.bench, 2, NULL, digest));
	bench_start(&b.bench);
	CHECK(down_to(&b.bench, 1));
	pause_ms(300);
	CHECK_UINT(calls(&b.log), 1);
	CHECK_UINT(pending(&b.bench), 1);
	bed_done(&b);
}

static void new_work_before_a_backlog(void)
{
	struct bed b;
	PDG_AUTO(stored) struct pdg_stored *fresh = NULL;
	uint8_t digest[32];
	unsigned i, at = 0, n;

	bed_init(&b, 5);
	/* The newest of all, so that the backlog alone would bring it last. */
	add_rows(&b.bench, 200);
	fresh = add_row(&b.bench, 1000, NULL, digest);
	b.log.slow_ms = 30;
	bench_start(&b.bench);
	while (calls(&b.log) < 3)
		pause_ms(5);
	n = calls(&b.log);
	pdg_publisher_add(b.bench.publisher, fresh, digest);
	pdg_publisher_wake(b.bench.publisher);
	CHECK(down_to(&b.bench, 0));
	for (i = 0; i < b.log.calls && i < MAX_CALLS; i++) {
		if (memcmp(b.log.first[i], digest, 32) == 0)
			at = i;
	}
	CHECK(at >= n && at <= n + 2);
	CHECK_UINT(b.log.size, 201);
	CHECK(calls(&b.log) > 35);
	bed_done(&b);
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
	struct bed b;
	unsigned i;

	bed_init(&b, 10);
	add_rows(&b.bench, 35);
	/* After an outage: the one that waits longest is tried first, again and again. */
	b.log.fail_calls = 1;
	b.log.slow_ms = 20;
	spied.real = b.bench.store->ops;
	spied.most_rows = 0;
	ops = *spied.real;
	ops.pending = spy_pending;
	b.bench.store->ops = &ops;
	bench_start(&b.bench);
	CHECK(down_to(&b.bench, 0));
	while (!pdg_publisher_stop(b.bench.publisher, 1000))
		;
	CHECK(pdg_writer_close(b.bench.writer, 10000));
	b.bench.store->ops = spied.real;
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
	bed_done(&b);
}

/* The room for it went while it was asked whether the store takes anything. */
static void no_room_is_no_end(void)
{
	struct pdg_item *items[1];
	struct pdg_publisher *p;
	struct bed b;

	bed_init(&b, 10);
	add_rows(&b.bench, 25);
	bench_make(&b.bench);
	p = b.bench.publisher;
	p->loading = true;
	CHECK_UINT(pdg_publisher_backlog(p, items, 0), 0);
	CHECK(p->backlog && !p->loading);
	CHECK_INT(p->swept, 0);
	bench_start(&b.bench);
	CHECK(down_to(&b.bench, 0));
	bed_done(&b);
}

/* Stopped while the log is busy: what is left stays pending, and nobody waits long. */
static void stopped_in_the_middle(void)
{
	struct bed b;
	int64_t start;

	bed_init(&b, 5);
	add_rows(&b.bench, 100);
	b.log.slow_ms = 50;
	bench_start(&b.bench);
	while (calls(&b.log) < 2)
		pause_ms(5);
	start = pdg_monotonic_ms();
	CHECK(pdg_publisher_stop(b.bench.publisher, 1000));
	CHECK(pdg_monotonic_ms() - start < 1000);
	CHECK(pdg_writer_close(b.bench.writer, 10000));
	CHECK(pending(&b.bench) > 0 && pending(&b.bench) <= 90);
	bed_done(&b);
}

/* A call that hangs is not waited for, and does no harm when it comes back. */
static void a_call_that_hangs(void)
{
	struct bed b;
	int64_t start;

	bed_init(&b, 5);
	add_rows(&b.bench, 5);
	b.log.slow_ms = 1500;
	bench_start(&b.bench);
	while (calls(&b.log) < 1)
		pause_ms(5);
	start = pdg_monotonic_ms();
	CHECK(!pdg_publisher_stop(b.bench.publisher, 100));
	CHECK(pdg_monotonic_ms() - start < 1000);
	CHECK(pdg_writer_end(b.bench.writer, 10000));
	CHECK(pdg_publisher_stop(b.bench.publisher, 5000));
	CHECK_UINT(pending(&b.bench), 5);
	pdg_publisher_free(b.bench.publisher);
	pdg_writer_free(b.bench.writer);
	b.bench.publisher = NULL;
	b.bench.writer = NULL;
	bed_done(&b);
}

/* The store is shared, and another service over it was shown another tree of the same size (T65).
 */
static void another_tree_of_that_size(void)
{
	static const char theirs[] =
		"25 cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_batch at = {.store = NULL};
	struct pdg_job job = {.kind = PDG_JOB_LOGGED};
	struct pdg_store_ops ops;
	const struct pdg_store_ops *own;
	struct pdg_error err = {0};
	struct bed b;

	bed_init(&b, 10);
	own = b.bench.store->ops;
	ops = *own;
	ops.shared = true;
	at.store = b.bench.store;
	b.bench.store->ops = &ops;
	add_rows(&b.bench, 25);
	CHECK_OK(ops.begin(b.bench.store, &err), &err);
	CHECK_OK(ops.meta_set(b.bench.store, "log-head", theirs, &err), &err);
	CHECK_OK(ops.commit(b.bench.store, &err), &err);
	b.log.stands_at = 25;
	bench_start(&b.bench);
	while (calls(&b.log) < 3)
		pause_ms(5);
	pause_ms(1500);
	(void)pthread_mutex_lock(&b.log.mutex);
	CHECK(b.log.size <= 25 + 8);
	(void)pthread_mutex_unlock(&b.log.mutex);
	CHECK(pdg_writer_close(b.bench.writer, 10000));
	CHECK_UINT(pending(&b.bench), 25);
	CHECK_OK(ops.meta_get(b.bench.store, "log-head", &text, &err), &err);
	CHECK_STR(text, theirs);
	CHECK_OK(pdg_batch_head(at.store, &at.head, &err), &err);
	fake_head(&b.log.log, &job.head);
	CHECK_RULE(pdg_shared_check_head(&at, &job, &err), &err, "LOG-2");
	CHECK_RULE(pdg_publisher_doubt(b.bench.publisher, &err), &err, "LOG-2");
	CHECK_OK(pdg_shared_check_head(&at, &(struct pdg_job){.head = at.head}, &err), &err);
	CHECK_UINT(b.log.learned.size, 25);
	CHECK_UINT(b.log.learned.root.b[31], 0xcd);
	/* The log is shown to both alike again. */
	(void)pthread_mutex_lock(&b.log.mutex);
	b.log.stands_at = 26;
	(void)pthread_mutex_unlock(&b.log.mutex);
	CHECK(down_to(&b.bench, 0));
	CHECK(pdg_writer_close(b.bench.writer, 10000));
	CHECK_OK(pdg_publisher_doubt(b.bench.publisher, &err), &err);
	b.bench.store->ops = own;
	bed_done(&b);
}

/* --- a store that does not keep what the log took --- */

static uint64_t entries(struct fake_log *f)
{
	uint64_t n;

	(void)pthread_mutex_lock(&f->mutex);
	n = f->size;
	(void)pthread_mutex_unlock(&f->mutex);
	return n;
}

/* The log takes everything, each time anew: once that is known, it is given nothing. Until then it
 * may have been given all of it. */
static void a_disk_that_is_full(void)
{
	struct rlimit old;
	struct bed b;
	uint64_t n;

	bed_init(&b, 10);
	add_rows(&b.bench, 25);
	world_disk_full(&b.bench.w, &old);
	bench_start(&b.bench);
	pause_ms(2500);
	n = entries(&b.log);
	world_disk_free(&old);
	CHECK(n >= 10 && n <= 25 + 8);
	CHECK_UINT(pending(&b.bench), 25);
	CHECK(down_to(&b.bench, 0));
	CHECK(entries(&b.log) <= n + 25);
	bed_done(&b);
}

/* Whether the store takes anything again is seen within seconds, however long rows that it did not
 * keep made the back-off. They wait on: what they ran into may be their own. */
static void a_long_back_off(void)
{
	struct pdg_publisher *p;
	struct rlimit old;
	struct bed b;
	struct pdg_error err = {0};
	int64_t until;
	unsigned i;

	bed_init(&b, 10);
	add_rows(&b.bench, 25);
	bench_make(&b.bench);
	world_disk_full(&b.bench.w, &old);
	pdg_trial_write(b.bench.writer);
	for (i = 0; i < 1000 && !pdg_writer_fails(b.bench.writer, &err); i++)
		pause_ms(5);
	CHECK_STR(err.rule, "STO-4");
	p = b.bench.publisher;
	p->asked = pdg_monotonic_ms();
	until = p->asked + 8000;
	p->unkept = (struct pdg_backoff){.delay = 60000, .until = until};
	bench_start(&b.bench);
	pause_ms(1000);
	CHECK(pdg_writer_fails(b.bench.writer, &err));
	world_disk_free(&old);
	for (i = 0; i < 200 && pdg_writer_fails(b.bench.writer, &err); i++)
		pause_ms(20);
	CHECK(i < 200);
	(void)pthread_mutex_lock(&p->mutex);
	CHECK_INT(p->unkept.until, until);
	(void)pthread_mutex_unlock(&p->mutex);
	CHECK(down_to(&b.bench, 0));
	CHECK_UINT(entries(&b.log), 25);
	bed_done(&b);
}

/* Whose bundle is kept: of none, or of all but the row @but. */
static struct {
	const struct pdg_store_ops *real;
	bool none;
	int64_t but;
} keeps;

static int picky_set_logged(struct pdg_store *s, int64_t id, const char *ref,
			    struct pdg_bytes payload, struct pdg_bytes bundle,
			    struct pdg_error *err)
{
	if (!keeps.none && id != keeps.but)
		return keeps.real->set_logged(s, id, ref, payload, bundle, err);
	return pdg_reject(err, "STO-4", "cannot keep a bundle");
}

static void bed_picky(struct bed *b, struct pdg_store_ops *ops)
{
	keeps.real = b->bench.store->ops;
	keeps.but = 0;
	*ops = *keeps.real;
	ops->set_logged = picky_set_logged;
	b->bench.store->ops = ops;
}

static void bed_not_picky(struct bed *b)
{
	while (!pdg_publisher_stop(b->bench.publisher, 1000))
		;
	CHECK(pdg_writer_close(b->bench.writer, 10000));
	b->bench.store->ops = keeps.real;
	bed_done(b);
}

/* Every other write succeeds, and still none of what comes from the log. */
static void bundles_that_are_not_kept(void)
{
	struct pdg_store_ops ops;
	struct bed b;

	bed_init(&b, 10);
	bed_picky(&b, &ops);
	keeps.none = true;
	add_rows(&b.bench, 25);
	bench_start(&b.bench);
	pause_ms(2500);
	CHECK(entries(&b.log) >= 10 && entries(&b.log) <= 25 + 8);
	CHECK_UINT(pending(&b.bench), 25);
	keeps.none = false;
	bed_not_picky(&b);
}

/* The others are kept, one batch after the other: it alone waits, longer and longer. */
static void one_that_is_not_kept(void)
{
	struct pdg_store_ops ops;
	struct bed b;

	bed_init(&b, 10);
	bed_picky(&b, &ops);
	keeps.but = 3;
	add_rows(&b.bench, 25);
	bench_start(&b.bench);
	CHECK(down_to(&b.bench, 1));
	pause_ms(2000);
	CHECK(entries(&b.log) >= 25 && entries(&b.log) <= 25 + 8);
	CHECK_UINT(pending(&b.bench), 1);
	bed_not_picky(&b);
}

PDG_TEST_MAIN("publisher", {"a log that is down", a_log_that_is_down},
	      {"one that is refused", one_that_is_refused},
	      {"a key that nobody knows", a_key_that_nobody_knows},
	      {"new work before a backlog", new_work_before_a_backlog},
	      {"oldest first and by pages", oldest_first_and_by_pages},
	      {"no room is no end", no_room_is_no_end},
	      {"stopped in the middle", stopped_in_the_middle},
	      {"another tree of that size", another_tree_of_that_size},
	      {"a disk that is full", a_disk_that_is_full}, {"a long back-off", a_long_back_off},
	      {"bundles that are not kept", bundles_that_are_not_kept},
	      {"one that is not kept", one_that_is_not_kept},
	      {"a call that hangs", a_call_that_hangs})
