/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what git tells its hooks. A line that is not of its form stops the push: it was not
 * judged. */
#include "gate/push.h"

#include <string.h>

#include "util/codec.h"
#include "util/size.h"

#define WORDS_MAX 4

/* Which words of a line are what; -1: none. */
struct form {
	size_t words;
	int old, new, ref;
	bool more; /* further words may follow */
};

static const struct form received = {3, 0, 1, 2, false};
static const struct form sent = {4, 3, 1, 2, false};
static const struct form rewritten = {2, 0, 1, -1, true};

void pdg_push_done(struct pdg_push *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->v[i].ref);
	free(p->v);
	*p = (struct pdg_push){NULL, 0};
}

/* Split at single blanks, as git writes them. Returns how many words there are, at most WORDS_MAX
 * + 1. */
static size_t split(struct pdg_bytes line, struct pdg_bytes out[WORDS_MAX])
{
	size_t n = 0;

	for (;;) {
		size_t blank = pdg_bytes_find_byte(line, ' ', 0);

		if (n < WORDS_MAX)
			out[n] = pdg_bytes_head(line, blank);
		n++;
		if (blank == SIZE_MAX || n > WORDS_MAX)
			return n;
		line = pdg_bytes_from(line, blank + 1);
	}
}

/* An object name of either length; "" for zero. */
static bool take_name(struct pdg_bytes word, char out[PDG_GIT_HEX])
{
	size_t i;

	if (!pdg_is_hex(word, PDG_OID_SHA1) && !pdg_is_hex(word, PDG_OID_SHA256))
		return false;
	for (i = 0; i < word.n && word.p[i] == '0'; i++)
		;
	if (i == word.n) {
		out[0] = '\0';
		return true;
	}
	memcpy(out, word.p, word.n);
	out[word.n] = '\0';
	return true;
}

/* A ref name as git lets it be (git-check-ref-format(1)), as far as it could mislead us. */
static bool is_ref(struct pdg_bytes word)
{
	size_t i;

	if (!pdg_bytes_starts(word, "refs/") ||
	    pdg_bytes_find(word, pdg_bytes_str(".."), 0) != SIZE_MAX)
		return false;
	for (i = 0; i < word.n; i++) {
		if (word.p[i] < 0x20 || word.p[i] == 0x7F)
			return false;
	}
	return true;
}

/* All but the ref, which is left in the line; *@out_ref empty where the form has none. */
static bool take_line(struct pdg_bytes line, const struct form *f, struct pdg_update *out,
		      struct pdg_bytes *out_ref)
{
	struct pdg_bytes words[WORDS_MAX];
	size_t n = split(line, words);

	if (n < f->words || (n > f->words && !f->more))
		return false;
	*out_ref = f->ref < 0 ? pdg_bytes(NULL, 0) : words[f->ref];
	return take_name(words[f->old], out->old) && take_name(words[f->new], out->new) &&
	       (f->ref < 0 || is_ref(*out_ref));
}

static int parse(struct pdg_bytes in, const struct form *f, struct pdg_push *out,
		 struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push p = {NULL, 0};
	struct pdg_bytes line;
	size_t cap = 0;
	size_t number = 0;

	while (pdg_bytes_line(&in, &line)) {
		struct pdg_bytes ref;

		number++;
		if (pdg_array_grow(&p.v, p.n, &cap, sizeof(*p.v), SIZE_MAX / sizeof(*p.v)) < 0)
			return pdg_nomem(err);
		if (!take_line(line, f, &p.v[p.n], &ref))
			return pdg_reject(err, "PSH-9",
					  "line %zu of what git told the hook is not understood",
					  number);
		if (f->ref >= 0)
			p.v[p.n].ref = pdg_bytes_dup(ref);
		if (f->ref >= 0 && !p.v[p.n].ref)
			return pdg_nomem(err);
		p.n++;
	}
	*out = p;
	p = (struct pdg_push){NULL, 0};
	return 0;
}

int pdg_push_received(struct pdg_bytes in, struct pdg_push *out, struct pdg_error *err)
{
	PDG_AUTO(push) struct pdg_push p = {NULL, 0};
	int rc = parse(in, &received, &p, err);

	if (rc < 0)
		return rc;
	/* git runs these hooks for refs alone: somebody has read the lines before us. */
	if (p.n == 0) {
		rc = pdg_reject(err, "PSH-9", "the hook was told of no ref: nothing was judged");
		pdg_fix(err,
			"whatever runs before it has to leave it standard input as git wrote it");
		return rc;
	}
	*out = p;
	p = (struct pdg_push){NULL, 0};
	return 0;
}

int pdg_push_sent(struct pdg_bytes in, struct pdg_push *out, struct pdg_error *err)
{
	return parse(in, &sent, out, err);
}

int pdg_push_rewritten(struct pdg_bytes in, struct pdg_push *out, struct pdg_error *err)
{
	return parse(in, &rewritten, out, err);
}
