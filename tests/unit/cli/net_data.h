/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of pedigree-net share: a service that answers what the test wants, and the program
 * in a folder of its own.
 */
#ifndef PDG_TESTS_UNIT_CLI_NET_DATA_H
#define PDG_TESTS_UNIT_CLI_NET_DATA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/outbox.h"
#include "support/check.h"
#include "support/fakehttp.h"
#include "support/program.h"
#include "support/world.h"
#include "util/fs.h"
#include "util/limits.h"
#include "util/str.h"

#define JSON	 "application/json"
#define PROBLEM	 "application/problem+json"
#define EIGHT(d) d d d d d d d d
#define REFERENCE(d)                                                                               \
	"sha256:" EIGHT(d) EIGHT(d) EIGHT(d) EIGHT(d) EIGHT(d) EIGHT(d) EIGHT(d) EIGHT(d)

/* What is answered to a request whose path begins so; the first that fits, @times of them (0:
 * always). */
struct route {
	const char *path;
	int status;
	const char *type;
	const char *headers; /* lines with \r\n, or NULL */
	const char *body;
	unsigned times;
};

struct net {
	char *dir;
	struct fake_http *http;
	struct pdg_program run;
	struct route routes[12];
	struct pdg_world *world; /* serves its log below /tile/ and /checkpoint, or NULL */
	struct pdg_buf head;	 /* of the last request */
	unsigned requests;
};

static inline void answer_log(struct net *n, const char *path, struct fake_reply *reply)
{
	PDG_AUTO(buf) struct pdg_buf file = PDG_BUF_INIT(PDG_LIMIT_MIB(1));

	if (pdg_embedded_file(n->world->log, path + 1, &file, NULL) == 0)
		fake_reply_http(reply, 200, "text/plain", NULL, pdg_buf_bytes(&file));
	else
		fake_reply_http(reply, 404, "text/plain", NULL, pdg_bytes_str("no"));
}

static inline void answer(void *ctx, const struct fake_request *req, struct fake_reply *reply)
{
	struct net *n = ctx;
	struct route *r;

	n->requests++;
	pdg_buf_reset(&n->head);
	pdg_buf_put(&n->head, req->head);
	for (r = n->routes; r->path; r++) {
		if (!pdg_str_starts(req->path, r->path) || r->times == 1)
			continue;
		r->times -= r->times > 1;
		fake_reply_http(reply, r->status, r->type, r->headers, pdg_bytes_str(r->body));
		return;
	}
	if (n->world)
		answer_log(n, req->path, reply);
	else
		fake_reply_http(reply, 404, PROBLEM, NULL,
				pdg_bytes_str("{\"title\":\"not found\",\"rule\":\"HTP-1\"}"));
}

static inline void net_init(struct net *n)
{
	*n = (struct net){.dir = pdg_test_dir()};
	pdg_buf_init(&n->head, PDG_LIMIT_KIB(64));
	n->http = fake_http_start(answer, n);
	pdg_program_init(&n->run, PDG_TEST_BIN "/pedigree-net", n->dir);
}

static inline void net_done(struct net *n)
{
	fake_http_stop(n->http);
	pdg_program_done(&n->run);
	pdg_buf_done(&n->head);
	pdg_test_dir_remove(n->dir);
}
PDG_AUTO_DEFINE_VALUE(net, struct net, net_done)

/* Other routes from here on; the last has no path. */
static inline void serve(struct net *n, const struct route *routes, size_t count)
{
	fake_http_lock(n->http);
	memset(n->routes, 0, sizeof(n->routes));
	memcpy(n->routes, routes, count * sizeof(*routes));
	n->requests = 0;
	fake_http_unlock(n->http);
}

#define SERVE(n, ...)                                                                              \
	do {                                                                                       \
		const struct route routes_[] = {__VA_ARGS__};                                      \
		serve((n), routes_, sizeof(routes_) / sizeof(routes_[0]));                         \
	} while (0)

#define NET(...) pdg_program_run(&n.run, __VA_ARGS__)
#define SERVICE	 "--service", fake_http_url(n.http)

static inline size_t files_in(const struct net *n, const char *folder, const char *suffix)
{
	PDG_AUTO(mem) char *path = pdg_test_path(n->dir, folder);
	PDG_AUTO(names) struct pdg_names names = {0};
	size_t i, found = 0;

	if (pdg_fs_list(path, 1000, &names, NULL) < 0)
		return 0;
	for (i = 0; i < names.n; i++)
		found += pdg_str_ends(names.v[i], suffix);
	return found;
}

#define LIST(...) "{\"digest\":\"x\",\"attestations\":[" __VA_ARGS__ "],\"next\":"
#define ENTRY(d)  "{\"reference\":\"" REFERENCE(d) "\",\"stage\":\"build\",\"state\":\"logged\"}"
#define RECORD(d, stage, links)                                                                    \
	"{\"reference\":\"" REFERENCE(d) "\",\"stage\":\"" stage "\",\"links\":[" links "]}"
#define LINK(d) "{\"stage\":\"source\",\"reference\":\"" REFERENCE(d) "\"}"
#define SUBJECT "sha256:" WORLD_ARTIFACT

#endif
