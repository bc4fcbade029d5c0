/* SPDX-License-Identifier: Apache-2.0 */
/* gpgme, as far as an import, a listing, an export and checks need it. The only door to it. */
#ifndef PDG_CLI_PGP_GNUPG_H
#define PDG_CLI_PGP_GNUPG_H

#include <gpgme.h>

#include "crypto/pgp_wire.h"
#include "util/auto.h"
#include "util/buf.h"

PDG_AUTO_DEFINE(gpgme_ctx, gpgme_ctx_t, gpgme_release)
PDG_AUTO_DEFINE(gpgme_key, gpgme_key_t, gpgme_key_unref)

/** A context on the GNUPGHOME @home. Returns 0, PDG_E_IO (also: no gpg that gpgme can use). */
int gnupg_open(const char *home, gpgme_ctx_t *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Import binary packets. Returns 0, PDG_E_FORMAT (PGP-4: a secret key among them), PDG_E_IO. */
int gnupg_import(gpgme_ctx_t ctx, struct pdg_bytes packets, struct pdg_error *err) PDG_MUST_CHECK;

/** Append all public certificates of the ring. Returns 0, PDG_E_IO, or @out's failure. */
int gnupg_export(gpgme_ctx_t ctx, struct pdg_buf *out, struct pdg_error *err) PDG_MUST_CHECK;

/** List the ring: each key is handed to @each until that fails. Returns its failure or PDG_E_IO. */
int gnupg_list(gpgme_ctx_t ctx, int (*each)(void *arg, gpgme_key_t key, struct pdg_error *err),
	       void *arg, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is @packet (a detached signature) one good signature over @msg by a key of the ring? The
 * mathematics alone: one by an expired or revoked key is good. Of @out, said (GOOD, BAD, UNFIT,
 * NOT) and what belongs to it are set; for UNFIT and NOT @why is the reason.
 *
 * Returns 0, PDG_E_NOMEM, PDG_E_IO (GnuPG could not be asked).
 */
int gnupg_verify(gpgme_ctx_t ctx, struct pdg_bytes packet, struct pdg_bytes msg,
		 struct pdg_pgp_answer *out, char why[PDG_PGP_ANSWER_TEXT + 1],
		 struct pdg_error *err) PDG_MUST_CHECK;

#endif
