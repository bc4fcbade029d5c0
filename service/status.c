/* SPDX-License-Identifier: Apache-2.0 */
/* Statuses of errors: the table of rules decides, what has no rule is the machine's doing. */
#include "service/status.h"

#include "util/limits.h"
#include "util/rule.h"
#include "util/str.h"

#define RETRY_OVERLOADED 1
#define RETRY_SOURCE	 2 /* a push and its attestation arrive within seconds of each other */

int pdg_status_of(const struct pdg_error *err)
{
	const struct pdg_rule *rule = pdg_rule_find(err->rule);

	if (rule)
		return rule->status;
	switch (err->code) {
	case PDG_E_USAGE:
	case PDG_E_FORMAT:
		return 400;
	case PDG_E_LIMIT:
		return 413;
	case PDG_E_NOTFOUND:
		return 404;
	case PDG_E_REJECTED:
		return 403;
	case PDG_E_NOMEM:
	case PDG_E_IO:
		return 503;
	default:
		return 500;
	}
}

int pdg_status_retry_after(const struct pdg_error *err)
{
	const struct pdg_rule *rule = pdg_rule_find(err->rule);

	if (rule && pdg_str_eq(rule->problem, "source-missing"))
		return RETRY_SOURCE;
	if (rule && pdg_str_eq(rule->id, "ISS-6"))
		return PDG_LIMIT_ISSUER_PAUSE;
	return pdg_status_of(err) == 503 ? RETRY_OVERLOADED : 0;
}
