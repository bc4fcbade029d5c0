/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder's only file-scope state: the five digests, each fetched when it is first asked for and
 * then kept. Everything in common/crypto that calls OpenSSL reports its failures through here.
 */
#include "crypto/ossl.h"

#include <stdatomic.h>

#include "crypto/start.h"

#include <openssl/err.h>

static const char *const md_names[] = {
	[PDG_SHA1] = "SHA1",	   [PDG_SHA224] = "SHA2-224", [PDG_SHA256] = "SHA2-256",
	[PDG_SHA384] = "SHA2-384", [PDG_SHA512] = "SHA2-512",
};

#define MD_COUNT (sizeof(md_names) / sizeof(md_names[0]))

static _Atomic(EVP_MD *) mds[MD_COUNT];

void pdg_crypto_fixed(void)
{
	/* Nor does a short-lived process tidy up OpenSSL's tables at its end: the system does. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

const EVP_MD *pdg_ossl_md(enum pdg_hash h)
{
	EVP_MD *md, *known = NULL;

	if ((size_t)h >= MD_COUNT)
		return NULL;
	md = atomic_load(&mds[h]);
	if (md)
		return md;
	md = EVP_MD_fetch(NULL, md_names[h], NULL);
	if (!md || atomic_compare_exchange_strong(&mds[h], &known, md))
		return md;
	EVP_MD_free(md); /* another thread's was first */
	return known;
}

static bool out_of_memory(unsigned long code)
{
	return code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
}

/*
 * What a failed verify call left in the queue, which it drains: all of it may come from the
 * signature's bytes, or something failed that is none of theirs. Memory ends far inside, and what
 * is outermost need not say so.
 */
static enum pdg_code reason_of_failure(void)
{
	enum pdg_code code = PDG_E_REJECTED;
	unsigned long e;

	while ((e = ERR_get_error()) != 0) {
		int lib = ERR_GET_LIB(e);

		if (out_of_memory(e))
			code = PDG_E_NOMEM;
		else if (code != PDG_E_NOMEM && lib != ERR_LIB_ASN1 && lib != ERR_LIB_EC)
			code = PDG_E_CRYPTO;
	}
	return code;
}

int pdg_ossl_fail(struct pdg_error *err, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	if (out_of_memory(code))
		return pdg_nomem(err);
	return pdg_fail(err, PDG_E_CRYPTO, "OpenSSL could not %s: %s", what,
			reason ? reason : "it gives no reason");
}

int pdg_ossl_reject(struct pdg_error *err, const char *rule, const char *text)
{
	unsigned long code = ERR_peek_last_error();

	ERR_clear_error();
	if (out_of_memory(code))
		return pdg_nomem(err);
	return pdg_reject(err, rule, "%s", text);
}

int pdg_ossl_verdict(int result, const char *who, struct pdg_error *err)
{
	enum pdg_code code = reason_of_failure();

	if (result == 1)
		return 0;
	if (code == PDG_E_NOMEM)
		return pdg_nomem(err);
	/* EVP_DigestVerify(3): 0 is its verdict, but bytes that are no ECDSA signature give less.
	 */
	if (result < 0 && code == PDG_E_CRYPTO)
		return pdg_fail(err, code, "OpenSSL could not check a signature of key %s", who);
	return pdg_reject(err, "SIG-1", "the signature does not verify with key %s", who);
}

int pdg_ossl_check(EVP_MD_CTX *ctx, struct pdg_bytes sig, struct pdg_bytes msg, const char *who,
		   struct pdg_error *err)
{
	ERR_clear_error();
	return pdg_ossl_verdict(EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n), who, err);
}

int pdg_ossl_check_digest(EVP_PKEY_CTX *ctx, struct pdg_bytes sig, struct pdg_bytes digest,
			  const char *who, struct pdg_error *err)
{
	ERR_clear_error();
	return pdg_ossl_verdict(EVP_PKEY_verify(ctx, sig.p, sig.n, digest.p, digest.n), who, err);
}
