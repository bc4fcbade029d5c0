/* SPDX-License-Identifier: Apache-2.0 */
/* JSON on a terminal: the same value, with nothing in it that could move the terminal. */
#ifndef PDG_CLI_COMMON_PRINT_JSON_H
#define PDG_CLI_COMMON_PRINT_JSON_H

#include <stdio.h>

#include "util/bytes.h"

/**
 * Print one JSON value and a line end. What JSON allows in a string and pdg_str_printable() does
 * not (C1 controls, bidirectional overrides, zero-width characters) is written as \uNNNN: the value
 * is the same. A failure stays in the stream, for pdg_out_finish().
 */
void pdg_print_json(FILE *f, struct pdg_bytes json);

#endif
