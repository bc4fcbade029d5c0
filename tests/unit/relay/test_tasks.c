/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay's threads: no call waits behind others that wait for somebody else, as long as there
 * may be one thread more.
 */
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "relay/tasks.h"
#include "support/check.h"
#include "util/limits.h"

#define ROUNDS 16 /* each leaves one idle thread more than the one before */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	size_t round;	   /* that is under way */
	size_t ended;	   /* whose last call has run */
	size_t done, late; /* calls that ended; that waited in vain */
} seen = {.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

static char waits, goes; /* parts */

/* Those that wait go on when the last one of their round has run. */
static int run(void *part, const json_t *body, struct pdg_buf *out, struct pdg_error *err)
{
	struct timespec end;

	(void)body;
	(void)err;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 5;
	(void)pthread_mutex_lock(&seen.mutex);
	if (part == &goes)
		seen.ended = seen.round;
	while (part == &waits && seen.ended < seen.round) {
		if (pthread_cond_timedwait(&seen.cond, &seen.mutex, &end) != 0) {
			seen.late++;
			break;
		}
	}
	seen.done++;
	(void)pthread_cond_broadcast(&seen.cond);
	(void)pthread_mutex_unlock(&seen.mutex);
	pdg_buf_puts(out, "{}");
	return 0;
}

static const struct pdg_relay_call_kind kind = {"test", run, NULL};

static void call(void *part)
{
	struct pdg_question q = {.id = 1};
	struct pdg_task *t = pdg_task_new(&q);

	if (!CHECK(t != NULL))
		abort();
	pdg_task_run(t, &kind, part);
}

static void nobody_waits_for_a_thread(void)
{
	int fds[2];
	size_t round, i, all = 0;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pdg_tasks_init(fds[0]);
	for (round = 1; round <= ROUNDS && seen.late == 0; round++) {
		(void)pthread_mutex_lock(&seen.mutex);
		seen.round = round;
		(void)pthread_mutex_unlock(&seen.mutex);
		for (i = 0; i < round; i++)
			call(&waits);
		call(&goes);
		all += round + 1;
		(void)pthread_mutex_lock(&seen.mutex);
		while (seen.done < all)
			(void)pthread_cond_wait(&seen.cond, &seen.mutex);
		(void)pthread_mutex_unlock(&seen.mutex);
		/* Until they are idle: it is then that one is woken and not awake yet. */
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	CHECK_UINT(seen.late, 0);
	CHECK_UINT(seen.ended, ROUNDS);
	/* The threads stay; so do their descriptors. */
}

PDG_TEST_MAIN("tasks", {"nobody waits for a thread", nobody_waits_for_a_thread})
