/* SPDX-License-Identifier: Apache-2.0 */
/* See wait.h. The writer, the publisher and the signer's client sleep here until work or a deadline
 * comes. */
#include "util/wait.h"

#include <time.h>

#include "util/time.h"

void pdg_cond_init_monotonic(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

bool pdg_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t ms)
{
	const struct timespec ts = pdg_timespec_ms(ms);

	return pthread_cond_timedwait(cond, mutex, &ts) == 0;
}
