/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A serviceKey that is compromised since some time (rules.md 1): what it signed before stands where
 * somebody else than the service shows when that was, by Rekor v1's SET or a timestamp, and nowhere
 * else.
 */
#include "unit/chain/scene.h"
#include "unit/crypto/tsa_made.h"
#include "unit/tlog/fake_rekor1.h"

#define BEFORE	    (WORLD_COMMITTED + 180)
#define BEFORE_TEXT "20240201000300Z"
#define SINCE	    "2024-02-01T00:30:00Z"
#define AFTER	    (WORLD_COMMITTED + 2700)
#define AFTER_TEXT  "20240201004500Z"
#define YEAR	    (365 * INT64_C(86400))
#define COMPROMISED(since)                                                                         \
	"[trust]\n\ttrustedRoot = keys/root.json\n\tjournalKey = keys/journal.pub\n"               \
	"[trust \"service\"]\n\tserviceKey = keys/service.pub\n\tcompromisedSince = " since        \
	"\n" WORLD_REPOSITORIES WORLD_BUILDERS WORLD_REQUIRE

/* A log with signed times and an authority; keys/root.json names both. */
struct witnesses {
	struct rekor1_fake log;
	struct tsa_cert ca, tsa, stranger;
};

static void make_authority(struct tsa_cert *c, const struct tsa_cert *ca)
{
	tsa_cert_init(c, &(struct tsa_cert_make){.name = ca ? "tsa" : "root",
						 .issuer = ca,
						 .ca = !ca,
						 .eku = ca ? "critical,timeStamping" : NULL,
						 .from = WORLD_COMMITTED - YEAR,
						 .until = WORLD_COMMITTED + YEAR});
}

static void witnesses_init(struct witnesses *s, const struct pdg_world *w, bool embedded)
{
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(65536);
	struct pdg_buf certs[2];
	struct pdg_tsa_chain chain = {.cert = certs, .n = 2};
	struct pdg_error err = {0};

	rekor1_fake_init(&s->log);
	make_authority(&s->ca, NULL);
	make_authority(&s->tsa, &s->ca);
	make_authority(&s->stranger, &s->ca);
	certs[0] = s->tsa.der;
	certs[1] = s->ca.der;
	CHECK_OK(pdg_root_write(&(struct pdg_root_make){.base_url = "https://" REKOR1_HOST,
							.key = s->log.key,
							.log_id = pdg_key_spki_sha256(s->log.key),
							.valid_from = WORLD_COMMITTED - YEAR,
							.authority = &chain,
							.embedded = embedded,
							.authority_url = "http://tsa.example"},
				&json, &err),
		 &err);
	free(pdg_test_file(w->dir, "keys/root.json", pdg_buf_bytes(&json)));
}

static void witnesses_done(struct witnesses *s)
{
	rekor1_fake_done(&s->log);
	tsa_cert_done(&s->ca);
	tsa_cert_done(&s->tsa);
	tsa_cert_done(&s->stranger);
}

/* How a countersignature was dated. */
struct dated {
	const char *what;
	int64_t log;	   /* the log's time */
	bool no_set;	   /* which it did not sign */
	const char *stamp; /* the authority's, NULL: none */
	bool stranger;	   /* another authority's */
	const char *rule;  /* by which it is refused; NULL: good */
};

static struct pdg_entry *entry_of(struct rekor1_fake *log, const struct pdg_entry_claim *claim)
{
	PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	PDG_AUTO(json) json_t *o = NULL;
	char hex[PDG_SHA256_HEX];
	const json_t *members = NULL;
	PDG_AUTO(mem) char *name = NULL;
	struct pdg_entry *e = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_sha256_hex(claim->payload, hex, &err), &err);
	CHECK_OK(pdg_rekor1_dsse_body(claim, hex, &body, &err), &err);
	rekor1_tree_add(log->tree, pdg_buf_bytes(&body));
	rekor1_write_entry(log, log->tree->n - 1, &text);
	/* {"<id>":{…}}: the id is 68 digits. */
	name = pdg_bytes_dup(pdg_bytes(text.p + 2, 68));
	if (!CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), PDG_LIMIT_MIB(1), &o, &err), &err) ||
	    !CHECK_OK(pdg_json_obj(o, name, &members, &err), &err) ||
	    !CHECK_OK(pdg_rekor1_read_json(members, &e, &err), &err))
		abort();
	return e;
}

static void stamp_of(const struct witnesses *s, const struct dated *d, struct pdg_bytes sig,
		     struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);
	const struct tsa_cert *signer = d->stranger ? &s->stranger : &s->tsa;

	tsa_token(
		&(struct tsa_token_make){
			.signer = signer, .data = sig, .time = d->stamp, .with = {signer}},
		&token);
	tsa_response(0, pdg_buf_bytes(&token), out);
}

/* The same countersignature, dated as @d says. */
static void date(struct witnesses *s, const struct pdg_world *w, const struct dated *d,
		 struct pdg_made *m)
{
	PDG_AUTO(bundle) struct pdg_bundle *b = NULL;
	PDG_AUTO(entry) struct pdg_entry *e = NULL;
	PDG_AUTO(buf) struct pdg_buf stamp = PDG_BUF_INIT(65536);
	struct pdg_entry_claim claim = {.key = w->key[WORLD_SERVICE]};
	struct pdg_bundle_parts parts = {.key = claim.key};
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_bundle_parse(pdg_buf_bytes(&m->bundle), &b, &err), &err))
		abort();
	claim.payload = parts.payload = pdg_buf_bytes(&b->envelope->payload);
	claim.sig = parts.sig = pdg_buf_bytes(&b->envelope->sigs[0].sig);
	s->log.time = d->log;
	s->log.no_set = d->no_set;
	e = entry_of(&s->log, &claim);
	parts.entry = e;
	if (d->stamp)
		stamp_of(s, d, claim.sig, &stamp);
	parts.timestamp = pdg_buf_bytes(&stamp);
	pdg_buf_reset(&m->bundle);
	CHECK_OK(pdg_bundle_write(&parts, &m->bundle, &err), &err);
}

static void what_was_signed_before_stands(void)
{
	static const struct dated cases[] = {
		{"logged before", BEFORE, false, NULL, false, NULL},
		{"logged after", AFTER, false, NULL, false, "TIM-3"},
		{"logged before, as the log did not sign", BEFORE, true, NULL, false, "TIM-3"},
		{"stamped before", BEFORE, true, BEFORE_TEXT, false, NULL},
		{"stamped before, logged after", AFTER, false, BEFORE_TEXT, false, NULL},
		{"stamped after", BEFORE, true, AFTER_TEXT, false, "TIM-3"},
		{"stamped before by a stranger", BEFORE, true, BEFORE_TEXT, true, "TSA-7"},
	};
	PDG_AUTO(scene) struct scene s;
	struct witnesses wit;
	size_t i;

	scene_init(&s, NULL);
	witnesses_init(&wit, &s.w, false);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct dated *d = &cases[i];

		pdg_test_case("%s", d->what);
		date(&wit, &s.w, d, &s.source);
		date(&wit, &s.w, d, &s.build);
		scene_both(&s);
		pdg_world_policy(&s.w, COMPROMISED(SINCE));
		if (d->rule)
			expect_build(&s, d->rule);
		else
			expect_good(&s);
		/* That was too late: nothing saves what was signed since. */
		pdg_world_policy(&s.w, COMPROMISED("2024-01-01T00:00:00Z"));
		expect_build(&s, d->stranger ? d->rule : "TIM-3");
	}
	pdg_test_case(NULL);
	witnesses_done(&wit);
}

/* Who has the service's machine has the embedded log's key too: its time is his to choose. */
static void the_services_own_log_dates_nothing(void)
{
	static const struct dated before = {.log = BEFORE};
	PDG_AUTO(scene) struct scene s;
	struct witnesses wit;

	scene_init(&s, NULL);
	witnesses_init(&wit, &s.w, true);
	date(&wit, &s.w, &before, &s.source);
	date(&wit, &s.w, &before, &s.build);
	scene_both(&s);
	pdg_world_policy(&s.w, COMPROMISED(SINCE));
	expect_build(&s, "LOG-9");
	witnesses_done(&wit);
}

/*
 * Nothing is countersigned before it was received (00:01:00Z and 00:02:00Z): a time of before that
 * is of a clock that lies, and would take any key out of its window, or into it.
 */
static void nothing_is_older_than_its_receipt(void)
{
	static const struct dated cases[] = {
		{"logged five minutes before", WORLD_BUILD_AT - 300, false, NULL, false, NULL},
		{"logged earlier", WORLD_BUILD_AT - 301, false, NULL, false, "LOG-19"},
		{"logged earlier, without its time", WORLD_BUILD_AT - 301, true, NULL, false, NULL},
		{"stamped four minutes before", AFTER, false, "20240131235800Z", false, NULL},
		{"stamped earlier", AFTER, false, "20240131235659Z", false, "TSA-10"},
		{"stamped in time, logged earlier", WORLD_BUILD_AT - 301, false, BEFORE_TEXT, false,
		 "LOG-19"},
	};
	PDG_AUTO(scene) struct scene s;
	struct witnesses wit;
	size_t i;

	scene_init(&s, NULL);
	witnesses_init(&wit, &s.w, false);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct dated *d = &cases[i];

		pdg_test_case("%s", d->what);
		date(&wit, &s.w, &(struct dated){.log = BEFORE}, &s.source);
		date(&wit, &s.w, d, &s.build);
		scene_both(&s);
		pdg_world_policy(&s.w, NULL);
		if (d->rule)
			expect_build(&s, d->rule);
		else
			expect_good(&s);
	}
	pdg_test_case(NULL);
	witnesses_done(&wit);
}

PDG_TEST_MAIN("compromised", {"what was signed before stands", what_was_signed_before_stands},
	      {"the service's own log dates nothing", the_services_own_log_dates_nothing},
	      {"nothing is older than its receipt", nothing_is_older_than_its_receipt})
