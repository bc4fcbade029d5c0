/* SPDX-License-Identifier: Apache-2.0 */
/* pedigree check: the gate's verdicts over a range, for people and, a JSON object a line, for
 * programs. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "commit/resign.h"
#include "gate/enforce.h"
#include "repo/progress.h"
#include "repo/repo.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/out.h"
#include "util/time.h"

const struct pdg_opt pdg_cmd_check_options[] = {
	{"policy", "FILE", "the policy", false},
	{"repository", "URI", "the policy's section", false},
	{"json", NULL, "one JSON object a commit, one a line", false},
	{"all", pdg_opt_argument, "all refs but notes and the stash, and HEAD", false},
	{"branches", pdg_opt_argument, "all branches", false},
	{"tags", pdg_opt_argument, "all tags", false},
	{"not", pdg_opt_argument, "leave out what comes next", false},
	{0},
};

struct checking {
	bool json;
	struct pdg_gate *g;
	const struct pdg_walk *w;
	struct pdg_progress progress;
	bool any_unsigned;
	bool wordless;		/* a commit of it, so far, has no message */
	char head[PDG_GIT_HEX]; /* what is checked out; "": nothing */
};

static void put_json(const char *hex, const struct pdg_verdict *v)
{
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_jw w;

	pdg_jw_init(&w, &line);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "commit", hex);
	pdg_jw_kstr(&w, "result", pdg_result_name(v->result));
	pdg_jw_kstr(&w, "format",
		    v->format == PDG_SIG_NONE ? NULL : pdg_sig_format_name(v->format));
	pdg_jw_kstr(&w, "fingerprint", v->fingerprint[0] ? v->fingerprint : NULL);
	pdg_jw_key(&w, "signer");
	if (v->signer.n)
		pdg_jw_bytes(&w, pdg_buf_bytes(&v->signer));
	else
		pdg_jw_null(&w);
	pdg_jw_end(&w);
	pdg_buf_putc(&line, '\n');
	/* JSON has escaped the controls; what else a terminal may stumble over is the reader's
	 * text. */
	(void)fwrite(line.p, 1, line.n, stdout);
}

/* What mends it: where only a new signature does, the command, with the names that it needs. */
static void put_fix(const struct checking *c, const char *hex, struct pdg_bytes raw,
		    const struct pdg_verdict *v, struct pdg_buf *out)
{
	struct pdg_resign how;

	/* One that was not read is beyond a limit, and would be so again. */
	if (!raw.n || !pdg_resign_alone(v->result)) {
		pdg_buf_puts(out, pdg_error_fix(&v->why));
		return;
	}
	pdg_resign_look(raw, v, &how);
	how.empty = true;
	how.wordless = c->wordless;
	pdg_resign_before(&how, v->result, v->why.rule, out);
	if (strcmp(hex, c->head) == 0)
		pdg_resign_amend(&how, out);
	else
		pdg_resign_onwards(&how, raw, out);
}

static void put_text(const struct checking *c, const char *hex, struct pdg_bytes raw,
		     const struct pdg_verdict *v)
{
	PDG_AUTO(mem) char *signer = pdg_bytes_dup(pdg_buf_bytes(&v->signer));
	PDG_AUTO(buf) struct pdg_buf fix = PDG_BUF_INIT(PDG_LIMIT_KIB(4));

	if (v->result == PDG_RESULT_GOOD) {
		pdg_out(stdout, PDG_GOOD, "good");
		pdg_out(stdout, PDG_PLAIN, " %.12s %s (%s %s)\n", hex,
			signer && signer[0] ? signer
			: v->forge	    ? "a forge"
					    : "",
			pdg_sig_format_name(v->format), v->fingerprint);
		return;
	}
	pdg_out(stdout, PDG_BAD, "%s", pdg_result_name(v->result));
	put_fix(c, hex, raw, v, &fix);
	pdg_out(stdout, PDG_PLAIN, " %.12s %s [%s]%s%s\n", hex, v->why.text, v->why.rule,
		fix.n ? "; " : "", pdg_buf_cstr(&fix));
}

static void judged(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v)
{
	struct checking *c = ctx;

	(void)type;
	c->wordless = c->wordless || (raw.n && pdg_resign_wordless(raw));
	c->any_unsigned = c->any_unsigned || v->result == PDG_RESULT_UNSIGNED;
	if (c->json)
		put_json(hex, v);
	else
		put_text(c, hex, raw, v);
	/* Nobody reads on, or the disk is full: pdg_out_finish() says so. */
	c->g->stop = ferror(stdout) != 0;
	if (pdg_progress_due(&c->progress))
		pdg_progress_show(&c->progress, c->g->n_judged, pdg_walk_total(c->w));
}

/* A walk over what the arguments name; @judged: less what the policy's baseline excuses. */
static int walk(const struct pdg_args *args, const struct pdg_gate *g, bool judged,
		struct pdg_walk **out, struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	size_t i;
	int rc = pdg_walk_new(g->repo, &w, err);

	for (i = 0; rc == 0 && i < args->n_args; i++)
		rc = pdg_walk_range(w, args->arg[i], err);
	for (i = 0; rc == 0 && judged && i < g->section->baseline.n; i++)
		rc = pdg_walk_hide(w, g->section->baseline.v[i], err);
	if (rc == 0)
		*out = PDG_TAKE(w);
	return rc;
}

/* A baseline that is not here (a wrong name, a shallow clone) excuses nothing. */
static void tell_lost_baseline(const struct pdg_gate *g)
{
	size_t i;

	for (i = 0; i < g->section->baseline.n; i++) {
		struct pdg_error why = {.code = 0};

		if (pdg_here_baseline(g->repo, g->section->baseline.v[i], &why) < 0)
			pdg_out_error("pedigree", &why);
	}
}

/* "good" is said of what is here: whoever reads it must know that there is more. */
static void tell_cut(const struct pdg_walk *w)
{
	struct pdg_error why = {.code = 0};
	size_t n = pdg_walk_cut(w);

	if (n == 0)
		return;
	(void)pdg_reject(
		&why, "PSH-7",
		"this clone is shallow: history is cut at %zu commit%s, and nothing behind %s is judged",
		n, n == 1 ? "" : "s", n == 1 ? "it" : "them");
	pdg_fix(&why, "git fetch --unshallow, then check again");
	pdg_out_error("pedigree", &why);
}

/* Nothing was judged: because there is no commit, or because the policy excuses all of them? */
static int conclude_empty(const struct pdg_args *args, const struct pdg_gate *g,
			  struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	char hex[PDG_GIT_HEX];
	int rc = walk(args, g, false, &w, err);

	if (rc == 0)
		rc = pdg_walk_next(w, hex, NULL, err);
	if (rc == PDG_E_NOTFOUND) {
		rc = pdg_reject(err, "GIT-5",
				"there is no commit in this range: nothing was checked");
		pdg_fix(err, "see \"git rev-list\" with the same arguments");
	}
	if (rc == 0)
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: every commit of this range is at or behind the policy's baseline: none needs a signature, none was judged\n");
	return rc;
}

static int conclude(const struct checking *c, const struct pdg_gate *g, const struct pdg_args *args,
		    struct pdg_error *err)
{
	if (g->n_judged == 0)
		return conclude_empty(args, g, err);
	if (!c->json)
		pdg_out(stdout, PDG_PLAIN, "%zu commit%s: %zu good, %zu not\n", g->n_judged,
			g->n_judged == 1 ? "" : "s", g->n_judged - g->n_bad, g->n_bad);
	if (c->any_unsigned && g->section->baseline.n == 0)
		pdg_out(stderr, PDG_PLAIN,
			"pedigree: history from before commits were signed can be excused as a whole: baseline = COMMIT in the policy's section of \"%s\"\n",
			g->section->uri);
	return g->n_bad ? 1 : 0;
}

int pdg_cmd_check(const struct pdg_args *args, struct pdg_error *err)
{
	PDG_AUTO(repo) struct pdg_repo *r = NULL;
	PDG_AUTO(place) struct pdg_place p = {.state = NULL};
	PDG_AUTO(script) struct pdg_script script = {.program = NULL};
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	struct checking c = {.json = pdg_args_has(args, "json")};
	PDG_AUTO(gate)
	struct pdg_gate g = {.at = pdg_now(&pdg_clock_system), .judged = judged, .ctx = &c};
	int rc;

	/* A reader that has gone is a failed write, told as every other. */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = pdg_here(&r, &p, err);

	if (rc == 0 && !pdg_args_has(args, "policy"))
		rc = pdg_here_script(r, &script, err);
	if (rc == 0)
		rc = pdg_here_place(args, r, &script, &p, err);
	g.repo = r;
	g.section = p.section;
	if (rc == 0)
		rc = walk(args, &g, true, &w, err);
	if (rc == 0)
		rc = pdg_here_signers(&p, err);
	if (rc < 0)
		return rc;
	tell_lost_baseline(&g);
	g.signers = p.signers;
	c.g = &g;
	c.w = w;
	if (pdg_repo_resolve(r, "HEAD", c.head, NULL) < 0)
		c.head[0] = '\0';
	pdg_progress_begin(&c.progress);
	rc = pdg_gate_walk(&g, w, false, err);
	pdg_progress_end(&c.progress);
	tell_cut(w);
	if (rc == 0 && g.stop)
		rc = pdg_out_finish(stdout, err);
	return rc < 0 ? rc : conclude(&c, &g, args, err);
}
