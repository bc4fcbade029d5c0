/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts to values, after the scan: every byte here was judged by json_scan.c, so nothing is checked
 * but what only the values show: a member that stands twice. Open levels are a small stack, not
 * calls; a level is owned by the one around it as soon as it is opened.
 */
#include "util/json_build.h"

#include <stdlib.h>
#include <string.h>

#include "util/json_scan.h"
#include "util/limits.h"

struct build {
	struct pdg_bytes in;
	size_t at;
	json_t *open[PDG_LIMIT_JSON_DEPTH];
	size_t depth;
	struct pdg_buf room; /* of a string with escapes */
	struct pdg_buf key;
};

static void build_done(struct build *b)
{
	pdg_buf_done(&b->room);
	pdg_buf_done(&b->key);
}
PDG_AUTO_DEFINE_VALUE(build, struct build, build_done)

static bool is_between(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':';
}

/* The next byte that says something. */
static uint8_t next(struct build *b)
{
	while (is_between(b->in.p[b->at]))
		b->at++;
	return b->in.p[b->at];
}

static bool in_number(int c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static json_t *number(struct build *b)
{
	char text[PDG_LIMIT_JSON_NUMBER + 1];
	bool integer = true;
	size_t n = 0;

	/* The scan has counted them; something stands behind every number: the object's end. */
	while (n < PDG_LIMIT_JSON_NUMBER && in_number(b->in.p[b->at])) {
		char c = (char)b->in.p[b->at++];

		integer = integer && c != '.' && c != 'e' && c != 'E';
		text[n++] = c;
	}
	text[n] = '\0';
	return integer ? json_integer(strtoll(text, NULL, 10)) : json_real(strtod(text, NULL));
}

static json_t *string(struct build *b)
{
	struct pdg_bytes s;

	if (!pdg_json_scan_text(b->in, &b->at, &b->room, &s))
		return NULL;
	return json_stringn_nocheck((const char *)s.p, s.n);
}

/* A value; of an object or an array, an empty one. NULL when there is no memory. */
static json_t *value(struct build *b)
{
	switch (next(b)) {
	case '{':
		b->at++;
		return json_object();
	case '[':
		b->at++;
		return json_array();
	case '"':
		return string(b);
	case 't':
		b->at += strlen("true");
		return json_true();
	case 'f':
		b->at += strlen("false");
		return json_false();
	case 'n':
		b->at += strlen("null");
		return json_null();
	default:
		return number(b);
	}
}

static int take_key(struct build *b, struct pdg_error *err)
{
	struct pdg_bytes s;

	(void)next(b);
	if (!pdg_json_scan_text(b->in, &b->at, &b->room, &s))
		return pdg_nomem(err);
	pdg_buf_reset(&b->key);
	pdg_buf_put(&b->key, s);
	return pdg_buf_check(&b->key, err);
}

/* Put the value at the cursor into the innermost open level, under the key when it is an object. */
static int take_value(struct build *b, struct pdg_error *err)
{
	json_t *in = b->open[b->depth - 1];
	const char *key = json_is_object(in) ? pdg_buf_cstr(&b->key) : NULL;
	size_t at = b->at;
	size_t members = json_object_size(in);
	json_t *v = value(b);

	if (!v ||
	    (key ? json_object_set_new_nocheck(in, key, v) : json_array_append_new(in, v)) < 0)
		return pdg_nomem(err);
	/* It took the place of one that was there. */
	if (key && json_object_size(in) == members)
		return pdg_reject(err, "JSN-1", "JSON: a member stands twice before byte %zu", at);
	if (json_is_object(v) || json_is_array(v))
		b->open[b->depth++] = v;
	return 0;
}

int pdg_json_build(struct pdg_bytes in, json_t **out, struct pdg_error *err)
{
	PDG_AUTO(build) struct build b = {.in = in};
	PDG_AUTO(json) json_t *root = NULL;
	int rc = 0;

	pdg_buf_init(&b.room, in.n);
	pdg_buf_init(&b.key, in.n);
	root = value(&b);
	if (!root)
		return pdg_nomem(err);
	b.open[b.depth++] = root;
	while (rc == 0 && b.depth > 0) {
		uint8_t c = next(&b);

		if (c == '}' || c == ']') {
			b.at++;
			b.depth--;
			continue;
		}
		if (json_is_object(b.open[b.depth - 1]))
			rc = take_key(&b, err);
		if (rc == 0)
			rc = take_value(&b, err);
	}
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(root);
	return 0;
}
