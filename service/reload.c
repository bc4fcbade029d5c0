/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what SIGHUP takes in. Whatever is not in it is read at start only: addresses, store,
 * log.
 */
#include "service/reload.h"

#include "util/log.h"

/* Values that are only at start are checked as well: the next start would fail by them. */
static int read_file(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_service_config_load(r->began_with->file, &r->now, err);
}

static int set_level(struct pdg_reloading *r, struct pdg_error *err)
{
	(void)err;
	if (r->now)
		pdg_log_level(r->now->log_level);
	return 0;
}

/* Before the policy: both come into force together. */
static int read_signing_key(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_core_turn_key(r->core, err);
}

static int read_policy(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_core_reload(r->core, err);
}

static int read_certificates(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_httpd_reload(r->httpd, err);
}

static const struct {
	const char *what; /* as the log and /readyz name it */
	int (*again)(struct pdg_reloading *r, struct pdg_error *err);
} steps[] = {
	{"configuration", read_file},	       {"logLevel", set_level},
	{PDG_RELOAD_KEY, read_signing_key},    {"policy", read_policy},
	{"tlsCertificate", read_certificates},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

void pdg_reload_all(struct pdg_core *core, struct pdg_httpd *httpd,
		    const struct pdg_service_config *cfg)
{
	struct pdg_reloading r = {.core = core, .httpd = httpd, .began_with = cfg};
	struct pdg_error first = {0};
	const char *failed = NULL;
	size_t i;

	for (i = 0; i < STEPS; i++) {
		struct pdg_error err = {0};
		const char *fix;

		if (steps[i].again(&r, &err) == 0)
			continue;
		fix = pdg_error_fix(&err);
		pdg_log(PDG_LOG_ERROR, "reload-failed", "what", steps[i].what, "rule",
			err.rule[0] ? err.rule : NULL, "error", err.text, "fix",
			fix[0] ? fix : NULL, NULL);
		if (!failed) {
			failed = steps[i].what;
			first = err;
			pdg_core_reloaded(core, failed, &first);
		}
	}
	pdg_core_reloaded(core, failed, &first);
	if (!failed)
		pdg_log(PDG_LOG_INFO, "reloaded", NULL);
	pdg_service_config_free(r.now);
}
