/* SPDX-License-Identifier: Apache-2.0 */
/* The process that holds the keys. */
#ifndef PDG_SIGNER_HOLDER_H
#define PDG_SIGNER_HOLDER_H

#include <stddef.h>

#include "signer/keys.h"

/**
 * Serve on the sockets @fds until the first of them is closed: first it alone is heard, to open
 * keys, to sign what begins a log or a journal, and to seal; then each has a thread, which signs.
 * Does not return.
 */
void pdg_signer_hold(const struct pdg_signer_places *places, const int *fds, size_t n)
	__attribute__((noreturn));

#endif
