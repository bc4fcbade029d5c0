/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a header that mean something: object names, persons and their dates, signature
 * blocks. As strict as `git fsck` is in its errors (fsck.c, fsck_ident): whatever git itself
 * writes passes, and nothing that two readers could understand differently.
 */
#include "commit/lines.h"
#include "util/codec.h"
#include "util/limits.h"

int pdg_header_hex(const struct pdg_header *h, bool sha256, struct pdg_bytes *out,
		   struct pdg_error *err)
{
	size_t digits = sha256 ? PDG_OID_SHA256 : PDG_OID_SHA1;

	if (!pdg_is_hex(h->value, digits))
		return pdg_reject(err, "COM-1",
				  "the header \"%.*s\" is not an object name of %zu digits",
				  (int)h->name.n, (const char *)h->name.p, digits);
	*out = h->value;
	return 0;
}

/* Where the first '<' or '>' stands at or after @from, or b.n. */
static size_t find_angle(struct pdg_bytes b, size_t from)
{
	while (from < b.n && b.p[from] != '<' && b.p[from] != '>')
		from++;
	return from;
}

bool pdg_zone_parse(struct pdg_bytes b, int *out_minutes)
{
	int v = 0;
	size_t i;

	if (b.n != 5 || (b.p[0] != '+' && b.p[0] != '-'))
		return false;
	for (i = 1; i < b.n; i++) {
		if (b.p[i] < '0' || b.p[i] > '9')
			return false;
		v = v * 10 + (b.p[i] - '0');
	}
	v = v / 100 * 60 + v % 100;
	*out_minutes = b.p[0] == '-' ? -v : v;
	return true;
}

static int parse_date(struct pdg_bytes b, const char *what, struct pdg_person *out,
		      struct pdg_error *err)
{
	size_t space = pdg_bytes_find_byte(b, ' ', 0);
	uint64_t t;

	if (space == SIZE_MAX || !pdg_bytes_u64(pdg_bytes_head(b, space), PDG_DATE_MAX, &t))
		return pdg_reject(err, "COM-1", "the %s's date is not a number of seconds", what);
	if (!pdg_zone_parse(pdg_bytes_from(b, space + 1), &out->tz_minutes))
		return pdg_reject(err, "COM-1", "the %s's time zone is not of the form +hhmm",
				  what);
	out->time = (int64_t)t;
	return 0;
}

int pdg_person_parse(struct pdg_bytes value, const char *what, struct pdg_person *out,
		     struct pdg_error *err)
{
	struct pdg_person p = {0};
	size_t open = find_angle(value, 0);
	size_t close = find_angle(value, open + 1);
	int rc;

	if (open >= value.n || value.p[open] != '<')
		return pdg_reject(err, "COM-1", "the %s has no address in angle brackets", what);
	/* An empty name is written as two spaces by git: one of the header, one of the name. */
	if (open == 0 || value.p[open - 1] != ' ')
		return pdg_reject(err, "COM-1", "no space before the %s's address", what);
	if (close >= value.n || value.p[close] != '>')
		return pdg_reject(err, "COM-1", "the %s's address is not closed by one '>'", what);
	if (close + 1 >= value.n || value.p[close + 1] != ' ')
		return pdg_reject(err, "COM-1", "no date behind the %s's address", what);
	p.name = pdg_bytes_head(value, open - 1);
	p.email = pdg_bytes(value.p + open + 1, close - open - 1);
	rc = parse_date(pdg_bytes_from(value, close + 2), what, &p, err);
	if (rc < 0)
		return rc;
	*out = p;
	return 0;
}

const char *pdg_sig_format_name(enum pdg_sig_format f)
{
	static const char *const names[] = {
		[PDG_SIG_NONE] = "none",
		[PDG_SIG_OPENPGP] = "openpgp",
		[PDG_SIG_SSH] = "ssh",
		[PDG_SIG_X509] = "x509",
	};

	return names[f];
}

int pdg_sig_format_of(struct pdg_bytes text, enum pdg_sig_format *out, struct pdg_error *err)
{
	static const struct {
		const char *begin;
		enum pdg_sig_format format;
	} forms[] = {
		{"-----BEGIN PGP SIGNATURE-----", PDG_SIG_OPENPGP},
		{"-----BEGIN SSH SIGNATURE-----", PDG_SIG_SSH},
		{"-----BEGIN SIGNED MESSAGE-----", PDG_SIG_X509},
	};
	struct pdg_bytes line = {0};
	size_t i;

	(void)pdg_bytes_line(&text, &line);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (pdg_bytes_eq_str(line, forms[i].begin)) {
			*out = forms[i].format;
			return 0;
		}
	}
	return pdg_reject(err, "COM-5",
			  "the signature does not begin as an OpenPGP, SSH or X.509 one");
}

int pdg_header_unfold(const struct pdg_header *h, struct pdg_buf *out, struct pdg_error *err)
{
	struct pdg_bytes rest = h->folded;
	struct pdg_bytes line;

	pdg_buf_put(out, h->value);
	pdg_buf_putc(out, '\n');
	while (pdg_bytes_line(&rest, &line)) {
		pdg_buf_put(out, pdg_bytes_from(line, 1));
		pdg_buf_putc(out, '\n');
	}
	return pdg_buf_check(out, err);
}

int pdg_header_signature(const struct pdg_header *h, struct pdg_buf *out_text,
			 enum pdg_sig_format *out_format, struct pdg_error *err)
{
	int rc;

	if (h->whole.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return pdg_reject(err, "COM-6", "the signature has %zu bytes, more than %zu",
				  h->whole.n, PDG_LIMIT_COMMIT_SIGNATURE);
	rc = pdg_header_unfold(h, out_text, err);
	if (rc < 0)
		return rc;
	return pdg_sig_format_of(pdg_buf_bytes(out_text), out_format, err);
}
