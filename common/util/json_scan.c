/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON reader that builds nothing: what it lets through is what json.c gives to jansson,
 * so depth, number of values and every odd form are settled before memory is taken.
 * Nesting is kept in a small stack of its own, not in calls.
 */
#include "util/json_scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/limits.h"
#include "util/utf8.h"

#define RULE_SYNTAX "JSN-1"
#define RULE_LIMIT  "JSN-2"

struct scan {
	struct pdg_bytes in;
	size_t at;
	size_t values;
	size_t depth;
	char open[PDG_LIMIT_JSON_DEPTH]; /* '{' or '[' of each level */
	struct pdg_error *err;
};

/* A decoded character of a string, or END at its closing quote. */
#define STRING_END UINT32_MAX

static int fault(const struct scan *s, const char *what)
{
	return pdg_reject(s->err, RULE_SYNTAX, "JSON: %s at byte %zu", what, s->at);
}

/* The byte at the cursor, or -1 behind the last. */
static int peek(const struct scan *s)
{
	return s->at < s->in.n ? s->in.p[s->at] : -1;
}

static void skip_space(struct scan *s)
{
	for (;;) {
		int c = peek(s);

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return;
		s->at++;
	}
}

/* Four hex digits of either case. */
static int scan_hex4(struct scan *s, uint32_t *out)
{
	uint32_t v = 0;
	int i;

	for (i = 0; i < 4; i++, s->at++) {
		int c = peek(s);

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return fault(s, "\\u needs four hex digits");
	}
	*out = v;
	return 0;
}

/* Behind "\u": one code point, of one unit or of a surrogate pair. */
static int scan_unicode_escape(struct scan *s, uint32_t *out)
{
	uint32_t high;
	uint32_t low;
	int rc;

	rc = scan_hex4(s, &high);
	if (rc < 0)
		return rc;
	if (high == 0)
		return fault(s, "\\u0000 in a string");
	if (high < 0xD800 || high > 0xDFFF) {
		*out = high;
		return 0;
	}
	if (high > 0xDBFF || !pdg_bytes_starts(pdg_bytes_from(s->in, s->at), "\\u"))
		return fault(s, "lone surrogate in a string");
	s->at += 2;
	rc = scan_hex4(s, &low);
	if (rc < 0)
		return rc;
	if (low < 0xDC00 || low > 0xDFFF)
		return fault(s, "lone surrogate in a string");
	*out = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	return 0;
}

/* Behind "\". */
static int scan_escape(struct scan *s, uint32_t *out)
{
	static const char names[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	int c = peek(s);
	size_t i;

	if (c == 'u') {
		s->at++;
		return scan_unicode_escape(s, out);
	}
	for (i = 0; names[i]; i++) {
		if (c == names[i]) {
			s->at++;
			*out = (uint32_t)meant[i];
			return 0;
		}
	}
	return fault(s, "unknown escape in a string");
}

/* One character of a string whose opening quote is behind us. */
static int scan_char(struct scan *s, uint32_t *out)
{
	int c = peek(s);
	size_t n;

	if (c < 0)
		return fault(s, "string without an end");
	if (c < 0x20)
		return fault(s, "control character in a string");
	if (c == '"') {
		s->at++;
		*out = STRING_END;
		return 0;
	}
	if (c == '\\') {
		s->at++;
		return scan_escape(s, out);
	}
	if (c < 0x80) {
		s->at++;
		*out = (uint32_t)c;
		return 0;
	}
	n = pdg_utf8_next(s->in, s->at, out);
	if (n == 0)
		return fault(s, "bytes that are no UTF-8 in a string");
	s->at += n;
	return 0;
}

/* The UTF-8 form of @c at @text's head? Moves *@text behind it. */
static bool takes_char(struct pdg_bytes *text, uint32_t c)
{
	uint32_t have;
	size_t n;

	if (text->n == 0)
		return false;
	n = pdg_utf8_next(*text, 0, &have);
	*text = pdg_bytes_from(*text, n);
	return n > 0 && have == c;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Is one of the eight bytes of @v @c? */
static bool has_byte(uint64_t v, uint8_t c)
{
	v ^= EACH_BYTE(c);
	return ((v - EACH_BYTE(1)) & ~v & EACH_BYTE(0x80)) != 0;
}

/* Do eight bytes from @p on stand for themselves: ASCII, no control, no quote, no backslash? */
static bool eight_plain(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v & EACH_BYTE(0x80)) == 0 && ((v - EACH_BYTE(0x20)) & EACH_BYTE(0x80)) == 0 &&
	       !has_byte(v, '"') && !has_byte(v, '\\');
}

/* Behind characters that stand for themselves: nothing is to be judged in them. */
static void skip_plain(struct scan *s)
{
	const uint8_t *p = s->in.p;

	while (s->in.n - s->at >= 8 && eight_plain(p + s->at))
		s->at += 8;
	while (s->at < s->in.n && p[s->at] >= 0x20 && p[s->at] < 0x80 && p[s->at] != '"' &&
	       p[s->at] != '\\')
		s->at++;
}

/* A string from its opening quote on. *@out_same (may be NULL): does it decode to @text? */
static int scan_string(struct scan *s, struct pdg_bytes text, bool *out_same)
{
	bool same = true;
	uint32_t c = 0;
	int rc;

	s->at++;
	for (;;) {
		if (!out_same)
			skip_plain(s);
		rc = scan_char(s, &c);
		if (rc < 0)
			return rc;
		if (c == STRING_END)
			break;
		same = same && takes_char(&text, c);
	}
	if (out_same)
		*out_same = same && text.n == 0;
	return 0;
}

static bool scan_digits(struct scan *s)
{
	size_t from = s->at;

	while (peek(s) >= '0' && peek(s) <= '9')
		s->at++;
	return s->at > from;
}

/* Does the token @t, a number by the grammar, have a value that readers agree on? */
static int judge_number(const struct scan *s, struct pdg_bytes t, bool integer)
{
	char text[PDG_LIMIT_JSON_NUMBER + 1];
	double d;

	if (t.n > PDG_LIMIT_JSON_NUMBER)
		return pdg_reject(s->err, RULE_LIMIT,
				  "JSON: number of more than %d characters before byte %zu",
				  PDG_LIMIT_JSON_NUMBER, s->at);
	memcpy(text, t.p, t.n);
	text[t.n] = '\0';
	errno = 0;
	if (integer) {
		if (pdg_bytes_eq_str(t, "-0"))
			return fault(s, "the integer -0");
		(void)strtoll(text, NULL, 10);
		return errno == ERANGE ? fault(s, "integer out of range") : 0;
	}
	/* No program of ours calls setlocale(), so the decimal point is a point. */
	d = strtod(text, NULL);
	return isfinite(d) ? 0 : fault(s, "number out of range");
}

static int scan_number(struct scan *s)
{
	size_t from = s->at;
	bool integer = true;

	if (peek(s) == '-')
		s->at++;
	else if (peek(s) < '0' || peek(s) > '9')
		return fault(s, "value missing");
	if (peek(s) == '0')
		s->at++;
	else if (!scan_digits(s))
		return fault(s, "number without digits");
	if (peek(s) == '.') {
		integer = false;
		s->at++;
		if (!scan_digits(s))
			return fault(s, "number without digits behind its point");
	}
	if (peek(s) == 'e' || peek(s) == 'E') {
		integer = false;
		s->at++;
		if (peek(s) == '+' || peek(s) == '-')
			s->at++;
		if (!scan_digits(s))
			return fault(s, "number without digits in its exponent");
	}
	return judge_number(s, pdg_bytes(s->in.p + from, s->at - from), integer);
}

static int scan_word(struct scan *s, const char *word)
{
	if (!pdg_bytes_starts(pdg_bytes_from(s->in, s->at), word))
		return fault(s, "unknown word");
	s->at += strlen(word);
	return 0;
}

static int open_level(struct scan *s, char c)
{
	if (s->depth == PDG_LIMIT_JSON_DEPTH)
		return pdg_reject(s->err, RULE_LIMIT, "JSON: nested deeper than %d at byte %zu",
				  PDG_LIMIT_JSON_DEPTH, s->at);
	s->open[s->depth++] = c;
	s->at++;
	return 0;
}

/* A value, or for an object and an array only its opening bracket. */
static int scan_value(struct scan *s)
{
	if (++s->values > PDG_LIMIT_JSON_VALUES)
		return pdg_reject(s->err, RULE_LIMIT, "JSON: more than %zu values",
				  PDG_LIMIT_JSON_VALUES);
	switch (peek(s)) {
	case '{':
		return open_level(s, '{');
	case '[':
		return open_level(s, '[');
	case '"':
		return scan_string(s, pdg_bytes(NULL, 0), NULL);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	default:
		return scan_number(s);
	}
}

/* A member's name and colon, up to its value. */
static int scan_key(struct scan *s, struct pdg_bytes name, bool *out_same)
{
	int rc;

	if (peek(s) != '"')
		return fault(s, "member name missing");
	rc = scan_string(s, name, out_same);
	if (rc < 0)
		return rc;
	skip_space(s);
	if (peek(s) != ':')
		return fault(s, "\":\" missing");
	s->at++;
	skip_space(s);
	return 0;
}

static char closing(const struct scan *s)
{
	return s->open[s->depth - 1] == '{' ? '}' : ']';
}

/*
 * From the inside of an open level to the next value in it: a comma (unless the level was
 * just opened) and, in an object, the member's name; or to the level's end.
 */
static int next_in_level(struct scan *s, bool fresh, bool *out_closed)
{
	skip_space(s);
	*out_closed = peek(s) == closing(s);
	if (*out_closed) {
		s->at++;
		s->depth--;
		return 0;
	}
	if (!fresh) {
		if (peek(s) != ',')
			return fault(s, "\",\" or end of the object or array missing");
		s->at++;
		skip_space(s);
	}
	if (s->open[s->depth - 1] == '[')
		return 0;
	return scan_key(s, pdg_bytes(NULL, 0), NULL);
}

/* One value with all that is in it. */
static int scan_whole(struct scan *s)
{
	size_t outside = s->depth;
	size_t before = outside;
	int rc;

	rc = scan_value(s);
	while (rc == 0 && s->depth > outside) {
		bool closed = false;

		rc = next_in_level(s, s->depth > before, &closed);
		before = s->depth;
		if (rc == 0 && !closed)
			rc = scan_value(s);
	}
	return rc;
}

int pdg_json_scan(struct pdg_bytes in, struct pdg_error *err)
{
	struct scan s = {.in = in, .err = err};
	int rc;

	if (pdg_bytes_starts(in, "\xEF\xBB\xBF"))
		return fault(&s, "byte order mark");
	skip_space(&s);
	if (peek(&s) != '{')
		return fault(&s, "no object");
	rc = scan_whole(&s);
	if (rc < 0)
		return rc;
	skip_space(&s);
	return s.at == in.n ? 0 : fault(&s, "bytes behind the object");
}

static void put_utf8(struct pdg_buf *out, uint32_t c)
{
	uint8_t p[4];
	size_t n = c < 0x80 ? 1 : (c < 0x800 ? 2 : (c < 0x10000 ? 3 : 4));
	static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t i;

	for (i = n; i-- > 1; c >>= 6)
		p[i] = (uint8_t)(0x80 | (c & 0x3F));
	p[0] = (uint8_t)(lead[n] | c);
	pdg_buf_put(out, pdg_bytes(p, n));
}

bool pdg_json_scan_text(struct pdg_bytes in, size_t *at, struct pdg_buf *room,
			struct pdg_bytes *out)
{
	struct scan s = {.in = in, .at = *at + 1};
	size_t from = s.at;
	uint32_t c = 0;

	skip_plain(&s);
	while (peek(&s) >= 0 && peek(&s) != '"' && peek(&s) != '\\') {
		s.at++;
		skip_plain(&s);
	}
	*out = pdg_bytes(in.p + from, s.at - from);
	if (peek(&s) == '\\') {
		pdg_buf_reset(room);
		pdg_buf_put(room, *out);
		while (scan_char(&s, &c) == 0 && c != STRING_END)
			put_utf8(room, c);
		*out = pdg_buf_bytes(room);
		*at = s.at;
		return !room->failed;
	}
	*at = s.at + 1;
	return true;
}

bool pdg_json_scan_member(struct pdg_bytes in, const char *name, struct pdg_bytes *out)
{
	struct scan s = {.in = in};
	struct pdg_bytes wanted = pdg_bytes_str(name);

	skip_space(&s);
	if (peek(&s) != '{' || open_level(&s, '{') < 0)
		return false;
	for (;;) {
		bool same = false;
		size_t from;

		skip_space(&s);
		if (peek(&s) == ',') {
			s.at++;
			skip_space(&s);
		}
		if (scan_key(&s, wanted, &same) < 0)
			return false;
		from = s.at;
		if (scan_whole(&s) < 0)
			return false;
		if (same) {
			*out = pdg_bytes(in.p + from, s.at - from);
			return true;
		}
	}
}
