/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log at start: opened by its kind, and held against the store. Entries of one log must never
 * be continued in another, nor in a copy of it that went back (design 7).
 */
#include <inttypes.h>
#include <string.h>

#include "attest/bundle.h"
#include "crypto/timestamp.h"
#include "service/batch.h"
#include "service/core_impl.h"
#include "service/meta.h"
#include "service/own_trust.h"
#include "tlog/embedded.h"
#include "tlog/note.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"
#include "util/time.h"

PDG_AUTO_DEFINE(opened_log, struct pdg_log *, pdg_log_free)

static int open_folder(struct pdg_core *core, bool may_create, struct pdg_log **out,
		       struct pdg_error *err)
{
	struct pdg_embedded_options opt = {
		.directory = core->cfg->log_directory,
		.origin = core->cfg->log_origin,
		.key = core->cfg->log_key,
		.may_create = may_create,
		.to_check = core->only_check,
		.open_key = pdg_core_open_embedded_key,
		.key_ctx = core,
	};
	int rc = 0;

	if (may_create || pdg_fs_exists(opt.directory))
		rc = pdg_core_own_folder(opt.directory, "directory in [log]", err);
	if (rc < 0)
		return pdg_context(err, rc, "log");
	return pdg_embedded_open(&opt, out, err);
}

int pdg_core_log_unbegun(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(opened_log) struct pdg_log *log = NULL;
	struct pdg_error why = {0};
	uint64_t size;
	int rc;

	if (core->cfg->log != PDG_LOG_EMBEDDED || !pdg_fs_exists(core->cfg->log_directory))
		return 0;
	rc = open_folder(core, false, &log, &why);
	size = rc == 0 ? pdg_embedded_size(log) : 0;
	if (size > 0)
		return pdg_core_refuse_unknown_log(core, size, err);
	/* What is wrong with a log is told by pdg_core_open_log(), which may also begin one. */
	if (rc == 0 || rc == PDG_E_NOTFOUND || rc == PDG_E_REJECTED)
		return 0;
	if (err)
		*err = why;
	return rc;
}

static int open_embedded(struct pdg_core *core, bool has_entries, struct pdg_error *err)
{
	const struct pdg_key *key;
	int rc = open_folder(core, !has_entries && !core->only_check, &core->log, err);

	if (rc == PDG_E_NOTFOUND && has_entries) {
		rc = pdg_reject(err, "CFG-5", "the store has entries of a log, but \"%s\" has none",
				core->cfg->log_directory);
		pdg_fix(err, "put the log's folder back, or start with a store of its own");
	}
	if (rc < 0)
		return rc;
	key = pdg_embedded_key(core->log);
	/* A trusted root in which nobody says what this log is takes it for a Rekor v1. */
	if (pdg_key_type(key) == PDG_KEY_ECDSA_P256)
		pdg_log(PDG_LOG_WARN, "log-key-can-date", "key", pdg_key_hint(key), "fix",
			"leave the operator of this log in every trusted root; the next log begin "
			"with an Ed25519 key, which signs no times",
			NULL);
	memcpy(core->log_id, pdg_embedded_id(core->log), sizeof(core->log_id));
	return pdg_key_public_der(pdg_key_spki(key), &core->log_key, err);
}

/* What it is known by; the relay speaks to it (core_relay.c). */
static int open_rekor(struct pdg_core *core, struct pdg_error *err)
{
	int rc = pdg_key_public_file(core->cfg->log_key, &core->log_key, err);

	if (rc < 0) {
		pdg_fix(err, "put the public key by which that Rekor signs its checkpoints into "
			     "a file, and name it by key in [log]");
		return pdg_context(err, rc, "[log] key");
	}
	if (core->cfg->log == PDG_LOG_REKOR_V1 && pdg_key_type(core->log_key) != PDG_KEY_ECDSA_P256)
		return pdg_reject(
			err, "CFG-1",
			"[log] key is %s: a Rekor v1 signs its entries' times by ECDSA P-256",
			pdg_key_details(core->log_key));
	return pdg_note_key_id(core->cfg->log_origin, core->log_key, core->log_id, err);
}

/* One value that must not change while the store has logged entries. */
static int check_same(struct pdg_core *core, const char *name, const char *what, const char *now,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	int rc = pdg_store_meta(core->store, name, &was, err);

	if (rc < 0 || !was || pdg_str_eq(was, now))
		return rc;
	rc = pdg_reject(err, "CFG-2",
			"the store was begun with a log of %s '%s', configured is '%s'", what, was,
			now);
	pdg_fix(err, "configure that log again, or start with a store of its own");
	return rc;
}

static const char *type_name(const struct pdg_core *core)
{
	return pdg_log_kind_name(core->cfg->log);
}

/* What several pedigreed share was begun with a log as soon as one of them was started, for another
 * may be at it. By name first: an id says nothing to anybody. */
static int check_shared(struct pdg_core *core, const char *id, struct pdg_error *err)
{
	int rc = check_same(core, PDG_META_LOG_TYPE, "type", type_name(core), err);

	if (rc == 0)
		rc = check_same(core, PDG_META_LOG_ORIGIN, "origin", core->cfg->log_origin, err);
	if (rc == 0)
		rc = check_same(core, PDG_META_LOG_ID, "id", id, err);
	if (rc < 0)
		pdg_fix(err, "configure that log again; where nothing was accepted yet, stop every "
			     "pedigreed and make the database anew (dropdb, createdb)");
	return rc;
}

static int check_size(struct pdg_core *core, struct pdg_error *err)
{
	uint64_t known, size;
	int rc;

	if (core->cfg->log != PDG_LOG_EMBEDDED || pdg_embedded_is_damaged(core->log))
		return 0;
	rc = pdg_store_meta_number(core->store, PDG_META_LOG_SIZE, &known, err);
	if (rc < 0)
		return rc;
	size = pdg_embedded_size(core->log);
	if (size >= known)
		return 0;
	rc = pdg_reject(err, "CFG-5",
			"the log has %" PRIu64 " entries, the store knows that it had %" PRIu64,
			size, known);
	pdg_fix(err, "put back a copy of the log's folder that is as new as the store");
	return rc;
}

/* LOG-2: the log never had that tree. */
static int check_had(const struct pdg_core *core, const struct pdg_log_head *tree,
		     struct pdg_error *err)
{
	int rc = pdg_embedded_had(core->log, tree->size, &tree->root, err);

	if (rc < 0 && err && pdg_str_eq(err->rule, "LOG-2"))
		pdg_fix(err, "restore the database and the log's folder from one backup: they are "
			     "not of one history");
	return rc;
}

/* The tree that the bundle of @a leads to; size 0: it says none. */
static int tree_of(const struct pdg_stored *a, struct pdg_log_head *out, struct pdg_error *err)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	int rc = pdg_bundle_parse(pdg_buf_bytes(&a->bundle), &b, err);

	if (rc < 0)
		return rc;
	*out = (struct pdg_log_head){.size = 0};
	if (b->n_entries == 1)
		*out = (struct pdg_log_head){.size = b->entries[0]->proof_size,
					     .root = b->entries[0]->proof_root};
	return 0;
}

int pdg_core_check_tree(const struct pdg_core *core, const struct pdg_stored *a,
			struct pdg_error *err)
{
	struct pdg_log_head tree;
	int rc;

	if (!a->logged || a->damaged || core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = tree_of(a, &tree, err);
	return rc < 0 || tree.size == 0 ? rc : check_had(core, &tree, err);
}

/* What says nothing of the log's history, because it cannot be read, is --fsck's. */
static int of_history(int rc, const struct pdg_error *why, struct pdg_error *err)
{
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc == 0 || !pdg_str_eq(why->rule, "LOG-2"))
		return 0;
	if (err)
		*err = *why;
	return rc;
}

/* Of a store whose last version kept no tree: the newest row whose bundle can be read. */
static int check_newest_bundle(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(stored) struct pdg_stored *a = NULL;
	struct pdg_log_head tree = {.size = 0};
	struct pdg_error why = {0};
	int64_t before = INT64_MAX;
	int rc;

	do {
		pdg_stored_free(PDG_TAKE(a));
		rc = core->store->ops->last_logged(core->store, before, &a, &why);
		if (rc < 0)
			return of_history(rc, &why, err);
		before = a->id;
		rc = a->damaged ? PDG_E_FORMAT : tree_of(a, &tree, &why);
	} while (rc < 0 && rc != PDG_E_NOMEM);
	if (rc == 0 && tree.size > 0)
		rc = check_had(core, &tree, &why);
	rc = of_history(rc, &why, err);
	return rc < 0 ? pdg_context(err, rc, "%s", a->reference) : 0;
}

int pdg_core_check_head(struct pdg_core *core, uint64_t *out_size, struct pdg_error *err)
{
	struct pdg_log_head head = {.size = 0};
	int rc = pdg_batch_head(core->store, &head, err);

	if (rc == 0)
		*out_size = head.size;
	if (rc < 0 || head.size == 0 || core->cfg->log != PDG_LOG_EMBEDDED)
		return rc;
	rc = check_had(core, &head, err);
	return rc < 0 ? pdg_context(err, rc, "the newest tree that the store knows") : 0;
}

/*
 * Is the log the one that the newest bundle was given out from? Its length says nothing: two that
 * were restored from two backups may both have grown since. Its tree is kept beside its size, and
 * stays when the row goes; a version before this one may have written the size alone.
 */
static int check_history(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_error why = {0};
	uint64_t head = 0, size;
	int rc;

	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_core_check_head(core, &head, &why);
	if (rc < 0 && pdg_str_eq(why.rule, "STO-3")) {
		if (err)
			*err = why;
		return rc;
	}
	if (of_history(rc, &why, err) < 0)
		return rc;
	rc = pdg_store_meta_number(core->store, PDG_META_LOG_SIZE, &size, err);
	return rc < 0 || (head > 0 && head >= size) ? rc : check_newest_bundle(core, err);
}

/* A crash leaves a log that is ahead of the store, but never one of which the store knows nothing:
 * it is written down there before the log has its first entry. */
static int check_known(struct pdg_core *core, const char *id, struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	uint64_t size;
	int rc = pdg_store_meta(core->store, PDG_META_LOG_ID, &was, err);

	if (rc < 0 || pdg_str_eq(was, id))
		return rc;
	/* Of another pedigreed, perhaps, that has not logged anything yet. */
	if (was && core->store->ops->shared)
		return check_shared(core, id, err);
	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	size = pdg_embedded_size(core->log);
	return size > 0 ? pdg_core_refuse_unknown_log(core, size, err) : 0;
}

/* *@out: since when, 0: the store does not know this log. */
static int known_since(struct pdg_core *core, const char *id, uint64_t *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	int rc = pdg_store_meta(core->store, PDG_META_LOG_ID, &was, err);

	*out = 0;
	if (rc < 0 || !pdg_str_eq(was, id))
		return rc;
	return pdg_store_meta_number(core->store, PDG_META_LOG_SINCE, out, err);
}

struct begun {
	struct pdg_core *core;
	const char *id;
	uint64_t since;
};

static int change_log(void *ctx, struct pdg_error *err)
{
	struct begun *b = ctx;
	int64_t now = pdg_now(&b->core->clock);
	PDG_AUTO(mem) char *text = pdg_str_printf("%" PRId64, now);
	struct pdg_store *s = b->core->store;
	int rc = text ? known_since(b->core, b->id, &b->since, err) : pdg_nomem(err);

	if (rc < 0 || b->since)
		return rc;
	b->since = (uint64_t)now;
	rc = s->ops->meta_set(s, PDG_META_LOG_SINCE, text, err);
	if (rc == 0)
		rc = s->ops->meta_set(s, PDG_META_LOG_ID, b->id, err);
	if (rc == 0)
		rc = s->ops->meta_set(s, PDG_META_LOG_ORIGIN, b->core->cfg->log_origin, err);
	if (rc == 0)
		rc = s->ops->meta_set(s, PDG_META_LOG_TYPE, type_name(b->core), err);
	return rc < 0 ? rc : 1;
}

/*
 * Write down whose entries the store holds; the time is when this log was begun with, by whichever
 * pedigreed was the first.
 */
static int keep_log(struct pdg_core *core, const char *id, int64_t *out_since,
		    struct pdg_error *err)
{
	struct begun b = {.core = core, .id = id};
	int rc = known_since(core, id, &b.since, err);

	if (rc == 0 && !b.since && !core->only_check)
		rc = pdg_store_change(core->store, change_log, &b, err);
	*out_since = (int64_t)b.since;
	return rc;
}

/* The configured authority's certificates; they are tried, so that a file without use ends the
 * start.
 */
static int read_authority(struct pdg_core *core, struct pdg_tsa_chain *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(tsa) struct pdg_tsa *tsa = NULL;
	struct pdg_bytes certs[PDG_LIMIT_CHAIN_CERTS];
	size_t i;
	int rc = pdg_fs_read(core->cfg->authority_chain, &pem, err);

	if (rc < 0)
		pdg_fix(err, "name a PEM file that is there and that the service's user can read");
	if (rc == 0)
		rc = pdg_tsa_chain_read(pdg_buf_bytes(&pem), out, err);
	for (i = 0; rc == 0 && i < out->n; i++)
		certs[i] = pdg_buf_bytes(&out->cert[i]);
	if (rc == 0)
		rc = pdg_tsa_new(certs, out->n, 0, 0, &tsa, err);
	if (rc < 0)
		(void)pdg_context(err, rc, "%s:%u: timestampCertificates", core->cfg->file,
				  core->cfg->authority_line);
	return pdg_as_rule(err, rc, "CFG-1");
}

int pdg_core_try_log(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(tsa_chain) struct pdg_tsa_chain chain = {0};
	const char *key = core->cfg->log_key;
	int rc = 0;

	if (core->cfg->log != PDG_LOG_EMBEDDED)
		rc = open_rekor(core, err);
	else if (key)
		rc = pdg_context(err, pdg_core_open_embedded_key(core, key, &core->log_key, err),
				 "log key");
	return rc == 0 && core->cfg->authority ? read_authority(core, &chain, err) : rc;
}

/* A Rekor's key was in use before this store was begun. */
static int make_root(struct pdg_core *core, int64_t since, struct pdg_error *err)
{
	PDG_AUTO(mem) char *url = pdg_str_printf("http://%s", core->cfg->log_origin);
	PDG_AUTO(tsa_chain) struct pdg_tsa_chain chain = {0};
	struct pdg_root_make make = {
		.base_url = url,
		.key = core->log_key,
		.log_id = core->log_id,
		.valid_from = core->cfg->log == PDG_LOG_REKOR_V1 ? 0 : since,
		.embedded = core->cfg->log == PDG_LOG_EMBEDDED,
	};
	int rc = 0;

	if (!url)
		return pdg_nomem(err);
	if (core->cfg->authority) {
		rc = read_authority(core, &chain, err);
		make.authority = &chain;
		make.authority_url = core->cfg->authority;
	}
	if (rc == 0)
		rc = pdg_root_write(&make, &core->root_json, err);
	return rc < 0 ? rc : pdg_root_parse(pdg_buf_bytes(&core->root_json), &core->root, err);
}

int pdg_core_log_in_root(const struct pdg_core *core, const struct pdg_in_force *f,
			 struct pdg_error *err)
{
	return pdg_own_trust_root(f, core->log_id, core->log_key,
				  core->cfg->log == PDG_LOG_EMBEDDED, err);
}

/* Did it ever log anything? Rows that are gone by now, too. */
static int has_entries(struct pdg_core *core, bool *out, struct pdg_error *err)
{
	uint64_t all, pending, size = 0;
	int rc = pdg_core_count(core, &all, &pending, err);

	if (rc == 0)
		rc = pdg_store_meta_number(core->store, PDG_META_LOG_SIZE, &size, err);
	*out = rc == 0 && (all > pending || size > 0);
	return rc;
}

int pdg_core_open_log(struct pdg_core *core, struct pdg_error *err)
{
	char id[2 * sizeof(core->log_id) + 1];
	int64_t since = 0;
	bool logged;
	int rc = has_entries(core, &logged, err);

	if (rc == 0 && logged) {
		rc = check_same(core, PDG_META_LOG_TYPE, "type", type_name(core), err);
		if (rc == 0)
			rc = check_same(core, PDG_META_LOG_ORIGIN, "origin", core->cfg->log_origin,
					err);
	}
	if (rc < 0)
		return rc;
	rc = core->cfg->log == PDG_LOG_EMBEDDED ? open_embedded(core, logged, err)
						: open_rekor(core, err);
	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(core->log_id, sizeof(core->log_id)), id);
	if (logged) {
		rc = check_same(core, PDG_META_LOG_ID, "id", id, err);
		if (rc == 0)
			rc = check_size(core, err);
		/* --fsck looks at each of them, and goes on. */
		if (rc == 0 && !core->only_check)
			rc = check_history(core, err);
	}
	if (rc == 0)
		rc = check_known(core, id, err);
	if (rc == 0)
		rc = keep_log(core, id, &since, err);
	if (rc == 0 && core->cfg->log != PDG_LOG_REKOR_V1)
		core->log_since = since;
	if (rc == 0)
		rc = make_root(core, since, err);
	return rc;
}
