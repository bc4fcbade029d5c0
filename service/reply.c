/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as problem documents (RFC 9457) with the project's rule ids. */
#include <string.h>

#include "service/http.h"
#include "service/status.h"
#include "util/jsonw.h"
#include "util/rule.h"
#include "util/str.h"

void pdg_reply_done(struct pdg_reply *r)
{
	pdg_buf_done(&r->body);
	free(r->location);
	r->location = NULL;
}

/* The rule of an error that came without one: every problem document names one. */
static const char *rule_of_code(int code)
{
	switch (code) {
	case PDG_E_USAGE:
	case PDG_E_FORMAT:
		return "HTP-5";
	case PDG_E_LIMIT:
		return "HTP-3";
	case PDG_E_NOTFOUND:
		return "HTP-1";
	case PDG_E_NOMEM:
	case PDG_E_IO:
		return "SVC-1";
	default:
		return "HTP-11";
	}
}

void pdg_reply_error(struct pdg_request *rq, const struct pdg_error *err)
{
	const struct pdg_rule *known = pdg_rule_find(err->rule);
	const struct pdg_rule *rule = known ? known : pdg_rule_find(rule_of_code(err->code));
	struct pdg_reply *reply = &rq->reply;
	const char *fix = pdg_error_fix(err);
	PDG_AUTO(mem) char *type = pdg_str_printf("urn:pedigree:problem:%s", rule->problem);
	PDG_AUTO(mem) char *instance = pdg_str_printf("urn:pedigree:request:%s", rq->id);
	struct pdg_jw w;

	if (rq->core)
		pdg_metrics_failed(pdg_core_metrics(rq->core), PDG_FAILS_REQUEST, rule->id);
	reply->status = rule->status;
	reply->rule = rule->id;
	reply->retry_after = pdg_status_retry_after(err);
	reply->content_type = "application/problem+json";
	reply->immutable = false;
	pdg_buf_reset(&reply->body);
	pdg_jw_init(&w, &reply->body);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "type", type);
	pdg_jw_kstr(&w, "title", rule->meaning);
	pdg_jw_ku64(&w, "status", (uint64_t)reply->status);
	pdg_jw_kstr(&w, "detail", err->text);
	pdg_jw_kstr(&w, "rule", rule->id);
	pdg_jw_kstr(&w, "fix", fix[0] ? fix : NULL);
	pdg_jw_kstr(&w, "instance", instance);
	pdg_jw_end(&w);
	pdg_buf_putc(&reply->body, '\n');
}

void pdg_reply_rule(struct pdg_request *rq, const char *rule, const char *text, const char *fix)
{
	struct pdg_error err = {0};

	(void)pdg_reject(&err, rule, "%s", text);
	if (fix)
		pdg_fix(&err, "%s", fix);
	pdg_reply_error(rq, &err);
}

bool pdg_reply_result(struct pdg_request *rq, int rc, const char *type, const struct pdg_error *err)
{
	struct pdg_error unbuilt = {0};

	if (rc == 0 && pdg_buf_check(&rq->reply.body, &unbuilt) < 0) {
		pdg_reply_error(rq, &unbuilt);
		return false;
	}
	if (rc < 0) {
		pdg_reply_error(rq, err);
		return false;
	}
	rq->reply.status = 200;
	rq->reply.rule = NULL;
	rq->reply.content_type = type;
	return true;
}
