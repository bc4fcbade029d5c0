/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How every statement, answer, record and log line is written. Writing by hand, and never
 * dumping a tree, keeps the order of members and the digits of foreign numbers as they are.
 */
#include "util/jsonw.h"

#include <inttypes.h>
#include <string.h>

#include "util/codec.h"
#include "util/time.h"
#include "util/utf8.h"

void pdg_jw_init(struct pdg_jw *w, struct pdg_buf *out)
{
	*w = (struct pdg_jw){.out = out};
}

/* Give the buffer up: a document that was put together wrongly must not be used. */
static void spoil(struct pdg_jw *w, int code)
{
	if (w->out->failed)
		return;
	pdg_buf_done(w->out);
	w->out->failed = code;
}

static bool in_object(const struct pdg_jw *w)
{
	return w->depth > 0 && w->close[w->depth - 1] == '}';
}

static void comma(struct pdg_jw *w)
{
	if (w->depth == 0)
		return;
	if (!w->first[w->depth - 1])
		pdg_buf_putc(w->out, ',');
	w->first[w->depth - 1] = false;
}

/* Before any value: in an object a name must have been written, in an array a comma may be due. */
static void before_value(struct pdg_jw *w)
{
	if (in_object(w)) {
		if (!w->after_key)
			spoil(w, PDG_E_INTERNAL);
		w->after_key = false;
		return;
	}
	comma(w);
}

static void open_level(struct pdg_jw *w, uint8_t open, char close)
{
	before_value(w);
	if (w->depth == PDG_JW_DEPTH) {
		spoil(w, PDG_E_INTERNAL);
		return;
	}
	w->close[w->depth] = close;
	w->first[w->depth] = true;
	w->depth++;
	pdg_buf_putc(w->out, open);
}

void pdg_jw_obj(struct pdg_jw *w)
{
	open_level(w, '{', '}');
}

void pdg_jw_arr(struct pdg_jw *w)
{
	open_level(w, '[', ']');
}

void pdg_jw_end(struct pdg_jw *w)
{
	if (w->depth == 0 || w->after_key) {
		spoil(w, PDG_E_INTERNAL);
		return;
	}
	w->depth--;
	pdg_buf_putc(w->out, (uint8_t)w->close[w->depth]);
}

/* The escape of an ASCII character by RFC 8785 3.2.2.2, or false when it stands for itself. */
static bool put_escape(struct pdg_buf *out, uint32_t c)
{
	static const char chars[] = "\"\\\b\f\n\r\t";
	static const char names[] = "\"\\bfnrt";
	const char *at = c && c < 0x80 ? strchr(chars, (int)c) : NULL;

	if (at) {
		pdg_buf_putc(out, '\\');
		pdg_buf_putc(out, (uint8_t)names[at - chars]);
		return true;
	}
	if (c < 0x20) {
		pdg_buf_printf(out, "\\u%04x", (unsigned)c);
		return true;
	}
	return false;
}

/* Characters that stand for themselves, one byte each. */
static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_string(struct pdg_buf *out, struct pdg_bytes s)
{
	size_t plain = 0; /* where the run of characters begins that need no escape */
	size_t at = 0;

	pdg_buf_putc(out, '"');
	while (at < s.n) {
		uint32_t c = 0;
		size_t n;

		if (is_plain(s.p[at])) {
			at++;
			continue;
		}
		n = pdg_utf8_next(s, at, &c);
		if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
			at += n;
			continue;
		}
		pdg_buf_put(out, pdg_bytes(s.p + plain, at - plain));
		if (n == 0)
			pdg_buf_puts(out, "\xEF\xBF\xBD");
		else
			(void)put_escape(out, c);
		at += n ? n : 1;
		plain = at;
	}
	pdg_buf_put(out, pdg_bytes_from(s, plain));
	pdg_buf_putc(out, '"');
}

void pdg_jw_key(struct pdg_jw *w, const char *key)
{
	if (!in_object(w) || w->after_key || !key) {
		spoil(w, PDG_E_INTERNAL);
		return;
	}
	comma(w);
	put_string(w->out, pdg_bytes_str(key));
	pdg_buf_putc(w->out, ':');
	w->after_key = true;
}

void pdg_jw_bytes(struct pdg_jw *w, struct pdg_bytes s)
{
	before_value(w);
	put_string(w->out, s);
}

void pdg_jw_str(struct pdg_jw *w, const char *s)
{
	if (!s) {
		pdg_jw_null(w);
		return;
	}
	pdg_jw_bytes(w, pdg_bytes_str(s));
}

static void put_digits(struct pdg_buf *out, uint64_t v)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v);
	pdg_buf_put(out, pdg_bytes(digits + at, sizeof(digits) - at));
}

void pdg_jw_u64(struct pdg_jw *w, uint64_t v)
{
	before_value(w);
	put_digits(w->out, v);
}

void pdg_jw_i64(struct pdg_jw *w, int64_t v)
{
	before_value(w);
	pdg_buf_printf(w->out, "%" PRId64, v);
}

void pdg_jw_u64_str(struct pdg_jw *w, uint64_t v)
{
	before_value(w);
	pdg_buf_putc(w->out, '"');
	put_digits(w->out, v);
	pdg_buf_putc(w->out, '"');
}

void pdg_jw_bool(struct pdg_jw *w, bool v)
{
	before_value(w);
	pdg_buf_puts(w->out, v ? "true" : "false");
}

void pdg_jw_null(struct pdg_jw *w)
{
	before_value(w);
	pdg_buf_puts(w->out, "null");
}

void pdg_jw_base64(struct pdg_jw *w, struct pdg_bytes raw)
{
	before_value(w);
	pdg_buf_putc(w->out, '"');
	pdg_base64(raw, w->out);
	pdg_buf_putc(w->out, '"');
}

void pdg_jw_time(struct pdg_jw *w, int64_t unix_seconds)
{
	char text[PDG_TIME_TEXT];

	pdg_time_text(unix_seconds, text);
	pdg_jw_str(w, text);
}

void pdg_jw_raw(struct pdg_jw *w, struct pdg_bytes json)
{
	before_value(w);
	if (json.n == 0)
		spoil(w, PDG_E_INTERNAL);
	pdg_buf_put(w->out, json);
}

void pdg_jw_kobj(struct pdg_jw *w, const char *key)
{
	pdg_jw_key(w, key);
	pdg_jw_obj(w);
}

void pdg_jw_kstr(struct pdg_jw *w, const char *key, const char *s)
{
	pdg_jw_key(w, key);
	pdg_jw_str(w, s);
}

void pdg_jw_ku64(struct pdg_jw *w, const char *key, uint64_t v)
{
	pdg_jw_key(w, key);
	pdg_jw_u64(w, v);
}

void pdg_jw_kbool(struct pdg_jw *w, const char *key, bool v)
{
	pdg_jw_key(w, key);
	pdg_jw_bool(w, v);
}
