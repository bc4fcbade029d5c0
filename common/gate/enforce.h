/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: which commits a push adds to protected refs, and whether each may be there (rules.md
 * 2). pre-receive asks for the repository that is pushed to, pre-push for the remote one as far as
 * the clone knows it, `pedigree check` for a range.
 */
#ifndef PDG_GATE_ENFORCE_H
#define PDG_GATE_ENFORCE_H

#include "gate/behind.h"
#include "gate/place.h"
#include "gate/push.h"
#include "git/range.h"

/* What is asked, and who wants to hear of each verdict. */
struct pdg_gate {
	struct pdg_repo *repo;
	const struct pdg_policy_repository *section;
	const struct pdg_signers *signers;
	int64_t at; /* when: Unix seconds */
	/**
	 * The remote whose protected refs this clone knows by refs/remotes/<remote>/; "" when it
	 * has no name. NULL: it is this repository that is pushed to.
	 */
	const char *remote;
	/** No commit is told that stands on a protected ref already: statements are made of it. */
	bool exact;
	/**
	 * Each object that was judged, good or not. @type is "commit" or "tag"; @raw is empty for
	 * a commit beyond a limit, which is not read. May be NULL.
	 */
	void (*judged)(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		       const struct pdg_verdict *v);
	void *ctx;
	bool stop;	 /* set by @judged: nobody listens any more, judge no further */
	size_t n_judged; /* counted here */
	size_t n_bad;
	/* Made when first needed: one gate is for one push, range or repository at one time. */
	struct pdg_behind *behind;
	struct pdg_lineage *baseline; /* what the section's baselines reach */
	struct pdg_knowns *knowns;    /* what a forge's merge rests on, judged once */
	struct pdg_error unsure; /* code: why it is not known whether a ref is only moved forward */
};

/** Release what the gate made for itself; what was put into it stays its owner's. */
void pdg_gate_done(struct pdg_gate *g);
PDG_AUTO_DEFINE_VALUE(gate, struct pdg_gate, pdg_gate_done)

/**
 * Judge one commit by all that counts for it: its signature, and of a forge's merge also the tree
 * (GIT-6).
 *
 * @within_push  its parents stand on a protected ref or are judged with it; else those of a forge's
 *               merge are judged by the same rules, or excused by the baseline
 * @out_raw      appended: the raw commit
 * @out          initialised; filled whatever the result
 *
 * Returns 0 when there is a verdict, else what kept it from judging.
 */
int pdg_gate_commit(struct pdg_gate *g, const char *hex, bool within_push, struct pdg_buf *out_raw,
		    struct pdg_verdict *out, struct pdg_error *err) PDG_MUST_CHECK;

/** Is the commit at or behind the section's baseline, from before adoption (rules.md 2.2)? */
int pdg_gate_excused(struct pdg_gate *g, const char *hex, bool *out,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The same as pdg_gate_commit() for whoever is to sign a statement about it: a verdict that is not
 * good is a failure under its own rule, or PSH-13 where only the baseline lets the commit stand.
 */
int pdg_gate_attestable(struct pdg_gate *g, const char *hex, bool within_push,
			struct pdg_buf *out_raw, struct pdg_verdict *out,
			struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Judge every commit of @w, on all cores (pool.c); @judged is called from here alone, in the order
 * of the walk. A good forge's merge must also give the tree that it has (GIT-6).
 *
 * @within_push  as in pdg_gate_commit(). Else @w answers for the parents that it shows, or was told
 *               to leave out (pdg_walk_answers())
 *
 * Returns 0 when all were judged (or up to g->stop), whatever the verdicts; else what kept it from
 * judging: the first such failure in the order of the walk.
 */
int pdg_gate_walk(struct pdg_gate *g, struct pdg_walk *w, bool within_push,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * May this push be accepted? Judges what rules.md 2.2 says for the refs that the section protects.
 *
 * Returns 0, PDG_E_REJECTED (PSH-2, PSH-3, PSH-4, PSH-5, PSH-6, PSH-7, PSH-8), PDG_E_IO (GIT-3),
 * PDG_E_NOMEM, PDG_E_CRYPTO.
 */
int pdg_gate_push(struct pdg_gate *g, const struct pdg_push *push,
		  struct pdg_error *err) PDG_MUST_CHECK;

/**
 * After @push, whose refs have moved: start @w, which is new, so that it shows what the push
 * brought to protected refs, and was judged for. What stood on another one, or is moved by somebody
 * else meanwhile, or is at or behind the baseline, it does not show.
 */
int pdg_gate_brought(struct pdg_gate *g, const struct pdg_push *push, struct pdg_walk *w,
		     struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Does this update write a protected ref: by its name, or by the name behind a symbolic ref?
 * *@out_ref: the protected name, owned by the caller; NULL when it does not.
 */
int pdg_gate_protected(struct pdg_gate *g, const struct pdg_update *u, char **out_ref,
		       struct pdg_error *err) PDG_MUST_CHECK;

#endif
