/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry as Rekor v1's API writes it (formats.md 4.2): hexadecimal where bundles have base64, and
 * what kind it is inside its body alone.
 */
#include "tlog/rekor_v1.h"

#include "tlog/entry_impl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

#define RULE	   "LOG-6"
#define RULE_LIMIT "LOG-15"

static int read_hex(const json_t *o, const char *name, uint8_t *out, size_t n,
		    struct pdg_error *err)
{
	const char *hex = NULL;
	int rc = pdg_json_str(o, name, &hex, err);

	if (rc == 0 && !pdg_unhex(pdg_bytes_str(hex), out, n))
		rc = pdg_reject(err, RULE, "member \"%s\" is not %zu bytes in hexadecimal", name,
				n);
	return rc;
}

static int read_hashes(const json_t *proof, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *list = NULL;
	size_t i;
	int rc = pdg_json_opt_arr(proof, "hashes", &list, err);

	if (rc < 0)
		return rc;
	if (pdg_json_len(list) > PDG_PROOF_MAX)
		return pdg_reject(err, RULE_LIMIT, "%zu hashes", pdg_json_len(list));
	for (i = 0; i < pdg_json_len(list); i++) {
		const char *hex = pdg_json_str_value(pdg_json_at(list, i));

		if (!hex || !pdg_unhex(pdg_bytes_str(hex), e->proof.v[i].b, PDG_HASH_LEN))
			return pdg_reject(err, RULE, "hashes[%zu] is no hash", i);
	}
	e->proof.n = pdg_json_len(list);
	return 0;
}

static int read_proof(const json_t *verification, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *proof = NULL;
	const char *note = NULL;
	int rc = pdg_json_opt_obj(verification, "inclusionProof", &proof, err);

	if (rc < 0 || !proof)
		return rc;
	e->has_proof = true;
	rc = pdg_json_u64(proof, "logIndex", &e->proof_index, err);
	if (rc == 0)
		rc = pdg_json_u64(proof, "treeSize", &e->proof_size, err);
	if (rc == 0 && e->proof_size > PDG_TREE_MAX)
		rc = pdg_reject(err, RULE, "treeSize is out of range");
	if (rc == 0)
		rc = read_hex(proof, "rootHash", e->proof_root.b, PDG_HASH_LEN, err);
	if (rc == 0)
		rc = read_hashes(proof, e, err);
	if (rc == 0)
		rc = pdg_json_opt_str(proof, "checkpoint", &note, err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(&e->checkpoint, note ? note : "");
	return pdg_buf_check(&e->checkpoint, err);
}

/* The body says what it is; it is compared with the one that is wanted later. */
static int read_kind(struct pdg_entry *e, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *j = NULL;
	const char *kind = NULL;
	const char *version = NULL;
	int rc = pdg_json_load(pdg_buf_bytes(&e->body), PDG_LIMIT_LOG_ANSWER, &j, err);

	if (rc == 0)
		rc = pdg_json_str(j, "kind", &kind, err);
	if (rc == 0)
		rc = pdg_json_str(j, "apiVersion", &version, err);
	if (rc < 0)
		return pdg_context(err, rc, "body");
	e->kind = pdg_str_dup(kind);
	e->version = pdg_str_dup(version);
	return e->kind && e->version ? 0 : pdg_nomem(err);
}

static int read_members(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *verification = NULL;
	uint8_t id[PDG_SHA256_LEN];
	uint64_t time = 0;
	int rc;

	rc = pdg_json_u64(o, "logIndex", &e->log_index, err);
	if (rc == 0)
		rc = pdg_json_u64(o, "integratedTime", &time, err);
	if (rc == 0 && time > INT64_MAX)
		rc = pdg_reject(err, RULE, "integratedTime is out of range");
	if (rc == 0)
		rc = read_hex(o, "logID", id, sizeof(id), err);
	if (rc == 0)
		rc = pdg_json_base64(o, "body", &e->body, err);
	if (rc == 0)
		rc = read_kind(e, err);
	if (rc == 0)
		rc = pdg_json_obj(o, "verification", &verification, err);
	if (rc == 0)
		rc = read_proof(verification, e, err);
	if (rc == 0 && pdg_json_get(verification, "signedEntryTimestamp"))
		rc = pdg_json_base64(verification, "signedEntryTimestamp", &e->set, err);
	if (rc < 0)
		return rc;
	e->integrated_time = (int64_t)time;
	pdg_buf_put(&e->log_id, pdg_bytes(id, sizeof(id)));
	return pdg_buf_check(&e->log_id, err);
}

int pdg_rekor1_read_json(const json_t *object, struct pdg_entry **out, struct pdg_error *err)
{
	return pdg_entry_read_by(read_members, object, out, err);
}
