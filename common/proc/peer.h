/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of ours that runs beside this one for good and is spoken to over one socketpair, its
 * standard input. It ends when our end is closed.
 */
#ifndef PDG_PROC_PEER_H
#define PDG_PROC_PEER_H

#include <sys/types.h>

#include "proc/spawn.h"
#include "util/auto.h"

struct pdg_peer {
	pid_t pid; /* 0: none, or waited for */
	int fd;	   /* our end; does not block. -1: none */
};

#define PDG_PEER_NONE                                                                              \
	{                                                                                          \
		.pid = 0, .fd = -1                                                                 \
	}

/**
 * Start it. Of @s, input, out and timeout_ms do not count.
 * Returns 0, PDG_E_IO.
 */
int pdg_peer_start(const struct pdg_spawn *s, struct pdg_peer *out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Has it ended? Then it was waited for, and *@out_status is its exit status, or 128 + signal. */
bool pdg_peer_ended(struct pdg_peer *p, int *out_status);

/**
 * Close our end, give it @patience_ms to end, then kill it. Returns within half a second of that,
 * also when it cannot be killed: then it is waited for when a later one starts or ends. Returns its
 * exit status, 128 + the signal that ended it, or -1 when there was none or it lives.
 */
int pdg_peer_end(struct pdg_peer *p, int patience_ms);

#endif
