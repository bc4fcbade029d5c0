/* SPDX-License-Identifier: Apache-2.0 */
/* What world.c and world_made.c share. */
#ifndef PDG_TESTS_SUPPORT_WORLD_IMPL_H
#define PDG_TESTS_SUPPORT_WORLD_IMPL_H

#include "support/world.h"

/* End the program when @rc is a failure. */
void world_must(int rc, const struct pdg_error *err, const char *what);

void world_tiles_free(struct pdg_world_tile *tiles);

#endif
