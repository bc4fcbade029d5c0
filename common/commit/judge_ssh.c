/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SSH signatures of commits and tags: is it right, is its key listed for this time and person, and
 * not revoked? The signature brings its key along: it is checked before anybody asks whose it is.
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

/* The best that any list says of the key. @address NULL: whoever the line names. */
static enum pdg_signer_find find(const struct pdg_signers *s, const struct pdg_sshkey *key,
				 int64_t at, const char *address, const char **out_principals)
{
	enum pdg_signer_find best = PDG_SIGNER_UNKNOWN;
	size_t i;

	for (i = 0; i < s->n_lists; i++) {
		const char *principals = NULL;
		enum pdg_signer_find f = pdg_allowed_signers_find(s->lists[i], key, NAMESPACE, at,
								  address, &principals);

		if (rank(f) < rank(best)) {
			best = f;
			*out_principals = principals;
		}
	}
	return best;
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
	return pdg_verdict_not(v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
			       "signed by the SSH key %s, which the policy does not name",
			       v->fingerprint);
}

static int judge_key(const struct pdg_signers *s, const struct pdg_signed *o,
		     const struct pdg_sshkey *key, struct pdg_verdict *v, struct pdg_error *err)
{
	PDG_AUTO(mem) char *address = NULL;
	const char *principals = NULL;
	enum pdg_signer_find f;

	if (pdg_ssh_set_has(&s->revoked, v->fingerprint))
		return pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5", "the key %s is revoked",
				       v->fingerprint);
	/* "" is no address that a pattern may match. */
	address = pdg_bytes_dup(o->person ? o->person->email : pdg_bytes(NULL, 0));
	if (!address)
		return pdg_nomem(err);
	f = find(s, key, o->at, address, &principals);
	if (f == PDG_SIGNER_FOUND && !address[0])
		f = PDG_SIGNER_WRONG_NAME;
	if (f == PDG_SIGNER_FOUND && strlen(address) < sizeof(v->signer_address))
		memcpy(v->signer_address, address, strlen(address) + 1);
	if (f != PDG_SIGNER_FOUND && !s->require_committer_match)
		f = find(s, key, o->at, NULL, &principals);
	if (principals)
		pdg_buf_puts(&v->signer, principals);
	return judge_listed(s, o, f, v);
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
	const struct pdg_sshkey *key;
	struct pdg_error inner = {0};
	const char *fingerprint;
	int rc;

	if (pdg_sshsig_parse(o->signature, &sig, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	key = pdg_sshsig_key(sig);
	fingerprint = pdg_sshkey_fingerprint(key);
	if (strlen(fingerprint) != PDG_SSH_FINGERPRINT_LEN)
		return pdg_fail(err, PDG_E_INTERNAL, "an SSH fingerprint of another length");
	memcpy(v->fingerprint, fingerprint, PDG_SSH_FINGERPRINT_LEN + 1);
	if (pdg_sshsig_verify(sig, NAMESPACE, o->payload, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	rc = check_other(o, sig, v, err);
	if (rc < 0 || v->why.code)
		return rc;
	return judge_key(s, o, key, v, err);
}

int pdg_signers_ssh_unfit(const struct pdg_signers *s, struct pdg_bytes line, const char *address,
			  int64_t at, const char **out_why, struct pdg_error *err)
{
	static const char *const why[] = {
		[PDG_SIGNER_FOUND] = NULL,
		[PDG_SIGNER_UNKNOWN] = "is none that the policy names",
		[PDG_SIGNER_EXPIRED] = "has expired",
		[PDG_SIGNER_NOT_YET] = "is not valid yet",
		[PDG_SIGNER_WRONG_NAME] = "is not listed for the committer's address",
	};
	PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
	const char *principals = NULL;
	int rc = pdg_sshkey_line(line, &blob, err);

	if (rc == 0)
		rc = pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, err);
	if (rc < 0)
		return rc;
	if (!s->require_committer_match)
		address = NULL;
	if (pdg_ssh_set_has(&s->revoked, pdg_sshkey_fingerprint(key)))
		*out_why = "is revoked";
	else
		*out_why = why[find(s, key, at, address, &principals)];
	return 0;
}
