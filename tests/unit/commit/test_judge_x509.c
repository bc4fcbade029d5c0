/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judgements by certificate: owner, issuer, path and times, in a Fulcio-like world and under a root
 * of one's own (attacks.md T8 to T15, T63, T64, CVE-2026-24122). Proofs: test_judge_proofs.c.
 */
#include "commit/pushcert.h"
#include "commit/signers.h"
#include "unit/commit/x509_data.h"
#include "util/str.h"

static void fresh_commit_is_good(void)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	const struct x509_commit c = {.cms = {.time = MADE}};
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	pdg_verdict_init(&v);
	x509_judge(&w, &c, MADE + 60, &v);
	CHECK_INT(v.result, PDG_RESULT_GOOD);
	CHECK_INT(v.format, PDG_SIG_X509);
	CHECK_UINT(strlen(v.fingerprint), 50);
	CHECK(pdg_str_starts(v.fingerprint, "SHA256:"));
	CHECK_STR(pdg_buf_cstr(&v.signer), ALICE);
	CHECK_STR(v.signer_address, ALICE);
	CHECK_INT(v.proven, 0);
	/* Nothing shows that it is older than its certificate: the trusted time decides. */
	x509_check(&w, &c, MADE + LIFE + 1, PDG_RESULT_EXPIRED_KEY, "SGN-6");
	x509_check(&w, &c, MADE - 1, PDG_RESULT_NOT_ALLOWED, "SGN-8");
	x509_world_done(&w);
}

static void a_root_of_ones_own_is_enough(void)
{
	const struct x509_commit c = {.cms = {.time = MADE}};
	const struct x509_commit logged = {.entry = MADE + 1};
	const struct x509_commit stamped = {.token = MADE + 1};
	struct x509_world w;

	x509_world_init(&w);
	w.own_roots = true;
	w.repo.x509_identities.n = 0;
	w.repo.x509_issuers.n = 0;
	w.ask[LEAF].extended = "emailProtection";
	w.ask[LEAF].issuer_v1 = w.ask[LEAF].issuer_v2 = NULL;
	w.ask[MIDDLE].extended = NULL;
	x509_world_make(&w);
	x509_check(&w, &c, MADE + 60, PDG_RESULT_GOOD, NULL);
	/* A proof that nobody here can check is none, and does not pass unseen. */
	x509_check(&w, &logged, MADE + 60, PDG_RESULT_BAD_SIGNATURE, "LOG-8");
	x509_check(&w, &stamped, MADE + 60, PDG_RESULT_BAD_SIGNATURE, "TSA-7");
	x509_world_done(&w);
}

/* The owner, whoever vouched for him, and the committer. */
static void names_must_be_the_policys(void)
{
	static const struct {
		const char *what;
		const char *san, *v1, *v2, *identity;
		bool no_issuers, no_identities, any_committer;
		const char *rule;
		const char *signer;
	} cases[] = {
		{.what = "as it should be", .signer = ALICE},
		{.what = "another owner", .san = "email:bob@example.com", .rule = "SGN-13"},
		{.what = "another issuer", .v1 = "https://other.example", .rule = "SGN-13"},
		{.what = "no issuer", .v1 = "", .rule = "SGN-13"},
		{.what = "the new extension alone", .v1 = "", .v2 = ISSUER, .signer = ALICE},
		{.what = "the old extension alone", .v1 = ISSUER, .v2 = "", .signer = ALICE},
		{.what = "no owner", .san = "DNS:example.com", .rule = "SGN-13"},
		{.what = "case counts", .san = "email:Alice@example.com", .rule = "SGN-13"},
		{.what = "a job by its URI",
		 .san = "URI:https://ci.example/job",
		 .identity = "https://ci.example/job",
		 .rule = "SGN-9"},
		{.what = "a job that may commit as anybody",
		 .san = "URI:https://ci.example/job",
		 .identity = "https://ci.example/job",
		 .any_committer = true,
		 .signer = "https://ci.example/job"},
		{.what = "an address as a user name",
		 .san = "otherName:1.3.6.1.4.1.57264.1.7;UTF8:" ALICE,
		 .rule = "SGN-13"},
		{.what = "a user name",
		 .san = "otherName:1.3.6.1.4.1.57264.1.7;UTF8:alice!example.com",
		 .identity = "alice!example.com",
		 .any_committer = true,
		 .signer = "alice!example.com"},
		{.what = "one of two addresses",
		 .san = "email:bob@example.com,email:" ALICE,
		 .signer = ALICE},
		{.what = "one who is named, with an address that is not",
		 .san = "email:bob@example.com,email:" ALICE,
		 .identity = "bob@example.com",
		 .rule = "SGN-13"},
		{.what = "the same, whoever commits",
		 .san = "email:" ALICE ",email:bob@example.com",
		 .identity = "bob@example.com",
		 .any_committer = true,
		 .signer = "bob@example.com"},
		{.what = "another committer",
		 .san = "email:bob@example.com",
		 .identity = "bob@example.com",
		 .rule = "SGN-9"}, /* T15, M11 */
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(verdict) struct pdg_verdict v;
		const struct x509_commit c = {.cms = {.time = MADE}};
		struct x509_world w;

		pdg_test_case("%s", cases[i].what);
		pdg_verdict_init(&v);
		x509_world_init(&w);
		w.ask[LEAF].name = "somebody"; /* without a subject, the names must be critical */
		if (cases[i].san)
			w.ask[LEAF].san = cases[i].san;
		if (cases[i].v1) {
			w.ask[LEAF].issuer_v1 = cases[i].v1[0] ? cases[i].v1 : NULL;
			w.ask[LEAF].issuer_v2 = w.ask[LEAF].issuer_v1;
		}
		if (cases[i].v2)
			w.ask[LEAF].issuer_v2 = cases[i].v2[0] ? cases[i].v2 : NULL;
		if (cases[i].identity)
			w.identities[0] = (char *)(uintptr_t)cases[i].identity;
		w.repo.require_committer_match = !cases[i].any_committer;
		x509_world_make(&w);
		x509_judge(&w, &c, MADE + 60, &v);
		CHECK_STR(v.why.rule, cases[i].rule ? cases[i].rule : "");
		CHECK_INT(v.result, cases[i].rule ? PDG_RESULT_NOT_ALLOWED : PDG_RESULT_GOOD);
		if (cases[i].signer)
			CHECK_STR(pdg_buf_cstr(&v.signer), cases[i].signer);
		pdg_test_case(NULL);
		x509_world_done(&w);
	}
}

static void paths_must_lead_to_the_root(void)
{
	static const struct {
		const char *what;
		enum who who;
		struct pki_ask change; /* what is not NULL or 0 replaces */
		enum pdg_result want;
		const char *rule;
	} cases[] = {
		{"expired intermediate",
		 MIDDLE,
		 {.until = MADE + 10},
		 PDG_RESULT_EXPIRED_KEY,
		 "SGN-6"},
		{"an authority's own certificate",
		 LEAF,
		 {.constraints = "critical,CA:TRUE", .usage = "digitalSignature,keyCertSign"},
		 PDG_RESULT_NOT_ALLOWED,
		 "SGN-8"},
		{"a server's certificate",
		 LEAF,
		 {.extended = "serverAuth"},
		 PDG_RESULT_NOT_ALLOWED,
		 "SGN-8"},
		{"mail, under a public root",
		 LEAF,
		 {.extended = "emailProtection"},
		 PDG_RESULT_NOT_ALLOWED,
		 "SGN-8"},
		{"unknown critical extension",
		 LEAF,
		 {.other = "1.2.3", .other_critical = true},
		 PDG_RESULT_NOT_ALLOWED,
		 "SGN-8"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct x509_commit c = {.cms = {.time = MADE}};
		const struct pki_ask *change = &cases[i].change;
		struct x509_world w;
		struct pki_ask *ask;

		pdg_test_case("%s", cases[i].what);
		x509_world_init(&w);
		ask = &w.ask[cases[i].who];
		ask->until = change->until ? change->until : ask->until;
		ask->constraints = change->constraints ? change->constraints : ask->constraints;
		ask->usage = change->usage ? change->usage : ask->usage;
		ask->extended = change->extended ? change->extended : ask->extended;
		ask->other = change->other;
		ask->other_critical = change->other_critical;
		x509_world_make(&w);
		x509_check(&w, &c, MADE + 60, cases[i].want, cases[i].rule);
		pdg_test_case(NULL);
		x509_world_done(&w);
	}
}

/* Signatures by others, of others, and with too much in them. */
static void signatures_are_strict(void)
{
	struct x509_world w;
	struct x509_world other;
	const struct x509_commit stranger = {.cms = {.signer = &other.cert[LEAF]}};
	const struct x509_commit extra = {.cms = {.certs = {&w.cert[LEAF], &other.cert[MIDDLE]}}};
	const struct x509_commit chain = {
		.cms = {.certs = {&w.cert[LEAF], &w.cert[MIDDLE], &w.cert[ROOT]}}};
	const struct x509_commit none = {.cms = {.twist = CMS_NO_CERTS}}; /* T8 */
	const struct x509_commit empty = {.cms = {.twist = CMS_EMPTY_CERTS}};
	const struct x509_commit two = {.cms = {.twist = CMS_TWO_SIGNERS}}; /* T10 */
	const struct x509_commit digest = {.cms = {.twist = CMS_WRONG_DIGEST}};
	const struct x509_commit attrs = {.cms = {.twist = CMS_UNSORTED}};
	const struct x509_commit sha1 = {.cms = {.twist = CMS_SHA1}};
	const struct x509_commit early = {.cms = {.time = MADE + 60 + 301}};

	x509_world_init(&w);
	x509_world_make(&w);
	x509_world_init(&other);
	x509_world_make(&other);
	x509_check(&w, &stranger, MADE + 60, PDG_RESULT_UNKNOWN_KEY, "SGN-3"); /* T11 */
	x509_check(&w, &extra, MADE + 60, PDG_RESULT_MALFORMED, "CMS-4");
	x509_check(&w, &chain, MADE + 60, PDG_RESULT_GOOD, NULL);
	x509_check(&w, &none, MADE + 60, PDG_RESULT_MALFORMED, "CMS-3");
	x509_check(&w, &empty, MADE + 60, PDG_RESULT_MALFORMED, "CMS-3");
	x509_check(&w, &two, MADE + 60, PDG_RESULT_MALFORMED, "CMS-1");
	x509_check(&w, &digest, MADE + 60, PDG_RESULT_BAD_SIGNATURE, "SGN-4");
	x509_check(&w, &attrs, MADE + 60, PDG_RESULT_MALFORMED, "CMS-1");
	x509_check(&w, &sha1, MADE + 60, PDG_RESULT_UNSUPPORTED, "SGN-10");
	x509_check(&w, &early, MADE + 60, PDG_RESULT_NOT_ALLOWED, "SGN-12");
	x509_world_done(&w);
	x509_world_done(&other);
}

/* Judge @raw; NULL @rule: good. */
static void check_raw_rule(const struct x509_world *w, struct pdg_bytes raw, const char *rule)
{
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	if (CHECK_OK(pdg_judge_commit(w->signers, raw, false, MADE + 60, &v, &err), &err))
		CHECK_STR(v.why.rule, rule ? rule : "");
}

/* T7: over other bytes; the same header twice; one for the other name of the object (COM-7). */
static void objects_are_strict(void)
{
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf dual = PDG_BUF_INIT(PKI_DER_MAX);
	const struct x509_commit c = {.cms = {.time = MADE}};
	struct x509_world w;
	struct pdg_bytes whole;
	size_t at;
	size_t end;

	x509_world_init(&w);
	x509_world_make(&w);
	x509_commit_make(&w, &c, &raw);
	check_raw_rule(&w, pdg_buf_bytes(&raw), NULL);
	whole = pdg_buf_bytes(&raw);
	at = pdg_bytes_find(whole, pdg_bytes_str("gpgsig "), 0);
	end = pdg_bytes_find(whole, pdg_bytes_str("\n\n"), 0) + 1;
	pdg_buf_put(&dual, pdg_bytes_head(whole, end));
	pdg_buf_puts(&dual, "gpgsig-sha256 ");
	pdg_buf_put(&dual, pdg_bytes(whole.p + at + 7, end - at - 7));
	pdg_buf_put(&dual, pdg_bytes_from(whole, end));
	check_raw_rule(&w, pdg_buf_bytes(&dual), "COM-7");
	pdg_buf_puts(&raw, "trailer\n");
	check_raw_rule(&w, pdg_buf_bytes(&raw), "SGN-4");
	x509_world_done(&w);
}

/* @payload with the leaf's signature behind it, as tags and push certificates have it. */
static void sign_text(const struct x509_world *w, const char *payload, struct pdg_buf *out)
{
	const struct cms_ask ask = {.signer = &w->cert[LEAF], .certs = {&w->cert[LEAF]}};
	struct cms_made made;

	cms_made_init(&made);
	cms_make(&ask, pdg_bytes_str(payload), &made);
	pdg_buf_puts(out, payload);
	cms_armor(pdg_buf_bytes(&made.der), 64, out);
	cms_made_done(&made);
}

static void tags_are_judged_too(void)
{
	static const char payload[] = "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
				      "type commit\ntag v1\n"
				      "tagger Alice <" ALICE "> 1700000000 +0000\n\nmessage\n";
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	pdg_verdict_init(&v);
	sign_text(&w, payload, &raw);
	if (CHECK_OK(pdg_judge_tag(w.signers, pdg_buf_bytes(&raw), false, MADE + 60, &v, &err),
		     &err))
		CHECK_INT(v.result, PDG_RESULT_GOOD);
	raw.p[pdg_bytes_find(pdg_buf_bytes(&raw), pdg_bytes_str("tag v1"), 0) + 5] = '2';
	if (CHECK_OK(pdg_judge_tag(w.signers, pdg_buf_bytes(&raw), false, MADE + 60, &v, &err),
		     &err))
		CHECK_STR(v.why.rule, "SGN-4"); /* T21 */
	x509_world_done(&w);
}

/* The rule by which a push certificate fails at @at; "" for a good one. */
static void check_pushcert(const struct x509_world *w, struct pdg_bytes raw, int64_t at,
			   const char *rule)
{
	PDG_AUTO(pushcert) struct pdg_pushcert *cert = NULL;
	PDG_AUTO(verdict) struct pdg_verdict v;
	struct pdg_error err = {0};

	pdg_verdict_init(&v);
	if (!CHECK_OK(pdg_pushcert_parse(raw, &cert, &err), &err) ||
	    !CHECK_OK(pdg_judge_pushcert(w->signers, cert, at, &v, &err), &err))
		return;
	CHECK_STR(v.why.rule, rule);
	CHECK_INT(v.result == PDG_RESULT_GOOD, rule[0] == '\0');
}

static void push_certificates_are_judged_too(void)
{
	static const char payload[] = "certificate version 0.1\n"
				      "pusher " ALICE " 1700000000 +0000\n"
				      "nonce 1700000000-00ff\n\n"
				      "0000000000000000000000000000000000000000 "
				      "4b825dc642cb6eb9a060e54bf8d69288fbee4904 refs/heads/main\n";
	PDG_AUTO(buf) struct pdg_buf raw = PDG_BUF_INIT(PKI_DER_MAX);
	struct x509_world w;

	x509_world_init(&w);
	x509_world_make(&w);
	sign_text(&w, payload, &raw);
	check_pushcert(&w, pdg_buf_bytes(&raw), MADE + 60, "");
	check_pushcert(&w, pdg_buf_bytes(&raw), MADE + LIFE + 1, "SGN-6");
	raw.p[pdg_bytes_find(pdg_buf_bytes(&raw), pdg_bytes_str("heads/main"), 0) + 6] = 'M';
	check_pushcert(&w, pdg_buf_bytes(&raw), MADE + 60, "SGN-4");
	x509_world_done(&w);
}

static void load_fails(const struct x509_world *w, const char *rule)
{
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	struct pdg_error err = {0};

	CHECK_RULE(pdg_signers_load(&w->repo, w->dir, &s, &err), &err, rule);
}

static void mistakes_of_the_section_are_errors(void)
{
	PDG_AUTO(mem) char *empty = NULL;
	char *files[1];
	struct x509_world w;
	const struct x509_commit c = {.cms = {.time = MADE}};

	x509_world_init(&w);
	x509_world_make(&w);
	w.repo.x509_identities.n = 0;
	load_fails(&w, "POL-8");
	w.repo.x509_identities.n = 1;
	w.repo.x509_issuers.n = 0;
	load_fails(&w, "POL-8");
	w.repo.x509_issuers.n = 1;
	empty = pdg_test_file(w.dir, "empty.pem", pdg_bytes_str("# no root\n"));
	files[0] = empty;
	w.repo.x509_roots = (struct pdg_strings){files, 1};
	load_fails(&w, "POL-5");
	files[0] = w.dir;
	load_fails(&w, "POL-5");
	files[0] = w.repo.trusted_root; /* no PEM */
	load_fails(&w, "POL-5");
	w.repo.x509_roots.n = 0;
	free(w.repo.trusted_root);
	w.repo.trusted_root = pdg_str_dup(empty);
	load_fails(&w, "TRT-1");
	free(w.repo.trusted_root);
	w.repo.trusted_root = NULL;
	load_fails(&w, "SGN-1");
	w.repo.ssh_allowed_signers = (struct pdg_strings){files, 1};
	free(empty);
	empty = pdg_test_file(w.dir, "allowed",
			      pdg_bytes_str("a@b ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7"
					    "/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n"));
	files[0] = empty;
	x509_world_load(&w);
	/* A section without X.509 names nobody who signs so. */
	x509_check(&w, &c, MADE + 60, PDG_RESULT_UNKNOWN_KEY, "SGN-3");
	x509_world_done(&w);
}

/* Said when the policy is read, with the file, and not at each commit of whoever is below it. */
static void roots_that_can_never_be_good_are_errors(void)
{
	const struct pki_ask ask = {.name = "Root",
				    .from = MADE - YEAR,
				    .until = MADE + YEAR,
				    .constraints = "CA:TRUE",
				    .usage = "critical,keyCertSign"};
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(signers) struct pdg_signers *s = NULL;
	struct pki_cert root = pki_make(&ask);
	struct pdg_error err = {0};
	struct x509_world w;

	x509_world_init(&w);
	w.own_roots = true;
	x509_world_make(&w);
	pki_pem(&w.cert[ROOT], &text);
	pki_pem(&root, &text);
	free(w.roots[0]);
	w.roots[0] = pdg_test_file(w.dir, "lax.pem", pdg_buf_bytes(&text));
	CHECK_RULE(pdg_signers_load(&w.repo, w.dir, &s, &err), &err, "POL-5");
	CHECK(strstr(err.text, "lax.pem: certificate 2") != NULL);
	CHECK(err.fix[0] != '\0');
	pki_done(&root);
	x509_world_done(&w);
}

static void a_trusted_root_without_authorities_names_nobody(void)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PKI_DER_MAX);
	struct x509_world w;
	struct root_ask root;

	x509_world_init(&w);
	x509_world_make(&w);
	root = (struct root_ask){.log = w.log};
	root_make(&root, &text);
	free(w.repo.trusted_root);
	w.repo.trusted_root = pdg_test_file(w.dir, "logs.json", pdg_buf_bytes(&text));
	load_fails(&w, "POL-5");
	x509_world_done(&w);
}

PDG_TEST_MAIN("judge_x509", {"fresh commit is good", fresh_commit_is_good},
	      {"a root of one's own is enough", a_root_of_ones_own_is_enough},
	      {"names must be the policy's", names_must_be_the_policys},
	      {"paths must lead to the root", paths_must_lead_to_the_root},
	      {"signatures are strict", signatures_are_strict},
	      {"objects are strict", objects_are_strict},
	      {"tags are judged too", tags_are_judged_too},
	      {"push certificates are judged too", push_certificates_are_judged_too},
	      {"mistakes of the section are errors", mistakes_of_the_section_are_errors},
	      {"roots that can never be good are errors", roots_that_can_never_be_good_are_errors},
	      {"a trusted root without authorities names nobody",
	       a_trusted_root_without_authorities_names_nobody})
