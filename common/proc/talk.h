/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A conversation with another program of ours: it is started once, and asked and heard through its
 * standard input and output as often as there is something to ask. One thread at a time.
 */
#ifndef PDG_PROC_TALK_H
#define PDG_PROC_TALK_H

#include "proc/spawn.h"
#include "util/auto.h"

struct pdg_talk;

/**
 * Start it. Of @s, input, out and timeout_ms do not count.
 *
 * @out  owned by the caller, end with pdg_talk_end()
 *
 * Returns 0, PDG_E_IO, PDG_E_NOMEM.
 */
int pdg_talk_start(const struct pdg_spawn *s, struct pdg_talk **out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Write all of @in to its input, or read exactly @n bytes of its output, within @timeout_ms. After
 * a failure nobody knows what it has read or will say: end it. Returns 0 or PDG_E_IO (also: it has
 * ended, its time is up).
 */
int pdg_talk_say(struct pdg_talk *t, struct pdg_bytes in, int timeout_ms,
		 struct pdg_error *err) PDG_MUST_CHECK;
int pdg_talk_hear(struct pdg_talk *t, uint8_t *out, size_t n, int timeout_ms,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Close its input, which asks it to end, and wait until it has; one that does not is asked by
 * SIGTERM and then killed. NULL is fine.
 */
void pdg_talk_end(struct pdg_talk *t);
PDG_AUTO_DEFINE(talk, struct pdg_talk *, pdg_talk_end)

#endif
