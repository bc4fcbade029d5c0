/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 signatures of commits and tags: is it right, when was it made, did its certificate lead to
 * a trusted root then, and is its owner one whom the policy names and the one who committed?
 *
 * Most of these certificates live for ten minutes. What shows that a signature is as old as its
 * certificate is a timestamp or a log entry that it carries along, which are judged before the
 * certificate is; without one, the trusted time is that of everything else.
 */
#include "commit/signers.h"

#include "crypto/cms.h"
#include "tlog/rekor_v1.h"
#include "util/str.h"
#include "util/time.h"

/* When the signature was there. 0: nothing shows it. */
struct times {
	int64_t token;
	int64_t entry;
};

/* A proof inside the signature that does not hold: whoever put it there, it is not what it was. */
static int refuse_proof(struct pdg_verdict *v, const struct pdg_error *inner, struct pdg_error *err)
{
	if (!pdg_verdict_is(inner))
		return pdg_fail(err, inner->code, "%s", inner->text);
	v->why = *inner;
	v->result = inner->code == PDG_E_REJECTED ? PDG_RESULT_BAD_SIGNATURE : PDG_RESULT_MALFORMED;
	return 0;
}

static int check_token(const struct pdg_root *root, const struct pdg_cms *cms, int64_t latest,
		       int64_t *out, struct pdg_error *err)
{
	struct pdg_bytes token = pdg_cms_token(cms);

	if (token.n == 0)
		return 0;
	if (!root)
		return pdg_reject(
			err, "TSA-7",
			"the signature has a timestamp, and the policy no trustedRoot for it");
	return pdg_root_timestamp(root, PDG_TIMESTAMP_TOKEN, token, pdg_cms_value(cms), latest, out,
				  err);
}

/*
 * Is there nothing in @entry that is not signed? Its index and time are under a SET alone, a proof
 * leads to what the log signed by a checkpoint alone; a checkpoint may have more signatures than
 * the log's, which nobody reads, and a body that is made anew need not be there.
 */
static bool is_bare(const struct pdg_entry *entry)
{
	struct pdg_bytes note = pdg_buf_bytes(&entry->checkpoint);
	size_t end = pdg_bytes_find(note, pdg_bytes_str("\n\n"), 0);
	size_t line;

	if (entry->body.n || !entry->set.n)
		return false;
	if (!entry->has_proof)
		return entry->checkpoint.n == 0;
	if (end == SIZE_MAX)
		return false;
	line = pdg_bytes_find_byte(note, '\n', end + 2);
	return line != SIZE_MAX && line + 1 == note.n;
}

/* gitsign logs the signature as one over its signed attributes (formats.md 9.6). */
static int check_entry(const struct pdg_root *root, const struct pdg_cms *cms, int64_t latest,
		       int64_t *out, struct pdg_error *err)
{
	PDG_AUTO(entry) struct pdg_entry *entry = NULL;
	struct pdg_bytes in = pdg_cms_log_entry(cms);
	struct pdg_rekor1_shown shown = {0};
	uint8_t digest[PDG_DIGEST_MAX];
	struct pdg_rekor1_claim claim = {
		.hash = pdg_cms_hash(cms),
		.sig = pdg_cms_value(cms),
		.der = pdg_x509_der(pdg_cms_leaf(cms)),
		.certificate = true,
	};
	int rc;

	if (in.n == 0)
		return 0;
	if (!root)
		return pdg_reject(
			err, "LOG-8",
			"the signature has a log entry, and the policy no trustedRoot for it");
	rc = pdg_digest(claim.hash, pdg_cms_signed(cms), digest, err);
	if (rc < 0)
		return rc;
	claim.digest = pdg_bytes(digest, pdg_digest_len(claim.hash));
	rc = pdg_rekor1_read(in, &entry, err);
	if (rc == 0)
		rc = pdg_rekor1_verify(entry, &claim, root, latest, &shown, err);
	if (rc == 0 && !is_bare(entry))
		return pdg_reject(err, "CMS-4", "its log entry holds what no signature covers");
	if (rc == 0)
		*out = shown.time;
	return rc;
}

/* Whatever proof is there must hold. */
static int check_proofs(const struct pdg_signers *s, const struct pdg_signed *o,
			const struct pdg_cms *cms, struct times *times, struct pdg_verdict *v,
			struct pdg_error *err)
{
	struct pdg_error inner = {0};

	if (check_token(s->x509.root, cms, o->at, &times->token, &inner) < 0 ||
	    check_entry(s->x509.root, cms, o->at, &times->entry, &inner) < 0)
		return refuse_proof(v, &inner, err);
	v->proven = times->token ? times->token : times->entry;
	return 0;
}

/* The certificate that is at fault, which need not be the signer's. */
static void say_fault(const struct pdg_x509_found *found, enum pdg_result result, const char *rule,
		      struct pdg_verdict *v)
{
	if (found->fault[0])
		(void)pdg_verdict_not(
			v, result, rule, "the certificate %s of '%s', above the signer's %s: %s",
			found->fault, found->fault_subject, v->fingerprint, found->why);
	else
		(void)pdg_verdict_not(v, result, rule, "the certificate %s: %s", v->fingerprint,
				      found->why);
}

/* Put into words where the certificate leads. */
static void say_end(const struct pdg_x509_found *found, struct pdg_verdict *v)
{
	switch (found->end) {
	case PDG_X509_GOOD:
		break;
	case PDG_X509_SPARE:
		(void)pdg_verdict_not(v, PDG_RESULT_MALFORMED, "CMS-4", "the certificate %s %s",
				      v->fingerprint, found->why);
		break;
	case PDG_X509_EXPIRED:
		say_fault(found, PDG_RESULT_EXPIRED_KEY, "SGN-6", v);
		break;
	case PDG_X509_UNFIT:
	case PDG_X509_NOT_YET:
		say_fault(found, PDG_RESULT_NOT_ALLOWED, "SGN-8", v);
		break;
	case PDG_X509_UNKNOWN:
		(void)pdg_verdict_not(
			v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
			"the certificate %s leads to no root that the policy names, over the "
			"certificates that came with it",
			v->fingerprint);
		break;
	}
}

/* Is one of the path's certificates revoked, by any name that it or its key has? */
static bool is_revoked(const struct pdg_signers *s, const struct pdg_signed *o,
		       const struct pdg_x509_found *found, struct pdg_verdict *v)
{
	bool revoked = false;
	size_t i;

	for (i = 0; !revoked && i < found->n_path; i++) {
		const struct pdg_x509_handles *one = &found->path[i];
		char key[PDG_KEY_FINGERPRINT];
		char written[PDG_KEY_FINGERPRINT];

		pdg_key_fingerprint(one->key, key);
		pdg_key_fingerprint(one->written, written);
		revoked = pdg_verdict_revoked(s, o, one->itself, v) ||
			  (one->twin[0] && pdg_verdict_revoked(s, o, one->twin, v)) ||
			  pdg_verdict_revoked(s, o, key, v) ||
			  pdg_verdict_revoked(s, o, written, v);
	}
	return revoked;
}

static int check_path_at(const struct pdg_signers *s, const struct pdg_signed *o,
			 const struct pdg_cms *cms, int64_t at, struct pdg_verdict *v,
			 struct pdg_error *err)
{
	bool named = s->revocations && s->revocations->n > 0;
	struct pdg_x509_found found;
	int rc = pdg_cms_path(cms, s->x509.anchors, at, named, &found, err);

	if (rc < 0)
		return rc;
	say_end(&found, v);
	if (v->why.code == 0 || v->result == PDG_RESULT_NOT_ALLOWED)
		(void)is_revoked(s, o, &found, v);
	return 0;
}

/* Once for each time that is known (formats.md 7.4): a late timestamp revives nothing. */
static int check_path(const struct pdg_signers *s, const struct pdg_signed *o,
		      const struct pdg_cms *cms, const struct times *times, struct pdg_verdict *v,
		      struct pdg_error *err)
{
	int rc = 0;

	if (!s->x509.anchors)
		return pdg_verdict_not(v, PDG_RESULT_UNKNOWN_KEY, "SGN-3",
				       "signed with an X.509 certificate, and the policy names no "
				       "root for any");
	if (times->token)
		rc = check_path_at(s, o, cms, times->token, v, err);
	if (rc == 0 && v->why.code == 0 && times->entry)
		rc = check_path_at(s, o, cms, times->entry, v, err);
	if (rc == 0 && v->why.code == 0 && !v->proven)
		rc = check_path_at(s, o, cms, o->at, v, err);
	return rc;
}

/* Call the signer so, instead of what he was called before. A failure stays. */
static void name_as(struct pdg_verdict *v, const char *text)
{
	if (v->signer.failed == 0)
		pdg_buf_reset(&v->signer);
	pdg_buf_puts(&v->signer, text);
}

/* Is one of the owner's names listed, where there is a list, and who vouched for it too? */
static void check_names(const struct pdg_signers_x509 *x, const struct pdg_x509 *leaf,
			struct pdg_verdict *v)
{
	const char *issuer = pdg_x509_oidc_issuer(leaf);
	size_t n;
	const struct pdg_x509_name *names = pdg_x509_names(leaf, &n);
	size_t i;

	for (i = 0; i < n && x->identities->n && !pdg_strings_has(x->identities, names[i].text);
	     i++)
		;
	if (i == n) {
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-13",
				      n ? "the owner of the certificate %s is none of x509Identity"
					: "the certificate %s names no owner",
				      v->fingerprint);
		return;
	}
	name_as(v, names[i].text);
	if (x->issuers->n && (!issuer || !pdg_strings_has(x->issuers, issuer)))
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-13",
				      "the certificate %s was given out on the word of %s, none of "
				      "x509Issuer",
				      v->fingerprint, issuer ? issuer : "nobody whom it names");
}

static bool is_address_of(const struct pdg_person *person, const struct pdg_x509_name *name)
{
	return person && name->kind == PDG_X509_EMAIL &&
	       pdg_bytes_eq_str(person->email, name->text);
}

/* The committer is the owner, or need not be. Under a list, by an address that is on it. */
static void check_person(const struct pdg_signers *s, const struct pdg_signed *o,
			 const struct pdg_x509 *leaf, struct pdg_verdict *v)
{
	const struct pdg_strings *list = s->x509.identities;
	size_t n;
	const struct pdg_x509_name *names = pdg_x509_names(leaf, &n);
	size_t i;

	for (i = 0; i < n && !is_address_of(o->person, &names[i]); i++)
		;
	if (i < n && (!list->n || pdg_strings_has(list, names[i].text))) {
		/* Of several names this one is the same under every policy: statements carry it. */
		name_as(v, names[i].text);
		if (strlen(names[i].text) < sizeof(v->signer_address))
			memcpy(v->signer_address, names[i].text, strlen(names[i].text) + 1);
		return;
	}
	if (!s->require_committer_match || o->anyone)
		return;
	if (i < n)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-13",
				      "the %s's address is one of the certificate %s, and none of "
				      "x509Identity",
				      o->role, v->fingerprint);
	else
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-9",
				      "the %s's address is none of the certificate %s", o->role,
				      v->fingerprint);
}

/* What the signer says of the time is only ever held against him. */
static void check_date(const struct pdg_signed *o, const struct pdg_cms *cms, struct pdg_verdict *v)
{
	int64_t date = 0;

	if (pdg_cms_signing_time(cms, &date) && date - o->at > PDG_TIME_TOLERANCE)
		(void)pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-12",
				      "the signature's date lies in the future");
}

/* Say whose certificate it is, also when the verdict will not be good. */
static void name_signer(const struct pdg_x509 *leaf, struct pdg_verdict *v)
{
	size_t n;
	const struct pdg_x509_name *names = pdg_x509_names(leaf, &n);

	memcpy(v->fingerprint, pdg_x509_fingerprint(leaf), PDG_X509_FINGERPRINT);
	if (n)
		pdg_buf_puts(&v->signer, names[0].text);
}

int pdg_judge_x509(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *v,
		   struct pdg_error *err)
{
	PDG_AUTO(cms) struct pdg_cms *cms = NULL;
	struct pdg_error inner = {0};
	struct times times = {0};
	int rc;

	if (pdg_cms_parse(o->signature, &cms, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	name_signer(pdg_cms_leaf(cms), v);
	if (pdg_cms_verify(cms, o->payload, &inner) < 0)
		return pdg_verdict_unread(v, &inner, err);
	/* Its value would be over bytes that nobody here has, and its certificate anybody's. */
	if (o->other_format != PDG_SIG_NONE)
		return pdg_verdict_not(v, PDG_RESULT_MALFORMED, "COM-7",
				       "a second signature beside one with a certificate");
	rc = check_proofs(s, o, cms, &times, v, err);
	if (rc == 0 && v->why.code == 0)
		rc = check_path(s, o, cms, &times, v, err);
	if (rc == 0 && v->why.code == 0)
		check_date(o, cms, v);
	if (rc == 0 && v->why.code == 0)
		check_names(&s->x509, pdg_cms_leaf(cms), v);
	if (rc == 0 && v->why.code == 0)
		check_person(s, o, pdg_cms_leaf(cms), v);
	return rc;
}
