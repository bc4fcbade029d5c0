/* SPDX-License-Identifier: Apache-2.0 */
/* Revisions and ranges as git rev-list reads them; libgit2 1.5 knows neither ^A nor A^!. */
#include "git/range.h"

#include <string.h>

#include "git/walk.h"
#include "util/codec.h"
#include "util/str.h"

static int resolve(const struct pdg_walk *w, const char *rev, git_oid *out, struct pdg_error *err)
{
	char hex[PDG_GIT_HEX];
	int rc = pdg_repo_resolve(w->repo, rev[0] ? rev : "HEAD", hex, err);

	return rc < 0 ? rc : pdg_git_oid(hex, out, err);
}

static int add(struct pdg_walk *w, const char *rev, bool hide, struct pdg_error *err)
{
	git_oid oid;
	int rc = resolve(w, rev, &oid, err);

	return rc < 0 ? rc : pdg_walk_start(w, &oid, hide != w->negated, err);
}

static int read_node(struct pdg_walk *w, const char *rev, struct pdg_node **out,
		     struct pdg_error *err)
{
	git_oid oid;
	int rc = resolve(w, rev, &oid, err);

	if (rc == 0)
		rc = pdg_graph_node(&w->graph, &oid, out, err);
	return rc < 0 ? rc : pdg_graph_read(&w->graph, *out, err);
}

/* The nodes behind a commit's parents; @which 0: all, else the one of that number (from 1). */
static int add_parents(struct pdg_walk *w, const char *rev, size_t which, bool hide,
		       struct pdg_error *err)
{
	struct pdg_node *node = NULL;
	size_t i;
	int rc = read_node(w, rev, &node, err);

	/* Parents that are not known would be left out without a word. */
	if (rc == 0)
		rc = pdg_graph_within(node, err);
	if (rc == 0 && which > node->n_parents)
		return pdg_reject(err, "GIT-4", "\"%s\" has no parent number %zu", rev, which);
	for (i = 0; rc == 0 && i < node->n_parents; i++) {
		struct pdg_node *parent = pdg_node_parent(node, i);

		if (which != 0 && which != i + 1)
			continue;
		w->aside = hide;
		rc = pdg_walk_start(w, &parent->oid, hide != w->negated, err);
		w->aside = false;
	}
	return rc;
}

static int add_ref(void *ctx, const char *name, const char *hex, struct pdg_error *err)
{
	struct pdg_walk *w = ctx;
	git_oid oid;
	int rc = pdg_git_oid(hex, &oid, err);

	if (rc == 0)
		rc = pdg_walk_start(w, &oid, w->negated, err);
	/* As rev-list: a ref that leads to no commit is passed over. */
	if (rc == PDG_E_USAGE)
		return 0;
	return rc < 0 ? pdg_context(err, rc, "%s", name) : 0;
}

/* Notes and the stash are git's own bookkeeping (the notes ours too): nobody signs them, and no
 * branch gains them. */
static int add_ref_of_all(void *ctx, const char *name, const char *hex, struct pdg_error *err)
{
	if (pdg_str_starts(name, "refs/notes/") || strcmp(name, "refs/stash") == 0)
		return 0;
	return add_ref(ctx, name, hex, err);
}

static int unknown_option(const char *arg, struct pdg_error *err)
{
	int rc = pdg_reject(err, "GIT-4", "\"%s\" is no revision", arg);

	pdg_fix(err, "of git rev-list's options --all, --branches, --tags and --not are known");
	return rc;
}

/* --all, --branches, --tags, --not. */
static int add_option(struct pdg_walk *w, const char *arg, struct pdg_error *err)
{
	git_oid head;

	if (strcmp(arg, "--not") == 0) {
		w->negated = !w->negated;
		return 0;
	}
	if (strcmp(arg, "--branches") == 0)
		return pdg_repo_each_ref(w->repo, "refs/heads/", add_ref, w, err);
	if (strcmp(arg, "--tags") == 0)
		return pdg_repo_each_ref(w->repo, "refs/tags/", add_ref, w, err);
	if (strcmp(arg, "--all") != 0)
		return unknown_option(arg, err);
	/* HEAD too: it may be detached. One that is not born yet adds nothing. */
	if (resolve(w, "HEAD", &head, NULL) == 0) {
		int rc = pdg_walk_start(w, &head, w->negated, err);

		if (rc < 0)
			return rc;
	}
	return pdg_repo_each_ref(w->repo, "refs/", add_ref_of_all, w, err);
}

/* A...B: what one of the two reaches and not both. */
static int add_symmetric(struct pdg_walk *w, const char *a, const char *b, struct pdg_error *err)
{
	PDG_AUTO(mem) struct pdg_node **bases = NULL;
	struct pdg_node *node_a = NULL;
	struct pdg_node *node_b = NULL;
	size_t n = 0;
	size_t i;
	int rc = read_node(w, a, &node_a, err);

	if (rc == 0)
		rc = read_node(w, b, &node_b, err);
	if (rc == 0)
		rc = pdg_graph_common(&w->graph, node_a, node_b, &bases, &n, err);
	if (rc == 0)
		rc = pdg_walk_start(w, &node_a->oid, w->negated, err);
	if (rc == 0)
		rc = pdg_walk_start(w, &node_b->oid, w->negated, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = pdg_walk_start(w, &bases[i]->oid, !w->negated, err);
	return rc;
}

/* A^!, A^@, A^-, A^-N. *@out_is: @arg ends in one of them. */
static int add_suffixed(struct pdg_walk *w, const char *arg, bool *out_is, struct pdg_error *err)
{
	const char *mark = strrchr(arg, '^');
	PDG_AUTO(mem) char *rev = NULL;
	uint64_t which = 1;
	int rc;

	*out_is = false;
	if (!mark || mark == arg || !mark[1] || !strchr("!@-", mark[1]))
		return 0;
	if (mark[1] == '-' ? mark[2] && !pdg_bytes_u64(pdg_bytes_str(mark + 2), UINT16_MAX, &which)
			   : mark[2] != '\0')
		return 0;
	if (which == 0)
		return 0;
	*out_is = true;
	rev = strndup(arg, (size_t)(mark - arg));
	if (!rev)
		return pdg_nomem(err);
	if (mark[1] == '@')
		return add_parents(w, rev, 0, false, err);
	rc = add(w, rev, false, err);
	return rc < 0 ? rc : add_parents(w, rev, mark[1] == '!' ? 0 : (size_t)which, true, err);
}

/* A..B and A...B, either side empty for HEAD. *@out_is: there are two dots. */
static int add_dotted(struct pdg_walk *w, const char *arg, bool *out_is, struct pdg_error *err)
{
	const char *dots = strstr(arg, "..");
	PDG_AUTO(mem) char *left = NULL;
	const char *right;
	int rc;

	*out_is = dots && strcmp(arg, "..") != 0;
	if (!*out_is)
		return 0;
	left = strndup(arg, (size_t)(dots - arg));
	if (!left)
		return pdg_nomem(err);
	right = dots + 2;
	if (*right == '.')
		return add_symmetric(w, left, right + 1, err);
	rc = add(w, left, true, err);
	return rc < 0 ? rc : add(w, right, false, err);
}

int pdg_walk_range(struct pdg_walk *w, const char *arg, struct pdg_error *err)
{
	bool is = false;
	int rc;

	if (!arg[0])
		return pdg_reject(err, "GIT-4", "an empty revision");
	if (arg[0] == '-')
		return add_option(w, arg, err);
	if (arg[0] == '^')
		return add(w, arg + 1, true, err);
	rc = add_dotted(w, arg, &is, err);
	if (rc == 0 && !is)
		rc = add_suffixed(w, arg, &is, err);
	if (rc == 0 && !is)
		rc = add(w, arg, false, err);
	return rc;
}
