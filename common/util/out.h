/* SPDX-License-Identifier: Apache-2.0 */
/* How programs speak: text to stdout, one line an error to stderr, colour on a terminal only. */
#ifndef PDG_UTIL_OUT_H
#define PDG_UTIL_OUT_H

#include <stdbool.h>
#include <stdio.h>

#include "util/error.h"

enum pdg_colour { PDG_PLAIN, PDG_GOOD, PDG_BAD, PDG_WARN, PDG_DIM, PDG_BOLD };

/** Is @f a terminal and NO_COLOR unset? */
bool pdg_out_colour(FILE *f);

/** Print formatted text; every character of it is made printable but \n. Colour if @f takes it. */
void pdg_out(FILE *f, enum pdg_colour c, const char *fmt, ...) PDG_PRINTF(3, 4);

/** "pedigree: <text> [RULE]; <fix>" on stderr, one line, escaped. @who is the program's name. */
void pdg_out_error(const char *who, const struct pdg_error *err);

/** At a program's end: was everything written to @f? Returns 0 or PDG_E_IO (disk full, pipe
 * closed). */
int pdg_out_finish(FILE *f, struct pdg_error *err) PDG_MUST_CHECK;

#endif
