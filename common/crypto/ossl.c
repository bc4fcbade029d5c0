/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder's only file-scope state: the five digests, fetched once and then read-only. Everything
 * in common/crypto that calls OpenSSL reports its failures through here.
 */
#include "crypto/ossl.h"

#include <pthread.h>

#include "crypto/start.h"

#include <openssl/err.h>

static const char *const md_names[] = {
	[PDG_SHA1] = "SHA1",	   [PDG_SHA224] = "SHA2-224", [PDG_SHA256] = "SHA2-256",
	[PDG_SHA384] = "SHA2-384", [PDG_SHA512] = "SHA2-512",
};

#define MD_COUNT (sizeof(md_names) / sizeof(md_names[0]))

static EVP_MD *mds[MD_COUNT];
static pthread_once_t mds_once = PTHREAD_ONCE_INIT;

static void fetch_mds(void)
{
	for (size_t i = 0; i < MD_COUNT; i++)
		mds[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
	ERR_clear_error();
}

void pdg_crypto_fixed(void)
{
	/* Nor does a short-lived process tidy up OpenSSL's tables at its end: the system does. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

const EVP_MD *pdg_ossl_md(enum pdg_hash h)
{
	if ((size_t)h >= MD_COUNT || pthread_once(&mds_once, fetch_mds) != 0)
		return NULL;
	return mds[h];
}

/* The queue's last entry is the outermost: what the caller asked for. */
static bool out_of_memory(unsigned long code)
{
	return code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
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
	unsigned long code = ERR_peek_last_error();

	ERR_clear_error();
	if (result == 1)
		return 0;
	if (out_of_memory(code))
		return pdg_nomem(err);
	return pdg_reject(err, "SIG-1", "the signature does not verify with key %s", who);
}
