/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One signature by a token, brought into the form that crypto/key.h gives each type: the token
 * signs a digest (ECDSA, RSA) or the message (Ed25519), and knows nothing of DER.
 */
#include "crypto/digest.h"
#include "signer/token_impl.h"
#include "util/limits.h"

#define SIGNATURE_MAX 512 /* RSA of 4096 bits; the others are shorter */

static enum pdg_hash hash_of(enum pdg_key_type type)
{
	switch (type) {
	case PDG_KEY_ECDSA_P384:
		return PDG_SHA384;
	case PDG_KEY_ECDSA_P521:
		return PDG_SHA512;
	default:
		return PDG_SHA256;
	}
}

/* What the token is given to sign. */
static int input_of(const struct pdg_token *t, struct pdg_bytes msg, struct pdg_buf *out,
		    struct pdg_error *err)
{
	/* DigestInfo of SHA-256 (RFC 8017 9.2, note 1). */
	static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
				       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	uint8_t digest[PDG_DIGEST_MAX];
	int rc;

	if (t->type == PDG_KEY_ED25519) {
		pdg_buf_put(out, msg);
		return pdg_buf_check(out, err);
	}
	rc = pdg_digest(hash_of(t->type), msg, digest, err);
	if (rc < 0)
		return rc;
	if (t->type == PDG_KEY_RSA)
		pdg_buf_put(out, pdg_bytes(info, sizeof(info)));
	pdg_buf_put(out, pdg_bytes(digest, pdg_digest_len(hash_of(t->type))));
	return pdg_buf_check(out, err);
}

static void put_number(struct pdg_buf *out, struct pdg_bytes number)
{
	while (number.n > 1 && number.p[0] == 0)
		number = pdg_bytes_from(number, 1);
	pdg_buf_putc(out, 0x02);
	pdg_buf_putc(out, (uint8_t)(number.n + (number.p[0] >> 7)));
	if (number.p[0] & 0x80)
		pdg_buf_putc(out, 0);
	pdg_buf_put(out, number);
}

/* r and s side by side become SEQUENCE { r INTEGER, s INTEGER }. */
static int put_ecdsa(struct pdg_bytes raw, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf both = PDG_BUF_INIT(SIGNATURE_MAX);

	if (raw.n == 0 || raw.n % 2 || raw.n > 132)
		return pdg_reject(err, "SVC-3", "the token gave a signature of %zu bytes", raw.n);
	put_number(&both, pdg_bytes_head(raw, raw.n / 2));
	put_number(&both, pdg_bytes_from(raw, raw.n / 2));
	pdg_buf_putc(out, 0x30);
	if (both.n > 0x7f)
		pdg_buf_putc(out, 0x81);
	pdg_buf_putc(out, (uint8_t)both.n);
	pdg_buf_put(out, pdg_buf_bytes(&both));
	return both.failed ? pdg_buf_check(&both, err) : pdg_buf_check(out, err);
}

static CK_MECHANISM mechanism_of(const struct pdg_token *t)
{
	switch (t->kind) {
	case CKK_RSA:
		return (CK_MECHANISM){.mechanism = CKM_RSA_PKCS};
	case CKK_EC:
		return (CK_MECHANISM){.mechanism = CKM_ECDSA};
	default:
		return (CK_MECHANISM){.mechanism = CKM_EDDSA};
	}
}

static CK_RV sign_raw(struct pdg_token *t, struct pdg_buf *in, uint8_t *sig, CK_ULONG *n)
{
	CK_MECHANISM mechanism = mechanism_of(t);
	CK_SESSION_HANDLE session;
	CK_RV rv = pdg_token_session(t, &session);

	if (rv != CKR_OK)
		return rv;
	rv = t->module->C_SignInit(session, &mechanism, t->key);
	if (rv == CKR_OK && t->asks_always)
		rv = t->module->C_Login(session, CKU_CONTEXT_SPECIFIC, t->pin.p, t->pin.n);
	if (rv == CKR_OK)
		rv = t->module->C_Sign(session, in->p, in->n, sig, n);
	pdg_token_session_back(t, session, rv == CKR_OK);
	return rv;
}

int pdg_token_sign(void *ctx, struct pdg_bytes msg, struct pdg_buf *out_sig, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf in = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD + PDG_LIMIT_KIB(4));
	struct pdg_token *t = ctx;
	uint8_t sig[SIGNATURE_MAX];
	CK_ULONG n = sizeof(sig);
	CK_RV rv;
	int rc = input_of(t, msg, &in, err);

	if (rc < 0)
		return rc;
	rv = sign_raw(t, &in, sig, &n);
	if (rv != CKR_OK || n > sizeof(sig))
		return pdg_reject(err, "SVC-3", "%s: the token does not sign: %s", t->name,
				  p11_kit_strerror(rv));
	if (t->kind == CKK_EC)
		return put_ecdsa(pdg_bytes(sig, n), out_sig, err);
	pdg_buf_put(out_sig, pdg_bytes(sig, n));
	return pdg_buf_check(out_sig, err);
}
