/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH signatures of commits and tags: is it right, is its key, or the CA of its certificate, listed
 * for this time and person, and not revoked? The signature brings its key along: it is checked
 * before anybody asks whose it is.
 */
#include "commit/signers.h"

#include "crypto/sshsig.h"
#include "util/limits.h"

#define NAMESPACE "git"

/* Nearest to good first. */
static int rank(enum pdg_signer_find f)
{
	switch (f) {
	case PDG_SIGNER_FOUND:
		return 0;
	case PDG_SIGNER_EXPIRED:
		return 1;
	case PDG_SIGNER_NOT_YET:
		return 2;
	case PDG_SIGNER_WRONG_NAME:
		return 3;
	case PDG_SIGNER_UNKNOWN:
		break;
	}
	return 4;
}

/* Who signed: a key, alone or through a certificate. Borrowed. */
struct who {
	const struct pdg_sshkey *key;
	const struct pdg_sshcert *cert; /* or NULL */
	uint8_t flags;			/* of a security key's signature */
};

struct answer {
	enum pdg_signer_find f;
	struct pdg_bytes name; /* the line's principals, or the certificate's that counts */
};

/* The best that any list says of it. @address NULL: whoever the line names. */
static struct answer find(const struct pdg_signers *s, const struct who *who, int64_t at,
			  const char *address)
{
	struct answer best = {.f = PDG_SIGNER_UNKNOWN};
	size_t i;

	for (i = 0; i < s->n_lists; i++) {
		struct answer a = {.f = PDG_SIGNER_UNKNOWN};
		const char *principals = NULL;

		if (who->cert) {
			a.f = pdg_allowed_signers_find_cert(s->lists[i], who->cert, NAMESPACE, at,
							    address, &a.name);
		} else {
			a.f = pdg_allowed_signers_find(s->lists[i], who->key, NAMESPACE, at,
						       address, &principals);
			a.name = pdg_bytes_str(principals);
		}
		if (rank(a.f) < rank(best.f))
			best = a;
	}
	return best;
}

/* What of it a revocation list names: the key, its certificate or that one's CA. NULL: nothing. */
static int find_revoked(const struct pdg_signers *s, const struct who *who, const char **out_what,
			struct pdg_error *err)
{
	const char *what = NULL;
	int rc = 0;

	if (pdg_ssh_set_has(&s->revoked, pdg_sshkey_fingerprint(who->key)))
		what = "the key";
	else if (who->cert && pdg_ssh_set_has(&s->revoked, pdg_sshkey_fingerprint(who->cert->ca)))
		what = "the key of the certificate's authority";
	for (size_t i = 0; rc == 0 && !what && i < s->n_krls; i++)
		rc = pdg_sshkrl_find(s->krls[i], who->key, who->cert, &what, err);
	if (rc == 0)
		*out_what = what;
	return rc;
}

/* Put into words what @f says. A key that no list has may still be a forge's. */
static int judge_listed(const struct pdg_signers *s, const struct pdg_signed *o,
			enum pdg_signer_find f, struct pdg_verdict *v)
{
	switch (f) {
	case PDG_SIGNER_FOUND:
		return 0;
	case PDG_SIGNER_EXPIRED:
		return pdg_verdict_not(v, PDG_RESULT_EXPIRED_KEY, "SGN-6", "the key %s has expired",
				       v->fingerprint);
	case PDG_SIGNER_NOT_YET:
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-8",
				       "the key %s is not valid yet", v->fingerprint);
	case PDG_SIGNER_WRONG_NAME:
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-9",
				       "the %s's address is none of the key %s", o->role,
				       v->fingerprint);
	case PDG_SIGNER_UNKNOWN:
		break;
	}
	v->forge = pdg_ssh_set_has(&s->forge_ssh, v->fingerprint);
	if (v->forge)
		return 0;
	return pdg_verdict_not(
		v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
		"signed by the SSH key %s, which the policy does not name for commits",
		v->fingerprint);
}

/* The same of a certificate, once its CA is known; it is never a forge's. */
static int judge_certified(const struct pdg_signed *o, const struct who *who,
			   enum pdg_signer_find f, struct pdg_verdict *v)
{
	const char *whose = pdg_sshcert_when(who->cert, o->at) ? "certificate" : "authority";
	const char *unfit = pdg_sshcert_unfit(who->cert, who->flags);

	if (f == PDG_SIGNER_UNKNOWN)
		return pdg_verdict_not(
			v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
			"the SSH key %s is certified by %s, for which the policy has no "
			"cert-authority line",
			v->fingerprint, pdg_sshkey_fingerprint(who->cert->ca));
	if (unfit)
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-8", "the key %s %s",
				       v->fingerprint, unfit);
	if (f == PDG_SIGNER_EXPIRED)
		return pdg_verdict_not(v, PDG_RESULT_EXPIRED_KEY, "SGN-6",
				       "the %s of the key %s has expired", whose, v->fingerprint);
	if (f == PDG_SIGNER_NOT_YET)
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-8",
				       "the %s of the key %s is not valid yet", whose,
				       v->fingerprint);
	if (f == PDG_SIGNER_WRONG_NAME)
		return pdg_verdict_not(
			v, PDG_RESULT_NOT_ALLOWED, "SGN-9",
			"the %s's address is none that the certificate of the key %s "
			"and its authority's line both name",
			o->role, v->fingerprint);
	return 0;
}

static int judge_who(const struct pdg_signers *s, const struct pdg_signed *o, const struct who *who,
		     struct pdg_verdict *v, struct pdg_error *err)
{
	PDG_AUTO(mem) char *address = NULL;
	const char *revoked = NULL;
	struct answer a;
	int rc = find_revoked(s, who, &revoked, err);

	if (rc < 0)
		return rc;
	if (revoked)
		return pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5", "%s is revoked: %s",
				       revoked, v->fingerprint);
	/* "" is no address that a pattern may match. */
	address = pdg_bytes_dup(o->person ? o->person->email : pdg_bytes(NULL, 0));
	if (!address)
		return pdg_nomem(err);
	a = find(s, who, o->at, address);
	if (a.f == PDG_SIGNER_FOUND && !address[0])
		a.f = PDG_SIGNER_WRONG_NAME;
	if (a.f == PDG_SIGNER_FOUND && strlen(address) < sizeof(v->signer_address))
		memcpy(v->signer_address, address, strlen(address) + 1);
	if (a.f != PDG_SIGNER_FOUND && (o->anyone || !s->require_committer_match))
		a = find(s, who, o->at, NULL);
	pdg_buf_put(&v->signer, a.name);
	if (!who->cert)
		return judge_listed(s, o, a.f, v);
	rc = judge_certified(o, who, a.f, v);
	if (rc == 0 && (v->why.code == 0 || v->result == PDG_RESULT_NOT_ALLOWED))
		(void)pdg_verdict_revoked(s, o, pdg_sshkey_fingerprint(who->cert->ca), v);
	return rc;
}

/* git signs both forms of an object with one key; anything else was put there by somebody. */
static int check_other(const struct pdg_signed *o, const struct pdg_sshsig *sig,
		       struct pdg_verdict *v, struct pdg_error *err)
{
	struct pdg_error inner = {0};

	if (o->other_format == PDG_SIG_NONE)
		return 0;
	if (o->other_format != PDG_SIG_SSH)
		return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7",
				       "the second signature is none of an SSH key");
	if (pdg_sshsig_twin(sig, o->other_signature, o->payload, &inner) == 0)
		return 0;
	if (!pdg_verdict_is(&inner))
		return pdg_fail(err, inner.code, "%s", inner.text);
	return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7", "the second signature: %s",
			       inner.text);
}

int pdg_judge_ssh(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		  struct pdg_error *err)
{
	PDG_AUTO(sshsig) struct pdg_sshsig *sig = NULL;
	struct pdg_error inner = {0};
	const char *fingerprint;
	struct who who;
	int rc;

	if (pdg_sshsig_parse(o->signature, &sig, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	who = (struct who){pdg_sshsig_key(sig), pdg_sshsig_cert(sig), pdg_sshsig_flags(sig)};
	fingerprint = pdg_sshkey_fingerprint(who.key);
	if (strlen(fingerprint) != PDG_SSH_FINGERPRINT_LEN)
		return pdg_fail(err, PDG_E_INTERNAL, "an SSH fingerprint of another length");
	memcpy(v->fingerprint, fingerprint, PDG_SSH_FINGERPRINT_LEN + 1);
	if (pdg_sshsig_verify(sig, NAMESPACE, o->payload, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	rc = check_other(o, sig, v, err);
	if (rc < 0 || v->why.code)
		return rc;
	return judge_who(s, o, &who, v, err);
}

/* Words for what find() says, of a key alone and of a certificate. */
static const struct {
	const char *key;
	const char *cert;
} unfit_words[] = {
	[PDG_SIGNER_FOUND] = {NULL, NULL},
	[PDG_SIGNER_UNKNOWN] = {"is none that the policy names",
				"is certified by an authority that the policy does not name"},
	[PDG_SIGNER_EXPIRED] = {"has expired", "has a certificate or authority that has expired"},
	[PDG_SIGNER_NOT_YET] = {"is not valid yet",
				"has a certificate or authority that is not valid yet"},
	[PDG_SIGNER_WRONG_NAME] = {"is not listed for the committer's address",
				   "is not certified and listed for the committer's address"},
};

static int find_unfit(const struct pdg_signers *s, const struct who *who, const char *address,
		      int64_t at, const char **out_why, struct pdg_error *err)
{
	const struct pdg_sshkey *ca = who->cert ? who->cert->ca : NULL;
	const char *revoked = NULL;
	enum pdg_signer_find f;
	int rc = find_revoked(s, who, &revoked, err);

	if (rc < 0)
		return rc;
	f = find(s, who, at, s->require_committer_match ? address : NULL).f;
	*out_why = who->cert ? unfit_words[f].cert : unfit_words[f].key;
	if (revoked || pdg_signers_revoke(s, pdg_sshkey_fingerprint(who->key), at) ||
	    (ca && pdg_signers_revoke(s, pdg_sshkey_fingerprint(ca), at)))
		*out_why = "is revoked";
	else if (ca && f != PDG_SIGNER_UNKNOWN && pdg_sshcert_unfit(who->cert, who->flags))
		*out_why = pdg_sshcert_unfit(who->cert, who->flags);
	return 0;
}

int pdg_signers_ssh_unfit(const struct pdg_signers *s, struct pdg_bytes line, const char *address,
			  int64_t at, const char **out_why, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	PDG_AUTO(sshcert) struct pdg_sshcert *cert = NULL;
	/* Whether somebody will be verified cannot be told beforehand. */
	struct who who = {.flags = PDG_SSH_USER_VERIFIED};
	int rc = pdg_sshkey_line(line, &blob, err);

	if (rc == 0 && pdg_sshcert_is(pdg_buf_bytes(&blob)))
		rc = pdg_sshcert_parse(pdg_buf_bytes(&blob), &cert, err);
	else if (rc == 0)
		rc = pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, err);
	if (rc == 0 && cert)
		rc = pdg_sshcert_verify(cert, err);
	if (rc < 0)
		return rc;
	who.key = cert ? cert->key : key;
	who.cert = cert;
	return find_unfit(s, &who, address, at, out_why, err);
}
