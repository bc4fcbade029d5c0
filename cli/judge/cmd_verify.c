/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigree verify: evidence (a folder, or what pedigree-net fetches) -> chain/verify.c -> report.
 * The verdict's exit status: 0 good, 1 refused, 3 undecided. With --from DIR nothing here, nor
 * anything that is run from here, opens a network socket. What is fetched and not kept (--save)
 * passes through a pipe: an interrupted run leaves nothing behind.
 */
#include <stdio.h>
#include <stdlib.h>

#include "chain/verify.h"
#include "common/check_option.h"
#include "common/print_json.h"
#include "common/settings.h"
#include "judge/judge.h"
#include "judge/subject.h"
#include "proc/spawn.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

#define FETCH_MS 120000
#define ARGV_MAX (10 + PDG_WAY_WORDS)

const struct pdg_opt pdg_cmd_verify_options[] = {
	{"from", "DIR|URL", "where the records are; default: the configured service", false},
	{"policy", "FILE", "the policy to judge by", false},
	{"save", "DIR", "keep the records that are fetched", false},
	PDG_WAY_OPTIONS,
	{"deadline", "TIME", "give up fetching after so long, e.g. 5s", false},
	{"json", NULL, "print the verdict as JSON", false},
	{"verbose", NULL, "show each check that was made", false},
	{0},
};

struct verifying {
	const struct pdg_args *args;
	struct pdg_subject_arg subject;
	struct pdg_policy *policy;
	struct pdg_judge *judge;
	struct pdg_evidence *evidence;
	struct pdg_chain_report *report;
};

static void verifying_done(struct verifying *v)
{
	pdg_chain_report_free(v->report);
	pdg_evidence_free(v->evidence);
	pdg_judge_free(v->judge);
	pdg_policy_free(v->policy);
	free(v->subject.name);
}
PDG_AUTO_DEFINE_VALUE(verifying, struct verifying, verifying_done)

static bool is_url(const char *s)
{
	return pdg_str_starts(s, "http://") || pdg_str_starts(s, "https://");
}

/*
 * Run pedigree-net, which puts the records of @subject into @dir or, where that is NULL, hands
 * them to us, and says itself what went wrong. A service that is not @named it finds where we did.
 * 0, or the exit status: no verdict is 1 without one.
 */
static int run_net(struct verifying *v, const char *service, bool named, const struct pdg_way *way,
		   const char *dir, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf lines = PDG_BUF_INIT(PDG_LIMIT_EVIDENCE);
	PDG_AUTO(mem) char *program = NULL;
	PDG_AUTO(mem) char *subject = pdg_str_printf("sha256:%s", v->subject.sha256);
	const char *argv[ARGV_MAX] = {"pedigree-net", "records"};
	struct pdg_spawn s = {.argv = argv, .out = dir ? NULL : &lines, .timeout_ms = FETCH_MS};
	size_t n = 2;
	int rc, status;

	if (!subject)
		return pdg_nomem(err);
	if (named) {
		argv[n++] = "--service";
		argv[n++] = service;
	}
	n += pdg_way_words(way, argv + n);
	if (pdg_args_has(v->args, "deadline")) {
		argv[n++] = "--deadline";
		argv[n++] = pdg_args_get(v->args, "deadline");
	}
	argv[n++] = "--";
	argv[n++] = subject;
	argv[n] = dir ? dir : "-";
	rc = pdg_program_path("pedigree-net", &program, err);
	if (rc < 0)
		return rc;
	s.program = program;
	rc = pdg_spawn(&s, &status, err);
	if (rc < 0)
		return pdg_context(err, rc, "no records from %s", service);
	if (status > 128)
		return pdg_fail(err, PDG_E_IO, "no records from %s: pedigree-net was killed",
				service);
	if (status != 0)
		return status == 2 ? 2 : 3;
	return dir ? pdg_evidence_dir(dir, &v->evidence, err)
		   : pdg_evidence_lines(pdg_buf_bytes(&lines), service, &v->evidence, err);
}

/* The service: the option's, else the environment's or git's configuration's. What that says of the
 * way to it pedigree-net adds to the options. */
static int fetch(struct verifying *v, const char *dir, struct pdg_error *err)
{
	PDG_AUTO(settings) struct pdg_settings s = {0};
	const char *from = pdg_args_get(v->args, "from");
	PDG_AUTO(way) struct pdg_way way = {.v = {NULL}};
	const char *env = getenv("PEDIGREE_SERVICE");
	int rc = pdg_way_of_args(v->args, &way, err);

	if (!from && env && env[0])
		from = env;
	if (rc == 0 && !from)
		rc = pdg_settings_load(NULL, &s, err);
	if (rc < 0)
		return rc;
	if (from || s.net.service)
		return run_net(v, from ? from : s.net.service, from != NULL, &way, dir, err);
	rc = pdg_reject(err, "CLI-2", "no evidence is named, and no service is configured");
	pdg_fix(err, "give --from DIR or --from URL, or set PEDIGREE_SERVICE");
	return rc;
}

static int gather_folder(struct verifying *v, const char *dir, struct pdg_error *err)
{
	if (pdg_args_has(v->args, "save"))
		return pdg_reject(err, "CLI-2",
				  "--save keeps what is fetched, but --from %s is no URL", dir);
	return pdg_evidence_dir(dir, &v->evidence, err);
}

/* An address that is none is refused by the name under which it was given. */
static int check_from(const char *from, struct pdg_error *err)
{
	int rc;

	if (!from || pdg_fs_is_dir(from))
		return 0;
	if (is_url(from))
		return pdg_check_service_url("--from", from, err);
	rc = pdg_reject(err, "CLI-2", "--from \"%s\" is no folder, and no address of a service",
			from);
	pdg_fix(err, "name a folder of records, or a service as https://HOST or http://HOST:PORT");
	return rc;
}

/* The folder that is named, or what a service has. */
static int gather(struct verifying *v, struct pdg_error *err)
{
	const char *from = pdg_args_get(v->args, "from");
	const char *dir = pdg_args_get(v->args, "save");
	int rc;

	if (from && pdg_fs_is_dir(from))
		return gather_folder(v, from, err);
	rc = dir ? pdg_fs_mkdirs(dir, 0700, err) : 0;
	return rc < 0 ? rc : fetch(v, dir, err);
}

static int show(const struct verifying *v, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_RECORD);
	int rc;

	if (pdg_args_has(v->args, "json")) {
		rc = pdg_report_json(v->report, &text, err);
		if (rc < 0)
			return rc;
		pdg_print_json(stdout, pdg_buf_bytes(&text));
	} else {
		pdg_report_print(v->report, pdg_args_has(v->args, "verbose"));
	}
	switch (v->report->verdict) {
	case PDG_VERDICT_GOOD:
		return 0;
	case PDG_VERDICT_REFUSED:
		return 1;
	case PDG_VERDICT_UNDECIDED:
		break;
	}
	return 3;
}

int pdg_cmd_verify(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(mem) char *cache = pdg_settings_key_cache();
	PDG_AUTO(mem) char *file = NULL;
	PDG_AUTO(verifying) struct verifying v = {.args = args};
	int rc;

	rc = pdg_subject_arg(args->arg[0], &v.subject, err);
	if (rc == 0)
		rc = pdg_check_out_dir(args, "save", err);
	if (rc == 0)
		rc = check_from(pdg_args_get(args, "from"), err);
	if (rc == 0)
		rc = pdg_settings_policy(pdg_args_get(args, "policy"), &file, err);
	if (rc == 0)
		rc = pdg_policy_load(file, &v.policy, err);
	if (rc == 0)
		rc = pdg_judge_new(v.policy, cache, &pdg_clock_system, &v.judge, err);
	if (rc == 0)
		rc = gather(&v, err);
	if (rc == 0)
		rc = pdg_chain_verify(v.judge, v.evidence, v.subject.sha256, v.subject.name,
				      &v.report, err);
	return rc != 0 ? rc : show(&v, err);
}
