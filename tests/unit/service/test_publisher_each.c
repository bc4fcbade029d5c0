/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The publisher against a log that answers each item by itself, a while later, as a Rekor does:
 * many are under way at once, what is new waits behind nothing, and a backlog of any length takes
 * no more memory than a page (T80).
 */
#include "unit/service/publisher_bench.h"

#define BACKLOG 100000
#define LATENCY 200 /* ms of the log */
#define HELD	512
#define FRESH	5

/* A log whose answers come after LATENCY, from a thread of its own. */
struct slow_log {
	struct pdg_log log;
	struct pdg_log_ops ops;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards the rest */
	bool over;
	bool down;	      /* every item fails: try later */
	int retry_after;      /* and asks for so many seconds */
	const char *bad_rule; /* every item is refused by it, for good */
	struct {
		struct pdg_log_item *item;
		void (*done)(void *ctx, struct pdg_log_item *item);
		void *ctx;
		int64_t due;
	} held[HELD];
	size_t n, most, seen;
	uint64_t size;
	int64_t last_start; /* when an item came last */
	uint8_t want[32];   /* digest of one that is looked for */
	int64_t want_at;    /* when it was answered */
};

static int slow_start(struct pdg_log *log, struct pdg_log_item *item,
		      void (*done)(void *ctx, struct pdg_log_item *item), void *ctx,
		      struct pdg_error *err)
{
	struct slow_log *s = (struct slow_log *)log;
	int rc = 0;

	(void)pthread_mutex_lock(&s->mutex);
	if (s->n == HELD) {
		rc = pdg_fail(err, PDG_E_INTERNAL, "more is under way than the log wants");
	} else {
		s->held[s->n].item = item;
		s->held[s->n].done = done;
		s->held[s->n].ctx = ctx;
		s->held[s->n].due = pdg_monotonic_ms() + LATENCY;
		s->n++;
	}
	s->seen++;
	s->most = s->n > s->most ? s->n : s->most;
	s->last_start = pdg_monotonic_ms();
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

static void answer(struct slow_log *s, struct pdg_log_item *item)
{
	item->rc = 0;
	if (s->down) {
		item->rc = pdg_reject(&item->err, "LOG-13", "the log is down");
		item->retry_after = s->retry_after;
	} else if (s->bad_rule) {
		item->rc = pdg_reject(&item->err, s->bad_rule, "not this one");
	} else {
		item->entry = entry_of(s->size++);
	}
	if (item->rc == 0 && memcmp(item->digest, s->want, 32) == 0)
		s->want_at = pdg_monotonic_ms();
}

static void *slow_main(void *ctx)
{
	struct slow_log *s = ctx;
	bool over = false;

	while (!over) {
		size_t i;

		(void)pthread_mutex_lock(&s->mutex);
		over = s->over;
		for (i = 0; i < s->n;) {
			struct pdg_log_item *item = s->held[i].item;
			void (*done)(void *c, struct pdg_log_item *it) = s->held[i].done;
			void *done_ctx = s->held[i].ctx;

			if (s->held[i].due > pdg_monotonic_ms()) {
				i++;
				continue;
			}
			answer(s, item);
			s->held[i] = s->held[--s->n];
			(void)pthread_mutex_unlock(&s->mutex);
			done(done_ctx, item);
			(void)pthread_mutex_lock(&s->mutex);
		}
		(void)pthread_mutex_unlock(&s->mutex);
		pause_ms(2);
	}
	return NULL;
}

static void slow_init(struct slow_log *s, size_t batch)
{
	memset(s, 0, sizeof(*s));
	(void)pthread_mutex_init(&s->mutex, NULL);
	s->ops = (struct pdg_log_ops){.name = "slow", .start = slow_start, .batch = batch};
	s->log.ops = &s->ops;
	CHECK_INT(pthread_create(&s->thread, NULL, slow_main, s), 0);
}

static void slow_done(struct slow_log *s)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->over = true;
	(void)pthread_mutex_unlock(&s->mutex);
	(void)pthread_join(s->thread, NULL);
	(void)pthread_mutex_destroy(&s->mutex);
}

static size_t seen(struct slow_log *s)
{
	size_t n;

	(void)pthread_mutex_lock(&s->mutex);
	n = s->seen;
	(void)pthread_mutex_unlock(&s->mutex);
	return n;
}

static void set_down(struct slow_log *s, bool down, int retry_after, const char *bad_rule)
{
	(void)pthread_mutex_lock(&s->mutex);
	s->down = down;
	s->retry_after = retry_after;
	s->bad_rule = bad_rule;
	(void)pthread_mutex_unlock(&s->mutex);
}

/* Many rows in one transaction, without their digests. */
static void add_backlog(struct bench *b, unsigned n)
{
	struct pdg_error err = {0};
	unsigned no;

	CHECK_OK(b->store->ops->begin(b->store, &err), &err);
	for (no = 1; no <= n; no++) {
		PDG_AUTO(stored) struct pdg_stored *a = calloc(1, sizeof(*a));

		if (!a)
			abort();
		a->reference = pdg_str_printf("sha256:%064x", no);
		a->stage = pdg_str_dup("build");
		a->service_key = pdg_str_dup(pdg_key_hint(b->signing));
		a->received = NOW;
		pdg_buf_init(&a->payload, 64);
		pdg_buf_printf(&a->payload, "{\"no\":%u}", no);
		pdg_buf_init(&a->countersig, 64);
		pdg_buf_puts(&a->countersig, "signature");
		if (b->store->ops->insert(b->store, a, NULL, 0, &err) < 0)
			abort();
	}
	CHECK_OK(b->store->ops->commit(b->store, &err), &err);
}

/* The store, and the most that was asked of it at once. */
static struct {
	const struct pdg_store_ops *real;
	size_t most_rows;
} spied;

static int spy_pending(struct pdg_store *s, int64_t after, size_t max, size_t max_bytes,
		       struct pdg_stored ***out, size_t *out_n, struct pdg_error *err)
{
	int rc = spied.real->pending(s, after, max, max_bytes, out, out_n, err);

	if (rc == 0 && *out_n > spied.most_rows)
		spied.most_rows = *out_n;
	return rc;
}

static void new_work_before_a_long_backlog(void)
{
	struct pdg_stored *fresh[FRESH];
	uint8_t digest[FRESH][32];
	struct pdg_store_ops ops;
	static struct slow_log s;
	struct bench b;
	unsigned i;

	slow_init(&s, 256);
	bench_init(&b, &s.log);
	add_backlog(&b, BACKLOG);
	/* The newest of all, so that the backlog alone would bring them last. */
	for (i = 0; i < FRESH; i++)
		fresh[i] = add_row(&b, BACKLOG + 1000 + i, NULL, digest[i]);
	spied.real = b.store->ops;
	spied.most_rows = 0;
	ops = *spied.real;
	ops.pending = spy_pending;
	b.store->ops = &ops;
	bench_start(&b);
	while (seen(&s) < 600)
		pause_ms(5);
	for (i = 0; i < FRESH; i++) {
		int64_t begun, there = 0;
		int tries;

		(void)pthread_mutex_lock(&s.mutex);
		memcpy(s.want, digest[i], 32);
		s.want_at = 0;
		(void)pthread_mutex_unlock(&s.mutex);
		begun = pdg_monotonic_ms();
		pdg_publisher_add(b.publisher, fresh[i], digest[i]);
		pdg_publisher_wake(b.publisher);
		for (tries = 0; tries < 400; tries++) {
			(void)pthread_mutex_lock(&s.mutex);
			there = s.want_at;
			(void)pthread_mutex_unlock(&s.mutex);
			if (there > 0)
				break;
			pause_ms(5);
		}
		/* Its own wait for the log, and none for the others'. */
		CHECK(there > 0 && there - begun < 2 * LATENCY);
		pdg_stored_free(fresh[i]);
	}
	while (!pdg_publisher_stop(b.publisher, 1000))
		;
	/* Of the backlog, no more is in memory than what is under way; some room is for new work.
	 */
	CHECK(s.most <= 256);
	CHECK(s.most >= 150);
	CHECK(spied.most_rows <= 192);
	bench_done(&b);
	slow_done(&s);
}

/* All that fail together are one failure of the log: it is tried with one, and with all after. */
static void a_log_that_is_away(void)
{
	static struct slow_log s;
	struct bench b;
	size_t n;

	slow_init(&s, 64);
	bench_init(&b, &s.log);
	add_rows(&b, 150);
	s.down = true;
	bench_start(&b);
	while (seen(&s) < 48)
		pause_ms(5);
	pause_ms(1500);
	n = seen(&s);
	CHECK(n < 48 + 10);
	CHECK_UINT(pending(&b), 150);
	set_down(&s, false, 0, NULL);
	CHECK(down_to(&b, 0));
	bench_done(&b);
	slow_done(&s);
}

/* What was under way when that was found out, and one now and then. */
static void a_disk_that_is_full(void)
{
	static struct slow_log s;
	struct rlimit old;
	struct bench b;
	size_t n;

	slow_init(&s, 64);
	bench_init(&b, &s.log);
	add_rows(&b, 150);
	world_disk_full(&b.w, &old);
	bench_start(&b);
	while (seen(&s) < 48)
		pause_ms(5);
	pause_ms(2500);
	n = seen(&s);
	world_disk_free(&old);
	CHECK(n < 48 + 10);
	CHECK_UINT(pending(&b), 150);
	CHECK(down_to(&b, 0));
	CHECK_UINT(seen(&s), n + 150);
	bench_done(&b);
	slow_done(&s);
}

/* 429 with Retry-After: nothing is sent before that time. */
static void retry_after_is_honoured(void)
{
	static struct slow_log s;
	struct bench b;
	int64_t told;
	size_t n;

	slow_init(&s, 8);
	bench_init(&b, &s.log);
	add_rows(&b, 3);
	set_down(&s, true, 3, NULL);
	bench_start(&b);
	while (pdg_publisher_failures(b.publisher) < 3)
		pause_ms(5);
	told = pdg_monotonic_ms();
	set_down(&s, false, 0, NULL);
	n = seen(&s);
	pause_ms(2500);
	CHECK_UINT(seen(&s), n);
	CHECK(down_to(&b, 0));
	(void)pthread_mutex_lock(&s.mutex);
	CHECK(s.last_start - told >= 2800);
	(void)pthread_mutex_unlock(&s.mutex);
	bench_done(&b);
	slow_done(&s);
}

/* What is refused for good waits by itself and holds up nothing. */
static void refused_ones(void)
{
	uint8_t digest[32];
	PDG_AUTO(stored) struct pdg_stored *fresh = NULL;
	static struct slow_log s;
	struct bench b;

	slow_init(&s, 8);
	bench_init(&b, &s.log);
	add_rows(&b, 5);
	set_down(&s, false, 0, "LOG-14");
	bench_start(&b);
	while (pdg_publisher_failures(b.publisher) < 5)
		pause_ms(5);
	set_down(&s, false, 0, NULL);
	CHECK(pdg_writer_close(b.writer, 10000));
	fresh = add_row(&b, 27, NULL, digest);
	pdg_publisher_add(b.publisher, fresh, digest);
	pdg_publisher_wake(b.publisher);
	CHECK(down_to(&b, 0));
	bench_done(&b);
	slow_done(&s);
}

/* Stopped with calls outstanding: they are waited for, then given up. */
static void stop_waits(void)
{
	static struct slow_log s;
	struct bench b;

	slow_init(&s, 16);
	bench_init(&b, &s.log);
	add_rows(&b, 100);
	bench_start(&b);
	while (seen(&s) < 12)
		pause_ms(1);
	CHECK(pdg_publisher_stop(b.publisher, 2000));
	(void)pthread_mutex_lock(&s.mutex);
	CHECK_UINT(s.n, 0);
	(void)pthread_mutex_unlock(&s.mutex);
	CHECK(pdg_writer_close(b.writer, 10000));
	CHECK(pending(&b) >= 50 && pending(&b) < 100);
	bench_done(&b);
	slow_done(&s);
}

PDG_TEST_MAIN("publisher_each", {"new work before a long backlog", new_work_before_a_long_backlog},
	      {"a log that is away", a_log_that_is_away},
	      {"a disk that is full", a_disk_that_is_full},
	      {"retry after is honoured", retry_after_is_honoured}, {"refused ones", refused_ones},
	      {"stop waits", stop_waits})
