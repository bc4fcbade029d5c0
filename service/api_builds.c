/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/v1/builds. */
#include "service/http.h"

enum pdg_handled pdg_api_build_post(struct pdg_request *rq)
{
	pdg_core_build(rq->core, &rq->caller, rq->body, pdg_prefer_wait_ms(rq->prefer),
		       pdg_api_answered, rq);
	return PDG_LATER;
}
