/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of a refused push. The commands are git's, whole and with the names that they need,
 * so that they can be pasted: amend for the tip alone, rebase from the last good commit for what is
 * older, from the ref's old value where merges must be made again, git tag for a tag.
 */
#include "gate/mend.h"

#include <stdlib.h>
#include <string.h>

#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

#define SHOWN	   12	/* digits of a name, as in every line of ours */
#define MERGES_MAX 1024 /* of which the parents are remembered */
#define HEX_DIGITS 40
#define WORD_MOST  256

/* An object that is not good. */
struct line {
	char type[8];
	char hex[PDG_GIT_HEX];
	char parent[PDG_GIT_HEX]; /* the first one; "": a root */
	char tag[WORD_MOST];	  /* the tag to be made again */
	char address[WORD_MOST];  /* of the key's owner, when that is the fault */
	bool own;		  /* author and committer are one person */
	enum pdg_result result;
	struct pdg_error why;
};

struct merge {
	char hex[PDG_GIT_HEX];
	uint8_t *parents; /* their lines, "parent <hex>\n" each */
	size_t n;
};

struct pdg_mend {
	const struct pdg_repo *repo;
	const struct pdg_push *push;
	const char *ref; /* of the tag that was judged last, "" none: borrowed from push */
	struct line lines[PDG_MEND_LINES];
	size_t n_lines;
	size_t n;			 /* all that are not good */
	char oldest_parent[PDG_GIT_HEX]; /* of the last commit that is not good: the oldest */
	struct merge *merges;
	size_t n_merges, cap_merges;
	bool merged; /* the push holds a merge */
};

int pdg_mend_new(const struct pdg_repo *repo, const struct pdg_push *push, struct pdg_mend **out,
		 struct pdg_error *err)
{
	struct pdg_mend *m = pdg_calloc(1, sizeof(*m));

	if (!m)
		return pdg_nomem(err);
	m->repo = repo;
	m->push = push;
	m->ref = "";
	*out = m;
	return 0;
}

void pdg_mend_free(struct pdg_mend *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->n_merges; i++)
		free(m->merges[i].parents);
	free(m->merges);
	free(m);
}

size_t pdg_mend_n(const struct pdg_mend *m)
{
	return m->n;
}

/* The lines "parent <hex>" of a raw commit, where git writes them. */
static struct pdg_bytes parent_lines(struct pdg_bytes raw)
{
	struct pdg_bytes rest = raw;
	struct pdg_bytes line;
	size_t from;

	if (!pdg_bytes_line(&rest, &line) || !pdg_bytes_starts(line, "tree "))
		return pdg_bytes(NULL, 0);
	from = raw.n - rest.n;
	while (pdg_bytes_starts(rest, "parent ") && pdg_bytes_line(&rest, &line))
		;
	return pdg_bytes(raw.p + from, raw.n - rest.n - from);
}

/* The next name of @lines; false at the end, or where it is none. */
static bool take_parent(struct pdg_bytes *lines, struct pdg_bytes *out)
{
	struct pdg_bytes line;

	if (!pdg_bytes_line(lines, &line))
		return false;
	*out = pdg_bytes_from(line, strlen("parent "));
	return pdg_is_hex(*out, HEX_DIGITS);
}

/* What cannot be remembered only makes a line say less. */
static void keep_merge(struct pdg_mend *m, const char *hex, struct pdg_bytes parents)
{
	struct merge *x;
	uint8_t *copy;

	m->merged = true;
	if (pdg_array_grow(&m->merges, m->n_merges, &m->cap_merges, sizeof(*m->merges),
			   MERGES_MAX) < 0)
		return;
	copy = pdg_calloc(parents.n, 1);
	if (!copy)
		return;
	memcpy(copy, parents.p, parents.n);
	x = &m->merges[m->n_merges++];
	x->parents = copy;
	x->n = parents.n;
	memcpy(x->hex, hex, strlen(hex) + 1);
}

/* A word that sh takes as it is. */
static bool is_plain(struct pdg_bytes b)
{
	static const char marks[] = "@._/+-";
	size_t i;

	for (i = 0; i < b.n; i++) {
		char c = (char)b.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    (!c || !strchr(marks, c)))
			return false;
	}
	return b.n > 0 && b.p[0] != '-';
}

/* An address out of "Name <address>" or "address,…", when it is one that can be pasted. */
static void take_address(struct pdg_bytes signer, char out[WORD_MOST])
{
	size_t open = pdg_bytes_find_byte(signer, '<', 0);
	struct pdg_bytes a = signer;

	if (open != SIZE_MAX)
		a = pdg_bytes_head(pdg_bytes_from(signer, open + 1),
				   pdg_bytes_find_byte(signer, '>', open) - open - 1);
	else
		a = pdg_bytes_head(signer, pdg_bytes_find_byte(signer, ',', 0));
	if (a.n >= WORD_MOST || !is_plain(a) || pdg_bytes_find_byte(a, '@', 0) == SIZE_MAX)
		return;
	memcpy(out, a.p, a.n);
	out[a.n] = '\0';
}

static bool is_own(struct pdg_bytes raw)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;

	return pdg_commit_parse(raw, false, &c, NULL) == 0 &&
	       pdg_bytes_eq(c->author.email, c->committer.email);
}

static void keep_line(struct pdg_mend *m, const char *type, const char *hex, struct pdg_bytes raw,
		      const struct pdg_verdict *v)
{
	struct line *l = &m->lines[m->n_lines++];

	*l = (struct line){.result = v->result, .why = v->why};
	memcpy(l->type, type, strlen(type) + 1);
	memcpy(l->hex, hex, strlen(hex) + 1);
	if (strcmp(type, "tag") == 0 && pdg_str_starts(m->ref, "refs/tags/") &&
	    strlen(m->ref) < sizeof(l->tag))
		memcpy(l->tag, m->ref + strlen("refs/tags/"),
		       strlen(m->ref + strlen("refs/tags/")) + 1);
	if (pdg_str_eq(v->why.rule, "SGN-9")) {
		take_address(pdg_buf_bytes(&v->signer), l->address);
		l->own = is_own(raw);
	}
}

/* Tags are judged from the ref inwards: one that no ref names is in the one before. */
static void find_ref(struct pdg_mend *m, const char *hex)
{
	size_t i;

	for (i = 0; i < m->push->n; i++) {
		if (strcmp(m->push->v[i].new, hex) == 0) {
			m->ref = m->push->v[i].ref;
			return;
		}
	}
}

void pdg_mend_take(void *ctx, const char *type, const char *hex, struct pdg_bytes raw,
		   const struct pdg_verdict *v)
{
	struct pdg_mend *m = ctx;
	bool commit = strcmp(type, "commit") == 0;
	struct pdg_bytes parents = commit ? parent_lines(raw) : pdg_bytes(NULL, 0);
	struct pdg_bytes rest = parents;
	struct pdg_bytes first = {NULL, 0};
	char parent[PDG_GIT_HEX] = "";

	if (!commit)
		find_ref(m, hex);
	if (take_parent(&rest, &first)) {
		memcpy(parent, first.p, first.n);
		parent[first.n] = '\0';
	}
	if (rest.n)
		keep_merge(m, hex, parents);
	if (v->result == PDG_RESULT_GOOD)
		return;
	m->n++;
	if (commit)
		memcpy(m->oldest_parent, parent, sizeof(parent));
	if (m->n_lines == PDG_MEND_LINES)
		return;
	keep_line(m, type, hex, raw, v);
	memcpy(m->lines[m->n_lines - 1].parent, parent, sizeof(parent));
}

/* Is the commit what a ref would point at? */
static bool is_tip(const struct pdg_mend *m, const char *hex)
{
	size_t i;

	for (i = 0; i < m->push->n; i++) {
		if (strcmp(m->push->v[i].new, hex) == 0)
			return true;
	}
	return false;
}

static struct pdg_bytes first_line(const struct pdg_buf *b)
{
	struct pdg_bytes rest = pdg_buf_bytes(b);
	struct pdg_bytes line = {NULL, 0};

	return pdg_bytes_line(&rest, &line) ? line : pdg_bytes(NULL, 0);
}

/* A commit that changes nothing: git amends it only when told so. */
static bool is_empty(const struct pdg_mend *m, const struct line *l)
{
	PDG_AUTO(buf) struct pdg_buf own = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf parent = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	const char *type = NULL;

	return l->parent[0] && pdg_repo_read(m->repo, l->hex, &own, &type, NULL) == 0 &&
	       pdg_repo_read(m->repo, l->parent, &parent, &type, NULL) == 0 &&
	       pdg_bytes_eq(first_line(&own), first_line(&parent));
}

/*
 * From where history is to be made again. Merges that came in may have begun before what stands on
 * the ref, which must not be made again: the ref's old value. Else the last good commit.
 */
static const char *base_of(const struct pdg_mend *m, const struct line *l)
{
	if (m->push->n > 1)
		return l->parent;
	if (m->merged && m->push->v[0].old[0])
		return m->push->v[0].old;
	return m->oldest_parent;
}

static void put_rebase(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	const char *base = base_of(m, l);

	pdg_buf_printf(out,
		       "git rebase %s--exec 'git commit --amend --no-edit --allow-empty -S' %.*s",
		       m->merged ? "--rebase-merges " : "", base[0] ? SHOWN : (int)strlen("--root"),
		       base[0] ? base : "--root");
}

static void put_tag(const struct line *l, struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf target = PDG_BUF_INIT(2 * WORD_MOST);

	pdg_buf_printf(&target, "%s^{}", l->tag);
	pdg_buf_puts(out, "git tag -s -f ");
	if (is_plain(pdg_bytes_str(l->tag)))
		pdg_buf_puts(out, l->tag);
	else
		pdg_str_sh_word(out, l->tag);
	pdg_buf_putc(out, ' ');
	pdg_str_sh_word(out, pdg_buf_cstr(&target));
}

/* The command that makes the object again. */
static void put_command(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	if (strcmp(l->type, "tag") == 0)
		put_tag(l, out);
	else if (m->n > 1 || !is_tip(m, l->hex))
		put_rebase(m, l, out);
	else
		pdg_buf_printf(out, "git commit --amend --no-edit%s%s -S",
			       l->own ? " --reset-author" : "",
			       is_empty(m, l) ? " --allow-empty" : "");
}

/* What has to be set first, for the command to help. */
static void put_before(const struct line *l, struct pdg_buf *out)
{
	switch (l->result) {
	case PDG_RESULT_UNKNOWN_KEY:
	case PDG_RESULT_REVOKED_KEY:
	case PDG_RESULT_EXPIRED_KEY:
	case PDG_RESULT_UNSUPPORTED:
		pdg_buf_puts(out,
			     "set user.signingKey to a key of yours that the policy names, then: ");
		break;
	case PDG_RESULT_NOT_ALLOWED:
		if (l->address[0])
			pdg_buf_printf(out, "git config user.email %s && ", l->address);
		else if (pdg_str_eq(l->why.rule, "SGN-9"))
			pdg_buf_puts(out, "set user.email to an address of the key, then: ");
		else if (pdg_str_eq(l->why.rule, "SGN-12"))
			pdg_buf_puts(out, "set the clock right, then: ");
		else
			pdg_buf_puts(out,
				     "set user.signingKey to a key of yours that may sign, then: ");
		break;
	default:
		break;
	}
}

/* Which merge brought it, if it is not that one's first parent. */
static void put_merge(const struct pdg_mend *m, const struct line *l, struct pdg_buf *out)
{
	size_t i;

	for (i = 0; i < m->n_merges; i++) {
		struct pdg_bytes rest = pdg_bytes(m->merges[i].parents, m->merges[i].n);
		struct pdg_bytes parent;
		size_t number;

		for (number = 1; take_parent(&rest, &parent); number++) {
			if (number == 1 || !pdg_bytes_eq_str(parent, l->hex))
				continue;
			pdg_buf_printf(out, " (parent %zu of the merge %.*s)", number, SHOWN,
				       m->merges[i].hex);
			return;
		}
	}
}

void pdg_mend_line(const struct pdg_mend *m, size_t i, struct pdg_error *out)
{
	PDG_AUTO(buf) struct pdg_buf merge = PDG_BUF_INIT(256);
	PDG_AUTO(buf) struct pdg_buf fix = PDG_BUF_INIT(PDG_ERROR_FIX_MAX);
	const struct line *l = &m->lines[i];

	*out = l->why;
	put_merge(m, l, &merge);
	(void)pdg_context(out, PDG_E_REJECTED, "%s %.*s%s is %s", l->type, SHOWN, l->hex,
			  pdg_buf_cstr(&merge), pdg_result_name(l->result));
	/* What a forge made is made again by a person, and GIT-6 says how. */
	if (pdg_str_eq(l->why.rule, "GIT-6") || (strcmp(l->type, "tag") == 0 && !l->tag[0]))
		return;
	put_before(l, &fix);
	put_command(m, l, &fix);
	/* A command that was cut would be another one. */
	if (pdg_buf_check(&fix, NULL) == 0 && fix.n < PDG_ERROR_FIX_MAX)
		pdg_fix(out, "%s", pdg_buf_cstr(&fix));
}
