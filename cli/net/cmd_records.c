/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-net records and ping: what pedigree-judge and doctor ask of the service. */
#include <stdio.h>
#include <string.h>

#include "net/net.h"
#include "net/records.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/time.h"

const struct pdg_opt pdg_cmd_records_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	PDG_WAY_OPTIONS,
	PDG_WAY_GIVEN_OPTION,
	{"deadline", "TIME", "give up after so long, e.g. 5s", false},
	{0},
};

const struct pdg_opt pdg_cmd_ping_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	PDG_WAY_OPTIONS,
	PDG_WAY_GIVEN_OPTION,
	{"report", NULL, "say on standard output what is wrong, and exit 1", false},
	{0},
};

int pdg_cmd_records(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	const char *dir = strcmp(args->arg[1], "-") == 0 ? NULL : args->arg[1];
	int rc = pdg_service_open(args, &s, err);

	if (rc == 0)
		rc = pdg_service_deadline(args, &s, err);
	return rc < 0 ? rc : pdg_records_by_subject(&s, args->arg[0], dir, err);
}

/* The same line as on standard error, for doctor to put among its own. */
static int report(const struct pdg_error *why)
{
	const char *fix = pdg_error_fix(why);

	pdg_out(stdout, PDG_PLAIN, "%s%s%s%s%s%s\n", why->text, why->rule[0] ? " [" : "", why->rule,
		why->rule[0] ? "]" : "", fix[0] ? "; " : "", fix);
	return 1;
}

int pdg_cmd_ping(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	struct pdg_error why = {0};
	int rc;

	rc = pdg_service_open(args, &s, &why);
	s.end_ms = pdg_monotonic_ms() + PDG_PING_MS;
	if (rc == 0)
		rc = pdg_service_get(&s, "/readyz", PDG_LIMIT_KIB(64), &a, &why);
	if (rc < 0 && pdg_args_has(args, "report"))
		return report(&why);
	if (rc < 0) {
		if (err)
			*err = why;
		return rc;
	}
	pdg_out(stdout, PDG_PLAIN, "%s is ready\n", s.url);
	return 0;
}
