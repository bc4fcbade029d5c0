/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files git's configuration is read from, what they include, and what git's environment adds
 * (git-config(1), FILES, Includes and ENVIRONMENT). Read here and not by libgit2: 1.5 knows neither
 * GIT_CONFIG_GLOBAL nor includeIf "hasconfig:", reads every file anew for each value, and
 * is not there at all in the hooks around a commit.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "git/files.h"
#include "git/gitconfig_syntax.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define SYSTEM_FILE   "/etc/gitconfig"
#define INCLUDE_DEPTH 10 /* as git's MAX_INCLUDE_DEPTH */
#define HEAD_BRANCH   "ref: refs/heads/"

struct loader {
	const struct pdg_repo *r;
	unsigned how;
	struct pdg_gitconfig_values *out;
	enum pdg_gitconfig_scope scope;
	const char *file; /* being read; NULL: the environment */
	int depth;
	/* For "hasconfig:": what the same files say without such includes. */
	struct pdg_gitconfig_values urls;
	bool has_urls;
	bool only_urls; /* being read for that */
};

void pdg_gitconfig_values_done(struct pdg_gitconfig_values *values)
{
	size_t i;

	for (i = 0; i < values->n; i++) {
		free(values->v[i].name);
		free(values->v[i].value);
	}
	free(values->v);
	*values = (struct pdg_gitconfig_values){NULL, 0, 0};
}

static int add(struct loader *l, const char *name, const char *value, struct pdg_error *err)
{
	struct pdg_gitconfig_values *o = l->out;
	int rc = pdg_array_grow(&o->v, o->n, &o->cap, sizeof(*o->v), PDG_LIMIT_GIT_VALUES);

	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %zu values", PDG_LIMIT_GIT_VALUES);
	if (rc < 0)
		return pdg_nomem(err);
	o->v[o->n] = (struct pdg_gitconfig_value){pdg_str_dup(name), pdg_str_dup(value), l->scope,
						  l->depth > 0};
	o->n++;
	return o->v[o->n - 1].name && (!value || o->v[o->n - 1].value) ? 0 : pdg_nomem(err);
}

char *pdg_gitconfig_home(const char *path)
{
	const char *home = getenv("HOME");
	const char *rest = strchr(path, '/');
	PDG_AUTO(mem) char *user = NULL;
	const struct passwd *pw;

	if (path[0] != '~')
		return pdg_str_dup(path);
	if (!rest)
		rest = path + strlen(path);
	if (rest == path + 1)
		return home ? pdg_str_printf("%s%s", home, rest) : NULL;
	user = strndup(path + 1, (size_t)(rest - path - 1));
	pw = user ? getpwnam(user) : NULL;
	return pw ? pdg_str_printf("%s%s", pw->pw_dir, rest) : NULL;
}

/* ---- conditions of includeIf ---------------------------------------------------------------- */

static bool glob(const char *pattern, const char *text, bool fold)
{
	PDG_AUTO(mem)
	char *whole = pdg_str_printf("%s%s", pattern, pdg_str_ends(pattern, "/") ? "**" : "");

	return whole && pdg_gitconfig_match(whole, text, fold);
}

/* A folder's own characters are no pattern: a backslash before each that would be. */
static void put_literal(struct pdg_buf *b, const char *text)
{
	for (; *text; text++) {
		if (strchr("*?[\\", *text))
			pdg_buf_putc(b, '\\');
		pdg_buf_putc(b, (uint8_t)*text);
	}
}

/* The git folder by the name that the shell knows it by, over symbolic links; NULL when it has
 * none.
 */
static char *named_gitdir(const struct loader *l)
{
	const char *shell = getenv("PWD");
	const char *named = getenv("GIT_DIR");
	PDG_AUTO(mem) char *path = NULL;
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *here = NULL;

	if (!shell || pdg_path_real(shell, &real, NULL) < 0 ||
	    pdg_path_real(".", &here, NULL) < 0 || strcmp(real, here) != 0)
		return NULL;
	path = pdg_path_join(shell, named && named[0] ? named : ".git");
	free(PDG_TAKE(real));
	if (!path || pdg_path_real(path, &real, NULL) < 0 || strcmp(real, l->r->gitdir) != 0)
		return NULL;
	return PDG_TAKE(path);
}

static bool on_gitdir(const struct loader *l, const char *pattern, bool fold)
{
	PDG_AUTO(buf) struct pdg_buf b = PDG_BUF_INIT(PDG_LIMIT_GIT_CONFIG);
	PDG_AUTO(mem) char *above = NULL;
	PDG_AUTO(mem) char *real = NULL;
	PDG_AUTO(mem) char *named = NULL;

	if (pdg_str_starts(pattern, "~/") && getenv("HOME")) {
		if (pdg_path_real(getenv("HOME"), &above, NULL) < 0)
			return false;
		pattern += 1;
	} else if (pdg_str_starts(pattern, "./")) {
		if (!l->file || pdg_path_real(l->file, &real, NULL) < 0)
			return false;
		above = pdg_path_dir(real);
		pattern += 1;
	} else if (pattern[0] != '/') {
		pdg_buf_puts(&b, "**/");
	}
	if (above)
		put_literal(&b, above);
	pdg_buf_puts(&b, pattern);
	if (pdg_buf_check(&b, NULL) < 0 || !l->r->gitdir)
		return false;
	if (glob(pdg_buf_cstr(&b), l->r->gitdir, fold))
		return true;
	named = named_gitdir(l);
	return named && glob(pdg_buf_cstr(&b), named, fold);
}

static bool on_branch(const struct loader *l, const char *pattern)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_PATH);
	PDG_AUTO(mem) char *path = l->r->gitdir ? pdg_path_join(l->r->gitdir, "HEAD") : NULL;
	PDG_AUTO(mem) char *branch = NULL;
	struct pdg_bytes rest;
	struct pdg_bytes line;

	if (!path || pdg_fs_read(path, &text, NULL) < 0)
		return false;
	rest = pdg_buf_bytes(&text);
	if (!pdg_bytes_line(&rest, &line) || !pdg_bytes_starts(line, HEAD_BRANCH))
		return false;
	branch = pdg_bytes_dup(pdg_bytes_from(line, strlen(HEAD_BRANCH)));
	return branch && glob(pattern, branch, false);
}

static int load_all(struct loader *l, struct pdg_error *err);

/* Is one of the remotes' URLs like @pattern? What is included for that may name none itself. */
static int has_url(struct loader *l, const char *pattern, bool *out, struct pdg_error *err)
{
	size_t i;

	if (l->only_urls)
		return 0;
	if (!l->has_urls) {
		struct loader first = {
			.r = l->r, .how = l->how, .out = &l->urls, .only_urls = true};
		int rc = load_all(&first, err);

		if (rc < 0)
			return rc;
		l->has_urls = true;
	}
	for (i = 0; !*out && i < l->urls.n; i++) {
		const struct pdg_gitconfig_value *v = &l->urls.v[i];

		*out = pdg_str_starts(v->name, "remote.") && pdg_str_ends(v->name, ".url") &&
		       v->value && glob(pattern, v->value, false);
	}
	return 0;
}

/* @condition: between "includeif." and ".path". One that is not known is not met, as in git. */
static int is_met(struct loader *l, const char *condition, bool *out, struct pdg_error *err)
{
	*out = false;
	if (pdg_str_starts(condition, "gitdir:"))
		*out = on_gitdir(l, condition + strlen("gitdir:"), false);
	else if (pdg_str_starts(condition, "gitdir/i:"))
		*out = on_gitdir(l, condition + strlen("gitdir/i:"), true);
	else if (pdg_str_starts(condition, "onbranch:"))
		*out = on_branch(l, condition + strlen("onbranch:"));
	else if (pdg_str_starts(condition, "hasconfig:remote.*.url:"))
		return has_url(l, condition + strlen("hasconfig:remote.*.url:"), out, err);
	return 0;
}

/* ---- files ---------------------------------------------------------------------------------- */

static int take_value(void *ctx, const char *name, const char *value, struct pdg_error *err);

/* What is not there says nothing. */
static int load_file(struct loader *l, const char *path, struct pdg_error *err)
{
	const struct pdg_gitconfig_reader reader = {take_value, l};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_GIT_CONFIG);
	const char *above = l->file;
	struct pdg_error why = {.code = 0};
	int rc;

	if (strcmp(path, "/dev/null") == 0)
		return 0;
	rc = pdg_fs_read(path, &text, &why);
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc == 0) {
		l->file = path;
		rc = pdg_gitconfig_parse(pdg_buf_bytes(&text), &reader, &why);
		l->file = above;
	}
	if (rc == 0)
		return 0;
	rc = pdg_as_rule(&why, pdg_context(&why, rc, "configuration \"%s\"", path), "GIT-3");
	if (err)
		*err = why;
	return rc;
}

/* A path that is included: relative to the file that names it. */
static int include(struct loader *l, const char *value, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_gitconfig_home(value);
	PDG_AUTO(mem) char *dir = l->file ? pdg_path_dir(l->file) : NULL;
	PDG_AUTO(mem) char *whole = NULL;
	int rc;

	if (!path || (path[0] != '/' && !dir))
		return 0;
	whole = dir ? pdg_path_join(dir, path) : pdg_str_dup(path);
	if (!whole)
		return pdg_nomem(err);
	if (l->depth == INCLUDE_DEPTH)
		return pdg_reject(err, "GIT-3",
				  "configuration \"%s\" is included over more than %d files", whole,
				  INCLUDE_DEPTH);
	l->depth++;
	rc = load_file(l, whole, err);
	l->depth--;
	return rc;
}

static int take_value(void *ctx, const char *name, const char *value, struct pdg_error *err)
{
	static const char conditional[] = "includeif.";
	struct loader *l = ctx;
	PDG_AUTO(mem) char *condition = NULL;
	bool met = strcmp(name, "include.path") == 0;
	size_t n = strlen(name);
	int rc = add(l, name, value, err);

	if (rc < 0 || !value)
		return rc;
	if (pdg_str_starts(name, conditional) && pdg_str_ends(name, ".path") &&
	    n > strlen(conditional) + strlen(".path")) {
		condition = strndup(name + strlen(conditional),
				    n - strlen(conditional) - strlen(".path"));
		rc = condition ? is_met(l, condition, &met, err) : pdg_nomem(err);
	}
	return rc == 0 && met ? include(l, value, err) : rc;
}

static int load_below(struct loader *l, const char *dir, const char *name, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = dir ? pdg_path_join(dir, name) : NULL;

	if (dir && !path)
		return pdg_nomem(err);
	return path ? load_file(l, path, err) : 0;
}

static int load_system(struct loader *l, struct pdg_error *err)
{
	const char *file = getenv("GIT_CONFIG_SYSTEM");
	const char *without = getenv("GIT_CONFIG_NOSYSTEM");

	l->scope = PDG_GITCONFIG_SYSTEM;
	if (!(l->how & PDG_GITCONFIG_AS_GIT))
		return load_file(l, SYSTEM_FILE, err);
	if (without && without[0] && strcmp(without, "0") != 0 &&
	    strcasecmp(without, "false") != 0 && strcasecmp(without, "no") != 0 &&
	    strcasecmp(without, "off") != 0)
		return 0;
	return load_file(l, file ? file : SYSTEM_FILE, err);
}

static int load_global(struct loader *l, struct pdg_error *err)
{
	const char *file = l->how & PDG_GITCONFIG_AS_GIT ? getenv("GIT_CONFIG_GLOBAL") : NULL;
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int rc;

	l->scope = PDG_GITCONFIG_GLOBAL;
	if (file)
		return load_file(l, file, err);
	if (xdg && xdg[0])
		rc = load_below(l, xdg, "git/config", err);
	else
		rc = load_below(l, home, ".config/git/config", err);
	return rc < 0 ? rc : load_below(l, home, ".gitconfig", err);
}

static int load_local(struct loader *l, struct pdg_error *err)
{
	const struct pdg_gitconfig_value *v;
	bool own = false;
	int rc;

	l->scope = PDG_GITCONFIG_LOCAL;
	rc = load_below(l, l->r->commondir, "config", err);
	v = rc == 0 ? pdg_gitconfig_last(l->out, "extensions.worktreeConfig") : NULL;
	if (v && (!v->value || pdg_gitconfig_bool(v->value, &own, NULL) < 0))
		own = !v->value;
	return own ? load_below(l, l->r->gitdir, "config.worktree", err) : rc;
}

static int load_all(struct loader *l, struct pdg_error *err)
{
	int rc = load_system(l, err);

	if (rc == 0)
		rc = load_global(l, err);
	if (rc == 0 && (l->how & PDG_GITCONFIG_WITH_LOCAL))
		rc = load_local(l, err);
	if (rc < 0 || !(l->how & PDG_GITCONFIG_AS_GIT))
		return rc;
	l->scope = PDG_GITCONFIG_COMMAND;
	return pdg_gitconfig_environment(take_value, l, err);
}

int pdg_gitconfig_load(const struct pdg_repo *r, unsigned how, struct pdg_gitconfig_values *out,
		       struct pdg_error *err)
{
	PDG_AUTO(gitconfig_values) struct pdg_gitconfig_values values = {NULL, 0, 0};
	struct loader l = {.r = r, .how = how, .out = &values};
	int rc = load_all(&l, err);

	pdg_gitconfig_values_done(&l.urls);
	if (rc < 0)
		return rc;
	*out = values;
	values = (struct pdg_gitconfig_values){NULL, 0, 0};
	return 0;
}
