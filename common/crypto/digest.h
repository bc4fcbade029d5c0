/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1 (git object names, fingerprints in KRLs) and SHA-2. */
#ifndef PDG_CRYPTO_DIGEST_H
#define PDG_CRYPTO_DIGEST_H

#include <stdint.h>

#include "util/auto.h"
#include "util/bytes.h"
#include "util/error.h"

#define PDG_SHA256_LEN 32
#define PDG_SHA256_HEX 65 /* hex digits and a NUL */
#define PDG_DIGEST_MAX 64

enum pdg_hash { PDG_SHA1, PDG_SHA224, PDG_SHA256, PDG_SHA384, PDG_SHA512 };

/** Bytes of a digest of @h. */
size_t pdg_digest_len(enum pdg_hash h);

/** One-shot digest into @out (pdg_digest_len() bytes). Returns 0 or PDG_E_CRYPTO. */
int pdg_digest(enum pdg_hash h, struct pdg_bytes in, uint8_t *out,
	       struct pdg_error *err) PDG_MUST_CHECK;
/** SHA-256 of two runs, one after the other (a prefix and a body). */
int pdg_sha256_2(struct pdg_bytes a, struct pdg_bytes b, uint8_t out[PDG_SHA256_LEN],
		 struct pdg_error *err) PDG_MUST_CHECK;
static inline int pdg_sha256(struct pdg_bytes in, uint8_t out[PDG_SHA256_LEN],
			     struct pdg_error *err)
{
	return pdg_digest(PDG_SHA256, in, out, err);
}
/** Lower-case hex of SHA-256, with a NUL. */
int pdg_sha256_hex(struct pdg_bytes in, char out[PDG_SHA256_HEX],
		   struct pdg_error *err) PDG_MUST_CHECK;

/** A digest in pieces (files). new/update/final/free. */
struct pdg_digest_ctx;
int pdg_digest_new(enum pdg_hash h, struct pdg_digest_ctx **out,
		   struct pdg_error *err) PDG_MUST_CHECK;
int pdg_digest_update(struct pdg_digest_ctx *d, struct pdg_bytes in,
		      struct pdg_error *err) PDG_MUST_CHECK;
int pdg_digest_final(struct pdg_digest_ctx *d, uint8_t *out, struct pdg_error *err) PDG_MUST_CHECK;
void pdg_digest_free(struct pdg_digest_ctx *d);
PDG_AUTO_DEFINE(digest_ctx, struct pdg_digest_ctx *, pdg_digest_free)

/** SHA-256 of a file of any size, hex. Returns 0, PDG_E_NOTFOUND, PDG_E_IO. */
int pdg_sha256_file(const char *path, char out[PDG_SHA256_HEX],
		    struct pdg_error *err) PDG_MUST_CHECK;

/** @n random bytes from the operating system. */
int pdg_random(uint8_t *out, size_t n, struct pdg_error *err) PDG_MUST_CHECK;

#endif
