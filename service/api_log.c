/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded log and the journal as C2SP tlog-tiles serves them, and the set-up documents. */
#include <string.h>

#include "service/http.h"
#include "tlog/tree.h"
#include "util/str.h"

static enum pdg_handled checkpoint(struct pdg_request *rq, bool journal)
{
	struct pdg_error err = {0};
	int rc = pdg_core_log_file(rq->core, journal, "checkpoint", &rq->reply.body, &err);

	(void)pdg_reply_result(rq, rc, "text/plain; charset=utf-8", &err);
	return PDG_HANDLED;
}

static enum pdg_handled tile(struct pdg_request *rq, bool journal)
{
	PDG_AUTO(mem) char *path = pdg_str_printf("tile/%s", rq->rest);
	struct pdg_error err = {0};
	int rc;

	rc = path ? pdg_core_log_file(rq->core, journal, path, &rq->reply.body, &err)
		  : pdg_nomem(&err);
	if (rc == PDG_E_NOTFOUND && !err.fix[0])
		pdg_fix(&err,
			"the checkpoint says how many entries there are: a tile is 0 or x000/000 "
			"and so on, one that is not full has .p/WIDTH behind it");
	/* A tile of a published width never changes (tlog-tiles). */
	rq->reply.immutable = pdg_reply_result(rq, rc, "application/octet-stream", &err);
	return PDG_HANDLED;
}

enum pdg_handled pdg_api_log_checkpoint(struct pdg_request *rq)
{
	return checkpoint(rq, false);
}

enum pdg_handled pdg_api_journal_checkpoint(struct pdg_request *rq)
{
	return checkpoint(rq, true);
}

enum pdg_handled pdg_api_log_tile(struct pdg_request *rq)
{
	return tile(rq, false);
}

enum pdg_handled pdg_api_journal_tile(struct pdg_request *rq)
{
	return tile(rq, true);
}

enum pdg_handled pdg_api_trusted_root(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	int rc = pdg_core_trusted_root(rq->core, &rq->reply.body, &err);

	(void)pdg_reply_result(rq, rc, "application/json", &err);
	return PDG_HANDLED;
}

enum pdg_handled pdg_api_keys(struct pdg_request *rq)
{
	struct pdg_error err = {0};
	int rc = pdg_core_keys(rq->core, &rq->reply.body, &err);

	(void)pdg_reply_result(rq, rc, "application/json", &err);
	return PDG_HANDLED;
}
