/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing and verifying with a key: one form of signature for each key type (formats.md 1.3), so
 * that no signature has a second spelling. attest/dsse.c, tlog and the journal come here.
 */
#include "crypto/key_impl.h"

#define SIGNATURE_MAX 512 /* RSA of 4096 bits; the others are shorter */

static const EVP_MD *message_digest(enum pdg_key_type type)
{
	switch (type) {
	case PDG_KEY_ECDSA_P256:
	case PDG_KEY_RSA:
		return pdg_ossl_md(PDG_SHA256);
	case PDG_KEY_ECDSA_P384:
		return pdg_ossl_md(PDG_SHA384);
	case PDG_KEY_ECDSA_P521:
		return pdg_ossl_md(PDG_SHA512);
	case PDG_KEY_ED25519:
		break; /* pure: the message itself is signed */
	}
	return NULL;
}

int pdg_key_prepare(struct pdg_key *key, bool is_private, struct pdg_error *err)
{
	const EVP_MD *md = message_digest(key->type);

	if (!md && key->type != PDG_KEY_ED25519)
		return pdg_ossl_fail(err, "find the key's digest");
	key->verifier = EVP_MD_CTX_new();
	if (!key->verifier || EVP_DigestVerifyInit(key->verifier, NULL, md, NULL, key->pkey) != 1)
		return pdg_ossl_fail(err, "set up a key for verifying");
	if (!is_private)
		return 0;
	key->signer = EVP_MD_CTX_new();
	if (!key->signer || EVP_DigestSignInit(key->signer, NULL, md, NULL, key->pkey) != 1)
		return pdg_ossl_fail(err, "set up a key for signing");
	return 0;
}

/* A context of this call's own. FINALISE: it is used once, so OpenSSL need not copy it again. */
static EVP_MD_CTX *copy_of(const EVP_MD_CTX *prepared)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_MD_CTX_copy_ex(ctx, prepared) != 1)
		return NULL;
	EVP_MD_CTX_set_flags(ctx, EVP_MD_CTX_FLAG_FINALISE);
	return PDG_TAKE(ctx);
}

int pdg_key_sign(const struct pdg_key *key, struct pdg_bytes msg, struct pdg_buf *out_sig,
		 struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = NULL;
	uint8_t sig[SIGNATURE_MAX];
	size_t n = sizeof(sig);

	if (key->at.sign)
		return key->at.sign(key->at.ctx, msg, out_sig, err);
	if (!key->signer)
		return pdg_fail(err, PDG_E_USAGE, "key %s is a public key and cannot sign",
				key->hint);
	ctx = copy_of(key->signer);
	if (!ctx || EVP_DigestSign(ctx, sig, &n, msg.p, msg.n) != 1)
		return pdg_ossl_fail(err, "sign");
	pdg_buf_put(out_sig, pdg_bytes(sig, n));
	return pdg_buf_check(out_sig, err);
}

int pdg_key_sign_many(const struct pdg_key *key, const struct pdg_bytes *msgs, size_t n,
		      struct pdg_buf *out_sigs, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	if (key->at.sign_many)
		return key->at.sign_many(key->at.ctx, msgs, n, out_sigs, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = pdg_key_sign(key, msgs[i], &out_sigs[i], err);
	return rc;
}

/* Take one DER INTEGER that is positive, not zero and minimal (X.690 8.3). */
static bool take_positive(struct pdg_bytes *rest)
{
	const uint8_t *v;
	size_t n;

	if (rest->n < 3 || rest->p[0] != 0x02 || rest->p[1] > 0x7F)
		return false;
	n = rest->p[1];
	if (n == 0 || n > rest->n - 2)
		return false;
	v = rest->p + 2;
	if ((v[0] & 0x80) || (v[0] == 0 && (n == 1 || !(v[1] & 0x80))))
		return false;
	*rest = pdg_bytes_from(*rest, 2 + n);
	return true;
}

/*
 * SEQUENCE { r INTEGER, s INTEGER } in DER and nothing behind it. Lengths of up to 255 bytes are
 * enough: P-521 needs at most 138.
 */
static bool is_ecdsa_der(struct pdg_bytes sig)
{
	size_t head = 2;
	size_t len;

	if (sig.n < 2 || sig.p[0] != 0x30)
		return false;
	len = sig.p[1];
	if (len > 0x7F) {
		if (len != 0x81 || sig.n < 3 || sig.p[2] < 0x80)
			return false;
		len = sig.p[2];
		head = 3;
	}
	sig = pdg_bytes_from(sig, head);
	return sig.n == len && take_positive(&sig) && take_positive(&sig) && sig.n == 0;
}

static bool is_ecdsa(enum pdg_key_type type)
{
	return type == PDG_KEY_ECDSA_P256 || type == PDG_KEY_ECDSA_P384 ||
	       type == PDG_KEY_ECDSA_P521;
}

int pdg_key_verify(const struct pdg_key *key, struct pdg_bytes msg, struct pdg_bytes sig,
		   struct pdg_error *err)
{
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = NULL;

	if (sig.n == 0)
		return pdg_reject(err, "SIG-1", "the signature is empty");
	if (is_ecdsa(key->type) && !is_ecdsa_der(sig))
		return pdg_reject(err, "SIG-1",
				  "the signature is not minimal DER, as ECDSA signatures are");
	ctx = copy_of(key->verifier);
	if (!ctx)
		return pdg_ossl_fail(err, "verify");
	return pdg_ossl_check(ctx, sig, msg, key->hint, err);
}

int pdg_key_verify_sha256(const struct pdg_key *key, const uint8_t sha256[PDG_SHA256_LEN],
			  struct pdg_bytes sig, struct pdg_error *err)
{
	PDG_AUTO(evp_pkey_ctx) EVP_PKEY_CTX *ctx = NULL;
	const EVP_MD *md = pdg_ossl_md(PDG_SHA256);

	if (key->type != PDG_KEY_ECDSA_P256 && key->type != PDG_KEY_RSA)
		return pdg_reject(err, "SIG-2",
				  "a %s signature cannot be checked by a SHA-256 alone",
				  key->details);
	if (sig.n == 0)
		return pdg_reject(err, "SIG-1", "the signature is empty");
	if (is_ecdsa(key->type) && !is_ecdsa_der(sig))
		return pdg_reject(err, "SIG-1",
				  "the signature is not minimal DER, as ECDSA signatures are");
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);
	if (!md || !ctx || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		return pdg_ossl_fail(err, "set up a key for verifying");
	return pdg_ossl_check_digest(ctx, sig, pdg_bytes(sha256, PDG_SHA256_LEN), key->hint, err);
}
