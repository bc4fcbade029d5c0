/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM, as narrow as our files need it (RFC 7468 3, the strict form): one block, white space around
 * it and nothing else. OpenSSL's reader would skip what it does not understand, and whoever reads
 * the file another way would see another key. key.c calls this first and last.
 */
#include "crypto/key_impl.h"
#include "util/codec.h"

#define BEGIN  "-----BEGIN "
#define END    "-----END "
#define DASHES "-----"
#define LINE   64 /* RFC 7468 2: exactly 64 characters in every line but the last */

/* Take the rest of a boundary line behind its "-----BEGIN ": "LABEL-----" and the line's end. */
static bool take_label(struct pdg_bytes *rest, struct pdg_bytes *out_label)
{
	struct pdg_bytes line;

	if (!pdg_bytes_line(rest, &line))
		return false;
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	if (!pdg_bytes_ends(line, DASHES))
		return false;
	line.n -= strlen(DASHES);
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && (line.p[i] < 'A' || line.p[i] > 'Z'))
			return false;
	*out_label = line;
	return line.n > 0;
}

int pdg_key_pem_read(struct pdg_bytes text, struct pdg_bytes *out_label, struct pdg_buf *out_der,
		     struct pdg_error *err)
{
	struct pdg_bytes rest = pdg_bytes_trim(text, " \t\r\n");
	struct pdg_bytes label;
	struct pdg_bytes end_label;
	struct pdg_bytes body;
	size_t end;
	int rc;

	if (!pdg_bytes_starts(rest, BEGIN))
		return pdg_reject(err, "KEY-1", "is not PEM: it does not begin with \"%s\"", BEGIN);
	rest = pdg_bytes_from(rest, strlen(BEGIN));
	if (!take_label(&rest, &label))
		return pdg_reject(err, "KEY-1", "the PEM block's first line is not of its form");
	end = pdg_bytes_find(rest, pdg_bytes_str(END), 0);
	if (end == SIZE_MAX)
		return pdg_reject(err, "KEY-1", "the PEM block does not end");
	body = pdg_bytes_head(rest, end);
	rest = pdg_bytes_from(rest, end + strlen(END));
	if (!take_label(&rest, &end_label) || !pdg_bytes_eq(label, end_label))
		return pdg_reject(err, "KEY-1",
				  "the PEM block's last line does not match its first");
	if (rest.n > 0)
		return pdg_reject(err, "KEY-1", "there is more in it than one PEM block");
	if (pdg_bytes_find_byte(body, ':', 0) != SIZE_MAX)
		return pdg_reject(err, "KEY-1",
				  "the PEM block has headers, as encrypted keys have");
	rc = pdg_unbase64(body, PDG_BASE64_LINES, out_der, NULL);
	if (rc == PDG_E_FORMAT)
		return pdg_reject(err, "KEY-1", "the PEM block's body is not base64");
	if (rc < 0)
		return pdg_buf_check(out_der, err);
	*out_label = label;
	return 0;
}

void pdg_pem_write(const char *label, struct pdg_bytes der, struct pdg_buf *out)
{
	const size_t line_bytes = LINE / 4 * 3;

	pdg_buf_printf(out, BEGIN "%s" DASHES "\n", label);
	for (size_t at = 0; at < der.n; at += line_bytes) {
		pdg_base64(pdg_bytes_head(pdg_bytes_from(der, at), line_bytes), out);
		pdg_buf_putc(out, '\n');
	}
	pdg_buf_printf(out, END "%s" DASHES "\n", label);
}
