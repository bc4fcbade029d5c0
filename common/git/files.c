/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A repository as its files show it. libgit2 and the dozen libraries behind it cost two
 * milliseconds to load and one to start; a hook around a commit needs a few values and one file,
 * and gets them here. Whatever is not plain is left to libgit2 (repo.c), which decides for
 * everybody else.
 */
#include "git/files.h"

#include <stdlib.h>
#include <string.h>

#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define GITDIR "gitdir: "
#define BRANCH "ref: refs/heads/"

struct pdg_repo *pdg_repo_new(void)
{
	struct pdg_repo *r = pdg_calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->config = pdg_calloc(1, sizeof(*r->config));
	if (!r->config)
		free(PDG_TAKE(r));
	return r;
}

void pdg_repo_free(struct pdg_repo *r)
{
	size_t i;

	if (!r)
		return;
	if (r->close)
		r->close(r);
	for (i = 0; i < r->n_borrowed; i++)
		free(r->borrowed[i]);
	free(r->borrowed);
	pdg_gitconfig_cache_done(r->config);
	free(r->config);
	free(r->gitdir);
	free(r->commondir);
	free(r->workdir);
	free(r);
}

bool pdg_repo_bare(const struct pdg_repo *r)
{
	return r->workdir == NULL;
}

const char *pdg_repo_gitdir(const struct pdg_repo *r)
{
	return r->gitdir;
}

const char *pdg_repo_commondir(const struct pdg_repo *r)
{
	return r->commondir;
}

const char *pdg_repo_workdir(const struct pdg_repo *r)
{
	return r->workdir;
}

static int not_plain(struct pdg_error *err)
{
	return pdg_fail(err, PDG_E_NOTFOUND, "no plain repository");
}

/* The only line of the file @dir/@name, owned by the caller; NULL when there is no such. */
static char *read_line(const char *dir, const char *name)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PATH);
	PDG_AUTO(mem) char *path = pdg_path_join(dir, name);
	struct pdg_bytes rest;
	struct pdg_bytes line;

	if (!path || pdg_fs_read(path, &text, NULL) < 0)
		return NULL;
	rest = pdg_buf_bytes(&text);
	return pdg_bytes_line(&rest, &line) && rest.n == 0 ? pdg_bytes_dup(line) : NULL;
}

char *pdg_git_follow(const char *path)
{
	PDG_AUTO(mem) char *line = NULL;
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *target = NULL;
	char *real = NULL;

	if (!pdg_fs_is_dir(path)) {
		line = read_line(".", path);
		dir = pdg_path_dir(path);
		if (!line || !dir || !pdg_str_starts(line, GITDIR))
			return NULL;
		target = pdg_path_join(dir, line + strlen(GITDIR));
	}
	if (pdg_path_real(target ? target : path, &real, NULL) < 0)
		return NULL;
	return real;
}

/* Linked work trees name the folder that they share with the others. */
static char *find_common(const char *gitdir)
{
	PDG_AUTO(mem) char *file = pdg_path_join(gitdir, "commondir");
	PDG_AUTO(mem) char *line = NULL;
	PDG_AUTO(mem) char *path = NULL;
	char *real = NULL;

	if (!file)
		return NULL;
	if (!pdg_fs_exists(file))
		return strdup(gitdir);
	line = read_line(gitdir, "commondir");
	path = line ? pdg_path_join(gitdir, line) : NULL;
	if (!path || pdg_path_real(path, &real, NULL) < 0)
		return NULL;
	return real;
}

/*
 * Objects and refs as in every plain repository: format 0, or 1 with extensions that change neither
 * (gitrepository-layout(5)). SHA-256, reftable and what is not known yet are libgit2's to judge.
 */
static bool is_plain(const struct pdg_gitconfig_values *values)
{
	static const char *const harmless[] = {"extensions.noop", "extensions.preciousobjects",
					       "extensions.partialclone",
					       "extensions.worktreeconfig"};
	const struct pdg_gitconfig_value *v =
		pdg_gitconfig_last(values, "core.repositoryformatversion");
	size_t i;
	size_t k;

	if (v && (!v->value || (strcmp(v->value, "0") != 0 && strcmp(v->value, "1") != 0)))
		return false;
	for (i = 0; i < values->n; i++) {
		if (!pdg_str_starts(values->v[i].name, "extensions."))
			continue;
		for (k = 0; k < sizeof(harmless) / sizeof(harmless[0]); k++) {
			if (strcmp(values->v[i].name, harmless[k]) == 0)
				break;
		}
		if (k == sizeof(harmless) / sizeof(harmless[0]))
			return false;
	}
	return true;
}

int pdg_repo_open_files(struct pdg_repo **out, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = pdg_repo_new();
	const char *named = getenv("GIT_DIR");
	const char *namespace = getenv("GIT_NAMESPACE");
	int rc;

	if (!r)
		return pdg_nomem(err);
	if (namespace && namespace[0])
		return not_plain(err);
	r->gitdir = pdg_git_follow(named && named[0] ? named : ".git");
	r->commondir = r->gitdir ? find_common(r->gitdir) : NULL;
	if (!r->commondir || pdg_path_real(".", &r->workdir, NULL) < 0)
		return not_plain(err);
	rc = pdg_gitconfig_load(r, PDG_GITCONFIG_WITH_LOCAL | PDG_GITCONFIG_AS_GIT,
				&r->config->as_git, NULL);
	if (rc < 0 || !is_plain(&r->config->as_git))
		return not_plain(err);
	r->config->has_as_git = true;
	*out = PDG_TAKE(r);
	return 0;
}

int pdg_repo_head_file(const struct pdg_repo *r, char out[PDG_GIT_HEX], struct pdg_error *err)
{
	PDG_AUTO(mem) char *head = read_line(r->gitdir, "HEAD");
	PDG_AUTO(mem) char *tip = NULL;
	const char *hex = head;

	if (head && pdg_str_starts(head, BRANCH) && !strstr(head, "..")) {
		tip = read_line(r->commondir, head + strlen("ref: "));
		hex = tip;
	}
	if (!hex || !pdg_is_hex(pdg_bytes_str(hex), PDG_OID_SHA1))
		return pdg_fail(err, PDG_E_NOTFOUND, "HEAD stands in no plain file");
	memcpy(out, hex, PDG_OID_SHA1 + 1);
	return 0;
}
