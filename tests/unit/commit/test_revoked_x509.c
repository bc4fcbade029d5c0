/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Revoked X.509 certificates: by every name that a certificate or its key can have, for its bearer
 * chooses some of them (ECDSA's second value, a renewal, how a point is written).
 */
#include <openssl/core_names.h>

#include "commit/signers.h"
#include "unit/commit/x509_data.h"
#include "util/limits.h"
#include "util/str.h"

/* The policy's revocations, of the certificate and of who vouched for it. */
static void revoked_certificates_are_refused(void)
{
	const struct x509_commit c = {.cms = {.time = MADE}};
	const struct x509_commit logged = {.entry = MADE + 30};
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_revocation one = {0};
	struct pdg_revocations list = {.v = &one, .n = 1};
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(x509) struct pdg_x509 *middle = NULL;
	struct pdg_error err = {0};
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	pdg_verdict_init(&v);
	x509_judge(&w, &c, MADE + 60, &v);
	CHECK_INT(v.result, PDG_RESULT_GOOD);
	memcpy(one.fingerprint, v.fingerprint, 51);
	one.when.revoked_since = MADE + 50;
	w.repo.revocations = &list;
	x509_world_load(&w);
	x509_check(&w, &c, MADE + 60, PDG_RESULT_REVOKED_KEY, "SGN-5");
	x509_check(&w, &c, MADE + 40, PDG_RESULT_GOOD, NULL);
	x509_check(&w, &logged, RECEIVED, PDG_RESULT_GOOD, NULL);
	/* Compromised: only a time that the signature proves is older than the thief. */
	one.when = (struct pdg_validity){.compromised_since = MADE + 50};
	x509_check(&w, &c, MADE + 40, PDG_RESULT_REVOKED_KEY, "SGN-5");
	x509_check(&w, &logged, RECEIVED, PDG_RESULT_GOOD, NULL);
	/* Its authority. */
	pki_der(&w.cert[MIDDLE], &der);
	if (CHECK_OK(pdg_x509_parse(pdg_buf_bytes(&der), &middle, &err), &err))
		memcpy(one.fingerprint, pdg_x509_fingerprint(middle), 51);
	x509_check(&w, &c, MADE + 60, PDG_RESULT_REVOKED_KEY, "SGN-5");
	one.fingerprint[8] ^= 1;
	x509_check(&w, &c, MADE + 60, PDG_RESULT_GOOD, NULL);
	x509_world_done(&w);
}

/* The name of @c as a certificate, and that of its key as `pedigree key show` has it. */
static void name_of(const struct pki_cert *c, char certificate[72], char key[72])
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(x509) struct pdg_x509 *x = NULL;
	uint8_t sum[PDG_SHA256_LEN];
	unsigned char *spki = NULL;
	struct pdg_error err = {0};
	int n = i2d_PUBKEY(c->key, &spki);

	pki_der(c, &der);
	if (!CHECK_OK(pdg_x509_parse(pdg_buf_bytes(&der), &x, &err), &err) || n <= 0 ||
	    !CHECK_OK(pdg_sha256(pdg_bytes(spki, (size_t)n), sum, &err), &err))
		exit(1);
	memcpy(certificate, pdg_x509_fingerprint(x), strlen(pdg_x509_fingerprint(x)) + 1);
	pdg_key_fingerprint(sum, key);
	OPENSSL_free(spki);
}

/* What is good breaks @rule once @name is in the revocation file. */
static void check_revoked(struct x509_world *w, const struct x509_commit *c, const char *name,
			  const char *rule)
{
	struct pdg_revocation one = {.when = {.revoked_since = MADE - YEAR}};
	struct pdg_revocations list = {.v = &one, .n = 1};

	x509_check(w, c, MADE + 60, PDG_RESULT_GOOD, NULL);
	memcpy(one.fingerprint, name, strlen(name) + 1);
	w->repo.revocations = &list;
	x509_world_load(w);
	x509_check(w, c, MADE + 60, PDG_RESULT_REVOKED_KEY, rule);
	one.when = (struct pdg_validity){.compromised_since = MADE - YEAR};
	x509_check(w, c, MADE + 60, PDG_RESULT_REVOKED_KEY, rule);
	one.fingerprint[12] ^= 1;
	x509_check(w, c, MADE + 60, PDG_RESULT_GOOD, NULL);
	w->repo.revocations = NULL;
	x509_world_load(w);
}

/*
 * The bearer chooses which of two values his issuer's ECDSA signature has, and asks for another
 * certificate of the same key: neither is a way out of a revocation.
 */
static void revoked_certificates_have_no_other_name(void)
{
	static const char *const curves[] = {"P-256", "P-384", "P-521", "brainpoolP256r1"};
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		char leaf[72], middle[72], root[72], leaf_key[72], middle_key[72], root_key[72];
		struct pki_cert twin, middle_twin, renewed;
		struct x509_world w;
		struct pki_ask again;
		const struct x509_commit plain = {.cms = {.time = MADE}};
		const struct x509_commit flipped = {.cms = {.signer = &twin}};
		const struct x509_commit above = {
			.cms = {.signer = &w.cert[LEAF], .certs = {&w.cert[LEAF], &middle_twin}}};
		const struct x509_commit other = {.cms = {.signer = &renewed}};

		pdg_test_case("an issuer on %s", curves[i]);
		x509_world_init(&w);
		w.own_roots = true;
		w.repo.x509_issuers.n = 0;
		w.ask[MIDDLE].key = w.ask[ROOT].key = curves[i];
		x509_world_make(&w);
		twin = pki_twin(&w.cert[LEAF], &w.cert[MIDDLE]);
		middle_twin = pki_twin(&w.cert[MIDDLE], &w.cert[ROOT]);
		again = w.ask[LEAF];
		again.same_key = w.cert[LEAF].key;
		renewed = pki_make(&again);
		name_of(&w.cert[LEAF], leaf, leaf_key);
		name_of(&w.cert[MIDDLE], middle, middle_key);
		name_of(&w.cert[ROOT], root, root_key);
		check_revoked(&w, &plain, leaf, "SGN-5");
		check_revoked(&w, &flipped, leaf, "SGN-5");
		check_revoked(&w, &above, middle, "SGN-5");
		check_revoked(&w, &above, root, "SGN-5");
		check_revoked(&w, &plain, leaf_key, "SGN-5");
		check_revoked(&w, &flipped, leaf_key, "SGN-5");
		check_revoked(&w, &other, leaf_key, "SGN-5");
		check_revoked(&w, &plain, middle_key, "SGN-5");
		check_revoked(&w, &above, middle_key, "SGN-5");
		check_revoked(&w, &above, root_key, "SGN-5");
		pdg_test_case(NULL);
		pki_done(&twin);
		pki_done(&middle_twin);
		pki_done(&renewed);
		x509_world_done(&w);
	}
}

/* A point may be written in two ways, and both names of the key are its. */
static void revoked_keys_have_no_other_spelling(void)
{
	char certificate[72], key[72], short_key[72];
	struct pki_cert renewed;
	struct pki_ask again;
	struct x509_world w;
	const struct x509_commit other = {.cms = {.signer = &renewed}};

	x509_world_init(&w);
	x509_world_make(&w);
	name_of(&w.cert[LEAF], certificate, key);
	again = w.ask[LEAF];
	again.same_key = w.cert[LEAF].key;
	pki_must(EVP_PKEY_set_utf8_string_param(w.cert[LEAF].key,
						OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
						"compressed") == 1,
		 "compress a point");
	renewed = pki_make(&again);
	name_of(&renewed, certificate, short_key);
	CHECK(strcmp(key, short_key) != 0);
	check_revoked(&w, &other, key, "SGN-5");
	check_revoked(&w, &other, short_key, "SGN-5");
	pki_done(&renewed);
	x509_world_done(&w);
}

/* The commit @payload with @value as its signature and @token over that, by the holder of LEAF. */
static void put_value(const struct x509_world *w, const char *payload, struct pdg_bytes value,
		      struct pdg_bytes token, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf attr = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf armor = PDG_BUF_INIT(PKI_DER_MAX);
	/* Makes the form alone; whose value it is does not matter. */
	struct pki_cert signer = {.x = w->cert[LEAF].x, .key = pki_key("ED25519")};
	struct cms_ask ask = {.signer = &signer, .certs = {&signer}, .digest = "SHA512"};
	struct cms_made made;

	cms_made_init(&made);
	cms_make(&ask, pdg_bytes_str(payload), &made);
	pdg_buf_reset(&made.value);
	pdg_buf_put(&made.value, value);
	cms_attribute("1.2.840.113549.1.9.16.2.14", token, &attr);
	ask.unsigned_attrs = pdg_buf_bytes(&attr);
	cms_remake(&ask, &made);
	cms_armor(pdg_buf_bytes(&made.der), 64, &armor);
	cms_commit(pdg_bytes_str(payload), pdg_buf_bytes(&armor), out);
	cms_made_done(&made);
	EVP_PKEY_free(signer.key);
}

/*
 * A token dates a value, which stands for a commit as long as no value fits two. By the neutral
 * element as a key, R = B and S = 1 fit all: one old token would date whatever comes.
 */
static void a_value_for_every_commit_dates_none(void)
{
	static const uint8_t neutral[32] = {1};
	uint8_t value[64] = {[32] = 1};
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	EVP_PKEY *weak =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, neutral, sizeof(neutral));
	struct pdg_error err = {0};
	struct x509_world w;

	memset(value, 0x66, 32);
	value[0] = 0x58;
	x509_world_init(&w);
	w.ask[LEAF].same_key = weak;
	x509_world_make(&w);
	token_make(&w.cert[TSA], &w.cert[TSA_ROOT], pdg_bytes(value, sizeof(value)), MADE + 7,
		   &token);
	put_value(&w, PAYLOAD, pdg_bytes(value, sizeof(value)), pdg_buf_bytes(&token), &raw);
	pdg_verdict_init(&v);
	if (CHECK_OK(pdg_judge_commit(w.signers, pdg_buf_bytes(&raw), false, RECEIVED, &v, &err),
		     &err)) {
		CHECK_INT(v.result, PDG_RESULT_UNSUPPORTED);
		CHECK_STR(v.why.rule, "SGN-10");
	}
	EVP_PKEY_free(weak);
	x509_world_done(&w);
}

/* What helps with an expired certificate does not with a revoked one (and would help a thief). */
static void remedies_are_of_the_fault(void)
{
	const struct x509_commit c = {.cms = {.time = MADE}};
	struct pdg_revocation one = {.when = {.revoked_since = MADE}};
	struct pdg_revocations list = {.v = &one, .n = 1};
	PDG_AUTO(verdict) struct pdg_verdict expired;
	PDG_AUTO(verdict) struct pdg_verdict revoked;
	char key[72];
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	pdg_verdict_init(&expired);
	pdg_verdict_init(&revoked);
	x509_judge(&w, &c, RECEIVED, &expired);
	CHECK_STR(expired.why.rule, "SGN-6");
	CHECK(strstr(expired.why.fix, "gitsign.rekorMode") != NULL);
	name_of(&w.cert[LEAF], one.fingerprint, key);
	w.repo.revocations = &list;
	x509_world_load(&w);
	x509_judge(&w, &c, MADE + 60, &revoked);
	CHECK_STR(revoked.why.rule, "SGN-5");
	CHECK(strstr(revoked.why.fix, "not revoked") != NULL);
	CHECK(strstr(revoked.why.fix, "gitsign") == NULL);
	x509_world_done(&w);
}

PDG_TEST_MAIN("revoked_x509",
	      {"revoked certificates are refused", revoked_certificates_are_refused},
	      {"revoked certificates have no other name", revoked_certificates_have_no_other_name},
	      {"revoked keys have no other spelling", revoked_keys_have_no_other_spelling},
	      {"a value for every commit dates none", a_value_for_every_commit_dates_none},
	      {"remedies are of the fault", remedies_are_of_the_fault})
