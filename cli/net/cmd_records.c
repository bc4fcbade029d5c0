/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree-net records and ping: what pedigree-judge and doctor ask of the service. */
#include <stdio.h>

#include "net/net.h"
#include "net/records.h"
#include "util/limits.h"
#include "util/out.h"

const struct pdg_opt pdg_cmd_records_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	{"proxy", "URL", "HTTP proxy", false},
	{0},
};

const struct pdg_opt pdg_cmd_ping_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	{"proxy", "URL", "HTTP proxy", false},
	{0},
};

int pdg_cmd_records(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	int rc = pdg_service_open(args, &s, err);

	return rc < 0 ? rc : pdg_records_by_subject(&s, args->arg[0], args->arg[1], err);
}

int pdg_cmd_ping(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	int rc;

	rc = pdg_service_open(args, &s, err);
	if (rc == 0)
		rc = pdg_service_get(&s, "/readyz", PDG_LIMIT_KIB(64), &a, err);
	if (rc < 0)
		return rc;
	pdg_out(stdout, PDG_PLAIN, "%s is ready\n", s.url);
	return 0;
}
