/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store at start. A database is made where none is, but never beside a log or a journal that
 * was begun without it: that is a wrong `store`, or a database that was lost, and going on would
 * make a second journal next to what the log says of the first.
 */
#include <sys/stat.h>

#include "service/core_impl.h"
#include "service/store_module.h"
#include "store/sqlite.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/str.h"

#define BEGIN_ANEW                                                                                 \
	"restore the database that belongs to it, or correct store in [service]; to begin anew "   \
	"move the log's folder away, and take new keys"

int pdg_core_count(struct pdg_core *core, uint64_t *out_all, uint64_t *out_pending,
		   struct pdg_error *err)
{
	struct pdg_error why = {0};
	int64_t oldest;
	int rc = core->store->ops->count(core->store, out_all, out_pending, &oldest, &why);

	if (rc < 0 && core->only_check && pdg_str_eq(why.rule, "STO-5")) {
		*out_all = UINT64_MAX;
		*out_pending = 0;
		return 0;
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

static int has_decided(struct pdg_core *core, bool *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf leaf = PDG_BUF_INIT(PDG_LIMIT_LOG_ENTRY);
	uint64_t all = 0, pending = 0;
	int rc = pdg_core_count(core, &all, &pending, err);

	*out = all > 0;
	if (rc < 0 || *out)
		return rc;
	rc = core->store->ops->journal_leaf(core->store, 0, &leaf, err);
	*out = rc == 0;
	return rc == PDG_E_NOTFOUND ? 0 : rc;
}

/* What was decided first, for another pedigreed may begin both in between. */
int pdg_core_has_journal(struct pdg_core *core, bool *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_store *s = core->store;
	bool decided = false;
	uint64_t size;
	int rc = has_decided(core, &decided, err);

	if (rc == 0)
		rc = s->ops->journal_state(s, &size, &note, err);
	if (rc == PDG_E_NOTFOUND && decided) {
		rc = pdg_reject(err, "STO-5",
				"the store has attestations or journal leaves, but no checkpoint "
				"of its journal");
		pdg_fix(err, "restore the service's database and its log from one backup");
	}
	if (rc < 0 && rc != PDG_E_NOTFOUND)
		return rc;
	*out = rc == 0;
	return 0;
}

char *pdg_core_own_journal_key(const struct pdg_service_config *cfg)
{
	/* A store elsewhere has nothing beside it: journalKey is named (service/config.c). */
	return pdg_str_printf("%s" PDG_JOURNAL_KEY_BESIDE, cfg->store_path ? cfg->store_path : "");
}

int pdg_core_own_folder(const char *dir, const char *key, struct pdg_error *err)
{
	struct pdg_error why = {0};
	int rc = pdg_fs_private_dir(dir, &why);

	if (rc == PDG_E_IO) {
		rc = pdg_as_rule(&why, rc, "CFG-1");
		pdg_fix(&why, "name by %s a place where the service's user may write", key);
	}
	if (rc < 0 && err)
		*err = why;
	return rc;
}

int pdg_core_refuse_unknown_log(const struct pdg_core *core, uint64_t size, struct pdg_error *err)
{
	int rc =
		pdg_reject(err, "CFG-6",
			   "the log in \"%s\" has %llu entries, but the store \"%s\" knows nothing "
			   "of it",
			   core->cfg->log_directory, (unsigned long long)size,
			   core->cfg->store_path ? core->cfg->store_path : "postgresql");

	pdg_fix(err, BEGIN_ANEW);
	return rc;
}

/* The journal's own key is made when the database is there already, and never before. */
static int check_no_key(const struct pdg_core *core, struct pdg_error *err)
{
	PDG_AUTO(mem) char *key = pdg_core_own_journal_key(core->cfg);
	int rc;

	if (!key)
		return pdg_nomem(err);
	if (core->cfg->journal_key || !pdg_fs_exists(key))
		return 0;
	rc = pdg_reject(err, "CFG-6",
			"the journal's key \"%s\" is there, but the store \"%s\" is not", key,
			core->cfg->store_path);
	pdg_fix(err, BEGIN_ANEW);
	return rc;
}

static bool is_unmade(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || (S_ISREG(st.st_mode) && st.st_size == 0);
}

/* Nothing is made before nothing is known to be missing. */
static int make_store(struct pdg_core *core, struct pdg_error *err)
{
	const char *path = core->cfg->store_path;
	bool unmade = is_unmade(path);
	bool is_new = false;
	int rc = 0;

	if (unmade)
		rc = check_no_key(core, err);
	if (rc == 0 && unmade)
		rc = pdg_core_log_unbegun(core, err);
	if (rc == 0 && unmade)
		rc = pdg_core_look_first(core, err);
	if (rc == 0)
		rc = pdg_sqlite_open(path, &core->store, &is_new, err);
	if (rc == 0 && is_new)
		pdg_log(PDG_LOG_INFO, "new-store", "path", path, NULL);
	return rc;
}

/* What is wrong with the URL is said of the line that has it. */
static int open_shared(struct pdg_core *core, bool only_look, bool *out_new, struct pdg_error *err)
{
	const struct pdg_service_config *cfg = core->cfg;
	const struct pdg_store_open how = {.url = cfg->store_url, .only_look = only_look};
	int rc = pdg_store_module_open(&how, &core->store, out_new, err);

	if (rc == PDG_E_USAGE && err && pdg_str_eq(err->rule, "CFG-1"))
		return pdg_context(err, rc, "%s:%u", cfg->file, cfg->store_line);
	return rc;
}

static int open_to_check(struct pdg_core *core, struct pdg_error *err)
{
	const struct pdg_service_config *cfg = core->cfg;
	bool is_new = true;
	bool begun = false;
	int rc = 0;

	if (cfg->store_url)
		rc = open_shared(core, true, &is_new, err);
	else if (pdg_fs_exists(cfg->store_path))
		rc = pdg_sqlite_open(cfg->store_path, &core->store, &is_new, err);
	if (rc == 0 && !is_new)
		rc = pdg_core_has_journal(core, &begun, err);
	if (rc < 0 || begun)
		return rc;
	rc = pdg_reject(err, "STO-3", "there is no store in \"%s\" to be checked",
			cfg->store_path ? cfg->store_path : "postgresql");
	pdg_fix(err, "name the service's database by store in [service]");
	return rc;
}

/* Of a log that was begun without it, pdg_core_open_log() tells. */
static int make_shared(struct pdg_core *core, struct pdg_error *err)
{
	bool is_new = false;
	/* Whether there is a store in it only the database can say. */
	int rc = pdg_core_look_first(core, err);

	if (rc == 0)
		rc = open_shared(core, false, &is_new, err);
	if (rc < 0)
		return rc;
	if (is_new)
		pdg_log(PDG_LOG_INFO, "new-store", "kind", core->store->ops->name, NULL);
	/* Its files are of one machine, and of one pedigreed on it. */
	if (core->cfg->log == PDG_LOG_EMBEDDED)
		pdg_log(PDG_LOG_WARN, "embedded-log-is-not-shared", "directory",
			core->cfg->log_directory, NULL);
	return 0;
}

/* Whoever can put a file beside the database can replace it, or its journal's key. */
int pdg_core_open_store(struct pdg_core *core, struct pdg_error *err)
{
	const char *path = core->cfg->store_path;
	PDG_AUTO(mem) char *dir = path ? pdg_path_dir(path) : NULL;
	bool begun = false;
	int rc = 0;

	if (path && !dir)
		return pdg_nomem(err);
	rc = pdg_core_look_at_files(core, err);
	if (rc < 0)
		return rc;
	if (path && (!core->only_check || pdg_fs_exists(path)))
		rc = pdg_core_own_folder(dir, "store in [service]", err);
	if (rc < 0)
		return pdg_context(err, rc, "store");
	if (core->only_check)
		return open_to_check(core, err);
	rc = path ? make_store(core, err) : make_shared(core, err);
	/* No journal is begun where one was. */
	return rc < 0 ? rc : pdg_core_has_journal(core, &begun, err);
}
