/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log entries and timestamps of Sigstore's conformance bundles: real ones of the public logs
 * and authorities, and real ones spoilt. Only what log and time have to say is judged here; a
 * bundle that must fail for another reason is listed with what its entry shows.
 */
#include <string.h>

#include "crypto/digest.h"
#include "support/shared.h"
#include "tlog/rekor_v1.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define NOW 1790000000 /* 2026-09-21: later than every bundle */

static char *folder;

/* What one bundle is judged by. */
struct scene {
	json_t *doc;
	const json_t *material;
	struct pdg_root *root;
	struct pdg_buf sig;
	struct pdg_buf signer; /* certificate, or SPKI */
	bool certificate;
	uint8_t digest[PDG_SHA256_LEN];
};

static void scene_done(struct scene *s)
{
	pdg_json_free(s->doc);
	pdg_root_free(s->root);
	pdg_buf_done(&s->sig);
	pdg_buf_done(&s->signer);
}
PDG_AUTO_DEFINE_VALUE(scene, struct scene, scene_done)

/* The file @name of the case, else the one that all share. */
static char *file_of(const char *test, const char *name, const char *shared)
{
	PDG_AUTO(mem) char *own = pdg_str_printf("%s/%s/%s", folder, test, name);

	if (access(own, R_OK) == 0)
		return PDG_TAKE(own);
	return shared ? pdg_str_printf("%s/%s", folder, shared) : NULL;
}

static bool read_signer(struct scene *s, const char *test)
{
	PDG_AUTO(mem) char *path = file_of(test, "key.pub", NULL);
	PDG_AUTO(key) struct pdg_key *key = NULL;
	const json_t *cert = pdg_json_get(s->material, "certificate");
	const json_t *chain = pdg_json_get(s->material, "x509CertificateChain");

	pdg_buf_init(&s->signer, PDG_LIMIT_KIB(64));
	if (path) {
		if (!CHECK_OK(pdg_key_public_file(path, &key, NULL), NULL))
			return false;
		pdg_buf_put(&s->signer, pdg_key_spki(key));
		return true;
	}
	s->certificate = true;
	if (chain)
		cert = pdg_json_at(pdg_json_get(chain, "certificates"), 0);
	return cert && pdg_json_base64(cert, "rawBytes", &s->signer, NULL) == 0;
}

static bool read_signature(struct scene *s)
{
	const json_t *message = pdg_json_get(s->doc, "messageSignature");
	const json_t *dsse = pdg_json_get(s->doc, "dsseEnvelope");

	pdg_buf_init(&s->sig, PDG_LIMIT_SIGNATURE);
	if (message)
		return pdg_json_base64(message, "signature", &s->sig, NULL) == 0;
	return pdg_json_base64(pdg_json_at(pdg_json_get(dsse, "signatures"), 0), "sig", &s->sig,
			       NULL) == 0;
}

static bool scene_open(struct scene *s, const char *test)
{
	PDG_AUTO(mem) char *bundle = file_of(test, "bundle.sigstore.json", NULL);
	PDG_AUTO(mem)
	char *root = file_of(test, "trusted_root.json", "public-good.trusted_root.json");
	PDG_AUTO(mem) char *artifact = file_of(test, "artifact", "a.txt");
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	PDG_AUTO(buf) struct pdg_buf data = PDG_BUF_INIT(PDG_LIMIT_BUNDLE);
	struct pdg_error err = {0};

	pdg_test_read(bundle, &text);
	pdg_test_read(artifact, &data);
	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_BUNDLE, &s->doc, &err), &err) ||
	    !CHECK_OK(pdg_root_load(root, &s->root, &err), &err) ||
	    !CHECK_OK(pdg_sha256(pdg_buf_bytes(&data), s->digest, &err), &err))
		return false;
	s->material = pdg_json_get(s->doc, "verificationMaterial");
	return true;
}

/* Read the case's first entry and judge it: by its claim, or (@body) as it says itself. */
static int judge_entry(struct scene *s, bool body, struct pdg_rekor1_shown *out,
		       struct pdg_error *err)
{
	const json_t *entries = pdg_json_get(s->material, "tlogEntries");
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	struct pdg_rekor1_claim claim = {
		.hash = PDG_SHA256,
		.digest = pdg_bytes(s->digest, sizeof(s->digest)),
		.sig = pdg_buf_bytes(&s->sig),
		.der = pdg_buf_bytes(&s->signer),
		.certificate = s->certificate,
	};
	int rc = pdg_entry_read(pdg_json_at(entries, 0), &e, err);

	if (rc < 0)
		return rc;
	return body ? pdg_rekor1_check(e, pdg_buf_bytes(&e->body), s->root, NOW, out, err)
		    : pdg_rekor1_verify(e, &claim, s->root, NOW, out, err);
}

static void entries(void)
{
	static const struct {
		const char *test;
		const char *rule; /* NULL: good */
		bool body; /* the fault, if any, is not in the entry, and the claim not whole */
		int64_t time;
		bool proved;
	} t[] = {
		{"happy-path-v0.1", NULL, false, 1689177396, true},
		{"happy-path-v0.3-new-mediaType", NULL, false, 1710869186, true},
		{"managed-key-and-trusted-root", NULL, false, 1767810965, true},
		{"trust-root-tlog-validity-end-inclusive", NULL, false, 1689177396, true},
		{"intoto-with-custom-trust-root", NULL, true, 1675209600, true},
		{"inclusion-proof-corrupted-hash_fail", "LOG-1", false, 0, false},
		{"checkpoint-bad-keyhint_fail", "LOG-4", false, 0, false},
		{"bundle-negative-log-index_fail", "LOG-6", true, 0, false},
		{"signature-mismatch_fail", "LOG-7", false, 0, false},
		{"wrong-hashedrekord-artifact_fail", "LOG-7", false, 0, false},
		{"wrong-hashedrekord-entry_fail", "LOG-7", false, 0, false},
		/* Wrong elsewhere: what the log says is right, and its time is for others to judge.
		 */
		{"integrated-time-in-future_fail", NULL, true, 1778168051, true},
		{"intoto-set-outside-signing-cert-validity_fail", NULL, true, 1675296000, true},
		{"intoto-log-entry-mismatch_fail", NULL, true, 1675209600, true},
		{"managed-key-no-key_fail", NULL, true, 1766077479, true},
		{"message-digest-mismatch_fail", NULL, true, 1710869186, true},
		{"invalid-ct-key_fail", NULL, false, 1689177396, true},
		{"dsse-mismatch-sig_fail", NULL, true, 1734374575, true},
		{"dsse-invalid-sig_fail", NULL, true, 1734374575, true},
		{"bundle-with-root-cert_fail", NULL, false, 1683317662, false},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(scene) struct scene s = {0};
		struct pdg_rekor1_shown shown = {0};
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("%s", t[i].test);
		if (!scene_open(&s, t[i].test) ||
		    (!t[i].body &&
		     (!CHECK(read_signer(&s, t[i].test)) || !CHECK(read_signature(&s)))))
			continue;
		rc = judge_entry(&s, t[i].body, &shown, &err);
		if (t[i].rule) {
			CHECK_RULE(rc, &err, t[i].rule);
		} else if (CHECK_OK(rc, &err)) {
			CHECK_INT(shown.time, t[i].time);
			CHECK(shown.proved == t[i].proved);
			CHECK(shown.log == &s.root->logs[0]);
		}
	}
	pdg_test_case(NULL);
}

static void timestamps(void)
{
	static const struct {
		const char *test;
		const char *rule;
		int64_t time;
	} t[] = {
		{"intoto-with-custom-trust-root", NULL, 1675209600},
		{"managed-key-no-key_fail", NULL, 1766077479},
		{"rekor2-timestamp-without-embedded-cert", NULL, 1754507031},
		{"rekor2-timestamp-with-expired-cert-chain", NULL, 1754580746},
		{"rekor2-checkpoint-multiple-cosigs", NULL, 1749729740},
		{"rekor2-dsse-invalid-sig_fail", NULL, 1778700223},
		{"rekor2-dsse-mismatch-sig_fail", NULL, 1778700216},
		{"rekor2-timestamp-payload-mismatch_fail", "TSA-4", 0},
		{"rekor2-timestamp-untrusted-tsa-without-embedded-cert_fail", "TSA-7", 0},
		{"rekor2-timestamp-outside-trust-root-tsa-validity_fail", "TSA-9", 0},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(scene) struct scene s = {0};
		PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_TIMESTAMP);
		const json_t *data;
		struct pdg_error err = {0};
		int64_t at = 0;
		int rc;

		pdg_test_case("%s", t[i].test);
		if (!scene_open(&s, t[i].test) || !CHECK(read_signature(&s)))
			continue;
		data = pdg_json_get(s.material, "timestampVerificationData");
		rc = pdg_json_base64(pdg_json_at(pdg_json_get(data, "rfc3161Timestamps"), 0),
				     "signedTimestamp", &der, &err);
		if (!CHECK_OK(rc, &err))
			continue;
		rc = pdg_root_timestamp(s.root, PDG_TIMESTAMP_RESPONSE, pdg_buf_bytes(&der),
					pdg_buf_bytes(&s.sig), NOW, &at, &err);
		if (t[i].rule) {
			CHECK_RULE(rc, &err, t[i].rule);
			CHECK_INT(at, 0);
		} else if (CHECK_OK(rc, &err)) {
			CHECK_INT(at, t[i].time);
		}
	}
	pdg_test_case(NULL);
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"entries", entries},
		{"timestamps", timestamps},
	};
	int rc;

	folder = pdg_test_shared("conformance");
	if (!folder)
		return PDG_TEST_SKIPPED;
	rc = pdg_test_run("conformance", tests, sizeof(tests) / sizeof(tests[0]));
	free(folder);
	return rc;
}
