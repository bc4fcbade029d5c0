/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings, and the last step of all outside text on its way to a terminal or a log: names,
 * messages and refs come from people who may want to move the cursor (attack 18).
 */
#include "util/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"

bool pdg_str_eq(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	return strcmp(a, b) == 0;
}

bool pdg_str_starts(const char *s, const char *prefix)
{
	return s && pdg_bytes_starts(pdg_bytes_str(s), prefix);
}

bool pdg_str_ends(const char *s, const char *suffix)
{
	return s && pdg_bytes_ends(pdg_bytes_str(s), suffix);
}

char *pdg_str_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	va_list again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		s = malloc((size_t)n + 1);
	if (s)
		(void)vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}

char *pdg_str_dup(const char *s)
{
	return s ? pdg_bytes_dup(pdg_bytes_str(s)) : NULL;
}

/*
 * Code points that move what stands beside them, or stand for nothing at all: Unicode's
 * Bidi_Control, Default_Ignorable_Code_Point and line and paragraph separators, without the
 * variation selectors, which change a picture's colour and no more.
 */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{0x0000, 0x001F},   {0x007F, 0x009F},	{0x00AD, 0x00AD}, {0x034F, 0x034F},
	{0x061C, 0x061C},   {0x115F, 0x1160},	{0x17B4, 0x17B5}, {0x180B, 0x180F},
	{0x200B, 0x200F},   {0x2028, 0x202E},	{0x2060, 0x206F}, {0x3164, 0x3164},
	{0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},	{0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool pdg_str_is_printable(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (c >= unprintable[i].first && c <= unprintable[i].last)
			return false;
	}
	return true;
}

/* How many characters from @at on are of ASCII and printable. */
static size_t ascii_run(struct pdg_bytes in, size_t at)
{
	size_t n = 0;

	while (at + n < in.n && in.p[at + n] >= 0x20 && in.p[at + n] < 0x7F)
		n++;
	return n;
}

void pdg_str_printable(struct pdg_bytes in, struct pdg_buf *out)
{
	size_t at = 0;

	while (at < in.n) {
		size_t plain = ascii_run(in, at);
		uint32_t c = 0;
		size_t n;

		pdg_buf_put(out, pdg_bytes(in.p + at, plain));
		at += plain;
		if (at == in.n)
			break;
		n = pdg_utf8_next(in, at, &c);

		if (n > 0 && pdg_str_is_printable(c))
			pdg_buf_put(out, pdg_bytes(in.p + at, n));
		else if (n <= 1)
			pdg_buf_printf(out, "\\x%02x", (unsigned)in.p[at]);
		else
			pdg_buf_printf(out, "\\u{%04x}", (unsigned)c);
		at += n ? n : 1;
	}
}

void pdg_str_sh_word(struct pdg_buf *out, const char *word)
{
	pdg_buf_putc(out, '\'');
	for (; *word; word++) {
		/* Each quote within ends the quoted run and begins it again. */
		if (*word == '\'')
			pdg_buf_puts(out, "'\\''");
		else
			pdg_buf_putc(out, (uint8_t)*word);
	}
	pdg_buf_putc(out, '\'');
}

#define NEAREST_LENGTH 64

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Edits that make @a of @b: insert, delete, replace; both at most NEAREST_LENGTH long. */
static unsigned edits(const char *a, size_t a_n, const char *b, size_t b_n)
{
	unsigned row[NEAREST_LENGTH + 1];
	size_t i;
	size_t j;

	for (j = 0; j <= b_n; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= a_n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (j = 1; j <= b_n; j++) {
			unsigned above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_n];
}

const char *pdg_str_nearest(const char *word, const char *const *words)
{
	size_t n = strlen(word);
	const char *best = NULL;
	unsigned best_edits;

	if (n == 0 || n > NEAREST_LENGTH)
		return NULL;
	/* A third of the letters wrong is a typing mistake; more is another word. */
	best_edits = (unsigned)(n + 2) / 3 + 1;
	for (; *words; words++) {
		size_t m = strlen(*words);
		unsigned d;

		if (m > NEAREST_LENGTH)
			continue;
		d = edits(word, n, *words, m);
		if (d < best_edits) {
			best_edits = d;
			best = *words;
		}
	}
	return best;
}
