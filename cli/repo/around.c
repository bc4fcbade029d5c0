/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of init, hooks install, hooks uninstall and doctor: they look, and change nothing. */
#include "repo/around.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

/* Is @path, without links in it, @dir or below it? */
static bool is_in(const char *path, const char *dir)
{
	size_t n = dir ? strlen(dir) : 0;

	return n && pdg_str_starts(path, dir) && (path[n] == '/' || !path[n]);
}

static bool is_in_repository(const struct pdg_repo *r, const char *path)
{
	return is_in(path, pdg_repo_commondir(r)) || is_in(path, pdg_repo_gitdir(r)) ||
	       is_in(path, pdg_repo_workdir(r));
}

void pdg_around_tell_shared(const struct pdg_repo *r, const char *dir)
{
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *own = pdg_path_join(pdg_repo_commondir(r), "hooks");
	PDG_AUTO(buf) struct pdg_buf word = PDG_BUF_INIT(PDG_LIMIT_KIB(32));

	if (is_in_repository(r, pdg_path_real(dir, &real, NULL) == 0 ? real : dir))
		return;
	pdg_str_sh_word(&word, own ? own : "");
	pdg_out(stderr, PDG_WARN,
		"pedigree: core.hooksPath is \"%s\", outside of this repository: each repository "
		"that uses this folder has these hooks, or loses them; for this one alone, before: "
		"git config core.hooksPath %s\n",
		dir, pdg_buf_cstr(&word));
}

/* Can only root and we change @path? In a sticky folder nobody takes away another's file. */
static int only_ours(const char *path, struct pdg_error *err)
{
	struct stat st;
	int rc = 0;

	if (stat(path, &st) != 0)
		return pdg_fail(err, PDG_E_IO, "\"%s\": %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		rc = pdg_reject(err, "HOK-3", "\"%s\" belongs to another user (uid %lu)", path,
				(unsigned long)st.st_uid);
		pdg_fix(err, "chown root \"%s\"", path);
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) &&
		   !(S_ISDIR(st.st_mode) && (st.st_mode & S_ISVTX))) {
		rc = pdg_reject(err, "HOK-3", "\"%s\" can be written by others (mode %04o)", path,
				(unsigned)(st.st_mode & 07777));
		pdg_fix(err, "chmod go-w \"%s\"", path);
	}
	return rc;
}

/* A file as it is named, which may be a link, and as it is: the file and both folders. */
static int only_ours_around(const char *named, const char *real, struct pdg_error *err)
{
	const char *const names[] = {real, named};
	size_t i;
	int rc = only_ours(real, err);

	for (i = 0; rc == 0 && i < 2; i++) {
		const char *slash = strrchr(names[i], '/');
		PDG_AUTO(mem) char *dir = NULL;

		dir = slash && slash != names[i] ? strndup(names[i], (size_t)(slash - names[i]))
						 : pdg_str_dup("/");
		rc = dir ? only_ours(dir, err) : pdg_nomem(err);
	}
	return pdg_context(err, rc, "the policy must be nobody else's to change");
}

int pdg_around_outside(const struct pdg_repo *r, const char *policy, struct pdg_error *err)
{
	PDG_AUTO(mem) char *file = NULL;
	int rc = pdg_path_real(policy, &file, err);

	if (rc < 0)
		return rc;
	if (!is_in_repository(r, file))
		return only_ours_around(policy, file, err);
	rc = pdg_reject(err, "HOK-4", "policy \"%s\" lies in the repository that it is to guard",
			file);
	pdg_fix(err, "keep it elsewhere, e.g. /etc/pedigree/policy");
	return rc;
}

static int guarded(const char *what, const char *path, struct pdg_error *err)
{
	struct stat st;
	int rc;

	if (!path || stat(path, &st) != 0 || !(st.st_mode & S_IWOTH))
		return 0;
	rc = pdg_reject(err, "HOK-3", "%s \"%s\" can be written by everybody", what, path);
	pdg_fix(err, "chmod o-w %s", path);
	return rc;
}

int pdg_around_guarded(const struct pdg_place *p, struct pdg_error *err)
{
	const struct pdg_policy_repository *s = p->section;
	const struct pdg_strings *lists[] = {&s->openpgp_keys, &s->ssh_allowed_signers,
					     &s->forge_keys,   &s->revoked,
					     &s->x509_roots,   &p->policy->revocation_files};
	size_t i;
	size_t k;
	int rc = guarded("policy", p->policy->file, err);

	if (rc == 0)
		rc = guarded("trusted root", s->trusted_root, err);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (k = 0; rc == 0 && k < lists[i]->n; k++)
			rc = guarded("the policy's file", lists[i]->v[k], err);
	}
	return rc;
}
