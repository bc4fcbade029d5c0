/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log at start: opened by its kind, and held against the store. Entries of one log must never
 * be continued in another, nor in a copy of it that went back (design 7).
 */
#include <inttypes.h>
#include <string.h>

#include "service/core_impl.h"
#include "tlog/embedded.h"
#include "tlog/note.h"
#include "tlog/rekor_v2.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

int pdg_core_meta(struct pdg_core *core, const char *name, char **out, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = core->store->ops->meta_get(core->store, name, out, &why);

	if (rc == 0 || rc == PDG_E_NOTFOUND)
		return 0;
	if (err)
		*err = why;
	return rc;
}

int pdg_core_meta_number(struct pdg_core *core, const char *name, uint64_t *out,
			 struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	int rc = pdg_core_meta(core, name, &text, err);

	*out = 0;
	if (rc < 0 || !text)
		return rc;
	if (!pdg_bytes_u64(pdg_bytes_str(text), UINT64_MAX, out))
		return pdg_reject(err, "STO-3", "the store's %s is '%.64s', no number", name, text);
	return 0;
}

PDG_AUTO_DEFINE(opened_log, struct pdg_log *, pdg_log_free)

static int open_folder(struct pdg_core *core, bool may_create, struct pdg_log **out,
		       struct pdg_error *err)
{
	struct pdg_embedded_options opt = {
		.directory = core->cfg->log_directory,
		.origin = core->cfg->log_origin,
		.key = core->cfg->log_key,
		.may_create = may_create,
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
	memcpy(core->log_id, pdg_embedded_id(core->log), sizeof(core->log_id));
	return pdg_key_public_der(pdg_key_spki(key), &core->log_key, err);
}

/* The newest tree that this log was seen to have (service/batch.c keeps it). */
static int known_head(struct pdg_core *core, struct pdg_log_head *out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *text = NULL;
	struct pdg_bytes size, root;
	struct pdg_log_head head;
	const char *blank;
	int rc = pdg_core_meta(core, "log-head", &text, err);

	if (rc < 0 || !text)
		return rc;
	blank = strchr(text, ' ');
	size = pdg_bytes(text, blank ? (size_t)(blank - text) : 0);
	root = pdg_bytes_str(blank ? blank + 1 : "");
	if (!pdg_bytes_u64(size, INT64_MAX, &head.size) ||
	    !pdg_unhex(root, head.root.b, PDG_HASH_LEN))
		return pdg_reject(err, "STO-3", "the store's log-head is '%.100s', no tree", text);
	*out = head;
	return 0;
}

static int open_rekor(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_rekor_options opt = {
		.url = core->cfg->log_url,
		.read_url = core->cfg->log_read_url,
		.origin = core->cfg->log_origin,
		.key_file = core->cfg->log_key,
		.proxy = core->cfg->proxy,
	};
	int rc;

	rc = pdg_key_public_file(core->cfg->log_key, &core->log_key, err);
	if (rc < 0)
		return pdg_context(err, rc, "[log] key");
	rc = pdg_note_key_id(core->cfg->log_origin, core->log_key, core->log_id, err);
	if (rc == 0)
		rc = known_head(core, &opt.known, err);
	return rc < 0 ? rc : pdg_rekor_v2_open(&opt, &core->log, err);
}

/* One value that must not change while the store has logged entries. */
static int check_same(struct pdg_core *core, const char *name, const char *what, const char *now,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	int rc = pdg_core_meta(core, name, &was, err);

	if (rc < 0 || !was || pdg_str_eq(was, now))
		return rc;
	rc = pdg_reject(err, "CFG-2",
			"the store has entries of a log with %s '%s', configured is '%s'", what,
			was, now);
	pdg_fix(err, "configure that log again, or start with a store of its own");
	return rc;
}

static const char *type_name(const struct pdg_core *core)
{
	return core->cfg->log == PDG_LOG_EMBEDDED ? "embedded" : "rekor-v2";
}

static int check_size(struct pdg_core *core, struct pdg_error *err)
{
	uint64_t known, size;
	int rc;

	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_core_meta_number(core, "log-size", &known, err);
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

/* A crash leaves a log that is ahead of the store, but never one of which the store knows nothing:
 * it is written down there before the log has its first entry. */
static int check_known(struct pdg_core *core, const char *id, struct pdg_error *err)
{
	PDG_AUTO(mem) char *was = NULL;
	uint64_t size;
	int rc;

	if (core->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = pdg_core_meta(core, "log-id", &was, err);
	if (rc < 0 || pdg_str_eq(was, id))
		return rc;
	size = pdg_embedded_size(core->log);
	return size > 0 ? pdg_core_refuse_unknown_log(core, size, err) : 0;
}

/* Write down whose entries the store holds; the time is when this log was begun with. */
static int keep_log(struct pdg_core *core, const char *id, int64_t *out_since,
		    struct pdg_error *err)
{
	PDG_AUTO(mem) char *now = pdg_str_printf("%" PRId64, pdg_now(&core->clock));
	PDG_AUTO(mem) char *was_id = NULL;
	struct pdg_store *s = core->store;
	uint64_t since = 0;
	int rc;

	if (!now)
		return pdg_nomem(err);
	rc = pdg_core_meta(core, "log-id", &was_id, err);
	if (rc == 0)
		rc = pdg_core_meta_number(core, "log-since", &since, err);
	if (rc < 0)
		return rc;
	if (!core->only_check && (since == 0 || !pdg_str_eq(was_id, id))) {
		since = (uint64_t)pdg_now(&core->clock);
		rc = s->ops->begin(s, err);
		if (rc < 0)
			return rc;
		rc = s->ops->meta_set(s, "log-since", now, err);
		if (rc == 0)
			rc = s->ops->meta_set(s, "log-id", id, err);
		if (rc == 0)
			rc = s->ops->meta_set(s, "log-origin", core->cfg->log_origin, err);
		if (rc == 0)
			rc = s->ops->meta_set(s, "log-type", type_name(core), err);
		if (rc == 0)
			rc = s->ops->commit(s, err);
		else
			s->ops->rollback(s);
	}
	*out_since = (int64_t)since;
	return rc;
}

static int make_root(struct pdg_core *core, int64_t since, struct pdg_error *err)
{
	PDG_AUTO(mem) char *url = pdg_str_printf("http://%s", core->cfg->log_origin);
	int rc;

	if (!url)
		return pdg_nomem(err);
	rc = pdg_root_write(&(struct pdg_root_make){.base_url = url,
						    .key = core->log_key,
						    .log_id = core->log_id,
						    .valid_from = since,
						    .embedded = core->cfg->log == PDG_LOG_EMBEDDED},
			    &core->root_json, err);
	if (rc < 0)
		return rc;
	return pdg_root_parse(pdg_buf_bytes(&core->root_json), &core->root, err);
}

int pdg_core_open_log(struct pdg_core *core, struct pdg_error *err)
{
	uint64_t all, pending;
	int64_t oldest, since = 0;
	char id[2 * sizeof(core->log_id) + 1];
	int rc;

	rc = core->store->ops->count(core->store, &all, &pending, &oldest, err);
	if (rc == 0 && all > pending) {
		rc = check_same(core, "log-type", "type", type_name(core), err);
		if (rc == 0)
			rc = check_same(core, "log-origin", "origin", core->cfg->log_origin, err);
	}
	if (rc < 0)
		return rc;
	rc = core->cfg->log == PDG_LOG_EMBEDDED ? open_embedded(core, all > pending, err)
						: open_rekor(core, err);
	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(core->log_id, sizeof(core->log_id)), id);
	if (all > pending) {
		rc = check_same(core, "log-id", "id", id, err);
		if (rc == 0)
			rc = check_size(core, err);
	}
	if (rc == 0)
		rc = check_known(core, id, err);
	if (rc == 0)
		rc = keep_log(core, id, &since, err);
	if (rc == 0)
		rc = make_root(core, since, err);
	return rc;
}
