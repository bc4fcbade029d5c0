/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Git configuration: what the people at this place set for themselves. Client hooks and commands
 * read pedigree.* and the signing keys from it; server hooks read none of it (rules.md 2.1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "git/impl.h"
#include "util/fs.h"
#include "util/limits.h"

/* A configuration file in the place of another of its level, as git's environment asks. */
static int put_file(const struct pdg_repo *r, git_config *config, git_config_level_t level,
		    const char *path, struct pdg_error *err)
{
	if (git_config_add_file_ondisk(config, path, level, r->git, 1) < 0)
		return pdg_git_failed(err, "configuration \"%s\"", path);
	return 0;
}

/* GIT_CONFIG_GLOBAL, GIT_CONFIG_SYSTEM, GIT_CONFIG_NOSYSTEM (git(1)), which libgit2 1.5 does not
 * know. */
static int put_environment_files(const struct pdg_repo *r, git_config *config,
				 struct pdg_error *err)
{
	const char *global = getenv("GIT_CONFIG_GLOBAL");
	const char *system = getenv("GIT_CONFIG_SYSTEM");
	int rc = 0;

	if (!system && getenv("GIT_CONFIG_NOSYSTEM"))
		system = "/dev/null";
	if (system)
		rc = put_file(r, config, GIT_CONFIG_LEVEL_SYSTEM, system, err);
	if (rc == 0 && global)
		rc = put_file(r, config, GIT_CONFIG_LEVEL_GLOBAL, global, err);
	if (rc == 0 && global)
		rc = put_file(r, config, GIT_CONFIG_LEVEL_XDG, "/dev/null", err);
	return rc;
}

/*
 * What the people here have set. git's own settings are read where git reads them; pedigree.*
 * stands in files alone, for no GIT_ variable may decide (rules.md 2.1).
 */
static int open_files(const struct pdg_repo *r, bool with_local, bool as_git, git_config **out,
		      struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *config = NULL;
	PDG_AUTO(mem) char *local = pdg_path_join(r->commondir, "config");
	int rc = 0;

	if (!local)
		return pdg_nomem(err);
	/* A configuration of its own: the repository's must not take up the environment's files. */
	if (git_config_open_default(&config) < 0)
		return pdg_git_failed(err, "configuration of the user and the system");
	if (with_local)
		rc = put_file(r, config, GIT_CONFIG_LEVEL_LOCAL, local, err);
	if (rc == 0 && as_git)
		rc = put_environment_files(r, config, err);
	if (rc < 0)
		return rc;
	if (git_config_snapshot(out, config) < 0)
		return pdg_git_failed(err, "configuration of \"%s\"", r->gitdir);
	return 0;
}

static int open_config(const struct pdg_repo *r, bool as_git, git_config **out,
		       struct pdg_error *err)
{
	return open_files(r, true, as_git, out, err);
}

/* Take one word in single quotes, as sh reads it, off *@rest. */
static bool take_quoted(const char **rest, struct pdg_buf *out)
{
	const char *p = *rest;

	if (*p != '\'')
		return false;
	for (p++; *p; p++) {
		if (*p != '\'') {
			pdg_buf_putc(out, (uint8_t)*p);
		} else if (strncmp(p, "'\\''", 4) == 0 || strncmp(p, "'\\!'", 4) == 0) {
			pdg_buf_putc(out, (uint8_t)p[2]);
			p += 3;
		} else {
			*rest = p + 1;
			return true;
		}
	}
	return false;
}

/* The last value of @name in GIT_CONFIG_PARAMETERS, where git hands "-c name=value" to what it
 * runs. */
static int find_parameter(const char *name, char **out, struct pdg_error *err)
{
	const char *rest = getenv("GIT_CONFIG_PARAMETERS");
	PDG_AUTO(buf) struct pdg_buf word = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	PDG_AUTO(mem) char *found = NULL;
	size_t n = strlen(name);

	while (rest && *rest) {
		const char *key;

		pdg_buf_reset(&word);
		rest += strspn(rest, " ");
		if (!*rest || !take_quoted(&rest, &word))
			break;
		/* 'name'='value' since git 2.31, 'name=value' before. */
		if (*rest == '=') {
			pdg_buf_putc(&word, '=');
			rest++;
			if (*rest == '\'' && !take_quoted(&rest, &word))
				break;
		}
		key = pdg_buf_cstr(&word);
		if (strncasecmp(key, name, n) != 0 || (key[n] && key[n] != '='))
			continue;
		free(found);
		found = strdup(key[n] ? key + n + 1 : "true");
		if (!found)
			return pdg_nomem(err);
	}
	*out = PDG_TAKE(found);
	return 0;
}

/* The last value of @name in GIT_CONFIG_COUNT, GIT_CONFIG_KEY_0, GIT_CONFIG_VALUE_0, …
 * (git-config(1)). */
static int find_counted(const char *name, char **out, struct pdg_error *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT");
	const char *found = NULL;
	uint64_t n = 0;
	uint64_t i;

	if (count && !pdg_bytes_u64(pdg_bytes_str(count), UINT16_MAX, &n))
		n = 0;
	for (i = 0; i < n; i++) {
		char key[64];
		char value[64];

		(void)snprintf(key, sizeof(key), "GIT_CONFIG_KEY_%ju", (uintmax_t)i);
		(void)snprintf(value, sizeof(value), "GIT_CONFIG_VALUE_%ju", (uintmax_t)i);
		if (getenv(key) && strcasecmp(getenv(key), name) == 0)
			found = getenv(value);
	}
	*out = found ? strdup(found) : NULL;
	return found && !*out ? pdg_nomem(err) : 0;
}

static int each_entry(const git_config_entry *entry, void *payload)
{
	const struct pdg_git_values *values = payload;

	values->each(values->ctx, entry->value);
	return 0;
}

int pdg_git_protected(const struct pdg_repo *r, const char *name,
		      const struct pdg_git_values *values, struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *config = NULL;
	PDG_AUTO(mem) char *counted = NULL;
	PDG_AUTO(mem) char *parameter = NULL;
	struct pdg_git_values copy = *values;
	int rc = open_files(r, false, true, &config, err);

	if (rc == 0)
		rc = find_counted(name, &counted, err);
	if (rc == 0)
		rc = find_parameter(name, &parameter, err);
	if (rc < 0)
		return rc;
	rc = git_config_get_multivar_foreach(config, name, NULL, each_entry, &copy);
	if (rc < 0 && rc != GIT_ENOTFOUND)
		return pdg_git_failed(err, "configuration \"%s\"", name);
	if (counted)
		values->each(values->ctx, counted);
	if (parameter)
		values->each(values->ctx, parameter);
	return 0;
}

/* From files: a name that stands without a value is *@out_set, and *@out NULL. */
static int find_in_files(const struct pdg_repo *r, const char *name, bool as_git, bool *out_set,
			 char **out, struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *config = NULL;
	PDG_AUTO(git_config_entry) git_config_entry *entry = NULL;
	int rc = open_config(r, as_git, &config, err);

	if (rc < 0)
		return rc;
	rc = git_config_get_entry(&entry, config, name);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0)
		return pdg_git_failed(err, "configuration \"%s\"", name);
	*out = entry->value ? strdup(entry->value) : NULL;
	if (entry->value && !*out)
		return pdg_nomem(err);
	*out_set = true;
	return 0;
}

static int find_value(const struct pdg_repo *r, const char *name, bool *out_set, char **out,
		      struct pdg_error *err)
{
	bool as_git = strncmp(name, "pedigree.", strlen("pedigree.")) != 0;
	int rc;

	*out_set = false;
	*out = NULL;
	rc = as_git ? find_parameter(name, out, err) : 0;
	if (rc == 0 && as_git && !*out)
		rc = find_counted(name, out, err);
	*out_set = *out != NULL;
	if (rc < 0 || *out_set)
		return rc;
	return find_in_files(r, name, as_git, out_set, out, err);
}

int pdg_repo_config(const struct pdg_repo *r, const char *name, char **out, struct pdg_error *err)
{
	PDG_AUTO(mem) char *value = NULL;
	bool is_set;
	int rc = find_value(r, name, &is_set, &value, err);

	if (rc < 0)
		return rc;
	if (is_set && !value) {
		value = strdup("");
		if (!value)
			return pdg_nomem(err);
	}
	*out = PDG_TAKE(value);
	return 0;
}

int pdg_repo_config_bool(const struct pdg_repo *r, const char *name, bool *out_set, bool *out,
			 struct pdg_error *err)
{
	PDG_AUTO(mem) char *value = NULL;
	bool is_set;
	int on = 0;
	int rc = find_value(r, name, &is_set, &value, err);

	if (rc < 0)
		return rc;
	if (is_set && git_config_parse_bool(&on, value) < 0)
		return pdg_git_failed(err, "configuration \"%s\"", name);
	*out_set = is_set;
	*out = on != 0;
	return 0;
}

int pdg_repo_config_set(struct pdg_repo *r, const char *name, const char *value,
			struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *all = NULL;
	PDG_AUTO(git_config) git_config *local = NULL;
	int rc;

	if (git_repository_config(&all, r->git) < 0 ||
	    git_config_open_level(&local, all, GIT_CONFIG_LEVEL_LOCAL) < 0)
		return pdg_git_failed(err, "configuration of \"%s\"", r->commondir);
	rc = value ? git_config_set_string(local, name, value)
		   : git_config_delete_entry(local, name);
	if (rc == GIT_ENOTFOUND && !value)
		return 0;
	if (rc < 0)
		return pdg_git_failed(err, "configuration \"%s\"", name);
	return 0;
}

/* core.hooksPath as git reads it: "~/" is the home folder; relative to where hooks run. */
static int configured_hooks(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	PDG_AUTO(git_config) git_config *config = NULL;
	__attribute__((cleanup(pdg_auto_git_buf))) git_buf path = GIT_BUF_INIT;
	int rc = open_config(r, true, &config, err);

	if (rc < 0)
		return rc;
	rc = git_config_get_path(&path, config, "core.hooksPath");
	if (rc == GIT_ENOTFOUND)
		return PDG_E_NOTFOUND;
	if (rc < 0)
		return pdg_git_failed(err, "configuration \"core.hooksPath\"");
	*out = pdg_path_join(r->workdir ? r->workdir : r->gitdir, path.ptr);
	return *out ? 0 : pdg_nomem(err);
}

int pdg_repo_hooks_dir(const struct pdg_repo *r, char **out, struct pdg_error *err)
{
	int rc = configured_hooks(r, out, err);

	if (rc != PDG_E_NOTFOUND)
		return rc;
	*out = pdg_path_join(r->commondir, "hooks");
	return *out ? 0 : pdg_nomem(err);
}
