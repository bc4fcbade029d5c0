/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of pre-receive, and once more of post-receive, where the policy asks who pushed. What git
 * says of the certificate in the environment is taken for where it is and for the nonce alone,
 * which only git knows; who signed what is judged here, from the blob.
 */
#include "gate/certificate.h"

#include <stdlib.h>

#include "crypto/digest.h"
#include "util/codec.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define FOLDER	  "certificates"
#define NONCE_MAX 256 /* a stamp, a minus, the hex digits of an HMAC (builtin/receive-pack.c) */

void pdg_certificate_init(struct pdg_certificate *c)
{
	*c = (struct pdg_certificate){.cert = NULL};
	pdg_buf_init(&c->raw, PDG_LIMIT_PUSH_INPUT);
}

void pdg_certificate_done(struct pdg_certificate *c)
{
	pdg_pushcert_free(c->cert);
	free(c->pusher);
	pdg_buf_done(&c->raw);
	*c = (struct pdg_certificate){.cert = NULL};
}

int pdg_certificate_wanted(struct pdg_gate *g, const struct pdg_push *push, bool *out,
			   struct pdg_error *err)
{
	bool found = false;
	size_t i;

	for (i = 0; g->section->pusher_from == PDG_PUSHER_CERTIFICATE && !found && i < push->n;
	     i++) {
		PDG_AUTO(mem) char *ref = NULL;
		int rc = pdg_gate_protected(g, &push->v[i], &ref, err);

		if (rc < 0)
			return rc;
		found = ref != NULL;
	}
	*out = found;
	return 0;
}

int pdg_certificate_asked(const struct pdg_repo *r, struct pdg_error *err)
{
	PDG_AUTO(mem) char *seed = NULL;
	int rc = pdg_repo_config(r, "receive.certNonceSeed", &seed, err);

	if (rc < 0 || (seed && seed[0]))
		return rc;
	rc = pdg_reject(
		err, "PSH-19",
		"the policy has pusherFrom = certificate, but \"%s\" has no receive.certNonceSeed: git "
		"asks nobody for a push certificate",
		pdg_repo_commondir(r));
	pdg_fix(err,
		"on the server: git -C DIR config receive.certNonceSeed \"$(openssl rand -hex 32)\"");
	return rc;
}

/* No certificate came: because nobody was asked for one, or because nobody signed. */
static int no_certificate(const struct pdg_gate *g, struct pdg_error *err)
{
	int rc = pdg_certificate_asked(g->repo, err);

	if (rc < 0)
		return rc;
	rc = pdg_reject(err, "PSH-14",
			"this push is not signed, and the policy of %s wants to know who pushes",
			g->section->uri);
	pdg_fix(err, "git push --signed, or once for every push: git config push.gpgSign if-asked");
	return rc;
}

/* A variable of git's with printable characters and no space in it; "" when it is not set. */
static int take_word(const char *name, const char **out, struct pdg_error *err)
{
	const char *value = getenv(name);
	size_t i;

	*out = value ? value : "";
	for (i = 0; (*out)[i]; i++) {
		if ((*out)[i] <= 0x20 || (*out)[i] >= 0x7F || i == NONCE_MAX)
			return pdg_reject(err, "PSH-9", "%s is not of git's form", name);
	}
	return 0;
}

/* What git says of the nonce, in words for who pushed (git-receive-pack(1)). */
static const char *nonce_fault(const char *status)
{
	static const char *const words[][2] = {
		{"MISSING", "has no nonce, which this server gave"},
		{"UNSOLICITED", "has a nonce that this server did not give"},
		{"BAD", "has the nonce of another push, or of another server"},
		{"SLOP", "has a nonce that is too old"},
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(status, words[i][0]) == 0)
			return words[i][1];
	}
	return "has a nonce of which git does not say that it is good";
}

static int bad_nonce(const char *what, struct pdg_error *err)
{
	int rc = pdg_reject(err, "PSH-17", "the push certificate %s", what);

	pdg_fix(err,
		"push again; over HTTP, when that fails again, the server needs receive.certNonceSlop");
	return rc;
}

static int check_nonce(const struct pdg_pushcert *c, struct pdg_error *err)
{
	const char *status;
	const char *given;
	int rc = take_word("GIT_PUSH_CERT_NONCE_STATUS", &status, err);

	if (rc == 0)
		rc = take_word("GIT_PUSH_CERT_NONCE", &given, err);
	if (rc < 0)
		return rc;
	if (strcmp(status, "OK") != 0)
		return bad_nonce(nonce_fault(status), err);
	if (!given[0] || !pdg_bytes_eq_str(c->nonce, given))
		return bad_nonce("has another nonce than git says", err);
	return 0;
}

/* Is the object name @cert (of the certificate) what the hook was told? Zeros are "" there. */
static bool same_name(struct pdg_bytes cert, const char *told)
{
	size_t i;

	if (told[0])
		return pdg_bytes_eq_str(cert, told);
	for (i = 0; i < cert.n && cert.p[i] == '0'; i++)
		;
	return i == cert.n;
}

static bool same_command(const struct pdg_pushcert_command *c, const struct pdg_update *u)
{
	return same_name(c->old, u->old) && same_name(c->new, u->new) &&
	       pdg_bytes_eq_str(c->ref, u->ref);
}

/* git takes its commands from the certificate, in their order; after the push, those that stand. */
static int check_commands(const struct pdg_pushcert *c, const struct pdg_push *push, bool accepted,
			  struct pdg_error *err)
{
	size_t at = 0;
	size_t i;

	for (i = 0; i < push->n; i++) {
		while (accepted && at < c->n_commands &&
		       !same_command(&c->commands[at], &push->v[i]))
			at++;
		if (at == c->n_commands || !same_command(&c->commands[at], &push->v[i]))
			return pdg_reject(
				err, "PSH-16",
				"the push certificate is not of this push: it does not move %s as the push does",
				push->v[i].ref);
		at++;
	}
	if (!accepted && at < c->n_commands)
		return pdg_reject(
			err, "PSH-16",
			"the push certificate is not of this push: it moves %zu refs more",
			c->n_commands - at);
	return 0;
}

/*
 * One identity, or a pattern that many have, or a list? (ssh-keygen(1), ALLOWED SIGNERS, PATTERNS.)
 * A comma is part of some names that are no SSH principals.
 */
static bool is_identity(const struct pdg_verdict *v)
{
	struct pdg_bytes signer = pdg_buf_bytes(&v->signer);
	const char *many = v->format == PDG_SIG_SSH ? "*?!," : "*?!";
	size_t i;

	for (i = 0; i < signer.n; i++) {
		if (signer.p[i] != '\0' && strchr(many, signer.p[i]))
			return false;
	}
	return signer.n > 0;
}

static int check_signer(const struct pdg_gate *g, struct pdg_certificate *c, struct pdg_error *err)
{
	PDG_AUTO(verdict) struct pdg_verdict v = PDG_VERDICT_INIT;
	int rc;

	rc = pdg_judge_pushcert(g->signers, c->cert, g->at, &v, err);
	if (rc < 0)
		return pdg_context(err, rc, "push certificate");
	if (v.result != PDG_RESULT_GOOD) {
		rc = pdg_reject(err, "PSH-18", "the push certificate is %s: %s (%s)",
				pdg_result_name(v.result), v.why.text, v.why.rule);
		pdg_fix(err,
			"sign pushes as commits, with a key that the policy names: git config user.signingKey KEY, then git push --signed");
		return rc;
	}
	c->pusher = is_identity(&v) ? pdg_bytes_dup(pdg_buf_bytes(&v.signer))
				    : pdg_str_dup(v.fingerprint);
	return c->pusher ? 0 : pdg_nomem(err);
}

/* The blob that git stored, under the name that it gives. */
static int read_blob(const struct pdg_gate *g, const char *name, struct pdg_certificate *c,
		     struct pdg_error *err)
{
	struct pdg_error why = {.code = 0};
	int rc = pdg_repo_blob(g->repo, name, &c->raw, &why);

	if (rc == 0 || rc == PDG_E_NOMEM || rc == PDG_E_IO) {
		if (err && rc < 0)
			*err = why;
		return rc;
	}
	return pdg_reject(err, "PSH-15", "the push certificate cannot be read: %s", why.text);
}

int pdg_certificate_check(const struct pdg_gate *g, const struct pdg_push *push, bool accepted,
			  struct pdg_certificate *out, struct pdg_error *err)
{
	const char *name;
	int rc = take_word("GIT_PUSH_CERT", &name, err);

	if (rc < 0)
		return rc;
	if (!name[0])
		return no_certificate(g, err);
	rc = read_blob(g, name, out, err);
	if (rc == 0)
		rc = pdg_pushcert_parse(pdg_buf_bytes(&out->raw), &out->cert, err);
	if (rc == 0)
		rc = check_nonce(out->cert, err);
	if (rc == 0)
		rc = check_commands(out->cert, push, accepted, err);
	if (rc == 0)
		rc = check_signer(g, out, err);
	return rc < 0 ? rc : pdg_sha256_hex(out->cert->payload, out->name, err);
}

static int place_of(const struct pdg_place *p, const struct pdg_certificate *c, char **out_dir,
		    char **out_file, struct pdg_error *err)
{
	*out_dir = pdg_path_join(p->state, FOLDER);
	*out_file = *out_dir ? pdg_path_join(*out_dir, c->name) : NULL;
	return *out_file ? 0 : pdg_nomem(err);
}

int pdg_certificate_ready(const struct pdg_place *p, const struct pdg_certificate *c,
			  struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *file = NULL;
	int rc = place_of(p, c, &dir, &file, err);

	if (rc < 0)
		return rc;
	if (pdg_fs_exists(file))
		return bad_nonce("was accepted before", err);
	return pdg_place_ready(p, dir, "push certificates cannot be kept", err);
}

int pdg_certificate_keep(const struct pdg_place *p, const struct pdg_certificate *c,
			 struct pdg_error *err)
{
	PDG_AUTO(mem) char *dir = NULL;
	PDG_AUTO(mem) char *file = NULL;
	int rc = place_of(p, c, &dir, &file, err);

	if (rc == 0)
		rc = pdg_fs_private_dir(dir, err);
	if (rc == 0)
		rc = pdg_fs_write(file, pdg_buf_bytes(&c->raw), 0600, err);
	return pdg_context(err, rc, "the push certificate was not kept");
}

int pdg_certificate_count(const struct pdg_place *p, size_t *out, struct pdg_error *err)
{
	PDG_AUTO(names) struct pdg_names names = {NULL, 0};
	PDG_AUTO(mem) char *dir = pdg_path_join(p->state, FOLDER);
	int rc = dir ? 0 : pdg_nomem(err);

	if (rc == 0 && pdg_fs_exists(dir))
		rc = pdg_fs_list(dir, PDG_LIMIT_OUTBOX, &names, err);
	if (rc == 0)
		*out = names.n;
	return rc;
}
