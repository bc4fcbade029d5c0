/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judgements by SSH certificates: commits that git made with user.signingKey = KEY-cert.pub, under
 * a policy that names CAs (tests/data/ssh_certs), and what revokes such a certificate.
 */
#include "commit/signers.h"
#include "unit/commit/commit_data.h"

#define DATA	    "../ssh_certs/"
#define JANUARY_1   INT64_C(1704067200)
#define JANUARY_15  INT64_C(1705276800)
#define FEBRUARY_15 INT64_C(1707955200)

static void set(char **where, char *path)
{
	free(*where);
	*where = path;
}

static void cert_world(struct world *w, bool committer_match)
{
	world_init(w);
	set(&w->allowed[0], data_path(DATA "allowed_signers"));
	set(&w->forge[1], data_path(DATA "forge.pub"));
	w->repo.openpgp_keys.n = 0;
	w->repo.forge_keys = (struct pdg_strings){&w->forge[1], 1};
	w->repo.require_committer_match = committer_match;
	world_load(w);
}

static void judge_all(bool committer_match, const struct judged *cases, size_t n)
{
	struct world w;

	cert_world(&w, committer_match);
	for (size_t i = 0; i < n; i++)
		check_file(&w, cases[i].name, cases[i].at, cases[i].want, cases[i].rule);
	world_done(&w);
}

static void a_good_commit_names_its_principal(void)
{
	static const struct {
		const char *name;
		const char *signer;
	} rows[] = {
		{DATA "good.raw", "alice@example.com"},
		{DATA "second-address.raw", "alice@work.example"},
		{DATA "team.raw", "dave@team.example"},
	};
	PDG_AUTO(buf) struct pdg_buf print = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	struct world w;

	cert_world(&w, true);
	data_read(DATA "alice.fingerprint", &print);
	print.n--; /* its line end */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v;

		pdg_verdict_init(&v);
		pdg_test_case("%s", rows[i].name);
		if (!world_judge(&w, rows[i].name, FEBRUARY, &v))
			continue;
		CHECK_INT(v.result, PDG_RESULT_GOOD);
		CHECK_INT(v.format, PDG_SIG_SSH);
		CHECK(!v.forge);
		CHECK_STR(v.fingerprint,
			  pdg_buf_cstr(&print)); /* of the key, not the certificate */
		CHECK_STR(pdg_buf_cstr(&v.signer), rows[i].signer);
		CHECK_STR(v.signer_address, rows[i].signer);
	}
	pdg_test_case(NULL);
	world_done(&w);
}

static void certificate_results(void)
{
	static const struct judged cases[] = {
		{DATA "good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "tag.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "extension.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "second-address.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "team.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "sk-ed25519.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "sk-ecdsa.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "sk-ed25519-verified.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "sk-ecdsa-verified.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		/* the certificate's time and the authority's, at the trusted time */
		{DATA "good.raw", APRIL - 1, PDG_RESULT_GOOD, NULL},
		{DATA "good.raw", APRIL, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{DATA "good.raw", JANUARY_1 - 1, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "forever.raw", APRIL, PDG_RESULT_GOOD, NULL},
		{DATA "ecdsa.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "ecdsa.raw", FEBRUARY_15, PDG_RESULT_GOOD, NULL},
		{DATA "ecdsa.raw", FEBRUARY_15 + 1, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{DATA "ecdsa.raw", JANUARY_15 - 1, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "good.raw", COMMITTED - 301, PDG_RESULT_NOT_ALLOWED, "SGN-12"},
		/* not for this */
		{DATA "host.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "command.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "address.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "unknown.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "verify.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "sk-ed25519-unverified.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "sk-ecdsa-unverified.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "sk-ed25519-untouched.raw", FEBRUARY, PDG_RESULT_BAD_SIGNATURE, "SGN-4"},
		/* not for him: by the certificate, by the authority's line, by neither's name */
		{DATA "nobody.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "star.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "other-committer.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "team-alice.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "eve.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		/* by no authority that is named, as one, for this */
		{DATA "stranger.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{DATA "plainly.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{DATA "files.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{DATA "listed-stranger.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{DATA "ca-itself.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		{DATA "by-sha1.raw", FEBRUARY, PDG_RESULT_UNSUPPORTED, "SGN-10"},
		/* a forge's key through a certificate is no key of the forge */
		{DATA "forge-plain.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "forge-merge.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
		/* the second signature: by the same certificate, by another of the same key */
		{DATA "dual-good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "dual-forever.raw", FEBRUARY, PDG_RESULT_MALFORMED, "COM-7"},
	};

	judge_all(true, cases, sizeof(cases) / sizeof(cases[0]));
}

/* Whoever commits, some name must be both the certificate's and the line's. */
static void committer_may_be_another_where_that_is_allowed(void)
{
	static const struct judged cases[] = {
		{DATA "good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "other-committer.raw", FEBRUARY, PDG_RESULT_GOOD, NULL},
		{DATA "eve.raw", FEBRUARY, PDG_RESULT_GOOD, NULL}, /* as alice@example.com */
		{DATA "other-committer.raw", APRIL, PDG_RESULT_EXPIRED_KEY, "SGN-6"},
		{DATA "nobody.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "team-alice.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-9"},
		{DATA "host.raw", FEBRUARY, PDG_RESULT_NOT_ALLOWED, "SGN-8"},
		{DATA "stranger.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3"},
	};

	judge_all(false, cases, sizeof(cases) / sizeof(cases[0]));
}

/* good.raw under that list alone, and a commit that it does not touch. */
static void check_revoked(struct world *w, char *path, bool revoked, const char *untouched)
{
	set(&w->revoked[0], path);
	world_load(w);
	check_file(w, DATA "good.raw", FEBRUARY, revoked ? PDG_RESULT_REVOKED_KEY : PDG_RESULT_GOOD,
		   revoked ? "SGN-5" : NULL);
	check_file(w, untouched, FEBRUARY, PDG_RESULT_GOOD, NULL);
}

static void krls_revoke_what_they_name(void)
{
	static const struct {
		const char *file;
		bool revoked;
	} rows[] = {
		{"serial", true},
		{"serials", true},
		{"range", true},
		{"bitmap", true},
		{"id", true},
		{"ids", true},
		{"cert", true},
		{"authority", true},
		{"authority-sha256", true},
		{"others", false},
		{"other-serials", false},
		{"other-bitmap", false},
		{"other-ca", false},
	};
	struct world w;

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf(DATA "%s.krl", rows[i].file);

		check_revoked(&w, data_path(name), rows[i].revoked, DATA "team.raw");
	}
	world_done(&w);
}

/* Those that name the key, alice's, revoke all of her certificates, whoever made them. */
static void krls_revoke_keys(void)
{
	static const char *const files[] = {"key", "explicit", "sha1", "sha256", "hash"};
	struct world w;

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf(DATA "%s.krl", files[i]);

		set(&w.revoked[0], data_path(name));
		world_load(&w);
		check_file(&w, DATA "good.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
		check_file(&w, DATA "forever.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
		check_file(&w, DATA "stranger.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
		check_file(&w, DATA "sk-ecdsa.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	}
	world_done(&w);
}

/* A serial number or key id is one CA's, where the list says whose; 0 numbers nothing. */
static void certificates_are_revoked_alone(void)
{
	struct world w;

	cert_world(&w, true);
	set(&w.revoked[0], data_path(DATA "serial.krl"));
	world_load(&w);
	check_file(&w, DATA "forever.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	check_file(&w, DATA "extension.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	check_file(&w, DATA "stranger.raw", FEBRUARY, PDG_RESULT_UNKNOWN_KEY, "SGN-3");
	set(&w.revoked[0], data_path(DATA "serial-any.krl"));
	world_load(&w);
	check_file(&w, DATA "stranger.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	set(&w.revoked[0], data_path(DATA "serials.krl")); /* 2^64 - 1 */
	world_load(&w);
	check_file(&w, DATA "forever.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	set(&w.revoked[0], data_path(DATA "id.krl"));
	world_load(&w);
	check_file(&w, DATA "extension.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	check_file(&w, DATA "ecdsa.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
	set(&w.revoked[0], data_path(DATA "id-any.krl"));
	world_load(&w);
	check_file(&w, DATA "ecdsa.raw", FEBRUARY, PDG_RESULT_REVOKED_KEY, "SGN-5");
	world_done(&w);
}

/* Lists in text: a certificate stands for its key, an authority's key for all that it certified. */
static void text_lists_revoke_certificates(void)
{
	static const struct {
		const char *file;
		bool revoked;
		const char *untouched;
	} rows[] = {
		{"good-cert.pub", true, DATA "sk-ecdsa.raw"},
		{"forever-cert.pub", true, DATA "sk-ecdsa.raw"},
		{"alice.pub", true, DATA "sk-ecdsa.raw"},
		{"alice.fingerprint", true, DATA "sk-ecdsa.raw"},
		{"ca.pub", true, DATA "team.raw"}, /* by the same key, under another CA */
		{"ca-ecdsa.pub", false, DATA "team.raw"},
		{"ed25519-cert.pub", false, DATA "team.raw"},
	};
	struct world w;

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		PDG_AUTO(mem) char *name = pdg_str_printf(DATA "%s", rows[i].file);

		check_revoked(&w, data_path(name), rows[i].revoked, rows[i].untouched);
	}
	world_done(&w);
}

/* The policy's own revocations, by date, of the key and of the CA that certified it. */
static void revocations_reach_the_authority(void)
{
	static const char *const files[] = {"alice.pub", "ca.pub", "ca-ecdsa.pub"};
	struct world w;

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		PDG_AUTO(revocations) struct pdg_revocations r = {0};
		PDG_AUTO(mem) char *name = pdg_str_printf(DATA "%s", files[i]);
		PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		PDG_AUTO(buf) struct pdg_buf blob = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		PDG_AUTO(sshkey) struct pdg_sshkey *key = NULL;
		PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1024);
		PDG_AUTO(mem) char *path = NULL;
		struct pdg_error err = {0};
		bool hit = i < 2;

		pdg_test_case("%s", files[i]);
		data_read(name, &line);
		CHECK_OK(pdg_sshkey_line(pdg_bytes(line.p, line.n - 1), &blob, &err), &err);
		if (!CHECK_OK(pdg_sshkey_parse(pdg_buf_bytes(&blob), &key, &err), &err))
			abort();
		pdg_buf_printf(&text, "[key \"%s\"]\n\trevokedSince = 2024-02-01T01:00:01Z\n",
			       pdg_sshkey_fingerprint(key));
		path = pdg_test_file(w.cache, "revocations", pdg_buf_bytes(&text));
		CHECK_OK(pdg_revocations_load(&r, path, &err), &err);
		w.repo.revocations = &r;
		world_load(&w);
		check_file(&w, DATA "good.raw", FEBRUARY, PDG_RESULT_GOOD, NULL);
		check_file(&w, DATA "good.raw", FEBRUARY + 1,
			   hit ? PDG_RESULT_REVOKED_KEY : PDG_RESULT_GOOD, hit ? "SGN-5" : NULL);
		w.repo.revocations = NULL;
	}
	pdg_test_case(NULL);
	world_done(&w);
}

static void load_fails(struct world *w)
{
	struct pdg_signers *s = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_signers_load(&w->repo, w->cache, &s, &err), &err, "POL-5");
	CHECK(s == NULL);
}

static void unusable_lists_are_refused(void)
{
	PDG_AUTO(buf) struct pdg_buf krl = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
	char *dir = pdg_test_dir();
	struct world w;

	cert_world(&w, true);
	pdg_test_case("a KRL that revokes nothing");
	set(&w.revoked[0], data_path(DATA "empty.krl"));
	load_fails(&w);
	pdg_test_case("a KRL cut short");
	data_read(DATA "serial.krl", &krl);
	set(&w.revoked[0], pdg_test_file(dir, "krl", pdg_bytes(krl.p, krl.n - 1)));
	load_fails(&w);
	pdg_test_case("a certificate cut short");
	data_read(DATA "good-cert.pub", &line);
	pdg_test_replace(&line, "AAAA", " alice", "AAAA alice");
	set(&w.revoked[0], pdg_test_file(dir, "list", pdg_buf_bytes(&line)));
	load_fails(&w);
	pdg_test_case("a certificate as a forge's key");
	set(&w.revoked[0], data_path(DATA "serial.krl"));
	set(&w.forge[1], data_path(DATA "good-cert.pub"));
	load_fails(&w);
	pdg_test_case("a certificate as an authority");
	set(&w.forge[1], data_path(DATA "forge.pub"));
	world_load(&w);
	pdg_buf_reset(&krl);
	pdg_buf_puts(&krl, "* cert-authority ");
	data_read(DATA "good-cert.pub", &krl);
	set(&w.allowed[0], pdg_test_file(dir, "allowed", pdg_buf_bytes(&krl)));
	load_fails(&w);
	pdg_test_case(NULL);
	world_done(&w);
	pdg_test_dir_remove(dir);
}

/* What the signature is judged by must not hang on whether somebody may sign. */
static void wrong_signatures_come_first(void)
{
	static const char *const names[] = {DATA "good.raw", DATA "host.raw", DATA "stranger.raw",
					    DATA "nobody.raw", DATA "unknown.raw"};
	struct world w;

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

		pdg_test_case("%s", names[i]);
		data_read(names[i], &raw);
		raw.p[raw.n - 2] ^= 1;
		check_raw(&w, pdg_buf_bytes(&raw), APRIL, PDG_RESULT_BAD_SIGNATURE, "SGN-4");
	}
	pdg_test_case(NULL);
	world_done(&w);
}

/* Every bit of a small commit, of its signature and the certificate in it, and of a tag. */
static void every_bit_counts(void)
{
	struct world w;

	cert_world(&w, true);
	check_every_bit_in(&w, DATA "good.raw", DATA "tag.raw", FEBRUARY);
	world_done(&w);
}

static void unfit_certificates_are_known_beforehand(void)
{
	static const struct {
		const char *file, *address;
		int64_t at;
		const char *why;
	} cases[] = {
		{"good", "alice@example.com", FEBRUARY, ""},
		{"good", NULL, FEBRUARY, ""},
		{"sk-ed25519-verify", "alice@example.com", FEBRUARY, ""},
		{"good", "bob@example.com", FEBRUARY,
		 "is not certified and listed for the committer's address"},
		{"good", "alice@example.com", APRIL,
		 "has a certificate or authority that has expired"},
		{"good", "alice@example.com", JANUARY_1 - 1,
		 "has a certificate or authority that is not valid yet"},
		{"stranger", "alice@example.com", FEBRUARY,
		 "is certified by an authority that the policy does not name"},
		{"host", "alice@example.com", FEBRUARY,
		 "is certified for a host, not for a person"},
		{"command", "alice@example.com", FEBRUARY,
		 "is certified under a critical option that no signature can keep"},
	};
	struct world w;
	const char *why = NULL;
	struct pdg_error err = {0};

	cert_world(&w, true);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_COMMIT);
		PDG_AUTO(mem) char *name = pdg_str_printf(DATA "%s-cert.pub", cases[i].file);

		pdg_test_case("case %zu: %s", i, cases[i].file);
		data_read(name, &line);
		line.n--;
		CHECK_OK(pdg_signers_ssh_unfit(w.signers, pdg_buf_bytes(&line), cases[i].address,
					       cases[i].at, &why, &err),
			 &err);
		CHECK_STR(why ? why : "", cases[i].why);
	}
	set(&w.revoked[0], data_path(DATA "serial.krl"));
	world_load(&w);
	{
		PDG_AUTO(buf) struct pdg_buf line = PDG_BUF_INIT(PDG_LIMIT_COMMIT);

		pdg_test_case("revoked");
		data_read(DATA "good-cert.pub", &line);
		CHECK_OK(pdg_signers_ssh_unfit(w.signers, pdg_bytes(line.p, line.n - 1), NULL,
					       FEBRUARY, &why, &err),
			 &err);
		CHECK_STR(why, "is revoked");
	}
	pdg_test_case(NULL);
	world_done(&w);
}

PDG_TEST_MAIN("judge_cert",
	      {"a good commit names its principal", a_good_commit_names_its_principal},
	      {"certificate results", certificate_results},
	      {"committer may be another where that is allowed",
	       committer_may_be_another_where_that_is_allowed},
	      {"KRLs revoke what they name", krls_revoke_what_they_name},
	      {"KRLs revoke keys", krls_revoke_keys},
	      {"certificates are revoked alone", certificates_are_revoked_alone},
	      {"text lists revoke certificates", text_lists_revoke_certificates},
	      {"revocations reach the authority", revocations_reach_the_authority},
	      {"unusable lists are refused", unusable_lists_are_refused},
	      {"wrong signatures come first", wrong_signatures_come_first},
	      {"every bit counts", every_bit_counts},
	      {"unfit certificates are known beforehand", unfit_certificates_are_known_beforehand})
