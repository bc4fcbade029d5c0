/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where a log entry is believed, whoever handed it over: a bundle, a Rekor, our own
 * log. Nothing in the entry chooses what it is compared with: the log comes from the trusted
 * root, the body is made anew from the signature that the caller has verified.
 * (formats.md 5.7; attacks.md 59 to 62.)
 */
#include "tlog/entry.h"

#include <inttypes.h>

#include "tlog/entry_impl.h"
#include "tlog/note.h"
#include "util/limits.h"
#include "util/str.h"

/* Keys that sign over SHA-256, the only digest that PAE digests are made with here. */
static bool signs_sha256(const struct pdg_key *key)
{
	return pdg_key_type(key) == PDG_KEY_ECDSA_P256 || pdg_key_type(key) == PDG_KEY_RSA;
}

/* Members in code-point order: RFC 8785 by construction. */
static void write_body(const uint8_t *digest, struct pdg_bytes sig, const struct pdg_key *key,
		       struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "apiVersion", PDG_ENTRY_VERSION);
	pdg_jw_kstr(w, "kind", PDG_ENTRY_KIND);
	pdg_jw_kobj(w, "spec");
	pdg_jw_kobj(w, "hashedRekordV002");
	pdg_jw_kobj(w, "data");
	pdg_jw_kstr(w, "algorithm", "SHA2_256");
	pdg_jw_key(w, "digest");
	pdg_jw_base64(w, pdg_bytes(digest, 32));
	pdg_jw_end(w);
	pdg_jw_kobj(w, "signature");
	pdg_jw_key(w, "content");
	pdg_jw_base64(w, sig);
	pdg_jw_kobj(w, "verifier");
	pdg_jw_kstr(w, "keyDetails", pdg_key_details(key));
	pdg_jw_kobj(w, "publicKey");
	pdg_jw_key(w, "rawBytes");
	pdg_jw_base64(w, pdg_key_spki(key));
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_entry_body(const uint8_t digest[32], struct pdg_bytes sig, const struct pdg_key *key,
		   struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	struct pdg_jw w;
	int rc;

	if (!signs_sha256(key))
		return pdg_fail(
			err, PDG_E_USAGE,
			"a signature by a key of type %s cannot be logged: the digest is SHA-256",
			pdg_key_details(key));
	pdg_jw_init(&w, &body);
	write_body(digest, sig, key, &w);
	rc = pdg_buf_check(&body, err);
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, "LOG-15"), "log entry");
	pdg_buf_put(out, pdg_buf_bytes(&body));
	return pdg_buf_check(out, err);
}

static int check_body(const struct pdg_entry *e, const uint8_t *digest, struct pdg_bytes sig,
		      const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	int rc;

	if (!signs_sha256(key))
		return pdg_reject(err, "LOG-7",
				  "a signature by a key of type %s cannot be in the log",
				  pdg_key_details(key));
	rc = pdg_entry_body(digest, sig, key, &want, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq(pdg_buf_bytes(&want), pdg_buf_bytes(&e->body)))
		return pdg_reject(err, "LOG-7",
				  "log entry %" PRIu64
				  " speaks of another signature, digest or key",
				  e->log_index);
	return 0;
}

/* The signed checkpoint of @log that the entry carries. */
static int check_checkpoint(const struct pdg_entry *e, const struct pdg_root_log *log,
			    struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	int rc;

	if (!e->has_proof || e->checkpoint.n == 0)
		return pdg_reject(err, "LOG-10",
				  "log entry %" PRIu64 " has no inclusion proof with a checkpoint",
				  e->log_index);
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&e->checkpoint), &c, err);
	if (rc < 0)
		return rc;
	if (!pdg_str_eq(c->origin, log->host))
		return pdg_reject(err, "LOG-4", "the checkpoint is of \"%s\", not of \"%s\"",
				  c->origin, log->host);
	rc = pdg_checkpoint_verify(c, log->host, log->key, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

/*
 * The proof leads to the signed root. What the entry says beside it is not needed for that;
 * an entry that contradicts itself there was not made by a log, and is refused all the same.
 */
int pdg_entry_included(const struct pdg_entry *e, struct pdg_bytes body,
		       const struct pdg_checkpoint *c, struct pdg_error *err)
{
	struct pdg_hash32 leaf;
	int rc;

	if (e->proof_size != c->size || memcmp(e->proof_root.b, c->root.b, PDG_HASH_LEN) != 0)
		return pdg_reject(err, "LOG-1",
				  "size or root of the inclusion proof of log entry %" PRIu64
				  " are not those of its checkpoint",
				  e->log_index);
	rc = pdg_merkle_leaf(body, &leaf, err);
	if (rc < 0)
		return rc;
	return pdg_merkle_inclusion(&leaf, e->proof_index, c->size, &e->proof, &c->root, err);
}

/* Rekor v2 has one tree, so one index. */
static int check_inclusion(const struct pdg_entry *e, const struct pdg_checkpoint *c,
			   struct pdg_error *err)
{
	if (e->proof_index != e->log_index)
		return pdg_reject(err, "LOG-1",
				  "the inclusion proof of log entry %" PRIu64
				  " is one of another index",
				  e->log_index);
	return pdg_entry_included(e, pdg_buf_bytes(&e->body), c, err);
}

int pdg_entry_verify(const struct pdg_entry *e, const struct pdg_root *root,
		     const uint8_t digest[32], struct pdg_bytes sig, const struct pdg_key *key,
		     const struct pdg_root_log **out_log, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	const struct pdg_root_log *log;
	int rc;

	if (!pdg_str_eq(e->kind, PDG_ENTRY_KIND) || !pdg_str_eq(e->version, PDG_ENTRY_VERSION))
		return pdg_reject(err, "LOG-9",
				  "log entry of kind \"%s\" %s is not judged by this version",
				  e->kind, e->version);
	if (e->integrated_time != 0 || e->set.n > 0)
		return pdg_reject(err, "LOG-17",
				  "log entry %" PRIu64
				  " has a time or a promise that no log of its kind gives",
				  e->log_index);
	log = pdg_root_log(root, pdg_buf_bytes(&e->log_id));
	if (!log)
		return pdg_reject(err, "LOG-8",
				  "log entry %" PRIu64
				  " is of a log that the trusted root does not name",
				  e->log_index);
	rc = check_checkpoint(e, log, &c, err);
	if (rc == 0)
		rc = check_inclusion(e, c, err);
	if (rc == 0)
		rc = check_body(e, digest, sig, key, err);
	if (rc < 0)
		return rc;
	*out_log = log;
	return 0;
}
