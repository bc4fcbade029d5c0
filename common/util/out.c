/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last step of every program's words. Whatever is printed was made of outside text
 * somewhere, so all of it goes through pdg_str_printable() (attack 18).
 */
#include "util/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/limits.h"
#include "util/str.h"

#define LOST "(text lost: no memory)\n"

bool pdg_out_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR");
	int fd = fileno(f);

	/* no-color.org: set and not empty. */
	return !(no && no[0]) && fd >= 0 && isatty(fd) == 1;
}

/* Select Graphic Rendition (ECMA-48 8.3.117) for each colour. */
static const char *colour_code(enum pdg_colour c)
{
	static const char *const codes[] = {
		[PDG_PLAIN] = "",  [PDG_GOOD] = "32", [PDG_BAD] = "31",
		[PDG_WARN] = "33", [PDG_DIM] = "2",   [PDG_BOLD] = "1",
	};

	return codes[c];
}

/* Append @in line by line, so that of all controls \n alone passes. */
static void put_lines(struct pdg_buf *out, struct pdg_bytes in)
{
	struct pdg_bytes rest = in;
	struct pdg_bytes line;

	while (pdg_bytes_line(&rest, &line)) {
		pdg_str_printable(line, out);
		if (line.p + line.n < in.p + in.n)
			pdg_buf_putc(out, '\n');
	}
}

static void write_text(FILE *f, const struct pdg_buf *text)
{
	/* A failed write stays in the stream's error flag: pdg_out_finish() reports it. */
	if (text->failed)
		(void)fputs(LOST, f);
	else if (text->n)
		(void)fwrite(text->p, 1, text->n, f);
}

void pdg_out(FILE *f, enum pdg_colour c, const char *fmt, ...)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	bool coloured = c != PDG_PLAIN && pdg_out_colour(f);
	va_list ap;

	va_start(ap, fmt);
	pdg_buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	if (coloured)
		pdg_buf_printf(&text, "\033[%sm", colour_code(c));
	put_lines(&text, pdg_buf_bytes(&raw));
	if (coloured)
		pdg_buf_puts(&text, "\033[0m");
	if (raw.failed)
		text.failed = raw.failed;
	write_text(f, &text);
}

void pdg_out_error(const char *who, const struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_TEXT);
	const char *fix = pdg_error_fix(err);

	pdg_buf_printf(&text, "%s: ", who);
	pdg_str_printable(pdg_bytes_str(err->text[0] ? err->text : "failed without a reason"),
			  &text);
	if (err->rule[0]) {
		pdg_buf_puts(&text, " [");
		pdg_str_printable(pdg_bytes_str(err->rule), &text);
		pdg_buf_putc(&text, ']');
	}
	if (fix[0]) {
		pdg_buf_puts(&text, "; ");
		pdg_str_printable(pdg_bytes_str(fix), &text);
	}
	pdg_buf_putc(&text, '\n');
	write_text(stderr, &text);
}

int pdg_out_finish(FILE *f, struct pdg_error *err)
{
	errno = 0;
	if (fflush(f) == 0 && !ferror(f))
		return 0;
	return pdg_fail(err, PDG_E_IO, "output was lost: %s",
			errno ? strerror(errno) : "write error");
}
