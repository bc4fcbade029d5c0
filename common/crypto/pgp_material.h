/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public key inside an OpenPGP key packet (RFC 4880 5.5.2, RFC 6637, EdDSA legacy), as
 * OpenSSL's key, and the mathematics of a signature by it. Private to this folder.
 */
#ifndef PDG_CRYPTO_PGP_MATERIAL_H
#define PDG_CRYPTO_PGP_MATERIAL_H

#include "crypto/digest.h"
#include "crypto/pgp.h"
#include "crypto/pgp_packet.h"

/* Public-key algorithms (RFC 4880 9.1) of signatures that are judged, DSA by GnuPG alone. */
enum pdg_pgp_algo {
	PDG_PGP_RSA = 1,
	PDG_PGP_RSA_SIGN = 3,
	PDG_PGP_DSA = 17,
	PDG_PGP_ECDSA = 19,
	PDG_PGP_EDDSA = 22,
};

#define PDG_PGP_KEY_HEAD 6 /* version, creation time, algorithm */

/**
 * Read the body of a v4 public-key packet.
 *
 * @out  owned by the caller; NULL when the key is well formed but not judged here: another
 *       algorithm or curve, RSA under 2048 or over 8192 bits
 *
 * Returns 0, PDG_E_FORMAT (PGP-4), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_material_new(struct pdg_bytes body, struct pdg_pgp_material **out,
			 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_pgp_material_free(struct pdg_pgp_material *m);
PDG_AUTO_DEFINE(pgp_material, struct pdg_pgp_material *, pdg_pgp_material_free)

/**
 * Fingerprint of a v4 public-key packet body (RFC 4880 12.2): SHA-1, upper-case hex.
 * Returns 0, PDG_E_FORMAT (PGP-4: longer than a fingerprint can cover), PDG_E_CRYPTO.
 */
int pdg_pgp_fingerprint(struct pdg_bytes body, char out[PDG_PGP_FINGERPRINT_HEX],
			struct pdg_error *err) PDG_MUST_CHECK;

/** How many numbers a signature by @algo has: 1, 2, or 0 when it is not judged. */
size_t pdg_pgp_algo_mpis(unsigned algo);

/**
 * How many bytes a number of a signature by the key in the packet @body has at most; 0 where that
 * is not known here (DSA, other curves).
 */
size_t pdg_pgp_width(struct pdg_bytes body);

/**
 * Is @mpi written as it may be in a signature by a key of that @width: without zero bits in front
 * (RFC 4880 3.2), or with all bytes of its width? The latter is how Go's OpenPGP, and so GitHub,
 * writes RSA.
 */
bool pdg_pgp_width_fits(const struct pdg_pgp_mpi *mpi, size_t width);

/** Is a digest by @hash long enough for @m? Else RFC 6637 13 forbids it, and GnuPG is asked. */
bool pdg_pgp_material_takes(const struct pdg_pgp_material *m, enum pdg_hash hash);

/**
 * Is (@mpis) a signature over @digest by @m?
 *
 * @algo  the algorithm that the signature names; must be the key's
 * @mpis  pdg_pgp_algo_mpis(@algo) of them
 *
 * Returns 0 when it is valid, PDG_E_REJECTED (SIG-1; PGP-3: the digest is too short for the
 * curve), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_pgp_material_verify(const struct pdg_pgp_material *m, unsigned algo, enum pdg_hash hash,
			    const uint8_t *digest, const struct pdg_pgp_mpi *mpis,
			    struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Are @mpis as long as the numbers of signatures by @m are? False also for a much shorter one:
 * true numbers seem random.
 */
bool pdg_pgp_material_fits(const struct pdg_pgp_material *m, const struct pdg_pgp_mpi *mpis);

#endif
