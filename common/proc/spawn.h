/* SPDX-License-Identifier: Apache-2.0 */
/* Run another program: no shell, a given environment, bounded output, a deadline. */
#ifndef PDG_PROC_SPAWN_H
#define PDG_PROC_SPAWN_H

#include <stdbool.h>

#include "util/buf.h"

struct pdg_spawn {
	const char *program;	 /* absolute path; never searched in PATH */
	const char *const *argv; /* NULL-ended, argv[0] included */
	const char *const *envp; /* NULL-ended; NULL: this process's environment */
	const char *dir;	 /* working folder, or NULL */
	struct pdg_bytes input;	 /* its standard input */
	struct pdg_buf *out;	 /* its standard output appended here; NULL: inherited */
	bool quiet;		 /* its standard error to /dev/null instead of inherited */
	int timeout_ms;		 /* killed after so long; 0: no limit */
};

/**
 * Run it and wait. *@out_status: its exit status, or 128 + signal number.
 * Returns 0, PDG_E_IO (could not be started, timed out), PDG_E_LIMIT (too much output).
 */
int pdg_spawn(const struct pdg_spawn *s, int *out_status, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Where the program @name of this installation is: beside the running program first (a
 * build folder), else in the libexec folder that lies to it as in an installed tree (one that was
 * moved, or unpacked below DESTDIR), else in the one fixed at build time. Owned by the caller
 * (free()). Returns 0 or PDG_E_NOTFOUND.
 */
int pdg_program_path(const char *name, char **out, struct pdg_error *err) PDG_MUST_CHECK;

#endif
