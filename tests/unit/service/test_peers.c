/* SPDX-License-Identifier: Apache-2.0 */
/* Until when a connection must have done its part, and how many one address may have. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/peers.h"
#include "support/check.h"

#define S 1000 /* a second */

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage out = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&out, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&out, &in6, sizeof(in6));
	else
		out.ss_family = AF_UNIX;
	return out;
}

static struct pdg_peers *peers(size_t per_address)
{
	struct pdg_peers *p = NULL;
	struct pdg_error err = {0};

	if (!CHECK_OK(pdg_peers_new(per_address, &p, &err), &err))
		abort();
	return p;
}

static bool take(struct pdg_peers *p, const char *from, struct pdg_peer **out)
{
	struct sockaddr_storage a = address(from);

	return pdg_peers_take(p, (struct sockaddr *)&a, out);
}

static void deadlines(void)
{
	const int64_t t = 1000000;
	pdg_deadline d;

	CHECK_INT(pdg_deadline_of(PDG_PHASE_FIRST, 0, t), t + 10 * S);
	CHECK_INT(pdg_deadline_of(PDG_PHASE_HEAD, 0, t), t + 30 * S);
	CHECK_INT(pdg_deadline_of(PDG_PHASE_WORK, 0, t), INT64_MAX);
	CHECK_INT(pdg_deadline_of(PDG_PHASE_LINGER, 0, t), t + 5 * S);
	/* A body has its time, and more as it comes; so has an answer by its size. */
	d = pdg_deadline_of(PDG_PHASE_BODY, 0, t);
	CHECK_INT(d, t + 10 * S);
	CHECK_INT(pdg_deadline_moved(d, 100), d + 1);
	CHECK_INT(pdg_deadline_moved(d, 640000), d + 10 * S);
	CHECK_INT(pdg_deadline_of(PDG_PHASE_ANSWER, 6400000, t), t + 130 * S);
}

/* Two of @from are taken in, a third is not. */
static void two_of(const char *from, const char *third, bool taken)
{
	struct pdg_peers *p = peers(2);
	struct pdg_peer *a, *b, *x, *y;

	pdg_test_case("%s, %s", from, third);
	CHECK(take(p, from, &a));
	CHECK(take(p, from, &b));
	CHECK(take(p, third, &x) == taken);
	pdg_peers_give(p, x);
	/* There is room again when one ends. */
	pdg_peers_give(p, a);
	CHECK(take(p, third, &y));
	pdg_peers_give(p, y);
	pdg_peers_give(p, b);
	pdg_peers_free(p);
	pdg_test_case(NULL);
}

static void few_from_one_address(void)
{
	two_of("192.0.2.1", "192.0.2.1", false);
	two_of("192.0.2.1", "192.0.2.2", true);
	two_of("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", false);
	two_of("2001:db8:1:2::1", "2001:db8:1:3::1", true);
	two_of("127.0.0.1", "127.0.0.1", true);
	/* What a socket of both kinds writes for IPv4. */
	two_of("::ffff:192.0.2.1", "::ffff:192.0.2.2", true);
	two_of("::ffff:192.0.2.1", "::ffff:192.0.2.1", false);
	two_of("::ffff:192.0.2.1", "192.0.2.1", false);
	two_of("::ffff:127.0.0.1", "::ffff:127.0.0.1", true);
	two_of("::1", "::1", true);
	two_of("a local socket", "a local socket", true);
}

/* Those of one bucket do not disturb each other. */
static void many_addresses(void)
{
	enum { N = 1024 };
	static struct pdg_peer *held[N];
	struct pdg_peers *p = peers(1);
	struct pdg_peer *again;
	char text[32];
	int i;

	for (i = 0; i < N; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		CHECK(take(p, text, &held[i]));
	}
	for (i = 0; i < N; i += 2)
		pdg_peers_give(p, held[i]);
	for (i = 0; i < N; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		CHECK(take(p, text, &again) == (i % 2 == 0));
		pdg_peers_give(p, i % 2 ? held[i] : again);
	}
	pdg_peers_free(p);
}

static void any_number(void)
{
	struct pdg_peers *p = peers(0);
	struct pdg_peer *x;
	int i;

	for (i = 0; i < 100; i++) {
		CHECK(take(p, "192.0.2.1", &x));
		CHECK(x == NULL);
	}
	pdg_peers_free(p);
}

PDG_TEST_MAIN("peers", {"deadlines", deadlines}, {"few from one address", few_from_one_address},
	      {"many addresses", many_addresses}, {"any number", any_number})
