/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signature for an object's other name (gpgsig-sha256 beside gpgsig), which nobody can check
 * here. Whatever may vary in it is a place for bytes that no key vouches for, so nothing may but
 * what a second run of the same program changes: the time, a salt, the value.
 */
#include "crypto/pgp.h"

#include "crypto/pgp_armor.h"
#include "crypto/pgp_sigbody.h"
#include "util/limits.h"
#include "util/time.h"

#define SUB_NOTATION 20 /* RFC 4880 5.2.3.16; Sequoia's salt is one */
#define V3_KEYID     4	/* where it stands behind the time (RFC 4880 5.2.2) */
#define KEYID_LEN    8

static int unlike(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PGP-2", "OpenPGP signature: %s", what);
}

/* May the body of this subpacket be another of the same length? */
static bool may_vary(unsigned type)
{
	return type == PDG_PGP_SUB_CREATED || type == SUB_NOTATION;
}

/* The same subpackets in the same order. Both areas were read before: they are well formed. */
static bool same_subpackets(struct pdg_bytes a, struct pdg_bytes b)
{
	struct pdg_pgp_subpacket x;
	struct pdg_pgp_subpacket y;
	const char *why;

	while (a.n && b.n) {
		if (!pdg_pgp_subpacket_next(&a, &x, &why) || !pdg_pgp_subpacket_next(&b, &y, &why))
			return false;
		if (x.type != y.type || x.critical != y.critical || x.body.n != y.body.n ||
		    (!may_vary(x.type) && !pdg_bytes_eq(x.body, y.body)))
			return false;
	}
	return a.n == 0 && b.n == 0;
}

static bool same_time(const struct pdg_pgp_sig *a, const struct pdg_pgp_sig *b)
{
	int64_t apart = pdg_pgp_sig_created(a) - pdg_pgp_sig_created(b);

	return apart <= PDG_TIME_TOLERANCE && apart >= -PDG_TIME_TOLERANCE;
}

static int same_maker(const struct pdg_pgp_sig *a, const struct pdg_pgp_sig *b,
		      struct pdg_error *err)
{
	const struct pdg_pgp_sigbody *x = pdg_pgp_sig_body(a);
	const struct pdg_pgp_sigbody *y = pdg_pgp_sig_body(b);

	if (x->version != y->version || x->type != y->type)
		return unlike(err, "its version or type is not that of the first");
	if (x->algo != y->algo || x->hash_id != y->hash_id)
		return unlike(err, "its algorithms are not those of the first");
	if (x->v3 && memcmp(x->v3 + V3_KEYID, y->v3 + V3_KEYID, KEYID_LEN) != 0)
		return unlike(err, "its issuer is not that of the first");
	if (!same_subpackets(x->hashed, y->hashed) || !pdg_bytes_eq(x->unhashed, y->unhashed))
		return unlike(err, "its subpackets are not those of the first");
	return same_time(a, b) ? 0 : unlike(err, "it was not made together with the first");
}

/* Both armors are gpg's, and with the same header lines. */
static int same_armor(struct pdg_bytes armor, struct pdg_bytes other, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf packets = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	struct pdg_bytes headers;
	struct pdg_bytes rest = armor;
	struct pdg_bytes line;
	int rc = pdg_pgp_armor_signature(other, &packets, err);

	if (rc == 0)
		rc = pdg_pgp_armor_canonical(other, pdg_buf_bytes(&packets), &headers, err);
	if (rc < 0)
		return rc;
	/* The first was decoded by a reader that ends its header lines at an empty one. */
	(void)pdg_bytes_line(&rest, &line);
	if (!pdg_bytes_eq(pdg_bytes_head(rest, headers.n), headers) || rest.n <= headers.n ||
	    rest.p[headers.n] != '\n')
		return pdg_reject(err, "PGP-1",
				  "ASCII armor: its header lines are not those of the first");
	return 0;
}

/* As long as the numbers that the key makes; where its size is not known here, as the first's. */
static bool same_size(const struct pdg_pgp_sigbody *first, const struct pdg_pgp_sigbody *twin,
		      const struct pdg_pgp_key *key)
{
	if (key->material)
		return pdg_pgp_material_fits(key->material, twin->mpis);
	for (size_t i = 0; i < pdg_pgp_algo_mpis(first->algo); i++) {
		size_t a = first->mpis[i].v.n;
		size_t b = twin->mpis[i].v.n;

		if (!pdg_pgp_width_fits(&twin->mpis[i], key->width) ||
		    a > b + PDG_LIMIT_LEADING_ZEROS || b > a + PDG_LIMIT_LEADING_ZEROS)
			return false;
	}
	return true;
}

int pdg_pgp_sig_twin(struct pdg_bytes armor, struct pdg_bytes other, const struct pdg_pgp_key *key,
		     struct pdg_pgp_sig **out, struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *first = NULL;
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *twin = NULL;
	int rc = pdg_pgp_sig_parse(armor, &first, err);

	if (rc == 0)
		rc = pdg_pgp_sig_parse(other, &twin, err);
	if (rc == 0)
		rc = same_armor(armor, other, err);
	if (rc == 0)
		rc = same_maker(first, twin, err);
	if (rc < 0)
		return rc;
	if (!same_size(pdg_pgp_sig_body(first), pdg_pgp_sig_body(twin), key))
		return unlike(err, "its numbers are not of the size of the key");
	*out = PDG_TAKE(twin);
	return 0;
}
