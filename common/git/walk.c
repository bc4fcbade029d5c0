/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which commits a push adds: newest first, from what is pushed, less all that is reachable from
 * what is hidden. Hidden history is followed only as far as it can still matter, by dates, as
 * git rev-list does it; dates that lie can make a commit be judged needlessly, never be
 * passed over, because only what a hidden commit really reaches is left out.
 */
#include "git/walk.h"

#include <string.h>

#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

/* How many hidden commits more to look at when nothing else seems to be left (git's SLOP is 5). */
#define SLOP 32

int pdg_walk_new(const struct pdg_repo *r, struct pdg_walk **out, struct pdg_error *err)
{
	struct pdg_walk *w = pdg_calloc(1, sizeof(*w));

	if (!w)
		return pdg_nomem(err);
	w->repo = r;
	pdg_graph_init(&w->graph, r);
	*out = w;
	return 0;
}

void pdg_walk_free(struct pdg_walk *w)
{
	if (!w)
		return;
	pdg_graph_done(&w->graph);
	free(w->found);
	free(w->boundary);
	free(w);
}

bool pdg_walk_cut(const struct pdg_walk *w)
{
	return w->cut;
}

static int compare_oids(const void *a, const void *b)
{
	return git_oid_cmp(a, b);
}

/* The file "shallow": commits whose parents were left out when this repository was cloned. */
static int read_boundary(struct pdg_walk *w, struct pdg_error *err)
{
	PDG_AUTO(mem) char *path = pdg_path_join(pdg_repo_commondir(w->repo), "shallow");
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_SHALLOW_FILE);
	struct pdg_bytes rest;
	struct pdg_bytes line;
	size_t cap = 0;
	int rc;

	if (!path)
		return pdg_nomem(err);
	w->boundary_read = true;
	rc = pdg_fs_read(path, &text, NULL);
	if (rc == PDG_E_NOTFOUND)
		return 0;
	if (rc < 0)
		return pdg_reject(err, "GIT-3", "\"%s\" cannot be read", path);
	for (rest = pdg_buf_bytes(&text); pdg_bytes_line(&rest, &line);) {
		if (pdg_array_grow(&w->boundary, w->n_boundary, &cap, sizeof(git_oid),
				   SIZE_MAX / 64) < 0)
			return pdg_nomem(err);
		if (line.n != GIT_OID_HEXSZ ||
		    git_oid_fromstrn(&w->boundary[w->n_boundary], (const char *)line.p, line.n) < 0)
			return pdg_reject(err, "GIT-3", "\"%s\" holds what is no object name",
					  path);
		w->n_boundary++;
	}
	if (w->n_boundary)
		qsort(w->boundary, w->n_boundary, sizeof(git_oid), compare_oids);
	return 0;
}

/* A parent of the shown commit @child is not here: right only at the boundary of a shallow clone.
 */
static int missing_parent(struct pdg_walk *w, const struct pdg_node *child,
			  const struct pdg_node *parent, struct pdg_error *err)
{
	char child_hex[PDG_GIT_HEX];
	char parent_hex[PDG_GIT_HEX];
	int rc = w->boundary_read ? 0 : read_boundary(w, err);

	if (rc < 0)
		return rc;
	if (w->n_boundary &&
	    bsearch(&child->oid, w->boundary, w->n_boundary, sizeof(git_oid), compare_oids)) {
		w->cut = true;
		return 0;
	}
	(void)git_oid_tostr(child_hex, sizeof(child_hex), &child->oid);
	(void)git_oid_tostr(parent_hex, sizeof(parent_hex), &parent->oid);
	return pdg_reject(err, "GIT-3", "commit %s, a parent of %s, is not in the repository",
			  parent_hex, child_hex);
}

static int enqueue(struct pdg_walk *w, struct pdg_node *node, struct pdg_error *err)
{
	int rc = pdg_graph_queue(&w->graph, node, err);

	if (rc == 0 && !node->hidden)
		w->shown_queued++;
	return rc;
}

/* Hide @node and, of what it reaches, all that the walk has read by now. */
static int hide_node(struct pdg_walk *w, struct pdg_node *node, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_node **todo = NULL;
	size_t n = 0;
	size_t cap = 0;

	for (;;) {
		size_t i;

		if (!node->hidden) {
			node->hidden = true;
			w->shown_queued -= node->queued;
			for (i = 0; i < node->n_parents; i++) {
				if (pdg_array_grow(&todo, n, &cap, sizeof(struct pdg_node *),
						   SIZE_MAX / 16) < 0)
					return pdg_nomem(err);
				todo[n++] = node->parents[i];
			}
		}
		if (n == 0)
			return 0;
		node = todo[--n];
	}
}

int pdg_walk_start(struct pdg_walk *w, const git_oid *oid, bool hide, struct pdg_error *err)
{
	struct pdg_node *node;
	git_oid commit;
	int rc = pdg_git_peel(w->repo, oid, &commit, err);

	if (rc == PDG_E_NOTFOUND && hide)
		return 0;
	if (rc == PDG_E_NOTFOUND) {
		char hex[PDG_GIT_HEX];

		(void)git_oid_tostr(hex, sizeof(hex), oid);
		return pdg_reject(err, "GIT-3",
				  "object %s, or what it points at, is not in the repository", hex);
	}
	if (rc == 0)
		rc = pdg_graph_node(&w->graph, &commit, &node, err);
	if (rc == 0)
		rc = pdg_graph_read(&w->graph, node, err);
	if (rc < 0)
		return rc;
	if (hide) {
		w->any_hidden = true;
		rc = hide_node(w, node, err);
	}
	return rc == 0 && !node->seen ? enqueue(w, node, err) : rc;
}

int pdg_walk_push(struct pdg_walk *w, const char *hex, struct pdg_error *err)
{
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	return rc < 0 ? rc : pdg_walk_start(w, &oid, false, err);
}

int pdg_walk_hide(struct pdg_walk *w, const char *hex, struct pdg_error *err)
{
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	return rc < 0 ? rc : pdg_walk_start(w, &oid, true, err);
}

/* Take the newest node off the queue and put its parents on it. NULL at the end. */
static int step(struct pdg_walk *w, struct pdg_node **out, struct pdg_error *err)
{
	struct pdg_node *node = pdg_graph_pop(&w->graph);
	size_t i;

	if (node && !node->hidden)
		w->shown_queued--;
	for (i = 0; node && i < node->n_parents; i++) {
		struct pdg_node *parent = node->parents[i];
		int rc = pdg_graph_read(&w->graph, parent, err);

		if (rc == 0 && node->hidden && !parent->hidden)
			rc = hide_node(w, parent, err);
		if (rc == 0 && parent->absent && !node->hidden)
			rc = missing_parent(w, node, parent, err);
		if (rc == 0 && !parent->absent && !parent->seen)
			rc = enqueue(w, parent, err);
		if (rc < 0)
			return rc;
	}
	*out = node;
	return 0;
}

/* With something hidden, a commit is known to be shown only when the whole walk is done. */
static int find_all(struct pdg_walk *w, struct pdg_error *err)
{
	const struct pdg_node *last_shown = NULL;
	int left = SLOP;

	while (w->graph.heap_n && left > 0) {
		struct pdg_node *node;
		int rc = step(w, &node, err);

		if (rc < 0)
			return rc;
		if (!node->hidden) {
			if (pdg_array_grow(&w->found, w->n_found, &w->cap_found,
					   sizeof(struct pdg_node *), SIZE_MAX / 16) < 0)
				return pdg_nomem(err);
			w->found[w->n_found++] = node;
			last_shown = node;
		}
		if (w->shown_queued > 0 ||
		    (last_shown && w->graph.heap_n && w->graph.heap[0]->time >= last_shown->time))
			left = SLOP;
		else
			left--;
	}
	w->limited = true;
	return 0;
}

int pdg_walk_next(struct pdg_walk *w, char out[PDG_GIT_HEX], struct pdg_error *err)
{
	struct pdg_node *node = NULL;
	int rc = 0;

	if (!w->any_hidden) {
		rc = step(w, &node, err);
	} else {
		if (!w->limited)
			rc = find_all(w, err);
		while (rc == 0 && !node && w->next_found < w->n_found) {
			node = w->found[w->next_found++];
			if (node->hidden)
				node = NULL;
		}
	}
	if (rc < 0)
		return rc;
	if (!node)
		return PDG_E_NOTFOUND;
	(void)git_oid_tostr(out, PDG_GIT_HEX, &node->oid);
	return 0;
}

/* Queue the parents of @node that are here: missing history leads nowhere. */
static int queue_parents(struct pdg_graph *g, const struct pdg_node *node, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < node->n_parents; i++) {
		int rc = pdg_graph_read(g, node->parents[i], err);

		if (rc == 0 && !node->parents[i]->absent && !node->parents[i]->seen)
			rc = pdg_graph_queue(g, node->parents[i], err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int pdg_repo_reachable(const struct pdg_repo *r, const char *ancestor, const char *tip, bool *out,
		       struct pdg_error *err)
{
	PDG_AUTO(graph) struct pdg_graph g = {.repo = r};
	struct pdg_node *node = NULL;
	git_oid wanted;
	git_oid start;
	int rc = pdg_git_oid(ancestor, &wanted, err);

	if (rc == 0)
		rc = pdg_git_oid(tip, &start, err);
	if (rc == 0)
		rc = pdg_git_peel(r, &start, &start, err);
	if (rc == 0)
		rc = pdg_graph_node(&g, &start, &node, err);
	if (rc == 0)
		rc = pdg_graph_read(&g, node, err);
	if (rc == 0)
		rc = pdg_graph_queue(&g, node, err);
	while (rc == 0) {
		node = pdg_graph_pop(&g);
		if (!node || git_oid_cmp(&node->oid, &wanted) == 0)
			break;
		rc = queue_parents(&g, node, err);
	}
	if (rc < 0)
		return rc;
	*out = node != NULL;
	return 0;
}
