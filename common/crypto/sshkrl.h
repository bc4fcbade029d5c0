/* SPDX-License-Identifier: Apache-2.0 */
/* Key revocation lists as ssh-keygen -k writes them (OpenSSH PROTOCOL.krl). */
#ifndef PDG_CRYPTO_SSHKRL_H
#define PDG_CRYPTO_SSHKRL_H

#include <stdbool.h>

#include "crypto/sshcert.h"
#include "crypto/sshkey.h"

/* What a list revokes. Immutable: shared by threads. */
struct pdg_sshkrl;

/** Does @in begin as a KRL does? Nothing else of it is looked at. */
bool pdg_sshkrl_is(struct pdg_bytes in);

/**
 * Read a KRL of version 1, whole: certificates by serial number (list, range, bitmap) and key id of
 * one authority or of all; keys; SHA-1 and SHA-256 fingerprints; extensions, of which none that is
 * critical is known. A list that revokes nothing is refused, and so is a signed one: OpenSSH makes
 * none, and what its tools do not check would seem to be checked here.
 *
 * Returns 0, PDG_E_FORMAT (SSH-6), PDG_E_LIMIT (more than PDG_LIMIT_KRL_ENTRIES).
 */
int pdg_sshkrl_parse(struct pdg_bytes in, struct pdg_sshkrl **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_sshkrl_free(struct pdg_sshkrl *krl);
PDG_AUTO_DEFINE(sshkrl, struct pdg_sshkrl *, pdg_sshkrl_free)

/**
 * Is the key revoked, or, where it is used through @cert (else NULL), the certificate or its
 * authority's key? *@out_what: what of it ("the key", "the certificate, by its serial number");
 * static, NULL: nothing. Returns 0 or PDG_E_CRYPTO.
 */
int pdg_sshkrl_find(const struct pdg_sshkrl *krl, const struct pdg_sshkey *key,
		    const struct pdg_sshcert *cert, const char **out_what,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
