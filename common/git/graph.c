/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graph under pdg_walk and pdg_walk_reaches(). History is read from raw commits by
 * ourselves: later versions of libgit2 follow grafts, which may not decide (rules.md 2.1).
 */
#include "git/graph.h"

#include <stdio.h>
#include <string.h>

#include "util/limits.h"
#include "util/size.h"

#define FIRST_SLOTS 256

void pdg_graph_init(struct pdg_graph *g, const struct pdg_repo *repo)
{
	*g = (struct pdg_graph){.repo = repo, .most = PDG_LIMIT_WALK_PARENTS};
}

void pdg_graph_done(struct pdg_graph *g)
{
	size_t i;

	for (i = 0; i < g->slots; i++) {
		if (!g->table[i])
			continue;
		git_odb_object_free(g->table[i]->commit);
		free(g->table[i]->others);
		free(g->table[i]);
	}
	free(g->table);
	*g = (struct pdg_graph){.repo = NULL};
}

/*
 * The slot of @oid, or the empty one where it belongs. Names of objects are hashes, but those in
 * parent lines are whatever a pusher wrote: behind a shallow boundary none of them need exist.
 */
static size_t slot_of(const struct pdg_keyed *secret, struct pdg_node *const *table, size_t slots,
		      const git_oid *oid)
{
	size_t i = (size_t)pdg_keyed_hash(secret, pdg_bytes(oid->id, GIT_OID_RAWSZ));

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
	if (!g->slots) {
		int rc = pdg_keyed_init(&g->secret, err);

		if (rc < 0)
			return rc;
	}
	table = pdg_calloc(slots, sizeof(struct pdg_node *));
	if (!table)
		return pdg_nomem(err);
	for (i = 0; i < g->slots; i++) {
		if (g->table[i])
			table[slot_of(&g->secret, table, slots, &g->table[i]->oid)] = g->table[i];
	}
	free(g->table);
	g->table = table;
	g->slots = slots;
	return 0;
}

struct pdg_node *pdg_graph_find(const struct pdg_graph *g, const git_oid *oid)
{
	return g->slots ? g->table[slot_of(&g->secret, g->table, g->slots, oid)] : NULL;
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
	i = slot_of(&g->secret, g->table, g->slots, oid);
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

	if (n > PDG_LIMIT_COMMIT_PARENTS) {
		node->beyond = PDG_BEYOND_PARENTS;
		return 0;
	}
	if (n > 1 && n - 1 > g->most - g->parents) {
		node->beyond = PDG_BEYOND_MERGES;
		return 0;
	}
	if (n > 1) {
		node->others = pdg_calloc(n - 1, sizeof(struct pdg_node *));
		if (!node->others)
			return pdg_nomem(err);
		g->parents += n - 1;
	}
	for (i = 0; i < n; i++) {
		int rc = pdg_graph_node(g, &oids[i], i == 0 ? &node->first : &node->others[i - 1],
					err);

		if (rc < 0)
			return rc;
		node->n_parents = (uint32_t)i + 1;
	}
	return 0;
}

static struct pdg_bytes bytes_of(git_odb_object *o)
{
	return pdg_bytes(git_odb_object_data(o), git_odb_object_size(o));
}

int pdg_graph_fill(struct pdg_graph *g, struct pdg_node *node, git_odb_object **commit,
		   struct pdg_error *err)
{
	PDG_AUTO(mem) git_oid *parents = NULL;
	struct pdg_bytes raw;
	size_t n;
	int rc;

	if (!*commit) {
		node->beyond = PDG_BEYOND_SIZE;
		node->read = true;
		return 0;
	}
	raw = bytes_of(*commit);
	rc = pdg_git_links(raw, &parents, &n, &node->time, err);
	if (rc == 0)
		rc = link_parents(g, node, parents, n, err);
	if (rc < 0)
		return rc;
	node->read = true;
	if (!node->beyond && raw.n <= g->keep && g->kept <= g->keep - raw.n) {
		node->commit = PDG_TAKE(*commit);
		g->kept += raw.n;
	}
	return 0;
}

void pdg_graph_drop(struct pdg_graph *g, struct pdg_node *node)
{
	if (!node->commit)
		return;
	g->kept -= git_odb_object_size(node->commit);
	git_odb_object_free(node->commit);
	node->commit = NULL;
}

int pdg_graph_read(struct pdg_graph *g, struct pdg_node *node, struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	git_object_t type = GIT_OBJECT_INVALID;
	char hex[PDG_GIT_HEX];
	int rc;

	if (node->read)
		return 0;
	rc = pdg_git_read(g->repo, &node->oid, &type, &o, err);
	if (rc == PDG_E_NOTFOUND) {
		node->read = node->absent = true;
		return 0;
	}
	if (rc < 0 && rc != PDG_E_LIMIT)
		return rc;
	if (type == GIT_OBJECT_COMMIT)
		return pdg_graph_fill(g, node, &o, err);
	(void)git_oid_tostr(hex, sizeof(hex), &node->oid);
	return pdg_reject(err, "GIT-3", "object %s stands as a commit in history and is none", hex);
}

int pdg_graph_within(const struct pdg_node *node, struct pdg_error *err)
{
	char what[80] = "";
	int rc;

	if (node->beyond == PDG_BEYOND_NONE)
		return 0;
	if (node->beyond == PDG_BEYOND_SIZE)
		(void)snprintf(what, sizeof(what), "the commit has more than %zu bytes",
			       PDG_LIMIT_COMMIT);
	else if (node->beyond == PDG_BEYOND_PARENTS)
		(void)snprintf(what, sizeof(what), "the commit has more than %d parents",
			       PDG_LIMIT_COMMIT_PARENTS);
	else
		(void)snprintf(what, sizeof(what), "it and merges above it have too many parents");
	rc = pdg_reject(err, "COM-6", "%s: it is not read, nor what is behind it", what);
	pdg_fix(err, "make it again within that limit");
	return rc;
}

static bool before(const struct pdg_node *a, const struct pdg_node *b)
{
	return a->time != b->time ? a->time > b->time : git_oid_cmp(&a->oid, &b->oid) < 0;
}

void pdg_queue_done(struct pdg_queue *q)
{
	free(q->v);
	*q = (struct pdg_queue){.v = NULL};
}

int pdg_queue_put(struct pdg_queue *q, struct pdg_node *node, struct pdg_error *err)
{
	size_t i = q->n;

	if (pdg_array_grow(&q->v, q->n, &q->cap, sizeof(struct pdg_node *), SIZE_MAX / 16) < 0)
		return pdg_nomem(err);
	q->n++;
	while (i > 0 && before(node, q->v[(i - 1) / 2])) {
		q->v[i] = q->v[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	q->v[i] = node;
	return 0;
}

struct pdg_node *pdg_queue_pop(struct pdg_queue *q)
{
	struct pdg_node *top;
	struct pdg_node *last;
	size_t i = 0;

	if (q->n == 0)
		return NULL;
	top = q->v[0];
	last = q->v[--q->n];
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->n)
			break;
		if (child + 1 < q->n && before(q->v[child + 1], q->v[child]))
			child++;
		if (!before(q->v[child], last))
			break;
		q->v[i] = q->v[child];
		i = child;
	}
	q->v[i] = last;
	return top;
}

/* Queue the parents of @node that are here and new to the search: missing history leads nowhere. */
static int queue_parents(struct pdg_graph *g, struct pdg_queue *q, const struct pdg_node *node,
			 struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < node->n_parents; i++) {
		struct pdg_node *parent = pdg_node_parent(node, i);
		int rc = pdg_graph_read(g, parent, err);

		if (rc == 0 && !parent->absent && parent->mark != g->marks)
			rc = pdg_queue_put(q, parent, err);
		parent->mark = g->marks;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pdg_graph_reaches(struct pdg_graph *g, const git_oid *ancestor, struct pdg_node *tip, bool *out,
		      struct pdg_error *err)
{
	PDG_AUTO(queue) struct pdg_queue q = {.v = NULL};
	const struct pdg_node *beyond = NULL;
	struct pdg_node *node = NULL;
	int rc = pdg_queue_put(&q, tip, err);

	tip->mark = ++g->marks;
	while (rc == 0) {
		node = pdg_queue_pop(&q);
		if (!node || git_oid_cmp(&node->oid, ancestor) == 0)
			break;
		if (node->beyond)
			beyond = node;
		rc = queue_parents(g, &q, node, err);
	}
	if (rc == 0 && !node && beyond)
		rc = pdg_graph_within(beyond, err);
	if (rc < 0)
		return rc;
	*out = node != NULL;
	return 0;
}
