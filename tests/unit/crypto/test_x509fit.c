/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the certificates of a path must be like: usages, extensions, strength, keys; whose fault it
 * is, and what of it is said already when a policy's roots are read.
 */
#include "crypto/timestamp.h"
#include "support/check.h"
#include "unit/crypto/x509_place.h"

static void usages_must_fit(void)
{
	static const struct {
		const char *what;
		const char *usage, *extended, *middle, *constraints;
		bool public_end_good, private_end_good;
	} cases[] = {
		{"Fulcio's", "critical,digitalSignature", "codeSigning", "codeSigning", NULL, true,
		 true},
		{"mail", "critical,digitalSignature", "emailProtection", NULL, NULL, false, true},
		{"mail below code", "digitalSignature", "emailProtection", "codeSigning", NULL,
		 false, false},
		{"code below mail", "digitalSignature", "codeSigning", "emailProtection", NULL,
		 false, false},
		{"code below any", "digitalSignature", "codeSigning", "anyExtendedKeyUsage", NULL,
		 true, true},
		{"a server", "critical,digitalSignature", "serverAuth", NULL, NULL, false, false},
		{"a server's authority", "digitalSignature", "codeSigning", "serverAuth", NULL,
		 false, false},
		{"none, but a key usage", "critical,digitalSignature", NULL, NULL, NULL, false,
		 true},
		{"nothing at all", NULL, NULL, NULL, NULL, false, false},
		{"code, no key usage", NULL, "codeSigning", NULL, NULL, true, true},
		{"no signatures", "critical,keyAgreement", "codeSigning", NULL, NULL, false, false},
		{"a qualified certificate", "critical,nonRepudiation", "emailProtection", NULL,
		 NULL, false, true},
		{"code, but of a person", "critical,nonRepudiation", "codeSigning", NULL, NULL,
		 false, true},
		{"an authority that may not certify", "critical,digitalSignature", "codeSigning",
		 NULL, "critical,CA:TRUE", false, false},
		{"an authority", "critical,digitalSignature,keyCertSign", "codeSigning", NULL,
		 "critical,CA:TRUE", false, false},
		{"time", "digitalSignature", "timeStamping", NULL, NULL, false, false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *pub = NULL;
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *own = NULL;
		struct x509_place p;
		const struct pki_cert *both[2];

		pdg_test_case("%s", cases[i].what);
		x509_place_init(&p);
		p.leaf.usage = cases[i].usage;
		p.leaf.extended = cases[i].extended;
		p.leaf.constraints = cases[i].constraints;
		p.leaf.name = "leaf";
		p.middle.extended = cases[i].middle;
		p.middle.constraints = "critical,CA:TRUE";
		x509_place_make(&p);
		both[0] = &p.certs[0];
		both[1] = &p.certs[1];
		pub = x509_place_trust(&p, 0, 0);
		own = x509_place_roots(both, 2);
		CHECK_INT(x509_place_lead_alone(pub, &p, FROM),
			  cases[i].public_end_good ? PDG_X509_GOOD : PDG_X509_UNFIT);
		CHECK_INT(x509_place_lead_alone(own, &p, FROM),
			  cases[i].private_end_good ? PDG_X509_GOOD : PDG_X509_UNFIT);
		pdg_test_case(NULL);
		x509_place_done(&p);
	}
}

static void extensions_are_understood_or_not_critical(void)
{
	static const struct {
		const char *oid;
		bool critical;
		const char *constraints;
		enum pdg_x509_end end;
	} cases[] = {
		{"1.2.3.4", false, NULL, PDG_X509_GOOD},
		{"1.2.3.4", true, NULL, PDG_X509_UNFIT},
		{NULL, false, "permitted;email:example.com", PDG_X509_GOOD},
		{NULL, false, "permitted;email:elsewhere.example", PDG_X509_UNFIT},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
		struct x509_place p;

		pdg_test_case("case %zu", i);
		x509_place_init(&p);
		p.leaf.other = cases[i].oid;
		p.leaf.other_critical = cases[i].critical;
		p.middle.name_constraints = cases[i].constraints;
		x509_place_make(&p);
		a = x509_place_trust(&p, 0, 0);
		CHECK_INT(x509_place_lead_alone(a, &p, FROM), cases[i].end);
		pdg_test_case(NULL);
		x509_place_done(&p);
	}
}

/*
 * A path that is too long for who vouches, SHA-1, a key of 1024 bits, no CA in the middle; and what
 * the strict reading asks of an intermediate. It is told which certificate is at fault.
 */
static void weak_paths_are_refused(void)
{
	static const struct {
		const char *what;
		size_t at; /* whose fault; of the places in certs[] */
	} cases[] = {
		{"path too long", 0}, {"SHA-1", 2},	   {"1024 bits", 1},  {"no CA", 1},
		{"not critical", 1},  {"no key usage", 1}, {"no key ids", 2},
	};
	static const char *const subjects[] = {"/CN=Root", "/CN=Intermediate", ""};
	struct x509_place p;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
		PDG_AUTO(x509) struct pdg_x509 *culprit = NULL;
		struct pdg_x509_found found = {0};
		const struct pki_cert *set[2] = {&p.certs[2], &p.certs[1]};
		const struct pki_cert *root = &p.certs[0];

		pdg_test_case("%s", cases[i].what);
		x509_place_init(&p);
		p.root.constraints = i == 0 ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE";
		p.leaf.md = i == 1 ? EVP_sha1() : NULL;
		p.middle.key = i == 2 ? "RSA-1024" : NULL;
		p.middle.constraints = i == 3 ? "critical,CA:FALSE" : "critical,CA:TRUE";
		if (i == 4)
			p.middle.constraints = "CA:TRUE";
		p.middle.usage = i == 5 ? NULL : "critical,keyCertSign";
		p.leaf.no_ids = i == 6;
		x509_place_make(&p);
		a = x509_place_roots(&root, 1);
		x509_place_lead(a, set, 2, false, FROM, &found);
		CHECK_INT(found.end, PDG_X509_UNFIT);
		culprit = x509_place_parse(&p.certs[cases[i].at]);
		CHECK_STR(found.fault, cases[i].at == 2 ? "" : pdg_x509_fingerprint(culprit));
		CHECK_STR(found.fault_subject, subjects[cases[i].at]);
		pdg_test_case(NULL);
		x509_place_done(&p);
	}
}

static int load_root(const struct pki_ask *ask)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct pki_cert c = pki_make(ask);
	struct pdg_error err = {0};
	struct pdg_bytes chain[1];
	int rc;

	pki_pem(&c, &pem);
	pki_der(&c, &der);
	chain[0] = pdg_buf_bytes(&der);
	CHECK_OK(pdg_x509_anchors_new(&a, &err), &err);
	rc = pdg_x509_anchors_chain(a, chain, 1, 0, 0, NULL);
	/* Of a person alone: made for signing code, as ask.extended says, it is both. */
	CHECK_INT(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), rc);
	pki_done(&c);
	return rc;
}

/* What can never be good is said when the policy is read. */
static void roots_are_fit(void)
{
	static const struct {
		const char *what;
		struct pki_ask ask;
		bool good;
	} cases[] = {
		{"a root", {.constraints = "critical,CA:TRUE", .usage = "keyCertSign"}, true},
		{"not critical", {.constraints = "CA:TRUE", .usage = "keyCertSign"}, false},
		{"no key usage", {.constraints = "critical,CA:TRUE"}, false},
		{"may not certify", {.constraints = "critical,CA:TRUE", .usage = "cRLSign"}, false},
		{"key usage alone", {.usage = "keyCertSign"}, false},
		{"no key id",
		 {.constraints = "critical,CA:TRUE", .usage = "keyCertSign", .no_ids = true},
		 false},
		{"a weak key",
		 {.constraints = "critical,CA:TRUE", .usage = "keyCertSign", .key = "RSA-1024"},
		 false},
		{"not understood",
		 {.constraints = "critical,CA:TRUE",
		  .usage = "keyCertSign",
		  .other = "1.2.3",
		  .other_critical = true},
		 false},
		{"a person's own",
		 {.constraints = "CA:FALSE",
		  .usage = "digitalSignature",
		  .extended = "codeSigning"},
		 true},
		{"a person's own, weak",
		 {.usage = "digitalSignature", .extended = "codeSigning", .key = "RSA-1024"},
		 false},
		{"a server's own", {.usage = "digitalSignature", .extended = "serverAuth"}, false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pki_ask ask = cases[i].ask;

		pdg_test_case("%s", cases[i].what);
		ask.name = "Root";
		ask.from = FROM;
		ask.until = FROM + YEAR;
		CHECK_INT(load_root(&ask), cases[i].good ? 0 : PDG_E_FORMAT);
		pdg_test_case(NULL);
	}
}

/* A key whose signatures anybody can make is none, be it a leaf's or an authority's. */
static void keys_of_small_order_are_none(void)
{
	static const uint8_t neutral[32] = {1};
	EVP_PKEY *weak =
		EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, neutral, sizeof(neutral));
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(x509) struct pdg_x509 *x = NULL;
	PDG_AUTO(tsa) struct pdg_tsa *tsa = NULL;
	struct pdg_error err = {0};
	struct pdg_bytes whole;
	struct x509_place p;

	x509_place_init(&p);
	p.leaf.same_key = weak;
	x509_place_make(&p);
	pki_der(&p.certs[2], &der);
	whole = pdg_buf_bytes(&der);
	CHECK_RULE(pdg_x509_parse(whole, &x, &err), &err, "CMS-2");
	CHECK_RULE(pdg_tsa_new(&whole, 1, 0, 0, &tsa, &err), &err, "TSA-1");
	EVP_PKEY_free(weak);
	x509_place_done(&p);
}

PDG_TEST_MAIN("x509fit", {"usages must fit", usages_must_fit},
	      {"extensions are understood or not critical",
	       extensions_are_understood_or_not_critical},
	      {"weak paths are refused", weak_paths_are_refused}, {"roots are fit", roots_are_fit},
	      {"keys of small order are none", keys_of_small_order_are_none})
