/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A backup of a running service, by another process with a reader's connection of its own. The
 * database comes first: the log that is copied after it has at least the entries that it knows of,
 * which is all that the service asks for at its start (CFG-5). A service that could not write its
 * log's checkpoint (RDY-6) has them, but does not show them: then there is no backup.
 */
#include "service/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/core_impl.h"
#include "store/sqlite.h"
#include "tlog/embedded.h"
#include "util/fs.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

#define BEHIND_MS 5000 /* for which a log that shows too little is waited for */
#define LOOK_MS	  100

struct backup {
	const struct pdg_service_config *cfg;
	struct pdg_backup_told *told;
	const char *dir; /* being made */
	uint64_t known;	 /* the database that was copied knows of so many entries of the log */
};

static void store_progress(void *ctx, uint64_t done, uint64_t all)
{
	const struct backup *b = ctx;

	if (b->told->progress)
		b->told->progress(b->told->ctx, "database", done, all);
}

/* Files that another user made beside the database would keep the service from opening it. */
static int check_user(const struct pdg_service_config *cfg, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (!cfg->store_path) {
		rc = pdg_reject(err, "BAK-1", "the store is a database of PostgreSQL");
		pdg_fix(err, "use pg_dump, or pg_basebackup with WAL archiving");
		return rc;
	}
	if (stat(cfg->store_path, &st) != 0 && (errno == EACCES || errno == EPERM)) {
		rc = pdg_reject(err, "BAK-1", "\"%s\" cannot be reached by user %u: %s",
				cfg->store_path, geteuid(), strerror(errno));
		pdg_fix(err, "run it as the service's user");
		return rc;
	}
	if (stat(cfg->store_path, &st) != 0) {
		rc = pdg_reject(err, "STO-3", "there is no store in \"%s\": %s", cfg->store_path,
				strerror(errno));
		pdg_fix(err, "name the file of the service's database by store in [service]");
		return rc;
	}
	if (st.st_uid == geteuid())
		return 0;
	rc = pdg_reject(err, "BAK-1", "\"%s\" belongs to user %u, and this is user %u",
			cfg->store_path, st.st_uid, geteuid());
	pdg_fix(err, "run it as the service's user");
	return rc;
}

/* What lies in the log's folder is the log: the next backup would copy this one. */
static int check_apart(const struct pdg_service_config *cfg, const char *to, struct pdg_error *err)
{
	PDG_AUTO(mem) char *parent = pdg_path_dir(to);
	PDG_AUTO(mem) char *place = NULL;
	PDG_AUTO(mem) char *log = NULL;
	size_t n;
	int rc;

	if (!parent)
		return pdg_nomem(err);
	if (cfg->log != PDG_LOG_EMBEDDED || pdg_path_real(parent, &place, NULL) < 0 ||
	    pdg_path_real(cfg->log_directory, &log, NULL) < 0)
		return 0;
	n = strlen(log);
	if (strncmp(place, log, n) != 0 || (place[n] && place[n] != '/'))
		return 0;
	rc = pdg_reject(err, "BAK-1", "\"%s\" is in the folder of the log itself", to);
	pdg_fix(err, "name a folder outside of \"%s\", best on another disk", log);
	return rc;
}

static int make_folder(const char *dir, struct pdg_error *err)
{
	int rc;

	if (mkdir(dir, 0700) == 0)
		return 0;
	rc = pdg_reject(err, "BAK-1", "cannot make \"%s\": %s", dir, strerror(errno));
	pdg_fix(err, "name a new folder in a place where the service's user may write");
	return rc;
}

static int copy_store(struct backup *b, struct pdg_error *err)
{
	PDG_AUTO(mem) char *to = pdg_path_join(b->dir, PDG_BACKUP_STORE);

	if (!to)
		return pdg_nomem(err);
	return pdg_sqlite_backup(b->cfg->store_path, to, store_progress, b, &b->known, err);
}

/* The one beside the database; one that is configured has its own backups. */
static int copy_journal_key(const struct backup *b, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PDG_LIMIT_KEY_PEM);
	PDG_AUTO(mem) char *from = pdg_core_own_journal_key(b->cfg);
	PDG_AUTO(mem) char *to = pdg_path_join(b->dir, PDG_BACKUP_STORE PDG_JOURNAL_KEY_BESIDE);
	int rc;

	if (!from || !to)
		return pdg_nomem(err);
	if (b->cfg->journal_key)
		return 0;
	rc = pdg_fs_read(from, &pem, err);
	return rc < 0 ? rc : pdg_fs_create(to, pdg_buf_bytes(&pem), 0600, err);
}

/* It never shows less later. */
static int wait_for_log(const struct backup *b, struct pdg_error *err)
{
	const struct timespec tick = {.tv_nsec = LOOK_MS * 1000L * 1000L};
	int64_t end = pdg_monotonic_ms() + BEHIND_MS;
	uint64_t shown = 0;
	int rc;

	for (;;) {
		rc = pdg_embedded_size_shown(b->cfg->log_directory, &shown, err);
		if (rc < 0 || shown >= b->known)
			return rc;
		if (pdg_monotonic_ms() >= end)
			break;
		(void)nanosleep(&tick, NULL);
	}
	rc = pdg_reject(err, "BAK-1",
			"the log in \"%s\" shows %" PRIu64
			" entries, the database knows of %" PRIu64
			": what was copied could not be restored",
			b->cfg->log_directory, shown, b->known);
	pdg_fix(err, "see what /readyz says (RDY-6), or start the service where it does not run; "
		     "back up once it is ready");
	return rc;
}

static int copy_log(const struct backup *b, struct pdg_error *err)
{
	PDG_AUTO(mem) char *to = pdg_path_join(b->dir, PDG_BACKUP_LOG);
	int rc;

	if (!to)
		return pdg_nomem(err);
	if (b->cfg->log != PDG_LOG_EMBEDDED)
		return 0;
	rc = wait_for_log(b, err);
	return rc < 0 ? rc
		      : pdg_embedded_backup(b->cfg->log_directory, to, !b->cfg->log_key,
					    &b->told->log_size, err);
}

/* For people: what this folder is. Nothing reads it. */
static int write_about(const struct backup *b, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(mem) char *path = pdg_path_join(b->dir, PDG_BACKUP_ABOUT);
	struct pdg_jw w;
	int rc;

	if (!path)
		return pdg_nomem(err);
	pdg_jw_init(&w, &text);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "backupOf", b->cfg->store_path);
	pdg_jw_key(&w, "made");
	pdg_jw_time(&w, pdg_now(&pdg_clock_system));
	pdg_jw_kstr(&w, "logOrigin", b->cfg->log_origin);
	pdg_jw_ku64(&w, "logEntries", b->told->log_size);
	pdg_jw_end(&w);
	pdg_buf_putc(&text, '\n');
	rc = pdg_buf_check(&text, err);
	return rc < 0 ? rc : pdg_fs_create(path, pdg_buf_bytes(&text), 0600, err);
}

/* One sync of the file system in place of one for each of ten thousand tiles. */
static int sync_all(const char *dir, struct pdg_error *err)
{
	PDG_AUTO(fd) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || syncfs(fd) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot sync \"%s\": %s", dir, strerror(errno));
	return 0;
}

static int fill(struct backup *b, struct pdg_error *err)
{
	int rc = copy_store(b, err);

	if (rc == 0)
		rc = copy_journal_key(b, err);
	if (rc == 0)
		rc = copy_log(b, err);
	if (rc == 0)
		rc = write_about(b, err);
	return rc == 0 ? sync_all(b->dir, err) : rc;
}

/* Its name is the promise that it is whole; rename() would replace an empty folder. */
static int give_name(const char *dir, const char *to, struct pdg_error *err)
{
	PDG_AUTO(mem) char *parent = pdg_path_dir(to);

	if (!parent)
		return pdg_nomem(err);
	if (renameat2(AT_FDCWD, dir, AT_FDCWD, to, RENAME_NOREPLACE) != 0)
		return pdg_fail(err, PDG_E_IO, "cannot rename \"%s\" to \"%s\": %s", dir, to,
				strerror(errno));
	return pdg_fs_sync_dir(parent, err);
}

int pdg_backup(const struct pdg_service_config *cfg, const char *to, struct pdg_backup_told *told,
	       struct pdg_error *err)
{
	PDG_AUTO(mem) char *whole = pdg_str_dup(to);
	PDG_AUTO(mem) char *dir = NULL;
	struct backup b = {.cfg = cfg, .told = told};
	size_t n = strlen(to);
	int rc;

	if (!whole)
		return pdg_nomem(err);
	while (n > 1 && whole[n - 1] == '/')
		whole[--n] = '\0';
	if (n == 0) {
		rc = pdg_reject(err, "BAK-1", "the new folder has no name");
		pdg_fix(err, "name a folder that is not there: --backup DIR");
		return rc;
	}
	to = whole;
	b.dir = dir = pdg_str_printf("%s.unfinished-%ld", to, (long)getpid());
	if (!dir)
		return pdg_nomem(err);
	told->log_size = 0;
	rc = check_user(cfg, err);
	if (rc < 0)
		return rc;
	if (pdg_fs_exists(to)) {
		rc = pdg_reject(err, "BAK-1", "\"%s\" is there already", to);
		pdg_fix(err, "name a folder that is not there: each backup is one of its own");
		return rc;
	}
	rc = check_apart(cfg, to, err);
	if (rc == 0)
		rc = make_folder(dir, err);
	if (rc < 0)
		return rc;
	rc = fill(&b, err);
	if (rc == 0)
		rc = give_name(dir, to, err);
	if (rc == 0)
		return 0;
	if (pdg_fs_remove_tree(dir, NULL) < 0)
		pdg_fix(err, "remove \"%s\"", dir);
	return pdg_context(err, rc, "backup");
}
