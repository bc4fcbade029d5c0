/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pedigreed --fsck, one row: what is kept beside a statement so that it is found, answered and
 * judged again is derived anew, and compared.
 */
#include <string.h>

#include "commit/object.h"
#include "service/fsck_impl.h"
#include "service/record.h"
#include "stage/build.h"
#include "stage/stage.h"
#include "trust/uri.h"
#include "util/limits.h"
#include "util/str.h"

static int differs(struct pdg_error *err, const char *what, const char *kept, const char *want)
{
	return pdg_reject(err, "FSK-1", "its %s is kept as %.200s, and is %.200s", what,
			  kept ? kept : "none", want ? want : "none");
}

static int same(const char *what, const char *kept, const char *want, struct pdg_error *err)
{
	return pdg_str_eq(kept, want) || (!kept && !want) ? 0 : differs(err, what, kept, want);
}

int pdg_fsck_grade(const struct pdg_stored *a, const struct pdg_journal_leaf *leaf,
		   struct pdg_error *err)
{
	return same("grade", a->grade, leaf->grade, err);
}

static int check_repository(const struct pdg_stored *a, const char *uri, struct pdg_error *err)
{
	PDG_AUTO(mem) char *normal = NULL;
	int rc = pdg_uri_normal(uri, &normal, err);

	return rc < 0 ? rc : same("repository", a->repository, normal, err);
}

/* The raw commit is the one that the statement is about. */
static int check_commit(const struct pdg_stored *a, const struct pdg_source *s,
			struct pdg_error *err)
{
	char name[PDG_OID_HEX];
	char sha256[PDG_OID_HEX];
	int rc;

	if (a->commit.n == 0)
		return pdg_reject(err, "FSK-1", "its commit is gone");
	rc = pdg_object_name("commit", pdg_buf_bytes(&a->commit), strlen(s->git_commit) == 64, name,
			     err);
	if (rc == 0)
		rc = pdg_commit_sha256(pdg_buf_bytes(&a->commit), sha256, err);
	if (rc == 0)
		rc = same("raw commit", name, s->git_commit, err);
	return rc < 0 ? rc : same("raw commit", sha256, s->sha256, err);
}

static int check_source(const struct pdg_stored *a, const struct pdg_statement *st,
			struct pdg_error *err)
{
	struct pdg_source s;
	int rc = pdg_source_read(st, &s, err);

	if (rc == 0)
		rc = check_repository(a, s.uri, err);
	if (rc == 0)
		rc = same("commit", a->git_commit, s.git_commit, err);
	return rc < 0 ? rc : check_commit(a, &s, err);
}

static int check_build(const struct pdg_stored *a, const struct pdg_statement *st,
		       struct pdg_error *err)
{
	PDG_AUTO(build) struct pdg_build b = {0};
	int rc = pdg_build_read(st, &b, err);

	if (rc == 0)
		rc = check_repository(a, b.source_uri, err);
	if (rc == 0)
		rc = same("commit", a->git_commit, b.source_commit, err);
	if (rc == 0 && a->commit.n > 0)
		rc = pdg_reject(err, "FSK-1", "a commit is kept with it, which is no source");
	return rc;
}

static int check_statement(const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	const struct pdg_stage *stage;
	int rc = pdg_statement_parse(pdg_buf_bytes(&a->payload), &st, err);

	if (rc == 0)
		rc = pdg_stage_of(st, &stage, err);
	if (rc == 0)
		rc = same("stage", a->stage, stage->name, err);
	if (rc < 0)
		return rc;
	return stage->id == PDG_STAGE_SOURCE ? check_source(a, st, err) : check_build(a, st, err);
}

/* The links of the row, which are answered, are those of the leaf, which is signed. */
static int check_links(const struct pdg_stored *a, const struct pdg_journal_leaf *leaf,
		       struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_jw w;
	size_t i;
	int rc;

	pdg_jw_init(&w, &want);
	pdg_jw_arr(&w);
	for (i = 0; i < leaf->n_links; i++)
		pdg_row_link_write(leaf->links[i].stage, leaf->links[i].reference, &w);
	pdg_jw_end(&w);
	rc = pdg_buf_check(&want, err);
	if (rc < 0 || pdg_bytes_eq(pdg_buf_bytes(&a->links), pdg_buf_bytes(&want)))
		return rc;
	return pdg_reject(err, "FSK-1", "its links are not those of its journal leaf");
}

int pdg_fsck_row(const struct pdg_stored *a, const struct pdg_journal_leaf *leaf,
		 struct pdg_error *err)
{
	int rc = check_statement(a, err);

	if (rc == 0)
		rc = same("stage", a->stage, leaf->stage, err);
	if (rc == 0 && a->received != leaf->received)
		rc = pdg_reject(err, "FSK-1",
				"it is kept as received at another second than its journal leaf "
				"says");
	return rc < 0 ? rc : check_links(a, leaf, err);
}

static int check_found_by(struct pdg_store *s, const struct pdg_stored *a, const char *algorithm,
			  const char *value, struct pdg_error *err)
{
	PDG_AUTO(listing) struct pdg_listing l = {0};
	int rc;

	if (!value)
		return 0;
	rc = s->ops->list(s, algorithm, value, NULL, a->id - 1, 1, &l.v, &l.n, err);
	if (rc < 0)
		return rc;
	return l.n == 1 && l.v[0].id == a->id
		       ? 0
		       : pdg_reject(err, "FSK-1", "it is not found by its subject %s:%s", algorithm,
				    value);
}

int pdg_fsck_found(struct pdg_store *s, const struct pdg_stored *a, struct pdg_error *err)
{
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	size_t i;
	int rc = pdg_statement_parse(pdg_buf_bytes(&a->payload), &st, err);

	for (i = 0; rc == 0 && i < st->n_subjects; i++) {
		const struct pdg_subject *by = &st->subjects[i];

		rc = check_found_by(s, a, "sha256", pdg_subject_digest(by, "sha256"), err);
		if (rc == 0 && pdg_str_eq(a->stage, pdg_stage(PDG_STAGE_SOURCE)->name))
			rc = check_found_by(s, a, "gitCommit", pdg_subject_digest(by, "gitCommit"),
					    err);
	}
	return rc;
}
