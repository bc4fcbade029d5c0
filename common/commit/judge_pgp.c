/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP signatures of commits and tags: is it right, was its key good at that time, and is the
 * person who committed the key's owner? What a key is, is GnuPG's word (crypto/pgp.h); what
 * follows from it is decided here.
 */
#include "commit/place_pgp.h"
#include "commit/signers.h"
#include "util/str.h"
#include "util/time.h"

static bool is_better(const struct pdg_pgp_place *p, const struct pdg_pgp_place *best, int64_t at)
{
	int more = best->key ? pdg_pgp_consent(p->key) - pdg_pgp_consent(best->key) : 1;

	if (more != 0)
		return more > 0;
	return pdg_pgp_place_revoked(p, at) ||
	       (pdg_pgp_place_expired(best, at) && !pdg_pgp_place_expired(p, at) &&
		!pdg_pgp_place_revoked(best, at));
}

/*
 * The key that the signature names, if any. Of several copies the one that most surely agrees to
 * its certificate comes first; among equals a revoked one decides, else one that has not expired:
 * key files are renewed one by one, and a revocation is never taken back.
 */
static int find_key(const struct pdg_pgp_sig *sig, struct pdg_pgp_ring *const *rings, size_t n,
		    int64_t at, struct pdg_pgp_place *out, struct pdg_error *err)
{
	struct pdg_pgp_place best = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		struct pdg_pgp_place p = {.ring = rings[i]};
		int rc = pdg_pgp_sig_find(sig, rings[i], &p.cert, &p.key, err);

		if (rc < 0)
			return rc;
		if (p.key && is_better(&p, &best, at))
			best = p;
	}
	*out = best;
	return 0;
}

/*
 * Did this user id count at that time? GnuPG calls every user id of a revoked certificate revoked,
 * so before that revocation the mark says nothing.
 */
static bool uid_counts(const struct pdg_pgp_cert *cert, const struct pdg_pgp_uid *uid, int64_t at)
{
	return !uid->invalid && !pdg_pgp_passed(uid->expires, at) &&
	       (!uid->revoked || (cert->revoked && !pdg_pgp_cert_revoked(cert, at)));
}

/* A user id of this address, or the first valid one when @email is NULL. */
static const struct pdg_pgp_uid *find_uid(const struct pdg_pgp_cert *cert,
					  const struct pdg_bytes *email, int64_t at)
{
	size_t i;

	for (i = 0; i < cert->n_uids; i++) {
		const struct pdg_pgp_uid *uid = &cert->uids[i];

		if (!uid_counts(cert, uid, at))
			continue;
		if (!email || (uid->address[0] && pdg_bytes_eq_str(*email, uid->address)))
			return uid;
	}
	return NULL;
}

/* Say whose key it is, also when the verdict will not be good. Returns the committer's user id. */
static const struct pdg_pgp_uid *name_signer(const struct pdg_pgp_place *p,
					     const struct pdg_signed *o, struct pdg_verdict *v)
{
	const struct pdg_pgp_uid *owner =
		o->person ? find_uid(p->cert, &o->person->email, o->at) : NULL;
	const struct pdg_pgp_uid *shown = v->forge ? NULL : owner;
	size_t digits = sizeof(v->keyid) - 1;

	if (!shown)
		shown = find_uid(p->cert, NULL, o->at);
	if (!shown && p->cert->n_uids)
		shown = &p->cert->uids[0];
	memcpy(v->fingerprint, p->cert->fingerprint, sizeof(p->cert->fingerprint));
	memcpy(v->subkey, p->key->fingerprint, sizeof(p->key->fingerprint));
	memcpy(v->keyid, p->key->fingerprint + sizeof(p->key->fingerprint) - 1 - digits,
	       digits + 1);
	if (shown)
		pdg_buf_puts(&v->signer, shown->text);
	return owner;
}

/* Was the key good for this signature at that time? */
static void check_times(const struct pdg_pgp_place *p, const struct pdg_pgp_sig *sig, int64_t at,
			struct pdg_verdict *v)
{
	int64_t made = pdg_pgp_sig_created(sig);

	if (pdg_pgp_passed(pdg_pgp_sig_expires(sig), at))
		(void)pdg_verdict_not(v, PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7",
				      "the signature has expired");
	else if (pdg_pgp_place_expired(p, at) || pdg_pgp_place_expired(p, made))
		(void)pdg_verdict_not(v, PDG_RESULT_EXPIRED_KEY, "SGN-6", "the key %s has expired",
				      p->key->fingerprint);
	else if (pdg_pgp_place_revoked(p, at))
		(void)pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5", "the key %s is revoked",
				      p->key->fingerprint);
	else if (made - at > PDG_TIME_TOLERANCE)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-12",
				      "the signature's date lies in the future");
}

/* May this key sign at all? */
static void check_usage(const struct pdg_pgp_place *p, const struct pdg_pgp_sig *sig, int64_t at,
			struct pdg_verdict *v)
{
	const struct pdg_pgp_key *primary = &p->cert->keys[0];
	const struct pdg_pgp_key *key = p->key;
	const char *why = NULL;

	if (key->invalid || primary->invalid)
		why = "is not valid";
	else if (!key->can_sign)
		why = "is not a signing key";
	else if (!key->cross_certified && !key->ask)
		why = "is a subkey that does not certify its primary key";
	else if (key->created - at > PDG_TIME_TOLERANCE ||
		 primary->created - at > PDG_TIME_TOLERANCE)
		why = "was made in the future";
	else if (key->created > pdg_pgp_sig_created(sig))
		why = "is younger than the signature";
	else if (!find_uid(p->cert, NULL, at))
		why = "has no valid user id";
	if (why)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-8", "the key %s %s",
				      key->fingerprint, why);
}

/* The committer is the owner, or need not be. */
static void check_person(const struct pdg_signers *s, const struct pdg_signed *o,
			 const struct pdg_pgp_uid *owner, struct pdg_verdict *v)
{
	if (v->forge)
		return;
	if (owner && strlen(owner->address) < sizeof(v->signer_address))
		memcpy(v->signer_address, owner->address, strlen(owner->address) + 1);
	else if (!owner && s->require_committer_match && !o->anyone)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-9",
				      "the %s's address is none of the key %s", o->role,
				      v->fingerprint);
}

/* The mathematics alone: here, or by GnuPG. As pdg_pgp_gnupg_verify(). */
static int verify(const struct pdg_signers *s, const struct pdg_pgp_place *p,
		  const struct pdg_pgp_sig *sig, struct pdg_bytes payload, struct pdg_error *err)
{
	if (pdg_pgp_sig_here(sig, p->key))
		return pdg_pgp_sig_verify(sig, p->key, payload, err);
	return pdg_pgp_gnupg_verify(s->gnupg, sig, p->ring, p->cert, p->key, payload, err);
}

/* Is all but the value of the second signature the first's, and its value not over these bytes? */
static int compare_other(const struct pdg_signers *s, const struct pdg_signed *o,
			 const struct pdg_pgp_place *p, struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *twin = NULL;
	int rc = pdg_pgp_sig_twin(o->signature, o->other_signature, p->key, &twin, err);

	if (rc < 0)
		return rc;
	rc = verify(s, p, twin, o->payload, err);
	if (rc == 0)
		return pdg_reject(err, "PGP-2", "it is over the same bytes as the first");
	return rc == PDG_E_REJECTED ? 0 : rc;
}

/* git signs both forms of an object with one key; anything else was put there by somebody. */
static int check_other(const struct pdg_signers *s, const struct pdg_signed *o,
		       const struct pdg_pgp_place *p, struct pdg_verdict *v, struct pdg_error *err)
{
	struct pdg_error inner = {0};

	if (o->other_format == PDG_SIG_NONE)
		return 0;
	if (o->other_format != PDG_SIG_OPENPGP)
		return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7",
				       "the second signature is none of an OpenPGP key");
	if (compare_other(s, o, p, &inner) == 0)
		return 0;
	if (!pdg_verdict_is(&inner))
		return pdg_fail(err, inner.code, "%s", inner.text);
	return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7", "the second signature: %s",
			       inner.text);
}

/* The signature's key, of a person or else of a forge; without one, the verdict says so. */
static int find_signer(const struct pdg_signers *s, const struct pdg_signed *o,
		       const struct pdg_pgp_sig *sig, struct pdg_pgp_place *out,
		       struct pdg_verdict *v, struct pdg_error *err)
{
	int rc = find_key(sig, s->rings, s->n_rings, o->at, out, err);

	if (rc < 0 || out->key)
		return rc;
	rc = find_key(sig, s->forge_rings, s->n_forge_rings, o->at, out, err);
	v->forge = rc == 0 && out->key;
	if (rc < 0 || out->key)
		return rc;
	if (strlen(pdg_pgp_sig_issuer(sig)) == PDG_PGP_FINGERPRINT_HEX - 1)
		memcpy(v->fingerprint, pdg_pgp_sig_issuer(sig), PDG_PGP_FINGERPRINT_HEX);
	return pdg_verdict_not(v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
			       "signed by the OpenPGP key %s, which the policy does not name",
			       pdg_pgp_sig_issuer(sig));
}

/* Why the mathematics did not hold; a key that may not sign is that before "GnuPG does not judge".
 */
static int not_verified(const struct pdg_signed *o, const struct pdg_pgp_place *p,
			const struct pdg_pgp_sig *sig, const struct pdg_error *inner,
			struct pdg_verdict *v, struct pdg_error *err)
{
	bool unfit = pdg_str_eq(inner->rule, "PGP-5");

	if (unfit || pdg_str_eq(inner->rule, "PGP-3"))
		check_usage(p, sig, o->at, v);
	if (unfit && !v->why.code)
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-8", "%s", inner->text);
	return v->why.code ? 0 : pdg_verdict_unread(v, inner, err);
}

int pdg_judge_pgp(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		  struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	const struct pdg_pgp_uid *owner;
	struct pdg_error inner = {0};
	struct pdg_pgp_place p;
	int rc;

	if (pdg_pgp_sig_parse(o->signature, &sig, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	rc = find_signer(s, o, sig, &p, v, err);
	if (rc < 0 || !p.key)
		return rc;
	owner = name_signer(&p, o, v);
	if (verify(s, &p, sig, o->payload, &inner) < 0)
		return not_verified(o, &p, sig, &inner, v, err);
	rc = check_other(s, o, &p, v, err);
	if (rc == 0 && !v->why.code)
		check_times(&p, sig, o->at, v);
	if (rc == 0 && !v->why.code)
		check_usage(&p, sig, o->at, v);
	if (rc == 0 && !v->why.code)
		check_person(s, o, owner, v);
	return rc;
}
