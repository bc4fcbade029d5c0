/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log as the service serves it. The tree's own code makes proofs over tiles fetched from there;
 * a tile is only believed through the signed checkpoint that it leads to.
 */
#include "net/logs.h"

#include <inttypes.h>

#include "common/settings.h"
#include "util/limits.h"
#include "util/str.h"

void pdg_log_trust_done(struct pdg_log_trust *t)
{
	pdg_root_free(t->root);
	pdg_policy_free(t->policy);
	*t = (struct pdg_log_trust){.policy = NULL};
}

static int load_policy(const struct pdg_args *args, struct pdg_policy **out, struct pdg_error *err)
{
	const char *option = pdg_args_get(args, "policy");
	PDG_AUTO(mem) char *file = NULL;
	struct pdg_error why = {0};
	int rc;

	if (!option && pdg_args_has(args, "trusted-root"))
		return 0;
	rc = pdg_settings_policy(option, &file, &why);
	if (rc == 0)
		return pdg_policy_load(file, out, err);
	/* That there is none anywhere is no mistake of somebody who named none. */
	if (!option && pdg_str_eq(why.rule, "POL-9"))
		return 0;
	if (err)
		*err = why;
	return rc;
}

int pdg_log_trust_load(const struct pdg_args *args, struct pdg_log_trust *out,
		       struct pdg_error *err)
{
	const char *path = pdg_args_get(args, "trusted-root");
	int rc = load_policy(args, &out->policy, err);

	if (rc < 0)
		return rc;
	if (!path && out->policy)
		path = out->policy->trusted_root;
	return path ? pdg_root_load(path, &out->root, err) : 0;
}

int pdg_log_fetch(struct pdg_service_client *s, const char *path, size_t max, struct pdg_buf *out,
		  struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	int rc = pdg_service_get(s, path, max, &a, err);

	/* Whoever is not let in has judged nothing: no exit status 1. */
	if (rc == PDG_E_REJECTED) {
		rc = PDG_E_IO;
		if (err)
			err->code = rc;
	}
	if (rc < 0)
		return pdg_context(err, rc, "%s", path);
	pdg_buf_put(out, pdg_buf_bytes(&a.body));
	return pdg_buf_check(out, err);
}

int pdg_log_fetch_checkpoint(struct pdg_service_client *s, bool journal,
			     struct pdg_checkpoint **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	int rc;

	rc = pdg_log_fetch(s, journal ? "/journal/checkpoint" : "/checkpoint", PDG_LIMIT_CHECKPOINT,
			   &text, err);
	return rc < 0 ? rc : pdg_checkpoint_parse(pdg_buf_bytes(&text), out, err);
}

static int check_journal(const struct pdg_checkpoint *c, const struct pdg_policy *policy,
			 const char **out_by, struct pdg_error *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; policy && i < policy->journal_keys.n; i++) {
		rc = pdg_checkpoint_verify(c, c->origin, policy->journal_keys.v[i].key, err);
		if (rc == 0)
			*out_by = policy->journal_keys.v[i].name;
		if (rc != PDG_E_REJECTED)
			break;
	}
	return rc;
}

/* Logs of one origin may follow one another: each has its key. */
static int check_log(const struct pdg_checkpoint *c, const struct pdg_root *root,
		     const char **out_by, struct pdg_error *err)
{
	size_t i;
	int rc;

	rc = pdg_reject(err, "LOG-8", "no log of the trusted root has the origin '%s'", c->origin);
	for (i = 0; rc == PDG_E_REJECTED && i < root->n_logs; i++) {
		if (!pdg_str_eq(root->logs[i].host, c->origin))
			continue;
		rc = pdg_checkpoint_verify(c, c->origin, root->logs[i].key, err);
		if (rc == 0)
			*out_by = root->logs[i].host;
	}
	return rc;
}

int pdg_log_check_signature(const struct pdg_checkpoint *c, bool journal,
			    const struct pdg_log_trust *t, const char **out_by,
			    struct pdg_error *err)
{
	*out_by = NULL;
	if (journal)
		return check_journal(c, t->policy, out_by, err);
	return t->root ? check_log(c, t->root, out_by, err) : 0;
}

static int read_tile(void *ctx, unsigned level, uint64_t n, unsigned width, struct pdg_buf *out,
		     struct pdg_error *err)
{
	const struct pdg_log_tiles *tiles = ctx;
	char path[PDG_TILE_PATH_MAX];
	PDG_AUTO(mem) char *url = NULL;

	pdg_tile_path(level, n, width, path);
	url = pdg_str_printf("%s%s", tiles->prefix, path);
	if (!url)
		return pdg_nomem(err);
	return pdg_log_fetch(tiles->service, url, (size_t)width * PDG_HASH_LEN, out, err);
}

struct pdg_tile_store pdg_log_tile_store(struct pdg_log_tiles *t)
{
	return (struct pdg_tile_store){.read = read_tile, .ctx = t};
}

int pdg_log_consistent(const struct pdg_tile_store *tiles, const struct pdg_checkpoint *then,
		       const struct pdg_checkpoint *now, struct pdg_error *err)
{
	struct pdg_proof proof;
	int rc;

	if (!pdg_str_eq(then->origin, now->origin))
		return pdg_reject(err, "LOG-8", "one is of '%s', the other of '%s'", then->origin,
				  now->origin);
	if (then->size > now->size)
		return pdg_reject(err, "LOG-2",
				  "the log has shrunk: %" PRIu64 " entries then, %" PRIu64 " now",
				  then->size, now->size);
	if (then->size == 0)
		return 0; /* an empty tree is a part of every tree */
	rc = pdg_tree_consistency(tiles, then->size, now->size, &proof, err);
	if (rc < 0)
		return rc;
	return pdg_merkle_consistency(then->size, &then->root, now->size, &now->root, &proof, err);
}
