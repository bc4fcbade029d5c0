/* SPDX-License-Identifier: Apache-2.0 */
/* The order of formats.md 7.4 for a managed key: signature, log, artifact. */
#include "attest/bundle_verify.h"

#include "attest/statement.h"
#include "util/codec.h"

/* What is verified, of either content: the signature, and the digest that it is over. */
struct signed_digest {
	struct pdg_bytes sig;
	uint8_t digest[PDG_SHA256_LEN];
};

int pdg_bundle_time(const struct pdg_bundle *b, const struct pdg_root *root, struct pdg_bytes sig,
		    int64_t latest, int64_t *out, struct pdg_error *err)
{
	int64_t first = 0;
	size_t i;

	for (i = 0; root->n_tsas > 0 && i < b->n_timestamps; i++) {
		int64_t at = 0;
		int rc =
			pdg_root_timestamp(root, PDG_TIMESTAMP_RESPONSE,
					   pdg_buf_bytes(&b->timestamps[i]), sig, latest, &at, err);

		if (rc < 0)
			return pdg_context(err, rc, "timestamp");
		if (first == 0 || at < first)
			first = at;
	}
	*out = first;
	return 0;
}

/* The entry was made at some time after the signature existed, and before now. */
static int check_entries(const struct pdg_bundle *b, const struct signed_digest *s,
			 const struct pdg_key *key, const struct pdg_root *root, int64_t now,
			 struct pdg_error *err)
{
	const struct pdg_entry_claim claim = {
		.digest = s->digest,
		.payload = b->envelope ? pdg_buf_bytes(&b->envelope->payload) : pdg_bytes(NULL, 0),
		.sig = s->sig,
		.key = key,
		.latest = now,
	};
	int64_t at = 0;
	size_t i;
	int rc;

	if (b->n_entries == 0)
		return pdg_reject(err, "BND-6", "the bundle has no log entry");
	rc = pdg_bundle_time(b, root, s->sig, now, &at, err);
	for (i = 0; rc == 0 && i < b->n_entries; i++) {
		struct pdg_entry_shown shown = {0};

		rc = pdg_entry_judge(b->entries[i], root, &claim, &shown, err);
		/* An entry with a time of its own was held against the log's window there. */
		if (rc == 0 && shown.time == 0)
			rc = pdg_root_log_good(shown.log, at ? at : now, now, err);
	}
	return rc;
}

static int check_envelope(const struct pdg_bundle *b, const struct pdg_key *key,
			  struct signed_digest *out, struct pdg_error *err)
{
	size_t which;
	int rc = pdg_envelope_verify(b->envelope, key, &which, err);

	if (rc < 0)
		return rc;
	out->sig = pdg_buf_bytes(&b->envelope->sigs[which].sig);
	return pdg_sha256(pdg_buf_bytes(&b->envelope->pae), out->digest, err);
}

static int check_message(const struct pdg_bundle *b, const struct pdg_key *key,
			 const uint8_t sha256[PDG_SHA256_LEN], struct signed_digest *out,
			 struct pdg_error *err)
{
	struct pdg_bytes hint = pdg_buf_bytes(&b->message_digest);

	if (hint.n && !pdg_bytes_eq(hint, pdg_bytes(sha256, PDG_SHA256_LEN)))
		return pdg_reject(err, "BND-9", "messageDigest is not the artifact's digest");
	out->sig = pdg_buf_bytes(&b->message_sig);
	memcpy(out->digest, sha256, PDG_SHA256_LEN);
	return pdg_key_verify_sha256(key, sha256, out->sig, err);
}

/* The artifact is a subject of the statement; a message signature is over the artifact itself. */
static int check_subject(const struct pdg_bundle *b, const uint8_t sha256[PDG_SHA256_LEN],
			 struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	char hex[PDG_SHA256_HEX];
	int rc;

	if (!b->envelope)
		return 0;
	rc = pdg_statement_parse(pdg_buf_bytes(&b->envelope->payload), &st, err);
	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(sha256, PDG_SHA256_LEN), hex);
	if (!pdg_statement_has_sha256(st, hex))
		return pdg_reject(err, "BND-8", "sha256:%s is no subject of the statement", hex);
	return 0;
}

int pdg_bundle_verify(const struct pdg_bundle *b, const struct pdg_key *key,
		      const struct pdg_root *root, const uint8_t sha256[PDG_SHA256_LEN],
		      int64_t now, struct pdg_error *err)
{
	struct signed_digest s = {.sig = {NULL, 0}};
	int rc;

	if (b->has_certificate) {
		rc = pdg_reject(err, "BND-7",
				"the bundle is signed with a certificate, not with a plain key");
		pdg_fix(err, "this version judges bundles of plain keys; verify it with cosign");
		return rc;
	}
	if (b->envelope)
		rc = check_envelope(b, key, &s, err);
	else
		rc = check_message(b, key, sha256, &s, err);
	if (rc == 0)
		rc = check_entries(b, &s, key, root, now, err);
	return rc < 0 ? rc : check_subject(b, sha256, err);
}
