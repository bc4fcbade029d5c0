/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hex and base64. One text has one meaning and one meaning has one text of each form:
 * whatever a lenient decoder would skip or round is refused (attack 41). Decoding counts
 * first and writes afterwards, so that a refused text leaves nothing in the buffer.
 */
#include "util/codec.h"

#define NOT_A_SYMBOL 0xFF
#define RULE_BASE64  "ENC-1"

static const char std_symbols[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void hex_with(struct pdg_bytes in, char *out, const char *digits)
{
	size_t i;

	for (i = 0; i < in.n; i++) {
		out[2 * i] = digits[in.p[i] >> 4];
		out[2 * i + 1] = digits[in.p[i] & 15];
	}
	out[2 * in.n] = '\0';
}

void pdg_hex(struct pdg_bytes in, char *out)
{
	hex_with(in, out, "0123456789abcdef");
}

void pdg_hex_upper(struct pdg_bytes in, char *out)
{
	hex_with(in, out, "0123456789ABCDEF");
}

static uint8_t hex_value(uint8_t c)
{
	uint8_t digit = (uint8_t)(c - '0');
	uint8_t letter = (uint8_t)(c - 'a');

	if (digit < 10)
		return digit;
	return letter < 6 ? (uint8_t)(letter + 10) : NOT_A_SYMBOL;
}

bool pdg_is_hex(struct pdg_bytes in, size_t digits)
{
	size_t i;

	if (in.n != digits)
		return false;
	for (i = 0; i < in.n; i++) {
		if (hex_value(in.p[i]) == NOT_A_SYMBOL)
			return false;
	}
	return true;
}

/* The two bits that are over in the last character are 0. */
bool pdg_is_base64_sha256(struct pdg_bytes in)
{
	static const char all[] =
		"AEIMQUYcgkosw048BCDFGHJKLNOPRSTVWXZabdefhijlmnpqrtuvxyz1235679+/";
	size_t i;

	if (in.n != 43)
		return false;
	for (i = 0; i < in.n; i++) {
		if (!memchr(all, in.p[i], i + 1 < in.n ? sizeof(all) - 1 : 16))
			return false;
	}
	return true;
}

bool pdg_unhex(struct pdg_bytes in, uint8_t *out, size_t n)
{
	size_t i;

	if (n > SIZE_MAX / 2 || !pdg_is_hex(in, 2 * n))
		return false;
	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_value(in.p[2 * i]) << 4 | hex_value(in.p[2 * i + 1]));
	return true;
}

/* Whole groups of three bytes; what is left over is the caller's. */
static uint8_t *base64_groups(const uint8_t *in, size_t groups, uint8_t *to)
{
	size_t i;

	for (i = 0; i < groups; i++, in += 3, to += 4) {
		uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		to[0] = (uint8_t)std_symbols[v >> 18];
		to[1] = (uint8_t)std_symbols[v >> 12 & 63];
		to[2] = (uint8_t)std_symbols[v >> 6 & 63];
		to[3] = (uint8_t)std_symbols[v & 63];
	}
	return to;
}

static void base64_with(struct pdg_bytes in, bool padded, struct pdg_buf *out)
{
	size_t groups = in.n / 3;
	size_t left = in.n % 3;
	uint8_t four[4] = {0, 0, '=', '='};
	const uint8_t *rest;
	uint8_t *to;
	uint32_t v;

	to = in.n ? pdg_buf_room(out, groups * 4 + (left ? (padded ? 4 : left + 1) : 0)) : NULL;
	if (!to)
		return;
	to = base64_groups(in.p, groups, to);
	if (!left)
		return;
	rest = in.p + groups * 3;
	v = (uint32_t)rest[0] << 16 | (left > 1 ? (uint32_t)rest[1] << 8 : 0);
	four[0] = (uint8_t)std_symbols[v >> 18];
	four[1] = (uint8_t)std_symbols[v >> 12 & 63];
	if (left > 1)
		four[2] = (uint8_t)std_symbols[v >> 6 & 63];
	memcpy(to, four, padded ? 4 : left + 1);
}

void pdg_base64(struct pdg_bytes in, struct pdg_buf *out)
{
	base64_with(in, true, out);
}

size_t pdg_base64_length(size_t n)
{
	return n / 3 * 4 + (n % 3 ? 4 : 0);
}

bool pdg_base64_begins(struct pdg_bytes text, struct pdg_bytes in)
{
	uint8_t piece[4 * 16];
	struct pdg_buf out = {.p = piece, .cap = sizeof(piece) + 1, .max = sizeof(piece)};

	if (in.n > SIZE_MAX / 2 || text.n < pdg_base64_length(in.n))
		return false;
	while (in.n > 0) {
		struct pdg_bytes some = pdg_bytes_head(in, sizeof(piece) / 4 * 3);

		out.n = 0;
		pdg_base64(some, &out);
		if (memcmp(text.p, piece, out.n) != 0)
			return false;
		text = pdg_bytes_from(text, out.n);
		in = pdg_bytes_from(in, some.n);
	}
	return true;
}

void pdg_base64_nopad(struct pdg_bytes in, struct pdg_buf *out)
{
	base64_with(in, false, out);
}

/* Values of both alphabets, one more than they are: 0 is no symbol. */
static const uint8_t values[256] = {
	['A'] = 1,  ['B'] = 2,	['C'] = 3,  ['D'] = 4,	['E'] = 5,  ['F'] = 6,	['G'] = 7,
	['H'] = 8,  ['I'] = 9,	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
	['-'] = 63, ['/'] = 64, ['_'] = 64,
};

static uint8_t symbol_value(uint8_t c)
{
	return values[c] ? (uint8_t)(values[c] - 1) : NOT_A_SYMBOL;
}

/* Four symbols to three bytes. False where one is none: a line end, or padding. */
static bool decode_four(const uint8_t *in, uint8_t *out)
{
	uint8_t a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];
	uint32_t v;

	if (!a || !b || !c || !d)
		return false;
	v = (uint32_t)(a - 1) << 18 | (uint32_t)(b - 1) << 12 | (uint32_t)(c - 1) << 6 |
	    (uint32_t)(d - 1);
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	return true;
}

/* What a text is made of. */
struct census {
	size_t symbols;
	size_t padding;
	bool std;     /* + or / seen */
	bool url;     /* - or _ seen */
	uint8_t last; /* value of the last symbol */
};

/* Is the byte at @at a line end of PEM's kind? A lone \r is none. */
static bool is_line_end(struct pdg_bytes in, size_t at)
{
	return in.p[at] == '\n' || (in.p[at] == '\r' && at + 1 < in.n && in.p[at + 1] == '\n');
}

/* Count @in; false where a byte stands that @form has no place for. */
static bool take_census(struct pdg_bytes in, enum pdg_base64_form form, struct census *out)
{
	struct census c = {0};
	size_t i;

	for (i = 0; i < in.n; i++) {
		/* Nearly all are letters and digits, which say nothing but their number. */
		if (c.padding == 0 && values[in.p[i]] > 0 && values[in.p[i]] < 63) {
			c.symbols++;
			continue;
		}
		if (form == PDG_BASE64_LINES && is_line_end(in, i))
			continue;
		if (in.p[i] == '=') {
			c.padding++;
			continue;
		}
		if (c.padding || values[in.p[i]] == 0)
			return false;
		c.std |= in.p[i] == '+' || in.p[i] == '/';
		c.url |= in.p[i] == '-' || in.p[i] == '_';
		c.symbols++;
	}
	for (i = in.n; i > 0 && values[in.p[i - 1]] == 0; i--)
		;
	c.last = i ? symbol_value(in.p[i - 1]) : 0;
	*out = c;
	return true;
}

/* What is wrong with a text of this census, or NULL. */
static const char *census_fault(const struct census *c, enum pdg_base64_form form)
{
	size_t tail = c->symbols % 4;
	size_t full_padding = tail ? 4 - tail : 0;

	if (c->url && (c->std || form == PDG_BASE64_STD || form == PDG_BASE64_LINES))
		return "has characters of the URL-safe alphabet";
	if (c->std && form == PDG_BASE64_URL)
		return "has characters of the standard alphabet";
	if (tail == 1)
		return "is cut short";
	if (c->padding && (form == PDG_BASE64_URL || c->padding != full_padding))
		return "has wrong padding";
	if (!c->padding && full_padding && (form == PDG_BASE64_STD || form == PDG_BASE64_LINES))
		return "lacks its padding";
	if ((tail == 2 && (c->last & 15)) || (tail == 3 && (c->last & 3)))
		return "has spare bits that are not zero";
	return NULL;
}

static void decode(struct pdg_bytes in, uint8_t *out, size_t n)
{
	uint32_t v = 0;
	unsigned bits = 0;
	size_t done = 0;
	size_t i = 0;

	while (in.n - i >= 4 && n - done >= 3 && decode_four(in.p + i, out + done)) {
		i += 4;
		done += 3;
	}
	for (; i < in.n && done < n; i++) {
		uint8_t s = symbol_value(in.p[i]);

		if (s == NOT_A_SYMBOL)
			continue;
		v = (v << 6 | s) & 0xFFFFFF;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[done++] = (uint8_t)(v >> bits);
		}
	}
}

int pdg_unbase64(struct pdg_bytes in, enum pdg_base64_form form, struct pdg_buf *out,
		 struct pdg_error *err)
{
	struct census c;
	const char *fault;
	uint8_t *p;
	size_t n;

	if (!take_census(in, form, &c))
		return pdg_reject(err, RULE_BASE64,
				  "base64 text has a character that is none of its own");
	fault = census_fault(&c, form);
	if (fault)
		return pdg_reject(err, RULE_BASE64, "base64 text %s", fault);
	n = c.symbols / 4 * 3 + (c.symbols % 4 ? c.symbols % 4 - 1 : 0);
	p = pdg_buf_room(out, n);
	if (!p)
		return pdg_buf_check(out, err);
	decode(in, p, n);
	return 0;
}

bool pdg_columns_take(struct pdg_columns *c, const size_t *widths, size_t n)
{
	if (n == 0 || c->last)
		return false;
	if (c->width == 0) {
		for (; *widths; widths++) {
			c->width = *widths;
			if (n == c->width)
				return true;
		}
	}
	c->last = n < c->width;
	return n <= c->width;
}
