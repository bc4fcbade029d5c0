/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server on a real socket, in front of a real core: requests in whatever pieces they come,
 * several behind each other, answers that nobody fetches, clients that go in the middle, and an end
 * while many ask.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "service/httpd.h"
#include "unit/service/core_world.h"
#include "util/time.h"

#define PATIENCE_MS 20000
#define HOST	    "Host: a\r\n"
#define JSON	    "Content-Type: application/json\r\n"
#define SUBMIT	    "POST /api/v1/attestations HTTP/1.1\r\n" HOST JSON
#define HEALTH	    "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
#define LAST	    "GET /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"

struct server {
	struct world w;
	struct pdg_httpd *httpd;
	struct sockaddr_in at;
};

static void server_start(struct server *s)
{
	struct pdg_listeners l = {.n = 1};
	struct pdg_error err = {0};
	socklen_t n = sizeof(s->at);

	world_init(&s->w);
	world_open(&s->w);
	s->at = (struct sockaddr_in){.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	l.v[0] = (struct pdg_listening){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
					.name = pdg_str_dup("loopback")};
	if (bind(l.v[0].fd, (struct sockaddr *)&s->at, sizeof(s->at)) < 0 ||
	    listen(l.v[0].fd, 64) < 0 ||
	    getsockname(l.v[0].fd, (struct sockaddr *)&s->at, &n) < 0 ||
	    !CHECK_OK(pdg_httpd_start(s->w.cfg, s->w.core, &l, NULL, &s->httpd, &err), &err))
		abort();
	pdg_listeners_done(&l);
}

static void server_stop(struct server *s)
{
	pdg_httpd_quiesce(s->httpd);
	CHECK(pdg_core_stop(s->w.core));
	pdg_httpd_stop(s->httpd, 2500);
	world_done(&s->w);
}

static int dial(const struct server *s)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&s->at, sizeof(s->at)) < 0)
		abort();
	return fd;
}

static void say(int fd, const char *text)
{
	/* The other side may have gone: what it says then is what is checked. */
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static size_t count(struct pdg_buf *in, const char *what)
{
	const char *at = pdg_buf_cstr(in);
	size_t n = 0;

	while ((at = strstr(at, what))) {
		n++;
		at += strlen(what);
	}
	return n;
}

/* Append what comes until the end, or until @want of "HTTP/1.1 " have come; true: as it should. */
static bool hear(int fd, struct pdg_buf *out, size_t want)
{
	int64_t end = pdg_monotonic_ms() + PATIENCE_MS;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char piece[4096];

	for (;;) {
		ssize_t n;

		if (want && count(out, "HTTP/1.1 ") >= want &&
		    strstr(pdg_buf_cstr(out), "\r\n\r\n"))
			return true;
		if (pdg_monotonic_ms() > end || poll(&p, 1, 1000) < 0)
			return false;
		if (!(p.revents & (POLLIN | POLLHUP)))
			continue;
		n = recv(fd, piece, sizeof(piece), 0);
		if (n <= 0)
			return want == 0 && n == 0;
		pdg_buf_put(out, pdg_bytes(piece, (size_t)n));
	}
}

/* All that is answered to @text on a connection of its own, which the server closes. */
static void ask(const struct server *s, const char *text, struct pdg_buf *out)
{
	int fd = dial(s);

	pdg_buf_reset(out);
	say(fd, text);
	CHECK(hear(fd, out, 0));
	(void)close(fd);
}

/* --- one connection --- */

static void one_after_the_other(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	struct server s;
	size_t i;

	server_start(&s);
	ask(&s, HEALTH HEALTH "GET /nowhere HTTP/1.1\r\n" HOST "\r\n" LAST, &got);
	CHECK_UINT(count(&got, "HTTP/1.1 200 OK"), 3);
	CHECK_UINT(count(&got, "HTTP/1.1 404 Not Found"), 1);
	CHECK(strstr(pdg_buf_cstr(&got), "404") > strstr(pdg_buf_cstr(&got), "alive"));
	/* Answers of other threads keep the order too. */
	ask(&s,
	    "GET /checkpoint HTTP/1.1\r\n" HOST "\r\n" SUBMIT "Content-Length: 2\r\n\r\n{}"
	    "GET /journal/checkpoint HTTP/1.1\r\n" HOST "\r\n" LAST,
	    &got);
	CHECK_UINT(count(&got, "HTTP/1.1 "), 4);
	CHECK_HAS(pdg_buf_cstr(&got), "ENV-1");
	CHECK(strstr(pdg_buf_cstr(&got), "alive") > strstr(pdg_buf_cstr(&got), "ENV-1"));
	/* Behind the last one nothing is read. */
	ask(&s, LAST HEALTH, &got);
	CHECK_UINT(count(&got, "HTTP/1.1 "), 1);
	pdg_buf_reset(&got);
	for (i = 0; i < 200; i++)
		pdg_buf_puts(&got, HEALTH);
	pdg_buf_puts(&got, LAST);
	{
		PDG_AUTO(buf) struct pdg_buf answers = PDG_BUF_INIT(1 << 20);

		ask(&s, pdg_buf_cstr(&got), &answers);
		CHECK_UINT(count(&answers, "alive"), 201);
	}
	server_stop(&s);
}

static void in_pieces(void)
{
	static const char *const texts[] = {
		LAST,
		SUBMIT "Connection: close\r\nContent-Length: 2\r\n\r\n{}",
		SUBMIT "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n"
		       "0\r\n\r\n",
	};
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	struct server s;
	size_t i, k;

	server_start(&s);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int fd = dial(&s);

		for (k = 0; texts[i][k]; k++) {
			char one[2] = {texts[i][k], '\0'};

			say(fd, one);
			if (k % 16 == 0)
				(void)usleep(1000);
		}
		pdg_buf_reset(&got);
		CHECK(hear(fd, &got, 0));
		CHECK_HAS(pdg_buf_cstr(&got), i ? "ENV-1" : "alive");
		(void)close(fd);
	}
	server_stop(&s);
}

static void half_closed(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	struct server s;
	int fd;

	server_start(&s);
	fd = dial(&s);
	say(fd, SUBMIT "Content-Length: 2\r\n\r\n{}");
	(void)shutdown(fd, SHUT_WR);
	CHECK(hear(fd, &got, 0));
	CHECK_HAS(pdg_buf_cstr(&got), "ENV-1");
	(void)close(fd);
	/* Half a request, and then nothing: no answer. */
	fd = dial(&s);
	pdg_buf_reset(&got);
	say(fd, "GET /healthz HTTP/1.1\r\n");
	(void)shutdown(fd, SHUT_WR);
	CHECK(hear(fd, &got, 0));
	CHECK_UINT(got.n, 0);
	(void)close(fd);
	server_stop(&s);
}

static void forms_of_answers(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	struct server s;
	int fd;

	server_start(&s);
	ask(&s, "HEAD /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", &got);
	CHECK_HAS(pdg_buf_cstr(&got), "Content-Length: 19\r\n");
	CHECK_HAS(pdg_buf_cstr(&got), "\r\nX-Request-Id: ");
	CHECK_HAS(pdg_buf_cstr(&got), " GMT\r\n");
	CHECK_UINT(count(&got, "alive"), 0);
	/* HTTP/1.0 ends with its answer. */
	ask(&s, "GET /healthz HTTP/1.0\r\n\r\n", &got);
	CHECK_HAS(pdg_buf_cstr(&got), "Connection: close\r\n");
	/* The document's instance is the header's id. */
	ask(&s, "GET /nowhere HTTP/1.0\r\n\r\n", &got);
	{
		const char *id = strstr(pdg_buf_cstr(&got), "X-Request-Id: ") + 14;
		PDG_AUTO(mem)
		char *instance =
			pdg_str_printf("\"urn:pedigree:request:%.*s\"", (int)strcspn(id, "\r"), id);

		CHECK_HAS(pdg_buf_cstr(&got), instance);
	}
	/* 100 Continue for whom it is worth it. */
	fd = dial(&s);
	pdg_buf_reset(&got);
	say(fd, SUBMIT "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	CHECK(hear(fd, &got, 1));
	CHECK_STR(pdg_buf_cstr(&got), "HTTP/1.1 100 Continue\r\n\r\n");
	say(fd, "{}");
	CHECK(hear(fd, &got, 0));
	CHECK_HAS(pdg_buf_cstr(&got), "ENV-1");
	(void)close(fd);
	ask(&s, SUBMIT "Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n", &got);
	CHECK_UINT(count(&got, "HTTP/1.1 413"), 1);
	CHECK_UINT(count(&got, "100 Continue"), 0);
	server_stop(&s);
}

/* T68: each is refused by its rule, told so, and the connection closed. */
static void refused_framing(void)
{
	static const struct {
		const char *text, *status, *rule;
	} v[] = {
		{SUBMIT "Content-Length: 3\r\nContent-Length: 4\r\n\r\n{ }", "400", "HTP-5"},
		{SUBMIT "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n{ }", "400",
		 "HTP-5"},
		{SUBMIT HOST "Content-Length: 3\r\n\r\n{ }", "400", "HTP-5"},
		{SUBMIT "X: a\r\n b\r\nContent-Length: 3\r\n\r\n{ }", "400", "HTP-5"},
		{SUBMIT "Content-Length : 3\r\n\r\n{ }", "400", "HTP-5"},
		{SUBMIT "Transfer-Encoding: chunked\r\n\r\n3;a=b\r\n{ }\r\n0\r\n\r\n", "400",
		 "HTP-5"},
		{SUBMIT "Transfer-Encoding: chunked\r\n\r\n3\r\n{ }\r\n0\r\nX: y\r\n\r\n", "400",
		 "HTP-5"},
		{"GET /healthz HTTP/1.1\nHost: a\n\n", "400", "HTP-5"},
		{"GET /healthz HTTP/1.1\r\n\r\n", "400", "HTP-5"},
		{"GET /healthz HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\nx", "400", "HTP-5"},
		{"\026\003\001\002", "400", "HTP-5"},
		{SUBMIT "Content-Length: 99999999999\r\n\r\n", "413", "HTP-3"},
	};
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	PDG_AUTO(buf) struct pdg_buf large = PDG_BUF_INIT(1 << 22);
	struct server s;
	size_t i;

	server_start(&s);
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		PDG_AUTO(mem) char *line = pdg_str_printf("HTTP/1.1 %s ", v[i].status);

		pdg_test_case("%s", v[i].text);
		ask(&s, v[i].text, &got);
		CHECK_UINT(count(&got, line), 1);
		CHECK_UINT(count(&got, "HTTP/1.1 "), 1);
		CHECK_HAS(pdg_buf_cstr(&got), v[i].rule);
		CHECK_HAS(pdg_buf_cstr(&got), "Connection: close\r\n");
		CHECK_HAS(pdg_buf_cstr(&got), "application/problem+json");
	}
	pdg_test_case(NULL);
	/* A header of 1 MB, a target of 1 MB. */
	pdg_buf_puts(&large, "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ");
	memset(pdg_buf_room(&large, 1000000), 'x', 1000000);
	pdg_buf_puts(&large, "\r\n\r\n");
	ask(&s, pdg_buf_cstr(&large), &got);
	CHECK_HAS(pdg_buf_cstr(&got), "HTTP/1.1 431 ");
	CHECK_HAS(pdg_buf_cstr(&got), "HTP-13");
	pdg_buf_reset(&large);
	pdg_buf_puts(&large, "GET /");
	memset(pdg_buf_room(&large, 1000000), 'x', 1000000);
	ask(&s, pdg_buf_cstr(&large), &got);
	CHECK_HAS(pdg_buf_cstr(&got), "HTTP/1.1 414 ");
	CHECK_HAS(pdg_buf_cstr(&got), "HTP-12");
	server_stop(&s);
}

/* Who asks and does not listen: his answers wait in bounded memory, and come when he does. */
static void nobody_listens(void)
{
	enum { N = 400 };
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 26);
	PDG_AUTO(buf) struct pdg_buf ask_all = PDG_BUF_INIT(1 << 20);
	const int small = 4096;
	struct server s;
	int fd, i;

	server_start(&s);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (connect(fd, (const struct sockaddr *)&s.at, sizeof(s.at)) < 0)
		abort();
	for (i = 0; i < N; i++)
		pdg_buf_puts(&ask_all, "GET /metrics HTTP/1.1\r\n" HOST "\r\n");
	pdg_buf_puts(&ask_all, LAST);
	say(fd, pdg_buf_cstr(&ask_all));
	(void)usleep(200000);
	CHECK(hear(fd, &got, 0));
	CHECK_UINT(count(&got, "HTTP/1.1 200 OK"), N + 1);
	CHECK_UINT(count(&got, "\npedigree_pending "), N);
	(void)close(fd);
	/* And who goes away in the middle of it takes nothing with him. */
	for (i = 0; i < 8; i++) {
		fd = dial(&s);
		say(fd, pdg_buf_cstr(&ask_all));
		(void)close(fd);
	}
	ask(&s, LAST, &got);
	CHECK_HAS(pdg_buf_cstr(&got), "alive");
	server_stop(&s);
}

/* --- many --- */

#define CLIENTS 8
#define ROUNDS	40

struct client {
	const struct server *s;
	pthread_t thread;
	char *body; /* of a build that is accepted */
	unsigned good, bad, other;
};

/* Submissions that are kept, ones that are refused, and reading, by turns. */
static void *client_main(void *ctx)
{
	struct client *c = ctx;
	PDG_AUTO(mem)
	char *post = pdg_str_printf(SUBMIT "Connection: close\r\nPrefer: wait=0\r\n"
					   "Content-Length: %zu\r\n\r\n%s",
				    strlen(c->body), c->body);
	static const char refused_text[] =
		SUBMIT "Connection: close\r\nContent-Length: 2\r\n\r\n{}";
	static const char read_text[] =
		"GET /journal/checkpoint HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		const char *text = i % 4 == 0 ? post : i % 4 == 1 ? refused_text : read_text;
		PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
		int fd = dial(c->s);

		say(fd, text);
		if (!hear(fd, &got, 0))
			c->other++;
		else if (pdg_bytes_starts(pdg_buf_bytes(&got), "HTTP/1.1 20"))
			c->good++;
		else if (pdg_bytes_starts(pdg_buf_bytes(&got), "HTTP/1.1 400"))
			c->bad++;
		else
			c->other++;
		(void)close(fd);
	}
	return NULL;
}

static void many_clients(void)
{
	static struct client c[CLIENTS];
	struct server s;
	unsigned i;

	server_start(&s);
	CHECK_INT(submit_source(&s.w, SERVER, &app_main), 201);
	for (i = 0; i < CLIENTS; i++) {
		PDG_AUTO(buf) struct pdg_buf body = PDG_BUF_INIT(PDG_LIMIT_BODY);
		struct build_of b = build_no(i + 1);

		build_body(&s.w, CI, &b, &body);
		c[i] = (struct client){.s = &s, .body = pdg_str_dup(pdg_buf_cstr(&body))};
	}
	for (i = 0; i < CLIENTS; i++) {
		if (pthread_create(&c[i].thread, NULL, client_main, &c[i]) != 0)
			abort();
	}
	for (i = 0; i < CLIENTS; i++) {
		(void)pthread_join(c[i].thread, NULL);
		CHECK_UINT(c[i].good, 3 * ROUNDS / 4);
		CHECK_UINT(c[i].bad, ROUNDS / 4);
		CHECK_UINT(c[i].other, 0);
		free(c[i].body);
	}
	server_stop(&s);
}

/* Whoever asked before the end is answered; whoever asks on an open connection hears SVC-2. */
static void an_end(void)
{
	PDG_AUTO(buf) struct pdg_buf got = PDG_BUF_INIT(1 << 20);
	struct server s;
	int idle, half;

	server_start(&s);
	idle = dial(&s);
	say(idle, HEALTH);
	CHECK(hear(idle, &got, 1));
	half = dial(&s);
	say(half, SUBMIT "Content-Length: 2\r\n\r\n{");
	(void)usleep(50000);
	pdg_httpd_quiesce(s.httpd);
	CHECK(pdg_core_stop(s.w.core));
	pdg_buf_reset(&got);
	say(idle, HEALTH);
	CHECK(hear(idle, &got, 0));
	CHECK_HAS(pdg_buf_cstr(&got), "HTTP/1.1 503 ");
	CHECK_HAS(pdg_buf_cstr(&got), "SVC-2");
	CHECK_HAS(pdg_buf_cstr(&got), "Connection: close\r\n");
	/* One that never ends does not keep the service. */
	pdg_httpd_stop(s.httpd, 100);
	pdg_buf_reset(&got);
	(void)hear(half, &got, 0);
	CHECK_UINT(got.n, 0);
	(void)close(idle);
	(void)close(half);
	world_done(&s.w);
}

PDG_TEST_MAIN("httpd", {"one after the other", one_after_the_other}, {"in pieces", in_pieces},
	      {"half closed", half_closed}, {"forms of answers", forms_of_answers},
	      {"refused framing", refused_framing}, {"nobody listens", nobody_listens},
	      {"many clients", many_clients}, {"an end", an_end})
