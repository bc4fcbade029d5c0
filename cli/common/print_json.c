/* SPDX-License-Identifier: Apache-2.0 */
/* The one way by which programs print JSON that holds outside text (attacks.md 18). */
#include "common/print_json.h"

#include "util/limits.h"
#include "util/str.h"
#include "util/utf8.h"

/* One UTF-16 code unit, or the two of a character beyond the first plane (RFC 8259 7). */
static void put_escaped(FILE *f, uint32_t c)
{
	if (c < 0x10000) {
		(void)fprintf(f, "\\u%04x", (unsigned)c);
		return;
	}
	c -= 0x10000;
	(void)fprintf(f, "\\u%04x\\u%04x", 0xd800U + (unsigned)(c >> 10),
		      0xdc00U + (unsigned)(c & 0x3ff));
}

void pdg_print_json(FILE *f, struct pdg_bytes json)
{
	PDG_AUTO(buf) struct pdg_buf shown = PDG_BUF_INIT(PDG_LIMIT_KIB(1));
	size_t at = 0;

	while (at < json.n) {
		uint32_t c;
		size_t n = pdg_utf8_next(json, at, &c);
		struct pdg_bytes one = pdg_bytes(json.p + at, n ? n : 1);

		pdg_buf_reset(&shown);
		pdg_str_printable(one, &shown);
		/* Outside strings JSON is ASCII, and a line end is its only control. */
		if (n <= 1 || pdg_bytes_eq(one, pdg_buf_bytes(&shown)))
			(void)fwrite(one.p, 1, one.n, f);
		else
			put_escaped(f, c);
		at += one.n;
	}
	(void)fputc('\n', f);
}
