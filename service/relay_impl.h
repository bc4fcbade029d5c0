/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay's client as its two files see it: relay.c takes calls from anywhere, relay_io.c has the
 * thread that writes, reads, starts again. Private to them.
 */
#ifndef PDG_SERVICE_RELAY_IMPL_H
#define PDG_SERVICE_RELAY_IMPL_H

#include <pthread.h>

#include "proc/peer.h"
#include "service/relay.h"

struct pdg_relay_waiting {
	struct pdg_relay_waiting *next;
	uint64_t id;
	int64_t begun, deadline; /* pdg_monotonic_ms() */
	void (*done)(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err);
	void *ctx;
};

struct pdg_relay {
	char *program;
	struct pdg_buf setup; /* its frame */
	int wake;	      /* eventfd: there is something to write, or to stop */
	pthread_t thread;
	bool threaded;
	pthread_mutex_t mutex; /* guards what follows */
	bool stopping;
	bool up; /* a process runs that takes calls */
	uint64_t last_id;
	size_t n_waiting;
	struct pdg_relay_waiting *waiting;
	struct pdg_buf out; /* frames not yet written, but for @sent bytes of them */
	size_t sent;
	uint64_t restarts;

	/* The thread's own, but before it is started. */
	struct pdg_peer peer;
	struct pdg_buf in;
	int64_t heard;	  /* when anything was read last */
	int64_t started;  /* when the process was */
	int64_t start_at; /* when the next one may be */
	int64_t delay;
};

/** Start a process; the setup is what it is told first. Not up when it fails. */
int pdg_relay_spawn(struct pdg_relay *r, struct pdg_error *err) PDG_MUST_CHECK;
/** The thread. */
void *pdg_relay_main(void *relay);

#endif
