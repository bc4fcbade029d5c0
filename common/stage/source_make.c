/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a source statement. Same commit and same circumstances give the same bytes, and so the
 * same reference: a statement that is made again is the one that is already known.
 */
#include "stage/source.h"

#include "trust/uri.h"
#include "util/time.h"

#define TREE_LINE_SHA1 45 /* where the \n stands behind "tree " and 40 digits */

static void write_person(struct pdg_jw *w, const char *key, const struct pdg_person *p)
{
	pdg_jw_key(w, key);
	pdg_jw_obj(w);
	pdg_jw_key(w, "name");
	pdg_jw_bytes(w, p->name);
	pdg_jw_key(w, "email");
	pdg_jw_bytes(w, p->email);
	pdg_jw_end(w);
}

static void write_signature(struct pdg_jw *w, const struct pdg_verdict *v)
{
	if (v->format == PDG_SIG_OPENPGP) {
		pdg_jw_key(w, "gpgSignature");
		pdg_jw_obj(w);
		pdg_jw_kstr(w, "keyId", v->keyid);
		pdg_jw_kbool(w, "verified", true);
		pdg_jw_end(w);
	}
	pdg_jw_key(w, "signature");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "format", pdg_sig_format_name(v->format));
	pdg_jw_kstr(w, "fingerprint", v->fingerprint);
	pdg_jw_key(w, "signer");
	pdg_jw_bytes(w, pdg_buf_bytes(&v->signer));
	pdg_jw_end(w);
}

/* What only the git server knows. */
static void write_circumstances(struct pdg_jw *w, const struct pdg_source_make *m)
{
	if (m->ref)
		pdg_jw_kstr(w, "ref", m->ref);
	if (m->previous)
		pdg_jw_kstr(w, "previous", m->previous);
	if (m->pusher)
		pdg_jw_kstr(w, "pusher", m->pusher);
	if (m->late)
		pdg_jw_kbool(w, "late", true);
}

static void write_predicate(struct pdg_jw *w, const struct pdg_source_make *m,
			    const struct pdg_commit *c, const char *name)
{
	struct pdg_bytes message = c->message;
	size_t i;

	if (message.n && message.p[message.n - 1] == '\n')
		message.n--;
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "commit", name);
	write_person(w, "author", &c->author);
	write_person(w, "committer", &c->committer);
	pdg_jw_key(w, "message");
	pdg_jw_bytes(w, message);
	pdg_jw_key(w, "timestamp");
	pdg_jw_time(w, c->committer.time);
	pdg_jw_key(w, "tree");
	pdg_jw_bytes(w, c->tree);
	pdg_jw_key(w, "parents");
	pdg_jw_arr(w);
	for (i = 0; i < c->n_parents; i++)
		pdg_jw_bytes(w, c->parents[i]);
	pdg_jw_end(w);
	write_signature(w, m->verdict);
	write_circumstances(w, m);
	pdg_jw_end(w);
}

static void write_statement(struct pdg_jw *w, const struct pdg_source_make *m,
			    const struct pdg_commit *c, const char *subject, const char *name,
			    const char *gitoid)
{
	pdg_statement_begin(w);
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "name", subject);
	pdg_jw_kstr(w, "uri", m->uri);
	pdg_jw_key(w, "digest");
	pdg_jw_obj(w);
	pdg_jw_kstr(w, "gitCommit", name);
	pdg_jw_kstr(w, "sha256", gitoid);
	pdg_jw_end(w);
	pdg_jw_end(w);
	pdg_statement_predicate(w, pdg_stage(PDG_STAGE_SOURCE)->predicate_type);
	write_predicate(w, m, c, name);
	pdg_jw_end(w);
}

int pdg_source_make(const struct pdg_source_make *m, struct pdg_buf *out, struct pdg_error *err)
{
	PDG_AUTO(commit) struct pdg_commit *c = NULL;
	PDG_AUTO(mem) char *normal = NULL;
	bool sha256 = m->raw.n > TREE_LINE_SHA1 && m->raw.p[TREE_LINE_SHA1] != '\n';
	char name[PDG_OID_HEX];
	char gitoid[PDG_OID_HEX];
	struct pdg_jw w;
	int rc;

	if (m->verdict->result != PDG_RESULT_GOOD)
		return pdg_fail(err, PDG_E_USAGE,
				"a commit that was not judged good gets no statement");
	rc = pdg_uri_normal(m->uri, &normal, err);
	if (rc == 0)
		rc = pdg_commit_parse(m->raw, sha256, &c, err);
	if (rc == 0)
		rc = pdg_object_name("commit", m->raw, sha256, name, err);
	if (rc == 0)
		rc = pdg_commit_sha256(m->raw, gitoid, err);
	if (rc < 0)
		return rc;
	pdg_jw_init(&w, out);
	write_statement(&w, m, c, pdg_source_name(normal), name, gitoid);
	return pdg_buf_check(out, err);
}
