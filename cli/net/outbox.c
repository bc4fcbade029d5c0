/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emptying an outbox (common/attest/outbox.h). A file is gone when acknowledged, set aside when
 * refused for good, and left where it is when the service could not answer.
 */
#include <stdio.h>

#include "attest/outbox.h"
#include "net/submit.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/str.h"

/* What became of one entry, beside its code. */
struct outcome {
	bool away;	/* the service did not answer: the rest would only wait in vain */
	bool set_aside; /* it is .refused now */
};

/* Is this about the statement, and not about the address or the way to it? */
static bool is_final(int rc, const struct pdg_http_answer *a, const struct pdg_error *why)
{
	if (rc == PDG_E_IO || rc == PDG_E_NOMEM || a->status < 400)
		return false;
	return !pdg_str_eq(why->rule, "HTP-1") && !pdg_str_eq(why->rule, "HTP-2") &&
	       !pdg_str_eq(why->rule, "HTP-4");
}

static int send_body(struct pdg_sending *s, const char *dir, const char *name,
		     struct pdg_bytes body, struct outcome *out, struct pdg_error *err)
{
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	int rc = pdg_send_one(s, name, body, &a, err);

	if (rc == 0)
		return pdg_outbox_done(dir, name, err);
	if (!is_final(rc, &a, err)) {
		out->away = a.status != 424;
		return rc;
	}
	if (pdg_outbox_refused(dir, name, pdg_buf_bytes(&a.body), err) < 0)
		return err->code;
	out->set_aside = true;
	return PDG_E_REJECTED;
}

static int send_file(struct pdg_sending *s, const char *dir, const char *name, struct outcome *out,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	struct pdg_error why = {0};
	int rc;

	rc = pdg_outbox_read(dir, name, &body, &why);
	if (rc == PDG_E_NOTFOUND) /* another run was faster */
		return 0;
	/* No statement at all: it must not keep those behind it from being sent. */
	if (rc < 0 && pdg_str_eq(why.rule, "FIL-2"))
		return pdg_outbox_set_aside(dir, name, &why, err);
	if (rc == 0)
		rc = send_body(s, dir, name, pdg_buf_bytes(&body), out, &why);
	if (rc < 0 && err)
		*err = why;
	return rc;
}

/*
 * What was refused, now or earlier, stays until somebody mends the cause: it is named each time.
 * The first is the error that the program ends with, unless it has one already.
 */
static int name_refused(const char *dir, bool failed, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i;
	int rc = pdg_outbox_list_refused(dir, &names, err);

	for (i = failed ? 0 : 1; rc == 0 && i < names.n; i++) {
		struct pdg_error why = {0};

		(void)pdg_outbox_problem(dir, names.v[i], &why);
		pdg_out(stdout, PDG_WARN,
			"%s/%s: %s%s%s%s; mend the cause, then rename it to .json\n", dir,
			names.v[i], why.text, why.rule[0] ? " [" : "", why.rule,
			why.rule[0] ? "]" : "");
	}
	if (rc < 0 || failed || names.n == 0)
		return rc;
	rc = pdg_outbox_problem(dir, names.v[0], err);
	pdg_fix(err, "%s%smend the cause, then rename it to .json", err ? pdg_error_fix(err) : "",
		err && pdg_error_fix(err)[0] ? "; " : "");
	return pdg_context(err, rc, "%s/%s", dir, names.v[0]);
}

static int no_outbox(const char *dir, struct pdg_error *err)
{
	int rc = pdg_reject(err, "CLI-3", "\"%s\" is no folder of an outbox", dir);

	pdg_fix(err,
		"it is GITDIR/pedigree/outbox of a repository; without one named it is that of "
		"the repository here");
	return rc;
}

/* Returns the first failure that is no refusal. *@err: that, else the first refusal. */
static int send_all(struct pdg_sending *s, const char *dir, const struct pdg_names *names,
		    size_t *out_refused, struct pdg_error *err)
{
	bool away = false;
	int first = 0;
	size_t i;

	for (i = 0; i < names->n && !away; i++) {
		struct outcome o = {.away = false};
		struct pdg_error why = {0};
		int rc = send_file(s, dir, names->v[i], &o, &why);

		away = o.away;
		if (rc == 0)
			continue;
		if (err && first == 0 && (!o.set_aside || *out_refused == 0))
			*err = why;
		if (o.set_aside)
			++*out_refused;
		else if (first == 0)
			first = rc;
	}
	return first;
}

int pdg_send_waiting(struct pdg_sending *s, const char *dir, bool must_be, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t refused = 0;
	int rc, worst;

	if (must_be ? !pdg_outbox_is(dir) : pdg_fs_exists(dir) && !pdg_fs_is_dir(dir))
		return no_outbox(dir, err);
	rc = pdg_outbox_list(dir, &names, err);
	if (rc < 0)
		return rc;
	worst = send_all(s, dir, &names, &refused, err);
	if (s->quiet)
		return worst ? worst : refused ? PDG_E_REJECTED : 0;
	if (names.n == 0)
		pdg_out(stdout, PDG_PLAIN, "%s: nothing waits\n", dir);
	rc = name_refused(dir, worst != 0, err);
	return worst ? worst : rc;
}
