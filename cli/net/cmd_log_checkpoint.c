/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree log checkpoint: the latest checkpoint as it is, and on standard error what is to be
 * thought of it. */
#include <stdio.h>

#include "net/logs.h"
#include "net/net.h"
#include "util/out.h"

const struct pdg_opt pdg_cmd_log_checkpoint_options[] = {
	{"service", "URL", "the service; default: the configured one", false},
	{"trusted-root", "FILE", "check the signature against this TrustedRoot", false},
	{"policy", "FILE", "check it against the policy's trustedRoot or journalKey", false},
	{"journal", NULL, "the service's journal instead of the log", false},
	PDG_WAY_OPTIONS,
	{0},
};

int pdg_cmd_log_checkpoint(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(service_client) struct pdg_service_client s = {0};
	PDG_AUTO(log_trust) struct pdg_log_trust trust = {0};
	PDG_AUTO(checkpoint) struct pdg_checkpoint *c = NULL;
	bool journal = pdg_args_has(args, "journal");
	const char *by;
	int rc;

	rc = pdg_log_trust_load(args, &trust, err);
	if (rc == 0)
		rc = pdg_service_open(args, &s, err);
	if (rc == 0)
		rc = pdg_log_fetch_checkpoint(&s, journal, &c, err);
	if (rc == 0)
		rc = pdg_log_check_signature(c, journal, &trust, &by, err);
	if (rc < 0)
		return rc;
	/* The note goes to stdout as it is, so that it can be kept; what we think of it does not.
	 */
	pdg_out(stdout, PDG_PLAIN, "%s", pdg_buf_cstr(&c->text));
	if (by)
		pdg_out(stderr, PDG_DIM, "signature verified: %s\n", by);
	else
		pdg_out(stderr, PDG_WARN, "signature not checked: give --policy with %s\n",
			journal ? "a journalKey" : "a trustedRoot, or --trusted-root");
	return 0;
}
