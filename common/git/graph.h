/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commits with their parents as a graph that grows while it is walked: nodes by name, and a queue
 * by the committer's time. Only what a walk touches is read. Private to common/git.
 */
#ifndef PDG_GIT_GRAPH_H
#define PDG_GIT_GRAPH_H

#include "git/impl.h"

struct pdg_node {
	git_oid oid;
	int64_t time;
	struct pdg_node **parents;
	size_t n_parents;
	bool read;   /* time and parents are known */
	bool absent; /* not in the repository */
	bool seen;   /* was queued once */
	bool queued; /* is in the queue now */
	bool hidden; /* reachable from what is left out */
};

struct pdg_graph {
	const struct pdg_repo *repo; /* borrowed */
	struct pdg_node **table;     /* open addressing; a power of two of slots */
	size_t slots;
	size_t n;
	struct pdg_node **heap; /* newest first; of equal times by name */
	size_t heap_n;
	size_t heap_cap;
};

void pdg_graph_init(struct pdg_graph *g, const struct pdg_repo *repo);
void pdg_graph_done(struct pdg_graph *g);
PDG_AUTO_DEFINE_VALUE(graph, struct pdg_graph, pdg_graph_done)

/** The node of @oid, made when it is new. Borrowed from the graph. */
int pdg_graph_node(struct pdg_graph *g, const git_oid *oid, struct pdg_node **out,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Read the commit of @node once. One that is not in the repository becomes absent, without
 * failure. */
int pdg_graph_read(struct pdg_graph *g, struct pdg_node *node,
		   struct pdg_error *err) PDG_MUST_CHECK;

/** Into the queue (a node that was read), and the newest one out of it (NULL: empty). */
int pdg_graph_queue(struct pdg_graph *g, struct pdg_node *node,
		    struct pdg_error *err) PDG_MUST_CHECK;
struct pdg_node *pdg_graph_pop(struct pdg_graph *g);

#endif
