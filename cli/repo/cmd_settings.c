/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-repo settings: for programs that do not link libgit2 (cli/common/settings.h). One JSON
 * object; outside a repository it has what the user and the system configure of the service.
 */
#include <stdio.h>

#include "repo/repo.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

int pdg_cmd_settings(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	PDG_AUTO(mem) char *service = NULL;
	PDG_AUTO(mem) char *policy = NULL;
	struct pdg_jw w;
	struct pdg_error why = {.code = 0};
	size_t i;
	int rc = pdg_here(&r, &p, &why);

	(void)args;
	/* Outside of a repository there is no policy of it, and no outbox. */
	if (rc < 0 && !pdg_str_eq(why.rule, "GIT-1")) {
		if (err)
			*err = why;
		return rc;
	}
	pdg_jw_init(&w, &text);
	pdg_jw_obj(&w);
	rc = r ? pdg_repo_config(r, "pedigree.policy", &policy, err) : 0;
	pdg_jw_kstr(&w, "policy", policy);
	if (rc == 0)
		rc = pdg_here_configured(r, &service, &way, err);
	pdg_jw_kstr(&w, "service", service);
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
