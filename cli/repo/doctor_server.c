/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree doctor, the parts that other processes rest on: what the installed hooks of a server
 * were given, and the service itself.
 */
#include <stdio.h>

#include "common/check_option.h"
#include "gate/certificate.h"
#include "gate/emit.h"
#include "proc/spawn.h"
#include "repo/doctor.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

#define PING_MS 10000

void pdg_doctor_find_server(struct pdg_doctor *d)
{
	PDG_AUTO(script) struct pdg_script fence = {.program = NULL};
	PDG_AUTO(mem) char *dir = NULL;
	struct pdg_error err = {.code = 0};
	int rc = pdg_repo_hooks_dir(d->repo, &dir, &err);

	d->server = pdg_repo_bare(d->repo);
	if (rc == 0)
		rc = pdg_hook_script(dir, "pre-receive", &fence, &err);
	if (rc == 0)
		rc = pdg_hook_script(dir, "post-receive", &d->script, &err);
	d->server = d->server || fence.policy;
	/* Missing ones are told with all hooks. */
	if (rc < 0)
		return;
	if (pdg_str_eq(fence.policy, d->script.policy) &&
	    pdg_str_eq(fence.repository, d->script.repository) &&
	    pdg_str_eq(fence.server_key, d->script.server_key))
		return;
	(void)pdg_reject(&err, "HOK-4",
			 "pre-receive and post-receive in \"%s\" were not installed "
			 "together: they name different policies or keys",
			 dir);
	pdg_fix(&err, "pedigree hooks install --server again");
	pdg_doctor_bad(d, "hooks", &err);
}

static void certificates(struct pdg_doctor *d)
{
	struct pdg_error err = {.code = 0};

	if (!d->server || !d->place.section ||
	    d->place.section->pusher_from != PDG_PUSHER_CERTIFICATE)
		return;
	if (pdg_certificate_asked(d->repo, &err) < 0)
		pdg_doctor_bad(d, "certificates", &err);
	else
		pdg_doctor_good("certificates", "git asks who pushes");
}

/* What the hooks were given by an earlier version may be what they refuse now. */
static void deadline(struct pdg_doctor *d)
{
	struct pdg_error err = {.code = 0};

	if (d->script.deadline && pdg_emit_deadline(d->script.deadline, NULL, &err) < 0)
		pdg_doctor_bad(d, "deadline", &err);
}

void pdg_doctor_server(struct pdg_doctor *d)
{
	PDG_AUTO(key) struct pdg_key *key = NULL;
	PDG_AUTO(mem) char *timer = NULL;
	struct pdg_error err = {.code = 0};

	certificates(d);
	deadline(d);
	if (!d->server || !d->script.policy || !d->place.section ||
	    d->place.section->source_from != PDG_GRADE_SERVER)
		return;
	if (pdg_emit_server_key(d->place.section, d->script.server_key, &key, &err) < 0)
		pdg_doctor_bad(d, "server key", &err);
	else
		pdg_doctor_good("server key", "%s", d->script.server_key);
	if (pdg_repo_config(d->repo, "pedigree.service", &timer, &err) < 0 || !timer ||
	    pdg_str_eq(timer, d->script.service))
		return;
	(void)pdg_fail(&err, PDG_E_USAGE, "the hooks send to %s, and the timer to %s",
		       d->script.service ? d->script.service : "nobody", timer);
	pdg_fix(&err, "pedigree hooks install --server --service URL again");
	pdg_doctor_bad(d, "timer", &err);
}

/* --service, else what the hooks of a server were given, else as every command finds it. */
static int find_service(struct pdg_doctor *d, char **out, struct pdg_error *err)
{
	int rc = 0;

	if (!d->script.policy || pdg_args_has(d->args, "service")) {
		rc = pdg_setting(d->args, "service", "PEDIGREE_SERVICE", d->repo,
				 "pedigree.service", out, err);
	} else if (d->script.service) {
		*out = pdg_str_dup(d->script.service);
		rc = *out ? 0 : pdg_nomem(err);
	}
	if (rc < 0)
		return rc;
	if (*out)
		return pdg_check_service_url("service", *out, err);
	rc = pdg_fail(err, PDG_E_USAGE, "none is configured");
	pdg_fix(err, d->script.policy ? "pedigree hooks install --server --service URL again"
				      : "git config pedigree.service URL");
	return rc;
}

/* What pedigree-net says of it, a line for each fault. */
static int ask(struct pdg_doctor *d, const char *service, struct pdg_buf *said, int *out_status,
	       struct pdg_error *err)
{
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	const char *argv[7 + PDG_WAY_WORDS] = {"pedigree-net",	   "ping",	"--report",
					       "--" PDG_WAY_GIVEN, "--service", service};
	struct pdg_spawn s = {.argv = argv, .out = said, .quiet = true, .timeout_ms = PING_MS};
	int rc = pdg_program_path("pedigree-net", &program, err);

	if (rc == 0)
		rc = pdg_here_way(d->args, service, &d->script, d->repo, &way, err);
	(void)pdg_way_words(&way, argv + 6);
	s.program = program;
	return rc < 0 ? rc : pdg_spawn(&s, out_status, err);
}

/*
 * A service that is ready may still be shown nobody. Of a server it is the timer that goes by the
 * configuration: its hooks have their own.
 */
static void tell_withheld(const struct pdg_doctor *d)
{
	PDG_AUTO(way_configured) struct pdg_way_configured c = {.service = NULL};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	bool timer = d->script.policy != NULL;

	if ((!timer && pdg_args_has(d->args, pdg_way_names[PDG_WAY_CLIENT_CERT].option)) ||
	    pdg_here_configured(d->repo, timer ? NULL : pdg_here_named(d->args), &c, NULL) < 0)
		return;
	pdg_way_tell_withheld(&c, &text);
	if (text.n)
		pdg_doctor_note(timer ? "timer" : "certificate", "%s", pdg_buf_cstr(&text));
}

void pdg_doctor_service(struct pdg_doctor *d)
{
	PDG_AUTO(buf) struct pdg_buf said = PDG_BUF_INIT(PDG_LIMIT_KIB(64));
	PDG_AUTO(mem) char *service = NULL;
	struct pdg_error err = {.code = 0};
	struct pdg_bytes rest;
	struct pdg_bytes line;
	int status = 0;
	int rc = find_service(d, &service, &err);

	if (rc == 0)
		tell_withheld(d);
	if (rc == 0)
		rc = ask(d, service, &said, &status, &err);
	if (rc == 0 && status == 0) {
		pdg_doctor_good("service", "%s is ready", service);
		return;
	}
	if (rc < 0 || said.n == 0) {
		if (rc == 0)
			(void)pdg_fail(&err, PDG_E_IO, "%s could not be asked", service);
		pdg_doctor_bad(d, "service", &err);
		return;
	}
	for (rest = pdg_buf_bytes(&said); pdg_bytes_line(&rest, &line);) {
		(void)pdg_fail(&err, PDG_E_IO, "%.*s", (int)line.n, (const char *)line.p);
		pdg_doctor_bad(d, "service", &err);
	}
}
