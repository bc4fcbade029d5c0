/* SPDX-License-Identifier: Apache-2.0 */
/* A journal leaf with its proof, as a record carries it (docs/FORMATS.md, section Journal). */
#include "tlog/journal.h"

#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define RULE "JNL-1"

void pdg_journal_proof_free(struct pdg_journal_proof *p)
{
	if (!p)
		return;
	pdg_buf_done(&p->leaf);
	pdg_buf_done(&p->checkpoint);
	free(p);
}

static int read_hashes(const json_t *o, struct pdg_proof *out, struct pdg_error *err)
{
	const json_t *hashes;
	size_t i;
	int rc = pdg_json_arr(o, "hashes", &hashes, err);

	if (rc < 0)
		return rc;
	if (pdg_json_len(hashes) > PDG_PROOF_MAX)
		return pdg_reject(err, RULE, "hashes has more than %d elements", PDG_PROOF_MAX);
	for (i = 0; i < pdg_json_len(hashes); i++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_HASH_LEN);
		const char *s = pdg_json_str_value(pdg_json_at(hashes, i));

		rc = s ? pdg_unbase64(pdg_bytes_str(s), PDG_BASE64_STD, &raw, err) : PDG_E_FORMAT;
		if (rc == PDG_E_NOMEM)
			return rc;
		if (rc < 0 || raw.n != PDG_HASH_LEN)
			return pdg_reject(err, RULE, "hashes[%zu] is not base64 of 32 bytes", i);
		memcpy(out->v[i].b, raw.p, PDG_HASH_LEN);
	}
	out->n = pdg_json_len(hashes);
	return 0;
}

static int read_proof(const json_t *object, struct pdg_journal_proof *p, struct pdg_error *err)
{
	static const char *const members[] = {"hashes", "index", "treeSize", NULL};
	const json_t *proof;
	int rc = pdg_json_obj(object, "proof", &proof, err);

	if (rc == 0)
		rc = pdg_json_only(proof, members, err);
	if (rc == 0)
		rc = pdg_json_u64(proof, "index", &p->index, err);
	if (rc == 0)
		rc = pdg_json_u64(proof, "treeSize", &p->size, err);
	if (rc == 0)
		rc = read_hashes(proof, &p->proof, err);
	return rc;
}

static int read_members(const json_t *object, struct pdg_journal_proof *p, struct pdg_error *err)
{
	static const char *const members[] = {"checkpoint", "leaf", "proof", NULL};
	const char *note;
	int rc;

	rc = pdg_json_only(object, members, err);
	if (rc == 0)
		rc = pdg_json_base64(object, "leaf", &p->leaf, err);
	if (rc == 0)
		rc = read_proof(object, p, err);
	if (rc == 0)
		rc = pdg_json_str(object, "checkpoint", &note, err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(&p->checkpoint, note);
	return pdg_buf_check(&p->checkpoint, err);
}

int pdg_journal_proof_read(const json_t *object, struct pdg_journal_proof **out,
			   struct pdg_error *err)
{
	PDG_AUTO(journal_proof) struct pdg_journal_proof *p = pdg_calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return pdg_nomem(err);
	pdg_buf_init(&p->leaf, PDG_LIMIT_LOG_ENTRY);
	pdg_buf_init(&p->checkpoint, PDG_LIMIT_CHECKPOINT);
	rc = read_members(object, p, err);
	if (rc < 0) {
		rc = pdg_under_rule(err, pdg_under_rule(err, rc, RULE), "LOG-15");
		return pdg_context(err, rc, "journal proof");
	}
	*out = PDG_TAKE(p);
	return 0;
}

void pdg_journal_proof_write(const struct pdg_journal_proof *p, struct pdg_jw *w)
{
	size_t i;

	pdg_jw_obj(w);
	pdg_jw_key(w, "leaf");
	pdg_jw_base64(w, pdg_buf_bytes(&p->leaf));
	pdg_jw_key(w, "proof");
	pdg_jw_obj(w);
	pdg_jw_ku64(w, "index", p->index);
	pdg_jw_ku64(w, "treeSize", p->size);
	pdg_jw_key(w, "hashes");
	pdg_jw_arr(w);
	for (i = 0; i < p->proof.n; i++)
		pdg_jw_base64(w, pdg_bytes(p->proof.v[i].b, PDG_HASH_LEN));
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_key(w, "checkpoint");
	pdg_jw_bytes(w, pdg_buf_bytes(&p->checkpoint));
	pdg_jw_end(w);
}

/* Put a refusal of the checkpoint or the proof under the journal's own rule, with its text. */
static int refuse(struct pdg_error *err, int rc, const char *rule)
{
	struct pdg_error was = {0};

	if (rc != PDG_E_REJECTED && rc != PDG_E_FORMAT && rc != PDG_E_LIMIT)
		return rc;
	if (err)
		was = *err;
	return pdg_reject(err, rule, "journal: %s", was.text);
}

int pdg_journal_proof_verify(const struct pdg_journal_proof *p, const struct pdg_key *key,
			     struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 leaf;
	int rc;

	rc = pdg_checkpoint_parse(pdg_buf_bytes(&p->checkpoint), &c, err);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, c->origin, key, err);
	if (rc < 0)
		return refuse(err, rc, "JNL-2");
	if (c->size != p->size)
		return pdg_reject(err, "JNL-2",
				  "journal: the proof is not of its checkpoint's size");
	rc = pdg_merkle_leaf(pdg_buf_bytes(&p->leaf), &leaf, err);
	if (rc < 0)
		return rc;
	rc = pdg_merkle_inclusion(&leaf, p->index, p->size, &p->proof, &c->root, err);
	return rc < 0 ? refuse(err, rc, "JNL-3") : 0;
}
