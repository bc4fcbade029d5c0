/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader under pgp_sig.c (signatures of strangers) and pgp_bind.c (keys). Every length is
 * compared with what is there before anything is looked at.
 */
#include "crypto/pgp_packet.h"

static const char cut_short[] = "is cut short";

/* Take @n bytes off *@rest, or none. */
static bool take(struct pdg_bytes *rest, size_t n, struct pdg_bytes *out)
{
	if (n > rest->n)
		return false;
	*out = pdg_bytes_head(*rest, n);
	*rest = pdg_bytes_from(*rest, n);
	return true;
}

/* A length of an old packet (RFC 4880 4.2.1) behind its first byte. */
static bool old_length(struct pdg_bytes *rest, unsigned kind, size_t *out, bool *out_shortest,
		       const char **out_why)
{
	struct pdg_bytes f;
	size_t n = 0;

	if (kind == 3) {
		*out_why = "has an indeterminate length";
		return false;
	}
	if (!take(rest, (size_t)1 << kind, &f)) {
		*out_why = cut_short;
		return false;
	}
	for (size_t i = 0; i < f.n; i++)
		n = n << 8 | f.p[i];
	*out = n;
	*out_shortest = kind == 0 || n >= (size_t)1 << (kind == 1 ? 8 : 16);
	return true;
}

/*
 * A length of a new packet or a subpacket (RFC 4880 4.2.2, 5.2.3.1). In the former 224 to 254 stand
 * for a partial body, in the latter for a two-byte length like 192 to 223.
 */
static bool new_length(struct pdg_bytes *rest, bool partial, size_t *out, bool *out_shortest,
		       const char **out_why)
{
	struct pdg_bytes first;
	struct pdg_bytes more = {0};
	unsigned b;

	*out_why = cut_short;
	if (!take(rest, 1, &first))
		return false;
	b = first.p[0];
	if (partial && b >= 224 && b < 255) {
		*out_why = "has a partial length";
		return false;
	}
	if (b >= 192 && !take(rest, b == 255 ? 4 : 1, &more))
		return false;
	if (b < 192)
		*out = b;
	else if (b < 255)
		*out = ((size_t)(b - 192) << 8) + more.p[0] + 192;
	else
		*out = pdg_pgp_u32(more.p);
	*out_shortest = b < 255 || *out > (partial ? 8383U : 16319U);
	return true;
}

bool pdg_pgp_packet_next(struct pdg_bytes *rest, struct pdg_pgp_packet *out, const char **out_why)
{
	struct pdg_bytes left = *rest;
	struct pdg_bytes first;
	struct pdg_pgp_packet p = {0};
	size_t n;
	bool ok;

	if (!take(&left, 1, &first) || !(first.p[0] & 0x80)) {
		*out_why = "does not begin as a packet does";
		return false;
	}
	if (first.p[0] & 0x40) {
		p.tag = first.p[0] & 63;
		ok = new_length(&left, true, &n, &p.shortest, out_why);
	} else {
		p.tag = first.p[0] >> 2 & 15;
		ok = old_length(&left, first.p[0] & 3, &n, &p.shortest, out_why);
	}
	if (!ok)
		return false;
	if (!take(&left, n, &p.body)) {
		*out_why = cut_short;
		return false;
	}
	if (p.tag == 0) {
		*out_why = "has the reserved tag 0";
		return false;
	}
	*out = p;
	*rest = left;
	return true;
}

bool pdg_pgp_subpacket_next(struct pdg_bytes *rest, struct pdg_pgp_subpacket *out,
			    const char **out_why)
{
	struct pdg_bytes left = *rest;
	struct pdg_bytes whole;
	struct pdg_pgp_subpacket s = {0};
	size_t n;

	if (!new_length(&left, false, &n, &s.shortest, out_why))
		return false;
	if (n == 0) {
		*out_why = "has no type";
		return false;
	}
	if (!take(&left, n, &whole)) {
		*out_why = cut_short;
		return false;
	}
	s.type = whole.p[0] & 0x7F;
	s.critical = whole.p[0] & 0x80;
	s.body = pdg_bytes_from(whole, 1);
	*out = s;
	*rest = left;
	return true;
}

bool pdg_pgp_mpi_next(struct pdg_bytes *rest, struct pdg_pgp_mpi *out, const char **out_why)
{
	struct pdg_bytes left = *rest;
	struct pdg_bytes head;
	struct pdg_pgp_mpi m = {0};
	unsigned top; /* bits of the first byte that the number may use */

	*out_why = cut_short;
	if (!take(&left, 2, &head))
		return false;
	m.bits = pdg_pgp_u16(head.p);
	if (!take(&left, (m.bits + 7) / 8, &m.v))
		return false;
	top = (m.bits + 7) % 8 + 1;
	if (m.bits > 0 && m.v.p[0] >> top) {
		*out_why = "is longer than it says";
		return false;
	}
	m.shortest = m.bits == 0 || m.v.p[0] >> (top - 1) == 1;
	*out = m;
	*rest = left;
	return true;
}

const char *pdg_pgp_tag_name(unsigned tag)
{
	static const char *const names[] = {
		[1] = "a session key",
		[PDG_PGP_TAG_SIGNATURE] = "a signature",
		[3] = "a session key",
		[4] = "a one-pass signature",
		[PDG_PGP_TAG_SECRET_KEY] = "a secret key",
		[PDG_PGP_TAG_PUBLIC_KEY] = "a public key",
		[PDG_PGP_TAG_SECRET_SUBKEY] = "a secret subkey",
		[8] = "a compressed packet",
		[9] = "an encrypted packet",
		[10] = "a marker packet",
		[11] = "a literal data packet",
		[PDG_PGP_TAG_TRUST] = "a trust packet",
		[PDG_PGP_TAG_USER_ID] = "a user id",
		[PDG_PGP_TAG_PUBLIC_SUBKEY] = "a public subkey",
		[PDG_PGP_TAG_USER_ATTRIBUTE] = "a user attribute",
		[18] = "an encrypted packet",
	};

	if (tag >= sizeof(names) / sizeof(names[0]) || !names[tag])
		return "a packet of an unknown kind";
	return names[tag];
}
