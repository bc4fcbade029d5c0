/* SPDX-License-Identifier: Apache-2.0 */
/* How OpenSSL's failures become ours: what is a verdict, what is none, and what is tried again. */
#include "crypto/key.h"
#include "crypto/ossl.h"
#include "support/check.h"

#include <openssl/asn1err.h>
#include <openssl/ecerr.h>
#include <openssl/err.h>
#include <openssl/evperr.h>

/* The linker gives us OpenSSL's fetching (CMakeLists.txt). */
EVP_MD *__real_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *algorithm, const char *properties);
EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *algorithm, const char *properties);

static size_t failing; /* so many fetches */
static size_t fetched;

EVP_MD *__wrap_EVP_MD_fetch(OSSL_LIB_CTX *ctx, const char *algorithm, const char *properties)
{
	fetched++;
	if (failing == 0)
		return __real_EVP_MD_fetch(ctx, algorithm, properties);
	failing--;
	ERR_raise(ERR_LIB_EVP, ERR_R_MALLOC_FAILURE);
	return NULL;
}

/* Memory that ended once is no reason never to have a digest. */
static void a_failed_fetch_is_tried_again(void)
{
	struct pdg_error err = {0};
	uint8_t sum[PDG_DIGEST_MAX];
	struct pdg_key *key = NULL;

	failing = 1;
	CHECK_CODE(pdg_digest(PDG_SHA384, pdg_bytes_str("a"), sum, &err), &err, PDG_E_NOMEM);
	CHECK_UINT(ERR_peek_error(), 0);
	CHECK_OK(pdg_digest(PDG_SHA384, pdg_bytes_str("a"), sum, &err), &err);
	CHECK_UINT(fetched, 2);
	CHECK_OK(pdg_digest(PDG_SHA384, pdg_bytes_str("a"), sum, &err), &err);
	CHECK_UINT(fetched, 2);
	/* A key of which OpenSSL would take its own default instead. */
	failing = 1;
	CHECK_CODE(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err, PDG_E_NOMEM);
	CHECK(key == NULL);
	if (CHECK_OK(pdg_key_generate(PDG_KEY_ECDSA_P256, &key, &err), &err))
		pdg_key_free(key);
	CHECK(pdg_ossl_md((enum pdg_hash)99) == NULL);
}

static void results_of_verifying(void)
{
	static const struct {
		int result;
		int libs[2]; /* of the queue's entries, the innermost first; 0: none */
		int reasons[2];
		int code;
	} rows[] = {
		{1, {0}, {0}, 0},
		{0, {0}, {0}, PDG_E_REJECTED},
		{2, {0}, {0}, PDG_E_REJECTED},
		{-1, {0}, {0}, PDG_E_REJECTED}, /* ECDSA that is not as DER would be */
		{-1, {ERR_LIB_ASN1}, {ASN1_R_WRONG_TAG}, PDG_E_REJECTED},
		{-1, {ERR_LIB_EC}, {EC_R_POINT_AT_INFINITY}, PDG_E_REJECTED},
		{-1,
		 {ERR_LIB_ASN1, ERR_LIB_EC},
		 {ASN1_R_TOO_LONG, EC_R_BAD_SIGNATURE},
		 PDG_E_REJECTED},
		{0, {ERR_LIB_PROV}, {ERR_R_RSA_LIB}, PDG_E_REJECTED},
		{-1, {ERR_LIB_PROV}, {ERR_R_INTERNAL_ERROR}, PDG_E_CRYPTO},
		{-1,
		 {ERR_LIB_EVP, ERR_LIB_EC},
		 {ERR_R_INTERNAL_ERROR, ERR_R_EVP_LIB},
		 PDG_E_CRYPTO},
		{0, {ERR_LIB_EC}, {ERR_R_MALLOC_FAILURE}, PDG_E_NOMEM},
		{-1, {ERR_LIB_BN, ERR_LIB_EC}, {ERR_R_MALLOC_FAILURE, ERR_R_BN_LIB}, PDG_E_NOMEM},
		{-1, {ERR_LIB_EC, ERR_LIB_PROV}, {ERR_R_MALLOC_FAILURE, ERR_R_EC_LIB}, PDG_E_NOMEM},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("row %zu", i);
		for (size_t k = 0; k < 2 && rows[i].libs[k]; k++)
			ERR_raise(rows[i].libs[k], rows[i].reasons[k]);
		rc = pdg_ossl_verdict(rows[i].result, "x", &err);
		CHECK_INT(rc, rows[i].code);
		CHECK_STR(err.rule, rows[i].code == PDG_E_REJECTED ? "SIG-1" : "");
		CHECK_UINT(ERR_peek_error(), 0);
	}
	pdg_test_case(NULL);
}

/* What an earlier call of the thread left in OpenSSL's queue is nobody's verdict. */
static void what_others_left(void)
{
	static const uint8_t garbage[] = "no DER";
	PDG_AUTO(evp_pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
	PDG_AUTO(evp_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	PDG_AUTO(evp_pkey_ctx)
	EVP_PKEY_CTX *pctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	const struct pdg_bytes sig = pdg_bytes(garbage, sizeof(garbage));
	const struct pdg_bytes digest = pdg_bytes_str("0123456789abcdef0123456789abcdef");
	struct pdg_error err = {0};

	CHECK_INT(EVP_DigestVerifyInit(ctx, NULL, pdg_ossl_md(PDG_SHA256), NULL, key), 1);
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	CHECK_RULE(pdg_ossl_check(ctx, sig, digest, "k", &err), &err, "SIG-1");
	CHECK_UINT(ERR_peek_error(), 0);
	CHECK_INT(EVP_PKEY_verify_init(pctx), 1);
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	CHECK_RULE(pdg_ossl_check_digest(pctx, sig, digest, "k", &err), &err, "SIG-1");
	CHECK_UINT(ERR_peek_error(), 0);
}

PDG_TEST_MAIN("ossl", {"a failed fetch is tried again", a_failed_fetch_is_tried_again},
	      {"results of verifying", results_of_verifying},
	      {"what others left", what_others_left})
