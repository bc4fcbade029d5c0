/* SPDX-License-Identifier: Apache-2.0 */
/* What a function writes to standard output or error, for tests. */
#ifndef PDG_TESTS_SUPPORT_CAPTURE_H
#define PDG_TESTS_SUPPORT_CAPTURE_H

#include <stdio.h>

#include "util/buf.h"

struct pdg_capture {
	FILE *f;   /* stdout or stderr */
	int saved; /* where it went before */
	FILE *to;
};

/** From now on what is written to @f (stdout or stderr) and to its descriptor goes aside. */
struct pdg_capture pdg_capture_begin(FILE *f);

/** Put the descriptor back and append what was written to @out. */
void pdg_capture_end(struct pdg_capture *c, struct pdg_buf *out);

#endif
