/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of pre-receive and post-receive where the policy asks who pushed: the certificate, line by
 * line in the one order in which git writes it (send-pack.c). What git's own reader would skip is
 * refused: a header twice, a line between the commands and the signature.
 */
#include "commit/pushcert.h"

#include <stdlib.h>

#include "commit/lines.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"

#define VERSION "certificate version 0.1"

struct reading {
	struct pdg_bytes rest;
	struct pdg_bytes line; /* the one that was taken last */
};

static int refuse(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "PSH-15", "the push certificate %s", what);
}

void pdg_pushcert_free(struct pdg_pushcert *c)
{
	if (!c)
		return;
	free(c->commands);
	free(c);
}

static int next(struct reading *r, struct pdg_error *err)
{
	size_t i;

	if (pdg_bytes_find_byte(r->rest, '\n', 0) == SIZE_MAX ||
	    !pdg_bytes_line(&r->rest, &r->line))
		return refuse(err, "is cut off");
	for (i = 0; i < r->line.n; i++) {
		if (r->line.p[i] < 0x20 || r->line.p[i] == 0x7F)
			return refuse(err, "holds a control character");
	}
	return 0;
}

/* The value of the line when it is the header @name, and then the next one. */
static int take_header(struct reading *r, const char *name, struct pdg_bytes *out, bool *out_found,
		       struct pdg_error *err)
{
	size_t n = strlen(name);

	*out_found = r->line.n > n && pdg_bytes_starts(r->line, name) && r->line.p[n] == ' ';
	if (!*out_found)
		return 0;
	*out = pdg_bytes_from(r->line, n + 1);
	if (out->n == 0)
		return refuse(err, "has a header without a value");
	return next(r, err);
}

/* Where the last space of @b stands, or SIZE_MAX. */
static size_t last_space(struct pdg_bytes b)
{
	size_t i = b.n;

	while (i > 0 && b.p[i - 1] != ' ')
		i--;
	return i ? i - 1 : SIZE_MAX;
}

/* "<key> <seconds> <zone>", from the right: the key's name may hold spaces, or end in one. */
static int split_pusher(struct pdg_bytes value, struct pdg_pushcert *c, struct pdg_error *err)
{
	size_t zone = last_space(value);
	size_t time = zone == SIZE_MAX ? zone : last_space(pdg_bytes_head(value, zone));
	uint64_t t;
	int minutes;

	if (time == SIZE_MAX || time == 0 ||
	    !pdg_zone_parse(pdg_bytes_from(value, zone + 1), &minutes) ||
	    !pdg_bytes_u64(pdg_bytes(value.p + time + 1, zone - time - 1), PDG_DATE_MAX, &t))
		return refuse(err, "has no date of its pusher");
	c->pusher = pdg_bytes_trim(pdg_bytes_head(value, time), " ");
	if (c->pusher.n == 0)
		return refuse(err, "names no pusher");
	return 0;
}

/* All lines up to the empty one. */
static int read_head(struct reading *r, struct pdg_pushcert *c, struct pdg_error *err)
{
	struct pdg_bytes value = {0};
	bool found = false;
	int rc = next(r, err);

	if (rc < 0)
		return rc;
	if (!pdg_bytes_eq_str(r->line, VERSION))
		return refuse(err, "is not of version 0.1");
	rc = next(r, err);
	if (rc == 0)
		rc = take_header(r, "pusher", &value, &found, err);
	if (rc == 0 && !found)
		return refuse(err, "names no pusher");
	if (rc == 0)
		rc = split_pusher(value, c, err);
	if (rc == 0)
		rc = take_header(r, "pushee", &value, &found, err);
	if (rc == 0)
		rc = take_header(r, "nonce", &c->nonce, &found, err);
	for (found = true; rc == 0 && found;)
		rc = take_header(r, "push-option", &value, &found, err);
	if (rc == 0 && r->line.n)
		return refuse(err, "has a header that is none of git's, or out of its place");
	return rc;
}

static bool take_command(struct pdg_bytes line, struct pdg_pushcert_command *out)
{
	size_t digits = pdg_bytes_find_byte(line, ' ', 0);

	if (digits != PDG_OID_SHA1 && digits != PDG_OID_SHA256)
		return false;
	out->old = pdg_bytes_head(line, digits);
	line = pdg_bytes_from(line, digits + 1);
	out->new = pdg_bytes_head(line, digits);
	out->ref = pdg_bytes_from(line, digits + 1);
	return pdg_is_hex(out->old, digits) && pdg_is_hex(out->new, digits) && line.n > digits &&
	       line.p[digits] == ' ' && out->ref.n > 0 &&
	       pdg_bytes_find_byte(out->ref, ' ', 0) == SIZE_MAX;
}

/* The commands, up to where the signature begins. */
static int read_commands(struct reading *r, struct pdg_pushcert *c, struct pdg_error *err)
{
	size_t cap = 0;

	while (!pdg_bytes_starts(r->rest, "-----BEGIN ")) {
		int rc = next(r, err);

		if (rc < 0)
			return rc;
		if (pdg_array_grow(&c->commands, c->n_commands, &cap, sizeof(*c->commands),
				   SIZE_MAX / sizeof(*c->commands)) < 0)
			return pdg_nomem(err);
		if (!take_command(r->line, &c->commands[c->n_commands]))
			return refuse(err, "has a line that is no command");
		c->n_commands++;
	}
	return c->n_commands ? 0 : refuse(err, "moves no ref");
}

int pdg_pushcert_parse(struct pdg_bytes raw, struct pdg_pushcert **out, struct pdg_error *err)
{
	PDG_AUTO(pushcert) struct pdg_pushcert *c = pdg_calloc(1, sizeof(*c));
	struct reading r = {.rest = raw};
	int rc;

	if (!c)
		return pdg_nomem(err);
	rc = read_head(&r, c, err);
	if (rc == 0)
		rc = read_commands(&r, c, err);
	if (rc < 0)
		return rc;
	c->signature = r.rest;
	c->payload = pdg_bytes_head(raw, raw.n - r.rest.n);
	if (c->signature.n > PDG_LIMIT_COMMIT_SIGNATURE)
		return refuse(err, "has a signature that is too large");
	if (pdg_bytes_find_byte(c->signature, '\0', 0) != SIZE_MAX)
		return refuse(err, "holds a NUL");
	if (pdg_sig_format_of(c->signature, &c->format, NULL) < 0)
		return refuse(err, "is not signed in a form that git knows");
	*out = PDG_TAKE(c);
	return 0;
}
