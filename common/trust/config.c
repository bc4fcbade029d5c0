/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first step of reading a policy or a daemon's file: bytes to sections, keys and values
 * with their lines. Nothing is known here of what keys there are; config_check.c is next.
 * One cursor goes over the bytes once; what it does not recognise is an error with its line.
 */
#include "trust/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/utf8.h"

#define NO_SECTION SIZE_MAX

struct cursor {
	struct pdg_bytes in;
	size_t at;
	unsigned line;
	struct pdg_config *c; /* being filled */
	size_t section;	      /* the open one's index, or NO_SECTION */
	size_t cap_sections;
	size_t cap_entries;
	struct pdg_error *err;
};

static int wrong(const struct cursor *cur, const char *fmt, ...) PDG_PRINTF(2, 3);

void pdg_config_free(struct pdg_config *c)
{
	size_t i;

	if (!c)
		return;
	for (i = 0; i < c->n; i++) {
		free(c->v[i].key);
		free(c->v[i].value);
	}
	for (i = 0; i < c->n_sections; i++) {
		free(c->sections[i].section);
		free(c->sections[i].subsection);
	}
	free(c->v);
	free(c->sections);
	free(c->file);
	free(c->dir);
	free(c);
}

const char *pdg_config_section_text(const char *section, const char *subsection,
				    char out[PDG_CONFIG_SECTION_TEXT])
{
	if (subsection)
		(void)snprintf(out, PDG_CONFIG_SECTION_TEXT, "[%.32s \"%.100s\"]", section,
			       subsection);
	else
		(void)snprintf(out, PDG_CONFIG_SECTION_TEXT, "[%.32s]", section);
	return out;
}

int pdg_config_reject(struct pdg_error *err, const struct pdg_config *c, unsigned line,
		      const char *rule, const char *fmt, ...)
{
	char text[PDG_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pdg_reject(err, rule, "%s:%u: %s", c->file, line, text);
}

static int wrong(const struct cursor *cur, const char *fmt, ...)
{
	char text[PDG_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pdg_config_reject(cur->err, cur->c, cur->line, "POL-1", "%s", text);
}

static bool blank(int c)
{
	return c == ' ' || c == '\t';
}

static bool letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool name_char(int c)
{
	return letter(c) || (c >= '0' && c <= '9') || c == '-';
}

/* The byte at the cursor, or -1 at the end. */
static int peek(const struct cursor *cur)
{
	return cur->at < cur->in.n ? cur->in.p[cur->at] : -1;
}

static void skip_blanks(struct cursor *cur)
{
	while (blank(peek(cur)))
		cur->at++;
}

static void skip_line(struct cursor *cur)
{
	while (peek(cur) != -1 && peek(cur) != '\n')
		cur->at++;
}

/* Bytes that may stand nowhere, before anything is read from them. */
static int check_bytes(struct cursor *cur)
{
	uint32_t point = 0;
	size_t len;

	if (pdg_bytes_starts(cur->in, "\xef\xbb\xbf"))
		return wrong(cur, "begins with a byte order mark: save it as plain UTF-8");
	while (cur->at < cur->in.n) {
		len = pdg_utf8_next(cur->in, cur->at, &point);
		if (len == 0)
			return wrong(cur, "not UTF-8");
		if (point == '\r')
			return wrong(cur, "carriage return: save the file with plain line ends");
		if ((point < 0x20 && point != '\n' && point != '\t') || point == 0x7f)
			return wrong(cur, "control character 0x%02x", (unsigned)point);
		if (point == '\n')
			cur->line++;
		cur->at += len;
	}
	cur->at = 0;
	cur->line = 1;
	return 0;
}

/* A run of name characters, lower-cased when it is a section's. Owned by the caller. */
static int read_name(struct cursor *cur, bool lower, char **out)
{
	size_t from = cur->at;
	char *name;
	char *p;

	while (name_char(peek(cur)))
		cur->at++;
	if (cur->at - from > PDG_LIMIT_POLICY_VALUE)
		return wrong(cur, "a name of %zu characters", cur->at - from);
	name = pdg_bytes_dup(pdg_bytes(cur->in.p + from, cur->at - from));
	if (!name)
		return pdg_nomem(cur->err);
	for (p = name; lower && *p; p++) {
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	}
	*out = name;
	return 0;
}

/* "sub" after a section's name, the cursor on the opening quote. */
static int read_subsection(struct cursor *cur, char **out)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_POLICY_VALUE);
	int rc;
	int c;

	for (cur->at++; (c = peek(cur)) != '"'; cur->at++) {
		if (c == '\\') {
			cur->at++;
			c = peek(cur);
			if (c != '"' && c != '\\')
				return wrong(cur,
					     "in a section's name only \\\" and \\\\ are escapes");
		}
		if (c == -1 || c == '\n')
			return wrong(cur, "the section's name has no closing quote");
		pdg_buf_putc(&text, (uint8_t)c);
	}
	cur->at++;
	rc = pdg_buf_check(&text, cur->err);
	if (rc == PDG_E_LIMIT)
		return wrong(cur, "a section's name of more than %zu bytes",
			     PDG_LIMIT_POLICY_VALUE);
	if (rc < 0)
		return rc;
	if (text.n == 0)
		return wrong(cur, "the section's name is empty");
	*out = pdg_bytes_dup(pdg_buf_bytes(&text));
	return *out ? 0 : pdg_nomem(cur->err);
}

/* Make @section the open one: a new entry of the list, or the one that it has already. */
static int open_section(struct cursor *cur, char **section, char **subsection)
{
	struct pdg_config *c = cur->c;
	struct pdg_config_section *s;
	size_t i;
	int grown;

	for (i = 0; i < c->n_sections; i++) {
		s = &c->sections[i];
		if (strcmp(s->section, *section) == 0 && pdg_str_eq(s->subsection, *subsection)) {
			cur->section = i;
			return 0;
		}
	}
	grown = pdg_array_grow(&c->sections, c->n_sections, &cur->cap_sections,
			       sizeof(*c->sections), PDG_LIMIT_POLICY_SECTIONS);
	if (grown == PDG_E_LIMIT)
		return pdg_config_reject(cur->err, c, cur->line, "POL-10", "more than %d sections",
					 PDG_LIMIT_POLICY_SECTIONS);
	if (grown < 0)
		return pdg_nomem(cur->err);
	cur->section = c->n_sections++;
	s = &c->sections[cur->section];
	s->section = PDG_TAKE(*section);
	s->subsection = PDG_TAKE(*subsection);
	s->line = cur->line;
	return 0;
}

/* What may follow a section or a closed value on its line: nothing, or a comment. */
static int end_line(struct cursor *cur)
{
	skip_blanks(cur);
	if (peek(cur) == '#' || peek(cur) == ';')
		skip_line(cur);
	if (peek(cur) != -1 && peek(cur) != '\n')
		return wrong(cur, "a section stands on a line of its own");
	return 0;
}

static int read_section(struct cursor *cur)
{
	PDG_AUTO(mem) char *section = NULL;
	PDG_AUTO(mem) char *subsection = NULL;
	int rc;

	cur->at++;
	if (!letter(peek(cur)))
		return wrong(cur, "a section begins with [ and a letter");
	rc = read_name(cur, true, &section);
	if (rc < 0)
		return rc;
	if (peek(cur) == '.')
		return wrong(cur, "the form [%.32s.name] is not read: write [%.32s \"name\"]",
			     section, section);
	if (blank(peek(cur))) {
		skip_blanks(cur);
		if (peek(cur) != '"')
			return wrong(cur, "after [%.32s a name in double quotes is expected",
				     section);
		rc = read_subsection(cur, &subsection);
		if (rc < 0)
			return rc;
	}
	if (peek(cur) != ']')
		return wrong(cur, "the section [%.32s is not closed by ]", section);
	cur->at++;
	rc = end_line(cur);
	if (rc < 0)
		return rc;
	return open_section(cur, &section, &subsection);
}

/* A backslash in a value, the cursor behind it. Writes what it stands for. */
static int read_escape(struct cursor *cur, struct pdg_buf *value)
{
	int c = peek(cur);

	switch (c) {
	case '\n':
		cur->line++;
		break;
	case '"':
	case '\\':
		pdg_buf_putc(value, (uint8_t)c);
		break;
	case 't':
		pdg_buf_putc(value, '\t');
		break;
	case 'n':
		pdg_buf_putc(value, '\n');
		break;
	default:
		return wrong(cur,
			     "in a value only \\\" \\\\ \\t \\n and a backslash at the end of a "
			     "line are escapes");
	}
	cur->at++;
	return 0;
}

/*
 * A value up to the end of its line; blanks around it and outside quotes are no part of it.
 * *@out_n: how much of @value counts.
 */
static int scan_value(struct cursor *cur, struct pdg_buf *value, size_t *out_n)
{
	bool quoted = false;
	bool after_blank = true;
	bool begun = false;
	size_t end = 0;
	size_t before;
	int rc;
	int c;

	while ((c = peek(cur)) != -1 && c != '\n') {
		cur->at++;
		before = value->n;
		if (!quoted && (c == '#' || c == ';')) {
			if (!after_blank)
				return wrong(cur, "a value with %c in it needs double quotes", c);
			skip_line(cur);
			break;
		}
		after_blank = !quoted && blank(c);
		if (c == '"') {
			quoted = !quoted;
			begun = true;
			end = value->n;
			continue;
		}
		if (after_blank && !begun && value->n == 0)
			continue;
		if (c == '\\') {
			rc = read_escape(cur, value);
			if (rc < 0)
				return rc;
		} else {
			pdg_buf_putc(value, (uint8_t)c);
		}
		if (!after_blank && value->n > before)
			end = value->n;
	}
	if (quoted)
		return wrong(cur, "the value has no closing quote");
	*out_n = end;
	return 0;
}

static int read_value(struct cursor *cur, char **out)
{
	PDG_AUTO(buf) struct pdg_buf value = PDG_BUF_INIT(PDG_LIMIT_POLICY_VALUE);
	unsigned line = cur->line;
	size_t n = 0;
	int rc;

	rc = scan_value(cur, &value, &n);
	if (rc < 0)
		return rc;
	rc = pdg_buf_check(&value, cur->err);
	if (rc == PDG_E_LIMIT)
		return pdg_config_reject(cur->err, cur->c, line, "POL-10",
					 "a value of more than %zu bytes", PDG_LIMIT_POLICY_VALUE);
	if (rc < 0)
		return rc;
	*out = pdg_bytes_dup(pdg_bytes_head(pdg_buf_bytes(&value), n));
	return *out ? 0 : pdg_nomem(cur->err);
}

static int read_entry(struct cursor *cur)
{
	PDG_AUTO(mem) char *key = NULL;
	PDG_AUTO(mem) char *value = NULL;
	struct pdg_config *c = cur->c;
	struct pdg_config_entry *e;
	unsigned line = cur->line;
	int grown;
	int rc;

	rc = read_name(cur, false, &key);
	if (rc < 0)
		return rc;
	if (cur->section == NO_SECTION)
		return wrong(cur, "'%.64s' stands before the first section", key);
	skip_blanks(cur);
	if (peek(cur) != '=')
		return wrong(cur, "after '%.64s' a = and a value are expected", key);
	cur->at++;
	rc = read_value(cur, &value);
	if (rc < 0)
		return rc;
	grown = pdg_array_grow(&c->v, c->n, &cur->cap_entries, sizeof(*c->v),
			       PDG_LIMIT_POLICY_ENTRIES);
	if (grown == PDG_E_LIMIT)
		return pdg_config_reject(cur->err, c, line, "POL-10", "more than %d keys",
					 PDG_LIMIT_POLICY_ENTRIES);
	if (grown < 0)
		return pdg_nomem(cur->err);
	e = &c->v[c->n++];
	e->at = cur->section;
	e->section = c->sections[cur->section].section;
	e->subsection = c->sections[cur->section].subsection;
	e->key = PDG_TAKE(key);
	e->value = PDG_TAKE(value);
	e->line = line;
	return 0;
}

static int read_lines(struct cursor *cur)
{
	int rc = 0;
	int c;

	while (rc == 0) {
		skip_blanks(cur);
		c = peek(cur);
		if (c == -1)
			return 0;
		if (c == '\n') {
			cur->line++;
			cur->at++;
		} else if (c == '#' || c == ';') {
			skip_line(cur);
		} else if (c == '[') {
			rc = read_section(cur);
		} else if (letter(c)) {
			rc = read_entry(cur);
		} else {
			rc = wrong(cur, "a section, a key or a comment is expected");
		}
	}
	return rc;
}

int pdg_config_parse(struct pdg_bytes in, const char *file, struct pdg_config **out,
		     struct pdg_error *err)
{
	PDG_AUTO(config) struct pdg_config *c = pdg_calloc(1, sizeof(*c));
	struct cursor cur = {.in = in, .line = 1, .c = c, .section = NO_SECTION, .err = err};
	int rc;

	if (!c)
		return pdg_nomem(err);
	c->file = pdg_str_dup(file);
	if (!c->file)
		return pdg_nomem(err);
	if (in.n > PDG_LIMIT_POLICY_FILE)
		return pdg_reject(err, "POL-10", "%s: larger than %zu bytes", file,
				  PDG_LIMIT_POLICY_FILE);
	rc = check_bytes(&cur);
	if (rc < 0)
		return rc;
	rc = read_lines(&cur);
	if (rc < 0)
		return rc;
	*out = PDG_TAKE(c);
	return 0;
}

int pdg_config_read(const char *path, struct pdg_buf *out, struct pdg_error *err)
{
	int rc = pdg_fs_read(path, out, err);

	if (rc == PDG_E_LIMIT)
		return pdg_reject(err, "POL-10", "%s: larger than %zu bytes", path, out->max);
	return pdg_as_rule(err, rc, "POL-9");
}

const char *pdg_config_get(const struct pdg_config *c, const char *section, const char *subsection,
			   const char *key, size_t i, unsigned *out_line)
{
	size_t at;

	for (at = 0; at < c->n; at++) {
		const struct pdg_config_entry *e = &c->v[at];

		if (strcmp(e->section, section) != 0 || !pdg_str_eq(e->subsection, subsection) ||
		    strcasecmp(e->key, key) != 0 || i-- > 0)
			continue;
		if (out_line)
			*out_line = e->line;
		return e->value;
	}
	return NULL;
}
