/* SPDX-License-Identifier: Apache-2.0 */
/* GET /healthz and /readyz. */
#include "service/http.h"

enum pdg_handled pdg_api_health(struct pdg_request *rq)
{
	pdg_buf_puts(&rq->reply.body, "{\"status\":\"alive\"}\n");
	(void)pdg_reply_result(rq, 0, "application/json", NULL);
	return PDG_HANDLED;
}

enum pdg_handled pdg_api_ready(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	int rc = pdg_core_ready(rq->core, &err);

	if (rc == 0)
		pdg_buf_puts(&rq->reply.body, "{\"status\":\"ready\"}\n");
	(void)pdg_reply_result(rq, rc, "application/json", &err);
	if (rc < 0)
		rq->reply.status = 503;
	return PDG_HANDLED;
}
