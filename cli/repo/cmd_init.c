/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree init: once in a clone. Makes Pedigree's folder with the clone's key, writes what it was
 * told into the repository's configuration, installs the hooks. Doing it again changes nothing that
 * stands; what it set is listed in pedigree.prepared, for `pedigree hooks uninstall`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/check_option.h"
#include "gate/emit.h"
#include "repo/around.h"
#include "repo/init.h"
#include "repo/install.h"
#include "repo/repo.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

#define PREPARED   "pedigree.prepared"
#define CONFIG_MAX PDG_LIMIT_MIB(1)

const struct pdg_opt pdg_cmd_init_options[] = {
	{"repository", "URI", "which repository this is a clone of (the policy's section)", false},
	{"policy", "FILE", "the policy", false},
	{"service", "URL", "the service", false},
	{"existing", "WHEN", "hooks that are there already run before (default) or after ours",
	 false},
	{"no-hooks", NULL, "install no hooks", false},
	{0},
};

int pdg_init_set(struct pdg_repo *r, const char *name, const char *value, struct pdg_error *err)
{
	PDG_AUTO(mem) char *prepared = NULL;
	PDG_AUTO(mem) char *more = NULL;
	PDG_AUTO(mem) char *old = NULL;
	int rc = pdg_repo_config(r, name, &old, err);

	if (rc < 0 || pdg_str_eq(old, value))
		return rc;
	rc = pdg_repo_config(r, PREPARED, &prepared, err);
	if (rc < 0)
		return rc;
	if (!prepared || !strstr(prepared, name)) {
		more = pdg_str_printf("%s%s%s", prepared ? prepared : "", prepared ? " " : "",
				      name);
		rc = more ? pdg_repo_config_set(r, PREPARED, more, err) : pdg_nomem(err);
	}
	if (rc == 0)
		rc = pdg_repo_config_set(r, name, value, err);
	if (rc == 0)
		pdg_out(stdout, PDG_PLAIN, "set %s = %s\n", name, value);
	return rc;
}

/* The policy must be one, and know the repository, before the clone is bound to it. */
static int set_policy(struct pdg_repo *r, struct pdg_place *p, const struct pdg_args *args,
		      struct pdg_error *err)
{
	const char *uri = pdg_args_get(args, "repository");
	const char *policy = pdg_args_get(args, "policy");
	const char *service = pdg_args_get(args, "service");
	PDG_AUTO(mem) char *absolute = NULL;
	int rc = service ? pdg_check_service_url("--service", service, err) : 0;

	if (rc == 0 && policy) {
		rc = pdg_here_absolute(policy, &absolute, err);
		if (rc == 0)
			rc = pdg_place_find(p, r, absolute, uri, err);
	}
	if (rc == 0 && uri)
		rc = pdg_init_set(r, "pedigree.repository", uri, err);
	if (rc == 0 && absolute)
		rc = pdg_init_set(r, "pedigree.policy", absolute, err);
	if (rc == 0 && service)
		rc = pdg_init_set(r, "pedigree.service", service, err);
	return rc;
}

/* Commits are signed here from now on, unless somebody has said they are not to be. */
static int set_signing(struct pdg_repo *r, struct pdg_error *err)
{
	bool is_set;
	bool sign;
	int rc = pdg_repo_config_bool(r, "commit.gpgSign", &is_set, &sign, err);

	if (rc < 0)
		return rc;
	if (!is_set)
		return pdg_init_set(r, "commit.gpgSign", "true", err);
	if (!sign)
		pdg_out(stdout, PDG_WARN,
			"commit.gpgSign is false, and the hooks refuse commits here while it is: git config commit.gpgSign true\n");
	return 0;
}

static int set_hooks(const struct pdg_repo *r, const struct pdg_args *args, bool after,
		     struct pdg_error *err)
{
	const struct pdg_install in = {.after = after};
	PDG_AUTO(mem) char *dir = NULL;
	int rc;

	if (pdg_args_has(args, "no-hooks"))
		return 0;
	rc = pdg_repo_hooks_dir(r, &dir, err);
	if (rc == 0)
		rc = pdg_hooks_install(dir, pdg_client_hooks, &in, err);
	if (rc == 0)
		pdg_out(stdout, PDG_PLAIN, "hooks of this clone are in %s\n", dir);
	if (rc == 0)
		pdg_around_tell_shared(r, dir);
	return rc;
}

/* A clone that knows no policy is none the worse for it, but nothing is judged in it. */
static bool knows_policy(const struct pdg_repo *r, struct pdg_place *p)
{
	struct pdg_error why = {.code = 0};

	if (p->section || pdg_place_find(p, r, NULL, NULL, &why) == 0)
		return true;
	pdg_out(stdout, PDG_WARN,
		"the hooks of this clone judge nothing yet, and leave that to the server: %s [%s]; %s\n",
		why.text, why.rule,
		why.fix[0] ? why.fix : "pedigree init --policy FILE --repository URI");
	return false;
}

void pdg_init_warn(const struct pdg_repo *r, struct pdg_place *p)
{
	const char *env = getenv("PEDIGREE_SERVICE");
	PDG_AUTO(mem) char *service = NULL;

	if (!knows_policy(r, p) || p->section->source_from != PDG_GRADE_CLONE || (env && env[0]))
		return;
	if (pdg_repo_config(r, "pedigree.service", &service, NULL) == 0 && !service)
		pdg_out(stdout, PDG_WARN,
			"sources come from clones, and this one knows no service: they will wait in %s; git config pedigree.service URL\n",
			p->outbox);
}

int pdg_cmd_init(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	bool made = false;
	bool after = false;
	int rc = pdg_here(&r, &p, err);

	if (rc == 0 && pdg_repo_bare(r)) {
		rc = pdg_reject(err, "HOK-4", "\"%s\" is a bare repository, not a clone to work in",
				pdg_repo_gitdir(r));
		pdg_fix(err, "pedigree hooks install --server --policy FILE");
	}
	if (rc == 0)
		rc = pdg_existing_after(args, &after, err);
	if (rc == 0)
		rc = set_policy(r, &p, args, err);
	if (rc == 0)
		rc = pdg_fs_private_dir(p.state, err);
	if (rc == 0)
		rc = pdg_place_forget_keys(&p, err);
	if (rc == 0)
		rc = pdg_emit_make_key(&p, &made, err);
	if (rc == 0)
		rc = set_signing(r, err);
	if (rc == 0)
		rc = set_hooks(r, args, after, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "this clone's key is %s%s\n", p.key_file, made ? " (new)" : "");
	pdg_init_warn(r, &p);
	pdg_out(stdout, PDG_PLAIN, "\"pedigree doctor\" tells whether all is in place\n");
	return 0;
}

/* Does a section begin, or the file end, before any other line of @rest? */
static bool section_is_empty(struct pdg_bytes rest)
{
	struct pdg_bytes line;

	while (pdg_bytes_line(&rest, &line)) {
		if (line.n)
			return line.p[0] == '[';
	}
	return true;
}

/* The file @path into @lock, without the headers that a removed value leaves. *@out: there are. */
static int rewrite_config(const char *path, const char *lock, bool *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(CONFIG_MAX);
	PDG_AUTO(buf) struct pdg_buf kept = PDG_BUF_INIT(CONFIG_MAX);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	struct stat st;
	int rc = pdg_fs_read(path, &text, err);

	if (rc < 0)
		return rc;
	for (rest = pdg_buf_bytes(&text); pdg_bytes_line(&rest, &line);) {
		if ((pdg_bytes_eq_str(line, "[pedigree]") || pdg_bytes_eq_str(line, "[commit]")) &&
		    section_is_empty(rest))
			continue;
		pdg_buf_put(&kept, line);
		if (line.p + line.n < text.p + text.n)
			pdg_buf_putc(&kept, '\n');
	}
	rc = pdg_buf_check(&kept, err);
	if (rc < 0 || kept.n == text.n || stat(path, &st) != 0)
		return rc;
	rc = pdg_fs_write(lock, pdg_buf_bytes(&kept), st.st_mode & 07777, err);
	*out = rc == 0;
	return rc;
}

/*
 * The headers [pedigree] and [commit] that a removed value leaves behind, in the file behind every
 * link, under the lock that git takes for its own changes. Where that is not to be had, or the file
 * is no small one, they stay: an empty section says nothing.
 */
static int drop_empty_sections(const struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(mem) char *named = pdg_path_join(pdg_repo_commondir(r), "config");
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *lock = NULL;
	struct pdg_error why = {.code = 0};
	bool changed = false;
	int rc = named ? pdg_path_real(named, &path, &why) : pdg_nomem(err);

	if (rc < 0)
		return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
	lock = pdg_str_printf("%s.lock", path);
	if (!lock)
		return pdg_nomem(err);
	if (pdg_fs_create(lock, pdg_bytes(NULL, 0), 0600, &why) < 0)
		return 0;
	rc = rewrite_config(path, lock, &changed, &why);
	/* Once it is renamed a lock of this name is somebody else's. */
	if (changed && rename(lock, path) == 0)
		return 0;
	if (pdg_fs_remove(lock, err) < 0)
		return PDG_E_IO;
	return rc == PDG_E_NOMEM ? pdg_nomem(err) : 0;
}

/* Take one name off the list of what was set. */
static struct pdg_bytes take_name(struct pdg_bytes *rest)
{
	size_t blank = pdg_bytes_find_byte(*rest, ' ', 0);
	struct pdg_bytes name = pdg_bytes_head(*rest, blank);

	*rest = pdg_bytes_from(*rest, blank == SIZE_MAX ? rest->n : blank + 1);
	return name;
}

int pdg_init_unset(struct pdg_repo *r, const char *name, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf left = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(mem) char *prepared = NULL;
	struct pdg_bytes rest;
	bool ours = false;
	int rc = pdg_repo_config(r, PREPARED, &prepared, err);

	for (rest = pdg_bytes_str(prepared); rc == 0 && rest.n;) {
		struct pdg_bytes each = take_name(&rest);

		if (pdg_bytes_eq_str(each, name)) {
			ours = true;
			continue;
		}
		if (left.n)
			pdg_buf_putc(&left, ' ');
		pdg_buf_put(&left, each);
	}
	if (rc == 0)
		rc = pdg_buf_check(&left, err);
	if (rc < 0 || !ours)
		return rc;
	rc = pdg_repo_config_set(r, name, NULL, err);
	if (rc == 0)
		rc = pdg_repo_config_set(r, PREPARED, left.n ? pdg_buf_cstr(&left) : NULL, err);
	if (rc == 0)
		pdg_out(stdout, PDG_PLAIN, "unset %s\n", name);
	return rc < 0 ? rc : drop_empty_sections(r, err);
}

int pdg_init_undo(struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(mem) char *prepared = NULL;
	struct pdg_bytes rest;
	int rc = pdg_repo_config(r, PREPARED, &prepared, err);

	if (rc < 0 || !prepared)
		return rc;
	for (rest = pdg_bytes_str(prepared); rc == 0 && rest.n;) {
		PDG_AUTO(mem) char *name = pdg_bytes_dup(take_name(&rest));

		rc = name ? pdg_repo_config_set(r, name, NULL, err) : pdg_nomem(err);
	}
	if (rc == 0)
		rc = pdg_repo_config_set(r, PREPARED, NULL, err);
	return rc < 0 ? rc : drop_empty_sections(r, err);
}
