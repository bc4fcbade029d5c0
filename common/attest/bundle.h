/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sigstore bundles (formats.md 7.1) with a plain key: written as v0.3, read as v0.1 to v0.3.
 * A bundle with a certificate is read as far as its shape, and named as such.
 */
#ifndef PDG_ATTEST_BUNDLE_H
#define PDG_ATTEST_BUNDLE_H

#include "attest/dsse.h"
#include "tlog/entry.h"

#define PDG_BUNDLE_V03 "application/vnd.dev.sigstore.bundle.v0.3+json"

enum pdg_bundle_version { PDG_BUNDLE_0_1 = 1, PDG_BUNDLE_0_2, PDG_BUNDLE_0_3 };

struct pdg_bundle {
	enum pdg_bundle_version version;
	char *key_hint;	      /* verificationMaterial.publicKey.hint ("" when unset), or NULL */
	bool has_certificate; /* certificate or x509CertificateChain instead */
	struct pdg_entry **entries; /* tlogEntries */
	size_t n_entries;
	struct pdg_buf *timestamps; /* rfc3161Timestamps: responses, in DER */
	size_t n_timestamps;
	struct pdg_envelope *envelope; /* dsseEnvelope, or NULL */
	struct pdg_buf message_digest; /* messageSignature: sha2-256 digest hint, may be empty */
	struct pdg_buf message_sig;    /* messageSignature.signature */
};

/**
 * Exactly one of publicKey, certificate and (before v0.3) x509CertificateChain, exactly one of
 * dsseEnvelope and messageSignature; lowerCamelCase names and no others. Nothing of it is
 * verified.
 *
 * Returns 0, PDG_E_FORMAT (BND-1), PDG_E_LIMIT (BND-2), PDG_E_REJECTED (BND-3: unknown version;
 * BND-4: not exactly one signature; BND-5: hint and keyid differ), and what pdg_entry_read() and
 * pdg_envelope_read() return for their parts.
 */
int pdg_bundle_parse(struct pdg_bytes in, struct pdg_bundle **out,
		     struct pdg_error *err) PDG_MUST_CHECK;
int pdg_bundle_read(const json_t *object, struct pdg_bundle **out,
		    struct pdg_error *err) PDG_MUST_CHECK;
void pdg_bundle_free(struct pdg_bundle *b);
PDG_AUTO_DEFINE(bundle, struct pdg_bundle *, pdg_bundle_free)

/* What a bundle is made of. All borrowed. */
struct pdg_bundle_parts {
	const struct pdg_key *key;     /* its hint is written */
	const struct pdg_entry *entry; /* or NULL: no log entry */
	struct pdg_bytes timestamp;    /* RFC 3161 response over @sig; none: empty */
	struct pdg_bytes payload;
	struct pdg_bytes sig; /* over the PAE of @payload */
};

/** Append a v0.3 bundle. */
int pdg_bundle_write(const struct pdg_bundle_parts *parts, struct pdg_buf *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

#endif
