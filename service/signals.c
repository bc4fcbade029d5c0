/* SPDX-License-Identifier: Apache-2.0 */
/* See signals.h. Exit handlers would free what a thread that hangs works with: none is run. */
#include "service/signals.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "util/log.h"
#include "util/time.h"

/* By which the thread beside is told that it is over; no other has it blocked. Cancelled, it could
 * have taken a signal that nobody hears of any more. */
#define OVER SIGUSR1

/* A thread that hears SIGTERM and SIGINT while the main thread may hang. */
static struct {
	sigset_t set;
	pthread_t thread;
	bool on;
	int limit_ms; /* in which the process ends then; 0: at once */
	int heard;    /* the thread's own until it is joined */
} beside;

void pdg_signals_block(sigset_t *out)
{
	(void)sigemptyset(out);
	(void)sigaddset(out, SIGTERM);
	(void)sigaddset(out, SIGINT);
	(void)sigaddset(out, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, out, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is a disk that is full. */
	(void)signal(SIGXFSZ, SIG_IGN);
}

static void *wait_for_one(void *ctx)
{
	int sig = 0;

	(void)ctx;
	while (sigwait(&beside.set, &sig) != 0)
		;
	if (sig == OVER)
		return NULL;
	if (!beside.limit_ms) {
		pdg_log(PDG_LOG_INFO, "stopped-while-starting", NULL);
		_exit(0);
	}
	pdg_signals_end_within(beside.limit_ms);
	beside.heard = sig;
	return NULL;
}

static void begin(const sigset_t *set, int limit_ms)
{
	sigset_t over, before;

	beside.set = *set;
	(void)sigdelset(&beside.set, SIGHUP);
	(void)sigaddset(&beside.set, OVER);
	beside.limit_ms = limit_ms;
	beside.heard = 0;
	(void)sigemptyset(&over);
	(void)sigaddset(&over, OVER);
	(void)pthread_sigmask(SIG_BLOCK, &over, &before);
	beside.on = pthread_create(&beside.thread, NULL, wait_for_one, NULL) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void end(void)
{
	if (!beside.on)
		return;
	(void)pthread_kill(beside.thread, OVER);
	(void)pthread_join(beside.thread, NULL);
	beside.on = false;
}

void pdg_signals_starting(const sigset_t *set)
{
	begin(set, 0);
}

void pdg_signals_started(void)
{
	end();
}

void pdg_signals_reloading(const sigset_t *set, int limit_ms)
{
	begin(set, limit_ms);
}

int pdg_signals_reloaded(void)
{
	end();
	return beside.heard;
}

int pdg_signals_next(const sigset_t *set, const struct pdg_notify *notify)
{
	const struct timespec wait = pdg_timespec_ms(notify->interval_ms);
	int sig = 0;

	if (!notify->interval_ms)
		return sigwait(set, &sig) == 0 ? sig : 0;
	sig = sigtimedwait(set, NULL, &wait);
	return sig < 0 ? 0 : sig;
}

static void *end_later(void *ctx)
{
	intptr_t ms = (intptr_t)ctx;
	struct timespec left = pdg_timespec_ms(ms);

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
	pdg_log(PDG_LOG_WARN, "stop-abandoned", NULL);
	_exit(0);
}

void pdg_signals_end_within(int ms)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, end_later, (void *)(intptr_t)ms) == 0)
		(void)pthread_detach(thread);
}
