/* SPDX-License-Identifier: Apache-2.0 */
/* A built program, run as a person runs it, in a folder and with an environment of the test's own.
 */
#ifndef PDG_TESTS_SUPPORT_PROGRAM_H
#define PDG_TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>

#include "util/auto.h"
#include "util/buf.h"

struct pdg_program {
	const char *path; /* of the program */
	const char *dir;  /* where it runs; also its HOME, and where what it prints is kept */
	const char *env;  /* one variable more, "NAME=VALUE", or NULL */
	const char *stdout_path; /* a file to write to instead, or NULL */
	bool no_sockets;	 /* the first socket ends it with SIGSYS */
	struct pdg_buf out, err; /* what the last run printed */
};

void pdg_program_init(struct pdg_program *p, const char *path, const char *dir);
void pdg_program_done(struct pdg_program *p);
PDG_AUTO_DEFINE_VALUE(program, struct pdg_program, pdg_program_done)

/** Run it with the words that follow, ended by NULL. Returns its exit status, or 128 + its signal.
 */
int pdg_program_run(struct pdg_program *p, ...) __attribute__((sentinel));

/**
 * The last run printed nothing, and one line of error that begins with "pedigree: " and names @rule
 * (NULL: any). CHECKs.
 */
void pdg_program_error(struct pdg_program *p, const char *rule);

#endif
