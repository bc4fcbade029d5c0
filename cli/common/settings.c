/* SPDX-License-Identifier: Apache-2.0 */
/* Settings by way of `pedigree-repo settings`, which prints
 * {"policy","service","withheld","withheldHere","caPassed","outbox"} and the way to the service,
 * each part by its option's name.
 */
#include "common/settings.h"

#include <stdlib.h>

#include "proc/spawn.h"
#include "trust/policy.h"
#include "util/error_json.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/limits.h"
#include "util/str.h"

#define SETTINGS_MS 5000

void pdg_settings_done(struct pdg_settings *s)
{
	free(s->policy);
	pdg_way_configured_done(&s->net);
	free(s->outbox);
	*s = (struct pdg_settings){0};
}

static int copy_member(const json_t *o, const char *name, char **out, struct pdg_error *err)
{
	const char *v;
	int rc = pdg_json_opt_str(o, name, &v, err);

	if (rc < 0 || !v)
		return rc;
	*out = pdg_str_dup(v);
	return *out ? 0 : pdg_nomem(err);
}

/* What pedigree-repo ended with @status for, said as if it had happened here; it is no verdict. */
static int take_error(int status, const struct pdg_buf *text, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	struct pdg_error why = {.code = 0};
	const json_t *e;
	int code = status == 2 ? PDG_E_USAGE : PDG_E_IO;

	if (pdg_json_load(pdg_buf_bytes(text), PDG_LIMIT_KIB(64), &o, NULL) == 0 &&
	    pdg_json_obj(o, "error", &e, NULL) == 0 && pdg_error_json_read(e, &why, NULL) == 0) {
		why.code = code;
		if (err)
			*err = why;
		return pdg_context(err, code, "settings of the repository here");
	}
	(void)pdg_fail(err, code, "the settings of the repository here could not be read");
	pdg_fix(err, "\"pedigree doctor\" says why");
	return code;
}

int pdg_settings_load(const char *named, struct pdg_settings *out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(json) json_t *o = NULL;
	PDG_AUTO(mem) char *program = NULL;
	const char *argv[] = {"pedigree-repo", "settings", named ? "--service" : NULL, named, NULL};
	struct pdg_spawn s = {.argv = argv, .out = &text, .quiet = true, .timeout_ms = SETTINGS_MS};
	size_t i;
	int rc, status;

	if (pdg_program_path("pedigree-repo", &program, NULL) < 0)
		return 0;
	s.program = program;
	rc = pdg_spawn(&s, &status, err);
	if (rc < 0)
		return rc;
	if (status != 0)
		return take_error(status, &text, err);
	rc = pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_KIB(64), &o, err);
	if (rc == 0)
		rc = copy_member(o, "policy", &out->policy, err);
	if (rc == 0)
		rc = copy_member(o, "service", &out->net.service, err);
	for (i = 0; rc == 0 && i < PDG_WAY_PARTS; i++)
		rc = copy_member(o, pdg_way_names[i].option, &out->net.way.v[i], err);
	if (rc == 0)
		rc = copy_member(o, "withheld", &out->net.withheld, err);
	if (rc == 0)
		rc = pdg_json_opt_bool(o, "withheldHere", false, &out->net.withheld_here, err);
	if (rc == 0)
		rc = pdg_json_opt_bool(o, "caPassed", false, &out->net.ca_passed, err);
	if (rc == 0)
		rc = copy_member(o, "outbox", &out->outbox, err);
	return rc;
}

int pdg_settings_policy(const char *option, char **out, struct pdg_error *err)
{
	PDG_AUTO(settings) struct pdg_settings s = {0};
	int rc;

	if (!option) {
		rc = pdg_settings_load(NULL, &s, err);
		if (rc < 0)
			return rc;
	}
	return pdg_policy_find(option, s.policy, out, err);
}

/* What lies there is believed: where somebody else could have put it, there is no cache. */
static char *if_private(char *dir)
{
	if (dir && pdg_fs_exists(dir) && pdg_fs_private_dir(dir, NULL) < 0) {
		free(dir);
		return NULL;
	}
	return dir;
}

char *pdg_settings_key_cache(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return if_private(pdg_str_printf("%s/pedigree/keys", xdg));
	/* A home that is not there is not made: whoever has none keeps no cache. */
	if (home && home[0] == '/' && pdg_fs_is_dir(home))
		return if_private(pdg_str_printf("%s/.cache/pedigree/keys", home));
	return NULL;
}
