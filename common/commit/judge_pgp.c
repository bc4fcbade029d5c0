/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP signatures of commits and tags: is it right, was its key good at that time, and is the
 * person who committed the key's owner? What a key is, is GnuPG's word (crypto/pgp.h); what
 * follows from it is decided here.
 */
#include "commit/signers.h"

#include <ctype.h>

#include "util/time.h"

/* Where a key stands. */
struct place {
	const struct pdg_pgp_cert *cert;
	const struct pdg_pgp_key *key;
};

/* A revocation does not touch what was received before it (rules.md 1), where its date is known. */
static bool revoked_at(bool revoked, int64_t when, int64_t at)
{
	return revoked && (when == 0 || at >= when);
}

static bool cert_revoked(const struct pdg_pgp_cert *cert, int64_t at)
{
	return revoked_at(cert->revoked, cert->n_keys ? cert->keys[0].revoked_at : 0, at);
}

static bool is_revoked(const struct place *p, int64_t at)
{
	return revoked_at(p->key->revoked, p->key->revoked_at, at) || cert_revoked(p->cert, at);
}

static bool passed(int64_t expires, int64_t at)
{
	return expires != 0 && at >= expires;
}

static bool is_expired(const struct place *p, int64_t at)
{
	return passed(p->key->expires, at) || passed(p->cert->expires, at);
}

/*
 * The key that the signature names. Of several copies a revoked one decides, else one that has not
 * expired: key files are renewed one by one, and a revocation is never taken back.
 */
static bool find_key(const struct pdg_pgp_sig *sig, struct pdg_pgp_ring *const *rings, size_t n,
		     int64_t at, struct place *out)
{
	struct place best = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		struct place p = {0};

		p.key = pdg_pgp_sig_find(sig, rings[i], &p.cert);
		if (!p.key)
			continue;
		if (!best.key || is_revoked(&p, at) ||
		    (is_expired(&best, at) && !is_expired(&p, at) && !is_revoked(&best, at)))
			best = p;
	}
	if (best.key)
		*out = best;
	return best.key != NULL;
}

/*
 * Did this user id count at that time? GnuPG calls every user id of a revoked certificate revoked,
 * so before that revocation the mark says nothing.
 */
static bool uid_counts(const struct pdg_pgp_cert *cert, const struct pdg_pgp_uid *uid, int64_t at)
{
	return !uid->invalid && (!uid->revoked || (cert->revoked && !cert_revoked(cert, at)));
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
static const struct pdg_pgp_uid *name_signer(const struct place *p, const struct pdg_signed *o,
					     struct pdg_verdict *v)
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
	memcpy(v->keyid, p->key->fingerprint + sizeof(p->key->fingerprint) - 1 - digits,
	       digits + 1);
	if (shown)
		pdg_buf_puts(&v->signer, shown->text);
	return owner;
}

/* Was the key good for this signature at that time? */
static void check_times(const struct place *p, const struct pdg_pgp_sig *sig, int64_t at,
			struct pdg_verdict *v)
{
	int64_t made = pdg_pgp_sig_created(sig);

	if (passed(pdg_pgp_sig_expires(sig), at))
		(void)pdg_verdict_not(v, PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7",
				      "the signature has expired");
	else if (is_expired(p, at) || is_expired(p, made))
		(void)pdg_verdict_not(v, PDG_RESULT_EXPIRED_KEY, "SGN-6", "the key %s has expired",
				      p->key->fingerprint);
	else if (is_revoked(p, at))
		(void)pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5", "the key %s is revoked",
				      p->key->fingerprint);
	else if (made - at > PDG_TIME_TOLERANCE)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-12",
				      "the signature's date lies in the future");
}

/* May this key sign at all? */
static void check_usage(const struct place *p, const struct pdg_pgp_sig *sig, int64_t at,
			struct pdg_verdict *v)
{
	const struct pdg_pgp_key *key = p->key;
	const char *why = NULL;

	if (key->invalid)
		why = "is not valid";
	else if (!key->can_sign)
		why = "is not a signing key";
	else if (!key->cross_certified)
		why = "is a subkey that does not certify its primary key";
	else if (key->created - at > PDG_TIME_TOLERANCE)
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
	else if (!owner && s->require_committer_match)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-9",
				      "the %s's address is none of the key %s", o->role,
				      v->fingerprint);
}

/* git signs both forms of an object with one key; anything else was put there by somebody. */
static int check_other(const struct pdg_signed *o, const struct pdg_pgp_key *key,
		       struct pdg_verdict *v, struct pdg_error *err)
{
	struct pdg_error inner = {0};

	if (o->other_format == PDG_SIG_NONE)
		return 0;
	if (o->other_format != PDG_SIG_OPENPGP)
		return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7",
				       "the second signature is none of an OpenPGP key");
	if (pdg_pgp_sig_twin(o->signature, o->other_signature, key, o->payload, &inner) == 0)
		return 0;
	if (!pdg_verdict_is(&inner))
		return pdg_fail(err, inner.code, "%s", inner.text);
	return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7", "the second signature: %s",
			       inner.text);
}

/* The signature's key, of a person or else of a forge. False: nobody's. */
static bool find_signer(const struct pdg_signers *s, const struct pdg_signed *o,
			const struct pdg_pgp_sig *sig, struct place *out, struct pdg_verdict *v)
{
	if (find_key(sig, s->rings, s->n_rings, o->at, out))
		return true;
	v->forge = find_key(sig, s->forge_rings, s->n_forge_rings, o->at, out);
	if (!v->forge)
		(void)pdg_verdict_not(v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
				      "signed by an OpenPGP key that the policy does not name");
	return v->forge;
}

int pdg_judge_pgp(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		  struct pdg_error *err)
{
	PDG_AUTO(pgp_sig) struct pdg_pgp_sig *sig = NULL;
	const struct pdg_pgp_uid *owner;
	struct pdg_error inner = {0};
	struct place p;
	int rc;

	if (pdg_pgp_sig_parse(o->signature, &sig, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	if (!find_signer(s, o, sig, &p, v))
		return 0;
	owner = name_signer(&p, o, v);
	if (!p.key->material)
		return pdg_verdict_not(v, PDG_RESULT_UNSUPPORTED, "SGN-10",
				       "the key %s is of an algorithm that is not judged",
				       p.key->fingerprint);
	if (pdg_pgp_sig_verify(sig, p.key, o->payload, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	rc = check_other(o, p.key, v, err);
	if (rc == 0 && !v->why.code)
		check_times(&p, sig, o->at, v);
	if (rc == 0 && !v->why.code)
		check_usage(&p, sig, o->at, v);
	if (rc == 0 && !v->why.code)
		check_person(s, o, owner, v);
	return rc;
}

/* What gpg's -u was given. */
struct wanted {
	struct pdg_bytes hex;	  /* the end of a fingerprint, or empty */
	struct pdg_bytes address; /* or empty */
	bool exact;		  /* that key, and no other of its certificate */
};

static struct wanted read_wanted(const char *key)
{
	struct pdg_bytes b = pdg_bytes_str(key);
	struct wanted w = {.address = b};
	size_t at;
	size_t i;

	if (pdg_bytes_ends(b, "!")) {
		w.exact = true;
		b.n--;
	}
	if (pdg_bytes_starts(b, "0x"))
		b = pdg_bytes_from(b, 2);
	for (i = 0; i < b.n && isxdigit(b.p[i]); i++)
		;
	/* Short ids, long ids, fingerprints (gpg(1), HOW TO SPECIFY A USER ID). */
	if (i == b.n && (i == 8 || i == 16 || i == 40)) {
		w.hex = b;
		w.address = pdg_bytes(NULL, 0);
		return w;
	}
	at = pdg_bytes_find_byte(w.address, '<', 0);
	if (at != SIZE_MAX && pdg_bytes_ends(w.address, ">"))
		w.address = pdg_bytes(w.address.p + at + 1, w.address.n - at - 2);
	return w;
}

static bool is_named(const struct pdg_pgp_key *key, const struct wanted *w)
{
	const char *end = key->fingerprint + strlen(key->fingerprint) - w->hex.n;
	size_t i;

	for (i = 0; i < w->hex.n; i++) {
		if (toupper(w->hex.p[i]) != end[i])
			return false;
	}
	return w->hex.n > 0;
}

static bool has_address(const struct pdg_pgp_cert *cert, struct pdg_bytes address)
{
	size_t i;

	for (i = 0; i < cert->n_uids; i++) {
		if (address.n && pdg_bytes_eq_str(address, cert->uids[i].address))
			return true;
	}
	return false;
}

/* Look at one certificate. Returns false when a key that gpg may take is good. */
static bool cert_unfit(const struct pdg_pgp_cert *cert, const struct wanted *w, int64_t at,
		       const char **why)
{
	bool named = has_address(cert, w->address);
	const char *found = NULL;
	size_t i;

	for (i = 0; i < cert->n_keys; i++)
		named = named || is_named(&cert->keys[i], w);
	for (i = 0; named && i < cert->n_keys; i++) {
		const struct place p = {cert, &cert->keys[i]};

		if (!p.key->can_sign || (w->exact && w->hex.n && !is_named(p.key, w)))
			continue;
		if (!is_revoked(&p, at) && !is_expired(&p, at))
			return false;
		found = is_revoked(&p, at) ? "is revoked" : "has expired";
	}
	if (found)
		*why = found;
	return true;
}

const char *pdg_signers_pgp_unfit(const struct pdg_signers *s, const char *key, int64_t at)
{
	const struct wanted w = read_wanted(key);
	const char *why = NULL;
	size_t i;
	size_t c;

	for (i = 0; i < s->n_rings; i++) {
		for (c = 0; c < s->rings[i]->n; c++) {
			if (!cert_unfit(&s->rings[i]->certs[c], &w, at, &why))
				return NULL;
		}
	}
	return why;
}

bool pdg_signers_pgp_known(const struct pdg_signers *s, const char *key)
{
	const struct wanted w = read_wanted(key);
	size_t i;
	size_t c;
	size_t k;

	if (!w.hex.n && pdg_bytes_find_byte(w.address, '@', 0) == SIZE_MAX)
		return true;
	for (i = 0; i < s->n_rings; i++) {
		for (c = 0; c < s->rings[i]->n; c++) {
			const struct pdg_pgp_cert *cert = &s->rings[i]->certs[c];

			if (has_address(cert, w.address))
				return true;
			for (k = 0; k < cert->n_keys; k++) {
				if (is_named(&cert->keys[k], &w))
					return true;
			}
		}
	}
	return false;
}
