/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-repo settings: for programs that do not link libgit2 (cli/common/settings.h). One JSON
 * object; outside a repository all of its members are null.
 */
#include <stdio.h>

#include "repo/repo.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

static int put(struct pdg_jw *w, const struct pdg_repo *r, const char *member, const char *config,
	       struct pdg_error *err)
{
	PDG_AUTO(mem) char *v = NULL;
	int rc = r ? pdg_repo_config(r, config, &v, err) : 0;

	if (rc == 0)
		pdg_jw_kstr(w, member, v);
	return rc;
}

int pdg_cmd_settings(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	struct pdg_jw w;
	struct pdg_error why = {.code = 0};
	size_t i;
	int rc = pdg_here(&r, &p, &why);

	(void)args;
	/* Outside of a repository nothing is set. */
	if (rc < 0 && !pdg_str_eq(why.rule, "GIT-1")) {
		if (err)
			*err = why;
		return rc;
	}
	pdg_jw_init(&w, &text);
	pdg_jw_obj(&w);
	rc = put(&w, r, "policy", "pedigree.policy", err);
	if (rc == 0)
		rc = put(&w, r, "service", "pedigree.service", err);
	if (rc == 0 && r)
		rc = pdg_repo_way(r, &way, err);
	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++)
		pdg_jw_kstr(&w, pdg_way_names[i].option, way.v[i]);
	pdg_jw_kstr(&w, "outbox", p.outbox);
	pdg_jw_end(&w);
	if (rc == 0)
		rc = pdg_buf_check(&text, err);
	if (rc == 0)
		(void)printf("%s\n", pdg_buf_cstr(&text));
	return rc;
}
