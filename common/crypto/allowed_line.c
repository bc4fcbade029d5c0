/* SPDX-License-Identifier: Apache-2.0 */
/*
 * principals [options] keytype base64 [comment], as ssh-keygen(1) ALLOWED SIGNERS has it. Nothing
 * is guessed: an option without its quotes, twice or unknown is an error, for whoever wrote it
 * meant to restrict the key. allowed_signers.c reads the file with this.
 */
#include "crypto/allowed_line.h"

#include <strings.h>

#include "crypto/sshcert.h"
#include "crypto/sshkey_impl.h"
#include "crypto/sshpattern.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/time.h"

void pdg_allowed_line_done(struct pdg_allowed_line *line)
{
	free(line->principals);
	free(line->namespaces);
	free(line->blob);
	*line = (struct pdg_allowed_line){0};
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void skip_blanks(struct pdg_bytes *rest)
{
	while (rest->n > 0 && is_blank(rest->p[0]))
		*rest = pdg_bytes_from(*rest, 1);
}

/* The bytes up to the next blank. */
static struct pdg_bytes peek_word(struct pdg_bytes rest)
{
	size_t n = 0;

	while (n < rest.n && !is_blank(rest.p[n]))
		n++;
	return pdg_bytes_head(rest, n);
}

static int keep(struct pdg_bytes text, char **out, struct pdg_error *err)
{
	*out = pdg_bytes_dup(text);
	return *out ? 0 : pdg_nomem(err);
}

static int take_principals(struct pdg_bytes *rest, struct pdg_allowed_line *line,
			   struct pdg_error *err)
{
	struct pdg_bytes text;
	size_t quote;

	if (pdg_bytes_starts(*rest, "\"")) {
		*rest = pdg_bytes_from(*rest, 1);
		quote = pdg_bytes_find_byte(*rest, '"', 0);
		if (quote == SIZE_MAX)
			return pdg_reject(err, "SSH-2", "the principals' quote does not end");
		text = pdg_bytes_head(*rest, quote);
		*rest = pdg_bytes_from(*rest, quote + 1);
	} else {
		text = peek_word(*rest);
		*rest = pdg_bytes_from(*rest, text.n);
		if (pdg_bytes_find_byte(text, '"', 0) != SIZE_MAX)
			return pdg_reject(err, "SSH-2", "a quote stands inside the principals");
	}
	if (!pdg_sshpattern_list_valid(text))
		return pdg_reject(err, "SSH-2", "one of the principals is empty");
	if (rest->n == 0 || !is_blank(rest->p[0]))
		return pdg_reject(err, "SSH-2", "no key follows the principals");
	skip_blanks(rest);
	return keep(text, &line->principals, err);
}

/*
 * YYYYMMDD[HHMM[SS]][Z|UTC], OpenSSH's own form. Without a zone it is UTC too, where ssh-keygen
 * takes that of the machine: a verdict must be the same on every one.
 */
static int read_time(struct pdg_bytes in, int64_t *out, struct pdg_error *err)
{
	char text[] = "0000-00-00T00:00:00Z";
	static const uint8_t places[] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};

	if (pdg_bytes_ends(in, "UTC"))
		in.n -= 3;
	else if (pdg_bytes_ends(in, "Z"))
		in.n -= 1;
	if (in.n != 8 && in.n != 12 && in.n != 14)
		return pdg_reject(err, "SSH-2",
				  "a time is not YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS");
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < '0' || in.p[i] > '9')
			return pdg_reject(err, "SSH-2", "a time has a character that is no digit");
		text[places[i]] = (char)in.p[i];
	}
	if (pdg_time_parse(pdg_bytes_str(text), out, NULL) < 0)
		return pdg_reject(err, "SSH-2", "there is no such time as %s", text);
	return 0;
}

static int set_authority(struct pdg_allowed_line *line, struct pdg_bytes value,
			 struct pdg_error *err)
{
	(void)value;
	(void)err;
	line->cert_authority = true;
	return 0;
}

static int set_namespaces(struct pdg_allowed_line *line, struct pdg_bytes value,
			  struct pdg_error *err)
{
	if (!pdg_sshpattern_list_valid(value))
		return pdg_reject(err, "SSH-2", "one of the namespaces is empty");
	return keep(value, &line->namespaces, err);
}

static int set_after(struct pdg_allowed_line *line, struct pdg_bytes value, struct pdg_error *err)
{
	line->has_after = true;
	return read_time(value, &line->valid_after, err);
}

static int set_before(struct pdg_allowed_line *line, struct pdg_bytes value, struct pdg_error *err)
{
	line->has_before = true;
	return read_time(value, &line->valid_before, err);
}

static const struct option {
	const char *name;
	bool has_value;
	int (*set)(struct pdg_allowed_line *line, struct pdg_bytes value, struct pdg_error *err);
} options[] = {
	{"cert-authority", false, set_authority},
	{"namespaces", true, set_namespaces},
	{"valid-after", true, set_after},
	{"valid-before", true, set_before},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* Keywords are case-insensitive. */
static const struct option *find_option(struct pdg_bytes name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (name.n == strlen(options[i].name) &&
		    strncasecmp((const char *)name.p, options[i].name, name.n) == 0)
			return &options[i];
	return NULL;
}

/* A quoted value; \" in it stands for a quote, as ssh-keygen reads it. */
static bool take_value(struct pdg_bytes *rest, struct pdg_buf *out)
{
	size_t i = 1;

	if (!pdg_bytes_starts(*rest, "\""))
		return false;
	while (i < rest->n && rest->p[i] != '"') {
		if (rest->p[i] == '\\' && i + 1 < rest->n && rest->p[i + 1] == '"')
			i++;
		pdg_buf_putc(out, rest->p[i]);
		i++;
	}
	if (i >= rest->n)
		return false;
	*rest = pdg_bytes_from(*rest, i + 1);
	return true;
}

static int take_option(struct pdg_bytes *rest, struct pdg_allowed_line *line, bool *seen,
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf value = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	const struct option *option;
	struct pdg_bytes name;
	size_t n = 0;
	int rc;

	while (n < rest->n && rest->p[n] != '=' && rest->p[n] != ',' && !is_blank(rest->p[n]))
		n++;
	name = pdg_bytes_head(*rest, n);
	option = find_option(name);
	if (!option)
		return pdg_reject(err, "SSH-2", "\"%.*s\" is neither a key type nor an option",
				  (int)pdg_bytes_head(name, 64).n, (const char *)name.p);
	if (seen[option - options])
		return pdg_reject(err, "SSH-2", "option %s is given twice", option->name);
	seen[option - options] = true;
	*rest = pdg_bytes_from(*rest, n);
	if (pdg_bytes_starts(*rest, "=") != option->has_value)
		return pdg_reject(err, "SSH-2", "option %s takes %s", option->name,
				  option->has_value ? "a value" : "no value");
	if (option->has_value) {
		*rest = pdg_bytes_from(*rest, 1);
		if (!take_value(rest, &value))
			return pdg_reject(err, "SSH-2", "option %s has no quoted value",
					  option->name);
		rc = pdg_buf_check(&value, err);
		if (rc < 0)
			return rc;
	}
	return option->set(line, pdg_buf_bytes(&value), err);
}

static int take_options(struct pdg_bytes *rest, struct pdg_allowed_line *line,
			struct pdg_error *err)
{
	bool seen[OPTIONS] = {false};
	int rc;

	for (;;) {
		rc = take_option(rest, line, seen, err);
		if (rc < 0)
			return rc;
		if (rest->n == 0 || is_blank(rest->p[0]))
			break;
		if (rest->p[0] != ',')
			return pdg_reject(err, "SSH-2", "no comma stands between two options");
		*rest = pdg_bytes_from(*rest, 1);
	}
	if (line->has_after && line->has_before && line->valid_before <= line->valid_after)
		return pdg_reject(err, "SSH-2", "valid-before is not later than valid-after");
	skip_blanks(rest);
	return 0;
}

/* A key of a judged type must be one; of another type, only its name is looked at. */
static int take_key(struct pdg_bytes rest, struct pdg_allowed_line *line, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_SSH_BLOB);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	struct pdg_bytes type = peek_word(rest);
	struct pdg_error inner = {0};
	int rc;

	if (!pdg_sshkey_type_known(type, &line->judged))
		return pdg_reject(err, "SSH-2", "\"%.*s\" is no key type that is known",
				  (int)pdg_bytes_head(type, 64).n, (const char *)type.p);
	/* PROTOCOL.certkeys: a CA is a plain key. Whoever wrote this meant something else. */
	if (line->cert_authority && pdg_sshcert_type(type, NULL))
		return pdg_reject(err, "SSH-2", "the authority's key is a certificate");
	rc = pdg_sshkey_line(rest, &blob, err);
	if (rc < 0)
		return rc;
	if (line->judged) {
		rc = pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &inner);
		if (rc == PDG_E_NOMEM)
			return pdg_nomem(err);
		if (rc < 0)
			return pdg_reject(err, "SSH-2", "%s", inner.text);
	}
	line->blob = pdg_calloc(1, blob.n);
	if (!line->blob)
		return pdg_nomem(err);
	memcpy(line->blob, blob.p, blob.n);
	line->blob_len = blob.n;
	return 0;
}

int pdg_allowed_line_parse(struct pdg_bytes text, struct pdg_allowed_line *out,
			   struct pdg_error *err)
{
	PDG_AUTO(allowed_line) struct pdg_allowed_line line = {0};
	struct pdg_bytes rest = text;
	bool judged;
	int rc;

	for (size_t i = 0; i < text.n; i++)
		if ((text.p[i] < ' ' && text.p[i] != '\t') || text.p[i] == 0x7F)
			return pdg_reject(err, "SSH-2", "a control character stands in it");
	skip_blanks(&rest);
	rc = take_principals(&rest, &line, err);
	if (rc < 0)
		return rc;
	if (!pdg_sshkey_type_known(peek_word(rest), &judged)) {
		rc = take_options(&rest, &line, err);
		if (rc < 0)
			return rc;
	}
	rc = take_key(rest, &line, err);
	if (rc < 0)
		return rc;
	*out = line;
	line = (struct pdg_allowed_line){0};
	return 0;
}
