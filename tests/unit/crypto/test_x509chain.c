/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths to anchors: good ones, and each way in which one is none (CVE-2026-24122: an expired
 * intermediate; T64: a window that is over).
 */
#include "support/check.h"
#include "unit/crypto/x509_place.h"

static void times_are_those_of_all(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct pdg_x509_found found = {0};
	struct x509_place p;
	const struct pki_cert *leaf;

	x509_place_init(&p);
	x509_place_make(&p);
	leaf = &p.certs[2];
	a = x509_place_trust(&p, 0, 0);
	x509_place_lead(a, &leaf, 1, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	CHECK_STR(found.why, "");
	CHECK_UINT(found.n_path, 3);
	CHECK_UINT(strlen(found.path[2].itself), 50);
	CHECK_UINT(strlen(found.path[1].twin), 50);
	CHECK_STR(found.path[2].twin, "");
	/* OpenSSL leaves a certificate's last second out. */
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + SOON - 1), PDG_X509_GOOD);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + SOON), PDG_X509_EXPIRED);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM - 1), PDG_X509_NOT_YET);
	x509_place_done(&p);
}

/* CVE-2026-24122: the leaf outlives who vouched for it. */
static void expired_intermediate_is_refused(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct x509_place p;

	x509_place_init(&p);
	p.leaf.until = FROM + YEAR;
	x509_place_make(&p);
	a = x509_place_trust(&p, 0, 0);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 999), PDG_X509_GOOD);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 1000), PDG_X509_EXPIRED);
	x509_place_done(&p);
}

static void windows_count_and_include_their_ends(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	struct x509_place p;

	x509_place_init(&p);
	x509_place_make(&p);
	a = x509_place_trust(&p, FROM + 10, FROM + 20);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 9), PDG_X509_NOT_YET);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 10), PDG_X509_GOOD);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 20), PDG_X509_GOOD);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM + 21), PDG_X509_EXPIRED);
	x509_place_done(&p);
}

static void wrong_roots_lead_nowhere(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *none = NULL;
	struct pdg_error err = {0};
	struct x509_place p;
	struct x509_place other; /* of the same names */

	x509_place_init(&p);
	x509_place_make(&p);
	x509_place_init(&other);
	x509_place_make(&other);
	a = x509_place_trust(&other, 0, 0);
	CHECK_INT(x509_place_lead_alone(a, &p, FROM), PDG_X509_UNKNOWN);
	CHECK_OK(pdg_x509_anchors_new(&none, &err), &err);
	CHECK_UINT(pdg_x509_anchors_count(none), 0);
	CHECK_INT(x509_place_lead_alone(none, &p, FROM), PDG_X509_UNKNOWN);
	x509_place_done(&p);
	x509_place_done(&other);
}

/* What the signature brings is the path's beginning and nothing else. */
static void only_the_path_is_brought_along(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *whole = NULL;
	struct pdg_x509_found found = {0};
	struct x509_place p;
	struct x509_place other;
	const struct pki_cert *root[1];
	const struct pki_cert *both[2];
	const struct pki_cert *set[CERTS];

	x509_place_init(&p);
	x509_place_make(&p);
	x509_place_init(&other);
	x509_place_make(&other);
	root[0] = both[0] = &p.certs[0];
	both[1] = &p.certs[1];
	a = x509_place_roots(root, 1);
	whole = x509_place_roots(both, 2);
	set[0] = &p.certs[2];
	x509_place_lead(a, set, 1, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_UNKNOWN);
	x509_place_lead(whole, set, 1, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	set[1] = &p.certs[1];
	x509_place_lead(a, set, 2, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	set[2] = &p.certs[0];
	x509_place_lead(a, set, 3, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	/* Another order counts where it is DER's. */
	set[1] = &p.certs[0];
	set[2] = &p.certs[1];
	x509_place_lead(a, set, 3, false, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	x509_place_lead(a, set, 3, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_GOOD);
	/* A gap: the root, and the intermediate comes from the policy. */
	x509_place_lead(whole, set, 2, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	/* One that nobody needs. */
	set[1] = &p.certs[1];
	set[2] = &other.certs[1];
	x509_place_lead(a, set, 3, true, FROM, &found);
	CHECK_INT(found.end, PDG_X509_SPARE);
	x509_place_done(&p);
	x509_place_done(&other);
}

static void files_of_roots_are_read_strictly(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_error err = {0};
	struct x509_place p;

	x509_place_init(&p);
	x509_place_make(&p);
	CHECK_OK(pdg_x509_anchors_new(&a, &err), &err);
	pki_der(&p.certs[0], &der);
	CHECK_CODE(pdg_x509_anchors_pem(a, pdg_buf_bytes(&der), &err), &err, PDG_E_FORMAT);
	CHECK(strstr(err.text, "DER") && strstr(err.fix, "openssl x509 -inform DER"));
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
	x509_place_done(&p);
}

/* Every bit of a certificate is its issuer's word, or its form. */
static void every_bit_counts(void)
{
	PDG_AUTO(x509_anchors) struct pdg_x509_anchors *a = NULL;
	PDG_AUTO(buf) struct pdg_buf der = PDG_BUF_INIT(PKI_DER_MAX);
	struct x509_place p;
	size_t good = 0;
	size_t bit;

	x509_place_init(&p);
	x509_place_make(&p);
	a = x509_place_trust(&p, 0, 0);
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
	x509_place_done(&p);
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
	      {"only the path is brought along", only_the_path_is_brought_along},
	      {"files of roots are read strictly", files_of_roots_are_read_strictly},
	      {"every bit counts", every_bit_counts}, {"names are read", names_are_read})
