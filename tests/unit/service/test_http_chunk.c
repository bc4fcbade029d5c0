/* SPDX-License-Identifier: Apache-2.0 */
/* Chunked bodies: the plain form in whatever pieces it comes, and nothing else. */
#include <string.h>

#include "service/http_chunk.h"
#include "support/check.h"
#include "util/buf.h"

/* What comes out of @in in pieces of @step bytes; *@out_rest: bytes behind the body. */
static enum pdg_http_read decode(struct pdg_bytes in, size_t step, struct pdg_buf *out,
				 size_t *out_rest, const char **out_rule)
{
	struct pdg_http_chunk c = {0};
	struct pdg_http_wrong wrong = {0};
	enum pdg_http_read r = PDG_HTTP_MORE;
	size_t at = 0;

	while (r == PDG_HTTP_MORE && at < in.n) {
		struct pdg_bytes piece = pdg_bytes_head(pdg_bytes_from(in, at), step), data;
		size_t n = piece.n;

		do {
			r = pdg_http_chunk_next(&c, &piece, &data, &wrong);
			pdg_buf_put(out, data);
		} while (r == PDG_HTTP_MORE && data.n);
		at += n - piece.n;
		if (r == PDG_HTTP_MORE)
			CHECK_UINT(piece.n, 0);
	}
	*out_rest = in.n - at;
	*out_rule = wrong.rule;
	return r;
}

static void good(const char *text, const char *body, size_t rest)
{
	size_t step;

	for (step = 1; step <= strlen(text); step++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 16);
		const char *rule;
		size_t left = 0;

		pdg_test_case("%s in %zu", text, step);
		CHECK(decode(pdg_bytes_str(text), step, &out, &left, &rule) == PDG_HTTP_READY);
		CHECK_BYTES_STR(pdg_buf_bytes(&out), body);
		CHECK_UINT(left, rest);
	}
	pdg_test_case(NULL);
}

static void plain_bodies(void)
{
	good("0\r\n\r\n", "", 0);
	good("5\r\nhello\r\n0\r\n\r\n", "hello", 0);
	good("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\nGET /", "hello!", 5);
	good("A\r\n0123456789\r\nb\r\n0\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
	     "01234567890\r\n\r\n\r\n\r\n\r\n", 0);
}

struct text {
	const char *p;
	size_t n;
};

/* Is @t refused, in pieces of every length? By which rule. */
static const char *rule_of(const struct text *t)
{
	const char *rule = NULL;
	size_t step;

	for (step = 1; step <= t->n; step++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 16);
		size_t left;

		pdg_test_case("%s in %zu", t->p, step);
		CHECK(decode(pdg_bytes(t->p, t->n), step, &out, &left, &rule) == PDG_HTTP_BAD);
	}
	pdg_test_case(NULL);
	return rule;
}

#define TEXT(text)                                                                                 \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

static void two_readings(void)
{
	static const struct text v[] = {
		TEXT("5;name=value\r\nhello\r\n0\r\n\r\n"),
		TEXT("5;\nhello\r\n0\r\n\r\n"),
		TEXT("5 \r\nhello\r\n0\r\n\r\n"),
		TEXT(" 5\r\nhello\r\n0\r\n\r\n"),
		TEXT("05\r\nhello\r\n0\r\n\r\n"),
		TEXT("0x5\r\nhello\r\n0\r\n\r\n"),
		TEXT("+5\r\nhello\r\n0\r\n\r\n"),
		TEXT("-5\r\nhello\r\n0\r\n\r\n"),
		TEXT("\r\nhello\r\n0\r\n\r\n"),
		TEXT("123456789\r\n"),
		TEXT("ffffffffffffffff1\r\n"),
		TEXT("00\r\n\r\n"),
		TEXT("5\nhello\r\n0\r\n\r\n"),
		TEXT("5\rhello\r\n0\r\n\r\n"),
		TEXT("5\r\nhello\n0\r\n\r\n"),
		TEXT("5\r\nhello0\r\n\r\n"),
		TEXT("5\r\nhello!\r\n0\r\n\r\n"),
		TEXT("0\r\nTrailer: x\r\n\r\n"),
		TEXT("0\r\n\n"),
		TEXT("0\n\n"),
		TEXT("5\0\r\nhello\r\n0\r\n\r\n"),
		TEXT("g\r\n"),
	};
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		CHECK_STR(rule_of(&v[i]), "HTP-5");
}

static void unfinished_bodies(void)
{
	static const char text[] = "5\r\nhello\r\n0\r\n\r\n";
	size_t n;

	for (n = 0; n < sizeof(text) - 1; n++) {
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1 << 16);
		const char *rule;
		size_t left;

		CHECK(decode(pdg_bytes(text, n), n, &out, &left, &rule) == PDG_HTTP_MORE);
	}
}

PDG_TEST_MAIN("http_chunk", {"plain bodies", plain_bodies}, {"two readings", two_readings},
	      {"unfinished bodies", unfinished_bodies})
