/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child with pipes at its standard input and output: what a run to the end (spawn.c) and a
 * conversation (talk.c) have in common. Private to this folder.
 */
#ifndef PDG_PROC_CHILD_H
#define PDG_PROC_CHILD_H

#include <sys/types.h>

#include "proc/spawn.h"
#include "util/auto.h"

/* Descriptors are -1 when there is none, and do not block. */
struct pdg_child {
	pid_t pid; /* 0 when it has been waited for */
	int to;	   /* our end of its standard input */
	int from;  /* our end of its standard output */
};

/**
 * Start @s->program (an absolute path), with a pipe to its input where @feed and a pipe from its
 * output where @hear. @s->input, out and timeout_ms are the caller's business.
 *
 * @out  to be ended with pdg_child_done()
 *
 * Returns 0 or PDG_E_IO.
 */
int pdg_child_start(const struct pdg_spawn *s, bool feed, bool hear, struct pdg_child *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same with one end of a socketpair as its standard input, and the other in @out->to; its
 * output is thrown away.
 */
int pdg_child_start_socket(const struct pdg_spawn *s, struct pdg_child *out,
			   struct pdg_error *err) PDG_MUST_CHECK;

/** Whatever path is left, it does not outlive its caller: killed and waited for. */
void pdg_child_done(struct pdg_child *c);
PDG_AUTO_DEFINE_VALUE(child, struct pdg_child, pdg_child_done)

/** Close our end *@fd, if there is one. */
void pdg_child_close(int *fd);

/** write() to the child's input, as @errno tells, without SIGPIPE for this process. */
ssize_t pdg_child_write(int fd, struct pdg_bytes in);

#endif
