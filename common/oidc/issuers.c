/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of issuers with their keys. The mutex guards all of it and is not held while an issuer is
 * asked: an entry that is being asked about is marked so, and others make do with the keys that are
 * there; of those who cannot a few wait.
 */
#include "oidc/issuers.h"

#include <pthread.h>

#include "util/limits.h"
#include "util/size.h"
#include "util/str.h"

struct entry {
	char *issuer;
	struct pdg_jwks keys;
	int64_t fetched; /* when the keys came; meaningless without keys */
	int64_t tried;	 /* when it was asked last */
	bool asking;
	unsigned waiting; /* for its outcome */
	int rc;		  /* of the last request */
	struct pdg_error why;
};

struct pdg_issuers {
	const struct pdg_http_options *opt;
	const struct pdg_clock *clock;
	pthread_mutex_t mutex; /* guards what follows; not held while an issuer is asked */
	pthread_cond_t asked;
	struct entry v[PDG_LIMIT_ISSUERS];
	size_t n;
};

static void entry_done(struct entry *e)
{
	free(e->issuer);
	pdg_jwks_done(&e->keys);
	*e = (struct entry){0};
}

int pdg_issuers_new(const struct pdg_http_options *opt, const struct pdg_clock *clock,
		    struct pdg_issuers **out, struct pdg_error *err)
{
	struct pdg_issuers *s = pdg_calloc(1, sizeof(*s));

	if (!s)
		return pdg_nomem(err);
	s->opt = opt;
	s->clock = clock;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_cond_init(&s->asked, NULL);
	*out = s;
	return 0;
}

void pdg_issuers_free(struct pdg_issuers *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; i < s->n; i++)
		entry_done(&s->v[i]);
	(void)pthread_cond_destroy(&s->asked);
	(void)pthread_mutex_destroy(&s->mutex);
	free(s);
}

static struct entry *find(struct pdg_issuers *s, const char *issuer)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (pdg_str_eq(s->v[i].issuer, issuer))
			return &s->v[i];
	}
	return NULL;
}

/* Room for one more: of a policy of before, the one that was asked longest ago makes it. */
static struct entry *make_room(struct pdg_issuers *s)
{
	struct entry *oldest = NULL;
	size_t i;

	if (s->n < PDG_LIMIT_ISSUERS)
		return &s->v[s->n++];
	for (i = 0; i < s->n; i++) {
		if (!s->v[i].asking && !s->v[i].waiting &&
		    (!oldest || s->v[i].tried < oldest->tried))
			oldest = &s->v[i];
	}
	if (oldest)
		entry_done(oldest);
	return oldest;
}

static int open_entry(struct pdg_issuers *s, const char *issuer, struct entry **out,
		      struct pdg_error *err)
{
	PDG_AUTO(mem) char *name = NULL;
	struct entry *e = find(s, issuer);

	if (!e) {
		name = pdg_str_dup(issuer);
		e = name ? make_room(s) : NULL;
		if (!name)
			return pdg_nomem(err);
		if (!e)
			return pdg_reject(err, "ISS-1", "too many issuers are asked at once");
		e->issuer = PDG_TAKE(name);
		e->tried = INT64_MIN;
	}
	*out = e;
	return 0;
}

/* Has it been @seconds since @then? Also when the clock was put back. */
static bool past(int64_t now, int64_t then, int64_t seconds)
{
	return then == INT64_MIN || now < then || now - then >= seconds;
}

static bool has_keys(const struct entry *e, int64_t now)
{
	return e->keys.n > 0 && !past(now, e->fetched, PDG_ISSUER_KEPT);
}

/* Must @e be asked now to answer for @kid? */
static bool must_ask(const struct entry *e, const char *kid, int64_t now)
{
	if (!past(now, e->tried, e->rc < 0 ? PDG_ISSUER_RETRY : 0))
		return false;
	if (!has_keys(e, now) || past(now, e->fetched, PDG_ISSUER_FRESH))
		return true;
	return !pdg_jwks_find(&e->keys, kid) && past(now, e->tried, PDG_LIMIT_ISSUER_PAUSE);
}

/* Ask, without the mutex; it is held again when this returns. Nobody removes an entry that is
 * marked. */
static void ask(struct pdg_issuers *s, struct entry *e)
{
	struct pdg_jwks fresh = {0};
	struct pdg_error why = {0};
	int64_t now;
	int rc;

	e->asking = true;
	(void)pthread_mutex_unlock(&s->mutex);
	rc = pdg_discovery_keys(s->opt, e->issuer, &fresh, &why);
	now = pdg_now(s->clock);
	(void)pthread_mutex_lock(&s->mutex);
	e->asking = false;
	e->tried = now;
	e->rc = rc;
	e->why = why;
	if (rc == 0) {
		pdg_jwks_done(&e->keys);
		e->keys = fresh;
		e->fetched = now;
	}
	(void)pthread_cond_broadcast(&s->asked);
}

/* @asked: the issuer answered while this question waited, so its answer is the last word. */
static int answer(const struct entry *e, const char *kid, bool asked, int64_t now,
		  struct pdg_jwk *out, struct pdg_error *err)
{
	const struct pdg_jwk *k = has_keys(e, now) ? pdg_jwks_find(&e->keys, kid) : NULL;

	if (k)
		return pdg_jwk_copy(k, out, err);
	if (e->rc == 0 && !asked)
		return pdg_reject(err, "ISS-6",
				  "the token names a key that %s had not %lld s ago; it is asked "
				  "again %d s after that",
				  e->issuer, (long long)(now - e->tried), PDG_LIMIT_ISSUER_PAUSE);
	if (e->rc == 0)
		return pdg_reject(err, "TOK-6",
				  "the issuer has no key of the name that the token gives");
	if (err)
		*err = e->why;
	return e->rc;
}

/* A key that is there and young enough needs no waiting for whoever asks for another. */
static bool can_answer(const struct entry *e, const char *kid, int64_t now)
{
	return has_keys(e, now) && pdg_jwks_find(&e->keys, kid);
}

/* Wait until @e is asked no more, unless too many do: then ISS-1. */
static int wait_for(struct pdg_issuers *s, struct entry *e, struct pdg_error *err)
{
	if (e->rc < 0 || e->waiting == PDG_ISSUER_WAITING)
		return pdg_reject(err, "ISS-1", "%s is being asked and has not answered yet",
				  e->issuer);
	e->waiting++;
	(void)pthread_cond_wait(&s->asked, &s->mutex);
	e->waiting--;
	return 0;
}

static int find_key(struct pdg_issuers *s, const char *issuer, const char *kid, struct pdg_jwk *out,
		    struct pdg_error *err)
{
	struct entry *e = NULL;
	bool asked = false;
	int rc;

	for (;;) {
		int64_t now = pdg_now(s->clock);

		rc = open_entry(s, issuer, &e, err);
		if (rc == 0 && !e->asking && must_ask(e, kid, now))
			ask(s, e);
		else if (rc == 0 && e->asking && !can_answer(e, kid, now))
			rc = wait_for(s, e, err);
		else
			return rc < 0 ? rc : answer(e, kid, asked, now, out, err);
		if (rc < 0)
			return rc;
		asked = true;
	}
}

int pdg_issuers_key(struct pdg_issuers *s, const char *issuer, const char *kid, struct pdg_jwk *out,
		    struct pdg_error *err)
{
	int rc;

	(void)pthread_mutex_lock(&s->mutex);
	rc = find_key(s, issuer, kid, out, err);
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}
