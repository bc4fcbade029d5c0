/* SPDX-License-Identifier: Apache-2.0 */
/* The private GNUPGHOME of one run. */
#ifndef PDG_CLI_PGP_HOME_H
#define PDG_CLI_PGP_HOME_H

#include "util/error.h"

/**
 * Make a folder below /tmp with its gpg.conf, and an environment for GnuPG that names it and
 * nothing of the caller's.
 *
 * @out  owned by the caller, end with home_remove()
 *
 * Returns 0, PDG_E_NOMEM, PDG_E_IO.
 */
int home_make(char **out, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Make one more below @dir, which GnuPG can be told to use instead.
 * @out  owned by the caller; is removed with @dir
 */
int home_make_below(const char *dir, size_t number, char **out,
		    struct pdg_error *err) PDG_MUST_CHECK;

/** Remove the folder and free its name. Returns 0 or PDG_E_IO. */
int home_remove(char *home, struct pdg_error *err) PDG_MUST_CHECK;

#endif
