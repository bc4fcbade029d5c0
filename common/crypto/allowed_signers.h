/* SPDX-License-Identifier: Apache-2.0 */
/*
 * allowed_signers files (ssh-keygen(1) ALLOWED SIGNERS): who may sign with which SSH key.
 * Stricter than ssh-keygen: a line that cannot be read is an error of the whole file.
 */
#ifndef PDG_CRYPTO_ALLOWED_SIGNERS_H
#define PDG_CRYPTO_ALLOWED_SIGNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/sshcert.h"
#include "crypto/sshkey.h"

struct pdg_allowed_signers;

/**
 * @name  the file's name, for messages ("keys/allowed_signers:3: …")
 *
 * Returns 0, PDG_E_FORMAT (SSH-2; also: no line at all), PDG_E_LIMIT. Times without Z are read as
 * ssh-keygen reads them, but a local time is taken as UTC. An authority's key is no certificate.
 */
int pdg_allowed_signers_parse(struct pdg_bytes in, const char *name,
			      struct pdg_allowed_signers **out,
			      struct pdg_error *err) PDG_MUST_CHECK;
void pdg_allowed_signers_free(struct pdg_allowed_signers *list);
PDG_AUTO_DEFINE(allowed_signers, struct pdg_allowed_signers *, pdg_allowed_signers_free)

enum pdg_signer_find {
	PDG_SIGNER_FOUND,
	PDG_SIGNER_UNKNOWN, /* no line has this key for this namespace */
	PDG_SIGNER_EXPIRED, /* a line has it, but not at this time */
	PDG_SIGNER_NOT_YET,
	PDG_SIGNER_WRONG_NAME, /* the key is listed, but for no principal that matches @principal */
};

/**
 * Which line lets @key sign in @namespace_ at time @at? Those of authorities let no key sign.
 *
 * @principal      an address that the line's principals must match (patterns * ? and !), or NULL
 * @out_principals the matching line's principals text; borrowed; also set for EXPIRED,
 *                 NOT_YET and WRONG_NAME
 */
enum pdg_signer_find pdg_allowed_signers_find(const struct pdg_allowed_signers *list,
					      const struct pdg_sshkey *key, const char *namespace_,
					      int64_t at, const char *principal,
					      const char **out_principals);

/**
 * The same for a certificate: which cert-authority line has its CA, for a principal that both the
 * line's patterns and the certificate name, at a time that both allow? (A certificate without
 * principals is nobody's.) A line with the certified key or the certificate itself is none.
 *
 * Of the certificate its signature (pdg_sshcert_verify) and use (pdg_sshcert_unfit) are not asked.
 *
 * @principal      an address that must be that principal, or NULL: any
 * @out_principal  it; borrowed from @cert; empty for UNKNOWN and WRONG_NAME
 */
enum pdg_signer_find pdg_allowed_signers_find_cert(const struct pdg_allowed_signers *list,
						   const struct pdg_sshcert *cert,
						   const char *namespace_, int64_t at,
						   const char *principal,
						   struct pdg_bytes *out_principal);

#endif
