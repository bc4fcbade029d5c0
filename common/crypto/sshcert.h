/* SPDX-License-Identifier: Apache-2.0 */
/* SSH certificates (OpenSSH PROTOCOL.certkeys), from their wire blobs. */
#ifndef PDG_CRYPTO_SSHCERT_H
#define PDG_CRYPTO_SSHCERT_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/sshkey.h"

/* What a certificate says. Spans point into @blob; nothing is believed before pdg_sshcert_verify.
 */
struct pdg_sshcert {
	struct pdg_buf blob;
	struct pdg_sshkey *key; /* that is certified */
	struct pdg_sshkey *ca;	/* that certifies it */
	uint64_t serial;
	bool host; /* for a server, not for a person */
	struct pdg_bytes key_id;
	struct pdg_bytes principals; /* strings, one behind the other: pdg_sshcert_principal() */
	uint64_t valid_after;	     /* from this second on */
	uint64_t valid_before;	     /* up to the one before; UINT64_MAX: for ever */
	bool verify_required;	     /* a critical option: whoever signs must have been verified */
	struct pdg_bytes unkept; /* the first critical option that nobody here can keep, or empty */
	struct pdg_bytes body;	 /* what the CA signed */
	struct pdg_bytes signature;
};

/**
 * Is @type that of a certificate for a key that is judged here (ssh-ed25519-cert-v01@openssh.com,
 * …)? Then *@out_plain (may be NULL) is that key's type, static.
 */
bool pdg_sshcert_type(struct pdg_bytes type, struct pdg_bytes *out_plain);
/** The same of a blob, by the string that it begins with. */
bool pdg_sshcert_is(struct pdg_bytes blob);

/**
 * Read a certificate, nothing behind it. Options and extensions are in order and each there once,
 * the reserved field is empty, the CA's key is a plain one, no name holds a NUL.
 *
 * Returns 0, PDG_E_FORMAT (SSH-5; SSH-1: one of the two keys), PDG_E_REJECTED (SSH-3: the type of
 * one of the keys).
 */
int pdg_sshcert_parse(struct pdg_bytes blob, struct pdg_sshcert **out,
		      struct pdg_error *err) PDG_MUST_CHECK;
void pdg_sshcert_free(struct pdg_sshcert *cert);
PDG_AUTO_DEFINE(sshcert, struct pdg_sshcert *, pdg_sshcert_free)

/**
 * Is the signature on the certificate its CA's? Whether anybody trusts that CA is another question.
 * Returns 0, PDG_E_REJECTED (SIG-1, SSH-3: SHA-1), PDG_E_FORMAT (SSH-1), PDG_E_CRYPTO.
 */
int pdg_sshcert_verify(const struct pdg_sshcert *cert, struct pdg_error *err) PDG_MUST_CHECK;

#define PDG_SSH_USER_VERIFIED 0x04 /* PROTOCOL.u2f: by PIN or finger */

/**
 * May the certified key sign at all, with @flags of its security key (0: it is none)? NULL: it may;
 * else why not: a host's, a critical option that cannot be kept. Static.
 */
const char *pdg_sshcert_unfit(const struct pdg_sshcert *cert, uint8_t flags);

/** Is @at before (-1), within (0) or behind (1) the time for which it was made? */
int pdg_sshcert_when(const struct pdg_sshcert *cert, int64_t at);

/** Take the next principal off *@rest, which begins as @cert->principals. False at the end. */
bool pdg_sshcert_principal(struct pdg_bytes *rest, struct pdg_bytes *out);

#endif
