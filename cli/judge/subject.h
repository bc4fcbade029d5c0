/* SPDX-License-Identifier: Apache-2.0 */
/* SUBJECT on the command line: name@sha256:…, sha256:…, or a file (design 4). */
#ifndef PDG_CLI_JUDGE_SUBJECT_H
#define PDG_CLI_JUDGE_SUBJECT_H

#include "crypto/digest.h"
#include "util/auto.h"
#include "util/error.h"

struct pdg_subject_arg {
	char sha256[PDG_SHA256_HEX];
	char *name; /* as it was given: a file, name@sha256:…; NULL for a bare digest. Owned */
};

/**
 * A text that is a digest is one even if a file of that name exists beside it: a digest cannot be
 * replaced by a file. Returns 0, PDG_E_USAGE (CLI-3: a tag, or neither), PDG_E_IO.
 */
int pdg_subject_arg(const char *text, struct pdg_subject_arg *out,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
