/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a source statement: what it says, strictly, and which grade it has. Whether it is true of
 * its commit is source_follows.c's question.
 */
#include "stage/source.h"

#include "trust/uri.h"
#include "util/codec.h"
#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"
#include "util/time.h"

#define ESCAPED 6 /* bytes of \uXXXX, which may stand for one */

static const char *const predicate_members[] = {
	"commit",  "author",	"message", "timestamp", "gpgSignature", "committer", "tree",
	"parents", "signature", "ref",	   "previous",	"pusher",	"late",	     NULL,
};
static const char *const person_members[] = {"name", "email", NULL};
static const char *const gpg_members[] = {"keyId", "verified", NULL};
static const char *const signature_members[] = {"format", "fingerprint", "signer", NULL};

static bool is_object_name(const char *s)
{
	struct pdg_bytes b = pdg_bytes_str(s);

	return pdg_is_hex(b, 40) || pdg_is_hex(b, 64);
}

static int refuse(struct pdg_error *err, const char *what)
{
	return pdg_reject(err, "SRC-1", "%s", what);
}

const char *pdg_source_name(const char *uri)
{
	const char *slash = strrchr(uri, '/');

	return slash && slash[1] ? slash + 1 : uri;
}

static int read_subject(const struct pdg_statement *st, struct pdg_source *s, struct pdg_error *err)
{
	static const char *const members[] = {"name", "uri", "digest", NULL};
	PDG_AUTO(mem) char *normal = NULL;
	const struct pdg_subject *subject = st->subjects;
	int rc;

	if (st->n_subjects != 1)
		return pdg_reject(err, "SRC-1", "%zu subjects instead of one", st->n_subjects);
	/* What nobody reads would be countersigned all the same (rules.md 3.2). */
	rc = pdg_json_only(pdg_json_at(pdg_json_get(st->root, "subject"), 0), members, err);
	if (rc < 0)
		return rc;
	s->name = subject->name;
	s->uri = subject->uri;
	s->git_commit = pdg_subject_digest(subject, "gitCommit");
	s->sha256 = pdg_subject_digest(subject, "sha256");
	if (!s->git_commit || !s->sha256 || subject->n_digests != 2)
		return refuse(err, "the subject's digests are not gitCommit and sha256");
	if (!s->uri)
		return refuse(err, "the subject has no uri");
	rc = pdg_uri_normal(s->uri, &normal, err);
	if (rc == 0 && s->name && !pdg_str_eq(s->name, pdg_source_name(normal)))
		return refuse(err, "the subject's name is not the last part of its uri");
	return rc;
}

/* {name, email}; NULL for both when it is optional and absent. */
static int read_person(const json_t *p, const char *member, bool required, const char **name,
		       const char **email, struct pdg_error *err)
{
	const json_t *o = NULL;
	int rc;

	if (required)
		rc = pdg_json_obj(p, member, &o, err);
	else
		rc = pdg_json_opt_obj(p, member, &o, err);
	if (rc < 0 || !o)
		return rc;
	rc = pdg_json_only(o, person_members, err);
	if (rc == 0)
		rc = pdg_json_str(o, "name", name, err);
	if (rc == 0)
		rc = pdg_json_str(o, "email", email, err);
	return pdg_context(err, rc, "%s", member);
}

static int read_required(const json_t *p, struct pdg_source *s, struct pdg_error *err)
{
	int64_t when;
	int rc;

	rc = pdg_json_only(p, predicate_members, err);
	if (rc == 0)
		rc = pdg_json_str(p, "commit", &s->commit, err);
	if (rc == 0)
		rc = read_person(p, "author", true, &s->author_name, &s->author_email, err);
	if (rc == 0)
		rc = pdg_json_str(p, "message", &s->message, err);
	if (rc == 0)
		rc = pdg_json_str(p, "timestamp", &s->timestamp, err);
	if (rc < 0)
		return rc;
	if (!is_object_name(s->commit))
		return refuse(err, "commit is no object name");
	return pdg_time_parse(pdg_bytes_str(s->timestamp), &when, err);
}

static int read_signature(const json_t *p, struct pdg_source *s, struct pdg_error *err)
{
	const json_t *gpg = NULL;
	const json_t *o = NULL;
	int rc;

	rc = pdg_json_opt_obj(p, "gpgSignature", &gpg, err);
	if (rc == 0 && gpg)
		rc = pdg_json_only(gpg, gpg_members, err);
	if (rc == 0 && gpg)
		rc = pdg_json_str(gpg, "keyId", &s->gpg_keyid, err);
	if (rc == 0 && gpg)
		rc = pdg_json_bool(gpg, "verified", &s->gpg_verified, err);
	if (rc == 0)
		rc = pdg_json_opt_obj(p, "signature", &o, err);
	if (rc < 0 || !o)
		return rc;
	rc = pdg_json_only(o, signature_members, err);
	if (rc == 0)
		rc = pdg_json_str(o, "format", &s->sig_format, err);
	if (rc == 0)
		rc = pdg_json_str(o, "fingerprint", &s->sig_fingerprint, err);
	if (rc == 0)
		rc = pdg_json_str(o, "signer", &s->sig_signer, err);
	return rc;
}

static int check_parents(const json_t *parents, struct pdg_error *err)
{
	size_t i;

	for (i = 0; i < pdg_json_len(parents); i++) {
		const char *parent = pdg_json_str_value(pdg_json_at(parents, i));

		if (!parent || !is_object_name(parent))
			return refuse(err, "a parent is no object name");
	}
	return 0;
}

static int read_optional(const json_t *p, struct pdg_source *s, struct pdg_error *err)
{
	int rc;

	rc = read_signature(p, s, err);
	if (rc == 0)
		rc = read_person(p, "committer", false, &s->committer_name, &s->committer_email,
				 err);
	if (rc == 0)
		rc = pdg_json_opt_str(p, "tree", &s->tree, err);
	if (rc == 0)
		rc = pdg_json_opt_arr(p, "parents", &s->parents, err);
	if (rc == 0)
		rc = check_parents(s->parents, err);
	if (rc == 0)
		rc = pdg_json_opt_str(p, "ref", &s->ref, err);
	if (rc == 0)
		rc = pdg_json_opt_str(p, "previous", &s->previous, err);
	if (rc == 0)
		rc = pdg_json_opt_str(p, "pusher", &s->pusher, err);
	if (rc == 0)
		rc = pdg_json_opt_bool(p, "late", false, &s->late, err);
	if (rc < 0)
		return rc;
	if (s->ref && !pdg_str_starts(s->ref, "refs/"))
		return refuse(err, "ref is not a full ref name");
	if (s->previous && !is_object_name(s->previous))
		return refuse(err, "previous is no object name");
	/* rules.md 3.3: whoever makes it later does not know who pushed. */
	if (s->late && s->pusher)
		return refuse(err, "a late statement names a pusher");
	return 0;
}

int pdg_source_read(const struct pdg_statement *st, struct pdg_source *out, struct pdg_error *err)
{
	struct pdg_source s = {0};
	struct pdg_error inner = {0};
	int rc;

	rc = read_subject(st, &s, &inner);
	if (rc == 0)
		rc = read_required(st->predicate, &s, &inner);
	if (rc == 0)
		rc = read_optional(st->predicate, &s, &inner);
	if (rc == PDG_E_NOMEM)
		return pdg_nomem(err);
	if (rc < 0)
		return pdg_reject(err, "SRC-1", "source statement: %s", inner.text);
	*out = s;
	return 0;
}

int pdg_source_as_emitted(const struct pdg_source *s, const struct pdg_policy_repository *repo,
			  size_t payload, size_t commit, struct pdg_error *err)
{
	size_t most;
	int rc;

	if (!pdg_str_eq(s->uri, repo->uri)) {
		rc = pdg_reject(err, "SRC-3", "the subject's uri is not written as \"%s\"",
				repo->uri);
		pdg_fix(err, "name the repository alike in the policies of git server and service");
		return rc;
	}
	if (!pdg_size_mul(commit, ESCAPED, &most) ||
	    !pdg_size_add(most, PDG_LIMIT_SOURCE_OVERHEAD, &most) || payload > most)
		return pdg_reject(err, "STM-2", "%zu bytes say what a commit of %zu bytes says",
				  payload, commit);
	return 0;
}

int pdg_source_grade(const struct pdg_source *s, const struct pdg_policy_repository *repo,
		     bool by_server_key, enum pdg_grade *out, struct pdg_error *err)
{
	if (!by_server_key) {
		*out = PDG_GRADE_CLONE;
		return 0;
	}
	if (!s->ref)
		return pdg_reject(err, "SRC-5", "the server's statement names no ref");
	if (!pdg_policy_protects(repo, s->ref))
		return pdg_reject(err, "SRC-5", "%s is not protected in [repository \"%s\"]",
				  s->ref, repo->uri);
	*out = PDG_GRADE_SERVER;
	return 0;
}
