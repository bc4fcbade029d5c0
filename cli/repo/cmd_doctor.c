/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree doctor: what everything rests on, one line each, with what to do where it does not hold.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proc/spawn.h"
#include "repo/around.h"
#include "repo/doctor.h"
#include "trust/root.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"
#include "util/time.h"

#define DAY 86400

const struct pdg_opt pdg_cmd_doctor_options[] = {
	{"policy", "FILE", "the policy", false},
	{"repository", "URI", "the policy's section", false},
	{"service", "URL", "the service; default: the configured one", false},
	PDG_WAY_OPTIONS,
	{0},
};

static void put_line(enum pdg_colour colour, const char *word, const char *what, const char *fmt,
		     va_list ap) PDG_PRINTF(4, 0);

static void put_line(enum pdg_colour colour, const char *word, const char *what, const char *fmt,
		     va_list ap)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_TEXT);

	pdg_buf_vprintf(&text, fmt, ap);
	pdg_out(stdout, colour, "%s", word);
	pdg_out(stdout, PDG_PLAIN, " %-11s %s\n", what, pdg_buf_cstr(&text));
}

void pdg_doctor_good(const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(PDG_GOOD, "good", what, fmt, ap);
	va_end(ap);
}

void pdg_doctor_note(const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(PDG_WARN, "note", what, fmt, ap);
	va_end(ap);
}

void pdg_doctor_bad(struct pdg_doctor *d, const char *what, const struct pdg_error *err)
{
	const char *fix = pdg_error_fix(err);

	d->bad++;
	pdg_out(stdout, PDG_BAD, "bad ");
	pdg_out(stdout, PDG_PLAIN, " %-11s %s%s%s%s%s%s\n", what, err->text,
		err->rule[0] ? " [" : "", err->rule, err->rule[0] ? "]" : "", fix[0] ? "; " : "",
		fix);
}

static void check_programs(struct pdg_doctor *d)
{
	static const char *const names[] = {"pedigree-hook", "pedigree-commit", "pedigree-net",
					    "pedigree-judge", "pedigree-pgp"};
	struct pdg_error err = {.code = 0};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(mem) char *path = NULL;

		if (pdg_program_path(names[i], &path, &err) < 0) {
			pdg_doctor_bad(d, "programs", &err);
			return;
		}
	}
	pdg_doctor_good("programs", "all are here");
}

static void check_root(struct pdg_doctor *d)
{
	PDG_AUTO(root) struct pdg_root *root = NULL;
	struct pdg_error err = {.code = 0};
	int64_t age;

	if (!d->place.policy->trusted_root)
		return;
	if (pdg_root_load(d->place.policy->trusted_root, &root, &err) < 0) {
		pdg_doctor_bad(d, "root", &err);
		return;
	}
	age = (pdg_now(&pdg_clock_system) - root->newest) / DAY;
	pdg_doctor_good("root", "%s: %zu log%s, the newest %jd day%s old",
			d->place.policy->trusted_root, root->n_logs, root->n_logs == 1 ? "" : "s",
			(intmax_t)age, age == 1 ? "" : "s");
}

/* Which keys count no longer: whoever revokes one looks here for whether it was seen. */
static void check_revocations(struct pdg_doctor *d)
{
	const struct pdg_policy *p = d->place.policy;
	size_t i;

	for (i = 0; i < p->revocation_files.n; i++)
		pdg_doctor_good("revocation", "%s", p->revocation_files.v[i]);
	if (p->revocations.n)
		pdg_doctor_good("revoked", "%zu key%s", p->revocations.n,
				p->revocations.n == 1 ? "" : "s");
}

/* The hooks of a server read nothing from the configuration: what they were given is what counts.
 */
static int find_place(struct pdg_doctor *d, struct pdg_error *err)
{
	const char *policy = pdg_args_get(d->args, "policy");
	const char *uri = pdg_args_get(d->args, "repository");

	if (!d->script.policy)
		return pdg_place_find(&d->place, d->repo, policy, uri, err);
	return pdg_place_fixed(&d->place, d->repo, policy ? policy : d->script.policy,
			       uri ? uri : d->script.repository, err);
}

static void check_baseline(struct pdg_doctor *d)
{
	const struct pdg_strings *baseline = &d->place.section->baseline;
	struct pdg_error err = {.code = 0};
	size_t i;

	for (i = 0; i < baseline->n; i++) {
		if (pdg_here_baseline(d->repo, baseline->v[i], &err) < 0)
			pdg_doctor_bad(d, "baseline", &err);
	}
}

/* A name that was mistyped protects nothing. Where people push to, for a clone lacks most refs. */
static void check_protect(struct pdg_doctor *d)
{
	const struct pdg_strings *protect = &d->place.section->protect;
	size_t i;

	for (i = 0; d->server && i < protect->n; i++) {
		char hex[PDG_GIT_HEX] = "";

		if (!strchr(protect->v[i], '*') &&
		    pdg_repo_ref(d->repo, protect->v[i], hex, NULL) == 0 && !hex[0])
			pdg_doctor_note(
				"protect",
				"%s names no ref of this repository: right, if it is still to be pushed",
				protect->v[i]);
	}
}

static void check_policy(struct pdg_doctor *d)
{
	struct pdg_error err = {.code = 0};
	int rc;

	rc = find_place(d, &err);
	if (!d->place.policy) {
		pdg_doctor_bad(d, "policy", &err);
		return;
	}
	pdg_doctor_good("policy", "%s (version %ju, %s)", d->place.policy->file,
			(uintmax_t)d->place.policy->version, d->place.policy->digest);
	check_root(d);
	check_revocations(d);
	if (rc < 0) {
		pdg_doctor_bad(d, "section", &err);
		return;
	}
	pdg_doctor_good("section", "%s, sources from %s", d->place.section->uri,
			pdg_grade_name(d->place.section->source_from));
	if (pdg_here_signers(&d->place, &err) < 0)
		pdg_doctor_bad(d, "keys", &err);
	else
		pdg_doctor_good("keys", "all key files of the section can be read");
	if (pdg_around_guarded(&d->place, &err) < 0)
		pdg_doctor_bad(d, "files", &err);
	check_protect(d);
	check_baseline(d);
}

static void check_hooks(struct pdg_doctor *d)
{
	const char *const *names = d->server ? pdg_server_hooks : pdg_client_hooks;
	PDG_AUTO(mem) char *dir = NULL;
	struct pdg_error err = {.code = 0};
	enum pdg_hook_state state = PDG_HOOK_ABSENT;
	bool kept;
	size_t i;
	int rc = pdg_repo_hooks_dir(d->repo, &dir, &err);

	if (rc == 0)
		rc = pdg_hooks_check_dir(dir, &err);
	if (rc == PDG_E_NOTFOUND)
		(void)pdg_fail(&err, rc, "there is no folder \"%s\"", dir);
	for (i = 0; rc == 0 && names[i]; i++) {
		rc = pdg_hook_look(dir, names[i], &state, &kept, &err);
		if (rc == 0 && state != PDG_HOOK_OURS)
			rc = pdg_fail(&err, PDG_E_NOTFOUND, "%s is not installed, or cannot be run",
				      names[i]);
	}
	if (rc == 0) {
		pdg_doctor_good("hooks", "installed in %s", dir);
		return;
	}
	if (!err.fix[0])
		pdg_fix(&err, d->server ? "pedigree hooks install --server --policy FILE"
					: "pedigree hooks install");
	pdg_doctor_bad(d, "hooks", &err);
}

/* Outside of a repository there is only a service to be looked at. */
static int without_repository(struct pdg_doctor *d)
{
	check_programs(d);
	pdg_doctor_service(d);
	return d->bad ? 1 : 0;
}

int pdg_cmd_doctor(const struct pdg_args *args, struct pdg_error *err)
{
	struct pdg_doctor d = {.args = args};
	struct pdg_error why = {.code = 0};
	int rc = pdg_here(&d.repo, &d.place, &why);

	if (rc < 0 && pdg_str_eq(why.rule, "GIT-1") && pdg_here_named(args))
		return without_repository(&d);
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	pdg_doctor_find_server(&d);
	check_programs(&d);
	check_policy(&d);
	check_hooks(&d);
	pdg_doctor_server(&d);
	pdg_doctor_clone(&d);
	pdg_doctor_outbox(&d);
	pdg_doctor_service(&d);
	pdg_script_done(&d.script);
	pdg_place_done(&d.place);
	pdg_repo_free(d.repo);
	return d.bad ? 1 : 0;
}
