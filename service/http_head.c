/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 9112 without what it lets a recipient forgive: a bare LF or CR (2.2), empty lines before the
 * request line (2.2), space before a colon (5.1), folded lines (5.2), two lengths or a length with
 * chunked (6.3), a second Host (3.2). A line is looked at once while it comes in, and once more
 * when the head is whole.
 */
#include "service/http_head.h"

#include <strings.h>

#include "util/limits.h"

/* Characters: of a token (RFC 9110 5.6.2), of a target (RFC 3986 2.2, 2.3 and %), of a host. */
#define TOKEN  1
#define TARGET 2
#define HOST   4

static unsigned kinds_of(unsigned char c)
{
	static const char token[] = "!#$%&'*+-.^_`|~";
	static const char target[] = "-._~:/?[]@!$&'()*+,;=%";
	static const char host[] = "-._~!$&'()*+,;=%";
	unsigned k = 0;

	if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return TOKEN | TARGET | HOST;
	if (c == 0)
		return 0;
	k |= strchr(token, c) ? TOKEN : 0;
	k |= strchr(target, c) ? TARGET : 0;
	k |= strchr(host, c) ? HOST : 0;
	return k;
}

/* How many bytes from @p on are of @kind. */
static size_t span(const char *p, size_t n, unsigned kind)
{
	size_t i;

	for (i = 0; i < n && (kinds_of((unsigned char)p[i]) & kind); i++)
		;
	return i;
}

static bool refuse(struct pdg_http_wrong *w, const char *rule, const char *text)
{
	w->rule = rule;
	w->text = text;
	return false;
}

static bool malformed(struct pdg_http_wrong *w, const char *text)
{
	return refuse(w, "HTP-5", text);
}

/* --- where it ends --- */

static bool line_fits(const struct pdg_http_find *f, size_t n, struct pdg_http_wrong *w)
{
	if (f->line == 0 && n > PDG_LIMIT_TARGET)
		return refuse(w, "HTP-12", "the request line is longer than 2 KiB");
	if (n > PDG_LIMIT_HEADER_LINE || f->line + n > PDG_LIMIT_HEADERS)
		return refuse(w, "HTP-13",
			      "the headers are larger than 16 KiB, or one of them than 9 KiB");
	return true;
}

enum pdg_http_read pdg_http_head_find(struct pdg_http_find *f, struct pdg_bytes in,
				      struct pdg_http_wrong *out_wrong)
{
	if (in.n && !(kinds_of(in.p[0]) & TOKEN)) {
		(void)malformed(out_wrong, "the request does not begin with a method");
		return PDG_HTTP_BAD;
	}
	for (;;) {
		size_t lf = pdg_bytes_find_byte(in, '\n', f->seen);
		size_t end = lf == SIZE_MAX ? in.n : lf;

		if (!line_fits(f, end - f->line, out_wrong))
			return PDG_HTTP_BAD;
		f->seen = in.n;
		if (lf == SIZE_MAX)
			return PDG_HTTP_MORE;
		if (lf == f->line || in.p[lf - 1] != '\r') {
			(void)malformed(out_wrong, "a line ends with LF alone, not with CR LF");
			return PDG_HTTP_BAD;
		}
		f->seen = lf + 1;
		if (lf == f->line + 1) {
			f->end = lf + 1;
			return PDG_HTTP_READY;
		}
		f->line = lf + 1;
	}
}

/* --- the request line --- */

/* method SP request-target SP HTTP-version (RFC 9112 3), one space each. */
static bool read_request_line(char *p, size_t n, struct pdg_http_head *h, struct pdg_http_wrong *w)
{
	size_t m = span(p, n, TOKEN);
	size_t t;
	const char *version;

	if (m == 0 || m == n || p[m] != ' ')
		return malformed(w, "the request line does not begin with a method and one space");
	t = span(p + m + 1, n - m - 1, TARGET);
	if (t == 0 || m + 1 + t == n || p[m + 1 + t] != ' ')
		return malformed(
			w, "the target is empty or holds a space, a control or another character "
			   "that it cannot");
	p[m] = '\0';
	p[m + 1 + t] = '\0';
	p[n] = '\0';
	h->method = p;
	h->target = p + m + 1;
	version = p + m + 1 + t + 1;
	h->old = strcmp(version, "HTTP/1.0") == 0;
	/* A NUL behind the version would end it early. */
	if (n != (size_t)(version - p) + 8 || (!h->old && strcmp(version, "HTTP/1.1") != 0))
		return malformed(w, "the version is neither HTTP/1.1 nor HTTP/1.0");
	return true;
}

/* --- fields --- */

static bool once(const char **slot, const char *value)
{
	if (*slot)
		return false;
	*slot = value;
	return true;
}

/* uri-host [ ":" port ] (RFC 9110 7.2): a name or a number of version 4, or [version 6]. */
static bool host_is_plain(const char *v)
{
	size_t n = strlen(v), i;

	if (v[0] == '[') {
		i = 1 + strspn(v + 1, "0123456789abcdefABCDEF:.");
		if (i == 1 || v[i] != ']')
			return false;
		i++;
	} else {
		i = span(v, n, HOST);
		if (i == 0)
			return false;
	}
	if (v[i] == '\0')
		return true;
	return v[i] == ':' && n - i - 1 <= 5 && strspn(v + i + 1, "0123456789") == n - i - 1;
}

static bool is_list_of(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (*list) {
		size_t item = strcspn(list, ",");
		size_t used = item;

		while (used && (list[used - 1] == ' ' || list[used - 1] == '\t'))
			used--;
		if (used == n && strncasecmp(list, word, n) == 0)
			return true;
		list += item;
		list += strspn(list, ", \t");
	}
	return false;
}

static bool take_length(struct pdg_http_head *h, const char *value, struct pdg_http_wrong *w)
{
	if (h->has_length)
		return malformed(w, "two Content-Length headers");
	h->has_length = true;
	return pdg_bytes_u64(pdg_bytes_str(value), UINT64_MAX, &h->length) ||
	       malformed(w, "Content-Length is no number");
}

static bool take_coding(struct pdg_http_head *h, const char *value, struct pdg_http_wrong *w)
{
	if (h->chunked)
		return malformed(w, "two Transfer-Encoding headers");
	h->chunked = true;
	return strcasecmp(value, "chunked") == 0 ||
	       malformed(w, "Transfer-Encoding is not chunked, and chunked alone");
}

static bool take_field(struct pdg_http_head *h, const char *name, const char *value,
		       struct pdg_http_wrong *w)
{
	if (strcasecmp(name, "Host") == 0) {
		if (!once(&h->host, value))
			return malformed(w, "two Host headers");
		return host_is_plain(value) || malformed(w, "Host is no host and port");
	}
	if (strcasecmp(name, "Content-Length") == 0)
		return take_length(h, value, w);
	if (strcasecmp(name, "Transfer-Encoding") == 0)
		return take_coding(h, value, w);
	if (strcasecmp(name, "Content-Type") == 0)
		return once(&h->content_type, value) || malformed(w, "two Content-Type headers");
	if (strcasecmp(name, "Content-Encoding") == 0)
		return once(&h->content_encoding, value) ||
		       malformed(w, "two Content-Encoding headers");
	if (strcasecmp(name, "Authorization") == 0)
		return once(&h->authorization, value) || malformed(w, "two Authorization headers");
	if (strcasecmp(name, "Prefer") == 0) {
		(void)once(&h->prefer, value);
	} else if (strcasecmp(name, "Connection") == 0) {
		h->close |= is_list_of(value, "close");
	} else if (strcasecmp(name, "Expect") == 0) {
		h->waits = strcasecmp(value, "100-continue") == 0;
		return h->waits || malformed(w, "Expect is not 100-continue");
	}
	return true;
}

/* field-name ":" OWS field-value OWS (RFC 9112 5). The byte at @n is the line's CR. */
static bool read_field(char *p, size_t n, struct pdg_http_head *h, struct pdg_http_wrong *w)
{
	size_t name, from, i;

	if (p[0] == ' ' || p[0] == '\t')
		return malformed(w, "a header line is folded");
	name = span(p, n, TOKEN);
	if (name == 0 || name == n || p[name] != ':')
		return malformed(w, "a header's name is empty, or holds a space or another "
				    "character that it cannot");
	for (from = name + 1; from < n && (p[from] == ' ' || p[from] == '\t'); from++)
		;
	for (; n > from && (p[n - 1] == ' ' || p[n - 1] == '\t'); n--)
		;
	for (i = from; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return malformed(w, "a header's value holds a control character");
	}
	p[name] = '\0';
	p[n] = '\0';
	return take_field(h, p, p + from, w);
}

static bool read_fields(char *p, size_t n, struct pdg_http_head *h, struct pdg_http_wrong *w)
{
	size_t fields = 0;

	/* The last two bytes are the empty line. */
	while (n > 2) {
		const char *lf = memchr(p, '\n', n);
		size_t line = lf ? (size_t)(lf - p) : 0;

		if (line == 0)
			return malformed(w, "a line ends with LF alone, not with CR LF");
		if (++fields > PDG_LIMIT_HEADER_FIELDS)
			return refuse(w, "HTP-13", "there are more than 64 headers");
		if (!read_field(p, line - 1, h, w))
			return false;
		p += line + 1;
		n -= line + 1;
	}
	return true;
}

bool pdg_http_head_read(char *in, size_t n, struct pdg_http_head *out,
			struct pdg_http_wrong *out_wrong)
{
	struct pdg_http_head h = {0};
	const char *lf = memchr(in, '\n', n);
	size_t line = lf ? (size_t)(lf - in) : 0;

	*out_wrong = (struct pdg_http_wrong){0};
	if (line == 0)
		return malformed(out_wrong, "there is no request line");
	if (!read_request_line(in, line - 1, &h, out_wrong) ||
	    !read_fields(in + line + 1, n - line - 1, &h, out_wrong))
		return false;
	if (h.chunked && h.has_length)
		return malformed(out_wrong, "Transfer-Encoding with Content-Length");
	if (h.chunked && h.old)
		return malformed(out_wrong, "Transfer-Encoding in HTTP/1.0, which has none");
	if (!h.host && !h.old)
		return malformed(out_wrong, "no Host header");
	if (h.old) {
		h.close = true;
		h.waits = false; /* RFC 9110 10.1.1 */
	}
	*out = h;
	return true;
}
