/* SPDX-License-Identifier: Apache-2.0 */
/* What the OpenPGP tests share: the ring and the signatures of tests/data/pgp (made by
 * make-pgp.sh). */
#ifndef PDG_TESTS_CRYPTO_PGP_DATA_H
#define PDG_TESTS_CRYPTO_PGP_DATA_H

#include <string.h>

#include "crypto/pgp_armor.h"
#include "crypto/pgp_ring.h"
#include "support/check.h"
#include "util/limits.h"
#include "util/str.h"

/* tests/data/pgp/@name, appended to @out. */
static inline void pgp_read(const char *name, struct pdg_buf *out)
{
	char *path = pdg_str_printf("%s/pgp/%s", PDG_TEST_DATA, name);

	pdg_test_read(path, out);
	free(path);
}

/* All keys of keys.asc, as pedigree-pgp described them. */
static inline struct pdg_pgp_ring *pgp_ring(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	struct pdg_pgp_ring *ring = NULL;

	pgp_read("keys.json", &text);
	if (pdg_pgp_ring_of(&text, NULL, &ring, NULL) != 0)
		abort(); /* may be called before the suite runs, when nothing can be checked */
	return ring;
}

/* Its certificate number @i. */
static inline const struct pdg_pgp_cert *pgp_cert(const struct pdg_pgp_ring *ring, size_t i)
{
	const struct pdg_pgp_cert *cert = NULL;

	if (pdg_pgp_ring_cert(ring, i, &cert, NULL) != 0)
		abort();
	return cert;
}

/* The key that made @sig, NULL: none of @ring. @out_cert may be NULL. */
static inline const struct pdg_pgp_key *pgp_find(const struct pdg_pgp_sig *sig,
						 const struct pdg_pgp_ring *ring,
						 const struct pdg_pgp_cert **out_cert)
{
	const struct pdg_pgp_cert *cert = NULL;
	const struct pdg_pgp_key *key = NULL;

	if (pdg_pgp_sig_find(sig, ring, &cert, &key, NULL) != 0)
		abort();
	if (out_cert)
		*out_cert = cert;
	return key;
}

/* A description with the lines of certificates @lines. */
static inline void pgp_describe(struct pdg_bytes lines, size_t n, struct pdg_buf *out)
{
	static const char source[] =
		"0000000000000000000000000000000000000000000000000000000000000000";

	pdg_buf_init(out, PDG_LIMIT_KEY_DESCRIPTION);
	if (pdg_pgp_description_head(source, n, lines, out, NULL) != 0)
		abort();
	pdg_buf_put(out, lines);
}

/* The packets of the armoured signature @name, appended to @out. */
static inline void pgp_dearmor(const char *name, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT_SIGNATURE);
	struct pdg_error err = {0};

	pgp_read(name, &text);
	if (!CHECK_OK(pdg_pgp_armor_signature(pdg_buf_bytes(&text), out, &err), &err))
		abort();
}

#endif
