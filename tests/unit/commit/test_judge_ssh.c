/* SPDX-License-Identifier: Apache-2.0 */
/* Judgements by SSH keys: allowed_signers with its times, names and namespaces, revoked keys,
 * forges. */
#include "unit/commit/commit_data.h"

#define MARCH_1 INT64_C(1709251200)

static void good_commit_is_good(void)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct world w;

	world_init(&w);
	world_load(&w);
	pdg_verdict_init(&v);
	if (world_judge(&w, "ssh-good.raw", FEBRUARY, &v)) {
		CHECK_INT(v.result, PDG_RESULT_GOOD);
		CHECK_INT(v.format, PDG_SIG_SSH);
		CHECK(!v.forge);
		CHECK(pdg_str_starts(v.fingerprint, "SHA256:"));
		CHECK_UINT(strlen(v.fingerprint), 50);
		CHECK_STR(v.keyid, "");
		CHECK_STR(pdg_buf_cstr(&v.signer), "alice@example.com,alice@work.example");
		CHECK_STR(v.signer_address, "alice@example.com");
	}
	world_done(&w);
}

static void ssh_results(void)
{
	static const struct judged cases[] = {
		{"ssh-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-tag.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-team.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-sha256.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-latin1.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-mergetag.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-unknown.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},		/* T11 */
		{"ssh-revoked.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5"},		/* T13 */
		{"ssh-other-committer.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"}, /* M11 */
		/* M8, M9, T12: the committer's date is February's in all of them */
		{"ssh-until-march.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-until-march.raw", MARCH_1 + 1, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{"ssh-from-march.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{"ssh-from-march.raw", APRIL, PDG_RESULT_GOOD, NULL},
		{"ssh-good.raw", COMMITTED - 301, PDG_RESULT_NOT_ALLOWED, "SGN-12"},
		/* T19: made for another use; listed for another use only */
		{"ssh-namespace.raw", FEBRUARY, PDG_RESULT_BAD_SIGNATURE, "SGN-4"},
		{"ssh-for-files.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{"ssh-dual.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-dual-foreign.raw", FEBRUARY, PDG_RESULT_MALFORMED, "COM-7"},
		{"ssh-forge-merge.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-forge-squash.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-11"},
	};

	check_files(true, cases, sizeof(cases) / sizeof(cases[0]));
}

static void committer_may_be_another_where_that_is_allowed(void)
{
	static const struct judged cases[] = {
		{"ssh-other-committer.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"ssh-until-march.raw", APRIL, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{"ssh-unknown.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
	};

	check_files(false, cases, sizeof(cases) / sizeof(cases[0]));
}

/* The same key by its fingerprint, and not at all. */
static void revoked_keys_are_what_the_list_says(void)
{
	struct world w;

	world_init(&w);
	free(w.revoked[0]);
	w.revoked[0] = data_path("revoked_fingerprints");
	world_load(&w);
	check_file(&w, "ssh-revoked.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	check_file(&w, "ssh-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	w.repo.revoked.n = 0;
	world_load(&w);
	check_file(&w, "ssh-revoked.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	world_done(&w);
}

/* A wrong signature is that, also by a key that is revoked or unknown. */
static void wrong_signature_comes_first(void)
{
	static const char *const names[] = {"ssh-good.raw", "ssh-revoked.raw", "ssh-unknown.raw",
					    "ssh-until-march.raw", "ssh-forge-squash.raw"};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

		pdg_test_case("%s", names[i]);
		data_read(names[i], &raw);
		raw.p[raw.n - 2] ^= 1;
		check_raw(&w, pdg_buf_bytes(&raw), APRIL, PDG_RESULT_BAD_SIGNATURE, "SGN-4");
		pdg_test_case(NULL);
	}
	world_done(&w);
}

static void every_bit_counts(void)
{
	check_every_bit("ssh-good.raw", "ssh-tag.raw", FEBRUARY);
}

PDG_TEST_MAIN("judge_ssh", {"good commit is good", good_commit_is_good},
	      {"SSH results", ssh_results},
	      {"committer may be another where that is allowed",
	       committer_may_be_another_where_that_is_allowed},
	      {"revoked keys are what the list says", revoked_keys_are_what_the_list_says},
	      {"wrong signature comes first", wrong_signature_comes_first},
	      {"every bit counts", every_bit_counts})
