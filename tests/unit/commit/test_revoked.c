/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policy's [revocation] does to commits, tags and forges' merges, whatever their form: an
 * ordinary revocation spares what was received before it, a compromise nothing that has no
 * independent time (rules.md 1; attacks.md T13).
 */
#include "commit/signers.h"
#include "unit/commit/commit_data.h"

/* One key in a revocation file, and @w loaded with it. */
static void revoke(struct world *w, struct pdg_revocations *r, const char *fingerprint,
		   const char *date)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
	PDG_AUTO(mem) char *path = NULL;
	struct pdg_error err = {0};

	pdg_buf_printf(&text, "[key \"%s\"]\n\t%s\n", fingerprint, date);
	path = pdg_test_file(w->cache, "revocations", pdg_buf_bytes(&text));
	pdg_revocations_done(r);
	if (!CHECK_OK(pdg_revocations_load(r, path, &err), &err))
		abort();
	w->repo.revocations = r;
	world_load(w);
}

/* The names of the key that signed @file. */
static void signer_of(const struct world *w, const char *file, char fingerprint[72],
		      char subkey[41])
{
	PDG_AUTO(verdict) struct pdg_verdict v;

	pdg_verdict_init(&v);
	if (!world_judge(w, file, FEBRUARY, &v) || !CHECK_INT(v.result, PDG_RESULT_GOOD))
		abort();
	memcpy(fingerprint, v.fingerprint, sizeof(v.fingerprint));
	memcpy(subkey, v.subkey, sizeof(v.subkey));
}

static void check_key(struct world *w, const char *file, const char *key)
{
	PDG_AUTO(revocations) struct pdg_revocations r = {0};

	/* 2024-02-01T00:00:00Z is COMMITTED; FEBRUARY an hour later. */
	revoke(w, &r, key, "revokedSince = 2024-02-01T01:00:01Z");
	check_file(w, file, FEBRUARY, PDG_RESULT_GOOD, NULL);
	check_file(w, file, FEBRUARY + 1, PDG_RESULT_REVOKED_KEY, "SGN-5");
	check_file(w, file, APRIL, PDG_RESULT_REVOKED_KEY, "SGN-5");
	/* When it was received is the service's word, which saves nothing from a thief. */
	revoke(w, &r, key, "compromisedSince = 2030-01-01T00:00:00Z");
	check_file(w, file, FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	/* Another key's revocation is nobody else's. */
	revoke(w, &r, "0123456789ABCDEF0123456789ABCDEF01234567",
	       "compromisedSince = 2020-01-01T00:00:00Z");
	check_file(w, file, FEBRUARY, PDG_RESULT_GOOD, NULL);
	w->repo.revocations = NULL;
}

static void every_form_is_reached(void)
{
	static const char *const files[] = {
		"pgp-good.raw", "pgp-rsa.raw", "pgp-tag.raw",	      "pgp-forge-merge.raw",
		"ssh-good.raw", "ssh-tag.raw", "ssh-forge-merge.raw",
	};
	struct world w;
	size_t i;

	world_init(&w);
	world_load(&w);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char fingerprint[72];
		char subkey[41];

		world_load(&w);
		signer_of(&w, files[i], fingerprint, subkey);
		check_key(&w, files[i], fingerprint);
		CHECK_INT(subkey[0] != '\0', files[i][0] == 'p');
		if (subkey[0])
			check_key(&w, files[i], subkey);
	}
	world_done(&w);
}

/* Behind what makes the signature itself worthless, before whether key and person may sign. */
static void it_has_its_place_among_faults(void)
{
	PDG_AUTO(revocations) struct pdg_revocations r = {0};
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	static const char date[] = "revokedSince = 2020-01-01T00:00:00Z";
	char fingerprint[72];
	char subkey[41];
	struct world w;

	world_init(&w);
	world_load(&w);
	signer_of(&w, "pgp-good.raw", fingerprint, subkey);
	revoke(&w, &r, fingerprint, date);
	check_file(&w, "pgp-other-committer.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	check_file(&w, "pgp-sig-expires.raw", APRIL, PDG_RESULT_EXPIRED_SIGNATURE, "SGN-7");
	data_read("pgp-good.raw", &raw);
	raw.p[raw.n - 2] ^= 1;
	check_raw(&w, pdg_buf_bytes(&raw), FEBRUARY, PDG_RESULT_BAD_SIGNATURE, "SGN-4");
	w.repo.revocations = NULL;
	world_load(&w);
	signer_of(&w, "ssh-good.raw", fingerprint, subkey);
	revoke(&w, &r, fingerprint, date);
	check_file(&w, "ssh-other-committer.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	w.repo.revocations = NULL;
	world_done(&w);
}

/* A time that a token proves is the time that counts, and no thief made it up. */
static void a_proven_time_is_independent(void)
{
	static const struct {
		const char *date;
		int64_t proven;
		int64_t at;
		bool revoked;
	} cases[] = {
		{"compromisedSince = 2024-03-01T00:00:00Z", COMMITTED, APRIL, false},
		{"compromisedSince = 2024-03-01T00:00:00Z", 0, FEBRUARY, true},
		{"compromisedSince = 2024-03-01T00:00:00Z", APRIL, APRIL, true},
		{"compromisedSince = 2024-02-01T00:00:00Z", COMMITTED, APRIL, true},
		{"revokedSince = 2024-03-01T00:00:00Z", COMMITTED, APRIL, false},
		{"revokedSince = 2024-03-01T00:00:00Z", 0, APRIL, true},
		{"revokedSince = 2024-03-01T00:00:00Z", APRIL, FEBRUARY, true},
	};
	static const char key[] = "SHA256:uNiVztksCsDhcc0u9e8BrX4F57Q7aMUzBMyBLE2Y7Ws";
	PDG_AUTO(revocations) struct pdg_revocations r = {0};
	struct world w;
	size_t i;

	world_init(&w);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v;
		const struct pdg_signed o = {.at = cases[i].at};

		pdg_verdict_init(&v);
		v.proven = cases[i].proven;
		revoke(&w, &r, key, cases[i].date);
		pdg_test_case("case %zu", i);
		CHECK(pdg_verdict_revoked(w.signers, &o, key, &v) == cases[i].revoked);
		CHECK_STR(v.why.rule, cases[i].revoked ? "SGN-5" : "");
	}
	pdg_test_case(NULL);
	w.repo.revocations = NULL;
	world_done(&w);
}

/* Whoever is about to sign is told. */
static void hooks_are_told(void)
{
	PDG_AUTO(revocations) struct pdg_revocations r = {0};
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_KEY_FILE);
	char fingerprint[72];
	char subkey[41];
	const char *why = NULL;
	struct pdg_error err = {0};
	struct world w;

	world_init(&w);
	world_load(&w);
	signer_of(&w, "pgp-good.raw", fingerprint, subkey);
	CHECK(pdg_signers_pgp_fit(w.signers, "alice@example.com", FEBRUARY) == PDG_PGP_FIT);
	revoke(&w, &r, subkey, "revokedSince = 2024-02-01T00:00:00Z");
	CHECK(pdg_signers_pgp_fit(w.signers, subkey, FEBRUARY) == PDG_PGP_LISTED);
	CHECK(pdg_signers_pgp_fit(w.signers, subkey, COMMITTED - 1) == PDG_PGP_FIT);
	revoke(&w, &r, fingerprint, "revokedSince = 2024-02-01T00:00:00Z");
	CHECK(pdg_signers_pgp_fit(w.signers, "alice@example.com", FEBRUARY) == PDG_PGP_LISTED);

	data_read("allowed_signers", &line);
	signer_of(&w, "ssh-good.raw", fingerprint, subkey);
	revoke(&w, &r, fingerprint, "revokedSince = 2024-03-01T00:00:00Z");
	{
		struct pdg_bytes b = pdg_buf_bytes(&line);
		size_t from = pdg_bytes_find(b, pdg_bytes_str("ssh-ed25519 "), 0);
		struct pdg_bytes key = pdg_bytes_from(b, from);

		key = pdg_bytes_head(key, pdg_bytes_find_byte(key, '\n', 0));
		CHECK_OK(pdg_signers_ssh_unfit(w.signers, key, NULL, FEBRUARY, &why, &err), &err);
		CHECK_STR(why, NULL);
		CHECK_OK(pdg_signers_ssh_unfit(w.signers, key, NULL, APRIL, &why, &err), &err);
		CHECK_STR(why, "is revoked");
	}
	w.repo.revocations = NULL;
	world_done(&w);
}

PDG_TEST_MAIN("revoked", {"every form is reached", every_form_is_reached},
	      {"it has its place among faults", it_has_its_place_among_faults},
	      {"a proven time is independent", a_proven_time_is_independent},
	      {"hooks are told", hooks_are_told})
