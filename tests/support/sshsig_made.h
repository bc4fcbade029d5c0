/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH signatures as ssh-keygen makes them for git, but thousands a second: for histories that no
 * test or bench has the time to let git sign.
 */
#ifndef PDG_TESTS_SUPPORT_SSHSIG_MADE_H
#define PDG_TESTS_SUPPORT_SSHSIG_MADE_H

#include "crypto/key.h"
#include "util/buf.h"

/** Append the base64 of @bin in lines of @columns. */
void pdg_made_lines(struct pdg_buf *out, struct pdg_bytes bin, size_t columns);

/** Append the header "gpgsig" of a commit, whose lines are those of @armor. */
void pdg_made_gpgsig(struct pdg_buf *out, struct pdg_bytes armor);

/** Append the Ed25519 @key as SSH has it (RFC 8709 4). */
void pdg_made_ssh_blob(struct pdg_buf *out, const struct pdg_key *key);

/**
 * Sign @payload in the namespace "git" (PROTOCOL.sshsig).
 *
 * @message  appended: the bytes that @sig is over
 * @sig      appended: the plain Ed25519 signature
 * @armor    appended: the whole, as git keeps it
 */
int pdg_made_sshsig(const struct pdg_key *key, struct pdg_bytes payload, struct pdg_buf *message,
		    struct pdg_buf *sig, struct pdg_buf *armor,
		    struct pdg_error *err) PDG_MUST_CHECK;

#endif
