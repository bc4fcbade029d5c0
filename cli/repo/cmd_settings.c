/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree-repo settings: for programs that do not link libgit2 (cli/common/settings.h). One JSON
 * object; outside a repository it has what the user and the system configure of the service. Where
 * it fails, {"error":…} (util/error_json.h) and the status.
 */
#include <stdio.h>

#include "repo/repo.h"
#include "util/error_json.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

const struct pdg_opt pdg_cmd_settings_options[] = {
	{"service", "URL", "the way to this service, which does not have to be the configured one",
	 false},
	{0},
};

static void write_settings(const struct pdg_way_configured *c, const char *service,
			   const char *policy, const char *outbox, struct pdg_buf *out)
{
	struct pdg_jw w;
	size_t i;

	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "policy", policy);
	pdg_jw_kstr(&w, "service", service);
	for (i = 0; i < PDG_WAY_PARTS; i++)
		pdg_jw_kstr(&w, pdg_way_names[i].option, c->way.v[i]);
	pdg_jw_kstr(&w, "withheld", c->withheld);
	pdg_jw_kbool(&w, "withheldHere", c->withheld_here);
	pdg_jw_kbool(&w, "caPassed", c->ca_passed);
	pdg_jw_kstr(&w, "outbox", outbox);
	pdg_jw_end(&w);
}

static int settings(const struct pdg_args *args, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	PDG_AUTO(mem) char *policy = NULL;
	const char *named = pdg_args_get(args, "service");
	struct pdg_error why = {.code = 0};
	int rc = pdg_here(&r, &p, &why);

	/* Outside of a repository there is no policy of it, and no outbox; what is configured of
	 * a service that somebody names, no repository has a say in. */
	if (rc < 0 && !named && !pdg_str_eq(why.rule, "GIT-1")) {
		if (err)
			*err = why;
		return rc;
	}
	rc = r ? pdg_repo_config(r, "pedigree.policy", &policy, err) : 0;
	if (rc == 0)
		rc = pdg_here_configured(r, named, &c, err);
	if (rc < 0)
		return rc;
	write_settings(&c, named ? named : c.service, policy, p.outbox, out);
	return pdg_buf_check(out, err);
}

/* Whoever asks tells it as his own failure. */
static void write_error(int rc, const struct pdg_error *err, struct pdg_buf *out)
{
	struct pdg_jw w;

	pdg_buf_reset(out);
	pdg_jw_init(&w, out);
	pdg_jw_obj(&w);
	pdg_jw_kobj(&w, "error");
	pdg_error_json_write(rc, err, &w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
}

int pdg_cmd_settings(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	struct pdg_error why = {.code = 0};
	int rc = settings(args, &text, &why);

	if (rc < 0) {
		write_error(rc, &why, &text);
		if (err)
			*err = why;
	}
	if (pdg_buf_check(&text, NULL) == 0)
		(void)printf("%s\n", pdg_buf_cstr(&text));
	return rc;
}
