/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list for proc/confine.h: folders of the store and the log to write to; of the configuration
 * and of what it names, to read it again; the system's to run GnuPG and the relay from. Folders and
 * not files: whoever replaces a file by another one of its name means that one.
 *
 * A private key is out of reach unless its folder is one of these.
 */
#include "service/confine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/confine.h"
#include "trust/config.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define PATHS_MAX 4096

struct list {
	struct pdg_confine_path *v;
	char **own; /* the paths, freed with the list */
	size_t n, cap, own_cap;
};

static void list_done(struct list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->own[i]);
	free(l->own);
	free(l->v);
}
PDG_AUTO_DEFINE_VALUE(list, struct list, list_done)

static int add(struct list *l, const char *path, unsigned may, struct pdg_error *err)
{
	char *copy;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (!pdg_str_eq(l->own[i], path))
			continue;
		l->v[i].may |= may;
		return 0;
	}
	if (pdg_array_grow(&l->v, l->n, &l->cap, sizeof(*l->v), PATHS_MAX) < 0 ||
	    pdg_array_grow(&l->own, l->n, &l->own_cap, sizeof(*l->own), PATHS_MAX) < 0)
		return pdg_nomem(err);
	copy = pdg_str_dup(path);
	if (!copy)
		return pdg_nomem(err);
	l->own[l->n] = copy;
	l->v[l->n++] = (struct pdg_confine_path){.path = copy, .may = may};
	return 0;
}

/* The folder that @path is in, and the one that it leads to. NULL is fine. */
static int add_folder_of(struct list *l, const char *path, unsigned may, struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = path ? pdg_path_dir(path) : NULL;
	PDG_AUTO(mem) char *real = path ? realpath(path, NULL) : NULL;
	PDG_AUTO(mem) char *real_dir = real ? pdg_path_dir(real) : NULL;
	int rc;

	if (!path)
		return 0;
	if (!dir || (real && !real_dir))
		return pdg_nomem(err);
	rc = add(l, dir, may, err);
	return rc == 0 && real_dir ? add(l, real_dir, may, err) : rc;
}

/* --- what every such service needs --- */

static int add_system(struct list *l, struct pdg_error *err)
{
	static const struct pdg_confine_path system[] = {
		{"/usr", PDG_MAY_READ | PDG_MAY_RUN},
		{"/bin", PDG_MAY_READ | PDG_MAY_RUN},
		{"/sbin", PDG_MAY_READ | PDG_MAY_RUN},
		{"/lib", PDG_MAY_READ | PDG_MAY_RUN},
		{"/lib32", PDG_MAY_READ | PDG_MAY_RUN},
		{"/lib64", PDG_MAY_READ | PDG_MAY_RUN},
		{"/opt", PDG_MAY_READ | PDG_MAY_RUN},
		{"/nix/store", PDG_MAY_READ | PDG_MAY_RUN},
		{"/etc", PDG_MAY_READ},
		{"/proc", PDG_MAY_READ},
		{"/sys/devices/system", PDG_MAY_READ},
		{"/sys/fs/cgroup", PDG_MAY_READ},
		{"/run/systemd/resolve", PDG_MAY_READ},
		{"/run/resolvconf", PDG_MAY_READ},
		{"/run/nscd", PDG_MAY_READ},
		{"/var/lib/ca-certificates", PDG_MAY_READ},
		/* GnuPG's homes for one run (cli/pgp/home.c), whatever TMPDIR says. */
		{"/tmp", PDG_MAY_WRITE},
		{"/dev/null", PDG_MAY_USE},
		{"/dev/zero", PDG_MAY_USE},
		{"/dev/full", PDG_MAY_USE},
		{"/dev/random", PDG_MAY_USE},
		{"/dev/urandom", PDG_MAY_USE},
	};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(system) / sizeof(system[0]); i++)
		rc = add(l, system[i].path, system[i].may, err);
	return rc;
}

/* Our own programs, where a build folder or a moved tree has them. */
static int add_own(struct list *l, const struct pdg_service_config *cfg, struct pdg_error *err)
{
	const unsigned run = PDG_MAY_READ | PDG_MAY_RUN;
	int rc = add_folder_of(l, "/proc/self/exe", run, err);

	return rc < 0 ? rc : add_folder_of(l, cfg->signer_program, run, err);
}

/* --- what this one is configured to need --- */

static int add_kept(struct list *l, const struct pdg_service_config *cfg, struct pdg_error *err)
{
	PDG_AUTO(mem) char *home = NULL;
	const char *h = getenv("HOME");
	int rc = add_folder_of(l, cfg->store_path, PDG_MAY_WRITE, err);

	if (rc == 0 && cfg->log == PDG_LOG_EMBEDDED)
		rc = add(l, cfg->log_directory, PDG_MAY_WRITE, err);
	/* A local socket is removed at the end. */
	if (rc == 0)
		rc = add_folder_of(l, cfg->socket, PDG_MAY_WRITE, err);
	if (rc < 0 || !cfg->store_url || !h)
		return rc;
	home = pdg_path_join(h, ".postgresql");
	return home ? add(l, home, PDG_MAY_READ, err) : pdg_nomem(err);
}

/* The values that name private keys, and nothing that is read here. */
static bool is_private(const struct pdg_config_entry *e, bool embedded)
{
	if (pdg_str_eq(e->section, "service"))
		return strcasecmp(e->key, "signingKey") == 0 ||
		       strcasecmp(e->key, "signingKeyPassphrase") == 0 ||
		       strcasecmp(e->key, "journalKey") == 0;
	return embedded && pdg_str_eq(e->section, "log") && strcasecmp(e->key, "key") == 0;
}

/* The folder of every file that @file names, whatever the key is for; and its own. */
static int add_named_in(struct list *l, const char *file, bool embedded, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf bytes = PDG_BUF_INIT(PDG_LIMIT_POLICY_FILE);
	PDG_AUTO(config) struct pdg_config *c = NULL;
	PDG_AUTO(mem) char *dir = pdg_path_dir(file);
	size_t i;
	int rc;

	if (!dir)
		return pdg_nomem(err);
	rc = add_folder_of(l, file, PDG_MAY_READ, err);
	if (rc == 0)
		rc = pdg_config_read(file, &bytes, err);
	if (rc == 0)
		rc = pdg_config_parse(pdg_buf_bytes(&bytes), file, &c, err);
	for (i = 0; rc == 0 && i < c->n; i++) {
		PDG_AUTO(mem) char *path = pdg_path_join(dir, c->v[i].value);
		struct stat st;

		if (!path)
			return pdg_nomem(err);
		if (!is_private(&c->v[i], embedded) && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			rc = add_folder_of(l, path, PDG_MAY_READ, err);
	}
	return rc;
}

/* --- what is on --- */

/* What became of a private key's file: tried, not computed. */
static const char *reach_of(const char *path)
{
	int fd;

	if (!path || pdg_str_starts(path, "pkcs11:"))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return "out of reach";
	(void)close(fd);
	return "readable";
}

static bool opens(const char *path, int flags)
{
	int fd = path ? open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600) : -1;

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* May this process, or whoever took it over, say which keys the signer opens next? Tried as well:
 * the file itself, and another one in its folder. */
static bool may_rewrite(const char *file)
{
	PDG_AUTO(mem) char *dir = pdg_path_dir(file);
	PDG_AUTO(mem) char *real = realpath(file, NULL);
	PDG_AUTO(mem) char *real_dir = real ? pdg_path_dir(real) : NULL;

	return opens(file, O_WRONLY) || opens(dir, O_WRONLY | O_TMPFILE) ||
	       opens(real_dir, O_WRONLY | O_TMPFILE);
}

static void tell(const struct pdg_service_config *cfg, const struct pdg_confined *on)
{
	PDG_AUTO(mem) char *landlock = pdg_str_printf("%d", on->landlock);
	bool writable = may_rewrite(cfg->file);

	pdg_log(on->landlock && !writable ? PDG_LOG_INFO : PDG_LOG_WARN, "confined", "landlock",
		landlock, "no-new-privileges", "true", "signals", on->scoped ? "own" : "any",
		"signing-key", reach_of(cfg->signing_key), "configuration",
		writable ? "writable" : "out of reach", NULL);
}

int pdg_service_confine(const struct pdg_service_config *cfg, const struct pdg_policy *policy,
			struct pdg_error *err)
{
	PDG_AUTO(list) struct list l = {0};
	struct pdg_confine c = {0};
	struct pdg_confined on;
	bool embedded = cfg->log == PDG_LOG_EMBEDDED;
	int rc = add_system(&l, err);

	if (rc == 0)
		rc = add_own(&l, cfg, err);
	if (rc == 0)
		rc = add_kept(&l, cfg, err);
	if (rc == 0)
		rc = add_named_in(&l, cfg->file, embedded, err);
	if (rc == 0 && cfg->policy_file)
		rc = add_named_in(&l, policy->file, embedded, err);
	if (rc < 0)
		return rc;
	c.paths = l.v;
	c.n = l.n;
	rc = pdg_confine(&c, &on, err);
	if (rc == 0)
		tell(cfg, &on);
	return rc;
}
