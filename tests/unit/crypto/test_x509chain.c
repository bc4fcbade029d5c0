/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths to anchors: good ones, and each way in which one is none (CVE-2026-24122: an expired
 * intermediate; T64: a window that is over).
 */
#include "crypto/x509chain.h"

#include "support/check.h"
#include "support/pki.h"

#define FROM  INT64_C(1700000000)
#define YEAR  INT64_C(31536000)
#define SOON  600 /* ten minutes */
#define CERTS 5

/* Root, intermediate, leaf; any of them made otherwise by a test. */
struct place {
	struct pki_ask root;
	struct pki_ask middle;
	struct pki_ask leaf;
	struct pki_cert certs[3]; /* root, middle, leaf */
};

static void place_init(struct place *p)
{
	*p = (struct place){
		.root = {.name = "Root",
			 .from = FROM - YEAR,
			 .until = FROM + YEAR,
			 .constraints = "critical,CA:TRUE",
			 .usage = "critical,keyCertSign,cRLSign"},
		.middle = {.name = "Intermediate",
			   .from = FROM - 1000,
			   .until = FROM + 1000,
			   .constraints = "critical,CA:TRUE,pathlen:0",
			   .usage = "critical,keyCertSign",
			   .extended = "codeSigning"},
		.leaf = {.from = FROM,
			 .until = FROM + SOON,
			 .usage = "critical,digitalSignature",
			 .extended = "codeSigning",
			 .san = "critical,email:alice@example.com",
			 .issuer_v1 = "https://issuer.example",
			 .issuer_v2 = "https://issuer.example"},
	};
}

static void place_make(struct place *p)
{
	p->certs[0] = pki_make(&p->root);
	p->middle.issuer = &p->certs[0];
	p->certs[1] = pki_make(&p->middle);
	p->leaf.issuer = &p->certs[1];
	p->certs[2] = pki_make(&p->leaf);
}

static void place_done(struct place *p)
{
	size_t i;

	for (i = 0; i < 3; i++)
		pki_done(&p->certs[i]);
}

static struct pdg_x509 *parse(const struct pki_cert *c)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_error err = {0};
	struct pdg_x509 *out = NULL;

	pki_der(c, &der);
	if (!CHECK_OK(pdg_x509_parse(pdg_buf_bytes(&der), &out, &err), &err))
		exit(1);
	return out;
}

/* An authority of a trusted root: intermediate and root, with a window. */
static struct pdg_x509_anchors *trust_chain(const struct place *p, int64_t from, int64_t until)
{
	PDG_AUTO(buf) struct pdg_buf middle = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf root = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_x509_anchors *a = NULL;
	struct pdg_bytes chain[2];
	struct pdg_error err = {0};

	pki_der(&p->certs[1], &middle);
	pki_der(&p->certs[0], &root);
	chain[0] = pdg_buf_bytes(&middle);
	chain[1] = pdg_buf_bytes(&root);
	if (!CHECK_OK(pdg_x509_anchors_new(&a, &err), &err) ||
	    !CHECK_OK(pdg_x509_anchors_chain(a, chain, 2, from, until, &err), &err))
		exit(1);
	return a;
}

/* A file of roots: @n of @certs. */
static struct pdg_x509_anchors *trust_pem(const struct pki_cert *const *certs, size_t n)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_x509_anchors *a = NULL;
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++)
		pki_pem(certs[i], &pem);
	if (!CHECK_OK(pdg_x509_anchors_new(&a, &err), &err) ||
	    !CHECK_OK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), &err))
		exit(1);
	return a;
}

/* Where the last of @certs leads, brought along with the others before it. */
static void lead(const struct pdg_x509_anchors *a, const struct pki_cert *const *certs, size_t n,
		 bool sorted, int64_t at, struct pdg_x509_found *out)
{
	struct pdg_x509 *parsed[CERTS];
	const struct pdg_x509 *set[CERTS];
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		parsed[i] = parse(certs[i]);
		set[i] = parsed[i];
	}
	CHECK_OK(pdg_x509_path(
			 a,
			 &(struct pdg_x509_set){.certs = set, .n = n, .leaf = 0, .sorted = sorted},
			 at, out, &err),
		 &err);
	for (i = 0; i < n; i++)
		pdg_x509_free(parsed[i]);
}

static int lead_alone(const struct pdg_x509_anchors *a, const struct place *p, int64_t at)
{
	const struct pki_cert *leaf = &p->certs[2];
	struct pdg_x509_found found = {0};

	lead(a, &leaf, 1, true, at, &found);
	return (int)found.end;
}

static void times_are_those_of_all(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct pdg_x509_found found = {0};
	struct place p;
	const struct pki_cert *leaf;

	place_init(&p);
	place_make(&p);
	leaf = &p.certs[2];
	a = trust_chain(&p, 0, 0);
	lead(a, &leaf, 1, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	CHECK_STR(found.why, "");
	CHECK_UINT(found.n_above, 2);
	CHECK_UINT(strlen(found.above[1]), 50);
	/* OpenSSL leaves a certificate's last second out. */
	CHECK_INT(lead_alone(a, &p, FROM + SOON - 1), PDG_X509_GOOD);
	CHECK_INT(lead_alone(a, &p, FROM + SOON), PDG_X509_EXPIRED);
	CHECK_INT(lead_alone(a, &p, FROM - 1), PDG_X509_NOT_YET);
	place_done(&p);
}

/* CVE-2026-24122: the leaf outlives who vouched for it. */
static void expired_intermediate_is_refused(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct place p;

	place_init(&p);
	p.leaf.until = FROM + YEAR;
	place_make(&p);
	a = trust_chain(&p, 0, 0);
	CHECK_INT(lead_alone(a, &p, FROM + 999), PDG_X509_GOOD);
	CHECK_INT(lead_alone(a, &p, FROM + 1000), PDG_X509_EXPIRED);
	place_done(&p);
}

static void windows_count_and_include_their_ends(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct place p;

	place_init(&p);
	place_make(&p);
	a = trust_chain(&p, FROM + 10, FROM + 20);
	CHECK_INT(lead_alone(a, &p, FROM + 9), PDG_X509_NOT_YET);
	CHECK_INT(lead_alone(a, &p, FROM + 10), PDG_X509_GOOD);
	CHECK_INT(lead_alone(a, &p, FROM + 20), PDG_X509_GOOD);
	CHECK_INT(lead_alone(a, &p, FROM + 21), PDG_X509_EXPIRED);
	place_done(&p);
}

static void wrong_roots_lead_nowhere(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *none = NULL;
	struct pdg_error err = {0};
	struct place p;
	struct place other; /* of the same names */

	place_init(&p);
	place_make(&p);
	place_init(&other);
	place_make(&other);
	a = trust_chain(&other, 0, 0);
	CHECK_INT(lead_alone(a, &p, FROM), PDG_X509_UNKNOWN);
	CHECK_OK(pdg_x509_anchors_new(&none, &err), &err);
	CHECK_UINT(pdg_x509_anchors_count(none), 0);
	CHECK_INT(lead_alone(none, &p, FROM), PDG_X509_UNKNOWN);
	place_done(&p);
	place_done(&other);
}

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
		{"an authority", "critical,digitalSignature,keyCertSign", "codeSigning", NULL,
		 "critical,CA:TRUE", false, false},
		{"time", "digitalSignature", "timeStamping", NULL, NULL, false, false},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *pub = NULL;
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *own = NULL;
		struct place p;
		const struct pki_cert *both[2];

		pdg_test_case("%s", cases[i].what);
		place_init(&p);
		p.leaf.usage = cases[i].usage;
		p.leaf.extended = cases[i].extended;
		p.leaf.constraints = cases[i].constraints;
		p.leaf.name = "leaf";
		p.middle.extended = cases[i].middle;
		p.middle.constraints = "critical,CA:TRUE";
		place_make(&p);
		both[0] = &p.certs[0];
		both[1] = &p.certs[1];
		pub = trust_chain(&p, 0, 0);
		own = trust_pem(both, 2);
		CHECK_INT(lead_alone(pub, &p, FROM),
			  cases[i].public_end_good ? PDG_X509_GOOD : PDG_X509_UNFIT);
		CHECK_INT(lead_alone(own, &p, FROM),
			  cases[i].private_end_good ? PDG_X509_GOOD : PDG_X509_UNFIT);
		pdg_test_case(NULL);
		place_done(&p);
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
		struct place p;

		pdg_test_case("case %zu", i);
		place_init(&p);
		p.leaf.other = cases[i].oid;
		p.leaf.other_critical = cases[i].critical;
		p.middle.name_constraints = cases[i].constraints;
		place_make(&p);
		a = trust_chain(&p, 0, 0);
		CHECK_INT(lead_alone(a, &p, FROM), cases[i].end);
		pdg_test_case(NULL);
		place_done(&p);
	}
}

/* A path that is too long for who vouches, SHA-1, a key of 1024 bits, no CA in the middle. */
static void weak_paths_are_refused(void)
{
	struct place p;
	size_t i;

	for (i = 0; i < 4; i++) {
		PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;

		pdg_test_case("case %zu", i);
		place_init(&p);
		if (i == 0)
			p.root.constraints = "critical,CA:TRUE,pathlen:0";
		else if (i == 1)
			p.leaf.md = EVP_sha1();
		else if (i == 2)
			p.middle.key = "RSA-1024";
		else
			p.middle.constraints = "critical,CA:FALSE";
		place_make(&p);
		a = trust_chain(&p, 0, 0);
		CHECK_INT(lead_alone(a, &p, FROM), PDG_X509_UNFIT);
		pdg_test_case(NULL);
		place_done(&p);
	}
}

/* What the signature brings is the path's beginning and nothing else. */
static void only_the_path_is_brought_along(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *whole = NULL;
	struct pdg_x509_found found = {0};
	struct place p;
	struct place other;
	const struct pki_cert *root[1];
	const struct pki_cert *both[2];
	const struct pki_cert *set[CERTS];

	place_init(&p);
	place_make(&p);
	place_init(&other);
	place_make(&other);
	root[0] = both[0] = &p.certs[0];
	both[1] = &p.certs[1];
	a = trust_pem(root, 1);
	whole = trust_pem(both, 2);
	set[0] = &p.certs[2];
	lead(a, set, 1, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_UNKNOWN);
	lead(whole, set, 1, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	set[1] = &p.certs[1];
	lead(a, set, 2, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	set[2] = &p.certs[0];
	lead(a, set, 3, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	/* Another order counts where it is DER's. */
	set[1] = &p.certs[0];
	set[2] = &p.certs[1];
	lead(a, set, 3, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	lead(a, set, 3, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	/* A gap: the root, and the intermediate comes from the policy. */
	lead(whole, set, 2, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	/* One that nobody needs. */
	set[1] = &p.certs[1];
	set[2] = &other.certs[1];
	lead(a, set, 3, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	place_done(&p);
	place_done(&other);
}

static void files_of_roots_are_read_strictly(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_error err = {0};
	struct place p;

	place_init(&p);
	place_make(&p);
	CHECK_OK(pdg_x509_anchors_new(&a, &err), &err);
	CHECK_CODE(pdg_x509_anchors_pem(a, pdg_bytes_str(""), &err), &err, PDG_E_FORMAT);
	CHECK_CODE(pdg_x509_anchors_pem(a, pdg_bytes_str("no PEM\n"), &err), &err, PDG_E_FORMAT);
	pki_pem(&p.certs[1], &pem); /* an intermediate alone is no root */
	CHECK_CODE(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), &err, PDG_E_FORMAT);
	pdg_buf_puts(&pem, "# the root\n");
	pki_pem(&p.certs[0], &pem);
	CHECK_OK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), &err);
	pdg_buf_puts(&pem, "-----BEGIN PUBLIC KEY-----\nMII=\n-----END PUBLIC KEY-----\n");
	CHECK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err) < 0);
	pdg_buf_reset(&pem);
	pki_pem(&p.certs[0], &pem);
	pem.p[pem.n / 2] = '!';
	CHECK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err) < 0);
	place_done(&p);
}

/* Every bit of a certificate is its issuer's word, or its form. */
static void every_bit_counts(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct place p;
	size_t good = 0;
	size_t bit;

	place_init(&p);
	place_make(&p);
	a = trust_chain(&p, 0, 0);
	pki_der(&p.certs[2], &der);
	for (bit = 0; bit < der.n * 8; bit++) {
		PDG_AUTO(x509) struct pdg_x509 *x = NULL;
		struct pdg_x509_found found = {0};
		const struct pdg_x509 *set[1];

		der.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
		if (pdg_x509_parse(pdg_buf_bytes(&der), &x, NULL) == 0) {
			set[0] = x;
			if (pdg_x509_path(a, &(struct pdg_x509_set){.certs = set, .n = 1}, FROM,
					  &found, NULL) == 0)
				good += found.end == PDG_X509_GOOD;
		}
		der.p[bit / 8] ^= (uint8_t)(1U << (bit % 8));
	}
	CHECK_UINT(good, 0);
	place_done(&p);
}

static int parse_ask(const struct pki_ask *ask, struct pdg_x509 **out, struct pdg_error *err)
{
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct pki_cert c = pki_make(ask);
	int rc;

	pki_der(&c, &der);
	rc = pdg_x509_parse(pdg_buf_bytes(&der), out, err);
	pki_done(&c);
	return rc;
}

static void names_are_read(void)
{
	static const struct {
		const char *san, *v1, *v2;
		size_t n;
		const char *name, *issuer, *rule;
	} cases[] = {
		{"email:a@b.example", NULL, NULL, 1, "a@b.example", NULL, NULL},
		{"URI:https://b.example/x", "i", NULL, 1, "https://b.example/x", "i", NULL},
		{"otherName:1.3.6.1.4.1.57264.1.7;UTF8:a!b.example", NULL, "i", 1, "a!b.example",
		 "i", NULL},
		{"otherName:1.2.3.4;UTF8:a!b.example", NULL, NULL, 0, NULL, NULL, NULL},
		{"DNS:b.example,email:a@b.example", "i", "i", 1, "a@b.example", "i", NULL},
		{"email:a@b.example,email:c@d.example", NULL, NULL, 2, "a@b.example", NULL, NULL},
		{"URI:a@b.example", NULL, NULL, 0, NULL, NULL, NULL}, /* an address as a URI */
		{"otherName:1.3.6.1.4.1.57264.1.7;UTF8:a@b.example", NULL, NULL, 0, NULL, NULL,
		 NULL},
		{"email:no-address", NULL, NULL, 0, NULL, NULL, NULL},
		{NULL, NULL, NULL, 0, NULL, NULL, NULL},
		{"email:a@b.example", "i", "j", 0, NULL, NULL, "CMS-1"}, /* two issuers */
		{"email:a@b.example", "i\nj", NULL, 0, NULL, NULL, "CMS-1"},
		{"email:a@b.example", NULL, "", 0, NULL, NULL, "CMS-1"},
		{"otherName:1.3.6.1.4.1.57264.1.7;IA5:a!b.example", NULL, NULL, 0, NULL, NULL,
		 "CMS-1"},
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PDG_AUTO(x509) struct pdg_x509 *x = NULL;
		const struct pki_ask ask = {.name = "a",
					    .from = FROM,
					    .until = FROM + 1,
					    .san = cases[i].san,
					    .issuer_v1 = cases[i].v1,
					    .issuer_v2 = cases[i].v2};
		const struct pdg_x509_name *names;
		struct pdg_error err = {0};
		size_t n = 0;
		int rc = parse_ask(&ask, &x, &err);

		pdg_test_case("case %zu", i);
		if (cases[i].rule) {
			CHECK_RULE(rc, &err, cases[i].rule);
		} else if (CHECK_OK(rc, &err)) {
			names = pdg_x509_names(x, &n);
			CHECK_UINT(n, cases[i].n);
			CHECK_STR(n ? names[0].text : NULL, cases[i].name);
			CHECK_STR(pdg_x509_oidc_issuer(x), cases[i].issuer);
		}
		pdg_test_case(NULL);
	}
}

PDG_TEST_MAIN("x509chain", {"times are those of all", times_are_those_of_all},
	      {"expired intermediate is refused", expired_intermediate_is_refused},
	      {"windows count and include their ends", windows_count_and_include_their_ends},
	      {"wrong roots lead nowhere", wrong_roots_lead_nowhere},
	      {"usages must fit", usages_must_fit},
	      {"extensions are understood or not critical",
	       extensions_are_understood_or_not_critical},
	      {"weak paths are refused", weak_paths_are_refused},
	      {"only the path is brought along", only_the_path_is_brought_along},
	      {"files of roots are read strictly", files_of_roots_are_read_strictly},
	      {"every bit counts", every_bit_counts}, {"names are read", names_are_read})
