/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the packet reader and the mathematics: the fixed fields of a signature, the lists of what
 * is judged, and the digest with its trailer.
 */
#include "crypto/pgp_sigbody.h"

#define HEAD_LEN    6  /* version, type, two algorithms, length of the hashed area */
#define V3_HEAD_LEN 19 /* all before the numbers */
#define V3_SIGNED   5  /* bytes of it that are signed: type and creation time */

struct hash_row {
	unsigned id; /* RFC 4880 9.4 */
	const char *name;
	enum {
		NEVER,
		ELSEWHERE, /* GnuPG knows it, OpenSSL need not */
		HERE,
	} where;
	enum pdg_hash hash;
};

static const struct hash_row hashes[] = {
	{1, "MD5", NEVER, PDG_SHA1},
	{2, "SHA-1", HERE, PDG_SHA1},
	{3, "RIPEMD-160", ELSEWHERE, PDG_SHA1},
	{8, "SHA-256", HERE, PDG_SHA256},
	{9, "SHA-384", HERE, PDG_SHA384},
	{10, "SHA-512", HERE, PDG_SHA512},
	{11, "SHA-224", HERE, PDG_SHA224},
};

static int broken(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-2", "OpenPGP signature: %s", what);
}

static int judge_hash(unsigned id, struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	const struct hash_row *row = NULL;

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i].id == id)
			row = &hashes[i];
	}
	if (!row)
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature over digest algorithm %u, which is not judged",
				  id);
	if (row->where == NEVER)
		return pdg_reject(err, "PGP-3", "OpenPGP signature over %s, which is not judged",
				  row->name);
	s->hash_id = id;
	s->hash = row->hash;
	s->hashed_here = s->version == 4 && row->where == HERE;
	s->here = s->hashed_here && s->algo != PDG_PGP_DSA;
	return 0;
}

static int judge_algorithms(unsigned algo, unsigned hash, struct pdg_pgp_sigbody *s,
			    struct pdg_error *err)
{
	if (pdg_pgp_algo_mpis(algo) == 0)
		return pdg_reject(
			err, "PGP-3",
			"OpenPGP signature by public-key algorithm %u, which is not judged", algo);
	s->algo = algo;
	return judge_hash(hash, s, err);
}

/* Take an area of subpackets with its two-byte length off *@rest. */
static bool take_area(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	size_t n;

	if (rest->n < 2)
		return false;
	n = pdg_pgp_u16(rest->p);
	if (n > rest->n - 2)
		return false;
	*out = pdg_bytes_head(pdg_bytes_from(*rest, 2), n);
	*rest = pdg_bytes_from(*rest, 2 + n);
	return true;
}

static int take_mpis(struct pdg_bytes rest, struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	const char *why;

	for (size_t i = 0; i < pdg_pgp_algo_mpis(s->algo); i++) {
		if (!pdg_pgp_mpi_next(&rest, &s->mpis[i], &why))
			return pdg_reject(err, "PGP-2", "OpenPGP signature: a number %s", why);
	}
	return rest.n > 0 ? broken(err, "bytes stand behind its numbers") : 0;
}

/* RFC 4880 5.2.3. */
static int read_v4(struct pdg_bytes body, struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_bytes_from(body, HEAD_LEN - 2);
	int rc;

	if (body.n < HEAD_LEN)
		return broken(err, "is cut short");
	s->type = body.p[1];
	rc = judge_algorithms(body.p[2], body.p[3], s, err);
	if (rc < 0)
		return rc;
	if (!take_area(&rest, &s->hashed))
		return broken(err, "its signed subpackets are cut short");
	s->head = pdg_bytes_head(body, HEAD_LEN + s->hashed.n);
	if (!take_area(&rest, &s->unhashed))
		return broken(err, "its unsigned subpackets are cut short");
	if (rest.n < 2)
		return broken(err, "is cut short");
	s->left = rest.p;
	return take_mpis(pdg_bytes_from(rest, 2), s, err);
}

/* RFC 4880 5.2.2, which has no subpackets. */
static int read_v3(struct pdg_bytes body, struct pdg_pgp_sigbody *s, struct pdg_error *err)
{
	int rc;

	if (body.n < V3_HEAD_LEN)
		return broken(err, "is cut short");
	if (body.p[1] != V3_SIGNED)
		return broken(err, "signs more of itself than its type and time");
	s->type = body.p[2];
	s->v3 = body.p + 3;
	rc = judge_algorithms(body.p[15], body.p[16], s, err);
	if (rc < 0)
		return rc;
	s->left = body.p + 17;
	return take_mpis(pdg_bytes_from(body, V3_HEAD_LEN), s, err);
}

int pdg_pgp_sigbody_read(struct pdg_bytes body, struct pdg_pgp_sigbody *out, struct pdg_error *err)
{
	struct pdg_pgp_sigbody s = {0};
	int rc;

	if (body.n == 0)
		return broken(err, "is empty");
	s.version = body.p[0];
	/* In version 2 were MD5 alone; its number is not signed, so that 3 could be written as 2.
	 */
	if (s.version != 3 && s.version != 4)
		return pdg_reject(err, "PGP-3",
				  "OpenPGP signature of version %u, only 3 and 4 are judged",
				  s.version);
	rc = s.version == 4 ? read_v4(body, &s, err) : read_v3(body, &s, err);
	if (rc < 0)
		return rc;
	*out = s;
	return 0;
}

/* RFC 4880 5.2.4: what is signed, the head, and a trailer with the head's length. */
static int digest(const struct pdg_pgp_sigbody *s, const struct pdg_bytes *pieces, size_t n,
		  uint8_t out[PDG_DIGEST_MAX], struct pdg_error *err)
{
	PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
	/* At most HEAD_LEN + 65535: the first of the length's four bytes is 0. */
	const uint8_t len[3] = {(uint8_t)(s->head.n >> 16 & 0xFF), (uint8_t)(s->head.n >> 8 & 0xFF),
				(uint8_t)(s->head.n & 0xFF)};
	const uint8_t trailer[6] = {0x04, 0xFF, 0, len[0], len[1], len[2]};
	int rc = pdg_digest_new(s->hash, &d, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = pdg_digest_update(d, pieces[i], err);
	if (rc == 0)
		rc = pdg_digest_update(d, s->head, err);
	if (rc == 0)
		rc = pdg_digest_update(d, pdg_bytes(trailer, sizeof(trailer)), err);
	return rc == 0 ? pdg_digest_final(d, out, err) : rc;
}

bool pdg_pgp_sigbody_here(const struct pdg_pgp_sigbody *s, const struct pdg_pgp_material *m)
{
	return s->here && m && pdg_pgp_material_takes(m, s->hash);
}

/* The digest, whose first two bytes the signature repeats. */
static int digest_repeated(const struct pdg_pgp_sigbody *s, const struct pdg_bytes *pieces,
			   size_t n, uint8_t out[PDG_DIGEST_MAX], struct pdg_error *err)
{
	int rc = digest(s, pieces, n, out, err);

	if (rc == 0 && memcmp(out, s->left, 2) != 0)
		rc = pdg_reject(err, "SIG-1", "the signature is over other bytes");
	return rc;
}

int pdg_pgp_sigbody_left(const struct pdg_pgp_sigbody *s, const struct pdg_bytes *pieces, size_t n,
			 struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];

	return s->hashed_here ? digest_repeated(s, pieces, n, sum, err) : 0;
}

int pdg_pgp_sigbody_verify(const struct pdg_pgp_sigbody *s, const struct pdg_pgp_material *m,
			   const struct pdg_bytes *pieces, size_t n, struct pdg_error *err)
{
	uint8_t sum[PDG_DIGEST_MAX];
	int rc;

	if (!s->here)
		return pdg_reject(err, "PGP-3", "OpenPGP signature of a form that GnuPG checks");
	rc = digest_repeated(s, pieces, n, sum, err);
	if (rc < 0)
		return rc;
	return pdg_pgp_material_verify(m, s->algo, s->hash, sum, s->mpis, err);
}
