/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose word counts for a certificate, and does one lead there at a time? Anchors come from the
 * policy, in files of its own or a trusted root; what a signature brings along is only material.
 */
#ifndef PDG_CRYPTO_X509CHAIN_H
#define PDG_CRYPTO_X509CHAIN_H

#include "crypto/x509cert.h"

#define PDG_X509_PATH_MAX 12 /* certificates above a leaf */

/* Immutable once filled: shared by threads. */
struct pdg_x509_anchors;

int pdg_x509_anchors_new(struct pdg_x509_anchors **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_x509_anchors_free(struct pdg_x509_anchors *a);
PDG_AUTO_DEFINE(x509_anchors, struct pdg_x509_anchors *, pdg_x509_anchors_free)

/**
 * Add an authority from PEM, "CERTIFICATE" blocks and text between them: those that signed
 * themselves are anchors, at least one; the others are intermediates that they may be reached by.
 * Returns 0, PDG_E_FORMAT (CMS-1, or no rule), PDG_E_LIMIT, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_x509_anchors_pem(struct pdg_x509_anchors *a, struct pdg_bytes pem,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Add one of a trusted root (formats.md 7.2): DER, leaf-most first, the last is the anchor,
 * self-signed or not. Its certificates must be made for signing code (Fulcio's).
 *
 * @from, @until  when it counts, both ends included; 0: open
 */
int pdg_x509_anchors_chain(struct pdg_x509_anchors *a, const struct pdg_bytes *certs, size_t n,
			   int64_t from, int64_t until, struct pdg_error *err) PDG_MUST_CHECK;

/* What a signature brought: certificates in the order in which they stood. */
struct pdg_x509_set {
	const struct pdg_x509 *const *certs;
	size_t n;
	size_t leaf; /* which of them signed */
	bool sorted; /* they stand in the order of a SET OF in DER */
};

/* Where a certificate leads, best first. */
enum pdg_x509_end {
	PDG_X509_GOOD,
	PDG_X509_SPARE,	  /* a good path, but what was brought is not its beginning, in order */
	PDG_X509_UNFIT,	  /* to an anchor, but one on the path may not do what it does there */
	PDG_X509_EXPIRED, /* to an anchor that, or a certificate before which, was no longer valid
			   */
	PDG_X509_NOT_YET,
	PDG_X509_UNKNOWN, /* to no anchor */
};

/* What was found. */
struct pdg_x509_found {
	enum pdg_x509_end end;
	const char *why; /* what is wrong, or ""; static */
	/* The fingerprints of those who vouch, in the path's order: there is one where end is GOOD
	 * to UNFIT, unless the leaf is an anchor itself. */
	char above[PDG_X509_PATH_MAX][PDG_X509_FINGERPRINT];
	size_t n_above;
};

/**
 * Is there a path from the leaf of @set to an anchor of @a, all of whose certificates were valid at
 * @at (RFC 5280 6.1, OpenSSL's strict reading; keys and digests of 112 bits at least)?
 *
 * The leaf is none of a CA, and made for signatures: key usage digitalSignature, where it says one;
 * extended key usage codeSigning for authorities of a trusted root, else emailProtection or
 * codeSigning, or none beside a key usage. The intermediates may not exclude that.
 *
 * Since no signature covers @set, it must be what makers write (RFC 5652 10.2.3 leaves it open):
 * the path from the leaf on, as far as they like, in the path's order or in that of DER.
 *
 * Returns 0 with *@out, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_x509_path(const struct pdg_x509_anchors *a, const struct pdg_x509_set *set, int64_t at,
		  struct pdg_x509_found *out, struct pdg_error *err) PDG_MUST_CHECK;

/** How many authorities were added. */
size_t pdg_x509_anchors_count(const struct pdg_x509_anchors *a);

#endif
