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

static int send_file(struct pdg_sending *s, const char *dir, const char *name,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
	PDG_AUTO(http_answer) struct pdg_http_answer a = {0};
	struct pdg_error why = {0};
	int rc;

	rc = pdg_outbox_read(dir, name, &body, err);
	if (rc < 0)
		return rc;
	rc = pdg_send_one(s, name, pdg_buf_bytes(&body), &a, &why);
	if (rc == 0)
		return pdg_outbox_done(dir, name, err);
	if (err)
		*err = why;
	if (rc != PDG_E_REJECTED || pdg_send_may_pass(rc, &a))
		return rc;
	if (pdg_outbox_refused(dir, name, pdg_buf_bytes(&a.body), &why) < 0) {
		if (err)
			*err = why;
		return why.code;
	}
	return PDG_E_REJECTED;
}

/* What was refused, now or earlier, stays until somebody mends the cause: it is named each time. */
static int name_refused(const char *dir, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i;
	int rc = pdg_outbox_list_refused(dir, &names, err);

	for (i = 0; rc == 0 && i < names.n; i++) {
		struct pdg_error why = {0};

		(void)pdg_outbox_problem(dir, names.v[i], &why);
		pdg_out(stdout, PDG_WARN,
			"%s/%s: %s%s%s%s; mend the cause, then rename it to .json\n", dir,
			names.v[i], why.text, why.rule[0] ? " [" : "", why.rule,
			why.rule[0] ? "]" : "");
	}
	return rc;
}

static int no_outbox(const char *dir, struct pdg_error *err)
{
	int rc = pdg_reject(err, "CLI-3", "\"%s\" is no folder of an outbox", dir);

	pdg_fix(err,
		"it is GITDIR/pedigree/outbox of a repository; without one named it is that of "
		"the repository here");
	return rc;
}

int pdg_send_waiting(struct pdg_sending *s, const char *dir, bool must_be, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i;
	int rc, worst = 0;

	if (!pdg_fs_is_dir(dir) && (must_be || pdg_fs_exists(dir)))
		return no_outbox(dir, err);
	rc = pdg_outbox_list(dir, &names, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < names.n; i++) {
		struct pdg_error why = {0};

		rc = send_file(s, dir, names.v[i], &why);
		if (rc == 0)
			continue;
		if (worst == 0 && err)
			*err = why;
		worst = worst ? worst : rc;
		if (rc == PDG_E_IO) /* the service is away: the rest would only wait in vain */
			break;
	}
	if (s->quiet)
		return worst;
	if (names.n == 0)
		pdg_out(stdout, PDG_PLAIN, "%s: nothing waits\n", dir);
	rc = name_refused(dir, worst ? NULL : err);
	return worst ? worst : rc;
}
