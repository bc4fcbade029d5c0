/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph under pdg_walk and pdg_repo_reachable. History is read from raw commits by
 * ourselves: later versions of libgit2 follow grafts, which may not decide (rules.md 2.1).
 */
#include "git/graph.h"

#include <string.h>

#include "util/size.h"

#define FIRST_SLOTS 256

void pdg_graph_init(struct pdg_graph *g, const struct pdg_repo *repo)
{
	*g = (struct pdg_graph){.repo = repo};
}

void pdg_graph_done(struct pdg_graph *g)
{
	size_t i;

	for (i = 0; i < g->slots; i++) {
		if (g->table[i])
			free(g->table[i]->parents);
		free(g->table[i]);
	}
	free(g->table);
	free(g->heap);
	*g = (struct pdg_graph){.repo = NULL};
}

/* The slot of @oid, or the empty one where it belongs. Names are hashes: their first bytes spread.
 */
static size_t slot_of(struct pdg_node *const *table, size_t slots, const git_oid *oid)
{
	size_t i;

	memcpy(&i, oid->id, sizeof(i));
	for (i &= slots - 1; table[i] && git_oid_cmp(&table[i]->oid, oid) != 0;
	     i = (i + 1) & (slots - 1))
		;
	return i;
}

static int grow_table(struct pdg_graph *g, struct pdg_error *err)
{
	size_t slots = FIRST_SLOTS;
	struct pdg_node **table;
	size_t i;

	if (g->slots && !pdg_size_mul(g->slots, 2, &slots))
		return pdg_nomem(err);
	table = pdg_calloc(slots, sizeof(struct pdg_node *));
	if (!table)
		return pdg_nomem(err);
	for (i = 0; i < g->slots; i++) {
		if (g->table[i])
			table[slot_of(table, slots, &g->table[i]->oid)] = g->table[i];
	}
	free(g->table);
	g->table = table;
	g->slots = slots;
	return 0;
}

int pdg_graph_node(struct pdg_graph *g, const git_oid *oid, struct pdg_node **out,
		   struct pdg_error *err)
{
	struct pdg_node *node;
	size_t i;

	if (g->n >= g->slots / 2) {
		int rc = grow_table(g, err);

		if (rc < 0)
			return rc;
	}
	i = slot_of(g->table, g->slots, oid);
	if (!g->table[i]) {
		node = pdg_calloc(1, sizeof(*node));
		if (!node)
			return pdg_nomem(err);
		node->oid = *oid;
		g->table[i] = node;
		g->n++;
	}
	*out = g->table[i];
	return 0;
}

static int link_parents(struct pdg_graph *g, struct pdg_node *node, const git_oid *oids, size_t n,
			struct pdg_error *err)
{
	size_t i;

	if (n == 0)
		return 0;
	node->parents = pdg_calloc(n, sizeof(struct pdg_node *));
	if (!node->parents)
		return pdg_nomem(err);
	for (i = 0; i < n; i++) {
		int rc = pdg_graph_node(g, &oids[i], &node->parents[i], err);

		if (rc < 0)
			return rc;
		node->n_parents = i + 1;
	}
	return 0;
}

int pdg_graph_read(struct pdg_graph *g, struct pdg_node *node, struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	PDG_AUTO(mem) git_oid *parents = NULL;
	char hex[PDG_GIT_HEX];
	git_object_t type;
	size_t n;
	int rc;

	if (node->read)
		return 0;
	rc = pdg_git_read(g->repo, &node->oid, &type, &o, err);
	if (rc == PDG_E_NOTFOUND) {
		node->read = node->absent = true;
		return 0;
	}
	if (rc < 0)
		return rc;
	(void)git_oid_tostr(hex, sizeof(hex), &node->oid);
	if (type != GIT_OBJECT_COMMIT)
		return pdg_reject(err, "GIT-3",
				  "object %s stands as a commit in history and is none", hex);
	rc = pdg_git_links(pdg_bytes(git_odb_object_data(o), git_odb_object_size(o)), &parents, &n,
			   &node->time, err);
	if (rc == 0)
		rc = link_parents(g, node, parents, n, err);
	if (rc == 0)
		node->read = true;
	return rc;
}

static bool before(const struct pdg_node *a, const struct pdg_node *b)
{
	return a->time != b->time ? a->time > b->time : git_oid_cmp(&a->oid, &b->oid) < 0;
}

int pdg_graph_queue(struct pdg_graph *g, struct pdg_node *node, struct pdg_error *err)
{
	size_t i = g->heap_n;

	if (pdg_array_grow(&g->heap, g->heap_n, &g->heap_cap, sizeof(struct pdg_node *),
			   SIZE_MAX / 16) < 0)
		return pdg_nomem(err);
	g->heap_n++;
	while (i > 0 && before(node, g->heap[(i - 1) / 2])) {
		g->heap[i] = g->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	g->heap[i] = node;
	node->seen = node->queued = true;
	return 0;
}

struct pdg_node *pdg_graph_pop(struct pdg_graph *g)
{
	struct pdg_node *top;
	struct pdg_node *last;
	size_t i = 0;

	if (g->heap_n == 0)
		return NULL;
	top = g->heap[0];
	last = g->heap[--g->heap_n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= g->heap_n)
			break;
		if (child + 1 < g->heap_n && before(g->heap[child + 1], g->heap[child]))
			child++;
		if (!before(g->heap[child], last))
			break;
		g->heap[i] = g->heap[child];
		i = child;
	}
	g->heap[i] = last;
	top->queued = false;
	return top;
}
