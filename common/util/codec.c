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
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (uint8_t)(c - 'a' + 10);
	return NOT_A_SYMBOL;
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

static void base64_with(struct pdg_bytes in, bool padded, struct pdg_buf *out)
{
	size_t i;

	for (i = 0; i < in.n; i += 3) {
		size_t left = in.n - i < 3 ? in.n - i : 3;
		uint32_t v = (uint32_t)in.p[i] << 16;
		uint8_t four[4];

		if (left > 1)
			v |= (uint32_t)in.p[i + 1] << 8;
		if (left > 2)
			v |= in.p[i + 2];
		four[0] = (uint8_t)std_symbols[v >> 18];
		four[1] = (uint8_t)std_symbols[v >> 12 & 63];
		four[2] = left > 1 ? (uint8_t)std_symbols[v >> 6 & 63] : '=';
		four[3] = left > 2 ? (uint8_t)std_symbols[v & 63] : '=';
		pdg_buf_put(out, pdg_bytes(four, padded ? 4 : left + 1));
	}
}

void pdg_base64(struct pdg_bytes in, struct pdg_buf *out)
{
	base64_with(in, true, out);
}

void pdg_base64_nopad(struct pdg_bytes in, struct pdg_buf *out)
{
	base64_with(in, false, out);
}

static uint8_t symbol_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint8_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0' + 52);
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return NOT_A_SYMBOL;
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
		if (form == PDG_BASE64_LINES && is_line_end(in, i))
			continue;
		if (in.p[i] == '=') {
			c.padding++;
			continue;
		}
		c.last = symbol_value(in.p[i]);
		if (c.padding || c.last == NOT_A_SYMBOL)
			return false;
		c.std |= in.p[i] == '+' || in.p[i] == '/';
		c.url |= in.p[i] == '-' || in.p[i] == '_';
		c.symbols++;
	}
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
	size_t i;

	for (i = 0; i < in.n && done < n; i++) {
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
