/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs on several threads: taken in the order in which they were put, whoever was done first. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "support/check.h"
#include "support/failalloc.h"
#include "util/workers.h"

#define JOBS   2000
#define WINDOW 64

/* The linker gives us pthread_create() of common/util (CMakeLists.txt). */
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg);

static bool no_threads;
static size_t started;

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *arg)
{
	int rc = no_threads ? EAGAIN : __real_pthread_create(t, a, f, arg);

	started += rc == 0;
	return rc;
}

struct job {
	unsigned number;
	unsigned done;
	pthread_t by;
	bool signals; /* the thread would take a SIGTERM */
};

struct counts {
	atomic_uint running, most; /* jobs at once */
	atomic_uint done;
};

static void run(void *ctx, void *arg)
{
	struct counts *c = ctx;
	struct job *job = arg;
	unsigned now = atomic_fetch_add(&c->running, 1) + 1;
	unsigned most = atomic_load(&c->most);
	sigset_t blocked;
	size_t i;

	while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
		;
	/* Every seventh takes longer, so that later ones are done before it. */
	for (i = 0; job->number % 7 == 0 && i < 3; i++)
		(void)nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	job->signals = sigismember(&blocked, SIGTERM) == 0;
	job->by = pthread_self();
	job->done++;
	(void)atomic_fetch_add(&c->done, 1);
	(void)atomic_fetch_sub(&c->running, 1);
}

/* Put and take @n jobs as common/gate does it: the window full, then one out and one in. */
static void in_order(size_t threads, size_t window, size_t n, bool *out_others)
{
	static struct job jobs[JOBS];
	struct counts c = {0};
	PDG_AUTO(workers) struct pdg_workers *w = NULL;
	struct pdg_error err = {0};
	size_t put = 0;
	size_t taken = 0;
	size_t held = 0;
	size_t misplaced = 0;
	bool others = false;

	started = 0;
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct job){.number = (unsigned)i};
	if (!CHECK_OK(pdg_workers_new(run, &c, threads, window, &w, &err), &err))
		return;
	for (;;) {
		struct job *job;

		for (; put < n && pdg_workers_n(w) < window; put++)
			pdg_workers_put(w, &jobs[put]);
		held = pdg_workers_n(w) > held ? pdg_workers_n(w) : held;
		job = pdg_workers_take(w);
		if (!job)
			break;
		misplaced += job != &jobs[taken] || job->done != 1;
		if (!pthread_equal(job->by, pthread_self())) {
			others = true;
			misplaced += job->signals;
		}
		taken++;
	}
	CHECK_UINT(taken, n);
	CHECK_UINT(misplaced, 0);
	CHECK(held <= window);
	CHECK_UINT(atomic_load(&c.done), n);
	CHECK(atomic_load(&c.most) <= threads);
	CHECK(pdg_workers_take(w) == NULL);
	*out_others = others;
}

static void order_is_kept(void)
{
	bool others = false;

	in_order(4, WINDOW, JOBS, &others);
	CHECK_UINT(started, 3);
	CHECK(others);
}

static void one_thread_is_enough(void)
{
	bool others = false;

	pdg_test_case("one core");
	in_order(1, WINDOW, JOBS, &others);
	CHECK_UINT(started, 0);
	CHECK(!others);
	pdg_test_case("a handful of jobs");
	in_order(4, WINDOW, 15, &others);
	CHECK_UINT(started, 0);
	CHECK(!others);
	pdg_test_case("a window of one");
	in_order(4, 1, 100, &others);
	CHECK_UINT(started, 0);
	pdg_test_case("no thread can be made");
	no_threads = true;
	in_order(4, WINDOW, JOBS, &others);
	no_threads = false;
	CHECK_UINT(started, 0);
	CHECK(!others);
	pdg_test_case(NULL);
}

/* What was put is forgotten, what runs is waited for: nothing touches a job afterwards. */
static void freed_in_the_middle(void)
{
	static struct job jobs[WINDOW];
	struct counts c = {0};
	struct pdg_workers *w = NULL;
	struct pdg_error err = {0};
	unsigned done;
	size_t i;

	if (!CHECK_OK(pdg_workers_new(run, &c, 3, WINDOW, &w, &err), &err))
		return;
	for (i = 0; i < WINDOW; i++) {
		jobs[i] = (struct job){.number = 7};
		pdg_workers_put(w, &jobs[i]);
	}
	CHECK(pdg_workers_take(w) == &jobs[0]);
	pdg_workers_free(w);
	done = atomic_load(&c.done);
	CHECK(done >= 1 && done < WINDOW);
	CHECK_UINT(atomic_load(&c.running), 0);
	for (i = 0; i < WINDOW; i++)
		done -= jobs[i].done;
	CHECK_UINT(done, 0);
	pdg_workers_free(NULL);
}

static int make(struct pdg_error *err)
{
	PDG_AUTO(workers) struct pdg_workers *w = NULL;

	return pdg_workers_new(run, NULL, 4, WINDOW, &w, err);
}

static void no_memory(void)
{
	pdg_failalloc_run("workers", make);
}

static void cores(void)
{
	CHECK(pdg_cores() >= 1);
}

PDG_TEST_MAIN("workers", {"order is kept", order_is_kept},
	      {"one thread is enough", one_thread_is_enough},
	      {"freed in the middle", freed_in_the_middle}, {"no memory", no_memory},
	      {"cores", cores})
