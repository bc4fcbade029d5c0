/* SPDX-License-Identifier: Apache-2.0 */
/* Keys made by OpenSSL, the odd ones too, so that no private key need be kept among the tests'
 * data; and their PEM in every form. */
#ifndef PDG_TESTS_CRYPTO_KEY_MADE_H
#define PDG_TESTS_CRYPTO_KEY_MADE_H

#include <openssl/evp.h>

#include "util/buf.h"

#define TEXT_MAX ((size_t)1 << 20)

enum form { SPKI, PKCS8, TRADITIONAL, ENCRYPTED, ENCRYPTED_TRADITIONAL };

/* Append @pkey as PEM of @form. */
void put_pem(EVP_PKEY *pkey, enum form form, struct pdg_buf *out);

EVP_PKEY *ec_key(const char *curve);

#endif
