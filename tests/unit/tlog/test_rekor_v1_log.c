/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Rekor v1 client against a log of the test's own that speaks its API, and lies where it is
 * told to. The real server is tried by tests/interop.
 */
#include <stdio.h>
#include <stdlib.h>

#include "support/rekor_add.h"
#include "tlog/rekor_impl.h"
#include "unit/tlog/bad_answers.h"
#include "unit/tlog/fake_rekor1.h"

#define ITEMS_MAX 8

/* Statements to log, each with a real signature's bytes. */
struct dsse {
	struct pdg_log_item v[ITEMS_MAX];
	struct pdg_buf payload[ITEMS_MAX], sig[ITEMS_MAX];
	size_t n;
};

static void dsse_init(struct dsse *d, const struct rekor1_fake *f, unsigned first, size_t n)
{
	size_t i;

	d->n = n;
	for (i = 0; i < n; i++) {
		PDG_AUTO(buf) struct pdg_buf pae = PDG_BUF_INIT(1000);

		pdg_buf_init(&d->payload[i], 1000);
		pdg_buf_init(&d->sig[i], 1000);
		pdg_buf_printf(&d->payload[i], "{\"n\":%zu}", first + i);
		pdg_buf_printf(&pae, "DSSEv1 28 application/vnd.in-toto+json %zu ",
			       d->payload[i].n);
		pdg_buf_put(&pae, pdg_buf_bytes(&d->payload[i]));
		naive_must(pdg_key_sign(f->signer, pdg_buf_bytes(&pae), &d->sig[i], NULL));
		naive_must(pdg_sha256(pdg_buf_bytes(&pae), d->v[i].digest, NULL));
		d->v[i].payload = pdg_buf_bytes(&d->payload[i]);
		d->v[i].sig = pdg_buf_bytes(&d->sig[i]);
		d->v[i].key = f->signer;
	}
}

static void dsse_done(struct dsse *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		pdg_entry_free(d->v[i].entry);
		pdg_buf_done(&d->payload[i]);
		pdg_buf_done(&d->sig[i]);
	}
}
PDG_AUTO_DEFINE_VALUE(dsse, struct dsse, dsse_done)

static struct pdg_log *client_of(const struct rekor1_fake *f, const struct pdg_log_head *known,
				 int timeout_ms)
{
	struct pdg_rekor_options opt = {.url = fake_http_url(f->http),
					.origin = REKOR1_HOST,
					.key = f->key,
					.timeout_ms = timeout_ms};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	if (known)
		opt.known = *known;
	CHECK_OK(pdg_rekor_v1_open(&opt, &log, &err), &err);
	return log;
}

static struct pdg_log_head newest_of(struct pdg_log *client)
{
	return ((struct pdg_rekor *)client)->newest;
}

static int add_one(const struct rekor1_fake *f, struct pdg_log *client, unsigned number,
		   struct pdg_error *err)
{
	PDG_AUTO(dsse) struct dsse d = {0};

	dsse_init(&d, f, number, 1);
	rekor_add(client, d.v, 1);
	*err = d.v[0].err;
	CHECK((d.v[0].rc == 0) == (d.v[0].entry != NULL));
	return d.v[0].rc;
}

static void entries_are_logged(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(dsse) struct dsse d = {0};
	struct pdg_error err = {0};
	size_t i;

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	dsse_init(&d, &f, 0, ITEMS_MAX);
	rekor_add(client, d.v, d.n);
	for (i = 0; i < d.n; i++) {
		const struct pdg_entry_claim claim = {.digest = d.v[i].digest,
						      .payload = d.v[i].payload,
						      .sig = d.v[i].sig,
						      .key = d.v[i].key,
						      .latest = f.time};
		struct pdg_entry_shown shown = {0};

		CHECK_OK(d.v[i].rc, &d.v[i].err);
		if (!CHECK(d.v[i].entry != NULL))
			return;
		CHECK_OK(pdg_entry_judge(d.v[i].entry, f.root, &claim, &shown, &err), &err);
		CHECK_INT(shown.time, f.time);
		CHECK_UINT(d.v[i].entry->log_index, d.v[i].entry->proof_index + REKOR1_OUTER);
	}
	CHECK_UINT(newest_of(client).size, ITEMS_MAX);
	CHECK_STR(client->ops->name, "rekor-v1");
}

/* A bundle has it as it was: written, and read again. */
static void entry_in_a_bundle(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(dsse) struct dsse d = {0};
	PDG_AUTO(entry) struct pdg_entry *again = NULL;
	PDG_AUTO(json) json_t *j = NULL;
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(65536);
	struct pdg_entry_claim claim;
	struct pdg_entry_shown shown = {0};
	struct pdg_error err = {0};
	struct pdg_jw w;
	unsigned i;

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	for (i = 0; i < 5; i++)
		CHECK_OK(add_one(&f, client, 100 + i, &err), &err);
	dsse_init(&d, &f, 0, 2);
	rekor_add(client, d.v, 1);
	if (!CHECK_OK(d.v[0].rc, &d.v[0].err))
		return;
	pdg_jw_init(&w, &text);
	pdg_entry_write(d.v[0].entry, &w);
	CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), 65536, &j, &err), &err);
	CHECK_OK(pdg_entry_read(j, &again, &err), &err);
	claim = (struct pdg_entry_claim){.digest = d.v[0].digest,
					 .payload = d.v[0].payload,
					 .sig = d.v[0].sig,
					 .key = d.v[0].key,
					 .latest = f.time};
	CHECK_OK(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err);
	/* of another statement, signature or key it says nothing */
	claim.payload = d.v[1].payload;
	CHECK_RULE(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err, "LOG-7");
	claim.payload = d.v[0].payload;
	claim.sig = d.v[1].sig;
	CHECK_RULE(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err, "LOG-7");
	claim.sig = d.v[0].sig;
	claim.key = f.key;
	CHECK_RULE(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err, "LOG-7");
	claim.key = f.signer;
	claim.latest = f.time - PDG_TIME_TOLERANCE - 1;
	CHECK_RULE(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err, "LOG-19");
	/* a message signature is nothing that a dsse entry could speak of */
	claim.latest = f.time;
	claim.payload = pdg_bytes(NULL, 0);
	CHECK_RULE(pdg_entry_judge(again, f.root, &claim, &shown, &err), &err, "LOG-9");
}

/* The body must be canonical to the byte, whatever else of it would be read the same. */
static void body_is_canonical(void)
{
	static const struct {
		const char *from, *to;
	} t[] = {
		{"{\"apiVersion\"", "{ \"apiVersion\""},
		{"\"algorithm\":\"sha256\"", "\"algorithm\":\"sha512\""},
		{"\"signatures\":[{", "\"signatures\":[{\"more\":1,"},
		{"\"spec\":{", "\"spec\":{\"envelope\":\"x\","},
		{"\"envelopeHash\"", "\"envelopehash\""},
		{"\"value\":\"", "\"value\":\"0"},
	};
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(dsse) struct dsse d = {0};
	struct pdg_entry_claim claim;
	struct pdg_entry_shown shown = {0};
	struct pdg_error err = {0};
	size_t i;

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	dsse_init(&d, &f, 0, 1);
	rekor_add(client, d.v, 1);
	if (!CHECK_OK(d.v[0].rc, &d.v[0].err))
		return;
	claim = (struct pdg_entry_claim){.digest = d.v[0].digest,
					 .payload = d.v[0].payload,
					 .sig = d.v[0].sig,
					 .key = d.v[0].key,
					 .latest = f.time};
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(mem) char *was = pdg_bytes_dup(pdg_buf_bytes(&d.v[0].entry->body));
		char *at = strstr(was, t[i].from);

		pdg_test_case("%s", t[i].from);
		CHECK(at != NULL);
		pdg_buf_reset(&d.v[0].entry->body);
		pdg_buf_put(&d.v[0].entry->body, pdg_bytes(was, (size_t)(at - was)));
		pdg_buf_puts(&d.v[0].entry->body, t[i].to);
		pdg_buf_puts(&d.v[0].entry->body, at + strlen(t[i].from));
		CHECK_RULE(pdg_entry_judge(d.v[0].entry, f.root, &claim, &shown, &err), &err,
			   "LOG-7");
		pdg_buf_reset(&d.v[0].entry->body);
		pdg_buf_puts(&d.v[0].entry->body, was);
	}
	pdg_test_case(NULL);
	CHECK_OK(pdg_entry_judge(d.v[0].entry, f.root, &claim, &shown, &err), &err);
}

/* Of this API alone. */
static const struct bad_answer own_answers[] = {
	{ANSWER("201", "{\"a\":{},\"b\":{}}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"a\":[]}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"a\":{}}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"a\":{\"logIndex\":-1}}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"a\":{\"body\":\"e30=\",\"logIndex\":1,\"integratedTime\":1,"
		       "\"logID\":\"00\",\"verification\":{}}}"),
	 FAKE_CLOSE, "LOG-13"},
	{ANSWER("400", "{\"code\":400,\"message\":\"signature\"}"), FAKE_CLOSE, "LOG-14"},
	{ANSWER("422", "{\"code\":602,\"message\":\"kind\"}"), FAKE_CLOSE, "LOG-14"},
	{ANSWER("500", "{\"code\":500,\"message\":\"unexpected EOF\"}"), FAKE_CLOSE, "LOG-13"},
};

static void set_answer(struct rekor1_fake *f, const char *raw, enum fake_way way)
{
	fake_http_lock(f->http);
	f->raw = raw;
	f->way = way;
	fake_http_unlock(f->http);
}

static void check_answers(struct rekor1_fake *f, struct pdg_log *client, const struct bad_answer *t,
			  size_t n)
{
	struct pdg_error err = {0};
	size_t i;

	for (i = 0; i < n; i++) {
		pdg_test_case("case %zu", i);
		set_answer(f, t[i].raw, t[i].way);
		CHECK_RULE(add_one(f, client, (unsigned)i, &err), &err, t[i].rule);
	}
	pdg_test_case(NULL);
}

static void answers_that_are_no_entry(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 1000);
	check_answers(&f, client, bad_answers, BAD_ANSWERS);
	check_answers(&f, client, own_answers, sizeof(own_answers) / sizeof(own_answers[0]));
	set_answer(&f, "", FAKE_HANG);
	CHECK_RULE(add_one(&f, client, 999, &err), &err, "NET-2");
	set_answer(&f, NULL, FAKE_KEEP);
	CHECK_OK(add_one(&f, client, 1000, &err), &err);
}

/* How long a log wants to be left alone is told with the item. */
static void retry_after(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(dsse) struct dsse d = {0};

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	f.raw = "HTTP/1.1 429 X\r\nRetry-After: 17\r\nConnection: close\r\n\r\n";
	f.way = FAKE_CLOSE;
	dsse_init(&d, &f, 0, 1);
	rekor_add(client, d.v, 1);
	CHECK_RULE(d.v[0].rc, &d.v[0].err, "LOG-13");
	CHECK_INT(d.v[0].retry_after, 17);
}

/* What the log signed, but for something else, or not as it should be. */
static void entries_of_something_else(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(key) struct pdg_key *stranger = key_new(PDG_KEY_ECDSA_P256);
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	CHECK_OK(add_one(&f, client, 1, &err), &err);
	CHECK_OK(add_one(&f, client, 2, &err), &err);
	f.shift = 1;
	CHECK_RULE(add_one(&f, client, 3, &err), &err, "LOG-7");
	f.shift = 0;
	f.break_proof = true;
	CHECK_RULE(add_one(&f, client, 4, &err), &err, "LOG-1");
	f.break_proof = false;
	f.break_set = true;
	CHECK_RULE(add_one(&f, client, 5, &err), &err, "LOG-18");
	f.break_set = false;
	f.break_time = true;
	CHECK_RULE(add_one(&f, client, 6, &err), &err, "LOG-18");
	f.break_time = false;
	f.no_set = true;
	CHECK_RULE(add_one(&f, client, 7, &err), &err, "LOG-18");
	f.no_set = false;
	f.no_proof = true;
	CHECK_RULE(add_one(&f, client, 8, &err), &err, "LOG-10");
	f.no_proof = false;
	f.no_checkpoint = true;
	CHECK_RULE(add_one(&f, client, 9, &err), &err, "LOG-10");
	f.no_checkpoint = false;
	f.time += 2 * PDG_TIME_TOLERANCE;
	CHECK_RULE(add_one(&f, client, 10, &err), &err, "LOG-19");
	f.time -= 2 * PDG_TIME_TOLERANCE;
	CHECK_OK(add_one(&f, client, 11, &err), &err);
	/* whatever key a log would serve: the configured one counts */
	pdg_log_free(PDG_TAKE(client));
	{
		const struct pdg_rekor_options opt = {
			.url = fake_http_url(f.http), .origin = REKOR1_HOST, .key = stranger};

		CHECK_OK(pdg_rekor_v1_open(&opt, &client, &err), &err);
	}
	CHECK_RULE(add_one(&f, client, 12, &err), &err, "LOG-8");
}

/* 409: the entry is fetched from where the log says it is, on its own host and nowhere else. */
static void duplicates(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(mem) char *absolute = NULL;
	PDG_AUTO(mem) char *beside = NULL;
	const char *refused[] = {"",
				 "/",
				 "/api/v1/log/entries/",
				 "/api/v1/log/entries/12",
				 "//evil.example/api/v1/log/entries/%",
				 "http://evil.example/api/v1/log/entries/%",
				 "https://evil.example/%",
				 "file:///etc/%",
				 NULL};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};
	size_t i;

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	CHECK_OK(add_one(&f, client, 1, &err), &err);
	f.location = "/api/v1/log/entries/%";
	CHECK_OK(add_one(&f, client, 2, &err), &err);
	CHECK_UINT(f.gets, 2); /* and a consistency proof */
	absolute = pdg_str_printf("%s/api/v1/log/entries/%%", fake_http_url(f.http));
	f.location = absolute;
	CHECK_OK(add_one(&f, client, 3, &err), &err);
	/* a host whose name begins as ours does is another one */
	beside = pdg_str_printf("%s.evil.example/api/v1/log/entries/%%", fake_http_url(f.http));
	refused[8] = beside;
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		pdg_test_case("%s", refused[i]);
		f.gets = 0;
		f.location = refused[i];
		CHECK_RULE(add_one(&f, client, 10 + (unsigned)i, &err), &err, "LOG-13");
		CHECK_UINT(f.gets, 0);
	}
	pdg_test_case(NULL);
	f.location = absolute;
	f.shift = 1;
	CHECK_RULE(add_one(&f, client, 30, &err), &err, "LOG-7");
	f.shift = 0;
	f.get_raw = ANSWER("200", "<html>");
	CHECK_RULE(add_one(&f, client, 31, &err), &err, "LOG-13");
	f.get_raw = ANSWER("404", "");
	CHECK_RULE(add_one(&f, client, 32, &err), &err, "LOG-13");
}

/* Two trees under one key: whoever saw the one does not believe the other. */
static void split_views(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(log) struct pdg_log *next = NULL;
	struct pdg_log_head head;
	struct rekor1_tree *honest;
	struct pdg_error err = {0};
	unsigned i;

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	for (i = 0; i < 6; i++)
		CHECK_OK(add_one(&f, client, i, &err), &err);
	honest = f.tree;
	/* it shrinks, then is as long, then longer */
	f.tree = f.other;
	for (i = 0; i < 9; i++)
		CHECK_RULE(add_one(&f, client, 100 + i, &err), &err, "LOG-2");
	/* in the next run too */
	head = newest_of(client);
	CHECK_UINT(head.size, 6);
	next = client_of(&f, &head, 60000);
	CHECK_RULE(add_one(&f, next, 200, &err), &err, "LOG-2");
	f.tree = honest;
	CHECK_OK(add_one(&f, next, 201, &err), &err);
	CHECK_OK(add_one(&f, client, 202, &err), &err);
	/* a proof that cannot be had is left for a later one */
	f.get_raw = ANSWER("502", "");
	CHECK_OK(add_one(&f, client, 203, &err), &err);
	i = f.gets;
	CHECK_OK(add_one(&f, client, 204, &err), &err);
	CHECK_UINT(f.gets, i);
}

static void options(void)
{
	PDG_AUTO(key) struct pdg_key *ed = key_new(PDG_KEY_ED25519);
	PDG_AUTO(key) struct pdg_key *ec = key_new(PDG_KEY_ECDSA_P256);
	struct pdg_rekor_options opt = {
		.url = "http://localhost:1", .origin = REKOR1_HOST, .key = ed};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	CHECK_CODE(pdg_rekor_v1_open(&opt, &log, &err), &err, PDG_E_USAGE);
	opt.key = ec;
	opt.read_url = "http://localhost:2";
	CHECK_CODE(pdg_rekor_v1_open(&opt, &log, &err), &err, PDG_E_USAGE);
	CHECK(log == NULL);
}

/* A statement is needed: what only has a digest cannot be logged there. */
static void without_payload(void)
{
	PDG_AUTO(rekor1_fake) struct rekor1_fake f = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(dsse) struct dsse d = {0};

	rekor1_fake_init(&f);
	client = client_of(&f, NULL, 60000);
	dsse_init(&d, &f, 0, 1);
	d.v[0].payload = pdg_bytes(NULL, 0);
	rekor_add(client, d.v, 1);
	CHECK_CODE(d.v[0].rc, &d.v[0].err, PDG_E_USAGE);
	CHECK_UINT(f.posts, 0);
}

PDG_TEST_MAIN("rekor_v1_log", {"entries are logged", entries_are_logged},
	      {"entry in a bundle", entry_in_a_bundle}, {"body is canonical", body_is_canonical},
	      {"answers that are no entry", answers_that_are_no_entry},
	      {"retry after", retry_after},
	      {"entries of something else", entries_of_something_else}, {"duplicates", duplicates},
	      {"split views", split_views}, {"options", options},
	      {"without payload", without_payload})
