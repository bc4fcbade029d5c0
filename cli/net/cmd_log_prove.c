/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree log prove: is this attestation in the log as it is now; is the tree of an older
 * checkpoint a part of it? Nothing that the service says of it is believed: the entry must be that
 * of the statement's own countersignature, and all proofs lead to signatures of a log that the
 * trusted root names.
 */
#include <inttypes.h>
#include <stdio.h>

#include "chain/record.h"
#include "common/check_option.h"
#include "crypto/digest.h"
#include "net/logs.h"
#include "net/net.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_log_prove_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	{"trusted-root", "FILE", "the TrustedRoot that names the log", false},
	{"policy", "FILE", "the policy that names the trusted root and the service's key", false},
	{"checkpoint", "FILE", "prove that this older checkpoint's tree is a part of today's",
	 false},
	{"journal", NULL, "with --checkpoint: of the service's journal", false},
	PDG_WAY_OPTIONS,
	{0},
};

/* --- an attestation --- */

static int fetch_record(struct pdg_service_client *s, const char *reference,
			struct pdg_record **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(mem) char *path = pdg_str_printf("/api/v1/attestations/%s", reference);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_log_fetch(s, path, PDG_LIMIT_RECORD, &text, err);
	if (rc == 0)
		rc = pdg_record_parse(pdg_buf_bytes(&text), path, &r, err);
	if (rc < 0 || !r)
		return rc;
	if (!pdg_str_eq(r->reference, reference))
		return pdg_reject(err, "REC-1", "asked for %s, got %s", reference, r->reference);
	if (!r->bundle || r->bundle->n_entries == 0) {
		rc = pdg_reject(err, "CHN-4", "%s is not logged yet", reference);
		pdg_fix(err, "ask again in a minute");
		return rc;
	}
	*out = PDG_TAKE(r);
	return 0;
}

/* The key that a log entry names; whose it is, it does not say. */
static int key_of_entry(const struct pdg_entry *e, struct pdg_key **out, struct pdg_error *err)
{
	static const char *const path[] = {"spec", "hashedRekordV002", "signature", "verifier",
					   "publicKey"};
	PDG_AUTO(json) json_t *body = NULL;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	const json_t *o;
	size_t i;
	int rc = pdg_json_load(pdg_buf_bytes(&e->body), PDG_LIMIT_LOG_ENTRY, &body, err);

	o = body;
	for (i = 0; rc == 0 && i < sizeof(path) / sizeof(path[0]); i++)
		rc = pdg_json_obj(o, path[i], &o, err);
	if (rc == 0)
		rc = pdg_json_base64(o, "rawBytes", &der, err);
	if (rc == 0)
		rc = pdg_key_public_der(pdg_buf_bytes(&der), out, err);
	return rc < 0 ? pdg_context(err, rc, "log entry") : 0;
}

/*
 * The key of the countersignature: a serviceKey of the policy; without a policy the one that the
 * entry itself names, which proves what is logged, but not by whom it was signed. *@out_own: to be
 * freed.
 */
static int find_key(const struct pdg_log_trust *t, const struct pdg_bundle *b,
		    const struct pdg_key **out, struct pdg_key **out_own, struct pdg_error *err)
{
	size_t i, which;
	int rc;

	if (!t->policy) {
		rc = key_of_entry(b->entries[0], out_own, err);
		if (rc == 0)
			*out = *out_own;
		return rc;
	}
	for (i = 0; i < t->policy->service_keys.n; i++) {
		*out = t->policy->service_keys.v[i].key;
		rc = pdg_envelope_verify(b->envelope, *out, &which, err);
		if (rc != PDG_E_REJECTED)
			return rc;
	}
	return pdg_reject(err, "CHN-3", "not countersigned by a serviceKey of the policy");
}

/* Is @e the entry of this very statement and signature, in a log that is trusted? */
static int check_entry(const struct pdg_log_trust *t, const struct pdg_bundle *b,
		       const struct pdg_key *key, struct pdg_error *err)
{
	const struct pdg_root_log *log;
	uint8_t digest[PDG_SHA256_LEN];
	size_t which;
	int rc;

	rc = pdg_envelope_verify(b->envelope, key, &which, err);
	if (rc == 0)
		rc = pdg_sha256(pdg_buf_bytes(&b->envelope->pae), digest, err);
	if (rc < 0)
		return rc;
	return pdg_entry_verify(b->entries[0], t->root, digest,
				pdg_buf_bytes(&b->envelope->sigs[which].sig), key, &log, err);
}

/* The entry is in the tree of @now, and its own tree is a part of that one. */
static int prove_entry(struct pdg_service_client *s, const struct pdg_entry *e,
		       const struct pdg_checkpoint *then, const struct pdg_checkpoint *now,
		       struct pdg_error *err)
{
	struct pdg_log_tiles remote = {.service = s, .prefix = "/"};
	const struct pdg_tile_store tiles = pdg_log_tile_store(&remote);
	struct pdg_proof proof;
	struct pdg_hash32 leaf;
	int rc;

	rc = pdg_log_consistent(&tiles, then, now, err);
	if (rc == 0)
		rc = pdg_merkle_leaf(pdg_buf_bytes(&e->body), &leaf, err);
	if (rc == 0)
		rc = pdg_tree_inclusion(&tiles, e->log_index, now->size, &proof, err);
	if (rc < 0)
		return rc;
	return pdg_merkle_inclusion(&leaf, e->log_index, now->size, &proof, &now->root, err);
}

static int prove_reference(struct pdg_service_client *s, const char *reference,
			   const struct pdg_log_trust *t, struct pdg_error *err)
{
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(key) struct pdg_key *own = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *then = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = NULL;
	const struct pdg_key *key = NULL;
	const struct pdg_entry *e;
	const char *by;
	int rc;

	rc = fetch_record(s, reference, &r, err);
	if (rc < 0 || !r)
		return rc;
	e = r->bundle->entries[0];
	rc = find_key(t, r->bundle, &key, &own, err);
	if (rc == 0)
		rc = check_entry(t, r->bundle, key, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&e->checkpoint), &then, err);
	if (rc == 0)
		rc = pdg_log_fetch_checkpoint(s, false, &now, err);
	if (rc == 0)
		rc = pdg_log_check_signature(now, false, t, &by, err);
	if (rc == 0)
		rc = prove_entry(s, e, then, now, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN,
		"%s is entry %" PRIu64 " of %s, in the tree of %" PRIu64
		" entries; its tree of %" PRIu64 " is a part of that\ncountersigned by key %s%s\n",
		reference, e->log_index, now->origin, now->size, then->size, pdg_key_hint(key),
		own ? ", which no policy was asked about" : "");
	return 0;
}

/* --- an older checkpoint --- */

static int load_checkpoint(const char *path, struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	int rc = pdg_check_in_file(path, "--checkpoint", err);

	if (rc == 0)
		rc = pdg_fs_read(path, &text, err);
	if (rc < 0)
		return rc;
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "%s", path) : 0;
}

static int no_key(struct pdg_error *err)
{
	int rc = pdg_reject(err, "CLI-2", "a proof needs a key to trust");

	pdg_fix(err, "give --policy FILE with a trustedRoot, or with a journalKey for the journal");
	return rc;
}

static int prove_checkpoint(struct pdg_service_client *s, const char *path, bool journal,
			    const struct pdg_log_trust *t, struct pdg_error *err)
{
	struct pdg_log_tiles remote = {.service = s, .prefix = journal ? "/journal/" : "/"};
	const struct pdg_tile_store tiles = pdg_log_tile_store(&remote);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *then = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = NULL;
	const char *by = NULL;
	int rc;

	rc = load_checkpoint(path, &then, err);
	if (rc == 0)
		rc = pdg_log_check_signature(then, journal, t, &by, err);
	if (rc == 0 && !by)
		return no_key(err);
	if (rc == 0)
		rc = pdg_log_fetch_checkpoint(s, journal, &now, err);
	if (rc == 0)
		rc = pdg_log_check_signature(now, journal, t, &by, err);
	if (rc == 0)
		rc = pdg_log_consistent(&tiles, then, now, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN,
		"the tree of %" PRIu64 " entries of %s is a part of today's, of %" PRIu64 "\n",
		then->size, now->origin, now->size);
	return 0;
}

int pdg_cmd_log_prove(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	PDG_AUTO(log_trust) struct pdg_log_trust trust = {0};
	const char *old = pdg_args_get(args, "checkpoint");
	int rc;

	if ((old != NULL) == (args->n_args == 1))
		return pdg_reject(err, "CLI-2", "name either a REFERENCE or --checkpoint FILE");
	if (!old && pdg_args_has(args, "journal")) {
		rc = pdg_reject(err, "CLI-2", "--journal is for --checkpoint, not for a REFERENCE");
		pdg_fix(err, "\"pedigree verify\" proves that a statement is in the journal");
		return rc;
	}
	if (!old && !pdg_is_reference(args->arg[0]))
		return pdg_reject(err, "CLI-3", "'%s' is no reference (sha256: and 64 hex digits)",
				  args->arg[0]);
	rc = pdg_log_trust_load(args, &trust, err);
	if (rc == 0 && !old && !trust.root)
		return no_key(err);
	if (rc == 0)
		rc = pdg_service_open(args, &s, err);
	if (rc < 0)
		return rc;
	if (old)
		return prove_checkpoint(&s, old, pdg_args_has(args, "journal"), &trust, err);
	return prove_reference(&s, args->arg[0], &trust, err);
}
