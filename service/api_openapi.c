/* SPDX-License-Identifier: Apache-2.0 */
/* GET /openapi.json: all resources of service/router.c; tests/e2e/openapi.sh holds them together.
 */
#include "service/http.h"
#include "service/openapi.h"

enum pdg_handled pdg_api_openapi(struct pdg_request *rq)
{
	pdg_buf_put(&rq->reply.body, pdg_bytes(pdg_openapi, pdg_openapi_n));
	(void)pdg_reply_result(rq, 0, "application/json", NULL);
	return PDG_HANDLED;
}
