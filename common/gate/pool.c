/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every commit of a walk, judged on all cores. One thread walks, reads (libgit2 is asked by no
 * other), makes a forge's merges again and tells, in the order of the walk: neither the verdicts
 * nor the first failure depend on which commit was judged first. Between the walk and the telling
 * there are never more than a window of commits, nor more than PDG_LIMIT_JUDGING bytes of them.
 */
#include "gate/impl.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/workers.h"

#define WINDOW 32 /* commits on their way, for each thread */

struct job {
	char hex[PDG_GIT_HEX];
	struct pdg_buf raw;
	struct pdg_verdict verdict;
	bool beyond; /* a limit: refused by the walk */
	int rc;	     /* less than 0: there is no verdict, and why */
	struct pdg_error why;
};

struct pool {
	struct pdg_gate *g;
	struct pdg_walk *w;
	bool within_push;
	bool all;   /* the walk leaves out all that stands */
	bool asked; /* or has been told what else there is */
	struct pdg_workers *workers;
	struct job *jobs; /* one place for each of the window */
	size_t window;
	size_t n_put;
	size_t bytes; /* of the commits on their way */
	int ended;    /* less than 0: the walk has, and how */
	struct pdg_error why;
};

static void pool_done(struct pool *p)
{
	size_t i;

	/* First the threads: they work on what comes next. */
	pdg_workers_free(p->workers);
	for (i = 0; p->jobs && i < p->window && i < p->n_put; i++) {
		pdg_buf_done(&p->jobs[i].raw);
		pdg_verdict_done(&p->jobs[i].verdict);
	}
	free(p->jobs);
}
PDG_AUTO_DEFINE_VALUE(pool, struct pool, pool_done)

/* On any thread: nothing here is shared but the keys, which do not change. */
static void judge(void *ctx, void *arg)
{
	const struct pdg_gate *g = ctx;
	struct job *job = arg;

	job->rc = 0;
	if (!job->beyond)
		job->rc = pdg_judge_commit(g->signers, pdg_buf_bytes(&job->raw), false, g->at,
					   &job->verdict, &job->why);
}

/* A commit that is not read, nor what is behind it: it is refused as one that is malformed. */
static void refuse(struct job *job, const struct pdg_error *why)
{
	job->beyond = true;
	pdg_verdict_done(&job->verdict);
	pdg_verdict_init(&job->verdict);
	job->verdict.result = PDG_RESULT_MALFORMED;
	job->verdict.why = *why;
}

static int pool_init(struct pool *p, struct pdg_error *err)
{
	size_t threads = pdg_cores();

	if (threads > PDG_LIMIT_JUDGES)
		threads = PDG_LIMIT_JUDGES;
	p->window = threads * WINDOW;
	p->jobs = pdg_calloc(p->window, sizeof(*p->jobs));
	if (!p->jobs)
		return pdg_nomem(err);
	return pdg_workers_new(judge, p->g, threads, p->window, &p->workers, err);
}

/* Put the next commit of the walk. Its end, also by failure, comes after what was put before. */
static void put_next(struct pool *p)
{
	struct job *job = &p->jobs[p->n_put % p->window];

	if (p->n_put < p->window) {
		pdg_buf_init(&job->raw, PDG_LIMIT_COMMIT);
		pdg_verdict_init(&job->verdict);
	}
	p->n_put++;
	pdg_buf_reset(&job->raw);
	job->beyond = false;
	p->ended = pdg_walk_next(p->w, job->hex, &job->raw, &p->why);
	if (p->ended == PDG_E_LIMIT && job->hex[0]) {
		refuse(job, &p->why);
		p->ended = 0;
	}
	if (p->ended < 0)
		return;
	p->bytes += job->raw.n;
	pdg_workers_put(p->workers, job);
}

/*
 * Does the walk still show this commit, which is not good? The refs that were not looked at decide:
 * what stands on one of them is no business of this push.
 */
static int still_shown(struct pool *p, const char *hex, bool *out, struct pdg_error *err)
{
	int rc = p->asked ? 0 : pdg_gate_hide_present(p->g, p->w, err);

	p->asked = true;
	return rc < 0 ? rc : pdg_walk_shows(p->w, hex, out, err);
}

/* The oldest job is done: what came out of it? */
static int take(struct pool *p, struct job *job, struct pdg_error *err)
{
	struct pdg_verdict *v = &job->verdict;
	struct pdg_bytes raw = pdg_buf_bytes(&job->raw);
	bool shown = true;
	int rc = job->rc;

	p->bytes -= raw.n;
	if (rc < 0 && err)
		*err = job->why;
	if (rc == 0)
		rc = pdg_gate_finish(p->g, p->w, p->within_push, raw, v, err);
	if (rc == 0 && v->result != PDG_RESULT_GOOD && !p->all)
		rc = still_shown(p, job->hex, &shown, err);
	if (rc < 0)
		return pdg_context(err, rc, "commit %s", job->hex);
	if (shown)
		pdg_gate_tell(p->g, "commit", job->hex, raw, v);
	/* Memory for a large commit is not kept for the small ones to come. */
	if (job->raw.cap > PDG_LIMIT_SMALL)
		pdg_buf_done(&job->raw);
	return 0;
}

int pdg_gate_judge_all(struct pdg_gate *g, struct pdg_walk *w, bool within_push, bool all,
		       struct pdg_error *err)
{
	PDG_AUTO(pool)
	struct pool p = {.g = g, .w = w, .within_push = within_push, .all = all};
	int rc = pool_init(&p, err);

	while (rc == 0 && !g->stop) {
		struct job *job;

		while (!p.ended && pdg_workers_n(p.workers) < p.window &&
		       p.bytes <= PDG_LIMIT_JUDGING)
			put_next(&p);
		job = pdg_workers_take(p.workers);
		if (!job)
			break;
		rc = take(&p, job, err);
	}
	if (rc < 0 || g->stop || p.ended == PDG_E_NOTFOUND)
		return rc;
	if (err)
		*err = p.why;
	return p.ended;
}
