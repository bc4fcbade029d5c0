/* SPDX-License-Identifier: Apache-2.0 */
/* A source statement for a commit that was signed with a certificate: made, read, held against it.
 */
#include "stage/source.h"
#include "unit/commit/x509_data.h"
#include "util/limits.h"

static void statement_follows_from_the_commit(void)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(PDG_LIMIT_PAYLOAD);
	PDG_AUTO(statement) struct pdg_statement *st = NULL;
	PDG_AUTO(verdict) struct pdg_verdict made;
	PDG_AUTO(verdict) struct pdg_verdict later;
	const struct x509_commit c = {.entry = MADE + 1};
	struct pdg_source_make m = {.uri = "https://git.example.com/app", .verdict = &made};
	struct pdg_error err = {0};
	struct pdg_source s;
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	pdg_verdict_init(&made);
	pdg_verdict_init(&later);
	x509_commit_make(&w, &c, &raw);
	m.raw = pdg_buf_bytes(&raw);
	CHECK_OK(pdg_judge_commit(w.signers, m.raw, false, MADE + 60, &made, &err), &err);
	CHECK_INT(made.result, PDG_RESULT_GOOD);
	CHECK_OK(pdg_source_make(&m, &out, &err), &err);
	/* The service judges when it receives it: the certificate is long over, its proof is not.
	 */
	CHECK_OK(pdg_judge_commit(w.signers, m.raw, false, RECEIVED, &later, &err), &err);
	CHECK_INT(later.result, PDG_RESULT_GOOD);
	if (CHECK_OK(pdg_statement_parse(pdg_buf_bytes(&out), &st, &err), &err) &&
	    CHECK_OK(pdg_source_read(st, &s, &err), &err)) {
		CHECK_STR(s.sig_format, "x509");
		CHECK_STR(s.sig_fingerprint, made.fingerprint);
		CHECK_STR(s.sig_signer, ALICE);
		CHECK(s.gpg_keyid == NULL);
		CHECK_OK(pdg_source_follows(&s, m.raw, &later, PDG_GRADE_CLONE, &err), &err);
		s.sig_signer = "bob@example.com";
		CHECK_RULE(pdg_source_follows(&s, m.raw, &later, PDG_GRADE_CLONE, &err), &err,
			   "SRC-3");
		s.sig_signer = ALICE;
		s.sig_format = "ssh";
		CHECK_RULE(pdg_source_follows(&s, m.raw, &later, PDG_GRADE_CLONE, &err), &err,
			   "SRC-3");
	}
	x509_world_done(&w);
}

PDG_TEST_MAIN("source_x509",
	      {"statement follows from the commit", statement_follows_from_the_commit})
