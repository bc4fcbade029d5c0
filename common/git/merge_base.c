/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two commits have in common, painted down from both over our own graph, the newest first, as
 * git merge-base does it (commit-reach.c). libgit2 would believe a commit-graph file, and later
 * versions grafts, which lie beside the objects and may say anything. Dates that lie can make the
 * answer less than it is; nothing is in it that not both reach.
 */
#include "git/graph.h"

#include "util/size.h"

/* What is known of a node in this search: struct pdg_node, side. */
enum {
	LEFT = 1,
	RIGHT = 2,
	BOTH = LEFT | RIGHT,
	STALE = 4, /* behind something that is common */
	QUEUED = 8,
	FOUND = 16,
};

struct painting {
	struct pdg_graph *g;
	struct pdg_queue queue;
	size_t fresh; /* of the queue, those that are not stale */
	struct pdg_node **v;
	size_t n, cap;
};

static void painting_done(struct painting *p)
{
	pdg_queue_done(&p->queue);
	free(p->v);
}
PDG_AUTO_DEFINE_VALUE(painting, struct painting, painting_done)

static int paint(struct painting *p, struct pdg_node *node, unsigned colours, struct pdg_error *err)
{
	unsigned old = node->mark == p->g->marks ? node->side : 0;
	unsigned now = old | colours;

	node->mark = p->g->marks;
	if (now == old)
		return 0;
	node->side = (uint8_t)(now | QUEUED);
	if (!(old & QUEUED)) {
		p->fresh += !(now & STALE);
		return pdg_queue_put(&p->queue, node, err);
	}
	p->fresh -= !(old & STALE) && (now & STALE);
	return 0;
}

/* Take the newest node and paint its parents as itself; a common one is found, and they are stale.
 */
static int step(struct painting *p, struct pdg_error *err)
{
	struct pdg_node *node = pdg_queue_pop(&p->queue);
	unsigned colours = node->side & (BOTH | STALE);
	size_t i;
	int rc = 0;

	node->side &= (uint8_t)~QUEUED;
	p->fresh -= !(colours & STALE);
	if (colours == BOTH && !(node->side & FOUND)) {
		node->side |= FOUND;
		if (pdg_array_grow(&p->v, p->n, &p->cap, sizeof(struct pdg_node *), SIZE_MAX / 16) <
		    0)
			return pdg_nomem(err);
		p->v[p->n++] = node;
	}
	if ((colours & BOTH) == BOTH)
		colours |= STALE;
	for (i = 0; rc == 0 && i < node->n_parents; i++) {
		struct pdg_node *parent = pdg_node_parent(node, i);

		rc = pdg_graph_read(p->g, parent, err);
		if (rc == 0 && !parent->absent)
			rc = paint(p, parent, colours, err);
	}
	return rc;
}

int pdg_graph_common(struct pdg_graph *g, struct pdg_node *a, struct pdg_node *b,
		     struct pdg_node ***out, size_t *out_n, struct pdg_error *err)
{
	PDG_AUTO(painting) struct painting p = {.g = g};
	size_t kept = 0;
	size_t i;
	int rc;

	g->marks++;
	rc = paint(&p, a, LEFT, err);
	if (rc == 0)
		rc = paint(&p, b, RIGHT, err);
	while (rc == 0 && p.fresh > 0)
		rc = step(&p, err);
	if (rc < 0)
		return rc;
	/* What turned out to be behind another one goes. */
	for (i = 0; i < p.n; i++) {
		if (!(p.v[i]->side & STALE))
			p.v[kept++] = p.v[i];
	}
	*out = PDG_TAKE(p.v);
	*out_n = kept;
	return 0;
}
