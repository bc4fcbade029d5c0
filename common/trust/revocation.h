/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that [revocation] of a policy names (rules.md 5.8, 7; docs/FORMATS.md): which keys
 *count no longer, from when on. In the policy's syntax, one section a key:
 *
 *	[key "SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Ws"]
 *		revokedSince = 2026-11-23T03:17:00Z
 *
 * They are about every key that the policy names, by its fingerprint, whoever has it and whatever
 * it is for.
 */
#ifndef PDG_TRUST_REVOCATION_H
#define PDG_TRUST_REVOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "util/auto.h"
#include "util/error.h"
#include "util/validity.h"

/* Room for the longest fingerprint, "sha256:" and 64 hex digits, and a NUL. */
#define PDG_KEY_FINGERPRINT 72

struct pdg_revocation {
	char fingerprint[PDG_KEY_FINGERPRINT];
	struct pdg_validity when; /* revoked_since or compromised_since, exactly one */
};

/* Sorted by fingerprint. Zero state: no key is revoked. */
struct pdg_revocations {
	struct pdg_revocation *v;
	size_t n;
	size_t cap;
};

/**
 * Add what the file @path says. A fingerprint is 40 upper-case hex digits (an OpenPGP key or
 * subkey), "SHA256:" and 43 characters of base64 (an SSH key, a certificate), or "sha256:" and 64
 * hex digits (any other key, as `pedigree key show` prints it).
 *
 * Returns 0, PDG_E_USAGE with file and line: POL-1, POL-2, POL-10 as every policy file, POL-3 (a
 * fingerprint or time that is not of its form, a key given twice), POL-5 (a file that cannot be
 * read, or names no key), POL-8 (a key with both dates, or none). On failure @r may hold part of
 * it.
 */
int pdg_revocations_load(struct pdg_revocations *r, const char *path,
			 struct pdg_error *err) PDG_MUST_CHECK;
void pdg_revocations_done(struct pdg_revocations *r);
PDG_AUTO_DEFINE_VALUE(revocations, struct pdg_revocations, pdg_revocations_done)

/** What is said of this key; NULL: nothing. @r may be NULL. */
const struct pdg_validity *pdg_revocations_find(const struct pdg_revocations *r,
						const char *fingerprint);

/** "sha256:…", of the SHA-256 over a key's SPKI: as `pedigree key show` names our own keys. */
void pdg_key_fingerprint(const uint8_t spki_sha256[32], char out[PDG_KEY_FINGERPRINT]);

#endif
