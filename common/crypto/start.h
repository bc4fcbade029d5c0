/* SPDX-License-Identifier: Apache-2.0 */
/* How OpenSSL starts in a program. */
#ifndef PDG_CRYPTO_START_H
#define PDG_CRYPTO_START_H

/**
 * From here on OpenSSL is as it was built: neither OPENSSL_CONF nor the system's openssl.cnf is
 * read, so that neither can load a provider or engine into the process, nor turn an algorithm off
 * or on. Before anything else of common/crypto is called. Not for the service, whose machine may be
 * configured for FIPS.
 */
void pdg_crypto_fixed(void);

#endif
