/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When two repository URIs are one repository. Policy sections, builders' patterns and the
 * sources that provenance names all pass through pdg_uri_normal() before they are compared;
 * what it does not understand stays different from everything else.
 */
#include "trust/uri.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/buf.h"
#include "util/bytes.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/str.h"

static const char git_plus[] = "git+";
static const char commit_part[] = "/commit/";

/* The parts of scheme://authority/path; the path keeps its first slash. */
struct parts {
	struct pdg_bytes scheme;
	struct pdg_bytes user; /* with its @, or none */
	struct pdg_bytes host;
	struct pdg_bytes port; /* with its :, or none */
	struct pdg_bytes path;
};

static const struct {
	const char *scheme;
	const char *port;
} default_ports[] = {
	{"https", ":443"},
	{"http", ":80"},
	{"ssh", ":22"},
	{"git", ":9418"},
};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool same_word(struct pdg_bytes b, const char *word)
{
	return b.n == strlen(word) && strncasecmp((const char *)b.p, word, b.n) == 0;
}

/* Length of the scheme in front of "://", or 0 (RFC 3986 3.1). */
static size_t scheme_len(struct pdg_bytes b)
{
	size_t i;

	for (i = 0; i < b.n; i++) {
		uint8_t c = lower(b.p[i]);

		if (c >= 'a' && c <= 'z')
			continue;
		if (i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))
			continue;
		break;
	}
	return pdg_bytes_starts(pdg_bytes_from(b, i), "://") ? i : 0;
}

/* Nothing that a terminal, a shell or another parser of URIs could take for something else. */
static int check_text(struct pdg_bytes b, struct pdg_error *err)
{
	size_t i;

	if (b.n == 0)
		return pdg_reject(err, "URI-1", "an empty URI");
	if (b.n > PDG_LIMIT_PATH)
		return pdg_reject(err, "URI-1", "a URI of %zu bytes", b.n);
	for (i = 0; i < b.n; i++) {
		if (b.p[i] <= ' ' || b.p[i] == 0x7f || b.p[i] == '\\')
			return pdg_reject(
				err, "URI-1",
				"a space, control character or backslash in the URI '%.200s'",
				(const char *)b.p);
	}
	if (!pdg_bytes_utf8(b))
		return pdg_reject(err, "URI-1", "the URI is not UTF-8");
	return 0;
}

/* "." and ".." as a part of a path would make two spellings of one place. */
static bool has_dot_part(struct pdg_bytes path)
{
	size_t from = 0;
	size_t end;

	while (from <= path.n) {
		struct pdg_bytes part;

		end = pdg_bytes_find_byte(path, '/', from);
		if (end == SIZE_MAX)
			end = path.n;
		part = pdg_bytes_head(pdg_bytes_from(path, from), end - from);
		if (pdg_bytes_eq_str(part, ".") || pdg_bytes_eq_str(part, ".."))
			return true;
		from = end + 1;
	}
	return false;
}

/* Without any trailing "/" and ".git"; @keep bytes at the front always stay. */
static struct pdg_bytes strip_end(struct pdg_bytes b, size_t keep)
{
	for (;;) {
		if (b.n > keep && pdg_bytes_ends(b, "/"))
			b.n--;
		else if (b.n > keep + 3 && pdg_bytes_ends(b, ".git"))
			b.n -= 4;
		else
			return b;
	}
}

static size_t find_last(struct pdg_bytes b, uint8_t c)
{
	size_t i = b.n;

	while (i > 0) {
		if (b.p[--i] == c)
			return i;
	}
	return SIZE_MAX;
}

/* Cut scheme://authority/path. False when there is no host or the port is no number. */
static bool cut_parts(struct pdg_bytes b, size_t scheme, struct parts *out)
{
	struct pdg_bytes rest = pdg_bytes_from(b, scheme + 3);
	struct pdg_bytes authority;
	uint64_t number = 0;
	size_t at;

	out->scheme = pdg_bytes_head(b, scheme);
	at = pdg_bytes_find_byte(rest, '/', 0);
	authority = pdg_bytes_head(rest, at == SIZE_MAX ? rest.n : at);
	out->path = pdg_bytes_from(rest, authority.n);

	at = find_last(authority, '@');
	at = at == SIZE_MAX ? 0 : at + 1;
	out->user = pdg_bytes_head(authority, at);
	authority = pdg_bytes_from(authority, at);

	at = find_last(authority, ':');
	if (at == SIZE_MAX || pdg_bytes_ends(authority, "]"))
		at = authority.n;
	out->host = pdg_bytes_head(authority, at);
	out->port = pdg_bytes_from(authority, at);
	if (out->port.n > 0 && !pdg_bytes_u64(pdg_bytes_from(out->port, 1), 65535, &number))
		return false;
	return out->host.n > 0 || same_word(out->scheme, "file");
}

static void put_lower(struct pdg_buf *out, struct pdg_bytes b)
{
	size_t i;

	for (i = 0; i < b.n; i++)
		pdg_buf_putc(out, lower(b.p[i]));
}

static bool default_port(const struct parts *u)
{
	size_t i;

	for (i = 0; i < sizeof(default_ports) / sizeof(default_ports[0]); i++) {
		if (same_word(u->scheme, default_ports[i].scheme))
			return pdg_bytes_eq_str(u->port, default_ports[i].port);
	}
	return false;
}

static int put_parts(const struct parts *u, struct pdg_buf *out, struct pdg_error *err)
{
	bool own_port = u->port.n > 0 && !default_port(u);

	if (has_dot_part(u->path))
		return pdg_reject(err, "URI-1", "a URI with . or .. as a part of its path");
	if (same_word(u->scheme, "ssh") && pdg_bytes_eq_str(u->user, "git@") && !own_port) {
		pdg_buf_puts(out, "https://");
	} else {
		put_lower(out, u->scheme);
		pdg_buf_puts(out, "://");
		pdg_buf_put(out, u->user);
	}
	put_lower(out, u->host);
	if (own_port)
		pdg_buf_put(out, u->port);
	pdg_buf_put(out, strip_end(u->path, 0));
	return 0;
}

/* git@host:path, the short form that git clone takes. False for anything else. */
static bool cut_short_form(struct pdg_bytes b, struct parts *out)
{
	static const char user[] = "git@";
	struct pdg_bytes host;
	size_t colon;

	if (!pdg_bytes_starts(b, user))
		return false;
	b = pdg_bytes_from(b, strlen(user));
	colon = pdg_bytes_find_byte(b, ':', 0);
	if (colon == SIZE_MAX || colon == 0)
		return false;
	host = pdg_bytes_head(b, colon);
	if (pdg_bytes_find_byte(host, '/', 0) != SIZE_MAX ||
	    pdg_bytes_find_byte(host, '@', 0) != SIZE_MAX)
		return false;
	*out = (struct parts){.host = host, .path = pdg_bytes_from(b, colon + 1)};
	while (pdg_bytes_starts(out->path, "/"))
		out->path = pdg_bytes_from(out->path, 1);
	return out->path.n > 0;
}

static int put_normal(struct pdg_bytes b, struct pdg_buf *out, struct pdg_error *err)
{
	struct parts u = {0};
	size_t scheme;

	while (b.n > strlen(git_plus) && same_word(pdg_bytes_head(b, strlen(git_plus)), git_plus) &&
	       scheme_len(pdg_bytes_from(b, strlen(git_plus))) > 0)
		b = pdg_bytes_from(b, strlen(git_plus));
	scheme = scheme_len(b);
	if (scheme > 0) {
		if (!cut_parts(b, scheme, &u))
			return pdg_reject(err, "URI-1",
					  "the URI '%.200s' has no host, or no proper port",
					  (const char *)b.p);
		return put_parts(&u, out, err);
	}
	if (cut_short_form(b, &u)) {
		if (has_dot_part(u.path))
			return pdg_reject(err, "URI-1", "a URI with . or .. as a part of its path");
		pdg_buf_puts(out, "https://");
		put_lower(out, u.host);
		pdg_buf_putc(out, '/');
		pdg_buf_put(out, strip_end(u.path, 0));
		return 0;
	}
	pdg_buf_put(out, strip_end(b, 1));
	return 0;
}

int pdg_uri_normal(const char *uri, char **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_PATH);
	struct pdg_bytes in = pdg_bytes_str(uri);
	char *normal;
	int rc;

	rc = check_text(in, err);
	if (rc < 0)
		return rc;
	rc = put_normal(in, &text, err);
	if (rc < 0)
		return rc;
	rc = pdg_buf_check(&text, err);
	if (rc < 0)
		return rc;
	normal = pdg_bytes_dup(pdg_buf_bytes(&text));
	if (!normal)
		return pdg_nomem(err);
	*out = normal;
	return 0;
}

bool pdg_uri_same(const char *a, const char *b)
{
	PDG_AUTO(mem) char *left = NULL;
	PDG_AUTO(mem) char *right = NULL;

	if (pdg_uri_normal(a, &left, NULL) < 0 || pdg_uri_normal(b, &right, NULL) < 0)
		return false;
	return strcmp(left, right) == 0;
}

static bool is_commit(struct pdg_bytes b)
{
	return pdg_is_hex(b, 40) || pdg_is_hex(b, 64);
}

/* Where the path of @b begins: behind scheme://authority, behind host:, or at the front. */
static size_t path_start(struct pdg_bytes b)
{
	struct parts u = {0};
	size_t scheme = scheme_len(b);
	size_t at;

	if (scheme == 0)
		return cut_short_form(b, &u) ? b.n - u.path.n : 0;
	at = pdg_bytes_find_byte(b, '/', scheme + 3);
	return at == SIZE_MAX ? b.n : at;
}

/*
 * The @ that begins a ref: the one in front of "refs/", else the first that does not begin a
 * part of the path (https://host/@scope/name is a path).
 */
static size_t find_ref_at(struct pdg_bytes b)
{
	size_t start = path_start(b);
	size_t at = pdg_bytes_find(b, pdg_bytes_str("@refs/"), start);

	if (at != SIZE_MAX)
		return at;
	for (at = start; (at = pdg_bytes_find_byte(b, '@', at)) != SIZE_MAX; at++) {
		if (at > start && b.p[at - 1] != '/')
			return at;
	}
	return SIZE_MAX;
}

/* What the pieces of one text say: each at most once. */
struct split {
	struct pdg_bytes uri;
	struct pdg_bytes ref;
	struct pdg_bytes commit;
};

/* Put @piece where it belongs, by its form. False when another piece said something else. */
static bool take_piece(struct split *s, struct pdg_bytes piece)
{
	struct pdg_bytes *into = is_commit(piece) ? &s->commit : &s->ref;

	if (into->p && !pdg_bytes_eq(*into, piece))
		return false;
	*into = piece;
	return piece.n > 0;
}

static bool split_text(struct pdg_bytes in, struct split *s)
{
	size_t at = pdg_bytes_find_byte(in, '#', 0);
	size_t end;

	s->uri = in;
	if (at != SIZE_MAX) {
		/* BuildKit: URI#ref:folder */
		struct pdg_bytes fragment = pdg_bytes_from(in, at + 1);

		end = pdg_bytes_find_byte(fragment, ':', 0);
		if (!take_piece(s, pdg_bytes_head(fragment, end == SIZE_MAX ? fragment.n : end)))
			return false;
		s->uri = pdg_bytes_head(in, at);
	}
	at = find_ref_at(s->uri);
	if (at != SIZE_MAX) {
		if (!take_piece(s, pdg_bytes_from(s->uri, at + 1)))
			return false;
		s->uri = pdg_bytes_head(s->uri, at);
	}
	at = pdg_bytes_find(s->uri, pdg_bytes_str(commit_part), 0);
	if (at != SIZE_MAX && is_commit(pdg_bytes_from(s->uri, at + strlen(commit_part)))) {
		if (!take_piece(s, pdg_bytes_from(s->uri, at + strlen(commit_part))))
			return false;
		s->uri = pdg_bytes_head(s->uri, at);
		/* GitLab: PROJECT/-/commit/<hex> */
		if (pdg_bytes_ends(s->uri, "/-"))
			s->uri = pdg_bytes_head(s->uri, s->uri.n - 2);
	}
	return s->uri.n > 0;
}

int pdg_uri_split(const char *text, char **out_uri, char **out_ref, char **out_commit,
		  struct pdg_error *err)
{
	PDG_AUTO(mem) char *uri = NULL;
	PDG_AUTO(mem) char *ref = NULL;
	PDG_AUTO(mem) char *commit = NULL;
	struct pdg_bytes in = pdg_bytes_str(text);
	struct split s = {0};
	int rc;

	rc = check_text(in, err);
	if (rc < 0)
		return rc;
	if (!split_text(in, &s))
		return pdg_reject(err, "URI-1",
				  "'%.200s' names no repository, or two refs or commits", text);
	uri = pdg_bytes_dup(s.uri);
	ref = s.ref.p ? pdg_bytes_dup(s.ref) : NULL;
	commit = s.commit.p ? pdg_bytes_dup(s.commit) : NULL;
	if (!uri || (s.ref.p && !ref) || (s.commit.p && !commit))
		return pdg_nomem(err);
	*out_uri = PDG_TAKE(uri);
	*out_ref = PDG_TAKE(ref);
	*out_commit = PDG_TAKE(commit);
	return 0;
}

/*
 * Only the last star is ever taken back: a star never crosses a /, so the parts between
 * slashes match each for itself, and within one part the leftmost match of what stands before
 * the last star leaves that star the most room.
 */
bool pdg_pattern_match(const char *pattern, const char *name)
{
	const char *star = NULL; /* behind the last star */
	const char *back = NULL; /* how far that star has eaten */

	while (*name) {
		if (*pattern == '*' && *name != '/') {
			star = ++pattern;
			back = ++name;
		} else if (*pattern == *name && *pattern != '*') {
			pattern++;
			name++;
		} else if (star && *back && *back != '/') {
			pattern = star;
			name = ++back;
		} else {
			return false;
		}
	}
	return *pattern == '\0';
}
