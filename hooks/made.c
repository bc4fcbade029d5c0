/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits that were just made in a clone: it is too late to stop them, and early enough to mend
 * them. Where sources come from clones, each good one's statement goes into the outbox.
 */
#include <stdio.h>

#include "hook.h"
#include "util/limits.h"
#include "util/time.h"

struct made {
	struct pdg_hook_run *h;
	struct pdg_key *key; /* the clone's, when statements are to be made */
	size_t told;
};

/* Without a policy: a signature of a form that is judged, around a commit of the right form. */
static int check_signed(struct pdg_bytes raw, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	int rc = pdg_commit_parse(raw, false, &c, err);

	if (rc == 0 && c->format == PDG_SIG_NONE) {
		rc = pdg_reject(err, "HOK-5", "is not signed");
		pdg_fix(err, "git commit --amend --no-edit -S");
	}
	return rc;
}

static int emit(struct made *m, struct pdg_bytes raw, const struct pdg_verdict *v,
		struct pdg_error *err)
{
	const struct pdg_place *p = &m->h->place;
	struct pdg_source_make make = {.uri = p->section->uri, .raw = raw, .verdict = v};
	int rc = 0;

	if (p->section->source_from != PDG_GRADE_CLONE)
		return 0;
	if (!m->key)
		rc = pdg_emit_clone_key(p, &m->key, err);
	if (rc < 0)
		return pdg_context(err, rc, "no statement was made");
	return pdg_emit_source(&make, m->key, p->outbox, NULL, NULL, err);
}

static int take(struct made *m, const char *hex, bool known, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = {.format = PDG_SIG_NONE};
	const char *type = NULL;
	int rc = pdg_hook_read(m->h, hex, &raw, &type, err);

	pdg_verdict_init(&v);
	if (rc < 0)
		return rc;
	if (!known)
		return pdg_context(err, check_signed(pdg_buf_bytes(&raw), err), "commit %.12s",
				   hex);
	rc = pdg_judge_commit(m->h->place.signers, pdg_buf_bytes(&raw), false,
			      pdg_now(&pdg_clock_system), &v, err);
	if (rc < 0)
		return rc;
	if (v.result == PDG_RESULT_GOOD)
		return emit(m, pdg_buf_bytes(&raw), &v, err);
	pdg_hook_tell(&m->told, type, hex, pdg_buf_bytes(&raw), &v);
	return 0;
}

int pdg_hook_made(struct pdg_hook_run *h, const char *const *commits, size_t n,
		  struct pdg_error *err)
{
	struct made m = {.h = h};
	bool known = false;
	size_t i;
	int rc = pdg_hook_expect(h, commits, n, err);

	if (rc == 0)
		rc = pdg_hook_policy(h, &known, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = take(&m, commits[i], known, err);
	pdg_hook_tell_rest(m.told);
	pdg_key_free(m.key);
	if (rc == 0 && m.told) {
		rc = pdg_reject(err, "HOK-5", "%s made, but a protected branch will refuse %s",
				m.told == 1 ? "the commit is" : "the commits are",
				m.told == 1 ? "it" : "them");
		pdg_fix(err,
			"sign with a key of the policy: git commit --amend --no-edit -S, or git rebase -S");
	}
	return rc;
}

int pdg_hook_post_commit(struct pdg_hook_run *h, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];
	const char *commit = hex;
	int rc = pdg_hook_head(h, hex, err);

	return rc < 0 ? rc : pdg_hook_made(h, &commit, 1, err);
}

int pdg_hook_post_rewrite(struct pdg_hook_run *h, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push rewritten = {NULL, 0};
	PDG_AUTO(mem) const char **commits = NULL;
	size_t i;
	int rc = pdg_push_rewritten(h->input, &rewritten, err);

	if (rc < 0 || rewritten.n == 0)
		return rc;
	commits = calloc(rewritten.n, sizeof(*commits));
	if (!commits)
		return pdg_nomem(err);
	for (i = 0; i < rewritten.n; i++)
		commits[i] = rewritten.v[i].new;
	return pdg_hook_made(h, commits, rewritten.n, err);
}
