/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree log checkpoint | prove: the log as the service serves it, checked here against a trusted root.
 * The tree's own code computes proofs over tiles fetched from the service; each tile is only believed
 * through the checkpoint that it leads to.
 */
#include <stdio.h>
#include <string.h>

#include "chain/record.h"
#include "net/net.h"
#include "net/service.h"
#include "tlog/note.h"
#include "tlog/tree.h"
#include "trust/policy.h"
#include "trust/root.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_log_checkpoint_options[] = {
	{ "service", "URL", "the service; default: the configured one", false },
	{ "trusted-root", "FILE", "check the signature against this TrustedRoot", false },
	{ "policy", "FILE", "check it against the policy's trusted root", false },
	{ "journal", NULL, "the service's journal instead of the log", false },
	{ "proxy", "URL", "HTTP proxy", false },
	{ 0 },
};

const struct pdg_opt pdg_cmd_log_prove_options[] = {
	{ "service", "URL", "the service; default: the configured one", false },
	{ "trusted-root", "FILE", "the TrustedRoot that names the log", false },
	{ "policy", "FILE", "the policy that names the trusted root", false },
	{ "checkpoint", "FILE", "prove that this older checkpoint's tree is a part of today's", false },
	{ "journal", NULL, "with --checkpoint: of the service's journal", false },
	{ "proxy", "URL", "HTTP proxy", false },
	{ 0 },
};

static int fetch(struct pdg_service_client *s, const char *path, size_t max, struct pdg_buf *out,
		 struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = { 0 };
	int rc = pdg_service_get(s, path, max, &a, err);

	if (rc < 0)
		return pdg_context(err, rc, "%s", path);
	pdg_buf_put(out, pdg_buf_bytes(&a.body));
	return pdg_buf_check(out, err);
}

/* The policy that a command line names, if it names one. */
static int load_policy(const struct pdg_args *args, struct pdg_policy **out, struct pdg_error *err)
{
	const char *file = pdg_args_get(args, "policy");

	return file ? pdg_policy_load(file, out, err) : 0;
}

static int load_root(const struct pdg_args *args, const struct pdg_policy *policy,
		     struct pdg_root **out, struct pdg_error *err)
{
	const char *path = pdg_args_get(args, "trusted-root");

	if (!path && policy)
		path = policy->trusted_root;
	return path ? pdg_root_load(path, out, err) : 0;
}

static int fetch_checkpoint(struct pdg_service_client *s, bool journal, struct pdg_checkpoint **out,
			    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	int rc;

	rc = fetch(s, journal ? "/journal/checkpoint" : "/checkpoint", PDG_LIMIT_CHECKPOINT, &text, err);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&text), out, err);
	return rc;
}

/* Signed by a log of @root, or a journal key of @policy? *@out_by NULL: nothing to check against. */
static int check_signature(const struct pdg_checkpoint *c, bool journal, const struct pdg_root *root,
			   const struct pdg_policy *policy, const char **out_by, struct pdg_error *err)
{
	size_t i;
	int rc = PDG_E_REJECTED;

	*out_by = NULL;
	if (journal) {
		if (!policy || policy->journal_keys.n == 0)
			return 0;
		for (i = 0; rc < 0 && i < policy->journal_keys.n; i++) {
			rc = pdg_checkpoint_verify(c, c->origin, policy->journal_keys.v[i].key, err);
			*out_by = policy->journal_keys.v[i].name;
		}
		return rc;
	}
	if (!root)
		return 0;
	for (i = 0; i < root->n_logs; i++) {
		if (!pdg_str_eq(root->logs[i].host, c->origin))
			continue;
		*out_by = root->logs[i].host;
		return pdg_checkpoint_verify(c, c->origin, root->logs[i].key, err);
	}
	return pdg_reject(err, "LOG-8", "no log of the trusted root has the origin '%s'", c->origin);
}

int pdg_cmd_log_checkpoint(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = { 0 };
	PDG_AUTO(policy) struct pdg_policy *policy = NULL;
	PDG_AUTO(root) struct pdg_root *root = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	bool journal = pdg_args_has(args, "journal");
	const char *by;
	int rc;

	rc = load_policy(args, &policy, err);
	if (rc == 0)
		rc = load_root(args, policy, &root, err);
	if (rc == 0)
		rc = pdg_service_open(args, &s, err);
	if (rc == 0)
		rc = fetch_checkpoint(&s, journal, &c, err);
	if (rc == 0)
		rc = check_signature(c, journal, root, policy, &by, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "%s", pdg_buf_cstr(&c->text));
	/* The note goes to stdout as it is, so that it can be kept; what we think of it does not. */
	pdg_out(stderr, PDG_DIM, by ? "signature verified: %s\n" : "signature not checked%s\n",
		by ? by : ": give --trusted-root or --policy");
	return 0;
}

/* Tiles below the log's prefix, or the journal's. */
struct remote_tiles {
	struct pdg_service_client *service;
	const char *prefix; /* "/" or "/journal/" */
};

static int http_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	const struct remote_tiles *remote = ctx;
	char path[PDG_TILE_PATH_MAX];
	PDG_AUTO(mem) char *url = NULL;

	pdg_tile_path(level, n, width, path);
	url = pdg_str_printf("%s%s", remote->prefix, path);
	if (!url)
		return pdg_nomem(err);
	return fetch(remote->service, url, (size_t)width * PDG_HASH_LEN, out, err);
}

/* Is the tree of @then a part of the tree of @now? */
static int consistent(const struct pdg_tile_store *tiles, const struct pdg_checkpoint *then,
		      const struct pdg_checkpoint *now, struct pdg_error *err)
{
	struct pdg_proof proof;
	int rc;

	if (!pdg_str_eq(then->origin, now->origin))
		return pdg_reject(err, "LOG-8", "one is of '%s', the other of '%s'", then->origin, now->origin);
	if (then->size > now->size)
		return pdg_reject(err, "LOG-2", "the log has shrunk: %llu entries then, %llu now",
				  (unsigned long long)then->size, (unsigned long long)now->size);
	if (then->size == 0)
		return 0; /* an empty tree is a part of every tree */
	rc = pdg_tree_consistency(tiles, then->size, now->size, &proof, err);
	if (rc == 0)
		rc = pdg_merkle_consistency(then->size, &then->root, now->size, &now->root, &proof, err);
	return rc;
}

/* Inclusion of the entry in the tree of the checkpoint @now, and of the entry's own tree in that one. */
static int prove(struct pdg_service_client *s, const struct pdg_entry *e,
		 const struct pdg_checkpoint *then, const struct pdg_checkpoint *now,
		 struct pdg_error *err)
{
	struct remote_tiles remote = { .service = s, .prefix = "/" };
	const struct pdg_tile_store tiles = { .read = http_tile, .ctx = &remote };
	struct pdg_proof proof;
	struct pdg_hash32 leaf;
	int rc;

	rc = consistent(&tiles, then, now, err);
	if (rc < 0)
		return rc;
	rc = pdg_merkle_leaf(pdg_buf_bytes(&e->body), &leaf, err);
	if (rc == 0)
		rc = pdg_tree_inclusion(&tiles, e->log_index, now->size, &proof, err);
	if (rc == 0)
		rc = pdg_merkle_inclusion(&leaf, e->log_index, now->size, &proof, &now->root, err);
	return rc;
}

static int fetch_entry(struct pdg_service_client *s, const char *reference,
		       struct pdg_record **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(mem) char *path = pdg_str_printf("/api/v1/attestations/%s", reference);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = fetch(s, path, PDG_LIMIT_RECORD, &text, err);
	if (rc == 0)
		rc = pdg_record_parse(pdg_buf_bytes(&text), path, &r, err);
	if (rc < 0)
		return rc;
	if (!r || !pdg_str_eq(r->reference, reference))
		return pdg_reject(err, "REC-1", "asked for %s, got another", reference);
	if (!r->bundle || r->bundle->n_entries == 0) {
		rc = pdg_reject(err, "CHN-4", "%s is not logged yet", reference);
		pdg_fix(err, "ask again in a minute");
		return rc;
	}
	*out = PDG_TAKE(r);
	return 0;
}

static int prove_reference(struct pdg_service_client *s, const char *reference,
			   const struct pdg_root *root, struct pdg_error *err)
{
	PDG_AUTO(record) struct pdg_record *r = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *then = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = NULL;
	const struct pdg_entry *e;
	const char *by;
	int rc;

	rc = fetch_entry(s, reference, &r, err);
	if (rc < 0)
		return rc;
	e = r->bundle->entries[0];
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&e->checkpoint), &then, err);
	if (rc == 0)
		rc = check_signature(then, false, root, NULL, &by, err);
	if (rc == 0)
		rc = fetch_checkpoint(s, false, &now, err);
	if (rc == 0)
		rc = check_signature(now, false, root, NULL, &by, err);
	if (rc == 0)
		rc = prove(s, e, then, now, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN,
		"%s is entry %llu of %s, in the tree of %llu entries; its tree of %llu is a part of that\n",
		reference, (unsigned long long)e->log_index, now->origin, (unsigned long long)now->size,
		(unsigned long long)then->size);
	return 0;
}

static int load_checkpoint(const char *path, struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	int rc = pdg_fs_read(path, &text, err);

	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&text), out, err);
	return rc < 0 ? pdg_context(err, rc, "%s", path) : 0;
}

static int prove_checkpoint(struct pdg_service_client *s, const char *path, bool journal,
			    const struct pdg_root *root, const struct pdg_policy *policy,
			    struct pdg_error *err)
{
	struct remote_tiles remote = { .service = s, .prefix = journal ? "/journal/" : "/" };
	const struct pdg_tile_store tiles = { .read = http_tile, .ctx = &remote };
	PDG_AUTO(checkpoint) struct pdg_checkpoint *then = NULL;
	PDG_AUTO(checkpoint) struct pdg_checkpoint *now = NULL;
	const char *by = NULL;
	int rc;

	rc = load_checkpoint(path, &then, err);
	if (rc == 0)
		rc = fetch_checkpoint(s, journal, &now, err);
	if (rc == 0)
		rc = check_signature(then, journal, root, policy, &by, err);
	if (rc == 0)
		rc = check_signature(now, journal, root, policy, &by, err);
	if (rc == 0 && !by) {
		rc = pdg_reject(err, "CLI-2", "a proof needs a key to trust");
		pdg_fix(err, "give --policy FILE with a trustedRoot, or with journalKey for the journal");
	}
	if (rc == 0)
		rc = consistent(&tiles, then, now, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "the tree of %llu entries of %s is a part of today's, of %llu\n",
		(unsigned long long)then->size, now->origin, (unsigned long long)now->size);
	return 0;
}

static int prove_one(const struct pdg_args *args, const struct pdg_root *root,
		     const struct pdg_policy *policy, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = { 0 };
	const char *old = pdg_args_get(args, "checkpoint");
	int rc;

	rc = pdg_service_open(args, &s, err);
	if (rc < 0)
		return rc;
	if (old)
		return prove_checkpoint(&s, old, pdg_args_has(args, "journal"), root, policy, err);
	if (!root) {
		rc = pdg_reject(err, "CLI-2", "a proof needs a log to trust");
		pdg_fix(err, "give --trusted-root FILE or --policy FILE");
		return rc;
	}
	return prove_reference(&s, args->arg[0], root, err);
}

int pdg_cmd_log_prove(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(policy) struct pdg_policy *policy = NULL;
	PDG_AUTO(root) struct pdg_root *root = NULL;
	bool old = pdg_args_has(args, "checkpoint");
	int rc;

	if (old == (args->n_args == 1))
		return pdg_reject(err, "CLI-2", "name either a REFERENCE or --checkpoint FILE");
	if (!old && !pdg_is_reference(args->arg[0]))
		return pdg_reject(err, "CLI-3", "'%s' is no reference (sha256: and 64 hex digits)",
				  args->arg[0]);
	rc = load_policy(args, &policy, err);
	if (rc == 0)
		rc = load_root(args, policy, &root, err);
	return rc < 0 ? rc : prove_one(args, root, policy, err);
}
