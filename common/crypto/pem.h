/* SPDX-License-Identifier: Apache-2.0 */
/* PEM as everybody writes it (RFC 7468 3); each reader says itself what it takes. */
#ifndef PDG_CRYPTO_PEM_H
#define PDG_CRYPTO_PEM_H

#include "util/buf.h"

/** Append @der as a PEM block in lines of 64, the last with its newline. */
void pdg_pem_write(const char *label, struct pdg_bytes der, struct pdg_buf *out);

#endif
