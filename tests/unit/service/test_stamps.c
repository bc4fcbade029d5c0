/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timestamps as the service gets them: service/stamps.c, the real pedigree-relay, and an authority
 * of the test's own behind it that answers what it is told to (T64, T66, T67). Then responses as a
 * relay could hand them over that was taken over: they are judged here. The real authority is tried
 * by tests/interop.
 */
#include "service/stamps.h"

#include <pthread.h>
#include <stdio.h>

#include "support/check.h"
#include "support/fakehttp.h"
#include "unit/crypto/tsa_made.h"
#include "util/jsonw.h"
#include "util/limits.h"
#include "util/str.h"

#define SIG "the bytes of a signature"

struct authority {
	struct pdg_buf raw;
	enum fake_way way;
	size_t asked_n;
};

static void answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	struct authority *a = ctx;

	CHECK_STR(req->method, "POST");
	CHECK(pdg_bytes_find(req->head, pdg_bytes_str("application/timestamp-query"), 0) !=
	      SIZE_MAX);
	a->asked_n = req->body.n;
	pdg_buf_put(&reply->raw, pdg_buf_bytes(&a->raw));
	reply->way = a->way;
}

static int64_t clock_now(void *ctx)
{
	(void)ctx;
	return TSA_TIME + 10;
}

static const struct pdg_clock clock_of_the_time = {clock_now, NULL};

struct got {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	bool over;
	int rc;
	char rule[PDG_ERROR_RULE_MAX];
	size_t n;
};

static void on_done(void *ctx, int rc, struct pdg_bytes response, const struct pdg_error *err)
{
	struct got *g = ctx;

	(void)pthread_mutex_lock(&g->mutex);
	g->rc = rc;
	g->n = response.n;
	(void)snprintf(g->rule, sizeof(g->rule), "%s", rc < 0 ? err->rule : "");
	g->over = true;
	(void)pthread_cond_signal(&g->cond);
	(void)pthread_mutex_unlock(&g->mutex);
}

/* The rule by which there is no timestamp; "" when there is one. */
static const char *rule_at(const struct pdg_stamps *s, int64_t received)
{
	static struct got g;
	struct pdg_error err = {0};

	g = (struct got){.over = false};
	(void)pthread_mutex_init(&g.mutex, NULL);
	(void)pthread_cond_init(&g.cond, NULL);
	CHECK_OK(pdg_stamps_begin(s, pdg_bytes_str(SIG), received, on_done, &g, &err), &err);
	(void)pthread_mutex_lock(&g.mutex);
	while (!g.over)
		(void)pthread_cond_wait(&g.cond, &g.mutex);
	(void)pthread_mutex_unlock(&g.mutex);
	CHECK((g.rc == 0) == (g.n > 0));
	return g.rule;
}

static const char *rule_of(const struct pdg_stamps *s)
{
	return rule_at(s, TSA_TIME);
}

static struct pdg_relay *relay_of(const char *program, const char *setup)
{
	const struct pdg_relay_options opt = {.program = program, .setup = pdg_bytes_str(setup)};
	struct pdg_relay *r = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_relay_start(&opt, &r, &err), &err);
	return r;
}

/* An authority with a root, and a trusted root of it alone. */
struct trusted {
	struct tsa_cert ca, leaf;
	struct pdg_root *root;
};

static void trusted_init(struct trusted *t)
{
	PDG_AUTO(key) struct pdg_key *log = NULL;
	PDG_AUTO(buf) struct pdg_buf json = PDG_BUF_INIT(65536);
	struct pdg_buf certs[2];
	struct pdg_tsa_chain chain = {.cert = certs, .n = 2};
	uint8_t id[32] = {1};
	struct pdg_error err = {0};

	tsa_cert_init(&t->ca, &(struct tsa_cert_make){.name = "root", .ca = true});
	tsa_cert_init(&t->leaf, &(struct tsa_cert_make){.name = "tsa",
							.issuer = &t->ca,
							.eku = "critical,timeStamping"});
	certs[0] = t->leaf.der;
	certs[1] = t->ca.der;
	CHECK_OK(pdg_key_generate(PDG_KEY_ED25519, &log, &err), &err);
	CHECK_OK(pdg_root_write(&(struct pdg_root_make){.base_url = "http://log.example",
							.key = log,
							.log_id = id,
							.valid_from = TSA_TIME,
							.authority = &chain,
							.authority_url = "http://tsa.example"},
				&json, &err),
		 &err);
	CHECK_OK(pdg_root_parse(pdg_buf_bytes(&json), &t->root, &err), &err);
	CHECK_UINT(t->root->n_tsas, 1);
}

static void trusted_done(struct trusted *t)
{
	tsa_cert_done(&t->ca);
	tsa_cert_done(&t->leaf);
	pdg_root_free(t->root);
}

static void response_of(const struct trusted *t, const char *data, const struct tsa_cert *signer,
			struct pdg_buf *out)
{
	PDG_AUTO(buf) struct pdg_buf token = PDG_BUF_INIT(65536);

	tsa_token(&(struct tsa_token_make){.signer = signer,
					   .data = pdg_bytes_str(data),
					   .with = {&t->leaf}},
		  &token);
	tsa_response(0, pdg_buf_bytes(&token), out);
}

#define ANSWER(status, type)                                                                       \
	"HTTP/1.1 " status " X\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define REPLY "application/timestamp-reply"

static void answers_of_an_authority(void)
{
	static const struct {
		const char *what, *raw;
		enum fake_way way;
		const char *rule;
	} t[] = {
		{"HTML with 200", ANSWER("200", "text/html") "<html>", FAKE_CLOSE, "TSA-12"},
		{"another type", ANSWER("200", "application/json") "{}", FAKE_CLOSE, "TSA-12"},
		{"502", ANSWER("502", "text/html") "<html>", FAKE_CLOSE, "TSA-12"},
		{"429", ANSWER("429", REPLY), FAKE_CLOSE, "TSA-12"},
		{"nothing", "", FAKE_CLOSE, "TSA-12"},
		{"garbage", "garbage\r\n\r\n", FAKE_CLOSE, "TSA-12"},
		{"cut",
		 "HTTP/1.1 200 X\r\nContent-Length: 4000\r\nContent-Type: " REPLY "\r\n\r\n0",
		 FAKE_CLOSE, "TSA-12"},
		{"no timestamp", ANSWER("200", REPLY) "0000", FAKE_CLOSE, "TSA-1"},
		{"an empty one", ANSWER("200", REPLY), FAKE_CLOSE, "TSA-1"},
		{"a refusal", ANSWER("200", REPLY) "\x30\x05\x30\x03\x02\x01\x02", FAKE_CLOSE,
		 "TSA-3"},
		{"1 GB", ANSWER("200", REPLY), FAKE_ENDLESS, "NET-4"},
		{"redirect", "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\n\r\n", FAKE_CLOSE,
		 "TSA-12"},
		{"compressed",
		 "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Type: " REPLY
		 "\r\nConnection: close\r\n\r\n\x1f\x8b\x08",
		 FAKE_CLOSE, "TSA-1"},
	};
	struct authority a = {.way = FAKE_CLOSE};
	struct fake_http *http;
	PDG_AUTO(mem) char *setup = NULL;
	PDG_AUTO(buf) struct pdg_buf stale = PDG_BUF_INIT(65536);
	struct trusted t1;
	struct pdg_stamps s;
	size_t i;

	pdg_buf_init(&a.raw, 65536);
	http = fake_http_start(answer, &a);
	setup = pdg_str_printf("{\"timestamp\":{\"url\":\"%s/api/v1/timestamp\"}}",
			       fake_http_url(http));
	trusted_init(&t1);
	s = (struct pdg_stamps){.relay = relay_of(PDG_TEST_BIN "/pedigree-relay", setup),
				.root = t1.root,
				.clock = &clock_of_the_time};
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pdg_test_case("%s", t[i].what);
		fake_http_lock(http);
		pdg_buf_reset(&a.raw);
		pdg_buf_puts(&a.raw, t[i].raw);
		a.way = t[i].way;
		fake_http_unlock(http);
		CHECK_STR(rule_of(&s), t[i].rule);
	}
	/* a good one of before, which is not the answer to this request */
	pdg_test_case("a replay");
	response_of(&t1, SIG, &t1.leaf, &stale);
	fake_http_lock(http);
	pdg_buf_reset(&a.raw);
	pdg_buf_puts(&a.raw, ANSWER("200", REPLY));
	pdg_buf_put(&a.raw, pdg_buf_bytes(&stale));
	a.way = FAKE_CLOSE;
	fake_http_unlock(http);
	CHECK_STR(rule_of(&s), "TSA-11");
	fake_http_stop(http);
	CHECK(a.asked_n > 56 && a.asked_n < 80);
	pdg_test_case("nobody there");
	CHECK_STR(rule_of(&s), "TSA-12");
	pdg_test_case(NULL);
	pdg_relay_free(s.relay);
	pdg_buf_done(&a.raw);
	trusted_done(&t1);
}

/* What a relay hands over with this response in it. */
static const char *rule_of_canned_at(const struct trusted *t, struct pdg_bytes response,
				     int64_t received)
{
	PDG_AUTO(buf) struct pdg_buf setup = PDG_BUF_INIT(PDG_LIMIT_MIB(1));
	struct pdg_stamps s = {.root = t->root, .clock = &clock_of_the_time};
	const char *rule;
	struct pdg_jw w;

	pdg_jw_init(&w, &setup);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "mode", "canned");
	pdg_jw_kobj(&w, "body");
	pdg_jw_key(&w, "response");
	pdg_jw_base64(&w, response);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	s.relay = relay_of(PDG_FAKE_RELAY, pdg_buf_cstr(&setup));
	rule = rule_at(&s, received);
	pdg_relay_free(s.relay);
	return rule;
}

static const char *rule_of_canned(const struct trusted *t, struct pdg_bytes response)
{
	return rule_of_canned_at(t, response, TSA_TIME);
}

static void responses_of_a_relay(void)
{
	PDG_AUTO(buf) struct pdg_buf good = PDG_BUF_INIT(65536);
	PDG_AUTO(buf) struct pdg_buf other = PDG_BUF_INIT(65536);
	PDG_AUTO(buf) struct pdg_buf foreign = PDG_BUF_INIT(65536);
	struct trusted t, stranger;

	trusted_init(&t);
	trusted_init(&stranger);
	response_of(&t, SIG, &t.leaf, &good);
	response_of(&t, "other bytes", &t.leaf, &other);
	response_of(&stranger, SIG, &stranger.leaf, &foreign);
	CHECK_STR(rule_of_canned(&t, pdg_buf_bytes(&good)), "");
	/* older than what it is over: kept for ever, it would be refused for ever */
	CHECK_STR(rule_of_canned_at(&t, pdg_buf_bytes(&good), TSA_TIME + PDG_TIME_TOLERANCE), "");
	CHECK_STR(rule_of_canned_at(&t, pdg_buf_bytes(&good), TSA_TIME + PDG_TIME_TOLERANCE + 1),
		  "TSA-10");
	CHECK_STR(rule_of_canned(&t, pdg_buf_bytes(&other)), "TSA-4");
	CHECK_STR(rule_of_canned(&t, pdg_buf_bytes(&foreign)), "TSA-7");
	CHECK_STR(rule_of_canned(&t, pdg_bytes_str("0000")), "TSA-1");
	good.p[good.n - 1] ^= 1;
	CHECK_STR(rule_of_canned(&t, pdg_buf_bytes(&good)), "TSA-6");
	trusted_done(&t);
	trusted_done(&stranger);
}

PDG_TEST_MAIN("stamps", {"answers of an authority", answers_of_an_authority},
	      {"responses of a relay", responses_of_a_relay})
