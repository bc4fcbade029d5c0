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

static struct {
	sigset_t set;
	pthread_t thread;
	bool on;
} starting;

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
	while (sigwait(&starting.set, &sig) != 0)
		;
	pdg_log(PDG_LOG_INFO, "stopped-while-starting", NULL);
	_exit(0);
}

void pdg_signals_starting(const sigset_t *set)
{
	starting.set = *set;
	(void)sigdelset(&starting.set, SIGHUP);
	starting.on = pthread_create(&starting.thread, NULL, wait_for_one, NULL) == 0;
}

void pdg_signals_started(void)
{
	if (!starting.on)
		return;
	(void)pthread_cancel(starting.thread);
	(void)pthread_join(starting.thread, NULL);
	starting.on = false;
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
