/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same graph and queue as a walk's, with one mark: seen. What has it is among the lineage; what
 * does not is known not to be only when the queue is empty.
 */
#include "git/lineage.h"

#include "git/graph.h"
#include "util/size.h"

struct pdg_lineage {
	struct pdg_graph graph; /* keeps no commits */
	struct pdg_queue queue; /* seen, and not yet followed */
};

int pdg_lineage_new(const struct pdg_repo *r, struct pdg_lineage **out, struct pdg_error *err)
{
	struct pdg_lineage *l = pdg_calloc(1, sizeof(*l));

	if (!l)
		return pdg_nomem(err);
	pdg_graph_init(&l->graph, r);
	*out = l;
	return 0;
}

void pdg_lineage_free(struct pdg_lineage *l)
{
	if (!l)
		return;
	pdg_queue_done(&l->queue);
	pdg_graph_done(&l->graph);
	free(l);
}

static int see(struct pdg_lineage *l, struct pdg_node *node, struct pdg_error *err)
{
	int rc = pdg_graph_read(&l->graph, node, err);

	if (rc < 0 || node->seen || node->absent)
		return rc;
	rc = pdg_queue_put(&l->queue, node, err);
	node->seen = rc == 0;
	return rc;
}

int pdg_lineage_add(struct pdg_lineage *l, const char *hex, struct pdg_error *err)
{
	struct pdg_node *node = NULL;
	git_oid commit;
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0)
		rc = pdg_git_peel(l->graph.repo, &oid, &commit, err);
	if (rc == PDG_E_NOTFOUND || rc == PDG_E_LIMIT)
		return 0;
	if (rc == 0)
		rc = pdg_graph_node(&l->graph, &commit, &node, err);
	return rc < 0 ? rc : see(l, node, err);
}

int pdg_lineage_has(struct pdg_lineage *l, const char *hex, bool *out, struct pdg_error *err)
{
	struct pdg_node *wanted = NULL;
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0)
		rc = pdg_graph_node(&l->graph, &oid, &wanted, err);
	while (rc == 0 && !wanted->seen) {
		struct pdg_node *node = pdg_queue_pop(&l->queue);
		size_t i;

		if (!node)
			break;
		for (i = 0; rc == 0 && i < node->n_parents; i++)
			rc = see(l, pdg_node_parent(node, i), err);
	}
	if (rc == 0)
		*out = wanted->seen;
	return rc;
}
