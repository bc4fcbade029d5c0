/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log entry as bundles carry it and as Rekor v2 answers it: read and written here, believed
 * only after entry_verify.c. Every member may be absent or wrong in what comes from outside.
 */
#include "tlog/entry.h"

#include "tlog/entry_impl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define RULE	   "LOG-6"
#define RULE_LIMIT "LOG-15"
#define LOG_ID_MAX 64

void pdg_entry_free(struct pdg_entry *e)
{
	if (!e)
		return;
	pdg_buf_done(&e->log_id);
	free(e->kind);
	free(e->version);
	pdg_buf_done(&e->set);
	pdg_buf_done(&e->checkpoint);
	pdg_buf_done(&e->body);
	free(e);
}

static int read_str(const json_t *o, const char *name, char **out, struct pdg_error *err)
{
	const char *s;
	int rc = pdg_json_str(o, name, &s, err);

	if (rc < 0)
		return rc;
	*out = pdg_bytes_dup(pdg_bytes_str(s));
	return *out ? 0 : pdg_nomem(err);
}

static int read_hash(struct pdg_bytes b64, struct pdg_hash32 *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_HASH_LEN);
	int rc = pdg_unbase64(b64, PDG_BASE64_PROTO, &raw, err);

	if (rc == PDG_E_NOMEM)
		return rc;
	if (rc < 0 || raw.n != PDG_HASH_LEN)
		return pdg_reject(err, RULE, "a hash is not base64 of 32 bytes");
	memcpy(out->b, raw.p, PDG_HASH_LEN);
	return 0;
}

static int read_hashes(const json_t *proof, struct pdg_proof *out, struct pdg_error *err)
{
	const json_t *hashes;
	size_t i;
	int rc = pdg_json_opt_arr(proof, "hashes", &hashes, err);

	if (rc < 0)
		return rc;
	if (pdg_json_len(hashes) > PDG_PROOF_MAX)
		return pdg_reject(err, RULE_LIMIT, "hashes has %zu elements, at most %d are taken",
				  pdg_json_len(hashes), PDG_PROOF_MAX);
	for (i = 0; i < pdg_json_len(hashes); i++) {
		const char *s = pdg_json_str_value(pdg_json_at(hashes, i));

		if (!s)
			return pdg_reject(err, RULE, "hashes[%zu] is not a string", i);
		rc = read_hash(pdg_bytes_str(s), &out->v[i], err);
		if (rc < 0)
			return pdg_context(err, rc, "hashes[%zu]", i);
	}
	out->n = pdg_json_len(hashes);
	return 0;
}

static int read_checkpoint(const json_t *proof, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *checkpoint;
	const char *note;
	int rc = pdg_json_opt_obj(proof, "checkpoint", &checkpoint, err);

	if (rc < 0 || !checkpoint)
		return rc;
	rc = pdg_json_opt_str(checkpoint, "envelope", &note, err);
	if (rc < 0)
		return pdg_context(err, rc, "checkpoint");
	pdg_buf_puts(&e->checkpoint, note);
	return pdg_buf_check(&e->checkpoint, err);
}

static int read_proof(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *proof;
	const char *root;
	int rc = pdg_json_opt_obj(o, "inclusionProof", &proof, err);

	if (rc < 0 || !proof)
		return rc;
	rc = pdg_json_opt_u64(proof, "logIndex", 0, &e->proof_index, err);
	if (rc == 0)
		rc = pdg_json_opt_u64(proof, "treeSize", 0, &e->proof_size, err);
	if (rc == 0 && e->proof_size > PDG_TREE_MAX)
		rc = pdg_reject(err, RULE, "treeSize is out of range");
	if (rc == 0)
		rc = pdg_json_str(proof, "rootHash", &root, err);
	if (rc == 0)
		rc = pdg_context(err, read_hash(pdg_bytes_str(root), &e->proof_root, err),
				 "rootHash");
	if (rc == 0)
		rc = read_hashes(proof, &e->proof, err);
	if (rc == 0)
		rc = read_checkpoint(proof, e, err);
	if (rc < 0)
		return pdg_context(err, rc, "inclusionProof");
	e->has_proof = true;
	return 0;
}

static int read_promise(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *promise;
	int rc = pdg_json_opt_obj(o, "inclusionPromise", &promise, err);

	if (rc < 0 || !promise)
		return rc;
	rc = pdg_json_base64(promise, "signedEntryTimestamp", &e->set, err);
	return pdg_context(err, rc, "inclusionPromise");
}

static int read_id(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *id;
	int rc = pdg_json_obj(o, "logId", &id, err);

	if (rc < 0)
		return rc;
	return pdg_context(err, pdg_json_base64(id, "keyId", &e->log_id, err), "logId");
}

static int read_kind(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	const json_t *kind;
	int rc = pdg_json_obj(o, "kindVersion", &kind, err);

	if (rc == 0)
		rc = read_str(kind, "kind", &e->kind, err);
	if (rc == 0)
		rc = read_str(kind, "version", &e->version, err);
	return rc;
}

static int read_members(const json_t *o, struct pdg_entry *e, struct pdg_error *err)
{
	uint64_t integrated = 0;
	int rc;

	rc = pdg_json_opt_u64(o, "logIndex", 0, &e->log_index, err);
	if (rc == 0)
		rc = pdg_json_opt_u64(o, "integratedTime", 0, &integrated, err);
	if (rc == 0 && integrated > INT64_MAX)
		rc = pdg_reject(err, RULE, "integratedTime is out of range");
	e->integrated_time = (int64_t)integrated;
	if (rc == 0)
		rc = read_id(o, e, err);
	if (rc == 0)
		rc = read_kind(o, e, err);
	if (rc == 0)
		rc = read_promise(o, e, err);
	if (rc == 0)
		rc = read_proof(o, e, err);
	if (rc == 0)
		rc = pdg_json_base64(o, "canonicalizedBody", &e->body, err);
	return rc;
}

struct pdg_entry *pdg_entry_new(void)
{
	struct pdg_entry *e = pdg_calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	pdg_buf_init(&e->log_id, LOG_ID_MAX);
	pdg_buf_init(&e->set, PDG_LIMIT_SIGNATURE);
	pdg_buf_init(&e->checkpoint, PDG_LIMIT_CHECKPOINT);
	pdg_buf_init(&e->body, PDG_LIMIT_LOG_ANSWER);
	return e;
}

int pdg_entry_read_by(pdg_entry_members *members, const json_t *object, struct pdg_entry **out,
		      struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = pdg_entry_new();
	int rc;

	if (!e)
		return pdg_nomem(err);
	rc = members(object, e, err);
	if (rc < 0) {
		rc = pdg_under_rule(err, pdg_under_rule(err, rc, RULE), RULE_LIMIT);
		return pdg_context(err, rc, "log entry");
	}
	*out = PDG_TAKE(e);
	return 0;
}

int pdg_entry_read(const json_t *object, struct pdg_entry **out, struct pdg_error *err)
{
	return pdg_entry_read_by(read_members, object, out, err);
}

int pdg_entry_make(const struct pdg_entry_parts *parts, struct pdg_entry **out,
		   struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *e = pdg_entry_new();
	int rc;

	if (!e)
		return pdg_nomem(err);
	e->kind = pdg_bytes_dup(pdg_bytes_str(PDG_ENTRY_KIND));
	e->version = pdg_bytes_dup(pdg_bytes_str(PDG_ENTRY_VERSION));
	if (!e->kind || !e->version)
		return pdg_nomem(err);
	e->log_index = parts->index;
	e->has_proof = true;
	e->proof_index = parts->index;
	e->proof_root = parts->root;
	e->proof_size = parts->size;
	e->proof = *parts->proof;
	pdg_buf_put(&e->log_id, pdg_bytes(parts->log_id, 32));
	pdg_buf_put(&e->checkpoint, parts->checkpoint);
	pdg_buf_put(&e->body, parts->body);
	rc = pdg_buf_check(&e->log_id, err);
	if (rc == 0)
		rc = pdg_buf_check(&e->checkpoint, err);
	if (rc == 0)
		rc = pdg_buf_check(&e->body, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(e);
	return 0;
}

static void write_proof(const struct pdg_entry *e, struct pdg_jw *w)
{
	size_t i;

	pdg_jw_key(w, "inclusionProof");
	pdg_jw_obj(w);
	pdg_jw_key(w, "logIndex");
	pdg_jw_u64_str(w, e->proof_index);
	pdg_jw_key(w, "rootHash");
	pdg_jw_base64(w, pdg_bytes(e->proof_root.b, PDG_HASH_LEN));
	pdg_jw_key(w, "treeSize");
	pdg_jw_u64_str(w, e->proof_size);
	pdg_jw_key(w, "hashes");
	pdg_jw_arr(w);
	for (i = 0; i < e->proof.n; i++)
		pdg_jw_base64(w, pdg_bytes(e->proof.v[i].b, PDG_HASH_LEN));
	pdg_jw_end(w);
	if (e->checkpoint.n > 0) {
		pdg_jw_key(w, "checkpoint");
		pdg_jw_obj(w);
		pdg_jw_key(w, "envelope");
		pdg_jw_bytes(w, pdg_buf_bytes(&e->checkpoint));
		pdg_jw_end(w);
	}
	pdg_jw_end(w);
}

void pdg_entry_write(const struct pdg_entry *e, struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_key(w, "logIndex");
	pdg_jw_u64_str(w, e->log_index);
	pdg_jw_key(w, "logId");
	pdg_jw_obj(w);
	pdg_jw_key(w, "keyId");
	pdg_jw_base64(w, pdg_buf_bytes(&e->log_id));
	pdg_jw_end(w);
	pdg_jw_key(w, "kindVersion");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "kind", e->kind);
	pdg_jw_kstr(w, "version", e->version);
	pdg_jw_end(w);
	if (e->integrated_time > 0) {
		pdg_jw_key(w, "integratedTime");
		pdg_jw_u64_str(w, (uint64_t)e->integrated_time);
	}
	if (e->set.n > 0) {
		pdg_jw_key(w, "inclusionPromise");
		pdg_jw_obj(w);
		pdg_jw_key(w, "signedEntryTimestamp");
		pdg_jw_base64(w, pdg_buf_bytes(&e->set));
		pdg_jw_end(w);
	}
	if (e->has_proof)
		write_proof(e, w);
	pdg_jw_key(w, "canonicalizedBody");
	pdg_jw_base64(w, pdg_buf_bytes(&e->body));
	pdg_jw_end(w);
}
