/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entry of Rekor v1 shows (formats.md 4.3 to 4.5, 7.4). The log's time is signed over the
 * body as it is in the tree, which is made anew from the signature that the caller has verified;
 * the entry alone chooses nothing. Two numbers differ in v1: the SET has the index over all of the
 * log's trees, the proof the one in its own.
 */
#include "tlog/rekor_v1.h"

#include <inttypes.h>

#include "crypto/pem.h"
#include "tlog/entry_impl.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

static const char *hash_name(enum pdg_hash h)
{
	switch (h) {
	case PDG_SHA256:
		return "sha256";
	case PDG_SHA384:
		return "sha384";
	case PDG_SHA512:
		return "sha512";
	default:
		return NULL;
	}
}

/* Members in code-point order: RFC 8785 by construction. */
static void write_body(const struct pdg_rekor1_claim *claim, const char *hex, struct pdg_bytes pem,
		       struct pdg_jw *w)
{
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "apiVersion", PDG_REKOR1_VERSION);
	pdg_jw_kstr(w, "kind", PDG_REKOR1_KIND);
	pdg_jw_kobj(w, "spec");
	pdg_jw_kobj(w, "data");
	pdg_jw_kobj(w, "hash");
	pdg_jw_kstr(w, "algorithm", hash_name(claim->hash));
	pdg_jw_kstr(w, "value", hex);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_kobj(w, "signature");
	pdg_jw_key(w, "content");
	pdg_jw_base64(w, claim->sig);
	pdg_jw_kobj(w, "publicKey");
	pdg_jw_key(w, "content");
	pdg_jw_base64(w, pem);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_jw_end(w);
}

int pdg_rekor1_body(const struct pdg_rekor1_claim *claim, struct pdg_buf *out,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_LOG_ANSWER);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ANSWER);
	char hex[2 * PDG_DIGEST_MAX + 1];
	struct pdg_jw w;
	int rc;

	if (!hash_name(claim->hash) || claim->digest.n != pdg_digest_len(claim->hash))
		return pdg_fail(err, PDG_E_USAGE, "no digest of SHA-256, 384 or 512 to be logged");
	pdg_hex(claim->digest, hex);
	pdg_pem_write(claim->certificate ? "CERTIFICATE" : "PUBLIC KEY", claim->der, &pem);
	rc = pdg_buf_check(&pem, err);
	if (rc == 0) {
		pdg_jw_init(&w, &body);
		write_body(claim, hex, pdg_buf_bytes(&pem), &w);
		rc = pdg_buf_check(&body, err);
	}
	if (rc < 0)
		return pdg_context(err, pdg_under_rule(err, rc, "LOG-15"), "log entry");
	pdg_buf_put(out, pdg_buf_bytes(&body));
	return pdg_buf_check(out, err);
}

/* The signed entry timestamp: the log's signature over these four members and nothing else. */
static int check_set(const struct pdg_entry *e, struct pdg_bytes body,
		     const struct pdg_root_log *log, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf msg = PDG_BUF_INIT(2 * PDG_LIMIT_LOG_ANSWER);
	char id[2 * sizeof(log->log_id) + 1];
	struct pdg_jw w;
	int rc;

	if (pdg_key_type(log->key) != PDG_KEY_ECDSA_P256)
		return pdg_reject(err, "LOG-18",
				  "the log %s has no key that signs entry timestamps (ECDSA P-256)",
				  log->host);
	pdg_hex(pdg_bytes(log->log_id, sizeof(log->log_id)), id);
	pdg_jw_init(&w, &msg);
	pdg_jw_obj(&w);
	pdg_jw_key(&w, "body");
	pdg_jw_base64(&w, body);
	pdg_jw_ku64(&w, "integratedTime", (uint64_t)e->integrated_time);
	pdg_jw_kstr(&w, "logID", id);
	pdg_jw_ku64(&w, "logIndex", e->log_index);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&msg, err);
	if (rc < 0)
		return pdg_under_rule(err, rc, "LOG-15");
	rc = pdg_key_verify(log->key, pdg_buf_bytes(&msg), pdg_buf_bytes(&e->set), err);
	if (rc != PDG_E_REJECTED)
		return rc;
	return pdg_reject(err, "LOG-18",
			  "the signed entry timestamp of log entry %" PRIu64
			  " is not of this body, time and index",
			  e->log_index);
}

static int check_time(const struct pdg_entry *e, const struct pdg_root_log *log, int64_t latest,
		      struct pdg_error *err)
{
	char when[PDG_TIME_TEXT];

	if (e->integrated_time <= 0)
		return pdg_reject(err, "LOG-18", "log entry %" PRIu64 " has no integratedTime",
				  e->log_index);
	if (e->integrated_time - PDG_TIME_TOLERANCE > latest) {
		pdg_time_text(e->integrated_time, when);
		return pdg_reject(err, "LOG-19", "log entry %" PRIu64 " is of a time to come, %s",
				  e->log_index, when);
	}
	return pdg_root_log_good(log, e->integrated_time, e->integrated_time, err);
}

/*
 * "rekor.example - 2605736670972794746" (formats.md 4.5): host and tree id. The signature line has
 * the host's name; the log itself is known by its key, whose digest is the line's id, for one
 * log signs for all its trees, whatever they are called.
 */
static int check_checkpoint(const struct pdg_entry *e, const struct pdg_root_log *log,
			    struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(mem) char *name = NULL;
	struct pdg_bytes origin;
	uint64_t tree;
	size_t at;
	int rc;

	rc = pdg_checkpoint_parse(pdg_buf_bytes(&e->checkpoint), &c, err);
	if (rc < 0)
		return rc;
	origin = pdg_bytes_str(c->origin);
	at = pdg_bytes_find(origin, pdg_bytes_str(" - "), 0);
	if (at == SIZE_MAX || !pdg_bytes_u64(pdg_bytes_from(origin, at + 3), UINT64_MAX, &tree))
		return pdg_reject(
			err, "LOG-4",
			"the checkpoint of \"%s\" is not one of Rekor v1: it names no tree",
			c->origin);
	name = pdg_bytes_dup(pdg_bytes_head(origin, at));
	if (!name)
		return pdg_nomem(err);
	rc = pdg_checkpoint_verify(c, name, log->key, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

/* A proof without checkpoint, as old bundles have, must be one, and shows nothing. */
static int check_proof(const struct pdg_entry *e, struct pdg_bytes body,
		       const struct pdg_root_log *log, struct pdg_error *err)
{
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_hash32 leaf;
	int rc;

	if (e->checkpoint.n > 0) {
		rc = check_checkpoint(e, log, &c, err);
		return rc < 0 ? rc : pdg_entry_included(e, body, c, err);
	}
	rc = pdg_merkle_leaf(body, &leaf, err);
	return rc < 0 ? rc
		      : pdg_merkle_inclusion(&leaf, e->proof_index, e->proof_size, &e->proof,
					     &e->proof_root, err);
}

int pdg_rekor1_check(const struct pdg_entry *e, struct pdg_bytes body, const struct pdg_root *root,
		     int64_t latest, struct pdg_rekor1_shown *out, struct pdg_error *err)
{
	const struct pdg_root_log *log = pdg_root_log(root, pdg_buf_bytes(&e->log_id));
	bool proved = e->has_proof && e->checkpoint.n > 0;
	bool timed = e->set.n > 0;
	int rc = 0;

	if (!log)
		return pdg_reject(err, "LOG-8",
				  "log entry %" PRIu64
				  " is of a log that the trusted root does not name",
				  e->log_index);
	/* Its key is the service's: a time by it would be the service's own word. */
	if (log->embedded)
		return pdg_reject(err, "LOG-9",
				  "log entry %" PRIu64
				  " is one of Rekor v1, and %s is a service's embedded log, which "
				  "makes none",
				  e->log_index, log->host);
	if (!proved && !timed)
		return pdg_reject(err, "LOG-10",
				  "log entry %" PRIu64
				  " has neither a signed entry timestamp nor an inclusion proof "
				  "with a checkpoint",
				  e->log_index);
	if (timed)
		rc = check_set(e, body, log, err);
	if (rc == 0 && e->has_proof)
		rc = check_proof(e, body, log, err);
	if (rc == 0)
		rc = timed ? check_time(e, log, latest, err)
			   : pdg_root_log_good(log, latest, latest, err);
	if (rc < 0)
		return rc;
	*out = (struct pdg_rekor1_shown){
		.log = log, .time = timed ? e->integrated_time : 0, .proved = proved};
	return 0;
}

int pdg_rekor1_verify(const struct pdg_entry *e, const struct pdg_rekor1_claim *claim,
		      const struct pdg_root *root, int64_t latest, struct pdg_rekor1_shown *out,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ANSWER);
	int rc;

	if (!pdg_str_eq(e->kind, PDG_REKOR1_KIND) || !pdg_str_eq(e->version, PDG_REKOR1_VERSION))
		return pdg_reject(err, "LOG-9",
				  "log entry of kind \"%s\" %s is not judged by this version",
				  e->kind, e->version);
	rc = pdg_rekor1_body(claim, &body, err);
	if (rc < 0)
		return rc;
	if (e->body.n > 0 && !pdg_bytes_eq(pdg_buf_bytes(&e->body), pdg_buf_bytes(&body)))
		return pdg_reject(err, "LOG-7",
				  "log entry %" PRIu64
				  " speaks of another signature, digest or key",
				  e->log_index);
	return pdg_rekor1_check(e, pdg_buf_bytes(&body), root, latest, out, err);
}
