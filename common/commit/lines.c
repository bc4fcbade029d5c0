/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first reader of a raw object's bytes: limits, then lines, then headers. Everything works on
 * lengths; git's own readers stop at NUL and match "gpgsig" as a prefix, which is how bytes
 * that nobody signed come to look signed (attacks.md 1).
 */
#include "commit/lines.h"

#include "util/limits.h"

#define SHOWN 40 /* characters of a foreign header name in a message */

int pdg_lines_init(struct pdg_lines *l, struct pdg_bytes raw, const char *const *once,
		   struct pdg_error *err)
{
	if (raw.n > PDG_LIMIT_COMMIT)
		return pdg_reject(err, "COM-6", "the object has %zu bytes, more than %zu", raw.n,
				  PDG_LIMIT_COMMIT);
	if (raw.n == 0)
		return pdg_reject(err, "COM-1", "the object is empty");
	if (pdg_bytes_find_byte(raw, 0, 0) != SIZE_MAX)
		return pdg_reject(err, "COM-4", "the object holds a NUL byte");
	*l = (struct pdg_lines){.rest = raw, .once = once};
	return 0;
}

bool pdg_header_is(const struct pdg_header *h, const char *name)
{
	return pdg_bytes_eq_str(h->name, name);
}

/* One line with its \n off @l, counted. */
static int take_line(struct pdg_lines *l, struct pdg_bytes *out, struct pdg_error *err)
{
	size_t end = pdg_bytes_find_byte(l->rest, '\n', 0);

	if (end == SIZE_MAX)
		return pdg_reject(err, "COM-1", "the headers do not end with an empty line");
	if (l->n++ == PDG_LIMIT_COMMIT_HEADERS)
		return pdg_reject(err, "COM-6", "more than %d header lines",
				  PDG_LIMIT_COMMIT_HEADERS);
	*out = pdg_bytes_head(l->rest, end + 1);
	l->rest = pdg_bytes_from(l->rest, end + 1);
	return 0;
}

static bool is_name_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '_' || c == '-';
}

/* A length for "%.*s". */
static int shown(struct pdg_bytes b)
{
	return b.n < SHOWN ? (int)b.n : SHOWN;
}

/* Split a line into name and value. */
static int split(struct pdg_bytes line, struct pdg_header *out, struct pdg_error *err)
{
	size_t n = 0;
	bool known;

	while (is_name_char(line.p[n]))
		n++;
	out->name = pdg_bytes_head(line, n);
	out->value = pdg_bytes(NULL, 0);
	/* git drops every line that begins so from what is signed, whatever follows. */
	known = pdg_header_is(out, "gpgsig") || pdg_header_is(out, "gpgsig-sha256");
	if (pdg_bytes_starts(line, "gpgsig") && !(known && line.p[n] == ' '))
		return pdg_reject(err, "COM-3", "unknown header \"%.*s\"", shown(line) - 1,
				  (const char *)line.p);
	/* Nobody's header begins with a dash; git takes "-----BEGIN …" for a signature there too.
	 */
	if (n == 0 || line.p[n] != ' ' || line.p[0] == '-')
		return pdg_reject(err, "COM-1", "a header line is not \"name value\"");
	out->value = pdg_bytes(line.p + n + 1, line.n - n - 2);
	return 0;
}

static int note_seen(struct pdg_lines *l, const struct pdg_header *h, struct pdg_error *err)
{
	unsigned i;

	for (i = 0; l->once[i]; i++) {
		if (!pdg_header_is(h, l->once[i]))
			continue;
		if (l->seen & 1U << i)
			return pdg_reject(err, "COM-2", "a second \"%s\" header", l->once[i]);
		l->seen |= 1U << i;
	}
	return 0;
}

int pdg_lines_next(struct pdg_lines *l, struct pdg_header *out, bool *out_more,
		   struct pdg_error *err)
{
	struct pdg_header h = {0};
	struct pdg_bytes line;
	int rc;

	rc = take_line(l, &line, err);
	if (rc < 0)
		return rc;
	*out_more = line.n > 1;
	if (line.n == 1)
		return 0;
	rc = split(line, &h, err);
	if (rc < 0)
		return rc;
	h.folded = pdg_bytes(l->rest.p, 0);
	while (l->rest.n && l->rest.p[0] == ' ') {
		struct pdg_bytes more = {0};

		rc = take_line(l, &more, err);
		if (rc < 0)
			return rc;
		h.folded.n += more.n;
	}
	h.whole = pdg_bytes(line.p, line.n + h.folded.n);
	rc = note_seen(l, &h, err);
	if (rc < 0)
		return rc;
	*out = h;
	return 0;
}

int pdg_header_flat(const struct pdg_header *h, struct pdg_error *err)
{
	if (h->folded.n)
		return pdg_reject(err, "COM-1", "the header \"%.*s\" goes on in a second line",
				  shown(h->name), (const char *)h->name.p);
	return 0;
}

int pdg_lines_want(struct pdg_lines *l, const char *name, struct pdg_header *out,
		   struct pdg_error *err)
{
	struct pdg_header h;
	bool more;
	int rc;

	rc = pdg_lines_next(l, &h, &more, err);
	if (rc < 0)
		return rc;
	if (!more || !pdg_header_is(&h, name))
		return pdg_reject(err, "COM-1", "no \"%s\" header in its place", name);
	rc = pdg_header_flat(&h, err);
	if (rc < 0)
		return rc;
	*out = h;
	return 0;
}

int pdg_lines_cut(struct pdg_bytes raw, const struct pdg_bytes *cut, size_t cut_n,
		  struct pdg_buf *out, struct pdg_error *err)
{
	size_t from = 0;
	size_t i;

	for (i = 0; i < cut_n; i++) {
		size_t at;

		if (cut[i].n == 0)
			continue;
		at = (size_t)(cut[i].p - raw.p);
		pdg_buf_put(out, pdg_bytes(raw.p + from, at - from));
		from = at + cut[i].n;
	}
	pdg_buf_put(out, pdg_bytes_from(raw, from));
	return pdg_buf_check(out, err);
}
