/* SPDX-License-Identifier: Apache-2.0 */
/* Errors between pedigreed and its relay: both ends of it, so that they cannot differ. */
#include "util/error_json.h"

#include <stdio.h>

#include "util/rule.h"

void pdg_error_json_write(int rc, const struct pdg_error *err, struct pdg_jw *w)
{
	pdg_jw_ku64(w, "code", (uint64_t)-rc);
	pdg_jw_kstr(w, "rule", err->rule);
	pdg_jw_kstr(w, "text", err->text);
	pdg_jw_kstr(w, "fix", err->fix);
}

int pdg_error_json_read(const json_t *e, struct pdg_error *out, struct pdg_error *err)
{
	const char *rule = NULL;
	const char *text = NULL;
	const char *fix = NULL;
	uint64_t code = 0;
	int rc = pdg_json_opt_str(e, "rule", &rule, err);

	if (rc == 0)
		rc = pdg_json_str(e, "text", &text, err);
	if (rc == 0)
		rc = pdg_json_opt_str(e, "fix", &fix, err);
	if (rc == 0)
		rc = pdg_json_u64(e, "code", &code, err);
	if (rc == 0 && (code == 0 || code > -PDG_E_INTERNAL))
		rc = pdg_reject(err, "RLY-3", "an error of no kind");
	if (rc < 0)
		return rc;
	*out = (struct pdg_error){.code = -(int)code};
	if (rule && pdg_rule_find(rule))
		(void)snprintf(out->rule, sizeof(out->rule), "%s", rule);
	(void)snprintf(out->text, sizeof(out->text), "%s", text);
	(void)snprintf(out->fix, sizeof(out->fix), "%s", fix ? fix : "");
	return 0;
}
