/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log elsewhere as the service has it: service/log_relay.c, the real pedigree-relay, and behind
 * it a Rekor of the test's own, of either generation, that lies where it is told to (T59 to T62,
 * T65 to T67). Then a relay that lies itself: what it hands over is judged here once more.
 */
#include "service/log_relay.h"
#include <stdio.h>

#include "unit/service/log_relay_made.h"

static void entries_are_logged(enum generation g)
{
	struct elsewhere e;
	struct asked a[8];
	struct pdg_log_head head = {.size = 0};
	unsigned i;

	elsewhere_init(&e, g);
	for (i = 0; i < 8; i++)
		ask(&e, &a[i], i);
	for (i = 0; i < 8; i++) {
		asked_wait(&a[i]);
		CHECK_OK(a[i].item.rc, &a[i].item.err);
		CHECK((a[i].item.entry != NULL) == (a[i].item.rc == 0));
		asked_done(&a[i]);
	}
	e.log->ops->head(e.log, &head);
	CHECK_UINT(head.size, 8);
	elsewhere_done(&e);
}

static void v2_entries(void)
{
	entries_are_logged(V2);
}

static void v1_entries(void)
{
	entries_are_logged(V1);
}

/* The rule by which item @number is refused; "" when it is logged. Between two of these a test may
 * change its log. */
static const char *rule_of(struct elsewhere *e, unsigned number, int *out_retry_after)
{
	static char rule[PDG_ERROR_RULE_MAX];
	struct asked a;

	settle(e);
	ask(e, &a, number);
	asked_wait(&a);
	settle(e);
	CHECK((a.item.entry != NULL) == (a.item.rc == 0));
	(void)snprintf(rule, sizeof(rule), "%s", a.item.rc < 0 ? a.item.err.rule : "");
	if (out_retry_after)
		*out_retry_after = a.item.retry_after;
	asked_done(&a);
	return rule;
}

#define ANSWER(status, body) "HTTP/1.1 " status " X\r\nConnection: close\r\n\r\n" body

static void faults(enum generation g)
{
	static const struct {
		const char *what, *raw;
		enum fake_way way;
		const char *rule;
	} t[] = {
		{"HTML with 200", ANSWER("200", "<html>Welcome</html>"), FAKE_CLOSE, "LOG-13"},
		{"HTML with 201", ANSWER("201", "<html>Welcome</html>"), FAKE_CLOSE, "LOG-13"},
		{"garbage", "garbage\r\n\r\n", FAKE_CLOSE, "NET-3"},
		{"nothing", "", FAKE_CLOSE, "NET-3"},
		{"cut", "HTTP/1.1 201 X\r\nContent-Length: 4000\r\n\r\n{\"log", FAKE_CLOSE,
		 "NET-3"},
		{"cut JSON", ANSWER("201", "{\"logIndex\":\"0\",\"logId\""), FAKE_CLOSE, "LOG-13"},
		{"409 without a place", ANSWER("409", "{}"), FAKE_CLOSE, "LOG-13"},
		{"413", ANSWER("413", "too large"), FAKE_CLOSE, "LOG-13"},
		{"429", ANSWER("429", "slow down"), FAKE_CLOSE, "LOG-13"},
		{"502", ANSWER("502", "<html>Bad Gateway</html>"), FAKE_CLOSE, "LOG-13"},
		{"redirect to another host",
		 "HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
		 FAKE_CLOSE, "LOG-13"},
		{"1 GB", "HTTP/1.1 201 X\r\nContent-Length: 1073741824\r\n\r\n{", FAKE_ENDLESS,
		 "NET-4"},
		{"compressed",
		 "HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
		 "\x1f\x8b\x08\x01\x02\x03\x04",
		 FAKE_CLOSE, "LOG-13"},
		{"compressed, and endless",
		 "HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n\x1f\x8b\x08",
		 FAKE_ENDLESS, "NET-4"},
	};
	struct elsewhere e;
	int retry = 0;
	size_t i;

	elsewhere_init(&e, g);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		pdg_test_case("%s", t[i].what);
		set_raw(&e, t[i].raw, t[i].way);
		CHECK_STR(rule_of(&e, (unsigned)i, NULL), t[i].rule);
	}
	pdg_test_case(NULL);
	set_raw(&e, "HTTP/1.1 429 X\r\nRetry-After: 23\r\nConnection: close\r\n\r\n", FAKE_CLOSE);
	CHECK_STR(rule_of(&e, 500, &retry), "LOG-13");
	CHECK_INT(retry, 23);
	set_raw(&e, NULL, FAKE_KEEP);
	CHECK_STR(rule_of(&e, 501, NULL), "");
	elsewhere_done(&e);
}

/* The rule by which an item is refused when the log answers so. */
static const char *rule_of_raw(enum generation g, const char *raw, enum fake_way way)
{
	struct elsewhere e;
	const char *rule;

	elsewhere_init(&e, g);
	set_raw(&e, raw, way);
	rule = rule_of(&e, 1, NULL);
	elsewhere_done(&e);
	return rule;
}

#define ENDLESS "HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08"
#define CUT	"HTTP/1.1 201 X\r\nContent-Length: 4000\r\n\r\n{\"logIndex\""

static void v2_faults(void)
{
	faults(V2);
	CHECK_STR(rule_of_raw(V2, ANSWER("502", "<html>"), FAKE_CLOSE), "LOG-13");
	CHECK_STR(rule_of_raw(V2, CUT, FAKE_CLOSE), "NET-3");
	CHECK_STR(rule_of_raw(V2, ENDLESS, FAKE_ENDLESS), "NET-4");
}

static void v1_faults(void)
{
	faults(V1);
	CHECK_STR(rule_of_raw(V1, ANSWER("502", "<html>"), FAKE_CLOSE), "LOG-13");
	CHECK_STR(rule_of_raw(V1, CUT, FAKE_CLOSE), "NET-3");
	CHECK_STR(rule_of_raw(V1, ENDLESS, FAKE_ENDLESS), "NET-4");
}

/* Entries that the log did sign. */
static void v2_lies(void)
{
	struct elsewhere e;
	struct pdg_log *honest;

	elsewhere_init(&e, V2);
	CHECK_STR(rule_of(&e, 1, NULL), "");
	e.v2.swap = true;
	CHECK_STR(rule_of(&e, 2, NULL), "LOG-7");
	e.v2.swap = false;
	e.v2.break_proof = true;
	CHECK_STR(rule_of(&e, 3, NULL), "LOG-1");
	e.v2.break_proof = false;
	/* a tree that shrinks, and then grows past the one that was seen */
	honest = e.v2.log;
	e.v2.log = e.v2.other;
	CHECK_STR(rule_of(&e, 4, NULL), "LOG-2");
	CHECK_STR(rule_of(&e, 5, NULL), "LOG-2");
	CHECK_STR(rule_of(&e, 6, NULL), "LOG-2");
	CHECK_STR(rule_of(&e, 7, NULL), "LOG-2");
	e.v2.log = honest;
	CHECK_STR(rule_of(&e, 8, NULL), "");
	elsewhere_done(&e);
}

static void v1_lies(void)
{
	struct elsewhere e;
	struct rekor1_tree *honest;
	unsigned i;

	elsewhere_init(&e, V1);
	CHECK_STR(rule_of(&e, 1, NULL), "");
	e.v1.shift = 1;
	CHECK_STR(rule_of(&e, 2, NULL), "LOG-7");
	e.v1.shift = 0;
	e.v1.break_proof = true;
	CHECK_STR(rule_of(&e, 3, NULL), "LOG-1");
	e.v1.break_proof = false;
	e.v1.break_set = true;
	CHECK_STR(rule_of(&e, 4, NULL), "LOG-18");
	e.v1.break_set = false;
	e.v1.location = "http://evil.example/api/v1/log/entries/%";
	CHECK_STR(rule_of(&e, 5, NULL), "LOG-13");
	e.v1.location = "/api/v1/log/entries/%";
	CHECK_STR(rule_of(&e, 6, NULL), "");
	e.v1.location = NULL;
	honest = e.v1.tree;
	e.v1.tree = e.v1.other;
	for (i = 0; i < 9; i++)
		CHECK_STR(rule_of(&e, 100 + i, NULL), "LOG-2");
	e.v1.tree = honest;
	CHECK_STR(rule_of(&e, 200, NULL), "");
	elsewhere_done(&e);
}

/* The entry of item @number as it would be kept, and read again: what it shows, and that it has
 * @time. */
static void kept_with(struct elsewhere *e, unsigned number, int64_t time)
{
	PDG_AUTO(buf) struct pdg_buf text = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(json) json_t *json = NULL;
	PDG_AUTO(entry) struct pdg_entry *again = NULL;
	struct pdg_entry_claim claim = {.latest = pdg_now(&pdg_clock_system)};
	struct pdg_entry_shown shown = {.time = -1};
	struct pdg_error err = {0};
	struct asked a;
	struct pdg_jw w;

	settle(e);
	ask(e, &a, number);
	asked_wait(&a);
	settle(e);
	if (CHECK_OK(a.item.rc, &a.item.err)) {
		pdg_jw_init(&w, &text);
		pdg_entry_write(a.item.entry, &w);
		CHECK_OK(pdg_json_load(pdg_buf_bytes(&text), 1 << 20, &json, &err), &err);
		CHECK_OK(pdg_entry_read(json, &again, &err), &err);
		claim.digest = a.item.digest;
		claim.payload = a.item.payload;
		claim.sig = a.item.sig;
		claim.key = a.item.key;
		CHECK_OK(pdg_entry_judge(again, e->root, &claim, &shown, &err), &err);
		CHECK_INT(shown.time, time);
		CHECK_INT(again->integrated_time, time);
		CHECK(again->has_proof && again->checkpoint.n > 0);
		CHECK((again->set.n > 0) == (time > 0));
	}
	asked_done(&a);
}

/*
 * A clock that is behind: a time of before there was anything to log. The log has the entry, and
 * gives that time for ever: it is kept without.
 */
static void a_time_of_before(void)
{
	struct elsewhere e;
	int64_t now;

	elsewhere_init(&e, V1);
	now = e.received = e.v1.time;
	e.v1.time = now - PDG_TIME_TOLERANCE;
	kept_with(&e, 7, e.v1.time);
	e.v1.time--;
	kept_with(&e, 8, 0);
	e.v1.time = now;
	kept_with(&e, 9, now);
	kept_with(&e, 10, now);
	/* nothing but its time speaks for it: the relay does not take that already */
	e.v1.time = now - 3600;
	e.v1.no_proof = true;
	CHECK_STR(rule_of(&e, 11, NULL), "LOG-10");
	e.v1.no_proof = false;
	/* and one that is no signed time is no time of before */
	e.v1.break_set = true;
	CHECK_STR(rule_of(&e, 12, NULL), "LOG-18");
	elsewhere_done(&e);
}

/* The relay dies: its successor is told what its predecessor saw, so that a split view is one
 * still. */
static void the_relay_dies(void)
{
	struct elsewhere e;
	struct pdg_log *honest;
	unsigned i;

	elsewhere_init(&e, V2);
	for (i = 0; i < 5; i++)
		CHECK_STR(rule_of(&e, i, NULL), "");
	CHECK_INT(kill(e.relay->peer.pid, SIGKILL), 0);
	for (i = 10; i < 200 && strcmp(rule_of(&e, i, NULL), "") != 0; i++)
		a_moment();
	CHECK(i < 200);
	CHECK_UINT(pdg_relay_restarts(e.relay), 1);
	CHECK_INT(kill(e.relay->peer.pid, SIGKILL), 0);
	honest = e.v2.log;
	e.v2.log = e.v2.other;
	for (i = 1000; i < 1200 && (strcmp(rule_of(&e, i, NULL), "RLY-1") == 0 ||
				    pdg_relay_restarts(e.relay) < 2);
	     i++)
		a_moment();
	CHECK(i < 1200);
	CHECK_STR(rule_of(&e, 2000, NULL), "LOG-2");
	e.v2.log = honest;
	elsewhere_done(&e);
}

/* The next relay, once it answers. */
static const char *rule_of_next(struct elsewhere *e, unsigned number)
{
	const char *rule = "RLY-1";
	unsigned i;

	for (i = 0; i < 200 && strcmp(rule, "RLY-1") == 0; i++) {
		rule = rule_of(e, number + i, NULL);
		if (strcmp(rule, "RLY-1") == 0)
			a_moment();
	}
	return rule;
}

/* Somebody else logs @n to @log, beside the service: the tree that he is shown. */
static struct pdg_log_head shown_to_another(struct elsewhere *e, struct pdg_log *log,
					    uint64_t first, size_t n)
{
	PDG_AUTO(items) struct items it = {0};
	struct pdg_log_head out = {.size = 0};
	const struct pdg_entry *last;

	items_init(&it, e->v2.key, first, n);
	fake_http_lock(http_of(e));
	CHECK_OK(log->ops->add(log, it.v, n, NULL), NULL);
	fake_http_unlock(http_of(e));
	last = it.v[n - 1].entry;
	if (!CHECK(last != NULL))
		return out;
	out.size = last->proof_size;
	out.root = last->proof_root;
	return out;
}

/* Two services over one store, and a log that shows each a tree of its own: what the other was
 * shown is held against what this one was, smaller or larger than that. */
static void another_tree_for_another(void)
{
	static const size_t sizes[] = {1, 3, 4, 6};
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct elsewhere e;
		struct pdg_log_head head, other;
		unsigned k;

		pdg_test_case("a tree of %zu entries", sizes[i]);
		elsewhere_init(&e, V2);
		for (k = 0; k < 3; k++)
			CHECK_STR(rule_of(&e, k, NULL), "");
		other = shown_to_another(&e, e.v2.other, 100, sizes[i]);
		CHECK_UINT(other.size, sizes[i]);
		e.log->ops->learn(e.log, &other);
		for (k = 10; k < 13; k++)
			CHECK_STR(rule_of(&e, k, NULL), "LOG-2");
		e.log->ops->head(e.log, &head);
		CHECK(!pdg_log_head_eq(&head, &other));
		elsewhere_done(&e);
	}
	pdg_test_case(NULL);
}

/* And what an honest log showed another is where this one goes on from. */
static void the_same_tree_for_another(void)
{
	struct elsewhere e;
	struct pdg_log_head head, other, older;
	struct pdg_log *honest;
	unsigned k;

	elsewhere_init(&e, V2);
	CHECK_STR(rule_of(&e, 0, NULL), "");
	older = shown_to_another(&e, e.v2.log, 100, 2);
	for (k = 1; k < 4; k++)
		CHECK_STR(rule_of(&e, k, NULL), "");
	e.log->ops->learn(e.log, &older);
	CHECK_STR(rule_of(&e, 4, NULL), "");
	other = shown_to_another(&e, e.v2.log, 200, 7);
	CHECK_UINT(other.size, 14);
	e.log->ops->learn(e.log, &other);
	CHECK_STR(rule_of(&e, 5, NULL), "");
	e.log->ops->head(e.log, &head);
	CHECK_UINT(head.size, 15);
	/* It counts as seen: the log may not fork below it. */
	other = shown_to_another(&e, e.v2.log, 300, 5);
	e.log->ops->learn(e.log, &other);
	CHECK_STR(rule_of(&e, 6, NULL), "");
	(void)shown_to_another(&e, e.v2.other, 400, 19);
	honest = e.v2.log;
	e.v2.log = e.v2.other;
	CHECK_STR(rule_of(&e, 7, NULL), "LOG-2");
	e.v2.log = honest;
	elsewhere_done(&e);
}

/* A log that forks and hides the proof of it: what could not be held against the tree before is not
 * what the next relay is told. */
static void a_fork_that_hides(void)
{
	struct elsewhere e;
	struct pdg_log_head head;
	struct pdg_log *honest;

	elsewhere_init(&e, V2);
	honest = e.v2.log;
	CHECK_STR(rule_of(&e, 1, NULL), "");
	CHECK_STR(rule_of(&e, 2, NULL), "");
	e.log->ops->head(e.log, &head);
	CHECK_UINT(head.size, 2);
	e.v2.hide_tiles = true;
	e.v2.log = e.v2.other;
	CHECK_STR(rule_of(&e, 3, NULL), "LOG-2");
	CHECK_STR(rule_of(&e, 4, NULL), "LOG-2");
	CHECK_STR(rule_of(&e, 5, NULL), "");
	e.log->ops->head(e.log, &head);
	CHECK_UINT(head.size, 2);
	CHECK_INT(kill(e.relay->peer.pid, SIGKILL), 0);
	e.v2.hide_tiles = false;
	CHECK_STR(rule_of_next(&e, 1000), "LOG-2");
	e.v2.log = honest;
	elsewhere_done(&e);
}

/* Nobody is there. */
static void refused_connection(void)
{
	struct elsewhere e;

	elsewhere_init(&e, V2);
	fake_http_stop(e.v2.http);
	e.v2.http = NULL;
	CHECK_STR(rule_of(&e, 1, NULL), "NET-1");
	elsewhere_done(&e);
}

/* One that answers everything with @entry. */
static struct pdg_relay *liar(const struct pdg_entry *entry)
{
	PDG_AUTO(buf) struct pdg_buf setup = PDG_BUF_INIT(65536);
	struct pdg_jw w;

	pdg_jw_init(&w, &setup);
	pdg_jw_obj(&w);
	pdg_jw_kstr(&w, "mode", "canned");
	pdg_jw_kobj(&w, "body");
	pdg_jw_key(&w, "entry");
	pdg_entry_write(entry, &w);
	pdg_jw_end(&w);
	pdg_jw_end(&w);
	return relay_of(PDG_FAKE_RELAY, pdg_buf_bytes(&setup));
}

/* A relay that hands over the entry of something else, or of a log that nobody configured. */
static void a_relay_that_lies(void)
{
	struct elsewhere e;
	struct asked honest;
	struct pdg_relay *was;
	struct pdg_error err = {0};

	elsewhere_init(&e, V2);
	ask(&e, &honest, 1);
	asked_wait(&honest);
	if (!CHECK_OK(honest.item.rc, &honest.item.err))
		return;
	was = e.relay;
	e.relay = liar(honest.item.entry);
	pdg_log_free(e.log);
	CHECK_OK(pdg_log_relay_open(
			 &(struct pdg_log_relay_options){.relay = e.relay, .root = e.root}, &e.log,
			 &err),
		 &err);
	CHECK_STR(rule_of(&e, 2, NULL), "LOG-7");
	/* it may hand over the right one */
	{
		struct asked again;

		ask(&e, &again, 1);
		asked_wait(&again);
		CHECK_OK(again.item.rc, &again.item.err);
		asked_done(&again);
	}
	pdg_root_free(e.root);
	e.root = root_of_log(ORIGIN, e.v2.key);
	pdg_log_free(e.log);
	CHECK_OK(pdg_log_relay_open(
			 &(struct pdg_log_relay_options){.relay = e.relay, .root = e.root}, &e.log,
			 &err),
		 &err);
	CHECK_STR(rule_of(&e, 3, NULL), "LOG-8");
	asked_done(&honest);
	pdg_relay_free(was);
	elsewhere_done(&e);
}

/* A promise is the log's, the proof beside it the relay's own: no checkpoint says that it is. */
static void a_relay_that_proves_nothing(void)
{
	struct elsewhere e;
	struct asked honest;
	struct pdg_relay *was;
	struct pdg_log_head head;
	struct pdg_error err = {0};

	elsewhere_init(&e, V1);
	ask(&e, &honest, 1);
	asked_wait(&honest);
	if (!CHECK_OK(honest.item.rc, &honest.item.err))
		return;
	pdg_buf_reset(&honest.item.entry->checkpoint);
	was = e.relay;
	e.relay = liar(honest.item.entry);
	pdg_log_free(e.log);
	CHECK_OK(pdg_log_relay_open(&(struct pdg_log_relay_options){.relay = e.relay,
								    .root = e.root,
								    .payload = true},
				    &e.log, &err),
		 &err);
	CHECK_STR(rule_of(&e, 1, NULL), "LOG-10");
	e.log->ops->head(e.log, &head);
	CHECK_UINT(head.size, 0);
	asked_done(&honest);
	pdg_relay_free(was);
	elsewhere_done(&e);
}

PDG_TEST_MAIN("log_relay", {"entries of a v2", v2_entries}, {"entries of a v1", v1_entries},
	      {"faults of a v2", v2_faults}, {"faults of a v1", v1_faults},
	      {"lies of a v2", v2_lies}, {"lies of a v1", v1_lies},
	      {"a time of before", a_time_of_before}, {"the relay dies", the_relay_dies},
	      {"another tree for another", another_tree_for_another},
	      {"the same tree for another", the_same_tree_for_another},
	      {"a fork that hides", a_fork_that_hides}, {"refused connection", refused_connection},
	      {"a relay that lies", a_relay_that_lies},
	      {"a relay that proves nothing", a_relay_that_proves_nothing})
