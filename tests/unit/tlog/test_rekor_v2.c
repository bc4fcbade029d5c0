/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Rekor v2 client against a log of ours that speaks Rekor's HTTP, and lies where the test
 * says so. The real server is tried by tests/interop.
 */
#include "tlog/rekor.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/rekor_add.h"
#include "tlog/rekor_impl.h"
#include "unit/tlog/bad_answers.h"
#include "unit/tlog/fake_rekor.h"

static struct pdg_key *log_key_of(const struct rekor *r)
{
	struct pdg_key *key = NULL;

	naive_must(pdg_key_public_file(r->public_key, &key, NULL));
	return key;
}

static struct pdg_log_head newest_of(struct pdg_log *client)
{
	return ((struct pdg_rekor *)client)->newest;
}

static struct pdg_log *client_that_knows(const struct rekor *r, const struct pdg_log_head *known,
					 int timeout_ms)
{
	PDG_AUTO(mem) char *read_url = pdg_url_join(fake_http_url(r->http), "read");
	PDG_AUTO(key) struct pdg_key *key = log_key_of(r);
	const struct pdg_rekor_options opt = {.url = fake_http_url(r->http),
					      .read_url = read_url,
					      .origin = ORIGIN,
					      .key = key,
					      .timeout_ms = timeout_ms,
					      .known = *known};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};

	CHECK_OK(pdg_rekor_v2_open(&opt, &log, &err), &err);
	return log;
}

static struct pdg_log *client_with(const struct rekor *r, int timeout_ms)
{
	return client_that_knows(r, &(struct pdg_log_head){.size = 0}, timeout_ms);
}

static struct pdg_log *client_of(const struct rekor *r)
{
	return client_with(r, 60000);
}

/* Put items @first … straight into one of the trees. */
static void fill(struct rekor *r, struct pdg_log *log, uint64_t first, size_t n)
{
	PDG_AUTO(items) struct items it = {0};
	struct pdg_error err = {0};

	items_init(&it, r->key, first, n);
	CHECK_OK(log->ops->add(log, it.v, n, &err), &err);
}

/* One item through the client; its rc and error. */
static int add_one(const struct rekor *r, struct pdg_log *client, uint64_t number,
		   struct pdg_error *err)
{
	PDG_AUTO(items) struct items it = {0};

	items_init(&it, r->key, number, 1);
	rekor_add(client, it.v, 1);
	*err = it.v[0].err;
	CHECK((it.v[0].rc == 0) == (it.v[0].entry != NULL));
	CHECK((it.v[0].rc == 0) == (it.v[0].err.code == 0));
	return it.v[0].rc;
}

static void entries_are_logged(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(root) struct pdg_root *root = NULL;
	PDG_AUTO(items) struct items it = {0};
	struct pdg_error err = {0};
	const struct pdg_root_log *log;
	size_t i;

	rekor_init(&r);
	client = client_of(&r);
	root = root_of_log(ORIGIN, pdg_embedded_key(r.log));
	items_init(&it, r.key, 0, 150);
	rekor_add(client, it.v, it.n);
	CHECK_UINT(r.posts, 150);
	for (i = 0; i < it.n; i++) {
		CHECK_OK(it.v[i].rc, &it.v[i].err);
		if (!CHECK(it.v[i].entry != NULL))
			return;
		CHECK_OK(pdg_entry_verify(it.v[i].entry, root, it.v[i].digest, it.v[i].sig, r.key,
					  &log, &err),
			 &err);
	}
	CHECK_STR(client->ops->name, "rekor-v2");
}

/* Unknown members are refused by Rekor: the request is exactly what its API knows. */
static void request_form(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(items) struct items it = {0};
	PDG_AUTO(buf) struct pdg_buf want = PDG_BUF_INIT(4096);

	rekor_init(&r);
	client = client_of(&r);
	items_init(&it, r.key, 5, 1);
	rekor_add(client, it.v, 1);
	pdg_buf_puts(&want, "{\"hashedRekordRequestV002\":{\"digest\":\"");
	pdg_base64(pdg_bytes(it.v[0].digest, 32), &want);
	pdg_buf_puts(&want, "\",\"signature\":{\"content\":\"");
	pdg_base64(it.v[0].sig, &want);
	pdg_buf_puts(&want, "\",\"verifier\":{\"publicKey\":{\"rawBytes\":\"");
	pdg_base64(pdg_key_spki(r.key), &want);
	pdg_buf_puts(&want, "\"},\"keyDetails\":\"PKIX_ECDSA_P256_SHA_256\"}}}}");
	CHECK_STR(r.last_body, pdg_buf_cstr(&want));
}

static void items_that_cannot_be_logged(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(key) struct pdg_key *ed = key_new(PDG_KEY_ED25519);
	PDG_AUTO(items) struct items it = {0};

	rekor_init(&r);
	client = client_of(&r);
	items_init(&it, r.key, 0, 3);
	it.v[1].key = ed;
	rekor_add(client, it.v, 3);
	CHECK_OK(it.v[0].rc, &it.v[0].err);
	CHECK_CODE(it.v[1].rc, &it.v[1].err, PDG_E_USAGE);
	CHECK(!it.v[1].entry);
	CHECK_OK(it.v[2].rc, &it.v[2].err);
	CHECK_UINT(r.posts, 2);
}

/* Of this API alone. */
static const struct bad_answer own_answers[] = {
	{ANSWER("200", "{\"status\":\"SERVING\"}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"logIndex\":\"0\",\"logId\":{\"keyId\":\"AA"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("201", "{\"logIndex\":\"-1\",\"logId\":{\"keyId\":\"AAAA\"}}"), FAKE_CLOSE,
	 "LOG-13"},
	{ANSWER("400", "{\"code\":3,\"message\":\"invalid hashedrekord request\",\"details\":[]}"),
	 FAKE_CLOSE, "LOG-14"},
	{ANSWER("400", "{\"code\":14}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("404", "{\"code\":5,\"message\":\"Not Found\"}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("405", "This log has been frozen, please switch to the latest log."), FAKE_CLOSE,
	 "LOG-13"},
	{ANSWER("409", "{\"code\":6}"), FAKE_CLOSE, "LOG-13"},
	{ANSWER("500", "{\"code\":2,\"message\":\"failed to integrate entry\"}"), FAKE_CLOSE,
	 "LOG-13"},
	{ANSWER("503", "{\"code\":14,\"message\":\"reached max pushback; retry\"}"), FAKE_CLOSE,
	 "LOG-13"},
};

static void set_answer(struct rekor *r, const char *raw, enum fake_way way)
{
	fake_http_lock(r->http);
	r->raw = raw;
	r->way = way;
	fake_http_unlock(r->http);
}

static void check_answers(struct rekor *r, struct pdg_log *client, const struct bad_answer *t,
			  size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct pdg_error err = {0};
		int rc;

		pdg_test_case("case %zu", i);
		set_answer(r, t[i].raw, t[i].way);
		rc = add_one(r, client, i, &err);
		CHECK_RULE(rc, &err, t[i].rule);
	}
	pdg_test_case(NULL);
}

static void answers_that_are_no_entry(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(log) struct pdg_log *patient = NULL;
	struct pdg_error err = {0};

	rekor_init(&r);
	client = client_with(&r, 1000);
	check_answers(&r, client, bad_answers, BAD_ANSWERS);
	check_answers(&r, client, own_answers, sizeof(own_answers) / sizeof(own_answers[0]));
	set_answer(&r, "", FAKE_HANG);
	CHECK_RULE(add_one(&r, client, 999, &err), &err, "NET-2");
	/* and the server does still answer */
	set_answer(&r, NULL, FAKE_KEEP);
	patient = client_of(&r);
	CHECK_OK(add_one(&r, patient, 1, &err), &err);
}

static void nobody_there(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(mem) char *dead = pdg_str_printf("http://127.0.0.1:%u", fake_http_dead_port());
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(key) struct pdg_key *key = NULL;
	struct pdg_rekor_options opt = {.url = dead, .origin = ORIGIN};
	struct pdg_error err = {0};

	rekor_init(&r);
	key = log_key_of(&r);
	opt.key = key;
	CHECK_OK(pdg_rekor_v2_open(&opt, &client, &err), &err);
	CHECK_RULE(add_one(&r, client, 1, &err), &err, "NET-1");
}

/* Entries that a log did sign, but for something else. */
static void entries_of_something_else(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(rekor) struct rekor stranger = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};

	rekor_init(&r);
	rekor_init(&stranger);
	client = client_of(&r);
	CHECK_OK(add_one(&r, client, 1, &err), &err);
	r.swap = true;
	CHECK_RULE(add_one(&r, client, 2, &err), &err, "LOG-7");
	r.swap = false;
	r.break_proof = true;
	CHECK_RULE(add_one(&r, client, 3, &err), &err, "LOG-1");
	r.break_proof = false;
	CHECK_OK(add_one(&r, client, 4, &err), &err);
	/* another log under the same name: its id is not the one that is trusted */
	pdg_log_free(PDG_TAKE(client));
	fill(&stranger, stranger.log, 0, 5);
	free(r.public_key);
	r.public_key = pdg_str_dup(stranger.public_key);
	client = client_of(&r);
	CHECK_RULE(add_one(&r, client, 5, &err), &err, "LOG-8");
}

/* The log had it already: entry and proof come from its files, whatever the size of the tree. */
static void duplicates(void)
{
	static const size_t sizes[] = {1, 2, 200, 256, 257, 300, 520};
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(root) struct pdg_root *root = NULL;
	struct pdg_error err = {0};
	const struct pdg_root_log *log;
	size_t size = 0;
	size_t i;
	size_t k;

	rekor_init(&r);
	client = client_of(&r);
	root = root_of_log(ORIGIN, pdg_embedded_key(r.log));
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const size_t at[] = {0, sizes[i] / 2, sizes[i] - 1};

		fill(&r, r.log, size, sizes[i] - size);
		size = sizes[i];
		r.full_only = i % 2 == 1;
		for (k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
			PDG_AUTO(items) struct items it = {0};
			PDG_AUTO(mem) char *header = pdg_str_printf("X-Log-Index: %zu\r\n", at[k]);

			pdg_test_case("entry %zu of %zu", at[k], size);
			r.conflict = header;
			items_init(&it, r.key, at[k], 1);
			rekor_add(client, it.v, 1);
			if (!CHECK_OK(it.v[0].rc, &it.v[0].err))
				continue;
			CHECK_UINT(it.v[0].entry->log_index, at[k]);
			CHECK_UINT(it.v[0].entry->proof_size, size);
			CHECK_OK(pdg_entry_verify(it.v[0].entry, root, it.v[0].digest, it.v[0].sig,
						  r.key, &log, &err),
				 &err);
		}
	}
	pdg_test_case(NULL);
}

static void duplicates_that_are_none(void)
{
	static const struct {
		const char *header;
		const char *rule;
		bool hide, garble;
	} t[] = {
		{"X-Log-Index: 7\r\n", NULL, false, false},
		{"X-Log-Index: 8\r\n", "LOG-7", false, false},
		{"X-Log-Index: 300\r\n", "LOG-13", false, false},
		{"X-Log-Index: 18446744073709551615\r\n", "LOG-13", false, false},
		{"X-Log-Index: 99999999999999999999\r\n", "LOG-13", false, false},
		{"X-Log-Index: -7\r\n", "LOG-13", false, false},
		{"X-Log-Index: 07\r\n", "LOG-13", false, false},
		{"X-Log-Index: \r\n", "LOG-13", false, false},
		{"X-Other: 7\r\n", "LOG-13", false, false},
		{"X-Log-Index: 7\r\n", "LOG-13", true, false},
		{"X-Log-Index: 7\r\n", "LOG-1", false, true},
	};
	PDG_AUTO(rekor) struct rekor r = {0};
	struct pdg_error err = {0};
	size_t i;

	rekor_init(&r);
	fill(&r, r.log, 0, 300);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		PDG_AUTO(log) struct pdg_log *client = client_of(&r);
		int rc;

		pdg_test_case("case %zu", i);
		r.conflict = t[i].header;
		r.hide_tiles = t[i].hide;
		r.garble = t[i].garble;
		rc = add_one(&r, client, 7, &err);
		if (t[i].rule)
			CHECK_RULE(rc, &err, t[i].rule);
		else
			CHECK_OK(rc, &err);
	}
	pdg_test_case(NULL);
}

/* What a log has already costs a few reads each: its checkpoint, the entry, its proof. */
static void reads_of_a_duplicate(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};
	size_t i;

	rekor_init(&r);
	client = client_of(&r);
	fill(&r, r.log, 0, 300);
	r.conflict = "X-Log-Index: 299\r\n";
	for (i = 0; i < 20; i++) {
		r.gets = 0;
		CHECK_OK(add_one(&r, client, 299, &err), &err);
		CHECK(r.gets <= 6);
	}
}

/* Two trees under one key: whoever saw the one does not believe the other. */
static void split_views(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	PDG_AUTO(log) struct pdg_log *fresh = NULL;
	struct pdg_log *honest;
	struct pdg_error err = {0};

	rekor_init(&r);
	client = client_of(&r);
	CHECK_OK(add_one(&r, client, 1, &err), &err);
	CHECK_OK(add_one(&r, client, 2, &err), &err);
	CHECK_OK(add_one(&r, client, 3, &err), &err);
	honest = r.log;
	/* the other tree becomes as long as this one, then longer */
	fill(&r, r.other, 100, 2);
	r.log = r.other;
	CHECK_RULE(add_one(&r, client, 4, &err), &err, "LOG-2");
	CHECK_RULE(add_one(&r, client, 5, &err), &err, "LOG-2");
	/* a shorter one that is no beginning of it */
	r.log = honest;
	CHECK_OK(add_one(&r, client, 6, &err), &err);
	fill(&r, honest, 200, 300);
	CHECK_OK(add_one(&r, client, 7, &err), &err);
	r.log = r.other;
	r.tiles = honest;
	CHECK_RULE(add_one(&r, client, 8, &err), &err, "LOG-2");
	r.tiles = NULL;
	/* who never saw the honest one cannot know */
	fresh = client_of(&r);
	CHECK_OK(add_one(&r, fresh, 9, &err), &err);
	r.log = honest;
	CHECK_OK(add_one(&r, client, 10, &err), &err);
}

/* What one run saw holds for the next: another tree of the same key is not believed there either.
 */
static void split_views_between_runs(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *first = NULL;
	PDG_AUTO(log) struct pdg_log *second = NULL;
	struct pdg_log_head head;
	struct pdg_log *honest;
	struct pdg_error err = {0};

	rekor_init(&r);
	first = client_of(&r);
	head = newest_of(first);
	CHECK_UINT(head.size, 0);
	CHECK_OK(add_one(&r, first, 1, &err), &err);
	CHECK_OK(add_one(&r, first, 2, &err), &err);
	head = newest_of(first);
	CHECK_UINT(head.size, 2);
	second = client_that_knows(&r, &head, 60000);
	honest = r.log;
	fill(&r, r.other, 100, 1);
	r.log = r.other;
	CHECK_RULE(add_one(&r, second, 3, &err), &err, "LOG-2");
	CHECK_RULE(add_one(&r, second, 4, &err), &err, "LOG-2");
	r.log = honest;
	CHECK_OK(add_one(&r, second, 5, &err), &err);
	head = newest_of(second);
	CHECK_UINT(head.size, 3);
}

/* Tiles that cannot be had: entries are taken, and a lie is found when they can be had again. */
static void without_tiles(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_error err = {0};
	unsigned gets;

	rekor_init(&r);
	client = client_of(&r);
	CHECK_OK(add_one(&r, client, 1, &err), &err);
	r.hide_tiles = true;
	CHECK_OK(add_one(&r, client, 2, &err), &err);
	gets = r.gets;
	CHECK_OK(add_one(&r, client, 3, &err), &err);
	CHECK_UINT(r.gets, gets);
}

static void options(void)
{
	PDG_AUTO(rekor) struct rekor r = {0};
	struct pdg_log *log = NULL;
	struct pdg_error err = {0};
	struct pdg_rekor_options opt = {.url = "http://localhost:1", .origin = ORIGIN};
	PDG_AUTO(key) struct pdg_key *key = NULL;

	rekor_init(&r);
	key = log_key_of(&r);
	CHECK_CODE(pdg_rekor_v2_open(&opt, &log, &err), &err, PDG_E_USAGE);
	opt.key = key;
	opt.origin = "rekor.example:3003";
	CHECK_CODE(pdg_rekor_v2_open(&opt, &log, &err), &err, PDG_E_USAGE);
	opt.origin = ORIGIN;
	opt.url = NULL;
	CHECK_CODE(pdg_rekor_v2_open(&opt, &log, &err), &err, PDG_E_USAGE);
	opt.url = "localhost:3003";
	CHECK_CODE(pdg_rekor_v2_open(&opt, &log, &err), &err, PDG_E_USAGE);
	opt.url = "http://localhost:1";
	opt.read_url = "/var/lib/rekor";
	CHECK_CODE(pdg_rekor_v2_open(&opt, &log, &err), &err, PDG_E_USAGE);
	CHECK(log == NULL);
}

/* The relay's reading thread asks this of every call: a proof that is long in coming is not its
 * affair. Waiting would be for ever here. */
static void what_is_known_waits_for_no_proof(void)
{
	PDG_AUTO(rekor) struct rekor r;
	PDG_AUTO(log) struct pdg_log *client = NULL;
	struct pdg_log_head head = {.size = 5};
	struct pdg_rekor *rekor;

	rekor_init(&r);
	client = client_of(&r);
	rekor = (struct pdg_rekor *)client;
	rekor->comparing = true;
	rekor->n_heads = 1;
	rekor->newest.size = 4;
	pdg_rekor_remember(client, &head);
	CHECK_UINT(newest_of(client).size, 4);
}

PDG_TEST_MAIN("rekor_v2", {"what is known waits for no proof", what_is_known_waits_for_no_proof},
	      {"entries are logged", entries_are_logged}, {"request form", request_form},
	      {"items that cannot be logged", items_that_cannot_be_logged},
	      {"answers that are no entry", answers_that_are_no_entry},
	      {"nobody there", nobody_there},
	      {"entries of something else", entries_of_something_else}, {"duplicates", duplicates},
	      {"duplicates that are none", duplicates_that_are_none},
	      {"reads of a duplicate", reads_of_a_duplicate}, {"split views", split_views},
	      {"split views between runs", split_views_between_runs},
	      {"without tiles", without_tiles}, {"options", options})
