/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of what SIGHUP takes in, all or nothing: the steps make it ready, the last of them puts
 * the policy and the signing key in force, and what comes after that cannot fail.
 */
#include "service/reload.h"

#include <errno.h>
#include <string.h>

#include "util/log.h"
#include "util/str.h"

/* What is not taken in is checked as well: the next start would fail by it. */
static int read_file(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_service_config_load(r->began_with->file, &r->now, err);
}

static int prepare_front(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_httpd_prepare(r->httpd, r->now, &r->terms, err);
}

/* Before the policy: both come into force together. */
static int read_signing_key(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_core_turn_key(r->core, r->now, err);
}

static int take_policy(struct pdg_reloading *r, struct pdg_error *err)
{
	return pdg_core_reload(r->core, r->now, err);
}

static const struct {
	const char *what; /* as the log and /readyz name it */
	int (*again)(struct pdg_reloading *r, struct pdg_error *err);
} steps[] = {
	{"configuration", read_file},
	{"TLS", prepare_front},
	{PDG_RELOAD_KEY, read_signing_key},
	{"policy", take_policy},
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

/* What the start says of these does not help here: the file had a name then, and by now the process
 * can reach folders alone that the configuration named (service/confine.c). */
static void mend(const char *what, struct pdg_error *err)
{
	if (pdg_str_eq(err->rule, "POL-9") && pdg_str_eq(what, "configuration"))
		pdg_fix(err, "put the file that --config named back where the service's user can "
			     "read it, and reload");
	else if (strstr(err->text, strerror(EACCES)))
		pdg_fix(err, "let the service's user read it, and reload; in a folder that the "
			     "configuration named no file of at the start it takes a restart");
}

static void say_failed(const char *what, const struct pdg_error *err)
{
	const char *fix = pdg_error_fix(err);

	pdg_log(PDG_LOG_ERROR, "reload-failed", "what", what, "rule",
		err->rule[0] ? err->rule : NULL, "error", err->text, "fix", fix[0] ? fix : NULL,
		NULL);
}

/* Keys that have another value now, and will have it after the next start. */
static void say_rest(const struct pdg_reloading *r)
{
	PDG_AUTO(buf) struct pdg_buf names = PDG_BUF_INIT(PDG_LIMIT_KIB(1));

	pdg_reload_rest(r->began_with, r->now, &names);
	if (names.n)
		pdg_log(PDG_LOG_WARN, "takes-a-restart", "keys", pdg_buf_cstr(&names), NULL);
}

void pdg_reload_all(struct pdg_core *core, struct pdg_httpd *httpd,
		    const struct pdg_service_config *cfg)
{
	struct pdg_reloading r = {.core = core, .httpd = httpd, .began_with = cfg};
	struct pdg_error err = {0};
	const char *failed = NULL;
	size_t i = 0;

	while (i < STEPS && steps[i].again(&r, &err) == 0)
		i++;
	if (i < STEPS)
		failed = steps[i].what;
	if (failed)
		mend(failed, &err);
	else if (pdg_core_key_taken(core, &err) < 0)
		failed = PDG_RELOAD_KEY; /* the policy that came into force does not trust it */
	pdg_core_reloaded(core, failed, &err);
	if (failed)
		say_failed(failed, &err);
	if (i == STEPS) {
		pdg_httpd_take(httpd, PDG_TAKE(r.terms));
		pdg_log_level(r.now->log_level);
		pdg_log(PDG_LOG_INFO, "reloaded", NULL);
		say_rest(&r);
	}
	pdg_httpd_terms_free(r.terms);
	pdg_service_config_free(r.now);
}
