/* SPDX-License-Identifier: Apache-2.0 */
/* SSHSIG (OpenSSH PROTOCOL.sshsig): armor, blob, and the bytes that are signed. */
#ifndef PDG_CRYPTO_SSHSIG_H
#define PDG_CRYPTO_SSHSIG_H

#include "crypto/sshcert.h"
#include "crypto/sshkey.h"

struct pdg_sshsig;

/**
 * Read the armored signature: exactly one block, nothing before or behind it but one final \n,
 * in lines of 64, 70 or 76 characters.
 * Version 1, hash sha256 or sha512, a namespace, reserved empty, no trailing bytes. In the place of
 * the key a certificate may stand.
 * Returns 0, PDG_E_FORMAT (SSH-1, SSH-5), PDG_E_REJECTED (SSH-3: a key type we do not judge).
 */
int pdg_sshsig_parse(struct pdg_bytes armor, struct pdg_sshsig **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
/** The same without armor: approvals. */
int pdg_sshsig_parse_blob(struct pdg_bytes blob, struct pdg_sshsig **out,
			  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_sshsig_free(struct pdg_sshsig *sig);
PDG_AUTO_DEFINE(sshsig, struct pdg_sshsig *, pdg_sshsig_free)

/** The key that the signature names, or its certificate certifies (not yet believed). Borrowed. */
const struct pdg_sshkey *pdg_sshsig_key(const struct pdg_sshsig *sig);
/** Its certificate, or NULL. Borrowed. */
const struct pdg_sshcert *pdg_sshsig_cert(const struct pdg_sshsig *sig);
/** The flags of the security key that made it (PROTOCOL.u2f), 0 where none did. */
uint8_t pdg_sshsig_flags(const struct pdg_sshsig *sig);

/**
 * Check it over @msg in @namespace_ ("git", "pedigree-approval"), and the CA's signature on its
 * certificate. Whom the CA may certify, for what and until when, is not asked here.
 * Returns 0, PDG_E_REJECTED (SSH-4: another namespace; SSH-3: SHA-1; SIG-1: does not verify),
 * PDG_E_FORMAT (SSH-1: the inner signature is not of its form), PDG_E_CRYPTO.
 */
int pdg_sshsig_verify(const struct pdg_sshsig *sig, const char *namespace_, struct pdg_bytes msg,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * A second signature, in the armor @other, for another form of what @sig signs (git's
 * gpgsig-sha256): bytes that are not here, so its value proves nothing. Is all but that value what
 * the program that made @sig over @msg would have written? The armor is ssh-keygen's to the byte;
 * key or certificate, namespace, digest, algorithm and flags are the first's; the value is as long
 * as the key's are, and is none over @msg itself.
 *
 * Returns 0, PDG_E_FORMAT (SSH-1), PDG_E_REJECTED (SSH-3), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_sshsig_twin(const struct pdg_sshsig *sig, struct pdg_bytes other, struct pdg_bytes msg,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
