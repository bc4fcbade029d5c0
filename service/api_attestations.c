/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/attestations and GET /api/v1/attestations/{reference}. */
#include <string.h>

#include "service/http.h"
#include "util/str.h"

static void take_body(struct pdg_buf *to, const struct pdg_answer *answer)
{
	if (!answer->made || answer->body.n > to->max) {
		pdg_buf_put(to, answer->body);
		return;
	}
	pdg_buf_done(to);
	answer->made->max = to->max;
	pdg_buf_move(to, answer->made);
}

void pdg_api_answered(void *ctx, const struct pdg_answer *answer)
{
	struct pdg_request *rq = ctx;

	if (answer->err) {
		pdg_reply_error(rq, answer->err);
		if (answer->retry_after)
			rq->reply.retry_after = answer->retry_after;
	} else {
		struct pdg_error err = {0};
		int rc = 0;

		take_body(&rq->reply.body, answer);
		if (answer->status == 202) {
			rq->reply.location =
				pdg_str_printf("/api/v1/attestations/%s", answer->reference);
			rc = rq->reply.location ? 0 : pdg_nomem(&err);
		}
		/* It is kept either way: who hears 503 sends it again, and is told so then. */
		if (pdg_reply_result(rq, rc, "application/json", &err))
			rq->reply.status = answer->status;
	}
	rq->finish(rq);
}

enum pdg_handled pdg_api_attestation_post(struct pdg_request *rq)
{
	pdg_core_submit(rq->core, &rq->caller, rq->body, pdg_prefer_wait_ms(rq->prefer),
			pdg_api_answered, rq);
	return PDG_LATER;
}

enum pdg_handled pdg_api_attestation_get(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	bool pending = false;
	int rc;

	if (!pdg_is_reference(rq->rest)) {
		pdg_reply_rule(rq, "HTP-5",
			       "that is no reference: sha256: and 64 lower-case hex digits",
			       "use the reference that the submission was answered with");
		return PDG_HANDLED;
	}
	rc = pdg_core_record(rq->core, rq->rest, &rq->reply.body, &pending, &err);
	if (rc == PDG_E_NOTFOUND && !err.rule[0])
		rc = pdg_under_rule(&err, rc, "HTP-9");
	if (pdg_reply_result(rq, rc, "application/json", &err) && pending)
		rq->reply.status = 202;
	return PDG_HANDLED;
}
