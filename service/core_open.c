/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start and end of the core. Start goes from what is kept to what is done with it: store
 * (core_store.c), keys, log (core_log.c), policy, journal, threads; each is held against the ones
 * before. The only keys that it makes
 * are those of a log and a journal that are empty (design 7).
 */
#include <inttypes.h>
#include <string.h>

#include "crypto/digest.h"
#include "service/core_impl.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/rule.h"
#include "util/size.h"
#include "util/str.h"

/* These, the log's three times, and what service/main.c waits stay below 10 s. */
#define CLOSE_MS      2000
#define LOG_FINISH_MS 1400
#define END_MS	      1000

bool pdg_core_stop(struct pdg_core *core)
{
	return pdg_writer_close(core->writer, CLOSE_MS);
}

bool pdg_core_close(struct pdg_core *core)
{
	bool kept, ended;

	if (!core)
		return true;
	kept = !core->writer || pdg_core_stop(core);
	ended = pdg_publisher_stop(core->publisher, LOG_FINISH_MS);
	kept = pdg_writer_end(core->writer, END_MS) && kept;
	if (!ended)
		pdg_log(PDG_LOG_WARN, "log-call-abandoned", NULL);
	if (!kept)
		pdg_log(PDG_LOG_WARN, "store-call-abandoned", NULL);
	if (!ended || !kept)
		return false;
	pdg_publisher_free(core->publisher);
	pdg_writer_free(core->writer);
	pdg_journal_free(core->journal);
	pdg_policy_box_free(core->policy);
	pdg_log_free(core->log);
	pdg_store_close(core->store);
	pdg_root_free(core->root);
	pdg_buf_done(&core->root_json);
	pdg_key_free(core->log_key);
	pdg_key_free(core->journal_key);
	pdg_key_free(core->signing_key);
	free(core->journal_origin);
	free(core->key_cache);
	free(core->refused);
	(void)pthread_mutex_destroy(&core->look.mutex);
	free(core);
	return true;
}
PDG_AUTO_DEFINE(core, struct pdg_core *, pdg_core_close)

/* A key that a log entry cannot be made with would be found out by the first submission only. */
static int open_signing_key(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	uint8_t digest[PDG_SHA256_LEN];
	int rc;

	rc = pdg_key_private_file(core->cfg->signing_key, &core->signing_key, err);
	if (rc < 0)
		return pdg_context(err, rc, "signingKey");
	rc = pdg_sha256(pdg_bytes_str("pedigree"), digest, err);
	if (rc == 0)
		rc = pdg_key_sign(core->signing_key, pdg_bytes_str("pedigree"), &sig, err);
	if (rc < 0)
		return rc;
	if (pdg_entry_body(digest, pdg_buf_bytes(&sig), core->signing_key, &body, err) < 0) {
		rc = pdg_reject(err, "CFG-1",
				"signingKey \"%s\" is %s, by which no log entry is made",
				core->cfg->signing_key, pdg_key_details(core->signing_key));
		pdg_fix(err, "use an ECDSA P-256 key: 'pedigree key generate'");
	}
	return rc;
}

/* The key beside the database: made with the empty journal, saved before anything is signed with
 * it. */
static int own_journal_key(struct pdg_core *core, const char *path, struct pdg_error *err)
{
	bool begun = false;
	int rc;

	if (pdg_fs_exists(path))
		return pdg_key_private_file(path, &core->journal_key, err);
	rc = pdg_core_has_journal(core, &begun, err);
	if (rc < 0)
		return rc;
	if (begun) {
		rc = pdg_reject(err, "CFG-4",
				"the store has a journal, but its key \"%s\" is missing", path);
		pdg_fix(err, "put the key back, or name it by journalKey");
		return rc;
	}
	rc = pdg_key_generate(PDG_KEY_ED25519, &core->journal_key, err);
	return rc < 0 ? rc : pdg_key_private_save(core->journal_key, path, err);
}

static int open_journal_key(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(mem) char *beside = pdg_core_own_journal_key(core->cfg);
	int rc;

	if (!beside)
		return pdg_nomem(err);
	rc = core->cfg->journal_key
		     ? pdg_key_private_file(core->cfg->journal_key, &core->journal_key, err)
		     : own_journal_key(core, beside, err);
	if (rc < 0)
		return pdg_context(err, rc, "journal key");
	core->journal_origin = pdg_journal_origin(core->cfg->log_origin);
	return core->journal_origin ? 0 : pdg_nomem(err);
}

static int check_own_keys(const struct pdg_core *core, struct pdg_error *err)
{
	if (pdg_key_same(core->signing_key, core->journal_key))
		return pdg_reject(err, "CFG-3", "signingKey is the journal's key too");
	if (pdg_key_same(core->signing_key, core->log_key))
		return pdg_reject(err, "CFG-3", "signingKey is the log's key too");
	if (pdg_key_same(core->journal_key, core->log_key))
		return pdg_reject(err, "CFG-3", "the journal's key is the log's key too");
	return 0;
}

static int keep_meta(struct pdg_core *core, const char *name, const char *value,
		     struct pdg_error *err)
{
	struct pdg_store *s = core->store;
	int rc;

	if (core->only_check)
		return 0;
	rc = s->ops->begin(s, err);
	if (rc < 0)
		return rc;
	rc = s->ops->meta_set(s, name, value, err);
	if (rc == 0)
		return s->ops->commit(s, err);
	s->ops->rollback(s);
	return rc;
}

/* Since when this key countersigns: keys.json says so. */
static int keep_key_since(struct pdg_core *core, const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = pdg_str_printf("key-since:%s", pdg_key_hint(key));
	PDG_AUTO(mem) char *now = pdg_str_printf("%" PRId64, pdg_now(&core->clock));
	uint64_t since;
	int rc;

	if (!name || !now)
		return pdg_nomem(err);
	rc = pdg_core_meta_number(core, name, &since, err);
	return rc < 0 || since ? rc : keep_meta(core, name, now, err);
}

/* A policy that trusts other services but not this one refuses everything that is countersigned
 * here. */
static void warn_if_untrusted(struct pdg_core *core)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = pdg_in_force_ref(core->policy);

	if (!pdg_key_list_has(&f->policy->service_keys, core->signing_key))
		pdg_log(PDG_LOG_WARN, "own-key-untrusted", "policy", f->policy->file, "key",
			pdg_key_hint(core->signing_key), NULL);
	if (!pdg_key_list_has(&f->policy->journal_keys, core->journal_key))
		pdg_log(PDG_LOG_WARN, "own-journal-untrusted", "policy", f->policy->file, "key",
			pdg_key_hint(core->journal_key), NULL);
}

/*
 * What is kept of key files is believed when they are read again, so nobody else may write there
 * (FIL-1). Without the folder keys are described anew at every start; that is all.
 */
static int open_key_cache(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("%s.keys", core->cfg->store_path);
	struct pdg_error why = {0};
	int rc;

	if (!path)
		return pdg_nomem(err);
	if (core->only_check && !pdg_fs_exists(path))
		return 0;
	rc = pdg_fs_private_dir(path, &why);
	if (rc == PDG_E_IO)
		return 0;
	if (rc < 0) {
		if (err)
			*err = why;
		return pdg_context(err, rc, "key cache");
	}
	core->key_cache = PDG_TAKE(path);
	return 0;
}

static int open_policy(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(in_force) struct pdg_in_force *f = NULL;
	PDG_AUTO(mem) char *version = NULL;
	struct pdg_own_trust own = {
		.service = core->signing_key,
		.journal = core->journal_key,
		.log = core->cfg->log == PDG_LOG_EMBEDDED ? core->log_key : NULL,
		.root_json = pdg_buf_bytes(&core->root_json),
	};
	uint64_t least;
	int rc;

	rc = open_key_cache(core, err);
	if (rc == 0)
		rc = pdg_core_meta_number(core, "policy-version", &least, err);
	if (rc == 0)
		rc = pdg_policy_box_new(core->cfg, &own, core->key_cache, &core->clock, least,
					&core->policy, err);
	if (rc < 0)
		return rc;
	warn_if_untrusted(core);
	f = pdg_in_force_ref(core->policy);
	version = pdg_str_printf("%" PRIu64, f->policy->version);
	if (!version)
		return pdg_nomem(err);
	return f->policy->version > least ? keep_meta(core, "policy-version", version, err) : 0;
}

static int start_threads(struct pdg_core *core, struct pdg_error *err)
{
	struct pdg_publisher_options opt = {
		.store = core->store,
		.log = core->log,
		.key = core->signing_key,
		.policy = core->policy,
	};
	uint64_t log_size;
	int rc;

	rc = pdg_core_meta_number(core, "log-size", &log_size, err);
	if (rc == 0)
		rc = pdg_writer_new(core->store, core->journal, log_size, &core->writer, err);
	if (rc < 0)
		return rc;
	opt.writer = core->writer;
	rc = pdg_publisher_new(&opt, &core->publisher, err);
	if (rc < 0)
		return rc;
	pdg_writer_publisher(core->writer, core->publisher);
	return pdg_publisher_start(core->publisher, err);
}

static int open_parts(struct pdg_core *core, struct pdg_error *err)
{
	int rc = open_signing_key(core, err);

	if (rc == 0)
		rc = pdg_core_open_store(core, err);
	if (rc == 0)
		rc = open_journal_key(core, err);
	if (rc == 0)
		rc = pdg_core_open_log(core, err);
	if (rc == 0)
		rc = check_own_keys(core, err);
	if (rc == 0)
		rc = open_policy(core, err);
	if (rc == 0)
		rc = keep_key_since(core, core->signing_key, err);
	if (rc == 0)
		rc = keep_key_since(core, core->journal_key, err);
	if (rc == 0)
		rc = pdg_journal_open(core->store, core->journal_key, core->journal_origin,
				      &core->journal, err);
	if (rc == 0 && !core->only_check)
		rc = start_threads(core, err);
	return rc;
}

static int core_open(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
		     bool only_check, struct pdg_core **out, struct pdg_error *err)
{
	PDG_AUTO(core) struct pdg_core *core = pdg_calloc(1, sizeof(*core));
	size_t n;
	int rc;

	if (!core)
		return pdg_nomem(err);
	(void)pthread_mutex_init(&core->look.mutex, NULL);
	core->cfg = cfg;
	core->clock = *clock;
	core->only_check = only_check;
	pdg_buf_init(&core->root_json, PDG_LIMIT_KIB(64));
	(void)pdg_rule_table(&n);
	core->refused = pdg_calloc(n, sizeof(*core->refused));
	if (!core->refused)
		return pdg_nomem(err);
	rc = open_parts(core, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(core);
	return 0;
}

int pdg_core_open(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
		  struct pdg_core **out, struct pdg_error *err)
{
	return core_open(cfg, clock, false, out, err);
}

int pdg_core_open_to_check(const struct pdg_service_config *cfg, const struct pdg_clock *clock,
			   struct pdg_core **out, struct pdg_error *err)
{
	return core_open(cfg, clock, true, out, err);
}
