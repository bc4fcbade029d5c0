/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits with their parents as a graph that grows while it is walked: nodes by name, and a queue
 * by the committer's time. Only what a walk touches is read. Private to common/git.
 */
#ifndef PDG_GIT_GRAPH_H
#define PDG_GIT_GRAPH_H

#include "git/impl.h"
#include "util/keyed.h"

/* Limits beyond which a commit has no history for us: whoever walks over it must refuse it. */
enum pdg_beyond {
	PDG_BEYOND_NONE,
	PDG_BEYOND_SIZE,    /* PDG_LIMIT_COMMIT; its time is not known either */
	PDG_BEYOND_PARENTS, /* PDG_LIMIT_COMMIT_PARENTS */
	PDG_BEYOND_MERGES,  /* the graph's @most */
};

struct pdg_node {
	git_oid oid;
	unsigned mark; /* of the last search that came here */
	int64_t time;
	struct pdg_node *first;	  /* parent */
	struct pdg_node **others; /* parents behind the first; NULL where there are none */
	git_odb_object *commit;	  /* the commit itself, while it is kept */
	uint32_t n_parents;
	uint8_t beyond; /* enum pdg_beyond: it has no parents here */
	uint8_t side;	/* what that search knows of it (merge_base.c) */
	bool read;	/* time and parents are known */
	bool absent;	/* not in the repository */
	bool seen;	/* was queued once */
	bool queued;	/* is in the queue now */
	bool hidden;	/* reachable from what is left out */
	bool aside;	/* and that only because of one that was asked for alone (A^!, A^-) */
};

/* Nodes, the newest first; of equal times by name. Zero state: empty. */
struct pdg_queue {
	struct pdg_node **v; /* a heap */
	size_t n;
	size_t cap;
};

struct pdg_graph {
	const struct pdg_repo *repo; /* borrowed */
	struct pdg_keyed secret;     /* under which names have their slots: pushers choose names */
	struct pdg_node **table;     /* open addressing; a power of two of slots */
	size_t slots;
	size_t n;
	size_t kept;	/* bytes of commits that are kept */
	size_t keep;	/* how many may be: whoever wants to read them again sets it */
	size_t parents; /* behind the first ones, of all commits */
	size_t most;	/* of them */
	unsigned marks; /* searches so far */
};

void pdg_graph_init(struct pdg_graph *g, const struct pdg_repo *repo);
void pdg_graph_done(struct pdg_graph *g);
PDG_AUTO_DEFINE_VALUE(graph, struct pdg_graph, pdg_graph_done)

/** The node of @oid; NULL where there is none yet. */
struct pdg_node *pdg_graph_find(const struct pdg_graph *g, const git_oid *oid);

/** The node of @oid, made when it is new. Borrowed from the graph. */
int pdg_graph_node(struct pdg_graph *g, const git_oid *oid, struct pdg_node **out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Read the commit of @node once, and keep it while there is room. One that is not in the repository
 * becomes absent, one beyond a limit is noted as that, both without failure.
 */
int pdg_graph_read(struct pdg_graph *g, struct pdg_node *node,
		   struct pdg_error *err) PDG_MUST_CHECK;
/**
 * The same where the commit has been read: it is the graph's then, and *@commit NULL. NULL before:
 * it was too large to be read.
 */
int pdg_graph_fill(struct pdg_graph *g, struct pdg_node *node, git_odb_object **commit,
		   struct pdg_error *err) PDG_MUST_CHECK;
/** What is kept of @node is not needed any more. */
void pdg_graph_drop(struct pdg_graph *g, struct pdg_node *node);

/** The parent of that number (from 0; less than n_parents) of a node that was read. */
static inline struct pdg_node *pdg_node_parent(const struct pdg_node *node, size_t i)
{
	return i == 0 ? node->first : node->others[i - 1];
}

/** 0, or PDG_E_LIMIT (COM-6) for a node that was read and is beyond a limit. */
int pdg_graph_within(const struct pdg_node *node, struct pdg_error *err) PDG_MUST_CHECK;

/**
 * Is @ancestor among what @tip, a node that was read, reaches? PDG_E_LIMIT (COM-6): it was not
 * found, and a commit that is beyond a limit ended the search.
 */
int pdg_graph_reaches(struct pdg_graph *g, const git_oid *ancestor, struct pdg_node *tip, bool *out,
		      struct pdg_error *err) PDG_MUST_CHECK;

/**
 * The newest commits that both @a and @b reach, nodes that were read (merge_base.c): they and what
 * they reach is what both have in common, or, where dates lie, a part of it. *@out is owned by the
 * caller (free()), the nodes by the graph.
 */
int pdg_graph_common(struct pdg_graph *g, struct pdg_node *a, struct pdg_node *b,
		     struct pdg_node ***out, size_t *out_n, struct pdg_error *err) PDG_MUST_CHECK;

/** Put a node that was read into the queue; take the newest out of it (NULL: it is empty). */
int pdg_queue_put(struct pdg_queue *q, struct pdg_node *node, struct pdg_error *err) PDG_MUST_CHECK;
struct pdg_node *pdg_queue_pop(struct pdg_queue *q);
void pdg_queue_done(struct pdg_queue *q);
PDG_AUTO_DEFINE_VALUE(queue, struct pdg_queue, pdg_queue_done)

#endif
