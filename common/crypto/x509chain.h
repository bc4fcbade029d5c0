/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose word counts for a certificate, and does one lead there at a time? Anchors come from the
 * policy, in files of its own or a trusted root; what a signature brings along is only material.
 */
#ifndef PDG_CRYPTO_X509CHAIN_H
#define PDG_CRYPTO_X509CHAIN_H

#include "crypto/x509name.h"

#define PDG_X509_PATH_MAX 12  /* certificates above a leaf */
#define PDG_X509_SUBJECT  128 /* of a subject that is told, with a NUL */

/* Immutable once filled: shared by threads. */
struct pdg_x509_anchors;

int pdg_x509_anchors_new(struct pdg_x509_anchors **out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_x509_anchors_free(struct pdg_x509_anchors *a);
PDG_AUTO_DEFINE(x509_anchors, struct pdg_x509_anchors *, pdg_x509_anchors_free)

/**
 * Add an authority from PEM, "CERTIFICATE" blocks and text between them: those that signed
 * themselves are anchors, at least one; the others are intermediates that they may be reached by.
 * None of an authority may be such that no path over it is ever good (pdg_x509_path()).
 * Returns 0, PDG_E_FORMAT (CMS-1, or no rule), PDG_E_LIMIT, PDG_E_REJECTED (CMS-2), PDG_E_NOMEM,
 * PDG_E_CRYPTO.
 */
int pdg_x509_anchors_pem(struct pdg_x509_anchors *a, struct pdg_bytes pem,
			 struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Add one of a trusted root (formats.md 7.2): DER, leaf-most first, the last is the anchor,
 * self-signed or not. Its certificates must be made for signing code (Fulcio's), and fit as above.
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
	bool named;  /* what the path's certificates can be revoked by is asked for as well */
};

/* Where a certificate leads, best first. */
enum pdg_x509_end {
	PDG_X509_GOOD,
	PDG_X509_SPARE,	  /* a good path, but more was brought than belongs to it, or in no order */
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
	/* With which certificate above the leaf: fingerprint, and subject as far as there is room.
	 * "": with the leaf, or none. */
	char fault[PDG_X509_FINGERPRINT];
	char fault_subject[PDG_X509_SUBJECT];
	/* Where @named: the path, the leaf first, an anchor last; none where there is no path. An
	 * anchor has no twin: it is the policy's, byte for byte. */
	struct pdg_x509_handles path[PDG_X509_PATH_MAX + 1];
	size_t n_path;
};

/**
 * Is there a path from the leaf of @set to an anchor of @a, all of whose certificates were valid at
 * @at (RFC 5280 6.1, OpenSSL's strict reading; keys and digests of 112 bits at least)?
 *
 * The leaf is none of a CA, and made for signatures: key usage digitalSignature or nonRepudiation,
 * where it says one (the second alone is that of qualified certificates; RFC 8550 4.4.2 takes
 * either); extended key usage codeSigning, with digitalSignature, for authorities of a trusted
 * root, else emailProtection or codeSigning, or none beside a key usage. The intermediates may not
 * exclude that.
 *
 * Since no signature covers @set, it must be what makers write (RFC 5652 10.2.3 leaves it open):
 * the path from the leaf on, as far as they like, in the path's order or in that of DER; beside it
 * only what is on another way from the leaf and an authority's word (pdg_x509_accounted()).
 *
 * Returns 0 with *@out, PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_x509_path(const struct pdg_x509_anchors *a, const struct pdg_x509_set *set, int64_t at,
		  struct pdg_x509_found *out, struct pdg_error *err) PDG_MUST_CHECK;

/** How many authorities were added. */
size_t pdg_x509_anchors_count(const struct pdg_x509_anchors *a);

#endif
