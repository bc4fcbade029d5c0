/* SPDX-License-Identifier: Apache-2.0 */
/* util/wait.c: a condition is left when it is signalled and when its time has come, not before. */
#include "util/wait.h"

#include "support/check.h"
#include "util/time.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond;
static bool said;

static void *say(void *ctx)
{
	(void)pthread_mutex_lock(&mutex);
	said = true;
	(void)pthread_cond_signal(&cond);
	(void)pthread_mutex_unlock(&mutex);
	return ctx;
}

static void a_time_that_comes(void)
{
	const int64_t end = pdg_monotonic_ms() + 20;

	pdg_cond_init_monotonic(&cond);
	(void)pthread_mutex_lock(&mutex);
	while (pdg_cond_wait_until(&cond, &mutex, end))
		;
	CHECK(pdg_monotonic_ms() >= end);
	CHECK(!pdg_cond_wait_until(&cond, &mutex, end - 1000));
	(void)pthread_mutex_unlock(&mutex);
	(void)pthread_cond_destroy(&cond);
}

static void a_signal(void)
{
	const int64_t end = pdg_monotonic_ms() + 60000;
	pthread_t thread;
	bool in_time = true;

	said = false;
	pdg_cond_init_monotonic(&cond);
	(void)pthread_mutex_lock(&mutex);
	CHECK_INT(pthread_create(&thread, NULL, say, NULL), 0);
	while (!said && in_time)
		in_time = pdg_cond_wait_until(&cond, &mutex, end);
	CHECK(in_time);
	CHECK(said);
	(void)pthread_mutex_unlock(&mutex);
	(void)pthread_join(thread, NULL);
	(void)pthread_cond_destroy(&cond);
}

PDG_TEST_MAIN("wait", {"a time that comes", a_time_that_comes}, {"a signal", a_signal})
