/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/attestations and GET /api/v1/attestations/{reference}. */
#include <string.h>
#include <strings.h>

#include "service/http.h"
#include "util/limits.h"
#include "util/str.h"

#define DEFAULT_WAIT_S 5

/* Prefer: wait=N (RFC 7240 4.3), bounded; anything else in the header is not ours. */
static int wait_ms(const char *prefer)
{
	const char *at = prefer ? strcasestr(prefer, "wait=") : NULL;
	struct pdg_bytes digits;
	uint64_t seconds;

	if (!at)
		return DEFAULT_WAIT_S * 1000;
	at += strlen("wait=");
	digits = pdg_bytes(at, strspn(at, "0123456789"));
	if (!pdg_bytes_u64(digits, 1000000, &seconds))
		return DEFAULT_WAIT_S * 1000;
	return (int)(seconds > PDG_LIMIT_WAIT_SECONDS ? PDG_LIMIT_WAIT_SECONDS : seconds) * 1000;
}

static void answered(void *ctx, const struct pdg_answer *answer)
{
	struct pdg_request *rq = ctx;

	if (answer->err) {
		pdg_reply_error(rq, answer->err);
		rq->reply.status = answer->status;
		if (answer->retry_after)
			rq->reply.retry_after = answer->retry_after;
	} else {
		rq->reply.status = answer->status;
		rq->reply.content_type = "application/json";
		pdg_buf_put(&rq->reply.body, answer->body);
		if (answer->status == 202)
			rq->reply.location =
				pdg_str_printf("/api/v1/attestations/%s", answer->reference);
	}
	rq->finish(rq);
}

enum pdg_handled pdg_api_attestation_post(struct pdg_request *rq)
{
	pdg_core_submit(rq->core, rq->body, wait_ms(rq->prefer), answered, rq);
	return PDG_LATER;
}

enum pdg_handled pdg_api_attestation_get(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	bool pending = false;
	int rc;

	if (!pdg_is_reference(rq->rest)) {
		pdg_reply_rule(rq, "HTP-5",
			       "that is no reference: sha256: and 64 lower-case hex digits", NULL);
		return PDG_HANDLED;
	}
	rc = pdg_core_record(rq->core, rq->rest, &rq->reply.body, &pending, &err);
	pdg_reply_result(rq, rc, "application/json", &err);
	if (rc == 0 && pending)
		rq->reply.status = 202;
	return PDG_HANDLED;
}
