/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP's containers (RFC 4880 4.2, 5.2.3.1, 3.2): packets, signature subpackets, numbers.
 * Readers take one thing off a borrowed run of bytes; what is taken points into it. They say
 * what is wrong in a word of their own, and the caller, who knows whether it reads a signature
 * (PGP-2) or a key (PGP-4), makes the refusal.
 */
#ifndef PDG_CRYPTO_PGP_PACKET_H
#define PDG_CRYPTO_PGP_PACKET_H

#include "util/bytes.h"

enum pdg_pgp_tag {
	PDG_PGP_TAG_SIGNATURE = 2,
	PDG_PGP_TAG_SECRET_KEY = 5,
	PDG_PGP_TAG_PUBLIC_KEY = 6,
	PDG_PGP_TAG_SECRET_SUBKEY = 7,
	PDG_PGP_TAG_TRUST = 12,
	PDG_PGP_TAG_USER_ID = 13,
	PDG_PGP_TAG_PUBLIC_SUBKEY = 14,
	PDG_PGP_TAG_USER_ATTRIBUTE = 17,
};

struct pdg_pgp_packet {
	unsigned tag;
	bool shortest; /* its length is written in as few bytes as its format allows */
	struct pdg_bytes body;
};

struct pdg_pgp_subpacket {
	unsigned type;
	bool critical;
	bool shortest;
	struct pdg_bytes body;
};

struct pdg_pgp_mpi {
	unsigned bits;
	bool shortest; /* no zero bit before the number */
	struct pdg_bytes v;
};

/**
 * Take one off *@rest. False at broken bytes, with *@out_why (static text) set and *@rest
 * untouched; packets of partial or indeterminate length are broken. Not to be called at the end.
 */
bool pdg_pgp_packet_next(struct pdg_bytes *rest, struct pdg_pgp_packet *out, const char **out_why);
bool pdg_pgp_subpacket_next(struct pdg_bytes *rest, struct pdg_pgp_subpacket *out,
			    const char **out_why);
bool pdg_pgp_mpi_next(struct pdg_bytes *rest, struct pdg_pgp_mpi *out, const char **out_why);

/** "a signature", "a literal data packet" …: what a packet of @tag is. Static. */
const char *pdg_pgp_tag_name(unsigned tag);

static inline unsigned pdg_pgp_u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t pdg_pgp_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

#endif
