/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What gitsign really made (tests/data/x509/README), against the public good trusted root, whose
 * file stands beside the source tree: a commit with its log entry inside, and a tag without one.
 */
#include "commit/judge.h"
#include "support/check.h"
#include "support/shared.h"
#include "util/limits.h"

#define OWNER	   "billy@chainguard.dev"
#define TAGGED	   INT64_C(1654190833)
#define LOGGED	   INT64_C(1681496844)
#define YEARS_LATE (LOGGED + INT64_C(100000000))

static char *trusted_root;

static struct pdg_signers *load(const char *identity, const char *issuer)
{
	char *identities[] = {(char *)(uintptr_t)identity};
	char *issuers[] = {(char *)(uintptr_t)issuer};
	static struct pdg_policy_repository repo;
	static char *kept[2];
	struct pdg_signers *s = NULL;
	struct pdg_error err = {0};

	kept[0] = identities[0];
	kept[1] = issuers[0];
	repo = (struct pdg_policy_repository){
		.uri = (char *)(uintptr_t) "https://github.com/sigstore/gitsign",
		.trusted_root = trusted_root,
		.x509_identities = {&kept[0], 1},
		.x509_issuers = {&kept[1], 1},
		.require_committer_match = true,
	};
	CHECK_OK(pdg_signers_load(&repo, ".", &s, &err), &err);
	return s;
}

static void commit_with_its_entry_is_good(void)
{
	PDG_AUTO(signers) struct pdg_signers *s = load(OWNER, "https://accounts.google.com");
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};
	size_t byte;
	size_t good = 0;

	pdg_verdict_init(&v);
	PDG_TEST_READ_DATA("x509/gitsign-offline.raw", &raw);
	if (!s ||
	    !CHECK_OK(pdg_judge_commit(s, pdg_buf_bytes(&raw), false, YEARS_LATE, &v, &err), &err))
		return;
	CHECK_STR(v.why.text, "");
	CHECK_INT(v.result, PDG_RESULT_GOOD);
	CHECK_INT(v.proven, LOGGED);
	CHECK_STR(pdg_buf_cstr(&v.signer), OWNER);
	/* And none of its bytes may be another. */
	for (byte = 0; byte < raw.n; byte++) {
		raw.p[byte] ^= 1;
		if (CHECK_OK(pdg_judge_commit(s, pdg_buf_bytes(&raw), false, YEARS_LATE, &v, &err),
			     &err))
			good += v.result == PDG_RESULT_GOOD;
		raw.p[byte] ^= 1;
	}
	CHECK_UINT(good, 0);
}

static void names_count(void)
{
	PDG_AUTO(signers)
	struct pdg_signers *other = load("bob@chainguard.dev", "https://accounts.google.com");
	PDG_AUTO(signers) struct pdg_signers *elsewhere = NULL;
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	PDG_TEST_READ_DATA("x509/gitsign-offline.raw", &raw);
	CHECK_OK(pdg_judge_commit(other, pdg_buf_bytes(&raw), false, YEARS_LATE, &v, &err), &err);
	CHECK_STR(v.why.rule, "SGN-13");
	elsewhere = load(OWNER, "https://github.com/login/oauth");
	CHECK_OK(pdg_judge_commit(elsewhere, pdg_buf_bytes(&raw), false, YEARS_LATE, &v, &err),
		 &err);
	CHECK_STR(v.why.rule, "SGN-13");
}

/* gitsign's own default keeps the log entry elsewhere: good for ten minutes. */
static void tag_without_an_entry_lives_ten_minutes(void)
{
	PDG_AUTO(signers) struct pdg_signers *s = load(OWNER, "github-sigstore-production");
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	PDG_TEST_READ_DATA("x509/gitsign-tag.raw", &raw);
	CHECK_OK(pdg_judge_tag(s, pdg_buf_bytes(&raw), false, TAGGED + 60, &v, &err), &err);
	CHECK_STR(v.why.text, "");
	CHECK_INT(v.result, PDG_RESULT_GOOD);
	CHECK_INT(v.proven, 0);
	CHECK_OK(pdg_judge_tag(s, pdg_buf_bytes(&raw), false, TAGGED + 660, &v, &err), &err);
	CHECK_STR(v.why.rule, "SGN-6");
}

int main(void)
{
	static const struct pdg_test tests[] = {
		{"commit with its entry is good", commit_with_its_entry_is_good},
		{"names count", names_count},
		{"tag without an entry lives ten minutes", tag_without_an_entry_lives_ten_minutes},
	};
	int rc;

	trusted_root = pdg_test_shared("conformance/public-good.trusted_root.json");
	if (!trusted_root)
		return PDG_TEST_SKIPPED;
	rc = pdg_test_run("gitsign", tests, sizeof(tests) / sizeof(tests[0]));
	free(trusted_root);
	return rc;
}
