/* SPDX-License-Identifier: Apache-2.0 */
/* Which URLs may be an issuer's, and which belong together; whom a section means that names no key.
 */
#include "support/check.h"
#include "trust/issuer.h"
#include "trust/policy.h"
#include "util/str.h"

static void urls_of_issuers(void)
{
	static const char *const good[] = {
		"https://token.actions.githubusercontent.com",
		"https://gitlab.example:8443",
		"https://oidc.eks.eu-west-1.amazonaws.com/id/ABC",
		"https://ghes.example/_services/token",
		"https://kubernetes.default.svc",
		"https://issuer.example/",
		"http://127.0.0.1:8080",
		"http://localhost/x",
		"http://[::1]:80/",
		"https://[2001:db8::1]",
	};
	static const char *const bad[] = {
		"",
		"issuer.example",
		"http://issuer.example",
		"http://127.0.0.1.evil.example",
		"http://127.evil.example/",
		"http://localhost.evil.example",
		"https://",
		"https:///path",
		"https://user@issuer.example",
		"https://issuer.example\\@evil.example",
		"https://issuer.example@evil.example/",
		"https://issuer.example?x",
		"https://issuer.example/#x",
		"https://issuer.example/a?b",
		"https://Issuer.example",
		"https://issuer..example",
		"https://.issuer.example",
		"https://issuer.example:0",
		"https://issuer.example:65536",
		"https://issuer.example:",
		"https://issuer.example:443:80",
		"https://issuer.example/../x",
		"https://issuer.example/./x",
		"https://issuer.example/a/..",
		"https://issuer.example/%2e%2e/x",
		"https://issuer example",
		"https://issuer.example/a b",
		"HTTPS://issuer.example",
		"file:///etc/passwd",
		"https://[::1",
		"https://::1",
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pdg_test_case("%s", good[i]);
		CHECK(pdg_issuer_fault(good[i]) == NULL);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pdg_test_case("%s", bad[i]);
		CHECK(pdg_issuer_fault(bad[i]) != NULL);
	}
	pdg_test_case(NULL);
}

static void origins(void)
{
	CHECK(pdg_issuer_same_origin("https://h/a", "https://h:443/b"));
	CHECK(pdg_issuer_same_origin("http://127.0.0.1:80", "http://127.0.0.1/keys"));
	CHECK(!pdg_issuer_same_origin("https://h", "http://h"));
	CHECK(!pdg_issuer_same_origin("https://h", "https://h:8443"));
	CHECK(!pdg_issuer_same_origin("https://h", "https://h.evil.example"));
	CHECK(!pdg_issuer_same_origin("https://h", "https://g"));
}

#define CLAIMS                                                                                     \
	"{\"sub\":\"repo:a/b\",\"n\":7,\"yes\":true,\"text\":\"7\",\"deep\":{\"sub\":\"x\"},"      \
	"\"list\":[\"a\"],\"empty\":\"\"}"

static void claims_of_a_section(void)
{
	static const struct {
		bool fits;
		const char *claims[3];
	} cases[] = {
		{true, {"sub=repo:a/b"}},
		{true, {"sub=repo:a/b", "n=7"}},
		{true, {"sub=other", "sub=repo:a/b"}},
		{true, {"yes=true", "text=7"}},
		{false, {"sub=repo:a/"}},
		{false, {"sub=repo:a/b/c"}},
		{false, {"sub=repo:a/b", "n=8"}},
		{false, {"sub=other", "n=7"}},
		{false, {"absent=x"}},
		{false, {"yes=1"}},
		{false, {"deep=x"}},
		{false, {"list=a"}},
		{false, {"su=b=repo:a/b"}},
		{false, {NULL}},
	};
	PDG_AUTO(json) json_t *claims = NULL;
	struct pdg_error err = {0};
	size_t i;

	if (!CHECK_OK(pdg_json_load(pdg_bytes_str(CLAIMS), 4096, &claims, &err), &err))
		return;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char issuer[] = "https://i";
		char audience[] = "pedigree";
		char *v[3] = {NULL};
		struct pdg_policy_proof p = {.oidc_issuer = issuer, .oidc_audience = audience};

		p.oidc_claims.v = v;
		while (p.oidc_claims.n < 3 && cases[i].claims[p.oidc_claims.n]) {
			v[p.oidc_claims.n] = pdg_str_dup(cases[i].claims[p.oidc_claims.n]);
			p.oidc_claims.n++;
		}
		pdg_test_case("case %zu", i);
		CHECK(pdg_policy_proof_token(&p, "https://i", "pedigree", claims) == cases[i].fits);
		CHECK(pdg_policy_proof_token(&p, "https://i", NULL, claims) == cases[i].fits);
		CHECK(!pdg_policy_proof_token(&p, "https://i/", "pedigree", claims));
		CHECK(!pdg_policy_proof_token(&p, "https://i", "other", claims));
		CHECK(!pdg_policy_proof_token(&p, "https://i", "pedigree", NULL));
		p.oidc_issuer = NULL;
		CHECK(!pdg_policy_proof_token(&p, NULL, NULL, claims));
		free(v[0]);
		free(v[1]);
		free(v[2]);
	}
	pdg_test_case(NULL);
}

static void certificates_and_events(void)
{
	char cn[] = "CN=scanner,O=Company";
	char *names[] = {cn};
	char push[] = "push";
	char pull[] = "pull_request";
	char *events[] = {push, pull};
	const char *const his[] = {"scanner.example", "CN=scanner,O=Company"};
	struct pdg_policy_proof p = {0};

	CHECK(!pdg_policy_proof_certificate(&p, his, 2));
	p.client_certificates = (struct pdg_strings){names, 1};
	CHECK_STR(pdg_policy_proof_certificate(&p, his, 2), "CN=scanner,O=Company");
	CHECK(!pdg_policy_proof_certificate(&p, his, 1));
	CHECK(!pdg_policy_proof_certificate(&p, NULL, 0));

	CHECK(pdg_policy_proof_event(&p, "push", true));
	CHECK(!pdg_policy_proof_event(&p, "pull_request", false));
	p.events = (struct pdg_strings){events, 2};
	CHECK(pdg_policy_proof_event(&p, "push", true));
	CHECK(pdg_policy_proof_event(&p, "pull_request", false));
	CHECK(!pdg_policy_proof_event(&p, "schedule", false));
	/* Who names events means these, and not the usual ones beside them. */
	CHECK(!pdg_policy_proof_event(&p, "workflow_dispatch", true));
}

PDG_TEST_MAIN("issuer", {"URLs of issuers", urls_of_issuers}, {"origins", origins},
	      {"claims of a section", claims_of_a_section},
	      {"certificates and events", certificates_and_events})
