/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sigstore bundles, read by the letter of formats.md 7.1: one kind of verification material, one
 * kind of content, one signature, and no member that is not named there. Nothing in it is
 * believed here; bundle_verify.c and chain/ do that with keys and logs from the policy.
 */
#include "attest/bundle.h"

#include <string.h>

#include "crypto/digest.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define RULE		"BND-1"
#define RULE_LIMIT	"BND-2"
#define CERTIFICATE_MAX PDG_LIMIT_KIB(64)

static const struct {
	const char *media_type;
	enum pdg_bundle_version version;
} versions[] = {
	{"application/vnd.dev.sigstore.bundle+json;version=0.1", PDG_BUNDLE_0_1},
	{"application/vnd.dev.sigstore.bundle+json;version=0.2", PDG_BUNDLE_0_2},
	{"application/vnd.dev.sigstore.bundle+json;version=0.3", PDG_BUNDLE_0_3},
	{PDG_BUNDLE_V03, PDG_BUNDLE_0_3},
};

static const char *const bundle_members[] = {"mediaType", "verificationMaterial", "dsseEnvelope",
					     "messageSignature", NULL};
static const char *const material_members[] = {"publicKey",
					       "certificate",
					       "x509CertificateChain",
					       "tlogEntries",
					       "timestampVerificationData",
					       NULL};
static const char *const envelope_members[] = {"payload", "payloadType", "signatures", NULL};
static const char *const signature_members[] = {"sig", "keyid", NULL};
static const char *const message_members[] = {"messageDigest", "signature", NULL};
static const char *const digest_members[] = {"algorithm", "digest", NULL};
static const char *const hint_members[] = {"hint", NULL};
static const char *const raw_members[] = {"rawBytes", NULL};
static const char *const chain_members[] = {"certificates", NULL};
static const char *const times_members[] = {"rfc3161Timestamps", NULL};
static const char *const time_members[] = {"signedTimestamp", NULL};

/* The objects of a log entry, and of what stands in them (tlog/entry.c reads the values). */
static const char *const entry_members[] = {
	"logIndex",	    "logId",	      "kindVersion",	   "integratedTime",
	"inclusionPromise", "inclusionProof", "canonicalizedBody", NULL};
static const char *const log_id_members[] = {"keyId", NULL};
static const char *const kind_members[] = {"kind", "version", NULL};
static const char *const promise_members[] = {"signedEntryTimestamp", NULL};
static const char *const proof_members[] = {"logIndex", "rootHash",   "treeSize",
					    "hashes",	"checkpoint", NULL};
static const char *const checkpoint_members[] = {"envelope", NULL};

void pdg_bundle_free(struct pdg_bundle *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n_entries; i++)
		pdg_entry_free(b->entries[i]);
	free(b->entries);
	for (i = 0; i < b->n_timestamps; i++)
		pdg_buf_done(&b->timestamps[i]);
	free(b->timestamps);
	free(b->key_hint);
	pdg_envelope_free(b->envelope);
	pdg_buf_done(&b->message_digest);
	pdg_buf_done(&b->message_sig);
	free(b);
}

/* The optional object @name of @o, with no member but @members. */
static int opt_part(const json_t *o, const char *name, const char *const *members,
		    const json_t **out, struct pdg_error *err)
{
	int rc = pdg_json_opt_obj(o, name, out, err);

	if (rc < 0 || !*out)
		return rc;
	return pdg_context(err, pdg_json_only(*out, members, err), "%s", name);
}

/* The base64 member @name, decoded and thrown away: only its shape counts. */
static int check_base64(const json_t *o, const char *name, size_t max, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(max);
	int rc = pdg_json_base64(o, name, &raw, err);

	if (rc == 0 && raw.n == 0)
		return pdg_reject(err, RULE, "member \"%s\" is empty", name);
	return rc;
}

static int read_version(const json_t *o, struct pdg_bundle *b, struct pdg_error *err)
{
	const char *type = NULL;
	size_t i;
	int rc;

	rc = pdg_json_str(o, "mediaType", &type, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(versions[i].media_type, type) == 0) {
			b->version = versions[i].version;
			return 0;
		}
	}
	return pdg_reject(err, "BND-3", "mediaType '%.100s' is no version of a bundle that is read",
			  type);
}

static int read_chain(const struct pdg_bundle *b, const json_t *chain, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t i;
	int rc;

	if (b->version == PDG_BUNDLE_0_3)
		return pdg_reject(err, RULE, "x509CertificateChain is not allowed in version 0.3");
	rc = pdg_json_opt_arr(chain, "certificates", &list, err);
	if (rc < 0)
		return rc;
	if (pdg_json_len(list) == 0)
		return pdg_reject(err, RULE, "x509CertificateChain is empty");
	for (i = 0; rc == 0 && i < pdg_json_len(list); i++) {
		const json_t *cert = pdg_json_at(list, i);

		if (!pdg_json_is_obj(cert))
			return pdg_reject(err, RULE, "certificates[%zu] must be an object", i);
		rc = pdg_json_only(cert, raw_members, err);
		if (rc == 0)
			rc = check_base64(cert, "rawBytes", CERTIFICATE_MAX, err);
	}
	return rc;
}

/* Exactly one of the three ways to say who signed. */
static int read_signer(const json_t *material, struct pdg_bundle *b, struct pdg_error *err)
{
	const json_t *key = NULL;
	const json_t *cert = NULL;
	const json_t *chain = NULL;
	const char *hint = NULL;
	int rc;

	rc = opt_part(material, "publicKey", hint_members, &key, err);
	if (rc == 0)
		rc = opt_part(material, "certificate", raw_members, &cert, err);
	if (rc == 0)
		rc = opt_part(material, "x509CertificateChain", chain_members, &chain, err);
	if (rc < 0)
		return rc;
	if ((key != NULL) + (cert != NULL) + (chain != NULL) != 1)
		return pdg_reject(err, RULE,
				  "exactly one of publicKey, certificate and "
				  "x509CertificateChain must be there");
	b->has_certificate = key == NULL;
	if (cert)
		return pdg_context(err, check_base64(cert, "rawBytes", CERTIFICATE_MAX, err),
				   "certificate");
	if (chain)
		return read_chain(b, chain, err);
	rc = pdg_json_opt_str(key, "hint", &hint, err);
	if (rc < 0)
		return pdg_context(err, rc, "publicKey");
	b->key_hint = pdg_str_dup(hint ? hint : "");
	return b->key_hint ? 0 : pdg_nomem(err);
}

static int check_entry_members(const json_t *entry, struct pdg_error *err)
{
	const json_t *part = NULL;
	int rc;

	if (!pdg_json_is_obj(entry))
		return pdg_reject(err, RULE, "it must be an object");
	rc = pdg_json_only(entry, entry_members, err);
	if (rc == 0)
		rc = opt_part(entry, "logId", log_id_members, &part, err);
	if (rc == 0)
		rc = opt_part(entry, "kindVersion", kind_members, &part, err);
	if (rc == 0)
		rc = opt_part(entry, "inclusionPromise", promise_members, &part, err);
	if (rc == 0)
		rc = opt_part(entry, "inclusionProof", proof_members, &part, err);
	if (rc == 0 && part)
		rc = opt_part(part, "checkpoint", checkpoint_members, &part, err);
	return pdg_under_rule(err, rc, RULE);
}

/* By the index in the log, which a promise signs, or by the one in the tree, which a proof shows:
 * without a promise nobody signed the former. */
static bool same_entry(const struct pdg_entry *a, const struct pdg_entry *b)
{
	if (!pdg_bytes_eq(pdg_buf_bytes(&a->log_id), pdg_buf_bytes(&b->log_id)))
		return false;
	if (a->log_index == b->log_index)
		return true;
	return (a->set.n == 0 || b->set.n == 0) && a->has_proof && b->has_proof &&
	       a->proof_index == b->proof_index;
}

/* One that is there twice counts as one anywhere, and was put there by no service. */
static int check_distinct(const struct pdg_bundle *b, struct pdg_error *err)
{
	size_t i, j;

	for (i = 0; i < b->n_entries; i++) {
		for (j = 0; j < i; j++) {
			if (same_entry(b->entries[i], b->entries[j]))
				return pdg_reject(err, RULE,
						  "tlogEntries[%zu] is the entry of [%zu] again", i,
						  j);
		}
	}
	return 0;
}

static int read_entries(const json_t *material, struct pdg_bundle *b, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t n;
	int rc;

	rc = pdg_json_opt_arr(material, "tlogEntries", &list, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, RULE);
	n = pdg_json_len(list);
	if (n > PDG_LIMIT_TLOG_ENTRIES)
		return pdg_reject(err, RULE_LIMIT, "%zu log entries, at most %d are taken", n,
				  PDG_LIMIT_TLOG_ENTRIES);
	b->entries = pdg_calloc(n, sizeof(struct pdg_entry *));
	if (!b->entries)
		return pdg_nomem(err);
	while (rc == 0 && b->n_entries < n) {
		const json_t *entry = pdg_json_at(list, b->n_entries);

		rc = check_entry_members(entry, err);
		if (rc == 0)
			rc = pdg_entry_read(entry, &b->entries[b->n_entries], err);
		if (rc < 0)
			return pdg_context(err, rc, "tlogEntries[%zu]", b->n_entries);
		b->n_entries++;
	}
	return rc < 0 ? rc : check_distinct(b, err);
}

static int read_timestamp(const json_t *token, struct pdg_buf *out, struct pdg_error *err)
{
	int rc;

	if (!pdg_json_is_obj(token))
		return pdg_reject(err, RULE, "it must be an object");
	rc = pdg_json_only(token, time_members, err);
	if (rc == 0)
		rc = pdg_json_base64(token, "signedTimestamp", out, err);
	if (rc == 0 && out->n == 0)
		rc = pdg_reject(err, RULE, "member \"signedTimestamp\" is empty");
	return rc;
}

static int read_times(const json_t *material, struct pdg_bundle *b, struct pdg_error *err)
{
	const json_t *times = NULL;
	const json_t *list = NULL;
	size_t n;
	int rc;

	rc = opt_part(material, "timestampVerificationData", times_members, &times, err);
	if (rc == 0 && times)
		rc = pdg_json_opt_arr(times, "rfc3161Timestamps", &list, err);
	if (rc < 0)
		return rc;
	n = pdg_json_len(list);
	if (n > PDG_LIMIT_TLOG_ENTRIES)
		return pdg_reject(err, RULE_LIMIT, "%zu timestamps, at most %d are taken", n,
				  PDG_LIMIT_TLOG_ENTRIES);
	b->timestamps = pdg_calloc(n ? n : 1, sizeof(*b->timestamps));
	if (!b->timestamps)
		return pdg_nomem(err);
	while (rc == 0 && b->n_timestamps < n) {
		size_t i = b->n_timestamps++;

		pdg_buf_init(&b->timestamps[i], PDG_LIMIT_TIMESTAMP);
		rc = read_timestamp(pdg_json_at(list, i), &b->timestamps[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "rfc3161Timestamps[%zu]", i);
	}
	return rc;
}

static int check_envelope_members(const json_t *o, struct pdg_error *err)
{
	const json_t *list = NULL;
	const json_t *sig;
	int rc;

	rc = pdg_json_opt_arr(o, "signatures", &list, err);
	if (rc < 0)
		return rc;
	if (pdg_json_len(list) != 1)
		return pdg_reject(err, "BND-4", "a bundle has exactly one signature, not %zu",
				  pdg_json_len(list));
	sig = pdg_json_at(list, 0);
	return pdg_json_is_obj(sig) ? pdg_json_only(sig, signature_members, err) : 0;
}

static int read_envelope(const json_t *o, struct pdg_bundle *b, struct pdg_error *err)
{
	const char *keyid;
	int rc;

	rc = pdg_context(err, check_envelope_members(o, err), "dsseEnvelope");
	if (rc < 0)
		return pdg_under_rule(err, rc, RULE);
	rc = pdg_envelope_read(o, &b->envelope, err);
	if (rc < 0)
		return rc;
	keyid = b->envelope->sigs[0].keyid;
	if (b->key_hint && b->key_hint[0] && keyid[0] && strcmp(b->key_hint, keyid) != 0)
		return pdg_reject(err, "BND-5", "publicKey.hint is '%.100s' and keyid '%.100s'",
				  b->key_hint, keyid);
	return 0;
}

static int read_message_digest(const json_t *o, struct pdg_bundle *b, struct pdg_error *err)
{
	const char *algorithm = NULL;
	int rc;

	rc = pdg_json_str(o, "algorithm", &algorithm, err);
	if (rc == 0)
		rc = pdg_json_base64(o, "digest", &b->message_digest, err);
	if (rc < 0)
		return pdg_context(err, rc, "messageDigest");
	if (strcmp(algorithm, "SHA2_256") != 0 || b->message_digest.n != PDG_SHA256_LEN)
		return pdg_reject(err, RULE, "messageDigest is not a SHA2_256 digest");
	return 0;
}

static int read_message(const json_t *o, struct pdg_bundle *b, struct pdg_error *err)
{
	const json_t *digest = NULL;
	int rc;

	rc = opt_part(o, "messageDigest", digest_members, &digest, err);
	if (rc == 0 && digest)
		rc = read_message_digest(digest, b, err);
	if (rc == 0)
		rc = pdg_json_base64(o, "signature", &b->message_sig, err);
	if (rc == 0 && b->message_sig.n == 0)
		rc = pdg_reject(err, RULE, "member \"signature\" is empty");
	return pdg_context(err, rc, "messageSignature");
}

static int read_content(const json_t *o, struct pdg_bundle *b, struct pdg_error *err)
{
	const json_t *envelope = NULL;
	const json_t *message = NULL;
	int rc;

	rc = opt_part(o, "dsseEnvelope", envelope_members, &envelope, err);
	if (rc == 0)
		rc = opt_part(o, "messageSignature", message_members, &message, err);
	if (rc == 0 && (envelope != NULL) + (message != NULL) != 1)
		rc = pdg_reject(err, RULE,
				"exactly one of dsseEnvelope and messageSignature must be there");
	if (rc < 0)
		return pdg_under_rule(err, rc, RULE);
	if (envelope)
		return read_envelope(envelope, b, err);
	return pdg_under_rule(err, pdg_under_rule(err, read_message(message, b, err), RULE),
			      RULE_LIMIT);
}

/* Everything of the bundle's own; entries and envelope have their own rules. */
static int read_material(const json_t *o, struct pdg_bundle *b, const json_t **out,
			 struct pdg_error *err)
{
	const json_t *material = NULL;
	int rc;

	rc = pdg_json_only(o, bundle_members, err);
	if (rc == 0)
		rc = read_version(o, b, err);
	if (rc == 0)
		rc = opt_part(o, "verificationMaterial", material_members, &material, err);
	if (rc == 0 && !material)
		rc = pdg_reject(err, RULE, "member \"verificationMaterial\" is missing");
	if (rc == 0)
		rc = read_signer(material, b, err);
	if (rc == 0)
		rc = read_times(material, b, err);
	*out = material;
	return pdg_under_rule(err, pdg_under_rule(err, rc, RULE), RULE_LIMIT);
}

int pdg_bundle_read(const json_t *object, struct pdg_bundle **out, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = pdg_calloc(1, sizeof(*b));
	const json_t *material = NULL;
	int rc;

	if (!b)
		return pdg_nomem(err);
	pdg_buf_init(&b->message_digest, PDG_DIGEST_MAX);
	pdg_buf_init(&b->message_sig, PDG_LIMIT_SIGNATURE);
	rc = read_material(object, b, &material, err);
	if (rc == 0)
		rc = read_entries(material, b, err);
	if (rc == 0)
		rc = read_content(object, b, err);
	if (rc < 0)
		return pdg_context(err, rc, "bundle");
	*out = PDG_TAKE(b);
	return 0;
}

int pdg_bundle_parse(struct pdg_bytes in, struct pdg_bundle **out, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *root = NULL;
	int rc;

	rc = pdg_json_load(in, PDG_LIMIT_BUNDLE, &root, err);
	if (rc < 0) {
		rc = pdg_under_rule(err, pdg_under_rule(err, rc, RULE), RULE_LIMIT);
		return pdg_context(err, rc, "bundle");
	}
	return pdg_bundle_read(root, out, err);
}
