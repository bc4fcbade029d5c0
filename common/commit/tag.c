/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A raw tag object under the grammar of object.h. Unlike a commit's, its signature is no header but
 * the end of its message (formats.md 9.2).
 */
#include "commit/lines.h"
#include "commit/object.h"
#include "util/limits.h"
#include "util/size.h"

static const char *const once[] = {
	"object", "type", "tag", "tagger", "encoding", "gpgsig", "gpgsig-sha256", NULL,
};

void pdg_tag_free(struct pdg_tag *t)
{
	if (!t)
		return;
	pdg_buf_done(&t->signature);
	pdg_buf_done(&t->payload);
	pdg_buf_done(&t->other_signature);
	free(t);
}

static struct pdg_tag *tag_new(struct pdg_bytes raw)
{
	struct pdg_tag *t = pdg_calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->raw = raw;
	pdg_buf_init(&t->signature, PDG_LIMIT_COMMIT_SIGNATURE);
	pdg_buf_init(&t->payload, PDG_LIMIT_COMMIT);
	pdg_buf_init(&t->other_signature, PDG_LIMIT_COMMIT_SIGNATURE);
	return t;
}

static int read_head(struct pdg_lines *l, bool sha256, struct pdg_tag *t, struct pdg_error *err)
{
	static const char *const types[] = {"commit", "tree", "blob", "tag", NULL};
	struct pdg_header h;
	size_t i = 0;
	int rc;

	rc = pdg_lines_want(l, "object", &h, err);
	if (rc == 0)
		rc = pdg_header_hex(&h, sha256, &t->object, err);
	if (rc == 0)
		rc = pdg_lines_want(l, "type", &h, err);
	if (rc < 0)
		return rc;
	t->type = h.value;
	while (types[i] && !pdg_bytes_eq_str(t->type, types[i]))
		i++;
	if (!types[i])
		return pdg_reject(err, "COM-1", "the tag's type is none of git's");
	rc = pdg_lines_want(l, "tag", &h, err);
	if (rc < 0)
		return rc;
	if (h.value.n == 0)
		return pdg_reject(err, "COM-1", "the tag has no name");
	t->name = h.value;
	return 0;
}

/* One header behind "tag"; @first: the one directly behind it. */
static int read_extra(const struct pdg_header *h, bool first, bool sha256, struct pdg_tag *t,
		      struct pdg_bytes *out_cut, struct pdg_error *err)
{
	const char *own = sha256 ? "gpgsig-sha256" : "gpgsig";
	const char *other = sha256 ? "gpgsig" : "gpgsig-sha256";
	int rc;

	if (pdg_header_is(h, own))
		return pdg_reject(err, "COM-3", "a tag's signature is no \"%s\" header", own);
	if (pdg_header_is(h, other)) {
		*out_cut = h->whole;
		return pdg_header_signature(h, &t->other_signature, &t->other_format, err);
	}
	if (pdg_header_is(h, "encoding"))
		return pdg_header_flat(h, err);
	if (!pdg_header_is(h, "tagger"))
		return 0;
	if (!first)
		return pdg_reject(err, "COM-1", "the \"tagger\" header is out of its place");
	t->has_tagger = true;
	rc = pdg_header_flat(h, err);
	return rc < 0 ? rc : pdg_person_parse(h->value, "tagger", &t->tagger, err);
}

/* All headers behind "tag". *@out_cut gets the one that is not among the signed bytes. */
static int read_extras(struct pdg_lines *l, bool sha256, struct pdg_tag *t,
		       struct pdg_bytes *out_cut, struct pdg_error *err)
{
	struct pdg_header h;
	bool first = true;
	bool more;
	int rc;

	for (;; first = false) {
		rc = pdg_lines_next(l, &h, &more, err);
		if (rc < 0 || !more)
			return rc;
		rc = read_extra(&h, first, sha256, t, out_cut, err);
		if (rc < 0)
			return rc;
	}
}

/* Where the last line begins that git takes for the first of a signature, or b.n. */
static size_t find_signature(struct pdg_bytes b)
{
	static const char *const begins[] = {
		"-----BEGIN PGP SIGNATURE-----",
		"-----BEGIN PGP MESSAGE-----",
		"-----BEGIN SSH SIGNATURE-----",
		"-----BEGIN SIGNED MESSAGE-----",
	};
	struct pdg_bytes rest = b;
	struct pdg_bytes line;
	size_t found = b.n;
	size_t i;

	while (pdg_bytes_line(&rest, &line)) {
		if (!pdg_bytes_starts(line, "-----BEGIN "))
			continue;
		for (i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
			if (pdg_bytes_starts(line, begins[i]))
				found = (size_t)(line.p - b.p);
		}
	}
	return found;
}

/* Part the signature from the message, and the signed bytes from both. */
static int read_body(struct pdg_bytes body, struct pdg_bytes cut, struct pdg_tag *t,
		     struct pdg_error *err)
{
	size_t at = find_signature(body);
	struct pdg_bytes signature = pdg_bytes_from(body, at);
	int rc;

	t->message = pdg_bytes_head(body, at);
	if (signature.n == 0)
		return 0;
	if (signature.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "COM-6", "the signature has %zu bytes, more than %zu",
				  signature.n, PDG_LIMIT_COMMIT_SIGNATURE);
	rc = pdg_sig_format_of(signature, &t->format, err);
	if (rc < 0)
		return rc;
	pdg_buf_put(&t->signature, signature);
	rc = pdg_buf_check(&t->signature, err);
	if (rc < 0)
		return rc;
	return pdg_lines_cut(pdg_bytes_head(t->raw, t->raw.n - signature.n), &cut, 1, &t->payload,
			     err);
}

int pdg_tag_parse(struct pdg_bytes raw, bool sha256, struct pdg_tag **out, struct pdg_error *err)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_lines lines;
	struct pdg_bytes cut = {0};
	int rc;

	rc = pdg_lines_init(&lines, raw, once, err);
	if (rc < 0)
		return rc;
	t = tag_new(raw);
	if (!t)
		return pdg_nomem(err);

	rc = read_head(&lines, sha256, t, err);
	if (rc == 0)
		rc = read_extras(&lines, sha256, t, &cut, err);
	if (rc == 0)
		rc = read_body(lines.rest, cut, t, err);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(t);
	return 0;
}
