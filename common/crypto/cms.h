/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 signatures of git objects (RFC 5652): a detached CMS SignedData in armor, as gitsign,
 * smimesign, gpgsm and "openssl cms" make them. One signer, whose attributes are signed.
 *
 * A commit's name covers all of it, the signature little: so everything outside the signed
 * attributes is held to the form of one of these programs (docs/FORMATS.md), and nothing may be
 * there that is not needed or cannot be proven.
 */
#ifndef PDG_CRYPTO_CMS_H
#define PDG_CRYPTO_CMS_H

#include "crypto/x509cert.h"
#include "crypto/x509chain.h"

struct pdg_cms;

/**
 * Read the armored signature: exactly one block, nothing before or behind it but one final \n, in
 * lines of 64 characters.
 *
 * Returns 0; PDG_E_FORMAT (CMS-1 not of its form, CMS-3 without its signer's certificate, CMS-4
 * with something that is not needed: a second certificate of one name, revocation lists, unsigned
 * attributes but a log entry and a timestamp); PDG_E_LIMIT (CMS-5); PDG_E_REJECTED (CMS-2: an
 * algorithm or kind that is not judged); PDG_E_NOMEM.
 */
int pdg_cms_parse(struct pdg_bytes armor, struct pdg_cms **out,
		  struct pdg_error *err) PDG_MUST_CHECK;
void pdg_cms_free(struct pdg_cms *cms);
PDG_AUTO_DEFINE(cms, struct pdg_cms *, pdg_cms_free)

/**
 * Is it over @msg, by the key of the certificate that it names? Where the signer said which
 * certificate he means (RFC 5035), it must be that one.
 * Returns 0, PDG_E_REJECTED (SIG-1; CMS-2: a key that is not judged), PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_cms_verify(const struct pdg_cms *cms, struct pdg_bytes msg,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** The signer's certificate (not yet believed). Borrowed. */
const struct pdg_x509 *pdg_cms_leaf(const struct pdg_cms *cms);

/**
 * Where its certificate leads (x509chain.h, also @named); all that came along counts.
 */
int pdg_cms_path(const struct pdg_cms *cms, const struct pdg_x509_anchors *a, int64_t at,
		 bool named, struct pdg_x509_found *out, struct pdg_error *err) PDG_MUST_CHECK;

/** When the signer says that he signed (Unix seconds). False: he does not. */
bool pdg_cms_signing_time(const struct pdg_cms *cms, int64_t *out);

/* What a log and a timestamp authority are asked about; all borrowed. */

/** The signed bytes: the attributes as a SET OF (formats.md 9.6). */
struct pdg_bytes pdg_cms_signed(const struct pdg_cms *cms);
enum pdg_hash pdg_cms_hash(const struct pdg_cms *cms);
/** The signature's value. */
struct pdg_bytes pdg_cms_value(const struct pdg_cms *cms);

/** gitsign's TransparencyLogEntry and RFC 3161's TimeStampToken; empty: there is none. */
struct pdg_bytes pdg_cms_log_entry(const struct pdg_cms *cms);
struct pdg_bytes pdg_cms_token(const struct pdg_cms *cms);

#endif
