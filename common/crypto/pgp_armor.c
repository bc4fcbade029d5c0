/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First step for outside OpenPGP bytes: text to packets. Signatures come from commits that anybody
 * can write, so their form has no freedom; key files are written by administrators, who keep
 * comments between blocks and edit them under other systems.
 */
#include "crypto/pgp_armor.h"

#include "util/codec.h"
#include "util/limits.h"

#define LINE_MAX_BYTES	  76 /* RFC 4880 6.3 */
#define HEADER_LINES_MAX  16 /* of key files */
#define HEADER_LINE_BYTES 1024
#define PLAIN_LINES_MAX	  4 /* of what gpg writes there itself */
#define PLAIN_LINE_BYTES  128
#define VALUE_BYTES	  128 /* of a header of a signature */

static const size_t line_widths[] = {64, LINE_MAX_BYTES, 0}; /* gpg's; RNP's */

/* What sets signatures and key files apart. */
struct form {
	const char *begin;
	const char *end;
	const char *rule;
	bool crlf;
	bool even; /* lines and headers as programs write them, no others */
};

static const struct form signature_form = {
	.begin = "-----BEGIN PGP SIGNATURE-----",
	.end = "-----END PGP SIGNATURE-----",
	.rule = "PGP-1",
	.even = true,
};

static const struct form keys_form = {
	.begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----",
	.end = "-----END PGP PUBLIC KEY BLOCK-----",
	.rule = "PGP-4",
	.crlf = true,
};

static int refuse(const struct form *form, const char *why, struct pdg_error *err)
{
	return pdg_reject(err, form->rule, "ASCII armor: %s", why);
}

static bool take_line(struct pdg_bytes *rest, const struct form *form, struct pdg_bytes *out)
{
	if (!pdg_bytes_line(rest, out))
		return false;
	if (form->crlf && pdg_bytes_ends(*out, "\r"))
		out->n--;
	return true;
}

/* CRC-24 of RFC 4880 6.1, four bits at a time: what each value of the upper four leaves behind. */
static uint32_t crc24(struct pdg_bytes in)
{
	static const uint32_t left[16] = {
		0x000000, 0x864CFB, 0x8AD50D, 0x0C99F6, 0x93E6E1, 0x15AA1A, 0x1933EC, 0x9F7F17,
		0xA18139, 0x27CDC2, 0x2B5434, 0xAD18CF, 0x3267D8, 0xB42B23, 0xB8B2D5, 0x3EFE2E,
	};
	uint32_t crc = 0xB704CE;

	for (size_t i = 0; i < in.n; i++) {
		crc ^= (uint32_t)in.p[i] << 16;
		crc = (crc << 4 & 0xFFFFFF) ^ left[crc >> 20];
		crc = (crc << 4 & 0xFFFFFF) ^ left[crc >> 20];
	}
	return crc;
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* "Key: value": a key of letters, digits and hyphens, a value of UTF-8 without controls. */
static bool is_header(struct pdg_bytes line)
{
	size_t colon = pdg_bytes_find(line, pdg_bytes_str(": "), 0);

	if (colon == SIZE_MAX || colon == 0 || line.n > HEADER_LINE_BYTES || !pdg_bytes_utf8(line))
		return false;
	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (i < colon ? !is_alnum(c) && c != '-' : c < 0x20 || c == 0x7F)
			return false;
	}
	return true;
}

static bool is_data(struct pdg_bytes line)
{
	if (line.n == 0 || line.n > LINE_MAX_BYTES)
		return false;
	for (size_t i = 0; i < line.n; i++) {
		uint8_t c = line.p[i];

		if (!is_alnum(c) && c != '+' && c != '/' && c != '=')
			return false;
	}
	return true;
}

/* A header of a signature: one that RFC 4880 6.2 names and that says nothing of the text. */
static bool is_known_header(struct pdg_bytes line)
{
	static const char *const keys[] = {"Version: ", "Comment: ", "Charset: ", "MessageID: "};
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (pdg_bytes_starts(line, keys[i]))
			break;
	if (i == sizeof(keys) / sizeof(keys[0]) || line.n > strlen(keys[i]) + VALUE_BYTES)
		return false;
	for (i = 0; i < line.n; i++)
		if (line.p[i] < 0x20 || line.p[i] > 0x7E)
			return false;
	return true;
}

/*
 * Pass over the header lines and the empty line behind them. Those of a signature are covered by
 * the commit's name but not by the signature: whoever fills them makes a second name for a commit.
 */
static int skip_headers(struct pdg_bytes *rest, const struct form *form, struct pdg_error *err)
{
	size_t most = form->even ? PLAIN_LINES_MAX : HEADER_LINES_MAX;
	struct pdg_bytes line;

	for (size_t n = 0; take_line(rest, form, &line); n++) {
		if (line.n == 0)
			return 0;
		if (n == most)
			return refuse(form, "too many header lines", err);
		if (!is_header(line))
			return refuse(form, "a header line is not \"Key: value\"", err);
		if (form->even && !is_known_header(line))
			return refuse(form, "a header line is none that belongs to signatures",
				      err);
	}
	return refuse(form, "no empty line behind the header lines", err);
}

static int decode(struct pdg_bytes text, const struct form *form, struct pdg_buf *out,
		  struct pdg_error *err)
{
	struct pdg_error inner = {0};
	int rc = pdg_unbase64(text, PDG_BASE64_LINES, out, &inner);

	if (rc == PDG_E_FORMAT)
		return refuse(form, inner.text, err);
	return rc < 0 ? pdg_fail(err, rc, "ASCII armor: %s", inner.text) : 0;
}

/* Is @line ("=" and four characters) the checksum of @data? */
static int check_sum(struct pdg_bytes line, struct pdg_bytes data, const struct form *form,
		     struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf sum = PDG_BUF_INIT(3);
	uint32_t crc = crc24(data);
	int rc = decode(pdg_bytes_from(line, 1), form, &sum, err);

	if (rc < 0)
		return rc;
	if (sum.n != 3 || sum.p[0] != crc >> 16 || sum.p[1] != (crc >> 8 & 0xFF) ||
	    sum.p[2] != (crc & 0xFF))
		return refuse(form, "the checksum is wrong", err);
	return 0;
}

/* Read the rest of a block whose first line has been taken, up to and with its last line. */
static int read_block(struct pdg_bytes *rest, const struct form *form, struct pdg_buf *out,
		      struct pdg_error *err)
{
	struct pdg_bytes text;
	struct pdg_bytes line;
	struct pdg_bytes sum = {0};
	struct pdg_columns columns = {0};
	size_t before = out->n;
	int rc;

	rc = skip_headers(rest, form, err);
	if (rc < 0)
		return rc;
	text = pdg_bytes(rest->p, 0);
	for (;;) {
		if (!take_line(rest, form, &line))
			return refuse(form, "the last line of the block is missing", err);
		if (pdg_bytes_eq_str(line, form->end))
			break;
		if (sum.n > 0 || !is_data(line))
			return refuse(form, "a line of the block is not base64", err);
		if (line.n == 5 && line.p[0] == '=')
			sum = line;
		else if (form->even && !pdg_columns_take(&columns, line_widths, line.n))
			return refuse(form, "its lines are not of 64 or 76 characters", err);
		else
			text.n = (size_t)(line.p + line.n - text.p);
	}
	if (text.n == 0)
		return refuse(form, "the block is empty", err);
	rc = decode(text, form, out, err);
	if (rc < 0)
		return rc;
	return sum.n > 0 ? check_sum(sum, pdg_bytes_from(pdg_buf_bytes(out), before), form, err)
			 : 0;
}

int pdg_pgp_armor_signature(struct pdg_bytes in, struct pdg_buf *out, struct pdg_error *err)
{
	const struct form *form = &signature_form;
	struct pdg_bytes rest = in;
	struct pdg_bytes line;
	int rc;

	if (!take_line(&rest, form, &line) || !pdg_bytes_eq_str(line, form->begin))
		return refuse(form, "does not begin with a PGP SIGNATURE block", err);
	if (!pdg_bytes_ends(in, "\n"))
		return refuse(form, "the last line does not end", err);
	rc = read_block(&rest, form, out, err);
	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq_str(rest, "") && !pdg_bytes_eq_str(rest, "\n"))
		return refuse(form, "something stands behind the block", err);
	return 0;
}

/* Take the header lines off @*rest, with the empty line; false when gpg would not write them. */
static bool take_plain_headers(struct pdg_bytes *rest, struct pdg_bytes *out)
{
	const uint8_t *from = rest->p;
	struct pdg_bytes line;
	size_t n;

	for (n = 0; pdg_bytes_line(rest, &line); n++) {
		if (line.n == 0) {
			*out = pdg_bytes(from, (size_t)(line.p - from));
			return true;
		}
		if (n == PLAIN_LINES_MAX || line.n > PLAIN_LINE_BYTES ||
		    (!pdg_bytes_starts(line, "Version: ") && !pdg_bytes_starts(line, "Comment: ")))
			return false;
	}
	return false;
}

/* What stands behind the empty line, in lines of @columns. */
static void put_rest(struct pdg_bytes packets, size_t columns, struct pdg_buf *text,
		     struct pdg_buf *out)
{
	uint32_t crc = crc24(packets);
	const uint8_t sum[3] = {(uint8_t)(crc >> 16 & 0xFF), (uint8_t)(crc >> 8 & 0xFF),
				(uint8_t)(crc & 0xFF)};
	struct pdg_bytes rest;

	pdg_buf_reset(text);
	pdg_buf_reset(out);
	pdg_base64(packets, text);
	for (rest = pdg_buf_bytes(text); rest.n; rest = pdg_bytes_from(rest, columns)) {
		pdg_buf_put(out, pdg_bytes_head(rest, columns));
		pdg_buf_putc(out, '\n');
	}
	pdg_buf_putc(out, '=');
	pdg_base64(pdg_bytes(sum, sizeof(sum)), out);
	pdg_buf_puts(out, "\n-----END PGP SIGNATURE-----\n");
}

int pdg_pgp_armor_canonical(struct pdg_bytes in, struct pdg_bytes packets,
			    struct pdg_bytes *out_headers, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(2 * PDG_LIMIT_COMMIT_SIGNATURE);
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(3 * PDG_LIMIT_COMMIT_SIGNATURE);
	struct pdg_bytes rest = in;
	struct pdg_bytes line;
	struct pdg_bytes headers;
	int rc;

	if (!pdg_bytes_line(&rest, &line) || !pdg_bytes_eq_str(line, signature_form.begin) ||
	    !take_plain_headers(&rest, &headers))
		return refuse(&signature_form, "its header lines are not what gpg writes", err);
	for (size_t i = 0; line_widths[i]; i++) {
		put_rest(packets, line_widths[i], &text, &want);
		rc = pdg_buf_check(&text, err);
		if (rc == 0)
			rc = pdg_buf_check(&want, err);
		if (rc < 0)
			return rc;
		if (pdg_bytes_eq(rest, pdg_buf_bytes(&want))) {
			*out_headers = headers;
			return 0;
		}
	}
	return refuse(&signature_form, "its lines or checksum are not what gpg writes", err);
}

/* A line outside of blocks that begins or ends one: is it ours? */
static int judge_border(struct pdg_bytes line, struct pdg_error *err)
{
	int rc;

	if (pdg_bytes_eq_str(line, keys_form.begin))
		return 0;
	if (pdg_bytes_starts(line, "-----BEGIN PGP PRIVATE KEY")) {
		rc = refuse(&keys_form, "a block holds a secret key, only public keys belong here",
			    err);
		pdg_fix(err, "export the public key with gpg --armor --export");
		return rc;
	}
	return refuse(&keys_form, "a block is no PGP PUBLIC KEY BLOCK", err);
}

int pdg_pgp_armor_keys(struct pdg_bytes in, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_bytes rest = in;
	struct pdg_bytes line;
	size_t blocks = 0;
	int rc;

	/* The first byte of a packet has its highest bit set (RFC 4880 4.2), no text's has. */
	if (in.n > 0 && in.p[0] & 0x80) {
		pdg_buf_put(out, in);
		return pdg_buf_check(out, err);
	}
	while (take_line(&rest, &keys_form, &line)) {
		if (!pdg_bytes_starts(line, "-----BEGIN ") && !pdg_bytes_starts(line, "-----END "))
			continue;
		rc = judge_border(line, err);
		if (rc < 0)
			return rc;
		rc = read_block(&rest, &keys_form, out, err);
		if (rc < 0)
			return rc;
		blocks++;
	}
	if (blocks == 0)
		return refuse(&keys_form, "there is no PGP PUBLIC KEY BLOCK", err);
	return 0;
}
