/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of /proc/self that are opened once, before the process is confined. */
#include "service/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/size.h"

struct pdg_process {
	int statm;
	DIR *fds;
	pthread_mutex_t mutex; /* guards the place in fds */
	int64_t started;
};

struct pdg_process *pdg_process_new(void)
{
	struct pdg_process *p = pdg_calloc(1, sizeof(*p));
	struct timespec now = {0};

	if (!p)
		return NULL;
	(void)pthread_mutex_init(&p->mutex, NULL);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	p->started = now.tv_sec;
	p->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	p->fds = opendir("/proc/self/fd");
	return p;
}

void pdg_process_free(struct pdg_process *p)
{
	if (!p)
		return;
	if (p->fds)
		(void)closedir(p->fds);
	pdg_auto_fd(&p->statm);
	(void)pthread_mutex_destroy(&p->mutex);
	free(p);
}

/* "SIZE RESIDENT …" in pages. */
static uint64_t resident(const struct pdg_process *p)
{
	char text[128];
	long page = sysconf(_SC_PAGESIZE);
	ssize_t n = pread(p->statm, text, sizeof(text) - 1, 0);
	const char *second;
	uint64_t pages = 0;

	if (n <= 0 || page <= 0)
		return 0;
	text[n] = '\0';
	second = strchr(text, ' ');
	if (!second ||
	    !pdg_bytes_u64(pdg_bytes(second + 1, strcspn(second + 1, " ")), UINT32_MAX, &pages))
		return 0;
	return pages * (uint64_t)page;
}

static uint64_t descriptors(struct pdg_process *p)
{
	const struct dirent *e;
	uint64_t n = 0;

	if (!p->fds)
		return 0;
	(void)pthread_mutex_lock(&p->mutex);
	rewinddir(p->fds);
	while ((e = readdir(p->fds)))
		n += e->d_name[0] != '.';
	(void)pthread_mutex_unlock(&p->mutex);
	return n;
}

void pdg_process_stats(struct pdg_process *p, struct pdg_process_stats *out)
{
	struct rusage use = {0};
	struct rlimit files = {0};

	(void)getrusage(RUSAGE_SELF, &use);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	*out = (struct pdg_process_stats){
		.resident = resident(p),
		.descriptors = descriptors(p),
		.descriptors_max = files.rlim_cur,
		.cpu_us = (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000 +
			  (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec),
		.started = p->started,
	};
}
