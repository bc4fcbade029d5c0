/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One configuration file as git reads it (its config.c), unlike the policy, which has a stricter
 * reader of its own. gitconfig_files.c says which files are read.
 */
#include "git/gitconfig_syntax.h"

#include <ctype.h>
#include <string.h>

#include "util/limits.h"

#define END (-1)

struct parser {
	struct pdg_bytes rest;
	size_t line;
	struct pdg_buf section; /* "core." or "remote.origin." */
	struct pdg_buf name;
	struct pdg_buf value;
	const struct pdg_gitconfig_reader *reader;
	struct pdg_error *err;
};

/* The next byte; a line's end is \n, whether it was written \r\n or the file just stops. */
static int next(struct parser *p)
{
	int c;

	if (p->rest.n == 0)
		return END;
	if (p->rest.n > 1 && p->rest.p[0] == '\r' && p->rest.p[1] == '\n')
		p->rest = pdg_bytes_from(p->rest, 1);
	c = p->rest.p[0];
	p->rest = pdg_bytes_from(p->rest, 1);
	p->line += c == '\n';
	return c;
}

static bool ends_line(int c)
{
	return c == END || c == '\n';
}

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_key(int c)
{
	return c == '-' || (c > 0 && isalnum(c));
}

static int malformed(const struct parser *p)
{
	return pdg_fail(p->err, PDG_E_FORMAT, "line %zu is not git's syntax", p->line);
}

/* Behind the opening bracket's name and a space: "subsection"]. */
static int take_subsection(struct parser *p)
{
	int c;

	do {
		c = next(p);
	} while (c == ' ' || c == '\t');
	if (c != '"')
		return malformed(p);
	pdg_buf_putc(&p->section, '.');
	while ((c = next(p)) != '"') {
		if (c == '\\')
			c = next(p);
		if (ends_line(c))
			return malformed(p);
		pdg_buf_putc(&p->section, (uint8_t)c);
	}
	return next(p) == ']' ? 0 : malformed(p);
}

static int take_section(struct parser *p)
{
	int rc = 0;
	int c;

	pdg_buf_reset(&p->section);
	while ((c = next(p)) != ']') {
		if (c == ' ' || c == '\t') {
			rc = take_subsection(p);
			break;
		}
		if (!is_key(c) && c != '.')
			return malformed(p);
		pdg_buf_putc(&p->section, (uint8_t)tolower(c));
	}
	pdg_buf_putc(&p->section, '.');
	return rc < 0 ? rc : pdg_buf_check(&p->section, p->err);
}

/* What a backslash and the byte behind it stand for; 0 for a line that goes on, END for nothing. */
static int unescaped(int c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'n':
		return '\n';
	case '\n':
		return 0;
	case '\\':
	case '"':
		return c;
	default:
		return END;
	}
}

/* Up to the line's end: quotes taken away, white space around it and comments left out. */
static int take_value(struct parser *p)
{
	bool quoted = false;
	size_t spaces = 0;
	int c;

	pdg_buf_reset(&p->value);
	while (!ends_line(c = next(p))) {
		if (!quoted && (c == '#' || c == ';')) {
			while (!ends_line(next(p)))
				;
			return 0;
		}
		if (!quoted && is_space(c)) {
			spaces += p->value.n > 0;
			continue;
		}
		for (; spaces; spaces--)
			pdg_buf_putc(&p->value, ' ');
		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\') {
			c = unescaped(next(p));
			if (c == END)
				return malformed(p);
			if (c == 0)
				continue;
		}
		pdg_buf_putc(&p->value, (uint8_t)c);
	}
	return quoted ? malformed(p) : 0;
}

/* One "key", "key = value", whose first letter was @c. */
static int take_key(struct parser *p, int c)
{
	bool has_value;
	int rc;

	pdg_buf_reset(&p->name);
	pdg_buf_put(&p->name, pdg_buf_bytes(&p->section));
	for (; is_key(c); c = next(p))
		pdg_buf_putc(&p->name, (uint8_t)tolower(c));
	while (c == ' ' || c == '\t')
		c = next(p);
	has_value = c == '=';
	if (!has_value && !ends_line(c))
		return malformed(p);
	rc = has_value ? take_value(p) : 0;
	if (rc == 0)
		rc = pdg_buf_check(&p->name, p->err);
	if (rc == 0)
		rc = pdg_buf_check(&p->value, p->err);
	if (rc < 0)
		return rc;
	return p->reader->value(p->reader->ctx, pdg_buf_cstr(&p->name),
				has_value ? pdg_buf_cstr(&p->value) : NULL, p->err);
}

static int parse(struct parser *p)
{
	int rc = 0;
	int c;

	while (rc == 0 && (c = next(p)) != END) {
		if (is_space(c))
			continue;
		if (c == '#' || c == ';') {
			while (!ends_line(next(p)))
				;
		} else if (c == '[') {
			rc = take_section(p);
		} else if (isalpha(c) && p->section.n) {
			rc = take_key(p, c);
		} else {
			rc = malformed(p);
		}
	}
	return rc;
}

int pdg_gitconfig_parse(struct pdg_bytes text, const struct pdg_gitconfig_reader *reader,
			struct pdg_error *err)
{
	struct parser p = {.rest = text, .line = 1, .reader = reader, .err = err};
	int rc;

	if (pdg_bytes_starts(text, "\xEF\xBB\xBF"))
		p.rest = pdg_bytes_from(text, 3);
	/* git's strings would end there, and ours might not. */
	if (pdg_bytes_find_byte(text, 0, 0) != SIZE_MAX)
		return pdg_fail(err, PDG_E_FORMAT, "there is a NUL byte in it");
	pdg_buf_init(&p.section, PDG_LIMIT_TEXT);
	pdg_buf_init(&p.name, PDG_LIMIT_TEXT);
	pdg_buf_init(&p.value, PDG_LIMIT_GIT_CONFIG);
	rc = parse(&p);
	pdg_buf_done(&p.section);
	pdg_buf_done(&p.name);
	pdg_buf_done(&p.value);
	return rc;
}

/* ---- patterns ------------------------------------------------------------------------------- */

struct matching {
	const char *whole; /* the pattern, to look behind */
	bool fold;
	size_t steps; /* left: a pattern full of stars must not take for ever */
};

static bool same(const struct matching *m, char a, char b)
{
	return a == b || (m->fold && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* Take a "[...]" off *@pattern and say whether it holds @c; one that does not end is itself. */
static bool in_class(const struct matching *m, const char **pattern, char c)
{
	const char *p = *pattern + 1;
	bool negated = *p == '!' || *p == '^';
	bool found = false;
	bool first = true;

	for (p += negated; *p && (*p != ']' || first); p++, first = false) {
		char low = *p == '\\' && p[1] ? *++p : *p;
		char high = low;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		found = found || (c >= low && c <= high) || same(m, c, low);
	}
	if (!*p) {
		*pattern += 1;
		return c == '[';
	}
	*pattern = p + 1;
	return c != '/' && found != negated;
}

static bool match(struct matching *m, const char *p, const char *t);

/* @p: at a star. */
static bool match_star(struct matching *m, const char *p, const char *t)
{
	const char *rest = p + strspn(p, "*");
	bool whole =
		rest > p + 1 && (p == m->whole || p[-1] == '/') && (*rest == '\0' || *rest == '/');

	/* "**" and a slash also stand for no folder at all. */
	if (whole && *rest == '/' && match(m, rest + 1, t))
		return true;
	for (;; t++) {
		if (match(m, rest, t))
			return true;
		if (!*t || (*t == '/' && !whole) || m->steps == 0)
			return false;
	}
}

static bool match(struct matching *m, const char *p, const char *t)
{
	for (; *p; t++) {
		if (m->steps == 0)
			return false;
		m->steps--;
		if (*p == '*')
			return match_star(m, p, t);
		if (!*t)
			return false;
		if (*p == '[') {
			if (!in_class(m, &p, *t))
				return false;
			continue;
		}
		if (*p == '?') {
			if (*t == '/')
				return false;
		} else {
			p += *p == '\\' && p[1];
			if (!same(m, *p, *t))
				return false;
		}
		p++;
	}
	return !*t;
}

bool pdg_gitconfig_match(const char *pattern, const char *text, bool fold)
{
	struct matching m = {.whole = pattern, .fold = fold, .steps = PDG_LIMIT_GIT_STEPS};

	return match(&m, pattern, text);
}
