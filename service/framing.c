/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 9112 as narrow as clients write it: no folded lines (5.2), no space before a colon (5.1), no
 * control characters (RFC 9110 5.5), one Content-Length or "chunked" alone (6.1 to 6.3).
 */
#include "service/framing.h"

#include <string.h>
#include <strings.h>

#include "util/codec.h"

static void wrong(struct pdg_framing *f, const char *what)
{
	if (!f->wrong)
		f->wrong = what;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* An escape may stand for a visible character that separates nothing. */
static bool escape_is_plain(const char *at)
{
	int high = hex_digit(at[1]);
	int low = high < 0 ? -1 : hex_digit(at[2]);
	int c = high * 16 + low;

	return low >= 0 && c > ' ' && c < 0x7f && c != '/' && c != '\\' && c != '%' && c != '?' &&
	       c != '#';
}

static bool target_is_plain(const char *target)
{
	const char *p;

	for (p = target; *p; p++) {
		if (*p <= ' ' || *p >= 0x7f || (*p == '%' && !escape_is_plain(p)))
			return false;
	}
	return true;
}

void pdg_framing_target(struct pdg_framing *f, const char *target)
{
	f->accounted += strlen(target);
	if (!target_is_plain(target))
		wrong(f, "the path or query holds an escape that is none, or stands for a "
			 "separator, a control or a NUL");
}

void pdg_framing_line(struct pdg_framing *f, const char *method, const char *version)
{
	/* Two spaces and the line's end. */
	f->accounted += strlen(method) + strlen(version) + 4;
	f->old = strcmp(version, "HTTP/1.0") == 0;
	if (!f->old && strcmp(version, "HTTP/1.1") != 0)
		wrong(f, "the version is neither HTTP/1.1 nor HTTP/1.0");
}

/* A token of RFC 9110 5.6.2. */
static bool is_token(struct pdg_bytes b)
{
	static const char more[] = "!#$%&'*+-.^_`|~";
	size_t i;

	for (i = 0; i < b.n; i++) {
		uint8_t c = b.p[i];

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			continue;
		if (c == 0 || !strchr(more, c))
			return false;
	}
	return b.n > 0;
}

static bool has_control(struct pdg_bytes b)
{
	size_t i;

	for (i = 0; i < b.n; i++) {
		if ((b.p[i] < ' ' && b.p[i] != '\t') || b.p[i] == 0x7f)
			return true;
	}
	return false;
}

static bool same(struct pdg_bytes b, const char *word)
{
	return b.n == strlen(word) && strncasecmp((const char *)b.p, word, b.n) == 0;
}

/*
 * Bytes between a header's name and its value: ": ", or ":" where the value stands so in memory.
 * Nothing else is taken, for nobody sees what else would be there.
 */
static size_t between(struct pdg_bytes name, struct pdg_bytes value)
{
	return value.p && (uintptr_t)value.p == (uintptr_t)name.p + name.n + 1 ? 1 : 2;
}

void pdg_framing_header(struct pdg_framing *f, struct pdg_bytes name, struct pdg_bytes value)
{
	f->accounted += name.n + between(name, value) + value.n + 2;
	if (!is_token(name))
		wrong(f, "a header's name holds a space or another character that it cannot");
	if (has_control(value))
		wrong(f, "a header's value holds a control character");
	if (same(name, "Host"))
		f->hosts++;
	if (same(name, "Content-Length")) {
		f->lengths++;
		if (!pdg_bytes_u64(value, UINT64_MAX, &f->length))
			wrong(f, "Content-Length is no number");
	}
	if (same(name, "Transfer-Encoding")) {
		f->codings++;
		if (!same(value, "chunked"))
			wrong(f, "Transfer-Encoding is not chunked, and chunked alone");
	}
}

bool pdg_framing_ok(struct pdg_framing *f, size_t size, bool body)
{
	if (f->lengths > 1 || f->hosts > 1 || f->codings > 1 || f->lengths + f->codings > 1)
		wrong(f, "two Content-Length, Host or Transfer-Encoding headers");
	if (!f->hosts && !f->old)
		wrong(f, "no Host header");
	if (f->codings && f->old)
		wrong(f, "Transfer-Encoding in HTTP/1.0, which has none");
	/* The line between headers and body is the two bytes. */
	if (size && size != f->accounted + 2)
		wrong(f, "the header lines hold more or less than their names and values: a folded "
			 "line, a line without a name or without CR LF, a NUL, or needless spaces");
	if (!body && pdg_framing_has_body(f))
		wrong(f, "a body with a request that takes none");
	return !f->wrong;
}
