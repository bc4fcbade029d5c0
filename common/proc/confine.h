/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process gives up what it does not need, so that whoever takes it over has no more: new
 * privileges, core dumps and tracers, files (Landlock), connections, memory without end. What the
 * kernel does not have is left out and told, never a failure: an old kernel still runs the service.
 *
 * Landlock holds for the calling thread and those that it starts later: confine before there are
 * threads. Children inherit all of it but the limit that says otherwise.
 */
#ifndef PDG_PROC_CONFINE_H
#define PDG_PROC_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* What may be done below a path. */
#define PDG_MAY_READ  1u /* read files, list folders */
#define PDG_MAY_WRITE 2u /* all that changes a folder: make, write, rename, remove */
#define PDG_MAY_RUN   4u /* execute files */
#define PDG_MAY_USE   8u /* read and write what is there, and make nothing: devices */

struct pdg_confine_path {
	const char *path; /* one that is not there is passed over; NULL too */
	unsigned may;
};

struct pdg_confine {
	const struct pdg_confine_path *paths;
	size_t n;
	bool no_tcp;	  /* neither listens on TCP from here on nor connects */
	size_t files;	  /* RLIMIT_NOFILE, 0: as it is. A higher limit is not raised */
	bool no_children; /* RLIMIT_NPROC 0: no fork, no thread; root is not bound by it */
};

/* What is on. */
struct pdg_confined {
	int landlock; /* the kernel's version of it; 0: it has none */
	bool tcp;     /* Landlock holds no_tcp */
	bool scoped;  /* no signal to other processes, no abstract socket of theirs */
};

/**
 * Give it up, for good. Returns 0, PDG_E_IO (the kernel has it but refuses; a system call that
 * cannot fail did), PDG_E_NOMEM.
 */
int pdg_confine(const struct pdg_confine *c, struct pdg_confined *out,
		struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same without files and connections, for the first lines of a program that holds secrets: no
 * new privileges, no core, no tracer (Yama and root aside).
 */
int pdg_confine_begin(struct pdg_error *err) PDG_MUST_CHECK;

#endif
