/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates that come along and are not on the path that was found: where authorities certify
 * one another they may, for who wrote them is known; where anybody can have written them (M1, M2:
 * nothing unsigned is free) they may not.
 */
#include "support/check.h"
#include "unit/crypto/x509_place.h"

/* All that there is; p.certs are those of x509_place.h. */
enum who {
	NONE,
	ROOT,	/* "Root", signed by itself: the new one */
	MIDDLE, /* signed by ROOT */
	LEAF,	/* signed by MIDDLE */
	OLD,	/* "Old", signed by itself */
	CROSS,	/* ROOT's name and key, signed by OLD */
	EVIL,	/* a root that no policy names */
	FORGED, /* MIDDLE's name and key, signed by EVIL: nobody needs MIDDLE's private key for it
		 */
	TWIN,	/* MIDDLE with ROOT's value in its other form */
	OWN,	/* ROOT with its own value in its other form */
	SISTER, /* another authority below ROOT */
	PERSON, /* below MIDDLE, a leaf that may do anything */
	BYHIM,	/* MIDDLE's name and key, signed by PERSON */
	WHO,
};

struct world {
	struct x509_place p;
	struct pki_cert cert[WHO];
};

static void add(struct world *w, enum who who, struct pki_ask ask, const char *name, enum who key,
		enum who issuer)
{
	ask.name = name;
	ask.same_key = key ? w->cert[key].key : NULL;
	ask.issuer = issuer ? &w->cert[issuer] : NULL;
	w->cert[who] = pki_make(&ask);
}

static void world_make(struct world *w)
{
	*w = (struct world){.p = {.root = {.name = NULL}}};
	x509_place_init(&w->p);
	w->p.middle.constraints = "critical,CA:TRUE";
	x509_place_make(&w->p);
	w->cert[ROOT] = w->p.certs[0];
	w->cert[MIDDLE] = w->p.certs[1];
	w->cert[LEAF] = w->p.certs[2];
	add(w, OLD, w->p.root, "Old", NONE, NONE);
	add(w, CROSS, w->p.root, "Root", ROOT, OLD);
	add(w, EVIL, w->p.root, "Evil", NONE, NONE);
	add(w, FORGED, w->p.middle, "Intermediate", MIDDLE, EVIL);
	w->cert[TWIN] = pki_twin(&w->cert[MIDDLE], &w->cert[ROOT]);
	w->cert[OWN] = pki_twin(&w->cert[ROOT], &w->cert[ROOT]);
	add(w, SISTER, w->p.middle, "Sister", NONE, ROOT);
	w->p.leaf.usage = NULL;
	add(w, PERSON, w->p.leaf, "Person", NONE, MIDDLE);
	add(w, BYHIM, w->p.middle, "Intermediate", MIDDLE, PERSON);
}

static void world_done(struct world *w)
{
	size_t i;

	x509_place_done(&w->p);
	for (i = OLD; i < WHO; i++)
		pki_done(&w->cert[i]);
}

/* A file of roots; where @apart, one for each. */
static struct pdg_x509_anchors *load(const struct world *w, const enum who *who, bool apart)
{
	PDG_AUTO(buf) struct pdg_buf pem = PDG_BUF_INIT(PKI_DER_MAX);
	struct pdg_x509_anchors *a = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_x509_anchors_new(&a, &err), &err);
	for (; *who; who++) {
		pki_pem(&w->cert[*who], &pem);
		if (!apart && who[1])
			continue;
		CHECK_OK(pdg_x509_anchors_pem(a, pdg_buf_bytes(&pem), &err), &err);
		pdg_buf_reset(&pem);
	}
	return a;
}

struct row {
	const char *what;
	enum who roots[4];
	enum who set[CERTS + 1]; /* the leaf first */
	bool in_path_order;	 /* as they stand here is enough */
	bool in_der_order;
};

static void check_row(const struct world *w, const struct row *row)
{
	const struct pki_cert *set[CERTS];
	struct pdg_x509_found found = {0};
	size_t n = 0;
	int way;

	pdg_test_case("%s", row->what);
	for (; row->set[n]; n++)
		set[n] = &w->cert[row->set[n]];
	for (way = 0; way < 4; way++) {
		PDG_AUTO(x509_anchors)
		struct pdg_x509_anchors *a = load(w, row->roots, way > 1 && row->roots[0] != CROSS);
		bool sorted = way % 2 == 1;
		bool good = sorted ? row->in_der_order : row->in_path_order;

		x509_place_lead(a, set, n, sorted, FROM, &found);
		CHECK_INT(found.end, good ? PDG_X509_GOOD : PDG_X509_SPARE);
		CHECK_STR(found.why[0] ? "why" : "", good ? "" : "why");
		CHECK(found.n_path >= 3);
	}
	pdg_test_case(NULL);
}

/* A new root beside the old one, or in its place: what signers bring along stays what it is. */
static void roots_may_be_renewed(void)
{
	static const struct row rows[] = {
		{"before", {OLD}, {LEAF, MIDDLE, CROSS}, true, true},
		{"the new root beside it", {OLD, ROOT}, {LEAF, MIDDLE, CROSS}, true, true},
		{"the other way round", {ROOT, OLD}, {LEAF, MIDDLE, CROSS}, true, true},
		{"the old root, too", {OLD, ROOT}, {LEAF, MIDDLE, CROSS, OLD}, true, true},
		{"all that there is", {OLD, ROOT}, {LEAF, MIDDLE, ROOT, CROSS, OLD}, true, true},
		{"in a third order", {OLD, ROOT}, {LEAF, MIDDLE, CROSS, ROOT, OLD}, false, true},
		{"who has the new chain", {OLD, ROOT}, {LEAF, MIDDLE, ROOT}, true, true},
		{"another order", {OLD, ROOT}, {LEAF, CROSS, MIDDLE}, false, true},
		{"the cross certificate is the policy's",
		 {CROSS, ROOT},
		 {LEAF, MIDDLE, CROSS},
		 true,
		 true},
		{"and without it", {ROOT}, {LEAF, MIDDLE, CROSS}, false, false},
	};
	struct world w;
	size_t i;

	world_make(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&w, &rows[i]);
	world_done(&w);
}

static void nothing_is_anybodys(void)
{
	static const struct row rows[] = {
		{"a stranger's word", {ROOT}, {LEAF, MIDDLE, FORGED}, false, false},
		{"and his root", {ROOT, OLD}, {LEAF, MIDDLE, FORGED, EVIL}, false, false},
		{"an authority that did not sign it", {ROOT}, {LEAF, MIDDLE, SISTER}, false, false},
		{"a root that did not", {ROOT, OLD}, {LEAF, MIDDLE, OLD}, false, false},
		{"a twin", {ROOT}, {LEAF, MIDDLE, TWIN}, false, false},
		{"a root's twin", {ROOT}, {LEAF, MIDDLE, OWN}, false, false},
		{"it, below a cross certificate",
		 {OLD, ROOT},
		 {LEAF, MIDDLE, CROSS, OWN},
		 false,
		 false},
		{"another person", {ROOT}, {LEAF, MIDDLE, PERSON}, false, false},
		{"his word", {ROOT}, {LEAF, MIDDLE, BYHIM, PERSON}, false, false},
	};
	struct world w;
	size_t i;

	world_make(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&w, &rows[i]);
	world_done(&w);
}

PDG_TEST_MAIN("x509accounted", {"roots may be renewed", roots_may_be_renewed},
	      {"nothing is anybody's", nothing_is_anybodys})
