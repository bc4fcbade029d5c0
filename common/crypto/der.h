/* SPDX-License-Identifier: Apache-2.0 */
/* The outer form of DER, which OpenSSL's readers do not insist on (X.690, 8.1 and 10.1). */
#ifndef PDG_CRYPTO_DER_H
#define PDG_CRYPTO_DER_H

#include <stdbool.h>

#include "util/bytes.h"

/**
 * Is @in one value and nothing behind it, with low tags, definite lengths in their shortest form,
 * no string in pieces and no sequence or set without its mark, down to every value that is marked
 * as made of others? What strings hold (OCTET STRING, BIT STRING) is not looked into.
 */
bool pdg_der_strict(struct pdg_bytes in);

#endif
