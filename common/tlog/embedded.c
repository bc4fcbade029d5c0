/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded log as a log (tlog/log.h): opening its folder, beginning one, and the table by
 * which the publisher calls it. A tree is begun in a folder that is empty, or that holds nothing
 * but a beginning that was cut off (the file "creating" says so), and in no other.
 */
#include "tlog/embedded.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tlog/embedded_impl.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define LOCK	  "lock"
#define CREATING  "creating"
#define NAMES_MAX 1000
#define BATCH	  256

enum folder { FOLDER_ABSENT, FOLDER_EMPTY, FOLDER_BEGUN, FOLDER_LOG, FOLDER_OTHER };

static void embedded_free(struct pdg_log *log)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	size_t i;

	if (!l)
		return;
	/* A folder that is another one by now is nothing of ours. */
	if (l->ahead.at && pdg_embedded_there(log, NULL) == 0)
		pdg_embedded_ahead_close(l);
	pdg_embedded_ahead_done(l);
	for (i = 0; i < PDG_TILE_LEVELS; i++)
		pdg_buf_done(&l->edge[i]);
	pdg_buf_done(&l->bundle);
	pdg_tree_walk_free(l->walk);
	pdg_buf_done(&l->note);
	pdg_key_free(l->key);
	free(l->dir);
	free(l->origin);
	(void)pthread_mutex_destroy(&l->append);
	(void)pthread_mutex_destroy(&l->state);
	if (l->lock_fd >= 0)
		(void)close(l->lock_fd);
	free(l);
}

/* By its lock, which is held: another folder of the same name has another, or none. */
int pdg_embedded_there(struct pdg_log *log, struct pdg_error *err)
{
	const struct pdg_embedded *l = (const struct pdg_embedded *)log;
	PDG_AUTO(mem) char *lock = pdg_embedded_path(l, LOCK);
	PDG_AUTO(mem) char *checkpoint = pdg_embedded_path(l, PDG_EMBEDDED_CHECKPOINT);
	struct stat held, now;

	if (!lock || !checkpoint)
		return pdg_nomem(err);
	if (fstat(l->lock_fd, &held) != 0 || stat(lock, &now) != 0 || held.st_dev != now.st_dev ||
	    held.st_ino != now.st_ino)
		return pdg_fail(err, PDG_E_IO,
				"the log's folder \"%s\" was removed or replaced while it was open",
				l->dir);
	if (stat(checkpoint, &now) != 0)
		return pdg_fail(err, PDG_E_IO, "the log's \"%s\" was removed while it was open",
				checkpoint);
	return 0;
}

int pdg_embedded_shows(struct pdg_log *log, struct pdg_error *err)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	int rc;

	(void)pthread_mutex_lock(&l->state);
	rc = l->show_rc;
	if (rc < 0 && err)
		*err = l->show_why;
	(void)pthread_mutex_unlock(&l->state);
	return rc < 0 ? pdg_context(err, rc, "the log's checkpoint") : 0;
}

int pdg_embedded_show_again(struct pdg_log *log, struct pdg_error *err)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	struct pdg_error why = {0};

	/* An append under way shows its own. What is lost is not whole by being shown. */
	if (pthread_mutex_trylock(&l->append) == 0) {
		if (l->ahead.lost == 0) {
			/* Without a base in "ahead" its file is all that says it. */
			int rc = pdg_embedded_publish(l, pdg_buf_bytes(&l->note), l->ahead.at == 0,
						      &why);

			pdg_embedded_shown(l, rc, &why);
		}
		(void)pthread_mutex_unlock(&l->append);
	}
	return pdg_embedded_shows(log, err);
}

static int embedded_add(struct pdg_log *log, struct pdg_log_item *items, size_t n,
			struct pdg_error *err)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	int rc;

	(void)pthread_mutex_lock(&l->append);
	rc = pdg_embedded_there(log, err);
	if (rc == 0) {
		rc = pdg_embedded_append(l, items, n, err);
		l->fresh |= rc < 0;
	}
	(void)pthread_mutex_unlock(&l->append);
	return rc < 0 ? pdg_context(err, rc, "embedded log") : 0;
}

static const struct pdg_log_ops embedded_ops = {
	.name = "embedded",
	.add = embedded_add,
	.batch = BATCH,
	.free = embedded_free,
};

static void free_embedded(struct pdg_embedded *l)
{
	if (l)
		embedded_free(&l->log);
}
PDG_AUTO_DEFINE(embedded, struct pdg_embedded *, free_embedded)

uint64_t pdg_embedded_size(struct pdg_log *log)
{
	struct pdg_embedded *l = (struct pdg_embedded *)log;
	uint64_t size;

	(void)pthread_mutex_lock(&l->state);
	size = l->size;
	(void)pthread_mutex_unlock(&l->state);
	return size;
}

const struct pdg_key *pdg_embedded_key(struct pdg_log *log)
{
	return ((struct pdg_embedded *)log)->key;
}

const uint8_t *pdg_embedded_id(struct pdg_log *log)
{
	return ((struct pdg_embedded *)log)->id;
}

/* Files that a beginning leaves when it is cut off (a key is written beside its name first). */
static bool of_creation(const char *name)
{
	return pdg_str_eq(name, CREATING) || pdg_str_eq(name, PDG_EMBEDDED_KEY) ||
	       pdg_str_eq(name, PDG_EMBEDDED_CHECKPOINT_NEW) || pdg_str_starts(name, ".pedigree-");
}

/* Files that say nothing about what the folder is. */
static bool of_no_interest(const char *name)
{
	return pdg_str_eq(name, LOCK) || pdg_str_eq(name, "lost+found");
}

static int survey(const char *dir, enum folder *out, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	bool log = false;
	bool begun = false;
	bool other = false;
	size_t said = 0;
	size_t i;
	int rc = pdg_fs_list(dir, NAMES_MAX, &names, err);

	if (rc == PDG_E_NOTFOUND)
		*out = FOLDER_ABSENT;
	if (rc < 0)
		return rc == PDG_E_NOTFOUND ? 0 : rc;
	for (i = 0; i < names.n; i++) {
		if (of_no_interest(names.v[i]))
			continue;
		said++;
		log = log || pdg_str_eq(names.v[i], PDG_EMBEDDED_CHECKPOINT);
		begun = begun || pdg_str_eq(names.v[i], CREATING);
		other = other || !of_creation(names.v[i]);
	}
	if (log)
		*out = FOLDER_LOG;
	else if (said == 0)
		*out = FOLDER_EMPTY;
	else
		*out = begun && !other ? FOLDER_BEGUN : FOLDER_OTHER;
	return 0;
}

static int refuse_folder(const char *dir, enum folder folder, bool may_create,
			 struct pdg_error *err)
{
	int rc = 0;

	if (folder == FOLDER_OTHER) {
		rc = pdg_reject(err, "LOG-11", "\"%s\" holds files but no checkpoint of a log",
				dir);
		pdg_fix(err, may_create
				     ? "if a log was kept here restore its folder from a backup; "
				       "for a new one name an empty folder"
				     : "restore the log's folder from a backup as new as the "
				       "store: a log cannot be begun anew");
	} else if (folder != FOLDER_LOG && !may_create) {
		rc = pdg_fail(err, PDG_E_NOTFOUND, "no log in \"%s\"", dir);
		pdg_fix(err, "restore the log's folder, or set the service up anew");
	}
	return rc;
}

static int open_key(const struct pdg_embedded_options *opt, const char *path, struct pdg_key **out,
		    struct pdg_error *err)
{
	return opt->open_key ? opt->open_key(opt->key_ctx, path, out, err)
			     : pdg_key_private_file(path, out, err);
}

/* The key that the options name, or the one in the folder. */
static int load_key(struct pdg_embedded *l, const struct pdg_embedded_options *opt,
		    struct pdg_error *err)
{
	const char *configured = opt->key;
	PDG_AUTO(mem) char *own = pdg_embedded_path(l, PDG_EMBEDDED_KEY);
	struct pdg_error was = {0};
	int rc;

	if (!own)
		return pdg_nomem(err);
	rc = open_key(opt, configured ? configured : own, &l->key, err);
	if (rc < 0 && !configured && !pdg_fs_exists(own)) {
		if (err)
			was = *err;
		rc = pdg_reject(err, "LOG-11", "%s, and the log in \"%s\" was signed by it",
				was.text, l->dir);
		pdg_fix(err, "restore it from a backup, or name the file it is in by key in [log]");
	}
	return rc < 0 ? pdg_context(err, rc, "log key") : 0;
}

/* In its file first, and then opened like one that was there: whoever holds it, it is not here. */
static int make_key(struct pdg_embedded *l, const struct pdg_embedded_options *opt,
		    struct pdg_error *err)
{
	PDG_AUTO(key) struct pdg_key *made = NULL;
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, PDG_EMBEDDED_KEY);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_remove(path, err);
	if (rc == 0)
		rc = pdg_key_generate(PDG_KEY_ED25519, &made, err);
	if (rc == 0)
		rc = pdg_key_private_save(made, path, err);
	return rc < 0 ? rc : open_key(opt, path, &l->key, err);
}

/* Say that a tree is being begun here, before anything else of it is here; or that it is. */
static int mark(const struct pdg_embedded *l, bool creating, struct pdg_error *err)
{
	const struct pdg_embedded_io *io = l->io;
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, CREATING);
	int fd = -1;
	int rc;

	if (!path)
		return pdg_nomem(err);
	if (!creating)
		rc = io->remove(io->ctx, path, err);
	else
		rc = io->write(io->ctx, path, pdg_bytes_str("an empty log is being made here\n"),
			       &fd, err);
	if (rc == 0 && creating)
		rc = io->finish(io->ctx, path, fd, err);
	if (rc == 0)
		rc = io->sync(io->ctx, l->dir, err);
	return rc;
}

/* An empty tree in an empty folder: key, then checkpoint; only then is it a log. */
static int create(struct pdg_embedded *l, const struct pdg_embedded_options *opt,
		  struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(mem) char *parent = pdg_path_dir(l->dir);
	struct pdg_hash32 root;
	int rc;

	if (!parent)
		return pdg_nomem(err);
	/* A folder that somebody else made stands in one that need not be ours to read. */
	rc = access(parent, R_OK) == 0 ? l->io->sync(l->io->ctx, parent, err) : 0;
	if (rc == 0)
		rc = mark(l, true, err);
	if (rc == 0)
		rc = opt->key ? load_key(l, opt, err) : make_key(l, opt, err);
	if (rc == 0)
		rc = pdg_merkle_empty(&root, err);
	if (rc == 0)
		rc = pdg_checkpoint_sign(l->origin, 0, &root, l->key, &note, err);
	if (rc == 0)
		rc = pdg_embedded_publish(l, pdg_buf_bytes(&note), true, err);
	return rc;
}

static int take_lock(struct pdg_embedded *l, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, LOCK);
	int rc;

	if (!path)
		return pdg_nomem(err);
	rc = pdg_fs_lock(path, &l->lock_fd, err);
	if (rc < 0 && access(path, R_OK | W_OK) == 0) {
		rc = pdg_reject(err, "LOG-16", "the log in \"%s\" is in use by another process",
				l->dir);
		pdg_fix(err, "stop the other pedigreed, or give this one a log folder of its own");
	}
	return rc;
}

/* Is what is published here an empty tree of another origin or key, and nothing more? */
static int is_empty_of_another(const struct pdg_embedded *l, bool *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	PDG_AUTO(buf) struct pdg_buf ahead = PDG_BUF_INIT(0);
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	PDG_AUTO(mem) char *path = pdg_embedded_path(l, PDG_EMBEDDED_CHECKPOINT);
	PDG_AUTO(mem) char *tiles = pdg_embedded_path(l, "tile");
	int rc;

	*out = false;
	if (!path || !tiles)
		return pdg_nomem(err);
	rc = pdg_fs_read(path, &note, NULL);
	if (rc == 0)
		rc = pdg_checkpoint_parse(pdg_buf_bytes(&note), &c, NULL);
	/* What cannot be read, or is no checkpoint, is told when the tree is loaded. */
	if (rc < 0 || c->size > 0 || pdg_fs_exists(tiles))
		return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
	rc = pdg_embedded_ahead_read(l, &ahead, err);
	if (rc < 0 || ahead.n > 0)
		return rc;
	rc = pdg_str_eq(c->origin, l->origin) ? pdg_checkpoint_verify(c, l->origin, l->key, NULL)
					      : PDG_E_REJECTED;
	*out = rc == PDG_E_REJECTED;
	return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
}

/*
 * A tree without entries proves nothing to anybody: where another origin or key is configured it is
 * begun anew under these. Whoever mistyped one finds out before there is anything in the log.
 */
static int begin_again(struct pdg_embedded *l, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf note = PDG_BUF_INIT(PDG_LIMIT_CHECKPOINT);
	struct pdg_hash32 root;
	bool another = false;
	int rc = is_empty_of_another(l, &another, err);

	if (rc < 0 || !another)
		return rc;
	rc = pdg_merkle_empty(&root, err);
	if (rc == 0)
		rc = pdg_checkpoint_sign(l->origin, 0, &root, l->key, &note, err);
	return rc < 0 ? rc : pdg_embedded_publish(l, pdg_buf_bytes(&note), true, err);
}

/* Look first without touching anything, then again when nobody else can change it. */
static int open_folder(struct pdg_embedded *l, const struct pdg_embedded_options *opt,
		       struct pdg_error *err)
{
	enum folder folder;
	int rc;

	rc = survey(l->dir, &folder, err);
	if (rc == 0)
		rc = refuse_folder(l->dir, folder, opt->may_create, err);
	if (rc == 0)
		rc = pdg_fs_private_dir(l->dir, err);
	if (rc == 0)
		rc = take_lock(l, err);
	if (rc == 0)
		rc = survey(l->dir, &folder, err);
	if (rc == 0)
		rc = refuse_folder(l->dir, folder, opt->may_create, err);
	if (rc == 0 && folder == FOLDER_LOG)
		rc = load_key(l, opt, err);
	else if (rc == 0)
		rc = create(l, opt, err);
	if (rc == 0 && folder == FOLDER_LOG && opt->may_create)
		rc = begin_again(l, err);
	if (rc == 0)
		rc = mark(l, false, err);
	return rc;
}

static struct pdg_embedded *embedded_new(const struct pdg_embedded_options *opt)
{
	struct pdg_embedded *l = pdg_calloc(1, sizeof(*l));
	size_t i;

	if (!l)
		return NULL;
	l->log.ops = &embedded_ops;
	l->lock_fd = -1;
	l->ahead.fd = -1;
	l->spare[0].fd = -1;
	l->spare[1].fd = -1;
	l->io = opt->io ? opt->io : &pdg_embedded_io_files;
	l->dir = pdg_str_dup(opt->directory);
	l->origin = pdg_str_dup(opt->origin);
	(void)pthread_mutex_init(&l->append, NULL);
	(void)pthread_mutex_init(&l->state, NULL);
	for (i = 0; i < PDG_TILE_LEVELS; i++)
		pdg_buf_init(&l->edge[i], PDG_TILE_BYTES);
	pdg_buf_init(&l->bundle, 0);
	pdg_buf_init(&l->note, PDG_LIMIT_CHECKPOINT);
	return l;
}

int pdg_embedded_open(const struct pdg_embedded_options *opt, struct pdg_log **out,
		      struct pdg_error *err)
{
	PDG_AUTO(embedded) struct pdg_embedded *l = NULL;
	int rc;

	if (!opt->directory || !*opt->directory || !pdg_log_origin_ok(opt->origin))
		return pdg_fail(err, PDG_E_USAGE,
				"the log needs a folder and a host name as origin");
	l = embedded_new(opt);
	if (!l || !l->dir || !l->origin)
		return pdg_nomem(err);
	rc = open_folder(l, opt, err);
	if (rc == 0)
		rc = pdg_note_key_id(l->origin, l->key, l->id, err);
	if (rc == 0)
		rc = pdg_embedded_load(l, opt->to_check, err);
	if (rc < 0)
		return rc;
	*out = &PDG_TAKE(l)->log;
	return 0;
}
