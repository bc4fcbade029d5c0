/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of the core: opened at start, by the program that holds them or here where there is
 * none (tests); made where a journal or a log begins; and the signing key that follows another
 * while the service runs. A new one is tried before it is used, and known to the store before that.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/dsse.h"
#include "crypto/digest.h"
#include "service/core_impl.h"
#include "service/meta.h"
#include "service/own_keys.h"
#include "service/own_trust.h"
#include "tlog/embedded.h"
#include "tlog/note.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

/* --- where they are --- */

static int log_key_path(const struct pdg_service_config *cfg, char **out, struct pdg_error *err)
{
	if (cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	*out = cfg->log_key ? pdg_str_dup(cfg->log_key)
			    : pdg_path_join(cfg->log_directory, PDG_EMBEDDED_KEY);
	return *out ? 0 : pdg_nomem(err);
}

static int start_signer(struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_service_config *cfg = core->cfg;
	PDG_AUTO(mem) char *beside = pdg_core_own_journal_key(cfg);
	PDG_AUTO(mem) char *log_key = NULL;
	struct pdg_signer_options opt = {
		.program = cfg->signer_program,
		.config = cfg->file,
		.origin = cfg->log_origin,
		.journal_key = cfg->journal_key ? cfg->journal_key : beside,
	};
	int rc;

	if (!opt.program)
		return 0;
	if (!beside)
		return pdg_nomem(err);
	rc = log_key_path(cfg, &log_key, err);
	opt.log_key = log_key;
	return rc < 0 ? rc : pdg_signer_start(&opt, &core->signer, err);
}

int pdg_core_start_signer(struct pdg_core *core, struct pdg_error *err)
{
	return core->only_check ? 0 : start_signer(core, err);
}

/* The store's value @name: base64 of a key's public half. PDG_E_NOTFOUND: none. */
static int kept_key(struct pdg_core *core, const char *name, struct pdg_key **out,
		    struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf spki = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(mem) char *text = NULL;
	int rc = pdg_store_meta(core->store, name, &text, err);

	if (rc < 0)
		return rc;
	if (!text)
		return pdg_fail(err, PDG_E_NOTFOUND, "the store has no %s", name);
	rc = pdg_unbase64(pdg_bytes_str(text), PDG_BASE64_STD, &spki, err);
	if (rc == 0)
		rc = pdg_key_public_der(pdg_buf_bytes(&spki), out, err);
	return pdg_as_rule(err, rc, "STO-3");
}

/* The one that was in use last. PDG_E_NOTFOUND: the store knows none. */
static int kept_signing_key(struct pdg_core *core, struct pdg_key **out, struct pdg_error *err)
{
	PDG_AUTO(own_keys) struct pdg_key_list list = {0};
	PDG_AUTO(mem) char *text = NULL;
	int rc = pdg_store_meta(core->store, PDG_META_SERVICE_KEYS, &text, err);

	if (rc == 0)
		rc = pdg_own_keys_read(text, &list, err);
	if (rc < 0)
		return rc;
	if (list.n == 0)
		return pdg_fail(err, PDG_E_NOTFOUND, "the store knows no signing key");
	return pdg_key_public_der(pdg_key_spki(list.v[list.n - 1].key), out, err);
}

/* Who only looks signs nothing: the keys themselves may be where he cannot reach them. A store that
 * no pedigreed of this version has served has only some of their public halves. */
static int look_up_key(struct pdg_core *core, enum pdg_purpose purpose, struct pdg_key **out,
		       struct pdg_error *err)
{
	int rc;

	if (purpose == PDG_PURPOSE_SIGNING)
		rc = kept_signing_key(core, out, err);
	else
		rc = kept_key(core,
			      purpose == PDG_PURPOSE_LOG ? PDG_META_LOG_KEY : PDG_META_JOURNAL_KEY,
			      out, err);
	if (rc != PDG_E_NOTFOUND)
		return rc;
	rc = core->signer ? 0 : start_signer(core, err);
	return rc < 0 ? rc : PDG_E_NOTFOUND;
}

/* A key that was made unasked: it lies with what it signs, and came with it from where that did. */
static bool is_own(const struct pdg_service_config *cfg, enum pdg_purpose purpose)
{
	return (purpose == PDG_PURPOSE_JOURNAL && !cfg->journal_key) ||
	       (purpose == PDG_PURPOSE_LOG && !cfg->log_key);
}

/* A file that this user cannot read here need not be one that the service's cannot. */
static bool is_here(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

/*
 * Who only looks holds the key that would sign next against what was signed, where he can: the own
 * ones always, for without them there is no next start. None is made, nor anything beside it.
 */
static int key_to_check(struct pdg_core *core, enum pdg_purpose purpose, const char *path,
			struct pdg_key **out, struct pdg_error *err)
{
	if (purpose != PDG_PURPOSE_SIGNING && (is_own(core->cfg, purpose) || is_here(path)))
		return pdg_key_private_file(path, out, err);
	return look_up_key(core, purpose, out, err);
}

/* The remedy of an own key that a restore left to another user, or closed. */
static void fix_owner(const char *path, struct pdg_error *err)
{
	struct stat st;
	bool closed;

	if (!err || err->code != PDG_E_USAGE || stat(path, &st) != 0)
		return;
	closed = access(path, R_OK) != 0;
	if (st.st_uid != geteuid() && (closed || st.st_uid != 0))
		pdg_fix(err,
			"run this as the user whose it is, or make it this one's: chown %lu "
			"\"%s\"",
			(unsigned long)geteuid(), path);
	else if (closed)
		pdg_fix(err, "chmod 600 \"%s\"", path);
}

static int open_key(struct pdg_core *core, enum pdg_purpose purpose, const char *path,
		    struct pdg_key **out, struct pdg_error *err)
{
	int rc = core->only_check ? key_to_check(core, purpose, path, out, err) : PDG_E_NOTFOUND;

	if (rc == PDG_E_NOTFOUND)
		rc = core->signer ? pdg_signer_key(core->signer, purpose, out, err)
				  : pdg_key_private_file(path, out, err);
	if (rc < 0 && is_own(core->cfg, purpose))
		fix_owner(path, err);
	return rc;
}

int pdg_core_open_embedded_key(void *ctx, const char *path, struct pdg_key **out,
			       struct pdg_error *err)
{
	const struct pdg_core *core = ctx;

	/* One that lies in the log's folder belongs to what is checked. */
	if (core->only_check && !core->cfg->log_key && !pdg_fs_exists(path))
		return pdg_fail(err, PDG_E_NOTFOUND, "%s: there is no such file", path);
	return open_key(ctx, PDG_PURPOSE_LOG, path, out, err);
}

/* --- the signing key --- */

/* A key that a log entry cannot be made with would be found out by the first submission only. */
int pdg_core_can_sign(const struct pdg_key *key, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(PDG_LIMIT_KIB(1));
	PDG_AUTO(buf) struct pdg_buf sig = PDG_BUF_INIT(PDG_LIMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	uint8_t digest[PDG_SHA256_LEN];
	int rc;

	pdg_pae(pdg_bytes_str(PDG_PAYLOAD_TYPE), pdg_bytes(NULL, 0), &pae);
	rc = pdg_sha256(pdg_buf_bytes(&pae), digest, err);
	if (rc == 0)
		rc = pdg_key_sign(key, pdg_buf_bytes(&pae), &sig, err);
	if (rc == 0)
		rc = pdg_key_verify(key, pdg_buf_bytes(&pae), pdg_buf_bytes(&sig), err);
	if (rc < 0)
		return rc;
	if (pdg_entry_body(digest, pdg_buf_bytes(&sig), key, &body, err) < 0) {
		rc = pdg_reject(err, "CFG-1", "signingKey is %s, by which no log entry is made",
				pdg_key_details(key));
		pdg_fix(err, "use an ECDSA P-256 key: 'pedigree key generate'");
	}
	return rc;
}

int pdg_core_open_signing_key(struct pdg_core *core, struct pdg_error *err)
{
	int rc = open_key(core, PDG_PURPOSE_SIGNING, core->cfg->signing_key, &core->signing_key,
			  err);

	if (rc < 0)
		return pdg_context(err, rc, "signingKey");
	return core->only_check ? 0 : pdg_core_can_sign(core->signing_key, err);
}

int pdg_core_may_sign(const struct pdg_core *core, const struct pdg_in_force *f, int64_t at,
		      struct pdg_error *err)
{
	int rc = pdg_own_trust_service(f, at, err);

	if (rc == 0)
		rc = pdg_own_trust_journal(f, core->journal_key, at, err);
	return rc < 0 ? rc : pdg_own_trust_log(core->log_since, at, err);
}

/* --- the journal's --- */

/* The key beside the database: made with the empty journal, saved before anything is signed with
 * it. */
static int own_journal_key(struct pdg_core *core, const char *path, struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *made = NULL;
	bool begun = false;
	int rc;

	if (pdg_fs_exists(path))
		return open_key(core, PDG_PURPOSE_JOURNAL, path, &core->journal_key, err);
	rc = pdg_core_has_journal(core, &begun, err);
	if (rc < 0)
		return rc;
	if (begun) {
		rc = pdg_reject(err, "CFG-4",
				"the store has a journal, but its key \"%s\" is missing", path);
		pdg_fix(err, "put the key back, or name it by journalKey");
		return rc;
	}
	rc = pdg_key_generate(PDG_KEY_ED25519, &made, err);
	if (rc == 0)
		rc = pdg_key_private_save(made, path, err);
	return rc < 0 ? rc : open_key(core, PDG_PURPOSE_JOURNAL, path, &core->journal_key, err);
}

int pdg_core_open_journal_key(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(mem) char *beside = pdg_core_own_journal_key(core->cfg);
	const char *named = core->cfg->journal_key;
	int rc;

	if (!beside)
		return pdg_nomem(err);
	rc = named ? open_key(core, PDG_PURPOSE_JOURNAL, named, &core->journal_key, err)
		   : own_journal_key(core, beside, err);
	if (rc < 0)
		return pdg_context(err, rc, "journal key");
	core->journal_origin = pdg_journal_origin(core->cfg->log_origin);
	return core->journal_origin ? 0 : pdg_nomem(err);
}

/* --- all of them --- */

static int differ(const struct pdg_core *core, const struct pdg_key *signing, struct pdg_error *err)
{
	const struct pdg_key *journal = core->journal_key;
	const struct pdg_key *log = core->log_key;

	if (journal && pdg_key_same(signing, journal))
		return pdg_reject(err, "CFG-3", "signingKey is the journal's key too");
	if (log && pdg_key_same(signing, log))
		return pdg_reject(err, "CFG-3", "signingKey is the log's key too");
	if (journal && log && pdg_key_same(journal, log))
		return pdg_reject(err, "CFG-3", "the journal's key is the log's key too");
	return 0;
}

int pdg_core_keys_differ(const struct pdg_core *core, struct pdg_error *err)
{
	return differ(core, core->signing_key, err);
}

int pdg_core_seal_keys(struct pdg_core *core, struct pdg_error *err)
{
	int rc = differ(core, core->signing_key, err);

	return rc == 0 && core->signer ? pdg_signer_seal(core->signer, err) : rc;
}

/* --- the signing keys that were --- */

/* The list of the store with @key in use; a key that an older version knew has a time there. */
static int own_keys_with(struct pdg_core *core, const struct pdg_key *key, struct pdg_buf *out_was,
			 struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(own_keys) struct pdg_key_list list = {0};
	PDG_AUTO(mem) char *text = NULL;
	PDG_AUTO(mem) char *since_name = pdg_str_printf(PDG_META_KEY_SINCE, pdg_key_hint(key));
	uint64_t since;
	int rc;

	if (!since_name)
		return pdg_nomem(err);
	rc = pdg_store_meta(core->store, PDG_META_SERVICE_KEYS, &text, err);
	if (rc == 0)
		rc = pdg_store_meta_number(core->store, since_name, &since, err);
	if (rc == 0)
		rc = pdg_own_keys_read(text, &list, err);
	if (rc == 0)
		rc = pdg_own_keys_turn(&list, key, (int64_t)since, pdg_now(&core->clock), err);
	if (rc < 0)
		return rc;
	pdg_buf_puts(out_was, text ? text : "");
	return pdg_own_keys_write(&list, out, err);
}

/* One that did not sign the journal is refused by what opens that, and must not be known as its;
 * that of a journal that is still to begin is kept with it. */
static int keep_journal_key(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	struct pdg_error why = {0};
	uint64_t size;
	int rc = core->store->ops->journal_state(core->store, &size, &note, &why);

	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, NULL);
	if (rc == 0)
		rc = pdg_checkpoint_verify(c, c->origin, core->journal_key, NULL);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	/* Not by it: who opens the journal says so. */
	if (rc < 0)
		return 0;
	return pdg_own_key_keep(core->store, PDG_META_JOURNAL_KEY, core->journal_key, err);
}

static int change_own_keys(void *ctx, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_core *core = ctx;
	struct pdg_store *s = core->store;
	int rc = own_keys_with(core, core->signing_key, &was, &core->own_keys, err);

	if (rc == 0 && !pdg_bytes_eq(pdg_buf_bytes(&was), pdg_buf_bytes(&core->own_keys)))
		rc = s->ops->meta_set(s, PDG_META_SERVICE_KEYS, pdg_buf_cstr(&core->own_keys), err);
	if (rc == 0)
		rc = keep_journal_key(core, err);
	if (rc == 0 && core->cfg->log == PDG_LOG_EMBEDDED)
		rc = pdg_own_key_keep(core->store, PDG_META_LOG_KEY, core->log_key, err);
	return rc < 0 ? rc : 1;
}

int pdg_core_keep_own_keys(struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_LIMIT_KIB(64));

	if (core->only_check)
		return own_keys_with(core, core->signing_key, &was, &core->own_keys, err);
	return pdg_store_change(core->store, change_own_keys, core, err);
}

/* --- another signing key --- */

void pdg_core_drop_next_key(struct pdg_core *core)
{
	pdg_key_free(PDG_TAKE(core->next_key));
	pdg_buf_reset(&core->next_own_keys);
}

int pdg_core_turn_key(struct pdg_core *core, const struct pdg_service_config *now,
		      struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf was = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(key) struct pdg_key *key = NULL;
	int rc;

	core->next_why = (struct pdg_error){0};
	pdg_core_drop_next_key(core);
	rc = core->signer ? pdg_signer_turn(core->signer, &key, err)
			  : pdg_key_private_file(now->signing_key, &key, err);
	if (rc == 0)
		rc = differ(core, key, err);
	if (rc == 0)
		rc = pdg_core_can_sign(key, err);
	if (rc == 0)
		rc = own_keys_with(core, key, &was, &core->next_own_keys, err);
	if (rc == 0)
		core->next_key = PDG_TAKE(key);
	else
		pdg_buf_reset(&core->next_own_keys);
	return rc;
}

int pdg_core_key_taken(struct pdg_core *core, struct pdg_error *err)
{
	if (core->next_why.code < 0)
		*err = core->next_why;
	return core->next_why.code;
}

void pdg_core_turned(struct pdg_core *core)
{
	struct pdg_key *key = PDG_TAKE(core->next_key);

	if (!key)
		return;
	if (!pdg_key_same(key, core->signing_key))
		pdg_log(PDG_LOG_INFO, "new-signing-key", "key", pdg_key_hint(key), "before",
			pdg_key_hint(core->signing_key), NULL);
	pdg_key_free(core->signing_key);
	core->signing_key = key;
	(void)atomic_fetch_add(&core->turned, 1);
}

void pdg_core_keys_done(struct pdg_core *core)
{
	pdg_core_drop_next_key(core);
	pdg_buf_done(&core->next_own_keys);
	pdg_buf_done(&core->own_keys);
	pdg_key_free(core->log_key);
	pdg_key_free(core->journal_key);
	pdg_key_free(core->signing_key);
	pdg_signer_end(core->signer);
}
