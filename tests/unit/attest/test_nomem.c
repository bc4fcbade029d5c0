/* SPDX-License-Identifier: Apache-2.0 */
/* The n-th allocation fails while envelopes, statements and bundles are read and written. */
#include "attest/bundle.h"
#include "attest/statement.h"
#include "support/check.h"
#include "support/failalloc.h"

static struct pdg_key *key;

static const char bundle[] =
	"{\"mediaType\":\"" PDG_BUNDLE_V03
	"\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"k\"},"
	"\"tlogEntries\":[{\"logIndex\":\"0\",\"logId\":{\"keyId\":\"AAEC\"},\"kindVersion\":{\"kind\":"
	"\"hashedrekord\",\"version\":\"0.0.2\"},\"canonicalizedBody\":\"e30=\"}],"
	"\"timestampVerificationData\":{\"rfc3161Timestamps\":[{\"signedTimestamp\":\"AAEC\"}]}},"
	"\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\","
	"\"signatures\":[{\"sig\":\"AAEC\"}]}}";
static const char message[] = "{\"mediaType\":\"" PDG_BUNDLE_V03
			      "\",\"verificationMaterial\":{\"certificate\":{\"rawBytes\":"
			      "\"AAEC\"}},\"messageSignature\":{\"signature\":\"AAEC\"}}";
static const char statement[] =
	"{\"_type\":\"" PDG_STATEMENT_V1 "\",\"subject\":[{\"name\":\"a\",\"digest\":{\"sha256\":"
	"\"7c2a1b0f9e8d7c6b5a4938271605f4e3d2c1b0a9988776655443322110ffeedd\"}}],"
	"\"predicateType\":\"https://example.com/p/v1\"}";

static int read_bundle(struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	PDG_AUTO(bundle) struct pdg_bundle *m = NULL;
	int rc = pdg_bundle_parse(pdg_bytes_str(bundle), &b, err);

	return rc < 0 ? rc : pdg_bundle_parse(pdg_bytes_str(message), &m, err);
}

static int read_statement(struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;

	return pdg_statement_parse(pdg_bytes_str(statement), &st, err);
}

static int sign_and_write(struct pdg_error *err)
{
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(envelope) struct pdg_envelope *again = NULL;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(4096);
	PDG_AUTO(buf) struct pdg_buf wrapped = PDG_BUF_INIT(4096);
	int rc = pdg_envelope_sign(pdg_bytes_str(statement), key, &e, err);

	if (rc == 0)
		rc = pdg_envelope_add(e, "other", pdg_bytes_str("sig"), err);
	if (rc == 0)
		rc = pdg_envelope_write(e, &out, err);
	if (rc == 0)
		rc = pdg_envelope_parse(pdg_buf_bytes(&out), &again, err);
	if (rc == 0)
		rc = pdg_bundle_write(
			&(struct pdg_bundle_parts){.key = key,
						   .payload = pdg_buf_bytes(&e->payload),
						   .sig = pdg_buf_bytes(&e->sigs[0].sig)},
			&wrapped, err);
	return rc;
}

static void every_allocation(void)
{
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &key, &err), &err))
		return;
	pdg_failalloc_run("bundle", read_bundle);
	pdg_failalloc_run("statement", read_statement);
	pdg_failalloc_run("envelope", sign_and_write);
	pdg_key_free(key);
}

PDG_TEST_MAIN("attest without memory", {"every allocation", every_allocation})
