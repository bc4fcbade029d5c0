/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/subjects/{digest} and /api/v1/chains/{digest}. */
#include <string.h>

#include "service/http.h"
#include "stage/stage.h"
#include "util/codec.h"
#include "util/str.h"

/* "sha256:<64 hex>", for subjects also "gitCommit:<40 or 64 hex>". NULL: neither. */
static const char *digest_value(const char *text, bool git, const char **out_algorithm)
{
	const char *v;

	if (pdg_str_starts(text, "sha256:")) {
		v = text + strlen("sha256:");
		*out_algorithm = "sha256";
		return pdg_is_hex(pdg_bytes_str(v), 64) ? v : NULL;
	}
	if (git && pdg_str_starts(text, "gitCommit:")) {
		v = text + strlen("gitCommit:");
		*out_algorithm = "gitCommit";
		return pdg_is_hex(pdg_bytes_str(v), 40) || pdg_is_hex(pdg_bytes_str(v), 64) ? v
											    : NULL;
	}
	return NULL;
}

static enum pdg_handled bad_digest(struct pdg_request *rq, bool git)
{
	if (git)
		pdg_reply_rule(rq, "HTP-5",
			       "that is no digest: sha256: and 64 lower-case hex digits, or "
			       "gitCommit: and 40 or 64",
			       "sha256sum FILE prints the digits, git rev-parse COMMIT a commit's");
	else
		pdg_reply_rule(rq, "HTP-5",
			       "that is no digest: sha256: and 64 lower-case hex digits",
			       "sha256sum FILE prints the digits");
	return PDG_HANDLED;
}

/* The stage's own name for @text, or NULL. */
static const char *stage_named(struct pdg_bytes text)
{
	int i;

	for (i = 0; i < PDG_STAGE_COUNT; i++) {
		const struct pdg_stage *s = pdg_stage((enum pdg_stage_id)i);

		if (pdg_bytes_eq_str(text, s->name))
			return s->name;
	}
	return NULL;
}

/* ?after= and ?stage=. False: a 400 is in the reply. */
static bool read_query(struct pdg_request *rq, uint64_t *out_after, const char **out_stage)
{
	struct pdg_bytes after = {0}, stage = {0};

	if (!pdg_query_value(rq, "after", &after) || !pdg_query_value(rq, "stage", &stage))
		return false;
	if (after.p && !pdg_bytes_u64(after, INT64_MAX, out_after)) {
		pdg_reply_rule(rq, "HTP-5", "after is no number",
			       "use the value of next as it was answered");
		return false;
	}
	*out_stage = stage.p ? stage_named(stage) : NULL;
	if (stage.p && !*out_stage) {
		pdg_reply_rule(rq, "HTP-5", "stage is none of the eight",
			       "source, build, sbom, vulnerability, vex, policy-evaluation, "
			       "approval or deployment");
		return false;
	}
	return true;
}

enum pdg_handled pdg_api_subjects(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	const char *algorithm, *value = digest_value(rq->rest, true, &algorithm);
	const char *stage = NULL;
	uint64_t after = 0;
	int rc;

	if (!value)
		return bad_digest(rq, true);
	if (!read_query(rq, &after, &stage))
		return PDG_HANDLED;
	rc = pdg_core_subjects(rq->core, algorithm, value, stage, (int64_t)after, &rq->reply.body,
			       &err);
	(void)pdg_reply_result(rq, rc, "application/json", &err);
	return PDG_HANDLED;
}

enum pdg_handled pdg_api_chains(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	const char *algorithm, *value = digest_value(rq->rest, false, &algorithm);
	int rc;

	if (!value)
		return bad_digest(rq, false);
	rc = pdg_core_chain(rq->core, value, &rq->reply.body, &err);
	(void)pdg_reply_result(rq, rc, "application/json", &err);
	return PDG_HANDLED;
}
