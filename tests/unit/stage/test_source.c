/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source statements: made from a commit they read back, follow from it and come out the same twice;
 * any member that differs is named and refused (rules.md 3.2).
 */
#include "stage/source.h"

#include <stdio.h>

#include "unit/stage/stage_data.h"
#include "util/str.h"

#define REPO "https://git.example.com/team/app"
#define HEAD                                                                                       \
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent " COMMIT_A "\nparent " COMMIT_B     \
	"\n"                                                                                       \
	"author Ann Author <ann@example.com> 1700000000 +0200\n"                                   \
	"committer Al \"\\ Ice <alice@example.com> 1700000060 -0130\n"

/* Whether it is signed is not looked at here: that is the verdict's. */
static const char raw[] = HEAD "\nRelease v1\n\nWith \ttab.\n";
/* Latin-1 in the name, a broken sequence and a lone surrogate in the message, no last newline */
static const char odd_raw[] =
	"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	"author J\xf6rg <joerg@example.com> 0 +0000\n"
	"committer \xe2\x82\xac <alice@example.com> 1 +0000\n\nfin \xe2\x82 \xed\xa0\x80 de\xcc\x81";

static void verdict_of(struct pdg_verdict *v, enum pdg_sig_format format)
{
	bool pgp = format == PDG_SIG_OPENPGP;

	pdg_verdict_init(v);
	v->result = PDG_RESULT_GOOD;
	v->format = format;
	(void)snprintf(v->fingerprint, sizeof(v->fingerprint), "%s",
		       pgp ? "0123456789ABCDEF0123456789ABCDEF01234567" : "SHA256:abc");
	(void)snprintf(v->keyid, sizeof(v->keyid), "%s", pgp ? "AAAABBBBCCCCDDDD" : "");
	pdg_buf_puts(&v->signer, pgp ? "Alice <alice@example.com>" : "alice@example.com");
}

static void make(const struct pdg_source_make *m, struct pdg_buf *out)
{
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_source_make(m, out, &err), &err))
		abort();
}

static void server_statement_is_whole(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(buf) struct pdg_buf again = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO ".git",
				    .verdict = &v,
				    .ref = "refs/heads/main",
				    .previous = COMMIT_B,
				    .pusher = "alice"};
	struct pdg_source s;
	struct pdg_error err = {0};

	verdict_of(&v, PDG_SIG_OPENPGP);
	m.raw = pdg_bytes_str(raw);
	make(&m, &out);
	make(&m, &again);
	CHECK_BYTES(pdg_buf_bytes(&out), pdg_buf_bytes(&again));
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_source_read(st, &s, &err), &err))
		return;
	CHECK_STR(st->predicate_type, "https://slsa.dev/sourceverify/v1");
	CHECK_STR(s.uri, REPO ".git");
	CHECK_STR(s.name, "app");
	CHECK_STR(s.git_commit, s.commit);
	CHECK_UINT(strlen(s.sha256), 64);
	CHECK_STR(s.message, "Release v1\n\nWith \ttab.");
	CHECK_STR(s.timestamp, "2023-11-14T22:14:20Z");
	CHECK_STR(s.author_name, "Ann Author");
	CHECK_STR(s.author_email, "ann@example.com");
	CHECK_STR(s.committer_name, "Al \"\\ Ice");
	CHECK_STR(s.committer_email, "alice@example.com");
	CHECK_STR(s.tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	CHECK_UINT(pdg_json_len(s.parents), 2);
	CHECK_STR(s.sig_format, "openpgp");
	CHECK_STR(s.sig_fingerprint, v.fingerprint);
	CHECK_STR(s.sig_signer, "Alice <alice@example.com>");
	CHECK_STR(s.gpg_keyid, "AAAABBBBCCCCDDDD");
	CHECK(s.gpg_verified);
	CHECK_STR(s.ref, "refs/heads/main");
	CHECK_STR(s.previous, COMMIT_B);
	CHECK_STR(s.pusher, "alice");
	CHECK(!s.late);
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_SERVER, &err), &err);
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-4");
	CHECK(!strstr(pdg_buf_cstr(&out), "\"late\""));
}

static void clone_statement_by_ssh(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO, .verdict = &v};
	struct pdg_source s;
	struct pdg_error err = {0};

	verdict_of(&v, PDG_SIG_SSH);
	m.raw = pdg_bytes_str(raw);
	make(&m, &out);
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_source_read(st, &s, &err), &err))
		return;
	CHECK_STR(s.name, "app");
	CHECK_STR(s.sig_format, "ssh");
	CHECK(s.gpg_keyid == NULL && s.ref == NULL && s.previous == NULL && s.pusher == NULL);
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err);
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_SERVER, &err), &err);
	v.result = PDG_RESULT_EXPIRED_KEY;
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
	CHECK_CODE(pdg_source_make(&m, &out, &err), &err, PDG_E_USAGE);
}

/* What is no UTF-8 is replaced when written and understood when compared. */
static void bytes_that_are_no_text(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO, .verdict = &v, .raw = pdg_bytes_str(odd_raw)};
	struct pdg_source s;
	struct pdg_error err = {0};

	verdict_of(&v, PDG_SIG_SSH);
	make(&m, &out);
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_source_read(st, &s, &err), &err))
		return;
	CHECK_STR(s.author_name, "J\xef\xbf\xbdrg");
	CHECK_STR(s.committer_name, "\xe2\x82\xac");
	CHECK_STR(s.message,
		  "fin \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd de\xcc\x81");
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err);
	s.author_name = "J\xef\xbf\xbd";
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
	s.author_name = "J\xef\xbf\xbdrgx";
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
	s.author_name = "Joerg";
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
}

static void sha256_commits(void)
{
	static const char text[] =
		"tree 6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321\n"
		"author A <a@example.com> 1 +0000\ncommitter A <a@example.com> 1 +0000\n\nm\n";
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO, .verdict = &v, .raw = pdg_bytes_str(text)};
	struct pdg_source s;
	struct pdg_error err = {0};

	verdict_of(&v, PDG_SIG_SSH);
	make(&m, &out);
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_source_read(st, &s, &err), &err))
		return;
	CHECK_UINT(strlen(s.git_commit), 64);
	CHECK_STR(s.git_commit, s.sha256); /* both are the gitoid */
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err);
}

/* Each member of a good statement changed, one at a time. */
static void every_member_must_follow(void)
{
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_source_make m = {.uri = REPO, .verdict = &v};
	struct pdg_source good;
	struct pdg_source s;
	struct pdg_error err = {0};
	const struct {
		const char **member;
		const char *value;
		const char *rule;
	} cases[] = {
		{&s.git_commit, COMMIT_A, "SRC-2"},
		{&s.sha256, SHA_A, "SRC-2"},
		{&s.commit, COMMIT_A, "SRC-3"},
		{&s.message, "Release v1", "SRC-3"},
		{&s.message, "Release v1\n\nWith \ttab.\n", "SRC-3"},
		{&s.timestamp, "2023-11-14T22:14:21Z", "SRC-3"},
		{&s.timestamp, "2023-11-14T20:44:20-01:30", "SRC-3"},
		{&s.author_name, "Eve", "SRC-3"},
		{&s.author_email, "Ann@example.com", "SRC-3"},
		{&s.committer_name, "", "SRC-3"},
		{&s.committer_email, "eve@example.com", "SRC-3"},
		{&s.tree, COMMIT_A, "SRC-3"},
		{&s.sig_format, "ssh", "SRC-3"},
		{&s.sig_fingerprint, "0123456789abcdef0123456789abcdef01234567", "SRC-3"},
		{&s.sig_signer, "alice@example.com", "SRC-3"},
		{&s.gpg_keyid, "0000000000000000", "SRC-3"},
		{&s.gpg_keyid, "7", "SRC-3"},
		{&s.gpg_keyid, "", "SRC-3"},
		{&s.ref, "refs/heads/main", "SRC-4"},
		{&s.previous, COMMIT_A, "SRC-4"},
		{&s.pusher, "eve", "SRC-4"},
	};
	size_t i;

	verdict_of(&v, PDG_SIG_OPENPGP);
	m.raw = pdg_bytes_str(raw);
	make(&m, &out);
	if (!CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) ||
	    !CHECK_OK(pdg_source_read(st, &good, &err), &err))
		return;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = good;
		*cases[i].member = cases[i].value;
		pdg_test_case("%zu: \"%s\"", i, cases[i].value);
		CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err,
			   cases[i].rule);
	}
	pdg_test_case("verified is false");
	s = good;
	s.gpg_verified = false;
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
	pdg_test_case("late");
	s = good;
	s.late = true;
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-4");
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_SERVER, &err), &err);
	pdg_test_case("the primary key's id");
	s = good;
	s.gpg_keyid = "89ABCDEF01234567";
	CHECK_OK(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err);
	pdg_test_case("gpgSignature on another form");
	v.format = PDG_SIG_SSH;
	s = good;
	s.sig_format = NULL;
	CHECK_RULE(pdg_source_follows(&s, m.raw, &v, PDG_GRADE_CLONE, &err), &err, "SRC-3");
	pdg_test_case("another commit");
	CHECK_RULE(pdg_source_follows(&good, pdg_bytes_str(odd_raw), &v, PDG_GRADE_CLONE, &err),
		   &err, "SRC-2");
	pdg_test_case(NULL);
}

#define DIGEST	"'digest':{'gitCommit':'" COMMIT_A "','sha256':'" SHA_A "'}"
#define SUBJECT "{'name':'app','uri':'" REPO "'," DIGEST "}"
#define AUTHOR	"'author':{'name':'A','email':'a@example.com'}"
#define REST	"'message':'m','timestamp':'2025-10-04T14:00:00Z'"
#define SEED	"'commit':'" COMMIT_A "'," AUTHOR "," REST

/* Read a source statement from @subject and @predicate (' for "). */
static int read_text(const char *subject, const char *predicate, struct pdg_error *err)
{
	PDG_AUTO(mem)
	char *text =
		pdg_str_printf("{'_type':'" PDG_STATEMENT_V1 "','subject':[%s],'predicateType':"
			       "'https://slsa.dev/sourceverify/v1','predicate':{%s}}",
			       subject, predicate);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	struct pdg_source s = {0};
	int rc;
	char *c;

	for (c = text; c && *c; c++) {
		if (*c == '\'')
			*c = '"';
	}
	if (!CHECK_OK(pdg_statement_parse(pdg_bytes_str(text), &st, err), err))
		abort();
	rc = pdg_source_read(st, &s, err);
	CHECK_INT(s.commit == NULL, rc < 0);
	return rc;
}

static void read_good_forms(void)
{
	static const char *const cases[] = {
		SEED,
		SEED ",'gpgSignature':{'keyId':'ABCD1234EFGH5678','verified':true}",
		SEED ",'late':true,'ref':'refs/heads/main'",
		SEED ",'late':false,'pusher':'x','ref':'refs/tags/v1','previous':'" COMMIT_B "'",
		SEED ",'parents':[],'tree':'" COMMIT_B "'",
		SEED ",'committer':{'name':'','email':''}",
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%s", cases[i]);
		CHECK_OK(read_text(SUBJECT, cases[i], &err), &err);
	}
	pdg_test_case(NULL);
}

static void other_forms_are_refused(void)
{
	static const struct {
		const char *subject;
		const char *predicate;
	} cases[] = {
		{SUBJECT "," SUBJECT, SEED},
		{"{'name':'app'," DIGEST "}", SEED},
		{"{'name':'app','uri':''," DIGEST "}", SEED},
		{"{'name':'other','uri':'" REPO "'," DIGEST "}", SEED},
		{"{'name':'team/app','uri':'" REPO "'," DIGEST "}", SEED},
		{"{'name':'app.git','uri':'" REPO ".git'," DIGEST "}", SEED},
		{"{'name':'','uri':'" REPO "'," DIGEST "}", SEED},
		{"{'name':'app','uri':'" REPO "','digest':{'sha256':'" SHA_A "'}}", SEED},
		{"{'name':'app','uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A "'}}", SEED},
		{"{'name':'app','uri':'" REPO "','digest':{'gitCommit':'" COMMIT_A
		 "','sha256':'" SHA_A "','sha512':'00'}}",
		 SEED},
		{SUBJECT, ""},
		{SUBJECT, AUTHOR "," REST},
		{SUBJECT, "'commit':'" COMMIT_A "'," REST},
		{SUBJECT, "'commit':'" COMMIT_A "'," AUTHOR ",'message':'m'"},
		{SUBJECT, "'commit':'" COMMIT_A "'," AUTHOR ",'timestamp':'2025-10-04T14:00:00Z'"},
		{SUBJECT, "'commit':'abc'," AUTHOR "," REST},
		{SUBJECT, "'commit':7," AUTHOR "," REST},
		{SUBJECT, "'commit':'" COMMIT_A "','author':'A'," REST},
		{SUBJECT, "'commit':'" COMMIT_A "','author':{'name':'A'}," REST},
		{SUBJECT, "'commit':'" COMMIT_A "','author':{'name':'A','email':'a','x':1}," REST},
		{SUBJECT,
		 "'commit':'" COMMIT_A "'," AUTHOR ",'message':'m','timestamp':'yesterday'"},
		{SUBJECT, SEED ",'other':1"},
		{SUBJECT, SEED ",'Ref':'refs/heads/main'"},
		{SUBJECT, SEED ",'ref':'main'"},
		{SUBJECT, SEED ",'ref':7"},
		{SUBJECT, SEED ",'previous':'none'"},
		{SUBJECT, SEED ",'late':'yes'"},
		{SUBJECT, SEED ",'late':true,'pusher':'eve'"},
		{SUBJECT, SEED ",'parents':'" COMMIT_B "'"},
		{SUBJECT, SEED ",'parents':['x']"},
		{SUBJECT, SEED ",'parents':[7]"},
		{SUBJECT, SEED ",'gpgSignature':{'keyId':'A'}"},
		{SUBJECT, SEED ",'gpgSignature':{'keyId':'A','verified':'true'}"},
		{SUBJECT, SEED ",'gpgSignature':{'keyId':'A','verified':true,'x':1}"},
		{SUBJECT, SEED ",'signature':{'format':'ssh'}"},
		{SUBJECT,
		 SEED ",'signature':{'format':'ssh','fingerprint':'f','signer':'s','x':1}"},
	};
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pdg_test_case("%zu: %s", i, cases[i].predicate);
		CHECK_RULE(read_text(cases[i].subject, cases[i].predicate, &err), &err, "SRC-1");
	}
	pdg_test_case(NULL);
}

static void kept_as_emitted(void)
{
	char uri[] = REPO;
	const struct pdg_policy_repository repo = {.uri = uri};
	const size_t most = 6 * 1000 + PDG_LIMIT_SOURCE_OVERHEAD;
	struct pdg_source s = {.uri = REPO};
	struct pdg_error err = {0};

	CHECK_OK(pdg_source_as_emitted(&s, &repo, most, 1000, &err), &err);
	CHECK_RULE(pdg_source_as_emitted(&s, &repo, most + 1, 1000, &err), &err, "STM-2");
	CHECK_RULE(pdg_source_as_emitted(&s, &repo, most, SIZE_MAX, &err), &err, "STM-2");
	/* The same repository, in another spelling */
	s.uri = REPO ".git";
	CHECK_RULE(pdg_source_as_emitted(&s, &repo, 1, 1000, &err), &err, "SRC-3");
	s.uri = "git+" REPO;
	CHECK_RULE(pdg_source_as_emitted(&s, &repo, 1, 1000, &err), &err, "SRC-3");
}

static void grades_are_earned(void)
{
	char pattern[] = "refs/heads/*";
	char uri[] = REPO;
	char *protect[] = {pattern};
	const struct pdg_policy_repository repo = {.uri = uri, .protect = {protect, 1}};
	struct pdg_source s = {.ref = "refs/heads/main"};
	enum pdg_grade grade = PDG_GRADE_NONE;
	struct pdg_error err = {0};

	CHECK_OK(pdg_source_grade(&s, &repo, true, &grade, &err), &err);
	CHECK_INT(grade, PDG_GRADE_SERVER);
	CHECK_OK(pdg_source_grade(&s, &repo, false, &grade, &err), &err);
	CHECK_INT(grade, PDG_GRADE_CLONE);
	grade = PDG_GRADE_NONE;
	s.ref = "refs/tags/v1";
	CHECK_RULE(pdg_source_grade(&s, &repo, true, &grade, &err), &err, "SRC-5");
	s.ref = NULL;
	CHECK_RULE(pdg_source_grade(&s, &repo, true, &grade, &err), &err, "SRC-5");
	CHECK_INT(grade, PDG_GRADE_NONE);
}

PDG_TEST_MAIN("source", {"server statement is whole", server_statement_is_whole},
	      {"clone statement by SSH", clone_statement_by_ssh},
	      {"bytes that are no text", bytes_that_are_no_text},
	      {"SHA-256 commits", sha256_commits},
	      {"every member must follow", every_member_must_follow},
	      {"good forms are read", read_good_forms},
	      {"other forms are refused", other_forms_are_refused},
	      {"kept as emitted", kept_as_emitted}, {"grades are earned", grades_are_earned})
