/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel knows of this process, for /metrics. */
#ifndef PDG_SERVICE_PROCESS_H
#define PDG_SERVICE_PROCESS_H

#include <stdint.h>

struct pdg_process;

struct pdg_process_stats {
	uint64_t resident;    /* bytes */
	uint64_t descriptors; /* open */
	uint64_t descriptors_max;
	uint64_t cpu_us; /* of all threads, user and system */
	int64_t started; /* Unix seconds */
};

/**
 * Opens what is looked at later: a process that is confined to its own folders cannot any more.
 * NULL: no memory.
 */
struct pdg_process *pdg_process_new(void);
void pdg_process_free(struct pdg_process *p);

/** Thread-safe. What is not known (there is no /proc) is 0. */
void pdg_process_stats(struct pdg_process *p, struct pdg_process_stats *out);

#endif
