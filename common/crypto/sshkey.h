/* SPDX-License-Identifier: Apache-2.0 */
/* SSH public keys (RFC 4253 6.6, RFC 8709, RFC 5656, PROTOCOL.u2f), from their wire blobs. */
#ifndef PDG_CRYPTO_SSHKEY_H
#define PDG_CRYPTO_SSHKEY_H

#include "util/auto.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/error.h"

/*
 * ssh-ed25519, ecdsa-sha2-nistp256/384/521, ssh-rsa (2048 to 16384 bits), and of security keys
 * sk-ssh-ed25519 and sk-ecdsa-sha2-nistp256, whose user must have been present.
 * Other types (webauthn, dsa) are PDG_E_REJECTED (SSH-3): named, never ignored. So are
 * certificates, which are no keys: sshcert.h reads them.
 */
struct pdg_sshkey;

/** Read a key's blob, nothing behind it. Returns 0, PDG_E_FORMAT (SSH-1), PDG_E_REJECTED (SSH-3).
 */
int pdg_sshkey_parse(struct pdg_bytes blob, struct pdg_sshkey **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
void pdg_sshkey_free(struct pdg_sshkey *key);
PDG_AUTO_DEFINE(sshkey, struct pdg_sshkey *, pdg_sshkey_free)

/**
 * Does @blob name a key, for a list of keys whatever they are? It is one that pdg_sshkey_parse()
 * takes, or one of a type or size that is not judged, with all its fields and nothing behind them.
 * What was cut off would be listed in vain. Returns 0, PDG_E_FORMAT (SSH-1), PDG_E_NOMEM.
 */
int pdg_sshkey_complete(struct pdg_bytes blob, struct pdg_error *err) PDG_MUST_CHECK;

/** The blob it was read from. Borrowed. */
struct pdg_bytes pdg_sshkey_blob(const struct pdg_sshkey *key);
/** "SHA256:…" as ssh-keygen prints it. Borrowed. */
const char *pdg_sshkey_fingerprint(const struct pdg_sshkey *key);

/**
 * Check the inner signature blob (string algorithm, string signature; PROTOCOL.sshsig) over @msg.
 * ssh-rsa (SHA-1) is refused. Returns 0, PDG_E_REJECTED (SIG-1, SSH-3), PDG_E_FORMAT (SSH-1).
 */
int pdg_sshkey_verify(const struct pdg_sshkey *key, struct pdg_bytes msg, struct pdg_bytes sig,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read one authorized_keys-like line "type base64 [comment]" into its blob (appended to @out_blob).
 * The blob's form is pdg_sshkey_parse()'s to judge. Returns 0 or PDG_E_FORMAT (SSH-2).
 */
int pdg_sshkey_line(struct pdg_bytes line, struct pdg_buf *out_blob,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
