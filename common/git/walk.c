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
	w->graph.keep = PDG_LIMIT_WALK_KEPT;
	*out = w;
	return 0;
}

void pdg_walk_free(struct pdg_walk *w)
{
	if (!w)
		return;
	pdg_queue_done(&w->queue);
	pdg_graph_done(&w->graph);
	free(w->found);
	free(w->boundary);
	free(w->cut);
	free(w);
}

bool pdg_walk_missing(const struct pdg_walk *w)
{
	return w->missing;
}

size_t pdg_walk_cut(const struct pdg_walk *w)
{
	size_t n = 0;
	size_t i;

	/* A merge has one entry for each parent, one after the other. */
	for (i = 0; i < w->n_cut; i++)
		n += !w->cut[i]->hidden && (i == 0 || w->cut[i] != w->cut[i - 1]);
	return n;
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
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
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
		if (pdg_array_grow(&w->cut, w->n_cut, &w->cap_cut, sizeof(struct pdg_node *),
				   SIZE_MAX / 16) < 0)
			return pdg_nomem(err);
		w->cut[w->n_cut++] = child;
		return 0;
	}
	w->missing = true;
	(void)git_oid_tostr(child_hex, sizeof(child_hex), &child->oid);
	(void)git_oid_tostr(parent_hex, sizeof(parent_hex), &parent->oid);
	return pdg_reject(err, "GIT-3", "commit %s, a parent of %s, is not in the repository",
			  parent_hex, child_hex);
}

static int enqueue(struct pdg_walk *w, struct pdg_node *node, struct pdg_error *err)
{
	int rc = pdg_queue_put(&w->queue, node, err);

	if (rc < 0)
		return rc;
	node->seen = node->queued = true;
	w->shown_queued += !node->hidden;
	return 0;
}

/*
 * Hide @node and, of what it reaches, all that the walk has read by now. @aside: only because a
 * child was asked for alone; what is left out for its own sake too is not aside.
 */
static int hide_node(struct pdg_walk *w, struct pdg_node *node, bool aside, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_node **todo = NULL;
	size_t n = 0;
	size_t cap = 0;

	for (;;) {
		size_t i;

		if (!node->hidden || (node->aside && !aside)) {
			w->shown_queued -= node->queued && !node->hidden;
			node->hidden = true;
			node->aside = aside;
			pdg_graph_drop(&w->graph, node);
			for (i = 0; i < node->n_parents; i++) {
				if (pdg_array_grow(&todo, n, &cap, sizeof(struct pdg_node *),
						   SIZE_MAX / 16) < 0)
					return pdg_nomem(err);
				todo[n++] = pdg_node_parent(node, i);
			}
		}
		if (n == 0)
			return 0;
		node = todo[--n];
	}
}

/* Of an object that is to be shown, or what it points at. */
static int not_here(const git_oid *oid, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];

	(void)git_oid_tostr(hex, sizeof(hex), oid);
	return pdg_reject(err, "GIT-3", "object %s, or what it points at, is not in the repository",
			  hex);
}

/* The node of the commit behind @oid, read. Of the many refs of a repository most name commits. */
static int find_start(struct pdg_walk *w, const git_oid *oid, struct pdg_node **out,
		      struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *o = NULL;
	git_object_t type = GIT_OBJECT_INVALID;
	git_oid commit = *oid;
	int rc = pdg_git_read(w->repo, oid, &type, &o, err);

	if (rc == PDG_E_LIMIT && type == GIT_OBJECT_COMMIT)
		rc = 0;
	if (rc == 0 && type != GIT_OBJECT_COMMIT)
		rc = pdg_git_peel(w->repo, oid, &commit, err);
	if (rc == 0)
		rc = pdg_graph_node(&w->graph, &commit, out, err);
	if (rc < 0 || (*out)->read)
		return rc;
	if (type == GIT_OBJECT_COMMIT)
		return pdg_graph_fill(&w->graph, *out, &o, err);
	return pdg_graph_read(&w->graph, *out, err);
}

int pdg_walk_start(struct pdg_walk *w, const git_oid *oid, bool hide, struct pdg_error *err)
{
	struct pdg_node *node = pdg_graph_find(&w->graph, oid);
	int rc = 0;

	if (!node || !node->read || node->absent)
		rc = find_start(w, oid, &node, err);
	if (rc == PDG_E_NOTFOUND)
		return hide ? 0 : not_here(oid, err);
	if (rc < 0)
		return rc;
	if (hide) {
		/* What was found so far may be less than it seemed. */
		w->any_hidden = true;
		w->limited = false;
		rc = hide_node(w, node, w->aside, err);
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
	struct pdg_node *node = pdg_queue_pop(&w->queue);
	size_t i;

	if (node) {
		node->queued = false;
		w->shown_queued -= !node->hidden;
	}
	for (i = 0; node && i < node->n_parents; i++) {
		struct pdg_node *parent = pdg_node_parent(node, i);
		int rc = pdg_graph_read(&w->graph, parent, err);

		if (rc == 0 && node->hidden && (!parent->hidden || (parent->aside && !node->aside)))
			rc = hide_node(w, parent, node->aside, err);
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

/*
 * With something hidden, a commit is known to be shown only when the whole walk is done, or where
 * it ended for now with more than @most.
 */
static int find_all(struct pdg_walk *w, size_t most, struct pdg_error *err)
{
	int left = SLOP;

	while (w->queue.n && left > 0 && w->n_found <= most) {
		struct pdg_node *node;
		int rc = step(w, &node, err);

		if (rc < 0)
			return rc;
		if (!node->hidden) {
			if (pdg_array_grow(&w->found, w->n_found, &w->cap_found,
					   sizeof(struct pdg_node *), SIZE_MAX / 16) < 0)
				return pdg_nomem(err);
			w->found[w->n_found++] = node;
			w->last_shown = node;
		}
		if (w->shown_queued > 0 ||
		    (w->last_shown && w->queue.n && w->queue.v[0]->time >= w->last_shown->time))
			left = SLOP;
		else
			left--;
	}
	w->limited = w->n_found <= most || w->queue.n == 0;
	return 0;
}

int pdg_walk_find(struct pdg_walk *w, size_t most, bool *out_all, struct pdg_error *err)
{
	int rc = 0;

	/* From here on commits are collected, whether something is hidden already or not. */
	w->any_hidden = true;
	if (!w->limited)
		rc = find_all(w, most, err);
	if (rc < 0)
		return rc;
	*out_all = w->limited;
	return 0;
}

/* The commit as the walk knows it once all that is hidden is; NULL: it does not. */
static int look_up(struct pdg_walk *w, const char *hex, const struct pdg_node **out,
		   struct pdg_error *err)
{
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0 && w->any_hidden && !w->limited)
		rc = find_all(w, SIZE_MAX, err);
	if (rc == 0)
		*out = pdg_graph_find(&w->graph, &oid);
	return rc;
}

int pdg_walk_shows(struct pdg_walk *w, const char *hex, bool *out, struct pdg_error *err)
{
	const struct pdg_node *node = NULL;
	int rc = look_up(w, hex, &node, err);

	if (rc == 0)
		*out = node && !node->hidden;
	return rc;
}

int pdg_walk_answers(struct pdg_walk *w, const char *parent, bool *out, struct pdg_error *err)
{
	const struct pdg_node *node = NULL;
	int rc = look_up(w, parent, &node, err);

	if (rc == 0)
		*out = node && node->seen && !(node->hidden && node->aside);
	return rc;
}

size_t pdg_walk_total(const struct pdg_walk *w)
{
	size_t total = 0;
	size_t i;

	for (i = 0; w->any_hidden && w->limited && i < w->n_found; i++)
		total += !w->found[i]->hidden;
	return total;
}

/* The next node to be given out; NULL at the end. */
static int next_node(struct pdg_walk *w, struct pdg_node **out, struct pdg_error *err)
{
	int rc = 0;

	*out = NULL;
	if (!w->any_hidden)
		return step(w, out, err);
	if (!w->limited)
		rc = find_all(w, SIZE_MAX, err);
	while (rc == 0 && !*out && w->next_found < w->n_found) {
		*out = w->found[w->next_found++];
		if ((*out)->hidden)
			*out = NULL;
	}
	return rc;
}

/* Append the commit of @node, which was read, and has to be read again where it was not kept. */
static int give(struct pdg_walk *w, struct pdg_node *node, struct pdg_buf *out,
		struct pdg_error *err)
{
	PDG_AUTO(git_odb_object) git_odb_object *again = NULL;
	git_odb_object *o = node->commit;
	git_object_t type;
	int rc = o ? 0 : pdg_git_read(w->repo, &node->oid, &type, &again, err);

	if (rc < 0)
		return rc;
	if (!o)
		o = again;
	pdg_buf_put(out, pdg_bytes(git_odb_object_data(o), git_odb_object_size(o)));
	return pdg_buf_check(out, err);
}

int pdg_walk_next(struct pdg_walk *w, char out[PDG_GIT_HEX], struct pdg_buf *out_raw,
		  struct pdg_error *err)
{
	struct pdg_node *node = NULL;
	int rc = next_node(w, &node, err);

	out[0] = '\0';
	if (rc < 0)
		return rc;
	if (!node)
		return PDG_E_NOTFOUND;
	(void)git_oid_tostr(out, PDG_GIT_HEX, &node->oid);
	if (out_raw) {
		rc = pdg_graph_within(node, err);
		if (rc < 0)
			return rc;
		rc = give(w, node, out_raw, err);
	}
	pdg_graph_drop(&w->graph, node);
	return pdg_context(err, rc, "commit %s", out);
}

int pdg_walk_reaches(struct pdg_walk *w, const char *ancestor, const char *tip, bool *out,
		     struct pdg_error *err)
{
	struct pdg_node *node = NULL;
	git_oid wanted;
	git_oid start;
	int rc = pdg_git_oid(ancestor, &wanted, err);

	if (rc == 0)
		rc = pdg_git_oid(tip, &start, err);
	if (rc == 0)
		rc = find_start(w, &start, &node, err);
	return rc < 0 ? rc : pdg_graph_reaches(&w->graph, &wanted, node, out, err);
}

int pdg_repo_reachable(const struct pdg_repo *r, const char *ancestor, const char *tip, bool *out,
		       struct pdg_error *err)
{
	PDG_AUTO(walk) struct pdg_walk *w = NULL;
	int rc = pdg_walk_new(r, &w, err);

	if (rc < 0)
		return rc;
	w->graph.keep = 0;
	return pdg_walk_reaches(w, ancestor, tip, out, err);
}
