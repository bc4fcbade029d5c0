/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ASCII armor (RFC 4880 6), strictly: what a signature or a key file is wrapped in before its
 * packets are read (pgp_packet.h). One text has one meaning; nothing is skipped or repaired.
 */
#ifndef PDG_CRYPTO_PGP_ARMOR_H
#define PDG_CRYPTO_PGP_ARMOR_H

#include "util/buf.h"

/**
 * Decode a detached signature: one "PGP SIGNATURE" block, nothing before it, and behind it at most
 * two line ends (GitHub's own commits have an empty line there). Lines of 64 or 76 characters; at
 * most four header lines, "Version", "Comment", "Charset" or "MessageID", of printable ASCII,
 * which mean nothing; the checksum must be right where there is one.
 *
 * @out  the packets are appended
 *
 * Returns 0, PDG_E_FORMAT (PGP-1), or @out's failure.
 */
int pdg_pgp_armor_signature(struct pdg_bytes in, struct pdg_buf *out,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is @in, which pdg_pgp_armor_signature() decoded to @packets, byte for byte what gpg writes? Lines
 * of 64 characters (or 76, as others break them), the checksum, nothing behind the last line, and
 * at most four header lines, "Version" and "Comment", of 128 bytes.
 *
 * @out_headers  the header lines, borrowed
 *
 * Returns 0, PDG_E_FORMAT (PGP-1), PDG_E_NOMEM.
 */
int pdg_pgp_armor_canonical(struct pdg_bytes in, struct pdg_bytes packets,
			    struct pdg_bytes *out_headers, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Decode a key file: binary packets as they are, or text with at least one "PGP PUBLIC KEY BLOCK".
 * Text outside of blocks is a comment; a block of another kind is refused. Lines may end in \r\n.
 *
 * Returns 0, PDG_E_FORMAT (PGP-4), or @out's failure.
 */
int pdg_pgp_armor_keys(struct pdg_bytes in, struct pdg_buf *out,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
