/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/relay.h over real processes: one that answers, and those that do not as they should. No
 * answer of theirs is believed beyond its form, no death of theirs is more than an error to who
 * waited (T79), and the next call is answered by the next process.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "service/relay.h"
#include "support/check.h"
#include "util/str.h"
#include "util/time.h"

static struct pdg_error check_err;

static struct pdg_relay *start(const char *mode)
{
	PDG_AUTO(mem) char *setup = pdg_str_printf("{\"mode\":\"%s\"}", mode);
	const struct pdg_relay_options opt = {.program = PDG_FAKE_RELAY,
					      .setup = pdg_bytes_str(setup)};
	struct pdg_relay *r = NULL;

	CHECK_OK(pdg_relay_start(&opt, &r, &check_err), &check_err);
	return r;
}

static int ask(struct pdg_relay *r, const char *body, int ms, struct pdg_buf *out)
{
	check_err = (struct pdg_error){0};
	return pdg_relay_call(r, "token", pdg_bytes_str(body), ms, out, &check_err);
}

static void test_answers(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("echo");
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

	CHECK_OK(ask(r, "{\"a\":1}", 5000, &out), &check_err);
	CHECK(pdg_bytes_eq_str(pdg_buf_bytes(&out), "{\"a\":1}"));
	CHECK_UINT(pdg_relay_restarts(r), 0);
}

static void test_errors(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("error");
	PDG_AUTO(relay) struct pdg_relay *strange = start("strange rule");
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

	CHECK_INT(ask(r, "{}", 5000, &out), PDG_E_IO);
	CHECK_STR(check_err.rule, "NET-1");
	CHECK_STR(check_err.text, "t");
	CHECK_STR(check_err.fix, "f");
	CHECK_INT(ask(strange, "{}", 5000, &out), PDG_E_IO);
	CHECK_STR(check_err.rule, "");
	CHECK_UINT(out.n, 0);
	CHECK_UINT(pdg_relay_restarts(r) + pdg_relay_restarts(strange), 0);
}

struct asker {
	struct pdg_relay *r;
	const char *body;
	int rc;
	bool same;
};

static void *asker_main(void *ctx)
{
	struct asker *a = ctx;
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

	a->rc = pdg_relay_call(a->r, "token", pdg_bytes_str(a->body), 5000, &out, NULL);
	a->same = pdg_bytes_eq_str(pdg_buf_bytes(&out), a->body);
	return NULL;
}

static void test_any_order(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("reversed");
	struct asker a[2] = {{.r = r, .body = "{\"n\":1}"}, {.r = r, .body = "{\"n\":2}"}};
	pthread_t threads[2];
	int i;

	for (i = 0; i < 2; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, asker_main, &a[i]), 0);
	for (i = 0; i < 2; i++) {
		(void)pthread_join(threads[i], NULL);
		CHECK_INT(a[i].rc, 0);
		CHECK(a[i].same);
	}
}

/* Ask until it is taken: a process that died is started again. */
static int ask_until(struct pdg_relay *r, struct pdg_buf *out)
{
	const struct timespec tick = {.tv_nsec = 20000000};
	int64_t end = pdg_monotonic_ms() + 5000;
	int rc;

	do {
		rc = ask(r, "{\"a\":2}", 5000, out);
		if (rc < 0)
			(void)nanosleep(&tick, NULL);
	} while (rc < 0 && pdg_monotonic_ms() < end);
	return rc;
}

static void test_dies(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("once");
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	unsigned i;

	for (i = 0; i < 3; i++) {
		pdg_buf_reset(&out);
		CHECK_OK(ask_until(r, &out), &check_err);
		CHECK(pdg_bytes_eq_str(pdg_buf_bytes(&out), "{\"a\":2}"));
	}
	CHECK(pdg_relay_restarts(r) >= 2);
}

/* Whatever breaks the form, or dies in the midst: the call fails, nothing was answered. */
static void test_misbehaves(void)
{
	static const char *const modes[] = {"huge",    "empty",	  "not json", "another's",
					    "both",    "neither", "member",   "code 0",
					    "code 99", "array",	  "signal",   "exit"};
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		PDG_AUTO(relay) struct pdg_relay *r = start(modes[i]);
		PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

		CHECK_INT(ask(r, "{}", 20000, &out), PDG_E_IO);
		CHECK_STR(check_err.rule, "RLY-1");
		CHECK_UINT(out.n, 0);
		CHECK_UINT(pdg_relay_restarts(r), 1);
	}
}

/* The grace of two seconds is the relay's; then it is taken for dead. */
static void test_silent(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("silent");
	PDG_AUTO(relay) struct pdg_relay *deaf = start("deaf");
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

	CHECK_INT(ask(r, "{}", 100, &out), PDG_E_IO);
	CHECK_STR(check_err.rule, "RLY-2");
	CHECK_UINT(pdg_relay_restarts(r), 1);
	CHECK_INT(ask(deaf, "{}", 100, &out), PDG_E_IO);
	CHECK_STR(check_err.rule, "RLY-2");
}

static void never(void *ctx, int rc, struct pdg_bytes answer, const struct pdg_error *err)
{
	unsigned *n = ctx;

	(void)answer;
	(void)err;
	*n += rc == PDG_E_IO;
}

/* What is asked of one that takes nothing is bounded, in number and in bytes. */
static void test_bounded(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("deaf");
	PDG_AUTO(relay) struct pdg_relay *r2 = start("deaf");
	PDG_AUTO(mem) char *large = malloc(12 << 20);
	unsigned n = 0;
	struct pdg_relay_request req = {.kind = "token",
					.body = pdg_bytes_str("{}"),
					.timeout_ms = 60000,
					.done = never,
					.ctx = &n};
	unsigned i;
	int rc = 0;

	for (i = 0; rc == 0 && i < 2000; i++)
		rc = pdg_relay_begin(r, &req, &check_err);
	CHECK_INT(rc, PDG_E_IO);
	CHECK_STR(check_err.rule, "SVC-1");
	CHECK_UINT(i, 1025);
	CHECK(large != NULL);
	memset(large, ' ', (12 << 20) - 1);
	large[0] = '{';
	large[(12 << 20) - 2] = '}';
	large[(12 << 20) - 1] = '\0';
	req.body = pdg_bytes_str(large);
	for (i = 0, rc = 0; rc == 0 && i < 10; i++)
		rc = pdg_relay_begin(r2, &req, &check_err);
	CHECK_INT(rc, PDG_E_IO);
	CHECK_STR(check_err.rule, "SVC-1");
	CHECK(i <= 4);
	pdg_relay_free(PDG_TAKE(r));
	pdg_relay_free(PDG_TAKE(r2));
	CHECK_UINT(n, 1024 + i - 1);
}

static void test_too_large(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("echo");
	PDG_AUTO(mem) char *large = malloc(17 << 20);
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);

	memset(large, ' ', 17 << 20);
	large[(17 << 20) - 1] = '\0';
	CHECK_INT(ask(r, large, 1000, &out), PDG_E_LIMIT);
	CHECK_STR(check_err.rule, "RLY-4");
	CHECK_OK(ask(r, "{}", 5000, &out), &check_err);
}

static void test_stops(void)
{
	PDG_AUTO(relay) struct pdg_relay *r = start("silent");
	PDG_AUTO(buf) struct pdg_buf out = PDG_BUF_INIT(1000);
	struct asker a = {.r = r, .body = "{}"};
	pthread_t thread;
	int64_t begun = pdg_monotonic_ms();

	CHECK_INT(pthread_create(&thread, NULL, asker_main, &a), 0);
	(void)nanosleep(&(const struct timespec){.tv_nsec = 100000000}, NULL);
	pdg_relay_stop(r);
	(void)pthread_join(thread, NULL);
	CHECK_INT(a.rc, PDG_E_IO);
	CHECK_INT(ask(r, "{}", 5000, &out), PDG_E_IO);
	CHECK_STR(check_err.rule, "RLY-1");
	CHECK(pdg_monotonic_ms() - begun < 4000);
}

static void test_no_program(void)
{
	const struct pdg_relay_options opt = {.program = "/nowhere/pedigree-relay",
					      .setup = pdg_bytes_str("{}")};
	struct pdg_relay *r = NULL;

	CHECK_INT(pdg_relay_start(&opt, &r, &check_err), PDG_E_IO);
	CHECK(r == NULL);
}

PDG_TEST_MAIN("relay.client", {"answers", test_answers}, {"errors of the other side", test_errors},
	      {"answers in any order", test_any_order},
	      {"a relay that dies is started again", test_dies},
	      {"whatever breaks the form", test_misbehaves}, {"silence", test_silent},
	      {"what waits is bounded", test_bounded},
	      {"a question that is too large", test_too_large}, {"stop", test_stops},
	      {"no program", test_no_program})
