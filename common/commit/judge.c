/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judgement of one commit or tag: parsed by object.c or tag.c, then by the form of its
 * signature in judge_pgp.c, judge_ssh.c or judge_x509.c. "Good" is set in one place, finish()
 * below; everything else only takes it away.
 */
#include "commit/judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "commit/pushcert.h"
#include "commit/resign.h"
#include "commit/signers.h"
#include "util/limits.h"
#include "util/str.h"
#include "util/time.h"

const char *pdg_result_name(enum pdg_result r)
{
	static const char *const names[] = {
		[PDG_RESULT_GOOD] = "good",
		[PDG_RESULT_UNSIGNED] = "unsigned",
		[PDG_RESULT_UNKNOWN_KEY] = "unknown-key",
		[PDG_RESULT_BAD_SIGNATURE] = "bad-signature",
		[PDG_RESULT_REVOKED_KEY] = "revoked-key",
		[PDG_RESULT_EXPIRED_KEY] = "expired-key",
		[PDG_RESULT_EXPIRED_SIGNATURE] = "expired-signature",
		[PDG_RESULT_NOT_ALLOWED] = "not-allowed",
		[PDG_RESULT_MALFORMED] = "malformed",
		[PDG_RESULT_UNSUPPORTED] = "unsupported",
	};

	return names[r];
}

void pdg_verdict_init(struct pdg_verdict *v)
{
	*v = (struct pdg_verdict)PDG_VERDICT_INIT;
}

void pdg_verdict_done(struct pdg_verdict *v)
{
	if (v)
		pdg_buf_done(&v->signer);
}

int pdg_verdict_not(struct pdg_verdict *v, enum pdg_result result, const char *rule,
		    const char *fmt, ...)
{
	char text[PDG_ERROR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	(void)pdg_reject(&v->why, rule, "%s", text);
	v->result = result;
	return 0;
}

bool pdg_verdict_revoked(const struct pdg_signers *s, const struct pdg_signed *o,
			 const char *fingerprint, struct pdg_verdict *v)
{
	const struct pdg_validity *said = pdg_revocations_find(s->revocations, fingerprint);
	const struct pdg_validity good = {0};
	int64_t at = v->proven ? v->proven : o->at;
	enum pdg_standing standing = pdg_validity_at(said ? said : &good, at, v->proven != 0);
	char since[PDG_TIME_TEXT];

	if (standing == PDG_STANDING_GOOD)
		return false;
	if (standing == PDG_STANDING_REVOKED) {
		pdg_time_text(said->revoked_since, since);
		(void)pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5",
				      "the key %s is revoked since %s", fingerprint, since);
		return true;
	}
	pdg_time_text(said->compromised_since, since);
	(void)pdg_verdict_not(v, PDG_RESULT_REVOKED_KEY, "SGN-5",
			      "the key %s is compromised since %s, and nothing independent shows "
			      "an older signature",
			      fingerprint, since);
	return true;
}

bool pdg_verdict_is(const struct pdg_error *inner)
{
	return inner->code == PDG_E_FORMAT || inner->code == PDG_E_LIMIT ||
	       inner->code == PDG_E_REJECTED;
}

int pdg_verdict_unread(struct pdg_verdict *v, const struct pdg_error *inner, struct pdg_error *err)
{
	if (!pdg_verdict_is(inner))
		return pdg_fail(err, inner->code, "%s", inner->text);
	if (inner->code != PDG_E_REJECTED) {
		v->why = *inner;
		v->result = PDG_RESULT_MALFORMED;
		return 0;
	}
	if (pdg_str_eq(inner->rule, "SIG-1") || pdg_str_eq(inner->rule, "SSH-4"))
		return pdg_verdict_not(v, PDG_RESULT_BAD_SIGNATURE, "SGN-4", "%s", inner->text);
	return pdg_verdict_not(v, PDG_RESULT_UNSUPPORTED, "SGN-10", "%s", inner->text);
}

/* Where whoever made it would make the same again; false: it is not so. */
static bool add_fix_of_rule(struct pdg_verdict *v)
{
	if (v->result == PDG_RESULT_BAD_SIGNATURE && pdg_resign_by_authority(v->why.rule)) {
		pdg_fix(&v->why,
			"have the log or authority added to the policy's trustedRoot, or sign "
			"without it or by another: gitsign.rekorMode, gitsign.timestampServerURL");
		return true;
	}
	if (v->result != PDG_RESULT_MALFORMED || !pdg_resign_by_program(v->why.rule))
		return false;
	pdg_fix(&v->why, "%s",
		pdg_str_eq(v->why.rule, "CMS-4")
			? "let the program leave out what its signature does not need, have a "
			  "cross certificate put into the policy's x509Roots, or let another "
			  "program sign: gpg.x509.program"
			: "let another program sign, for this one makes the same again: "
			  "gpg.format and gpg.program, gpg.ssh.program or gpg.x509.program");
	return true;
}

/* What the person who pushes can do about it; what only an administrator can, is said so. */
static void add_fix(struct pdg_verdict *v, const struct pdg_signed *o)
{
	bool tag = pdg_str_eq(o->role, "tagger");

	if (add_fix_of_rule(v))
		return;
	switch (v->result) {
	case PDG_RESULT_UNSIGNED:
	case PDG_RESULT_BAD_SIGNATURE:
	case PDG_RESULT_MALFORMED:
	case PDG_RESULT_EXPIRED_SIGNATURE:
		pdg_fix(&v->why, "%s",
			tag ? "make it again with git tag -s -f"
			    : "sign it anew: git commit --amend --no-edit --allow-empty -S, or for a "
			      "branch: git rebase --exec 'git commit --amend --no-edit --allow-empty "
			      "-S' BASE");
		break;
	case PDG_RESULT_UNKNOWN_KEY:
		pdg_fix(&v->why,
			"sign with a key that the policy names, or have this one added to its "
			"openpgpKeys, sshAllowedSigners or x509Roots");
		break;
	case PDG_RESULT_REVOKED_KEY:
		pdg_fix(&v->why, "sign it with a key that is not revoked");
		break;
	case PDG_RESULT_EXPIRED_KEY:
		pdg_fix(&v->why, "%s",
			v->format == PDG_SIG_X509 && v->proven == 0
				? "sign it anew with a certificate that is valid, and where that lives "
				  "for minutes so that the signature carries its time: git config "
				  "gitsign.rekorMode offline, or a timestamp authority"
				: "sign it with a key that is valid");
		break;
	case PDG_RESULT_UNSUPPORTED:
		pdg_fix(&v->why, "sign with an SSH key or an OpenPGP key with SHA-2");
		break;
	case PDG_RESULT_NOT_ALLOWED:
		if (pdg_str_eq(v->why.rule, "SGN-8"))
			pdg_fix(&v->why, "%s",
				v->format == PDG_SIG_X509
					? "sign with a certificate that is made for this, and whose "
					  "authorities' are (docs/FORMATS.md, X.509 signatures), in "
					  "its time and by a clock that is right"
					: "sign with a key that is made for this, in its time and by "
					  "a clock that is right");
		if (pdg_str_eq(v->why.rule, "SGN-9"))
			pdg_fix(&v->why,
				"set user.email to an address of the key and make the %s again",
				tag ? "tag" : "commit");
		break;
	case PDG_RESULT_GOOD:
		break;
	}
}

/* The signature holds, and the key may sign. What is left is what the object says of itself. */
static int finish(const struct pdg_signed *o, struct pdg_verdict *v)
{
	if (v->forge && !o->merge_of_two)
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-11",
				       "signed by a forge's key, but no merge of two parents");
	if (o->person && o->person->time > o->at && o->person->time - o->at > PDG_TIME_TOLERANCE)
		return pdg_verdict_not(v, PDG_RESULT_NOT_ALLOWED, "SGN-12",
				       "the %s's date lies in the future", o->role);
	v->result = PDG_RESULT_GOOD;
	return 0;
}

static int judge_by_form(const struct pdg_signers *s, const struct pdg_signed *o,
			 struct pdg_verdict *v, struct pdg_error *err)
{
	switch (o->format) {
	case PDG_SIG_OPENPGP:
		return pdg_judge_pgp(s, o, v, err);
	case PDG_SIG_SSH:
		return pdg_judge_ssh(s, o, v, err);
	case PDG_SIG_X509:
		return pdg_judge_x509(s, o, v, err);
	case PDG_SIG_NONE:
		break;
	}
	return pdg_verdict_not(v, PDG_RESULT_UNSIGNED, "SGN-2", "not signed");
}

/* The policy's revocations: before whether key and person may sign, behind all that is worse. */
static void check_revoked(const struct pdg_signers *s, const struct pdg_signed *o,
			  struct pdg_verdict *v)
{
	if (v->why.code != 0 && v->result != PDG_RESULT_NOT_ALLOWED)
		return;
	if (!pdg_verdict_revoked(s, o, v->fingerprint, v))
		(void)pdg_verdict_revoked(s, o, v->subkey, v);
}

static int judge(const struct pdg_signers *s, const struct pdg_signed *o, struct pdg_verdict *out,
		 struct pdg_error *err)
{
	int rc;

	pdg_verdict_done(out);
	pdg_verdict_init(out);
	out->format = o->format;
	rc = judge_by_form(s, o, out, err);
	if (rc == 0)
		check_revoked(s, o, out);
	/* No refusal was recorded: the one way to a good verdict. */
	if (rc == 0 && out->why.code == 0)
		rc = finish(o, out);
	if (rc == 0)
		rc = pdg_buf_check(&out->signer, err);
	if (rc == 0)
		add_fix(out, o);
	return rc;
}

/* The object could not be parsed: a verdict, unless the machine is at fault. */
static int malformed(const struct pdg_error *inner, struct pdg_verdict *out, struct pdg_error *err)
{
	if (!pdg_verdict_is(inner))
		return pdg_fail(err, inner->code, "%s", inner->text);
	pdg_verdict_done(out);
	pdg_verdict_init(out);
	out->why = *inner;
	out->result = PDG_RESULT_MALFORMED;
	return 0;
}

int pdg_judge_parsed(const struct pdg_signers *s, const struct pdg_commit *c, int64_t at,
		     struct pdg_verdict *out, struct pdg_error *err)
{
	struct pdg_signed o = {
		.format = c->format,
		.signature = pdg_buf_bytes(&c->signature),
		.payload = pdg_buf_bytes(&c->payload),
		.other_format = c->other_format,
		.other_signature = pdg_buf_bytes(&c->other_signature),
		.person = &c->committer,
		.role = "committer",
		.merge_of_two = c->n_parents == 2 && !pdg_bytes_eq(c->parents[0], c->parents[1]),
		.at = at,
	};

	return judge(s, &o, out, err);
}

int pdg_judge_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
		     struct pdg_verdict *out, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	struct pdg_error inner = {0};

	if (pdg_commit_parse(raw, sha256, &c, &inner) < 0)
		return malformed(&inner, out, err);
	return pdg_judge_parsed(s, c, at, out, err);
}

int pdg_verdict_refuse(const struct pdg_verdict *v, struct pdg_error *err)
{
	if (v->result == PDG_RESULT_GOOD)
		return 0;
	if (v->why.code >= 0)
		return pdg_reject(err, "SGN-3", "the commit is not good");
	if (err)
		*err = v->why;
	return v->why.code;
}

int pdg_judge_good_commit(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256,
			  int64_t at, struct pdg_verdict *out, struct pdg_error *err)
{
	int rc = pdg_judge_commit(s, raw, sha256, at, out, err);

	return rc < 0 ? rc : pdg_verdict_refuse(out, err);
}

int pdg_judge_tag(const struct pdg_signers *s, struct pdg_bytes raw, bool sha256, int64_t at,
		  struct pdg_verdict *out, struct pdg_error *err)
{
	PDG_AUTO(tag) struct pdg_tag *t = NULL;
	struct pdg_error inner = {0};
	struct pdg_signed o = {.role = "tagger", .at = at};

	if (pdg_tag_parse(raw, sha256, &t, &inner) < 0)
		return malformed(&inner, out, err);
	o.format = t->format;
	o.signature = pdg_buf_bytes(&t->signature);
	o.payload = pdg_buf_bytes(&t->payload);
	o.other_format = t->other_format;
	o.other_signature = pdg_buf_bytes(&t->other_signature);
	o.person = t->has_tagger ? &t->tagger : NULL;
	return judge(s, &o, out, err);
}

int pdg_judge_pushcert(const struct pdg_signers *s, const struct pdg_pushcert *c, int64_t at,
		       struct pdg_verdict *out, struct pdg_error *err)
{
	struct pdg_signed o = {
		.format = c->format,
		.signature = c->signature,
		.payload = c->payload,
		.role = "pusher",
		.anyone = true,
		.at = at,
	};

	return judge(s, &o, out, err);
}
