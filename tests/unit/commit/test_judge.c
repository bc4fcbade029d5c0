/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judgements by OpenPGP keys, and what holds for every form: results, rules, dual signatures,
 * forges. Each refusal is made from an object or key that is good but for one thing.
 */
#include "unit/commit/commit_data.h"

static void good_commit_is_good(void)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct world w;

	world_init(&w);
	world_load(&w);
	pdg_verdict_init(&v);
	if (world_judge(&w, "pgp-good.raw", FEBRUARY, &v)) {
		CHECK_INT(v.result, PDG_RESULT_GOOD);
		CHECK_INT(v.format, PDG_SIG_OPENPGP);
		CHECK(!v.forge);
		CHECK_UINT(strlen(v.fingerprint), 40);
		CHECK_UINT(strlen(v.keyid), 16);
		/* Signed by the subkey: another key than the one the verdict is named after. */
		CHECK(!pdg_str_ends(v.fingerprint, v.keyid));
		CHECK_STR(pdg_buf_cstr(&v.signer), "Alice Example <alice@example.com>");
		CHECK_STR(v.signer_address, "alice@example.com");
		CHECK_STR(v.why.text, "");
	}
	world_done(&w);
}

static void openpgp_results(void)
{
	static const struct judged cases[] = {
		{"pgp-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-rsa.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-second-address.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-tag.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"unsigned.raw", FEBRUARY, PDG_RESULT_UNSIGNED, "SGN-2"},
		{"pgp-unknown.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"}, /* T11 */
		{"pgp-sha1.raw", FEBRUARY, PDG_RESULT_UNSUPPORTED, "SGN-10"},
		/* T15, M11 */
		{"pgp-other-committer.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{"pgp-other-case.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{"pgp-revoked-address.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		/* T12, T13: what counts is when it came in, not what it says */
		{"pgp-expired.raw", FEBRUARY, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{"pgp-expired.raw", INT64_C(1580518800), PDG_RESULT_GOOD, NULL},
		{"pgp-sig-expires.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-sig-expires.raw", APRIL, PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7"},
		/* Compromised, for all we know; and retired, in March */
		{"pgp-revoked.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5"},
		{"pgp-retired.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-retired.raw", APRIL, PDG_RESULT_REVOKED_KEY, "SGN-5"},
		/* Dated after it came in: five minutes are forgiven */
		{"pgp-good.raw", COMMITTED - 300, PDG_RESULT_GOOD, NULL},
		{"pgp-good.raw", COMMITTED - 301, PDG_RESULT_NOT_ALLOWED, "SGN-12"},
		{"pgp-tag.raw", COMMITTED - 301, PDG_RESULT_NOT_ALLOWED, "SGN-12"},
		/* Both forms of one object */
		{"pgp-dual.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-dual-foreign.raw", FEBRUARY, PDG_RESULT_MALFORMED, "COM-7"},
		/* rules.md 2.3 */
		{"pgp-forge-merge.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-forge-squash.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-11"},
	};

	check_files(true, cases, sizeof(cases) / sizeof(cases[0]));
}

static void committer_may_be_another_where_that_is_allowed(void)
{
	static const struct judged cases[] = {
		{"pgp-other-committer.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-revoked-address.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{"pgp-unknown.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
	};

	check_files(false, cases, sizeof(cases) / sizeof(cases[0]));
}

static void forge_key_is_named(void)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct world w;

	world_init(&w);
	world_load(&w);
	pdg_verdict_init(&v);
	if (world_judge(&w, "pgp-forge-merge.raw", FEBRUARY, &v)) {
		CHECK(v.forge);
		CHECK_STR(pdg_buf_cstr(&v.signer), "Forge (merges) <noreply@forge.example>");
		CHECK_STR(v.signer_address, "");
	}
	/* Without forgeKeys it is a stranger's. */
	w.repo.forge_keys.n = 0;
	world_load(&w);
	check_file(&w, "pgp-forge-merge.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3");
	world_done(&w);
}

/* T14, and more that GnuPG may say of a key: one word of the description changed at a time. */
static void unfit_keys_are_refused(void)
{
	static const struct {
		const char *after;
		const char *from;
		const char *to;
		enum pdg_result want;
		const char *rule;
	} cases[] = {
		{"\"primary\":false", "\"canSign\":true", "\"canSign\":false",
		 PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{"\"primary\":false", "\"crossCertified\":true", "\"crossCertified\":false",
		 PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{"\"primary\":false", "\"invalid\":false", "\"invalid\":true",
		 PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{"\"primary\":false", "\"revoked\":false", "\"revoked\":true",
		 PDG_RESULT_REVOKED_KEY, "SGN-5"},
		{"\"primary\":false", "\"expires\":0", "\"expires\":1706745601",
		 PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		/* The signature says that it was made when the key had expired. */
		{"\"primary\":false", "\"expires\":0", "\"expires\":1706745599",
		 PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{"\"certs\"", "\"expires\":0", "\"expires\":1706745601", PDG_RESULT_EXPIRED_KEY,
		 "SGN-6"},
		{"\"certs\"", "\"revoked\":false", "\"revoked\":true", PDG_RESULT_REVOKED_KEY,
		 "SGN-5"},
		{"Alice Example", "\"revoked\":false", "\"revoked\":true", PDG_RESULT_NOT_ALLOWED,
		 "SGN-9"},
		{"Alice Example", "\"invalid\":false", "\"invalid\":true", PDG_RESULT_NOT_ALLOWED,
		 "SGN-9"},
		{"Alice Example", "\"expires\":0", "\"expires\":1706745601", PDG_RESULT_NOT_ALLOWED,
		 "SGN-9"},
		{"\"certs\"", "alice@example.com\"", "alice@example.org\"", PDG_RESULT_NOT_ALLOWED,
		 "SGN-9"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		struct world w;

		world_init(&w);
		data_read("keys.json", &json);
		pdg_test_replace(&json, cases[i].after, cases[i].from, cases[i].to);
		world_describe(&w, "keys.asc", pdg_buf_bytes(&json));
		world_load(&w);
		data_read("pgp-good.raw", &raw);
		pdg_test_case("%s behind %s", cases[i].to, cases[i].after);
		check_raw(&w, pdg_buf_bytes(&raw), FEBRUARY, cases[i].want, cases[i].rule);
		pdg_test_case(NULL);
		world_done(&w);
	}
}

/* A wrong signature is that, whatever else is wrong; then the order is GnuPG's. */
static void faults_have_an_order(void)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(PDG_LIMIT_KEY_DESCRIPTION);
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct world w;

	world_init(&w);
	data_read("keys.json", &json);
	pdg_test_replace(&json, "\"primary\":false", "\"expires\":0", "\"expires\":1706745601");
	pdg_test_replace(&json, "\"primary\":false", "\"revoked\":false", "\"revoked\":true");
	pdg_test_replace(&json, "\"primary\":false", "\"canSign\":true", "\"canSign\":false");
	world_describe(&w, "keys.asc", pdg_buf_bytes(&json));
	world_load(&w);
	check_file(&w, "pgp-sig-expires.raw", APRIL, PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7");
	check_file(&w, "pgp-sig-expires.raw", FEBRUARY, PDG_RESULT_EXPIRED_KEY, "SGN-6");
	data_read("pgp-good.raw", &raw);
	raw.p[raw.n - 2] ^= 1;
	check_raw(&w, pdg_buf_bytes(&raw), FEBRUARY, PDG_RESULT_BAD_SIGNATURE, "SGN-4");
	world_done(&w);
}

static void expect_changed(const struct world *w, const char *name, const char *after,
			   const char *from, const char *to, enum pdg_result want, const char *rule)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

	data_read(name, &raw);
	pdg_test_replace(&raw, after, from, to);
	pdg_test_case("%s: \"%.40s\" to \"%.40s\"", name, from, to);
	check_raw(w, pdg_buf_bytes(&raw), FEBRUARY, want, rule);
	pdg_test_case(NULL);
}

/* M1 to M7, T7 on a commit that was good: what is added to it is refused, and by which rule. */
static void additions_are_refused(void)
{
	static const struct {
		const char *after;
		const char *from;
		const char *to;
		enum pdg_result want;
		const char *rule;
	} cases[] = {
		{"lines.", "\n", "\n\nSigned-off-by: Eve <eve@example.com>\n",
		 PDG_RESULT_BAD_SIGNATURE, "SGN-4"},
		{"committer", "\ngpgsig ", "\nnote more\ngpgsig ", PDG_RESULT_BAD_SIGNATURE,
		 "SGN-4"},
		{"committer", "\ngpgsig ", "\ngpgsigX hidden\n more\ngpgsig ", PDG_RESULT_MALFORMED,
		 "COM-3"},
		{"committer", "\ngpgsig ", "\ngpgsig-sha256 junk\ngpgsig ", PDG_RESULT_MALFORMED,
		 "COM-5"},
		{"committer", "\ngpgsig ",
		 "\ngpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP "
		 "SIGNATURE-----\ngpgsig ",
		 PDG_RESULT_MALFORMED, "COM-7"},
		{"committer", "\ngpgsig ",
		 "\ngpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n AAAA\n -----END SSH "
		 "SIGNATURE-----\ngpgsig ",
		 PDG_RESULT_MALFORMED, "COM-7"},
		{"tree", "tree ", "tree 1111111111111111111111111111111111111111\ntree ",
		 PDG_RESULT_MALFORMED, "COM-2"},
		{"author", "author Ann", "author Eve", PDG_RESULT_BAD_SIGNATURE, "SGN-4"},
		{"tree", "parent 5", "parent 6", PDG_RESULT_BAD_SIGNATURE, "SGN-4"},
		{"END PGP", "-----\n", "-----\n behind\n", PDG_RESULT_MALFORMED, "PGP-1"},
		/* The one thing that an armor may hold unsigned, and gpg writes: "Version",
		   "Comment". */
		{"gpgsig", "-----BEGIN PGP SIGNATURE-----\n \n",
		 "-----BEGIN PGP SIGNATURE-----\n Comment: x\n \n", PDG_RESULT_GOOD, NULL},
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_changed(&w, "pgp-good.raw", cases[i].after, cases[i].from, cases[i].to,
			       cases[i].want, cases[i].rule);
	/* A tag's name and object are signed (T21); text behind its block is none of it. */
	expect_changed(&w, "pgp-tag.raw", "type", "tag pgp-tag", "tag v9", PDG_RESULT_BAD_SIGNATURE,
		       "SGN-4");
	expect_changed(&w, "pgp-tag.raw", "END PGP", "-----\n", "-----\nmore\n",
		       PDG_RESULT_MALFORMED, "PGP-1");
	expect_changed(&w, "pgp-tag.raw", "",
		       "tagger Alice Example <alice@example.com> "
		       "1706745600 +0100\n",
		       "", PDG_RESULT_BAD_SIGNATURE, "SGN-4");
	world_done(&w);
}

/* Two signatures in one header, inline ones, X.509, an empty block (T8, T9, T10, M16). */
static void other_forms_are_refused(void)
{
	static const char block[] =
		"-----END PGP SIGNATURE-----\n -----BEGIN PGP SIGNATURE-----\n \n "
		"AAAA\n -----END PGP SIGNATURE-----\n";
	struct world w;

	world_init(&w);
	world_load(&w);
	expect_changed(&w, "pgp-good.raw", "gpgsig", "-----END PGP SIGNATURE-----\n", block,
		       PDG_RESULT_MALFORMED, "PGP-1");
	expect_changed(&w, "pgp-good.raw", "gpgsig", "-----BEGIN PGP SIGNATURE-----",
		       "-----BEGIN PGP MESSAGE-----", PDG_RESULT_MALFORMED, "COM-5");
	expect_changed(&w, "pgp-good.raw", "gpgsig", "-----BEGIN PGP SIGNATURE-----",
		       "-----BEGIN SIGNED MESSAGE-----", PDG_RESULT_MALFORMED, "CMS-1");
	expect_changed(
		&w, "unsigned.raw", "committer", "\n\n",
		"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n",
		PDG_RESULT_MALFORMED, "PGP-1");
	world_done(&w);
}

static void every_bit_counts(void)
{
	check_every_bit("pgp-good.raw", "pgp-tag.raw", FEBRUARY);
}

/* A verdict is told anew each time, whatever the last one was. */
static void verdict_is_used_again(void)
{
	static const char *const names[] = {"pgp-forge-merge.raw", "unsigned.raw", "pgp-good.raw",
					    NULL};
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	pdg_verdict_init(&v);
	for (i = 0; names[i]; i++) {
		CHECK(world_judge(&w, names[i], FEBRUARY, &v));
		CHECK_INT(v.forge, i == 0);
		CHECK_INT(v.result, i == 1 ? PDG_RESULT_UNSIGNED : PDG_RESULT_GOOD);
		CHECK_INT(v.fingerprint[0] == '\0', i == 1);
	}
	world_done(&w);
}

static void results_have_names(void)
{
	static const char *const names[] = {
		"good",	       "unsigned",	    "unknown-key", "bad-signature", "revoked-key",
		"expired-key", "expired-signature", "not-allowed", "malformed",	    "unsupported",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_STR(pdg_result_name((enum pdg_result)i), names[i]);
}

PDG_TEST_MAIN("judge", {"good commit is good", good_commit_is_good},
	      {"OpenPGP results", openpgp_results},
	      {"committer may be another where that is allowed",
	       committer_may_be_another_where_that_is_allowed},
	      {"forge key is named", forge_key_is_named},
	      {"unfit keys are refused", unfit_keys_are_refused},
	      {"faults have an order", faults_have_an_order},
	      {"additions are refused", additions_are_refused},
	      {"other forms are refused", other_forms_are_refused},
	      {"every bit counts", every_bit_counts},
	      {"verdict is used again", verdict_is_used_again},
	      {"results have names", results_have_names})
