/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals on their way back: what service/reply.c wrote, for clients and for the outbox. */
#include "util/problem.h"

#include <string.h>

#include "util/json.h"
#include "util/limits.h"

/* AAA-1 to AAA-999: all that a rule can be called, by whatever version (docs/RULES.md). */
static bool is_rule(const char *s)
{
	size_t letters = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t digits;

	if (letters != 3 || s[letters] != '-')
		return false;
	digits = strspn(s + letters + 1, "0123456789");
	return digits >= 1 && digits <= 3 && !s[letters + 1 + digits];
}

int pdg_problem_read(struct pdg_bytes in, int code, struct pdg_error *err)
{
	PDG_AUTO(json) json_t *o = NULL;
	const char *detail = NULL, *rule = NULL, *fix = NULL, *title = NULL, *type = NULL;

	if (pdg_json_load(in, PDG_LIMIT_KIB(256), &o, NULL) < 0 ||
	    pdg_json_opt_str(o, "detail", &detail, NULL) < 0 ||
	    pdg_json_opt_str(o, "title", &title, NULL) < 0 ||
	    pdg_json_opt_str(o, "type", &type, NULL) < 0 ||
	    pdg_json_opt_str(o, "rule", &rule, NULL) < 0 ||
	    pdg_json_opt_str(o, "fix", &fix, NULL) < 0)
		return PDG_E_FORMAT;
	(void)pdg_fail(err, code, "%s%s",
		       type && strcmp(type, PDG_PROBLEM_LOCAL) == 0 ? "" : "the service refused: ",
		       detail  ? detail
		       : title ? title
			       : "no reason");
	if (err && rule && is_rule(rule))
		memcpy(err->rule, rule, strlen(rule) + 1);
	if (fix)
		pdg_fix(err, "%s", fix);
	return code;
}
