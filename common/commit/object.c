/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw commit under the strict grammar of object.h. The bytes that are signed are cut out of the
 * stored ones, never put together anew (attacks.md: verify the stored bytes).
 */
#include "commit/object.h"

#include <stdio.h>

#include "commit/lines.h"
#include "crypto/digest.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

static const char *const once[] = {
	"tree", "author", "committer", "encoding", "gpgsig", "gpgsig-sha256", NULL,
};

void pdg_commit_free(struct pdg_commit *c)
{
	if (!c)
		return;
	free(c->parents);
	pdg_buf_done(&c->signature);
	pdg_buf_done(&c->payload);
	pdg_buf_done(&c->other_signature);
	free(c);
}

static struct pdg_commit *commit_new(struct pdg_bytes raw)
{
	struct pdg_commit *c = pdg_calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->raw = raw;
	pdg_buf_init(&c->signature, PDG_LIMIT_COMMIT_SIGNATURE);
	pdg_buf_init(&c->payload, PDG_LIMIT_COMMIT);
	pdg_buf_init(&c->other_signature, PDG_LIMIT_COMMIT_SIGNATURE);
	return c;
}

static int add_parent(struct pdg_commit *c, size_t *cap, const struct pdg_header *h, bool sha256,
		      struct pdg_error *err)
{
	int rc;

	rc = pdg_array_grow(&c->parents, c->n_parents, cap, sizeof(*c->parents),
			    PDG_LIMIT_COMMIT_PARENTS);
	if (rc == PDG_E_LIMIT)
		return pdg_reject(err, "COM-6", "more than %d parents", PDG_LIMIT_COMMIT_PARENTS);
	if (rc < 0)
		return pdg_nomem(err);
	rc = pdg_header_hex(h, sha256, &c->parents[c->n_parents], err);
	if (rc < 0)
		return rc;
	c->n_parents++;
	return 0;
}

/* All parents, and the author behind them. */
static int read_parents(struct pdg_lines *l, bool sha256, struct pdg_commit *c,
			struct pdg_error *err)
{
	struct pdg_header h;
	size_t cap = 0;
	bool more;
	int rc;

	for (;;) {
		rc = pdg_lines_next(l, &h, &more, err);
		if (rc < 0)
			return rc;
		if (!more)
			break;
		rc = pdg_header_flat(&h, err);
		if (rc < 0)
			return rc;
		if (pdg_header_is(&h, "author"))
			return pdg_person_parse(h.value, "author", &c->author, err);
		if (!pdg_header_is(&h, "parent"))
			break;
		rc = add_parent(c, &cap, &h, sha256, err);
		if (rc < 0)
			return rc;
	}
	return pdg_reject(err, "COM-1", "no \"author\" header in its place");
}

/*
 * The tag that was merged, as git keeps it: it is among the signed bytes, so its own signature is
 * nobody's business here, but what is no tag at all was put there by somebody else than git.
 */
static int check_mergetag(const struct pdg_header *h, bool sha256, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	int rc = pdg_header_unfold(h, &text, err);

	if (rc == 0)
		rc = pdg_tag_parse(pdg_buf_bytes(&text), sha256, &t, err);
	return pdg_context(err, rc, "mergetag");
}

/* One header behind the committer. *@out_cut gets it if it is not among the signed bytes. */
static int read_extra(const struct pdg_header *h, bool sha256, struct pdg_commit *c,
		      struct pdg_bytes *out_cut, struct pdg_error *err)
{
	const char *own = sha256 ? "gpgsig-sha256" : "gpgsig";

	*out_cut = pdg_bytes(NULL, 0);
	if (pdg_header_is(h, "parent"))
		return pdg_reject(err, "COM-1", "a \"parent\" header out of its place");
	if (pdg_header_is(h, "encoding"))
		return pdg_header_flat(h, err);
	if (pdg_header_is(h, "mergetag"))
		return check_mergetag(h, sha256, err);
	if (pdg_header_is(h, "gpgsig") || pdg_header_is(h, "gpgsig-sha256"))
		*out_cut = h->whole;
	if (out_cut->n == 0)
		return 0;
	if (pdg_header_is(h, own))
		return pdg_header_signature(h, &c->signature, &c->format, err);
	return pdg_header_signature(h, &c->other_signature, &c->other_format, err);
}

static int read_extras(struct pdg_lines *l, bool sha256, struct pdg_commit *c,
		       struct pdg_error *err)
{
	struct pdg_bytes cut[2] = {{0}};
	size_t cut_n = 0;
	struct pdg_header h;
	bool more;
	int rc;

	for (;;) {
		struct pdg_bytes signature;

		rc = pdg_lines_next(l, &h, &more, err);
		if (rc < 0)
			return rc;
		if (!more)
			break;
		rc = read_extra(&h, sha256, c, &signature, err);
		if (rc < 0)
			return rc;
		/* Each of the two names comes once, so two places are enough. */
		if (signature.n)
			cut[cut_n++] = signature;
	}
	return c->format == PDG_SIG_NONE ? 0 : pdg_lines_cut(c->raw, cut, cut_n, &c->payload, err);
}

int pdg_commit_parse(struct pdg_bytes raw, bool sha256, struct pdg_commit **out,
		     struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_lines lines;
	struct pdg_header h;
	int rc;

	rc = pdg_lines_init(&lines, raw, once, err);
	if (rc < 0)
		return rc;
	c = commit_new(raw);
	if (!c)
		return pdg_nomem(err);

	rc = pdg_lines_want(&lines, "tree", &h, err);
	if (rc == 0)
		rc = pdg_header_hex(&h, sha256, &c->tree, err);
	if (rc == 0)
		rc = read_parents(&lines, sha256, c, err);
	if (rc == 0)
		rc = pdg_lines_want(&lines, "committer", &h, err);
	if (rc == 0)
		rc = pdg_person_parse(h.value, "committer", &c->committer, err);
	if (rc == 0)
		rc = read_extras(&lines, sha256, c, err);
	if (rc < 0)
		return rc;
	c->message = lines.rest;
	*out = PDG_TAKE(c);
	return 0;
}

static int hash_object(enum pdg_hash h, const char *type, struct pdg_bytes raw,
		       char out[PDG_OID_HEX], struct pdg_error *err)
{
	PDG_AUTO(digest_ctx) struct pdg_digest_ctx *d = NULL;
	uint8_t digest[PDG_DIGEST_MAX];
	char head[64];
	int n;
	int rc;

	n = snprintf(head, sizeof(head), "%s %zu", type, raw.n);
	if (n < 0 || (size_t)n >= sizeof(head))
		return pdg_fail(err, PDG_E_INTERNAL, "object type \"%s\" is too long", type);
	rc = pdg_digest_new(h, &d, err);
	/* The NUL behind the text is part of what git hashes. */
	if (rc == 0)
		rc = pdg_digest_update(d, pdg_bytes(head, (size_t)n + 1), err);
	if (rc == 0)
		rc = pdg_digest_update(d, raw, err);
	if (rc == 0)
		rc = pdg_digest_final(d, digest, err);
	if (rc < 0)
		return rc;
	pdg_hex(pdg_bytes(digest, pdg_digest_len(h)), out);
	return 0;
}

int pdg_object_name(const char *type, struct pdg_bytes raw, bool sha256, char out[PDG_OID_HEX],
		    struct pdg_error *err)
{
	return hash_object(sha256 ? PDG_SHA256 : PDG_SHA1, type, raw, out, err);
}

int pdg_commit_sha256(struct pdg_bytes raw, char out[PDG_OID_HEX], struct pdg_error *err)
{
	return hash_object(PDG_SHA256, "commit", raw, out, err);
}
