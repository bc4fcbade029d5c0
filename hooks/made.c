/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits that were just made in a clone: it is too late to stop them, and early enough to mend
 * them. Where sources come from clones, each good one's statement goes into the outbox.
 */
#include <stdio.h>
#include <string.h>

#include "commit/resign.h"
#include "hook.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/time.h"

struct made {
	struct pdg_hook_run *h;
	struct pdg_key *key; /* the clone's, when statements are to be made */
	const char *
		rebased; /* others are on top of them: what they were put on, "" unknown; or NULL */
	size_t told;
	struct pdg_buf fix; /* what mends the first that is not good, and all on top of it */
};

/*
 * Of the first commit that is not good. Whether it changes anything is not looked up, for that may
 * take libgit2: where it does, to allow that it does not is no difference.
 */
static void note_fix(struct made *m, struct pdg_bytes raw, const struct pdg_verdict *v)
{
	struct pdg_resign how;

	if (m->told > 0)
		return;
	pdg_resign_look(raw, v, &how);
	how.empty = true;
	/* Whether one of the others has no message is not known either. */
	how.wordless = how.wordless || m->rebased;
	pdg_resign_before(&how, v->result, v->why.rule, &m->fix);
	if (m->rebased && m->rebased[0])
		pdg_resign_rebase(m->rebased, true, true, &m->fix);
	else if (m->rebased)
		pdg_resign_onwards(&how, raw, &m->fix);
	else
		pdg_resign_amend(&how, &m->fix);
}

static void put_fix(struct made *m, struct pdg_error *err)
{
	if (pdg_buf_check(&m->fix, NULL) == 0)
		pdg_fix(err, "%s", pdg_buf_cstr(&m->fix));
}

/* Without a policy: a signature of a form that is judged, around a commit of the right form. */
static int check_signed(struct made *m, struct pdg_bytes raw, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	PDG_AUTO(verdict) struct pdg_verdict none = PDG_VERDICT_INIT;
	int rc = pdg_commit_parse(raw, false, &c, err);

	if (rc == 0 && c->format == PDG_SIG_NONE) {
		note_fix(m, raw, &none);
		rc = pdg_reject(err, "HOK-5", "is not signed");
		put_fix(m, err);
	}
	return rc;
}

static int emit(struct made *m, struct pdg_bytes raw, const struct pdg_verdict *v,
		struct pdg_error *err)
{
	const struct pdg_place *p = &m->h->place;
	struct pdg_source_make make = {.uri = p->section->uri, .raw = raw, .verdict = v};
	int rc = 0;

	/* A forge's merge is the git server's to attest (SRC-10). */
	if (p->section->source_from != PDG_GRADE_CLONE || v->forge)
		return 0;
	if (!m->key)
		rc = pdg_emit_clone_key(p, &m->key, err);
	if (rc < 0)
		return pdg_context(err, rc, "no statement was made");
	return pdg_emit_source(&make, m->key, p->outbox, NULL, NULL, err);
}

static int take_unknown(struct made *m, const char *hex, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	const char *type = NULL;
	int rc = pdg_hook_read(m->h, hex, &raw, &type, err);

	if (rc < 0)
		return rc;
	return pdg_context(err, check_signed(m, pdg_buf_bytes(&raw), err), "commit %.12s", hex);
}

static int take(struct made *m, const char *hex, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(SIZE_MAX - 1);
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	int rc;

	rc = pdg_hook_judge(m->h, hex, &raw, &v, err);
	if (rc < 0)
		return rc;
	if (v.result == PDG_RESULT_GOOD)
		return emit(m, pdg_buf_bytes(&raw), &v, err);
	note_fix(m, pdg_buf_bytes(&raw), &v);
	/* What mends it stands in the last line. */
	if (pdg_resign_alone(v.result))
		v.why.fix[0] = '\0';
	pdg_hook_tell(&m->told, "commit", hex, pdg_buf_bytes(&raw), &v);
	return 0;
}

/* Check commits that were made here, and emit their statements where clones emit. */
static int made(struct pdg_hook_run *h, const char *const *commits, size_t n, const char *rebased,
		struct pdg_error *err)
{
	struct made m = {.h = h, .rebased = rebased};
	bool known = false;
	size_t i;
	int rc = pdg_hook_expect(h, commits, n, err);

	pdg_buf_init(&m.fix, PDG_ERROR_FIX_MAX - 1);
	if (rc == 0)
		rc = pdg_hook_policy(h, &known, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = known ? take(&m, commits[i], err) : take_unknown(&m, commits[i], err);
	pdg_hook_tell_rest(m.told);
	pdg_key_free(m.key);
	if (rc == 0 && m.told) {
		rc = pdg_reject(err, "HOK-5", "%s made, but a protected branch will refuse %s",
				m.told == 1 ? "the commit is" : "the commits are",
				m.told == 1 ? "it" : "them");
		put_fix(&m, err);
	}
	pdg_buf_done(&m.fix);
	return rc;
}

/*
 * Is git in the middle of a rebase by its sequencer, which runs post-commit for each commit? Then
 * what onto: "" where the file does not say; else NULL.
 */
static int find_onto(const struct pdg_hook_run *h, char room[PDG_OID_SHOWN + 1], const char **out,
		     struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = pdg_path_join(pdg_repo_gitdir(h->repo), "rebase-merge");
	PDG_AUTO(mem) char *file = dir ? pdg_path_join(dir, "onto") : NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	if (!dir || !file)
		return pdg_nomem(err);
	room[0] = '\0';
	*out = pdg_fs_is_dir(dir) ? room : NULL;
	if (*out && pdg_fs_read(file, &text, NULL) == 0 &&
	    pdg_is_hex(pdg_bytes_head(pdg_buf_bytes(&text), PDG_OID_SHOWN), PDG_OID_SHOWN))
		(void)snprintf(room, PDG_OID_SHOWN + 1, "%s", pdg_buf_cstr(&text));
	return 0;
}

int pdg_hook_post_commit(struct pdg_hook_run *h, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];
	char room[PDG_OID_SHOWN + 1];
	const char *commit = hex;
	const char *onto = NULL;
	int rc = pdg_hook_head(h, hex, err);

	if (rc == 0)
		rc = find_onto(h, room, &onto, err);
	return rc < 0 ? rc : made(h, &commit, 1, onto, err);
}

/*
 * git tells of an amended commit, and of those of most rebases, twice: post-commit has spoken. What
 * is left are rebases by git am (rebase --apply), which run no post-commit.
 */
int pdg_hook_post_rewrite(struct pdg_hook_run *h, struct pdg_error *err)
{
	bool amended = h->n_args > 0 && strcmp(h->args[0], "amend") == 0;
	char room[PDG_OID_SHOWN + 1];
	const char *onto = NULL;
	PDG_AUTO(push) struct pdg_push rewritten = {NULL, 0};
	PDG_AUTO(mem) const char **commits = NULL;
	size_t i;
	int rc = amended ? 0 : find_onto(h, room, &onto, err);

	if (rc < 0 || amended || onto)
		return rc;
	rc = pdg_push_rewritten(h->input, &rewritten, err);
	if (rc < 0 || rewritten.n == 0)
		return rc;
	commits = calloc(rewritten.n, sizeof(*commits));
	if (!commits)
		return pdg_nomem(err);
	for (i = 0; i < rewritten.n; i++)
		commits[i] = rewritten.v[i].new;
	return made(h, commits, rewritten.n, "", err);
}
