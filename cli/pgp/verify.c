/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "pedigree-pgp verify": the other end of common/crypto/pgp_gnupg.c. One request is read, answered
 * and forgotten before the next; what stays is the certificates, each in a folder where it is
 * alone. A request that is not of its form ends the conversation without an answer.
 */
#include "verify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "crypto/pgp_bind.h"
#include "gnupg.h"
#include "home.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/size.h"

struct server {
	const char *home;
	gpgme_ctx_t ctx; /* NULL until the first certificate */
	char **homes;
	size_t n;
	size_t cap;
};

static void server_done(struct server *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->homes[i]);
	free(s->homes);
	if (s->ctx)
		gpgme_release(s->ctx);
}
PDG_AUTO_DEFINE_VALUE(server, struct server, server_done)

/* Exactly @n bytes; *@out_end: it ended before the first. */
static int hear(uint8_t *p, size_t n, bool *out_end, struct pdg_error *err)
{
	size_t at = 0;

	while (at < n) {
		ssize_t got = read(STDIN_FILENO, p + at, n - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return pdg_fail(err, PDG_E_IO, "standard input cannot be read: %s",
					strerror(errno));
		if (got == 0 && at == 0 && out_end) {
			*out_end = true;
			return 0;
		}
		if (got == 0)
			return pdg_fail(err, PDG_E_FORMAT, "standard input ends within a request");
		at += (size_t)got;
	}
	return 0;
}

static int hear_part(size_t n, struct pdg_buf *out, struct pdg_error *err)
{
	uint8_t *p = n ? pdg_buf_room(out, n) : NULL;

	return p ? hear(p, n, NULL, err) : pdg_buf_check(out, err);
}

static int say(struct pdg_bytes in, struct pdg_error *err)
{
	while (in.n > 0) {
		ssize_t n = write(STDOUT_FILENO, in.p, in.n);

		if (n < 0 && errno != EINTR)
			return pdg_fail(err, PDG_E_IO, "standard output cannot be written: %s",
					strerror(errno));
		if (n > 0)
			in = pdg_bytes_from(in, (size_t)n);
	}
	return 0;
}

/* GnuPG on the folder of one certificate. */
static int use_home(struct server *s, const char *home, struct pdg_error *err)
{
	if (s->ctx) {
		gpgme_release(s->ctx);
		s->ctx = NULL;
	}
	return gnupg_open(home, &s->ctx, err);
}

static int take_cert(struct server *s, struct pdg_bytes packets, struct pdg_error *err)
{
	PDG_AUTO(pgp_bounds) struct pdg_pgp_bounds keys = {0};
	PDG_AUTO(mem) char *home = NULL;
	int rc = pdg_pgp_bind_read(packets, &keys, err);

	if (rc < 0)
		return rc;
	rc = pdg_array_grow(&s->homes, s->n, &s->cap, sizeof(*s->homes), PDG_LIMIT_KEYS);
	if (rc == PDG_E_LIMIT)
		return pdg_fail(err, PDG_E_LIMIT, "more than %d certificates", PDG_LIMIT_KEYS);
	if (rc < 0)
		return pdg_nomem(err);
	rc = home_make_below(s->home, s->n, &home, err);
	if (rc == 0)
		rc = use_home(s, home, err);
	if (rc == 0)
		rc = gnupg_import(s->ctx, packets, err);
	if (rc == 0)
		s->homes[s->n++] = PDG_TAKE(home);
	return rc;
}

/* Folders below /tmp are swept by some systems; gpg would then only say that it knows no key. */
static int check_ring(const char *home, struct pdg_error *err)
{
	PDG_AUTO(mem) char *ring = pdg_path_join(home, "pubring.kbx");

	if (!ring)
		return pdg_nomem(err);
	return pdg_fs_exists(ring) ? 0 : pdg_fail(err, PDG_E_IO, "the ring \"%s\" is gone", ring);
}

static int check(struct server *s, const struct pdg_pgp_request *r, const struct pdg_buf *parts,
		 struct pdg_pgp_answer *out, char *why, struct pdg_error *err)
{
	int rc;

	if (r->cert >= s->n)
		return pdg_fail(err, PDG_E_FORMAT, "a certificate that was not given");
	rc = use_home(s, s->homes[r->cert], err);
	if (rc == 0)
		rc = check_ring(s->homes[r->cert], err);
	if (rc < 0)
		return rc;
	return gnupg_verify(s->ctx, pdg_buf_bytes(&parts[0]), pdg_buf_bytes(&parts[1]), out, why,
			    err);
}

static int answer(struct server *s, const struct pdg_pgp_request *r, const struct pdg_buf *parts,
		  struct pdg_error *err)
{
	struct pdg_pgp_answer a = {.said = PDG_PGP_SAID_TAKEN};
	char why[PDG_PGP_ANSWER_TEXT + 1] = "";
	uint8_t head[PDG_PGP_ANSWER_HEAD];
	struct pdg_error inner = {0};
	int rc;

	if (r->kind == PDG_PGP_ASK_CERT)
		rc = take_cert(s, pdg_buf_bytes(&parts[0]), &inner);
	else
		rc = check(s, r, parts, &a, why, &inner);
	if (rc < 0) {
		size_t n = strnlen(inner.text, PDG_PGP_ANSWER_TEXT);

		a = (struct pdg_pgp_answer){.said = PDG_PGP_SAID_FAILED, .text_n = n};
		memcpy(why, inner.text, n);
	}
	pdg_pgp_answer_put(&a, head);
	rc = say(pdg_bytes(head, sizeof(head)), err);
	return rc == 0 ? say(pdg_bytes(why, a.text_n), err) : rc;
}

/* One request. *@out_end: there was none. */
static int serve_one(struct server *s, bool *out_end, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf first = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(buf) struct pdg_buf second = PDG_BUF_INIT(PDG_LIMIT_GNUPG_PAYLOAD);
	uint8_t head[PDG_PGP_REQUEST_HEAD];
	struct pdg_pgp_request r;
	int rc = hear(head, sizeof(head), out_end, err);

	if (rc < 0 || *out_end)
		return rc;
	rc = pdg_pgp_request_read(head, &r, err);
	if (rc == 0)
		rc = hear_part(r.n[0], &first, err);
	if (rc == 0)
		rc = hear_part(r.n[1], &second, err);
	if (rc < 0)
		return rc;
	return answer(s, &r, (const struct pdg_buf[]){first, second}, err);
}

int verify_serve(const char *home, struct pdg_error *err)
{
	PDG_AUTO(server) struct server s = {.home = home};
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end)
		rc = serve_one(&s, &end, err);
	return rc;
}
