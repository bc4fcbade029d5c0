/* SPDX-License-Identifier: Apache-2.0 */
/* The way to a service as git's configuration has it (util/way.h). */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "git/files.h"
#include "util/fs.h"
#include "util/str.h"
#include "util/url.h"

/* A file is named wholly, or from the home: a command runs in any folder, and so do hooks. */
static int file_of(const char *config, char **value, struct pdg_error *err)
{
	const char *home = getenv("HOME");
	char *path;
	int rc;

	if ((*value)[0] == '/' && pdg_path_fixed(*value))
		return 0;
	if (!pdg_str_starts(*value, "~/") || !home || home[0] != '/') {
		rc = pdg_reject(err, "CLI-2", "%s is \"%s\" in git's configuration", config,
				*value);
		pdg_fix(err,
			"git config %s with the absolute path of the file, and none below /proc or /dev",
			config);
		return rc;
	}
	path = pdg_path_join(home, *value + 2);
	if (!path)
		return pdg_nomem(err);
	free(*value);
	*value = path;
	return 0;
}

static const char *text_of(const struct pdg_gitconfig_value *v)
{
	return !v ? NULL : v->value ? v->value : "";
}

static bool is_local(const struct pdg_gitconfig_value *v)
{
	return v && v->scope == PDG_GITCONFIG_LOCAL;
}

/* Do both name one file? In doubt, yes. */
static bool same_file(const struct pdg_gitconfig_value *a, const struct pdg_gitconfig_value *b)
{
	PDG_AUTO(mem) char *one = pdg_gitconfig_home(text_of(a));
	PDG_AUTO(mem) char *other = pdg_gitconfig_home(text_of(b));
	struct stat sa;
	struct stat sb;

	if (!one || !other || strcmp(one, other) == 0)
		return true;
	return stat(one, &sa) == 0 && stat(other, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* A certificate or key of the repository's: said in its very file, for that could also include the
 * user's, and no other name for what is the user's. */
static bool is_of_repository(const struct pdg_gitconfig_value *v,
			     const struct pdg_gitconfig_value *own)
{
	return is_local(v) && !v->included && !(own && same_file(v, own));
}

/* A service and the way to it, as all say it, or as no repository can: the user and the system. */
struct said {
	const struct pdg_gitconfig_value *service;
	const struct pdg_gitconfig_value *v[PDG_WAY_PARTS];
};

static void look(const struct pdg_gitconfig_values *values, bool own, struct said *out)
{
	size_t i;

	out->service = pdg_gitconfig_last_of(values, "pedigree.service", own);
	for (i = 0; i < PDG_WAY_PARTS; i++)
		out->v[i] = pdg_gitconfig_last_of(values, pdg_way_names[i].config, own);
}

/*
 * Whose way it is. A repository's configuration, which may have come with it, decides nothing about
 * a service that somebody else names, and nothing about one to which the user's certificate is
 * shown: only about the service that it names itself, and then only its own pair is shown there.
 */
static void choose(const struct said *all, const struct said *own, const char *named,
		   struct said *out)
{
	const char *called = named ? named : text_of(all->service);
	const char *for_own = text_of(own->service);
	bool has_own = own->v[PDG_WAY_CLIENT_CERT] || own->v[PDG_WAY_CLIENT_KEY];
	bool show_own = has_own && called && for_own && pdg_url_same_server(for_own, called);
	bool pair = true;   /* a whole one of the repository's */
	bool mixed = false; /* some of it is not the repository's */
	bool local;
	size_t i;

	for (i = 0; i < PDG_WAY_PARTS; i++) {
		bool its = pdg_way_names[i].ours && is_of_repository(all->v[i], own->v[i]);

		pair = pair && (its || !pdg_way_names[i].ours);
		mixed = mixed || (pdg_way_names[i].ours && all->v[i] && !its);
	}
	local = !named && is_local(all->service) && (pair || !show_own);
	*out = local ? *all : *own;
	/* Half of the user's and half of its own make no pair: none, and he can be told. */
	for (i = 0; i < PDG_WAY_PARTS; i++) {
		if (pdg_way_names[i].ours && !(local ? !mixed : show_own))
			out->v[i] = NULL;
	}
}

static int copy(const struct said *chosen, struct pdg_way *out, struct pdg_error *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++) {
		rc = pdg_way_set(out, (enum pdg_way_part)i, text_of(chosen->v[i]), err);
		if (rc == 0 && out->v[i] && pdg_way_names[i].file)
			rc = file_of(pdg_way_names[i].config, &out->v[i], err);
	}
	return rc;
}

int pdg_repo_way(const struct pdg_repo *r, const char *named, struct pdg_way_configured *out,
		 struct pdg_error *err)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	const struct pdg_gitconfig_values *values = NULL;
	struct said all;
	struct said own;
	struct said chosen;
	int rc = pdg_gitconfig_of_files(r, &values, err);

	if (rc < 0)
		return rc;
	look(values, false, &all);
	look(values, true, &own);
	choose(&all, &own, named, &chosen);
	rc = copy(&chosen, &c.way, err);
	if (rc < 0)
		return rc;
	c.service = pdg_str_dup(text_of(all.service));
	c.ca_passed = is_local(all.v[PDG_WAY_CA]) && chosen.v[PDG_WAY_CA] != all.v[PDG_WAY_CA];
	if (all.v[PDG_WAY_CLIENT_CERT] && !chosen.v[PDG_WAY_CLIENT_CERT]) {
		c.withheld = pdg_str_dup(own.service ? text_of(own.service) : "");
		if (!c.withheld)
			return pdg_nomem(err);
		c.withheld_here =
			is_of_repository(all.v[PDG_WAY_CLIENT_CERT], own.v[PDG_WAY_CLIENT_CERT]);
	}
	if (all.service && !c.service)
		return pdg_nomem(err);
	*out = c;
	c = (struct pdg_way_configured){.service = NULL};
	return 0;
}
