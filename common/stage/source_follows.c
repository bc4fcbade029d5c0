/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source statement against the raw commit that came with it: nothing in it is believed, every
 * member is computed anew and compared (design 3, rules.md 3.2).
 */
#include "stage/source.h"

#include "util/str.h"
#include "util/time.h"
#include "util/utf8.h"

#define REPLACEMENT "\xEF\xBF\xBD"

/*
 * Is @said what jsonw makes of the bytes @is? JSON is UTF-8, commits need not be: each byte
 * that is none stands in a statement as U+FFFD.
 */
static bool same_text(const char *said, struct pdg_bytes is)
{
	struct pdg_bytes rest = pdg_bytes_str(said);
	size_t at = 0;

	while (at < is.n) {
		uint32_t c;
		size_t n = pdg_utf8_next(is, at, &c);
		struct pdg_bytes want = n ? pdg_bytes(is.p + at, n) : pdg_bytes_str(REPLACEMENT);

		if (!pdg_bytes_eq(pdg_bytes_head(rest, want.n), want))
			return false;
		rest = pdg_bytes_from(rest, want.n);
		at += n ? n : 1;
	}
	return rest.n == 0;
}

static int check_digests(const struct pdg_source *s, struct pdg_bytes raw, bool sha256,
			 struct pdg_error *err)
{
	char name[PDG_OID_HEX];
	char gitoid[PDG_OID_HEX];
	int rc;

	rc = pdg_object_name("commit", raw, sha256, name, err);
	if (rc == 0)
		rc = pdg_commit_sha256(raw, gitoid, err);
	if (rc < 0)
		return rc;
	if (!pdg_str_eq(name, s->git_commit))
		return pdg_reject(err, "SRC-2", "the subject's gitCommit is %s, the commit is %s",
				  s->git_commit, name);
	if (!pdg_str_eq(gitoid, s->sha256))
		return pdg_reject(err, "SRC-2", "the subject's sha256 is %s, the commit's is %s",
				  s->sha256, gitoid);
	if (!pdg_str_eq(name, s->commit))
		return pdg_reject(err, "SRC-3", "the member commit is %s, the commit is %s",
				  s->commit, name);
	return 0;
}

static struct pdg_bytes without_last_newline(struct pdg_bytes b)
{
	return b.n && b.p[b.n - 1] == '\n' ? pdg_bytes_head(b, b.n - 1) : b;
}

static int check_fields(const struct pdg_source *s, const struct pdg_commit *c,
			const struct pdg_verdict *v, const char *when, struct pdg_error *err)
{
	const struct {
		const char *member;
		const char *said; /* NULL: not said */
		struct pdg_bytes is;
	} claims[] = {
		{"author.name", s->author_name, c->author.name},
		{"author.email", s->author_email, c->author.email},
		{"committer.name", s->committer_name, c->committer.name},
		{"committer.email", s->committer_email, c->committer.email},
		{"message", s->message, without_last_newline(c->message)},
		{"timestamp", s->timestamp, pdg_bytes_str(when)},
		{"tree", s->tree, c->tree},
		{"signature.format", s->sig_format, pdg_bytes_str(pdg_sig_format_name(v->format))},
		{"signature.fingerprint", s->sig_fingerprint, pdg_bytes_str(v->fingerprint)},
		{"signature.signer", s->sig_signer, pdg_buf_bytes(&v->signer)},
	};
	size_t i;

	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		if (claims[i].said && !same_text(claims[i].said, claims[i].is))
			return pdg_reject(err, "SRC-3",
					  "the member %s does not follow from the commit",
					  claims[i].member);
	}
	return 0;
}

static int check_parents(const struct pdg_source *s, const struct pdg_commit *c,
			 struct pdg_error *err)
{
	size_t i;

	if (!s->parents)
		return 0;
	for (i = 0; i < c->n_parents && pdg_json_len(s->parents) == c->n_parents; i++) {
		const char *said = pdg_json_str_value(pdg_json_at(s->parents, i));

		if (!said || !pdg_bytes_eq_str(c->parents[i], said))
			break;
	}
	if (i < c->n_parents || pdg_json_len(s->parents) != c->n_parents)
		return pdg_reject(err, "SRC-3",
				  "the member parents does not follow from the commit");
	return 0;
}

/* The seed's member. The key is named by its own long id or by that of its primary key. */
static int check_gpg(const struct pdg_source *s, const struct pdg_verdict *v, struct pdg_error *err)
{
	if (!s->gpg_keyid)
		return 0;
	if (v->format != PDG_SIG_OPENPGP || !s->gpg_verified)
		return pdg_reject(err, "SRC-3",
				  "the member gpgSignature does not follow from the commit");
	if (!pdg_str_eq(s->gpg_keyid, v->keyid) && !(strlen(s->gpg_keyid) == strlen(v->keyid) &&
						     pdg_str_ends(v->fingerprint, s->gpg_keyid)))
		return pdg_reject(err, "SRC-3", "gpgSignature.keyId is %s, the commit's key is %s",
				  s->gpg_keyid, v->keyid);
	return 0;
}

int pdg_source_follows(const struct pdg_source *s, struct pdg_bytes raw,
		       const struct pdg_verdict *v, enum pdg_grade grade, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	bool sha256 = strlen(s->git_commit) == 64;
	char when[PDG_TIME_TEXT];
	int rc;

	if (v->result != PDG_RESULT_GOOD)
		return pdg_reject(err, "SRC-3", "the commit's signature is not good: %s",
				  v->why.text);
	if (grade != PDG_GRADE_SERVER && (s->ref || s->previous || s->pusher || s->late))
		return pdg_reject(
			err, "SRC-4",
			"a clone's statement has a member that only the git server writes");
	rc = check_digests(s, raw, sha256, err);
	if (rc < 0)
		return rc;
	rc = pdg_commit_parse(raw, sha256, &c, err);
	if (rc < 0)
		return rc;
	pdg_time_text(c->committer.time, when);
	rc = check_fields(s, c, v, when, err);
	if (rc == 0)
		rc = check_parents(s, c, err);
	if (rc == 0)
		rc = check_gpg(s, v, err);
	return rc;
}
