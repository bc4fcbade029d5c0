/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree attest source: a source statement made again. On the git server it is marked late, and
 * only for a commit that is on a protected ref now (rules.md 3.3); in a clone it is the one that
 * the hooks would have made.
 */
#include <stdio.h>
#include <string.h>

#include "gate/emit.h"
#include "gate/enforce.h"
#include "repo/repo.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"
#include "util/time.h"

const struct pdg_opt pdg_cmd_attest_source_options[] = {
	{"late", NULL, "git server: make a missing statement again", false},
	{"ref", "REF",
	 "git server: the protected ref that the commit is on (default: HEAD's branch)", false},
	{"server-key", "PEM", "git server: its private key", false},
	{"policy", "FILE", "the policy", false},
	{"repository", "URI", "the policy's section", false},
	{"output", "FILE", "write the submission to a file", false},
	{"no-submit", NULL, "leave it in the outbox", false},
	{"service", "URL", "the service; default: the configured one", false},
	PDG_WAY_OPTIONS,
	{0},
};

struct attesting {
	const struct pdg_args *args;
	struct pdg_repo *repo;
	struct pdg_place place;
	struct pdg_script script; /* of the installed hooks of a server */
	struct pdg_key *key;
	char *ref;
	struct pdg_buf raw;
	struct pdg_verdict verdict;
	char hex[PDG_GIT_HEX];
};

static void attesting_done(struct attesting *a)
{
	pdg_verdict_done(&a->verdict);
	pdg_buf_done(&a->raw);
	free(a->ref);
	pdg_key_free(a->key);
	pdg_script_done(&a->script);
	pdg_place_done(&a->place);
	pdg_repo_free(a->repo);
}

static int find_ref(struct attesting *a, struct pdg_error *err)
{
	const char *option = pdg_args_get(a->args, "ref");
	int rc;

	if (!option) {
		rc = pdg_repo_head_ref(a->repo, &a->ref, err);
		if (rc < 0)
			return rc;
	} else {
		a->ref = pdg_str_dup(option);
		if (!a->ref)
			return pdg_nomem(err);
	}
	if (a->ref && pdg_policy_protects(a->place.section, a->ref))
		return 0;
	rc = pdg_reject(err, "CLI-1", "\"%s\" is no ref that the policy protects",
			a->ref ? a->ref : "HEAD");
	pdg_fix(err, "name one by its full name: --ref refs/heads/main");
	return rc;
}

/* The commit must be on the protected ref as it is now. */
static int check_on_ref(const struct attesting *a, struct pdg_error *err)
{
	char tip[PDG_GIT_HEX];
	bool on = false;
	int rc = pdg_repo_ref(a->repo, a->ref, tip, err);

	if (rc == 0 && tip[0])
		rc = pdg_repo_reachable(a->repo, a->hex, tip, &on, err);
	if (rc < 0 || on)
		return rc;
	rc = pdg_reject(err, "PSH-11", "commit %.12s is not on %s now", a->hex, a->ref);
	pdg_fix(err, "push it there first; its statement is then made by itself");
	return rc;
}

/* On a git server what its hooks were given comes before the environment and the configuration. */
static int setting(const struct attesting *a, const char *option, const char *env,
		   const char *fixed, const char *config, char **out, struct pdg_error *err)
{
	if (!a->script.policy || pdg_args_has(a->args, option))
		return pdg_setting(a->args, option, env, a->repo, config, out, err);
	*out = pdg_str_dup(fixed);
	return fixed && !*out ? pdg_nomem(err) : 0;
}

static int prepare_server(struct attesting *a, struct pdg_error *err)
{
	PDG_AUTO(mem) char *file = NULL;
	int rc;

	if (!pdg_args_has(a->args, "late")) {
		rc = pdg_reject(err, "CLI-1",
				"sources of \"%s\" come from the git server when it is pushed to",
				a->place.section->uri);
		pdg_fix(err, "add --late to make a missing statement again");
		return rc;
	}
	rc = setting(a, "server-key", NULL, a->script.server_key, "pedigree.serverKey", &file, err);
	if (rc == 0)
		rc = pdg_emit_server_key(a->place.section, file, &a->key, err);
	if (rc == 0)
		rc = find_ref(a, err);
	return rc < 0 ? rc : check_on_ref(a, err);
}

static int prepare_clone(struct attesting *a, struct pdg_error *err)
{
	if (pdg_args_has(a->args, "late") || pdg_args_has(a->args, "ref") ||
	    pdg_args_has(a->args, "server-key"))
		return pdg_reject(
			err, "CLI-1",
			"--late, --ref and --server-key are for a git server; sources of \"%s\" come from clones",
			a->place.section->uri);
	return pdg_emit_clone_key(&a->place, &a->key, err);
}

static int prepare(struct attesting *a, struct pdg_error *err)
{
	int rc;

	switch (a->place.section->source_from) {
	case PDG_GRADE_SERVER:
		return prepare_server(a, err);
	case PDG_GRADE_CLONE:
		return prepare_clone(a, err);
	default:
		rc = pdg_reject(err, "POL-8",
				"the policy does not say where sources of \"%s\" come from",
				a->place.section->uri);
		pdg_fix(err, "write sourceFrom = server, or clone, into its section");
		return rc;
	}
}

/* The hooks may have come later than the commit, so its parents are looked at too. */
static int judge(struct attesting *a, struct pdg_error *err)
{
	PDG_AUTO(gate)
	struct pdg_gate g = {
		.repo = a->repo,
		.section = a->place.section,
		.at = pdg_now(&pdg_clock_system),
	};
	int rc = pdg_here_signers(&a->place, err);

	g.signers = a->place.signers;
	if (rc == 0)
		rc = pdg_gate_attestable(&g, a->hex, false, &a->raw, &a->verdict, err);
	if (rc == 0 && a->verdict.forge && !a->ref)
		return pdg_reject(err, "SRC-10",
				  "a forge's merge is attested by the git server, not by a clone");
	return rc;
}

static int send(struct attesting *a, struct pdg_error *err)
{
	PDG_AUTO(mem) char *service = NULL;
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	int status = 0;
	int rc;

	if (pdg_args_has(a->args, "no-submit"))
		return 0;
	rc = setting(a, "service", "PEDIGREE_SERVICE", a->script.service, "pedigree.service",
		     &service, err);
	if (rc == 0)
		rc = pdg_here_way(a->args, service, &a->script, a->repo, &way, err);
	if (rc < 0)
		return rc;
	if (!service) {
		pdg_out(stdout, PDG_WARN, "kept in %s: no service is configured\n",
			a->place.outbox);
		return 0;
	}
	const char *words[7 + PDG_WAY_WORDS] = {"submit", "--" PDG_WAY_GIVEN, "--service",
						service,  "--outbox",	      a->place.outbox};

	(void)pdg_way_words(&way, words + 6);
	rc = pdg_run_net(words, &status, err);
	return rc < 0 ? rc : status;
}

static int emit(struct attesting *a, struct pdg_error *err)
{
	const char *output = pdg_args_get(a->args, "output");
	PDG_AUTO(envelope) struct pdg_envelope *e = NULL;
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_source_make make = {
		.uri = a->place.section->uri,
		.raw = pdg_buf_bytes(&a->raw),
		.verdict = &a->verdict,
		.ref = a->ref,
		.late = a->ref != NULL,
	};
	int rc = pdg_fs_private_dir(a->place.state, err);

	if (rc == 0)
		rc = pdg_emit_source(&make, a->key, a->place.outbox, &e, &body, err);
	if (rc == 0 && output)
		rc = pdg_fs_put(output, pdg_buf_bytes(&body), 0600, err);
	if (rc < 0)
		return rc;
	/* What is sent is named by its reference when it is. */
	if (pdg_args_has(a->args, "no-submit"))
		pdg_out(stdout, PDG_PLAIN, "%s ", e->reference);
	pdg_out(stdout, PDG_PLAIN, "source of %s%s%s\n", a->hex, a->ref ? " on " : "",
		a->ref ? a->ref : "");
	return send(a, err);
}

int pdg_cmd_attest_source(const struct pdg_args *args, struct pdg_error *err)
{
	struct attesting a = {.args = args};
	int rc;

	pdg_buf_init(&a.raw, SIZE_MAX - 1);
	pdg_verdict_init(&a.verdict);
	rc = pdg_here(&a.repo, &a.place, err);
	if (rc == 0)
		rc = pdg_repo_resolve(a.repo, args->n_args ? args->arg[0] : "HEAD", a.hex, err);
	if (rc == 0)
		rc = pdg_here_script(a.repo, &a.script, err);
	if (rc == 0)
		rc = pdg_here_place(args, a.repo, &a.script, &a.place, err);
	if (rc == 0)
		rc = prepare(&a, err);
	if (rc == 0)
		rc = judge(&a, err);
	if (rc == 0)
		rc = emit(&a, err);
	attesting_done(&a);
	return rc;
}
