/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of threads that grows with what is asked, up to PDG_LIMIT_RELAY_THREADS; what comes beyond
 * them waits, in order, and is bounded: pedigreed asks no more than PDG_LIMIT_RELAY_CALLS at once,
 * and what it does beyond that is refused here too.
 */
#include "relay/tasks.h"

#include <pthread.h>
#include <unistd.h>

#include "util/limits.h"
#include "util/size.h"

#define STACK PDG_LIMIT_KIB(512)

struct pdg_task {
	struct pdg_task *next;
	struct pdg_question q;
	const struct pdg_relay_call_kind *kind; /* that is to run; NULL: @work is */
	void *part;
	void (*work)(struct pdg_task *t, void *ctx);
	void *ctx;
};

/* One program, one channel: the pool is the program's. */
static struct {
	pthread_mutex_t mutex; /* guards what follows, but fd; held while a thread is made */
	pthread_cond_t cond;
	int fd;
	size_t tasks; /* not answered yet */
	struct pdg_task *first;
	struct pdg_task **last;
	unsigned threads;
	unsigned idle;	 /* of them; also those that were woken and are not awake yet */
	unsigned queued; /* from first on */
} pool = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER, .fd = -1};

void pdg_tasks_init(int fd)
{
	pool.fd = fd;
	pool.last = &pool.first;
}

struct pdg_task *pdg_task_new(struct pdg_question *q)
{
	struct pdg_task *t = pdg_calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->q = *q;
	*q = (struct pdg_question){0};
	(void)pthread_mutex_lock(&pool.mutex);
	pool.tasks++;
	(void)pthread_mutex_unlock(&pool.mutex);
	return t;
}

const json_t *pdg_task_body(const struct pdg_task *t)
{
	return t->q.body;
}

/* Nobody is there to be told anything: what else is under way is for nobody either. */
static void gone(void)
{
	_exit(0);
}

void pdg_task_answer(struct pdg_task *t, int rc, struct pdg_bytes json, const struct pdg_error *err)
{
	if (!pdg_channel_answer(pool.fd, t->q.id, rc, json, err))
		gone();
	(void)pthread_mutex_lock(&pool.mutex);
	pool.tasks--;
	(void)pthread_mutex_unlock(&pool.mutex);
	pdg_question_done(&t->q);
	free(t);
}

static void run(struct pdg_task *t)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_RELAY_MESSAGE);
	struct pdg_error err = {0};
	int rc;

	if (!t->kind) {
		t->work(t, t->ctx);
		return;
	}
	rc = t->kind->run(t->part, t->q.body, &out, &err);
	if (rc == 0)
		rc = pdg_buf_check(&out, &err);
	pdg_task_answer(t, rc, pdg_buf_bytes(&out), &err);
}

static void *worker_main(void *ctx)
{
	(void)ctx;
	for (;;) {
		struct pdg_task *t;

		(void)pthread_mutex_lock(&pool.mutex);
		pool.idle++;
		while (!pool.first)
			(void)pthread_cond_wait(&pool.cond, &pool.mutex);
		pool.idle--;
		t = pool.first;
		pool.first = t->next;
		pool.queued--;
		if (!pool.first)
			pool.last = &pool.first;
		(void)pthread_mutex_unlock(&pool.mutex);
		run(t);
	}
	return NULL;
}

/* With the mutex held. One thread at least there must be; more are only quicker. */
static bool add_thread(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	bool good;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK);
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	good = pthread_create(&thread, &attr, worker_main, NULL) == 0;
	(void)pthread_attr_destroy(&attr);
	pool.threads += good;
	return good || pool.threads > 0;
}

static void queue(struct pdg_task *t)
{
	struct pdg_error err = {0};
	bool good = true;

	t->next = NULL;
	(void)pthread_mutex_lock(&pool.mutex);
	/* Each that is queued has an idle one of its own: any may block for long. */
	if (pool.idle <= pool.queued && pool.threads < PDG_LIMIT_RELAY_THREADS)
		good = add_thread();
	if (good) {
		*pool.last = t;
		pool.last = &t->next;
		pool.queued++;
		(void)pthread_cond_signal(&pool.cond);
	}
	(void)pthread_mutex_unlock(&pool.mutex);
	if (!good)
		pdg_task_answer(t, pdg_fail(&err, PDG_E_IO, "pedigree-relay has no thread"),
				pdg_bytes(NULL, 0), &err);
}

void pdg_task_work(struct pdg_task *t, void (*work)(struct pdg_task *t, void *ctx), void *ctx)
{
	t->kind = NULL;
	t->work = work;
	t->ctx = ctx;
	queue(t);
}

static bool too_many(void)
{
	bool many;

	(void)pthread_mutex_lock(&pool.mutex);
	many = pool.tasks > PDG_LIMIT_RELAY_CALLS;
	(void)pthread_mutex_unlock(&pool.mutex);
	return many;
}

void pdg_task_run(struct pdg_task *t, const struct pdg_relay_call_kind *kind, void *part)
{
	struct pdg_error err = {0};
	int rc = 0;

	t->kind = kind;
	t->part = part;
	if (too_many())
		rc = pdg_reject(&err, "SVC-1", "pedigree-relay has too much to do already");
	else if (kind->begin)
		rc = kind->begin(part, t, &err);
	else
		queue(t);
	if (rc < 0)
		pdg_task_answer(t, rc, pdg_bytes(NULL, 0), &err);
}
